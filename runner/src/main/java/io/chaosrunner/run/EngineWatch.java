package io.chaosrunner.run;

import io.chaosrunner.attempt.Launcher;
import io.chaosrunner.claim.Claim;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Cluster.Following;
import io.chaosrunner.cluster.Cluster.Listing;
import io.chaosrunner.cluster.Cluster.Selection;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.engine.EngineWriter.Refusal;
import io.chaosrunner.model.ExecutionId;
import io.chaosrunner.status.EnginePatch.Objection;
import io.chaosrunner.status.RunNotice;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Heed what becomes of the engine: whether it is still there, still ours, and does not say stop.
 *
 * <p>Owned by the run's thread, but for {@link #see} and what {@link Launcher} calls.
 */
final class EngineWatch implements Launcher.Permission, AutoCloseable {
    private final RunContext context;
    private final Claim claimed;
    private final Loop loop;
    private final EnginePace pace;
    private volatile Engine engine;
    private @Nullable Following following;

    /** What the loop does about it. */
    interface Loop {
        /** Launch and write nothing more. */
        void quiesce();

        /** Stop all that runs, and write that it was stopped. */
        void stop(String why);

        /**
         * Remove all that runs, and end: nothing can be written in the usual way any more.
         *
         * @param unclaimed whether nobody holds the engine, so that the last word is still ours
         */
        void removeAll(String why, boolean unclaimed);
    }

    /**
     * @param taken the engine, as the claim's write returned it
     */
    EngineWatch(RunContext context, Claim claimed, Engine taken, Loop loop) {
        this.context = context;
        this.claimed = claimed;
        this.loop = loop;
        engine = taken;
        pace = new EnginePace(context.clock);
    }

    /** Return the engine as last seen; any thread may ask. */
    Engine engine() {
        return engine;
    }

    /** Begin to follow the engine as last seen; not by watching, before it is known to work. */
    void follow() {
        following =
                context.cluster.follow(
                        Resource.ENGINES,
                        engine.namespace(),
                        new Selection.Named(engine.name()),
                        new Listing(engine.resourceVersion(), List.of(engine.json())),
                        pace,
                        new Cluster.Listener() {
                            @Override
                            public void present(ObjectNode json) {
                                context.mailbox.add(
                                        () -> onEngineChanged(Optional.of(new Engine(json))));
                            }

                            @Override
                            public void gone(ObjectNode json) {
                                context.mailbox.add(() -> onEngineChanged(Optional.empty()));
                            }

                            @Override
                            public void troubled(String bug) {
                                context.tell(new RunNotice.Warning(bug));
                            }

                            @Override
                            public void failing(ClusterException why) {
                                context.cluster.lost(why);
                            }

                            @Override
                            public void goesOn() {
                                context.cluster.found();
                            }

                            @Override
                            public void unavailable(ClusterException why) {
                                // It is read before and after each launch all the same.
                            }
                        });
    }

    /** Hear that pods can be watched: who may do that may watch engines, too, or never more. */
    void watch() {
        pace.watch();
        if (following != null) {
            following.reconsider();
        }
    }

    @Override
    public boolean allowsLaunch(Engine now) {
        see(now);
        return isSame(now) && claimed.lostOn(now).isEmpty() && !asksToStop(now);
    }

    @Override
    public boolean isInherited(Engine now, ExecutionId execution) {
        return isSame(now) && claimed.isInheritedOn(now, execution);
    }

    /** Tell whether it is the engine that was taken, and not one that was made anew. */
    private boolean isSame(Engine now) {
        return now.uid().equals(engine.uid());
    }

    private boolean asksToStop(Engine now) {
        if (context.underOperator()) {
            return now.stopRequested();
        }
        return now.deleting()
                || claimed.isAskedToStopOn(now)
                || !now.engineState().equals(claimed.engineState());
    }

    /** Hear of the engine as just read or written; any thread may say so. */
    void see(Engine now) {
        pace.sees();
        context.mailbox.add(() -> onEngineChanged(Optional.of(now)));
    }

    private String whyStop(Engine now) {
        if (now.deleting()) {
            return "the engine is being deleted";
        }
        return claimed.isAskedToStopOn(now)
                ? "somebody asked with chaos-runner stop"
                : "the engine says stop";
    }

    /** Heed the engine as it is now; empty if there is none. */
    void onEngineChanged(Optional<Engine> found) {
        if (found.filter(this::isSame).isEmpty()) {
            onEngineGone();
            return;
        }
        engine = found.get();
        Optional<Claim.Loss> lost = claimed.lostOn(engine);
        if (lost.isPresent()) {
            onClaimLost(lost.get());
        } else if (asksToStop(engine)) {
            if (context.underOperator()) {
                operatorStops();
            } else {
                loop.stop(whyStop(engine));
            }
        }
    }

    /** Nothing can be recorded any more; what runs must not outlive the engine. */
    private void onEngineGone() {
        loop.removeAll("the engine was deleted", false);
    }

    /** What runs is left to a process that took this run up, and to nobody else. */
    private void onClaimLost(Claim.Loss loss) {
        switch (loss.holder()) {
            case ANOTHER_PROCESS -> context.end(new RunResult.Left(loss.why(), false));
            case ANOTHER_RUN -> loop.removeAll(loss.why(), false);
            case NOBODY -> loop.removeAll(loss.why(), true);
        }
    }

    /**
     * The operator removes what runs, and this process with it; status is its own. Ending before
     * that with success would let it call the engine completed, so wait to be removed.
     */
    private void operatorStops() {
        loop.quiesce();
        context.tell(new RunNotice.Waiting("engineState is stop: the operator ends this run"));
        Instant end = context.now().plus(context.patience.operator());
        while (!context.isLeaving() && context.now().isBefore(end)) {
            context.mailbox.discard(Duration.ofSeconds(1));
        }
        context.end(new RunResult.Left("the operator ends this run", true));
    }

    /** Heed why nothing more can be written. */
    void onRefused(Refusal refusal) {
        switch (refusal) {
            case Refusal.EngineGone() -> onEngineGone();
            case Refusal.Objected(Objection.Aborted()) ->
                    loop.removeAll("the operator aborted the run", false);
            case Refusal.Objected(Objection.Reset(String why)) -> loop.removeAll(why, false);
            case Refusal.Objected(Objection.ClaimLost(Claim.Loss loss)) -> onClaimLost(loss);
        }
    }

    @Override
    public void close() {
        if (following != null) {
            following.close();
        }
    }
}
