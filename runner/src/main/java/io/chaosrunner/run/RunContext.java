package io.chaosrunner.run;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.plugin.StrategyCatalogue;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Hold what all parts of one {@link EngineRun} share. */
final class RunContext {
    final PatientCluster cluster;
    final RunRequest request;
    final StrategyCatalogue strategies;
    final SteadyClock clock;
    final Patience patience;
    final Mailbox mailbox = new Mailbox();
    private final RunListener listener;
    private volatile boolean leaving;
    private @Nullable Thread asking;
    private @Nullable RunResult ended;

    RunContext(
            Cluster cluster,
            RunRequest request,
            StrategyCatalogue strategies,
            Clock clock,
            RunListener listener,
            Patience patience) {
        this.cluster = new PatientCluster(cluster, patience.refusals(), this::tell);
        this.request = request;
        this.strategies = strategies;
        this.clock = SteadyClock.startingWith(clock);
        this.listener = listener;
        this.patience = patience;
    }

    /** Tell the listener; any thread may. */
    void tell(RunNotice notice) {
        synchronized (listener) {
            listener.heard(notice);
        }
    }

    /** End here, whatever runs in the cluster; the first reason stands. The owner only. */
    void end(RunResult result) {
        if (ended == null) {
            ended = result;
        }
    }

    /** Return how it ended, if it was ended. The owner only. */
    Optional<RunResult> ended() {
        return Optional.ofNullable(ended);
    }

    /** Launch and write nothing more; any thread may say so. */
    void leave() {
        leaving = true;
        cluster.hurry();
        synchronized (this) {
            if (asking != null) {
                asking.interrupt();
            }
        }
    }

    /**
     * Ask a strategy, which may take its time: not beyond {@link #leave}, for which this thread is
     * interrupted. The owner only; nothing of an interruption is left on it.
     */
    <T> T ask(Supplier<T> question) {
        synchronized (this) {
            asking = Thread.currentThread();
            if (leaving) {
                asking.interrupt();
            }
        }
        try {
            return question.get();
        } finally {
            synchronized (this) {
                asking = null;
                if (leaving) {
                    Thread.interrupted();
                }
            }
        }
    }

    boolean isLeaving() {
        return leaving;
    }

    boolean underOperator() {
        return request.underOperator();
    }

    Instant now() {
        return clock.instant();
    }

    /** Return the time as ends are recorded: the next whole second. */
    Instant roundedUpNow() {
        return roundUp(now());
    }

    /**
     * Return when an attempt ended that somebody else's clock says ended at a time: no earlier than
     * it began, and no later than now. Its node's clock may differ from ours, and what lies in the
     * future would be waited for.
     */
    Instant ended(Attempt attempt, Instant at) {
        Instant now = roundedUpNow();
        if (at.isAfter(now)) {
            return now;
        }
        return at.isBefore(attempt.start()) ? roundUp(attempt.start()) : at;
    }

    static Instant roundUp(Instant instant) {
        Instant second = instant.truncatedTo(ChronoUnit.SECONDS);
        return second.equals(instant) ? second : second.plusSeconds(1);
    }
}
