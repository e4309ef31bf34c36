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
    private int bugs;

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
            try {
                turn();
            } catch (Throwable e) {
                // The last line of defence: nobody else drives this object. It may be an Error,
                // such as a stack that overflowed on what the object holds.
                fail(e);
            }
        }
    }

    private void turn() {
        Optional<Instant> again;
        try {
            again = step.step();
        } catch (ClusterException e) {
            trouble.accept(String.valueOf(e.getMessage()));
            again = soon();
        } catch (RuntimeException | StackOverflowError e) {
            if (closed) {
                return;
            }
            bugs++;
            trouble.accept("this is a bug (%d so far); please report it: %s".formatted(bugs, e));
            again = soon();
        }
        if (!closed) {
            again.ifPresentOrElse(
                    at -> alarms.set(name, at, this::signal), () -> alarms.cancel(name));
        }
    }

    private Optional<Instant> soon() {
        return Optional.of(clock.instant().plus(PAUSE));
    }

    /** Even the alarm or the trouble's listener may have failed: go on all the same. */
    private void fail(Throwable e) {
        bugs++;
        try {
            trouble.accept("this is a bug (%d so far); please report it: %s".formatted(bugs, e));
            alarms.set(name, clock.instant().plus(PAUSE), this::signal);
        } catch (RuntimeException again) {
            // The next change of the object wakes this lane.
        }
    }
}
