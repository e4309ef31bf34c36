package io.chaosrunner.run;

import io.chaosrunner.attempt.Launcher;
import io.chaosrunner.claim.Claim;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.engine.EngineWriter;
import io.chaosrunner.engine.PodRemover;
import io.chaosrunner.engine.PodRemover.Extent;
import io.chaosrunner.job.ExecutionLabels;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.status.EnginePatch;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.status.StatusEntry;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * The removal of all that bears a run's labels, and the last word on an engine that nobody holds.
 * Nothing is removed once another process has taken the run up. Safe for use by several threads.
 */
final class RunRemoval {
    /** Longer than a Job's creation takes with all retries. */
    static final Duration LONGEST_LAUNCH = Duration.ofSeconds(30);

    /** Somebody who edits the engine all the time may keep it from being said. */
    private static final int MOST_LAST_WORDS = 20;

    private final RunContext context;
    private final Claim claimed;
    private final EngineRef engine;
    private final String engineUid;
    private final Launcher launcher;
    private final PodRemover remover;

    /** What became of a removal. */
    sealed interface Removed {
        /** Nothing lives any more. */
        record Gone() implements Removed {}

        /** Something lives all the same; {@code names} says what. */
        record Left(List<String> names) implements Removed {}

        /** Another process took the run up: what lives is its own. */
        record Inherited(Engine engine) implements Removed {}
    }

    RunRemoval(
            RunContext context,
            Claim claimed,
            Engine engine,
            Launcher launcher,
            PodRemover remover) {
        this.context = context;
        this.claimed = claimed;
        this.engine = engine.ref();
        this.engineUid = engine.uid();
        this.launcher = launcher;
        this.remover = remover;
    }

    /** Remove what bears the run's labels, what was launched a moment ago included. */
    Removed remove(Extent extent, Optional<Consumer<List<String>>> removing) {
        var heir = new AtomicReference<@Nullable Engine>();
        List<String> left =
                remover.removeRun(
                        engineUid,
                        claimed.run().id(),
                        extent,
                        removing,
                        () -> {
                            heir.set(heir().orElse(null));
                            return heir.get() == null;
                        });
        Engine inherited = heir.get();
        if (inherited != null) {
            return new Removed.Inherited(inherited);
        }
        return left.isEmpty() ? new Removed.Gone() : new Removed.Left(left);
    }

    /** Remove all that this run launched, what is being launched included. */
    Removed removeAll() {
        launcher.awaitLast(LONGEST_LAUNCH);
        return remove(Extent.ALL, Optional.empty());
    }

    /** Remove all, and say what became of it. */
    String removeAllInWords() {
        String left =
                "what ran is not seen gone; once the API server allows it: chaos-runner stop %s -n %s"
                        .formatted(engine.name(), engine.namespace());
        try {
            return switch (removeAll()) {
                case Removed.Gone() -> "what ran was removed";
                case Removed.Left(List<String> names) -> left;
                case Removed.Inherited(Engine by) ->
                        "what runs is left to the process that took the run up";
            };
        } catch (ClusterException e) {
            return "%s (%s)".formatted(left, e.getMessage());
        }
    }

    /**
     * Remove all, say so on an engine that nobody holds, and return what follows.
     *
     * @param why the run cannot go on
     * @param unclaimed whether nobody holds the engine, so that the last word is still ours
     * @param over the claim of the run, ended
     * @param last its last entries
     */
    RunMessage removeAll(String why, boolean unclaimed, Claim over, List<StatusEntry> last) {
        Removed removed = removeAll();
        if (removed instanceof Removed.Inherited(Engine now)) {
            return new RunMessage.EngineSeen(Optional.of(now));
        }
        boolean gone = removed instanceof Removed.Gone;
        boolean said = gone && unclaimed && sayLastWord(over, last);
        String told =
                gone
                        ? "%s; what ran was removed".formatted(why)
                        : "%s; what ran is not seen gone, remove what bears the labels %s"
                                .formatted(why, labels());
        return new RunMessage.ProcessEnds(new RunResult.Left(told, !gone || (unclaimed && !said)));
    }

    /** Remove what runs, unless somebody comes who takes the run up; returns how it ended. */
    RunResult giveUp(ClusterException why) {
        if (context.isLeaving() || (context.underOperator() && why.isTransient())) {
            return new RunResult.Interrupted(why);
        }
        context.tell(
                new RunNotice.Warning(
                        "the run is given up, and what runs is removed: " + why.getMessage()));
        return new RunResult.Interrupted(
                new ClusterException(
                        why.kind(), "%s; %s".formatted(why.getMessage(), removeAllInWords())));
    }

    /** Do the same because of a bug; the operator's runner is started again in any case. */
    void giveUpBy(Throwable bug) {
        if (!context.isLeaving() && !context.underOperator()) {
            context.tell(
                    new RunNotice.Warning(
                            "the run is given up because of a bug (%s); %s"
                                    .formatted(bug, removeAllInWords())));
        }
    }

    /** Return the selector of what the run launched. */
    String labels() {
        return ExecutionLabels.selectorOfRun(engineUid, claimed.run().id());
    }

    /** Return the engine as another process holds it that has taken this run up, if one has. */
    private Optional<Engine> heir() {
        try {
            return context.cluster
                    .getAtOnce(Resource.ENGINES, engine.namespace(), engine.name())
                    .map(Engine::new)
                    .filter(live -> isHeldBy(live, Claim.Holder.ANOTHER_PROCESS));
        } catch (ClusterException e) {
            // As far as can be known it is still ours to look after.
            return Optional.empty();
        }
    }

    private boolean isHeldBy(Engine live, Claim.Holder holder) {
        return live.uid().equals(engineUid)
                && claimed.lostOn(live).filter(loss -> loss.holder() == holder).isPresent();
    }

    /**
     * Record the end on an engine that nobody holds any more, though nobody else took the run;
     * tells whether that was possible.
     */
    boolean sayLastWord(Claim over, List<StatusEntry> last) {
        for (int tries = 0; tries < MOST_LAST_WORDS; tries++) {
            Optional<Engine> unclaimed =
                    context.cluster
                            .get(Resource.ENGINES, engine.namespace(), engine.name())
                            .map(Engine::new)
                            .filter(live -> isHeldBy(live, Claim.Holder.NOBODY));
            if (unclaimed.isEmpty()) {
                return false;
            }
            ObjectNode patch =
                    EnginePatch.claim(unclaimed.get(), over, last, engine.runner(), context.now());
            if (EngineWriter.take(context.cluster, unclaimed.get(), patch).isPresent()) {
                return true;
            }
        }
        return false;
    }
}
