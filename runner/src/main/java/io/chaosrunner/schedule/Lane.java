package io.chaosrunner.schedule;

import io.chaosrunner.cluster.ClusterException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;

/**
 * Do one thing's steps one after another, whenever it has changed or its time has come.
 *
 * <p>A thread of its own, which costs next to nothing while it waits. A step that fails for the
 * cluster's sake is tried again.
 */
final class Lane implements AutoCloseable {
    private static final Duration PAUSE = Duration.ofSeconds(5);

    private final String name;
    private final Alarms alarms;
    private final Clock clock;
    private final Step step;
    private final Consumer<String> trouble;
    private final Semaphore signals = new Semaphore(0);
    private volatile boolean closed;

    /** What is done. */
    interface Step {
        /** Do what is to be done now; returns when there is more to do, if nothing changes. */
        Optional<Instant> step();

        /** Leave what goes on; may be called while a step is taken. */
        void leave();
    }

    /**
     * @param name no other lane has it
     * @param trouble hears why a step failed
     */
    Lane(String name, Alarms alarms, Clock clock, Step step, Consumer<String> trouble) {
        this.name = name;
        this.alarms = alarms;
        this.clock = clock;
        this.step = step;
        this.trouble = trouble;
    }

    Lane start() {
        signals.release();
        Thread.ofVirtual().name(name).start(this::run);
        return this;
    }

    /** Tell that something has changed; any thread may, and it does not block. */
    void signal() {
        if (signals.availablePermits() == 0) {
            signals.release();
        }
    }

    /** End, soon; does not wait. */
    @Override
    public void close() {
        closed = true;
        step.leave();
        alarms.cancel(name);
        signals.release();
    }

    /** End when the step that is taken is done. */
    void retire() {
        closed = true;
        alarms.cancel(name);
        signals.release();
    }

    private void run() {
        while (true) {
            signals.acquireUninterruptibly();
            signals.drainPermits();
            if (closed) {
                return;
            }
            Optional<Instant> again;
            try {
                again = step.step();
            } catch (ClusterException e) {
                trouble.accept(String.valueOf(e.getMessage()));
                again = Optional.of(clock.instant().plus(PAUSE));
            } catch (RuntimeException e) {
                if (closed) {
                    return;
                }
                trouble.accept("this is a bug; please report it: " + e);
                again = Optional.of(clock.instant().plus(PAUSE));
            }
            if (!closed) {
                again.ifPresentOrElse(
                        at -> alarms.set(name, at, this::signal), () -> alarms.cancel(name));
            }
        }
    }
}
