package io.chaosrunner.attempt;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.model.Attempt;
import io.chaosrunner.status.RunListener;
import io.chaosrunner.status.RunNotice;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.Callable;

/** What all who look after the attempts of one run share. Safe for use by several threads. */
public abstract class AttemptContext {
    public final PatientCluster cluster;
    public final SteadyClock clock;
    public final WaitLimits patience;
    private final RunListener listener;

    public AttemptContext(Cluster cluster, Clock clock, RunListener listener, WaitLimits patience) {
        this.cluster = new PatientCluster(cluster, patience.refusals(), this::tell);
        this.clock = SteadyClock.startingWith(clock);
        this.listener = listener;
        this.patience = patience;
    }

    /** Tell the run's thread something of attempts; any thread may. */
    protected abstract void post(AttemptMessage message);

    /** Do work elsewhere that ends with a message to the run's thread; that one only. */
    protected abstract void work(Callable<AttemptMessage> work);

    /** Tell the run's thread something once an edition of the engine is stored; that one only. */
    protected abstract void onceStored(long edition, AttemptMessage message);

    /** Tell the listener; any thread may. */
    public final void tell(RunNotice notice) {
        synchronized (listener) {
            listener.heard(notice);
        }
    }

    public final Instant now() {
        return clock.instant();
    }

    /** Return the time as ends are recorded: to the millisecond. */
    final Instant observedNow() {
        return now().truncatedTo(ChronoUnit.MILLIS);
    }

    /**
     * Return when an attempt ended that somebody else's clock says ended at a time, rounded up to a
     * whole second: no earlier than it began, and no later than now. Its node's clock may differ
     * from ours, and no decision knows of an end that is still to come.
     */
    final Instant ended(Attempt attempt, Instant at) {
        Instant now = observedNow();
        if (at.isAfter(now)) {
            return now;
        }
        return at.isBefore(attempt.start()) ? attempt.start() : at;
    }
}
