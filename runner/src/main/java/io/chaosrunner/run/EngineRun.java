package io.chaosrunner.run;

import io.chaosrunner.attempt.Mailbox;
import io.chaosrunner.attempt.WaitLimits;
import io.chaosrunner.claim.Claim;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.machine.RunMachine;
import io.chaosrunner.model.RunEnd;
import io.chaosrunner.model.RunEnd.Cause;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.status.RunListener;
import java.time.Clock;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The run of an engine's experiments: the engine is taken, what the {@link RunMachine} commands is
 * carried out, what happens is told to it, and everything is written back.
 *
 * <p>One thread, the caller of {@link #run()}, owns all state; watches, timers and finished
 * requests only put messages into its mailbox. Used once.
 */
public final class EngineRun {
    private final RunContext context;
    private volatile @Nullable RunLoop loop;

    /**
     * @param listener hears what happens; called by several threads, one at a time
     */
    public EngineRun(
            Cluster cluster,
            RunRequest request,
            StrategyCatalogue strategies,
            Clock clock,
            RunListener listener) {
        this(cluster, request, strategies, clock, listener, WaitLimits.DEFAULT);
    }

    EngineRun(
            Cluster cluster,
            RunRequest request,
            StrategyCatalogue strategies,
            Clock clock,
            RunListener listener,
            WaitLimits patience) {
        context = new RunContext(cluster, request, strategies, clock, listener, patience);
    }

    /** Ask to stop: nothing more is launched, what runs is removed, and the entries say so. */
    public void stop(String why) {
        context.mailbox.post(new RunMessage.StopRequested(new RunEnd(Cause.ABORT, why)));
    }

    /**
     * Stop, for another run is due. One that still waits for the pods of the run before it goes on
     * waiting: if runs were due more often than such pods take to go, none would ever begin.
     */
    public void replace(String why) {
        context.mailbox.post(new RunMessage.StopRequested(new RunEnd(Cause.REPLACED, why)));
    }

    /**
     * Leave at once: nothing more is launched or written, and what runs goes on. For a process that
     * is being ended while somebody else, the operator or the next process, looks after the run.
     */
    public void leave(String why) {
        context.leave();
        RunLoop running = loop;
        if (running != null) {
            running.quiesce();
        }
        context.mailbox.post(new RunMessage.LeaveRequested(why));
    }

    /** Run to the end; returns once outcomes are recorded, or cannot be. */
    public RunResult run() {
        try (Mailbox<RunMessage> _ = context.mailbox) {
            Optional<OwnedRun> taken;
            try {
                taken = new EngineClaiming(context).take();
            } catch (ClusterException e) {
                return RunResult.of(e);
            } catch (Claim.Unreadable e) {
                return new RunResult.Refused(String.valueOf(e.getMessage()));
            }
            if (taken.isEmpty()) {
                return context.ended().orElseThrow();
            }
            try (RunLoop running = new RunLoop(context, taken.get())) {
                loop = running;
                return run(running);
            }
        }
    }

    /** From here on something may run, which no end may leave to nobody. */
    private static RunResult run(RunLoop running) {
        try {
            return running.run();
        } catch (ClusterException e) {
            return running.giveUp(e);
        } catch (RuntimeException | Error bug) {
            running.giveUpBy(bug);
            throw bug;
        }
    }
}
