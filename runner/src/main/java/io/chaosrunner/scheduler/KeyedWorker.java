package io.chaosrunner.scheduler;

import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.LongLived;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * The worker of one thing, whose steps come one after another, whenever it has changed or its time
 * has come.
 *
 * <p>A thread of its own, which costs next to nothing while it waits. A step that fails for the
 * cluster's sake is tried again.
 */
final class KeyedWorker implements AutoCloseable {
    private static final Duration PAUSE = Duration.ofSeconds(5);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

    /** What needs more computing than it may costs others something each time. */
    private static final Duration LONGEST_ASIDE = Duration.ofMinutes(16);

    /** A failure this long after the one before it is a first one. */
    private static final Duration FORGOTTEN = Duration.ofMinutes(30);

    private static final AtomicLong LANES = new AtomicLong();

    private final String name;

    /** Its own: one that is closed and still takes a step must not replace its successor's. */
    private final String alarm;

    private final Alarms alarms;
    private final Clock clock;
    private final Step step;
    private final Consumer<String> trouble;
    private final LongLived work;
    private final Semaphore signals = new Semaphore(0);
    private volatile boolean closed;
    private int bugs;
    private int failures;
    private Instant lastFailure = Instant.EPOCH;
    private volatile Instant notBefore = Instant.EPOCH;

    /** What is done. */
    interface Step {
        /** Do what is to be done now; returns when there is more to do, if nothing changes. */
        Optional<Instant> step();

        /** Tell whether the last step did not succeed, for a reason that was told. */
        default boolean isSetBack() {
            return false;
        }

        /** Leave what goes on; may be called while a step is taken. */
        void leave();
    }

    /**
     * @param name what is driven, and its thread
     * @param trouble hears why a step failed
     */
    KeyedWorker(String name, Alarms alarms, Clock clock, Step step, Consumer<String> trouble) {
        this.name = name;
        alarm = name + " " + LANES.incrementAndGet();
        this.alarms = alarms;
        this.clock = clock;
        this.step = step;
        this.trouble = trouble;
        work = new LongLived("driving " + name, this::goOn, trouble);
    }

    KeyedWorker start() {
        Thread.ofVirtual().name(name).start(work);
        return this;
    }

    /** Tell that something has changed; any thread may, and it does not block. */
    void signal() {
        if (signals.availablePermits() == 0) {
            signals.release();
        }
    }

    /** Tell that somebody else has changed it: what failed before may succeed now. */
    void edited() {
        Instant soon = clock.instant().plus(PAUSE);
        if (notBefore.isAfter(soon)) {
            notBefore = soon;
        }
        signal();
    }

    /** End, soon; does not wait. */
    @Override
    public void close() {
        closed = true;
        step.leave();
        alarms.cancel(alarm);
        signals.release();
    }

    /** End when the step that is taken is done. */
    void retire() {
        closed = true;
        alarms.cancel(alarm);
        signals.release();
    }

    private void goOn() {
        // What was signalled when it failed may be lost.
        signals.release();
        while (true) {
            signals.acquireUninterruptibly();
            signals.drainPermits();
            if (closed) {
                return;
            }
            try {
                if (isResting()) {
                    continue;
                }
                turn();
            } catch (Throwable e) {
                // The last line of defence: nobody else drives this object. It may be an Error,
                // such as a stack that overflowed on what the object holds.
                if (!closed) {
                    fail(e);
                }
            }
        }
    }

    private void turn() {
        Optional<Instant> again;
        try {
            again = step.step();
            if (step.isSetBack()) {
                again = rest(true);
            }
        } catch (Bulkhead.Overrun e) {
            again = rest(true, LONGEST_ASIDE);
        } catch (ClusterException e) {
            trouble.accept(String.valueOf(e.getMessage()));
            // A server that cannot be reached is no fault of this object's.
            again = rest(e.kind() != Kind.UNREACHABLE);
        } catch (RuntimeException | StackOverflowError e) {
            if (closed) {
                return;
            }
            bugs++;
            trouble.accept("this is a bug (%d so far); please report it: %s".formatted(bugs, e));
            again = rest(true);
        }
        again.ifPresentOrElse(this::wakeAt, () -> alarms.cancel(alarm));
    }

    /** Whoever closes this meanwhile may have found nothing to cancel. */
    private void wakeAt(Instant at) {
        if (closed) {
            return;
        }
        alarms.set(alarm, at, this::signal);
        if (closed) {
            alarms.cancel(alarm);
        }
    }

    /** A step's own writes wake it as well: they do not cut the pause after a failure short. */
    private boolean isResting() {
        Instant until = notBefore;
        boolean resting = clock.instant().isBefore(until);
        if (resting) {
            wakeAt(until);
        }
        return resting;
    }

    /** Take no step for a while, and the longer the more steps have failed of late. */
    private Optional<Instant> rest(boolean growing) {
        return rest(growing, LONGEST_PAUSE);
    }

    private Optional<Instant> rest(boolean growing, Duration longest) {
        Instant now = clock.instant();
        failures = now.isBefore(lastFailure.plus(FORGOTTEN)) && growing ? failures + 1 : 1;
        lastFailure = now;
        Duration pause = PAUSE.multipliedBy(1L << Math.min(failures - 1, 10));
        notBefore = now.plus(pause.compareTo(longest) < 0 ? pause : longest);
        return Optional.of(notBefore);
    }

    /** Even the alarm or the trouble's listener may have failed: go on all the same. */
    private void fail(Throwable e) {
        bugs++;
        try {
            trouble.accept("this is a bug (%d so far); please report it: %s".formatted(bugs, e));
            wakeAt(rest(true).orElseThrow());
        } catch (RuntimeException again) {
            // The next change of the object wakes this lane.
        }
    }
}
