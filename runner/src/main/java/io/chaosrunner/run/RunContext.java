package io.chaosrunner.run;

import io.chaosrunner.attempt.AttemptContext;
import io.chaosrunner.attempt.WaitLimits;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.status.RunListener;
import java.time.Clock;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What all parts of one {@link EngineRun} share. */
final class RunContext extends AttemptContext {
    final RunRequest request;
    final StrategyCatalogue strategies;
    private volatile boolean leaving;
    private @Nullable Thread asking;
    private @Nullable RunResult ended;

    RunContext(
            Cluster cluster,
            RunRequest request,
            StrategyCatalogue strategies,
            Clock clock,
            RunListener listener,
            WaitLimits patience) {
        super(cluster, clock, listener, patience);
        this.request = request;
        this.strategies = strategies;
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
}
