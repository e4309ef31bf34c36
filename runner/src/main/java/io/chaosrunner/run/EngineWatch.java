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
import io.chaosrunner.schedule.EngineSchedule;
import io.chaosrunner.status.EnginePatch;
import io.chaosrunner.status.EnginePatch.Objection;
import io.chaosrunner.status.RunNotice;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Heed what becomes of the engine: whether it is still there, still ours, and does not say stop.
 *
 * <p>Owned by the run's thread, but for {@link #see} and what {@link Launcher} calls.
 */
final class EngineWatch implements Launcher.EngineView, AutoCloseable {
    private final RunContext context;
    private final Claim claimed;
    private final Consumer<Optional<Engine>> sights;
    private final EnginePace pace;
    private final int slots;

    /** Of a stop that an earlier process did not finish. */
    private final Set<Integer> abortedBefore;

    private volatile boolean aborting;
    private volatile Engine engine;
    private @Nullable Following following;

    /** What an engine as it is now means for the run. */
    sealed interface Meaning {
        /** The run goes on. */
        record GoOn() implements Meaning {}

        /** Somebody wants it to stop: all that runs is stopped, and its entries say so. */
        record Stop(String why) implements Meaning {}

        /** Another run is due: all that runs is stopped, and its entries say so. */
        record Replace(String why) implements Meaning {}

        /**
         * All that runs is removed, and this process ends: nothing can be written in the usual way
         * any more.
         *
         * @param unclaimed whether nobody holds the engine, so that the last word is still ours
         */
        record RemoveAll(String why, boolean unclaimed) implements Meaning {}

        /** Another process took the run up: what runs is left to it. */
        record Inherited(String why) implements Meaning {}

        /** The operator removes what runs, and this process with it; status is its own. */
        record OperatorStops() implements Meaning {}
    }

    /**
     * @param taken the engine, as the claim's write returned it
     * @param sights takes the engine as it is now, empty if there is none; called by any thread
     */
    EngineWatch(
            RunContext context, Claim claimed, Engine taken, Consumer<Optional<Engine>> sights) {
        this.context = context;
        this.claimed = claimed;
        this.sights = sights;
        engine = taken;
        slots = taken.statusEntries().size();
        abortedBefore = EnginePatch.aborted(taken);
        pace = new EnginePace(context.clock);
    }

    @Override
    public Engine engine() {
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
                                sights.accept(Optional.of(new Engine(json)));
                            }

                            @Override
                            public void gone(ObjectNode json) {
                                sights.accept(Optional.empty());
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
        return isSame(now)
                && claimed.lostOn(now).isEmpty()
                && !asksToStop(now)
                && objection(now).isEmpty();
    }

    /** Return what the entries say against the run, as a write that is refused finds out too. */
    private Optional<Objection> objection(Engine now) {
        Optional<Objection> reset = EnginePatch.reset(now, slots).map(Function.identity());
        return reset.isPresent() || aborting
                ? reset
                : Optional.of(EnginePatch.aborted(now))
                        .filter(aborted -> !abortedBefore.containsAll(aborted))
                        .map(_ -> new Objection.Aborted());
    }

    boolean isAborting() {
        return aborting;
    }

    /** Hear that this process aborts the run: entries that say so are its own from now on. */
    void abort() {
        aborting = true;
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
        return isStopped(now) || isReplaced(now);
    }

    private boolean isStopped(Engine now) {
        return now.deleting()
                || claimed.isAskedToStopOn(now)
                || !now.engineState().equals(claimed.engineState());
    }

    /** Whoever drives the schedule from outside says so: another run is due. */
    private boolean isReplaced(Engine now) {
        return now.annotation(EngineSchedule.REPLACED)
                .filter(claimed.run().id()::equals)
                .isPresent();
    }

    /** Hear of the engine as just read or written; any thread may say so. */
    void see(Engine now) {
        pace.sees();
        sights.accept(Optional.of(now));
    }

    private String whyStop(Engine now) {
        if (now.deleting()) {
            return "the engine is being deleted";
        }
        return claimed.isAskedToStopOn(now)
                ? "somebody asked with chaos-runner stop"
                : "the engine says stop";
    }

    /** See the engine as it is now, empty if there is none; returns what that means. */
    Meaning changed(Optional<Engine> found) {
        if (found.filter(this::isSame).isEmpty()) {
            return gone();
        }
        engine = found.get();
        Optional<Claim.Loss> lost = claimed.lostOn(engine);
        if (lost.isPresent()) {
            return lost(lost.get());
        }
        if (!asksToStop(engine)) {
            return objection(engine)
                    .map(why -> of(new Refusal.Objected(why)))
                    .orElseGet(Meaning.GoOn::new);
        }
        if (context.underOperator()) {
            return new Meaning.OperatorStops();
        }
        return isStopped(engine)
                ? new Meaning.Stop(whyStop(engine))
                : new Meaning.Replace("replaced by the next fire");
    }

    /** Nothing can be recorded any more; what runs must not outlive the engine. */
    private static Meaning gone() {
        return new Meaning.RemoveAll("the engine was deleted", false);
    }

    /** What runs is left to a process that took this run up, and to nobody else. */
    private static Meaning lost(Claim.Loss loss) {
        return switch (loss.holder()) {
            case ANOTHER_PROCESS -> new Meaning.Inherited(loss.why());
            case ANOTHER_RUN -> new Meaning.RemoveAll(loss.why(), false);
            case NOBODY -> new Meaning.RemoveAll(loss.why(), true);
        };
    }

    /** Return what it means that nothing more can be written. */
    static Meaning of(Refusal refusal) {
        return switch (refusal) {
            case Refusal.EngineGone() -> gone();
            case Refusal.Objected(Objection.Aborted()) ->
                    new Meaning.RemoveAll("the operator aborted the run", false);
            case Refusal.Objected(Objection.Reset(String why)) -> new Meaning.RemoveAll(why, false);
            case Refusal.Objected(Objection.ClaimLost(Claim.Loss loss)) -> lost(loss);
        };
    }

    @Override
    public void close() {
        if (following != null) {
            following.close();
        }
    }
}
