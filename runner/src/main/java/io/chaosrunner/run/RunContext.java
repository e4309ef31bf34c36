package io.chaosrunner.run;

import io.chaosrunner.attempt.AfterWrites;
import io.chaosrunner.attempt.AttemptContext;
import io.chaosrunner.attempt.AttemptMessage;
import io.chaosrunner.attempt.Mailbox;
import io.chaosrunner.attempt.WaitLimits;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.model.RunEnd;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.status.RunListener;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What all parts of one {@link EngineRun} share. */
final class RunContext extends AttemptContext {
    final RunRequest request;
    final StrategyCatalogue strategies;
    private volatile boolean leaving;
    private @Nullable Thread asking;
    private @Nullable RunResult ended;

    final Mailbox<RunMessage> mailbox = new Mailbox<>();
    final AfterWrites<RunMessage> afterWrites = new AfterWrites<>();

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

    @Override
    protected void post(AttemptMessage message) {
        mailbox.post(new RunMessage.OfAttempt(message));
    }

    @Override
    protected void work(Callable<AttemptMessage> work) {
        mailbox.work(() -> new RunMessage.OfAttempt(work.call()));
    }

    @Override
    protected void onceStored(long edition, AttemptMessage message) {
        afterWrites.add(edition, new RunMessage.OfAttempt(message));
    }

    /** Hear what somebody asks before the run owns its engine; other messages come later only. */
    void awaitRequest(Duration longest) {
        switch (mailbox.take(longest)) {
            case null -> {}
            case RunMessage.Request request -> onRequest(request);
            case RunMessage.EngineSeen _,
                    RunMessage.Stored _,
                    RunMessage.WriteRefused _,
                    RunMessage.WriteFailed _,
                    RunMessage.OfAttempt _,
                    RunMessage.LaunchDue _,
                    RunMessage.LaunchDone _,
                    RunMessage.WithheldExplained _,
                    RunMessage.RunRemovalDue _,
                    RunMessage.RunRemoved _,
                    RunMessage.WorkDone _,
                    RunMessage.ProcessEnds _ ->
                    throw new IllegalStateException("news of a run that has not begun");
        }
    }

    private void onRequest(RunMessage.Request request) {
        switch (request) {
            case RunMessage.LeaveRequested(String why) -> end(new RunResult.Left(why, true));
            case RunMessage.StopRequested(RunEnd end) -> {
                // One that is replaced before it began goes on waiting: see EngineRun.
                if (end.cause() == RunEnd.Cause.ABORT) {
                    end(new RunResult.Left(end.why() + " before anything was launched", false));
                }
            }
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
}
