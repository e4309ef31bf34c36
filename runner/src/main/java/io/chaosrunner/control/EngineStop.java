package io.chaosrunner.control;

import io.chaosrunner.attempt.WaitLimits;
import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Cluster.PatchType;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.engine.ChaosPods;
import io.chaosrunner.engine.PodRemover;
import io.chaosrunner.engine.PodRemover.Extent;
import io.chaosrunner.job.ExecutionLabels;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.ExecutionId;
import io.chaosrunner.model.RunId;
import io.chaosrunner.model.TimeWords;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.run.EngineRun;
import io.chaosrunner.run.RunRequest;
import io.chaosrunner.run.RunResult;
import io.chaosrunner.status.EngineStanding;
import io.chaosrunner.status.RunListener;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.status.StatusEntry;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The stop of an engine's run from outside, whoever owns it, until it is seen gone.
 *
 * <p>The operator is told by {@code engineState}; another process of ours by annotation {@value
 * #ANNOTATION} with the run's id, so that a request never outlives its run. An owner that does not
 * answer is dead: then the run is taken over and ended here.
 */
public final class EngineStop {
    /** Which run is asked to stop; read by the process that owns it. */
    private static final String ANNOTATION = Claim.STOP_ANNOTATION;

    /** An owner looks at its engine at least every two seconds. */
    private static final Duration OWNER_ANSWERS = Duration.ofSeconds(10);

    private static final Duration PAUSE = Duration.ofMillis(500);

    private final Cluster cluster;
    private final StrategyCatalogue strategies;
    private final Clock clock;
    private final RunListener listener;
    private final String instance;
    private final Duration ownerAnswers;

    /** How it went. */
    public sealed interface Outcome {
        /** There is no such engine. */
        record NotFound() implements Outcome {}

        /** No run is under way, and nothing of an earlier one is left. */
        record NothingRuns() implements Outcome {}

        /** Everything that ran is gone. */
        record Stopped(List<StatusEntry> entries) implements Outcome {}

        /** Something may still run; {@code why} says what, and what to do. */
        record NotStopped(String why) implements Outcome {}
    }

    /**
     * @param listener hears what is waited for
     * @param instance random name of this process
     */
    public EngineStop(
            Cluster cluster,
            StrategyCatalogue strategies,
            Clock clock,
            RunListener listener,
            String instance) {
        this(cluster, strategies, clock, listener, instance, OWNER_ANSWERS);
    }

    EngineStop(
            Cluster cluster,
            StrategyCatalogue strategies,
            Clock clock,
            RunListener listener,
            String instance,
            Duration ownerAnswers) {
        this.cluster = cluster;
        this.strategies = strategies;
        this.clock = clock;
        this.listener = listener;
        this.instance = instance;
        this.ownerAnswers = ownerAnswers;
    }

    /** Tell the operator to end its run of this very engine; does not wait. */
    public static void tellOperator(Cluster cluster, Engine engine) {
        ObjectNode patch = JsonNodeFactory.instance.objectNode();
        // Another engine that has the name by now is refused.
        patch.putObject("metadata").put("uid", engine.uid());
        patch.putObject("spec").put("engineState", "stop");
        cluster.patch(Resource.ENGINES, engine.namespace(), engine.name(), PatchType.MERGE, patch);
    }

    /**
     * Stop a run, and wait until what ran is gone.
     *
     * @param timeout longest wait for the owner
     * @param force do not wait for the owner: take the run over and end it here
     */
    public Outcome stop(EngineRef ref, Duration timeout, boolean force) {
        return read(ref)
                .map(engine -> stop(engine, timeout, force))
                .orElseGet(Outcome.NotFound::new);
    }

    /**
     * Stop the run that an engine shows as it was read, and no later one, and wait until what ran
     * is gone.
     *
     * @param timeout longest wait for the owner
     * @param force do not wait for the owner: take the run over and end it here
     */
    public Outcome stop(Engine engine, Duration timeout, boolean force) {
        if (EngineStanding.isOperators(engine)) {
            tellOperator(cluster, engine);
            return force ? takeOver(engine) : awaitOperator(engine, timeout);
        }
        EngineStanding standing = EngineStanding.of(engine);
        if (!standing.isUnderWay() || standing.claim().isEmpty()) {
            return removeRest(engine);
        }
        return force ? takeOver(engine) : awaitOwner(engine, standing.claim().get(), timeout);
    }

    private Outcome awaitOperator(Engine engine, Duration timeout) {
        EngineRef ref = engine.ref();
        tell("the chaos-operator was told to stop ChaosEngine %s".formatted(ref));
        long end = System.nanoTime() + timeout.toNanos();
        while (true) {
            Optional<Engine> now = read(ref).filter(live -> live.uid().equals(engine.uid()));
            if (now.isEmpty()) {
                return removeOrphans(engine);
            }
            List<String> left = ChaosPods.names(ChaosPods.of(cluster, now.get()));
            if (!EngineStanding.isOperators(now.get()) && left.isEmpty()) {
                return new Outcome.Stopped(EngineStanding.of(now.get()).entries());
            }
            if (System.nanoTime() >= end) {
                return new Outcome.NotStopped(
                        "the chaos-operator has not ended it within %s (engineStatus %s%s); if the operator is not running, --force ends it from here"
                                .formatted(
                                        TimeWords.of(timeout),
                                        now.get().engineStatus(),
                                        alive(left)));
            }
            pause();
        }
    }

    private Outcome awaitOwner(Engine engine, Claim claim, Duration timeout) {
        EngineRef ref = engine.ref();
        ask(engine, claim.run().id());
        tell("process %s was asked to stop %s".formatted(claim.instance(), claim.run()));
        long begin = System.nanoTime();
        while (true) {
            Optional<Engine> now = read(ref).filter(live -> live.uid().equals(engine.uid()));
            if (now.isEmpty()) {
                return removeOrphans(engine);
            }
            EngineStanding standing = EngineStanding.of(now.get());
            Optional<Claim> held =
                    standing.claim().filter(other -> other.run().id().equals(claim.run().id()));
            if (held.isEmpty() || held.get().state() == Claim.State.FINISHED) {
                ask(engine, null);
                return stopped(now.get(), standing.entries());
            }
            Duration waited = Duration.ofNanos(System.nanoTime() - begin);
            boolean heard = held.get().state() == Claim.State.STOPPING;
            if (!heard && waited.compareTo(ownerAnswers) >= 0) {
                tell(
                        "process %s does not answer: its run is taken over"
                                .formatted(claim.instance()));
                return takeOver(now.get());
            }
            if (waited.compareTo(timeout) >= 0) {
                return new Outcome.NotStopped(
                        "process %s is stopping %s and is not done after %s%s; if that process is dead, --force ends it from here"
                                .formatted(
                                        claim.instance(),
                                        claim.run(),
                                        TimeWords.of(timeout),
                                        alive(ChaosPods.names(ChaosPods.of(cluster, now.get())))));
            }
            pause();
        }
    }

    /** Become the owner, in the guarded way of every run, and end it. */
    private Outcome takeOver(Engine engine) {
        var run =
                new EngineRun(
                        cluster,
                        new RunRequest(
                                engine.ref(),
                                Caller.PERSON_WHO_STOPS,
                                Optional.empty(),
                                Optional.empty(),
                                Map.of(),
                                instance),
                        strategies,
                        clock,
                        listener);
        return switch (run.run()) {
            case RunResult.Completed(var end, var entries) -> {
                removeRunner(engine);
                ask(engine, null);
                yield stopped(engine, entries);
            }
            case RunResult.AlreadyFinished _ -> {
                removeRunner(engine);
                yield removeRest(engine);
            }
            case RunResult.Refused(String why) -> new Outcome.NotStopped(why);
            case RunResult.NotDue(String why) -> new Outcome.NotStopped(why);
            case RunResult.Left(String why, boolean unfinished) -> new Outcome.NotStopped(why);
            case RunResult.NotOver(String why) -> new Outcome.NotStopped(why);
            case RunResult.Misconfigured(var problems) ->
                    new Outcome.NotStopped(String.valueOf(problems));
            case RunResult.Interrupted(ClusterException why) -> throw why;
        };
    }

    /** A run that is over may have had to give up on pods it could not remove. */
    private Outcome stopped(Engine engine, List<StatusEntry> entries) {
        List<String> left = ChaosPods.names(ChaosPods.of(cluster, engine));
        return left.isEmpty()
                ? new Outcome.Stopped(entries)
                : new Outcome.NotStopped(
                        "the run is over, but pods are still there: %s; their nodes may be gone, or they may not be deleted: remove them by hand"
                                .formatted(String.join(", ", left)));
    }

    /** The runner's own pod lost its claim, and nobody but the operator looks after it. */
    private void removeRunner(Engine engine) {
        ChaosPods.runner(cluster, engine)
                .ifPresent(pod ->
                        cluster.delete(
                                Resource.PODS,
                                engine.namespace(),
                                pod.path("metadata").path("name").asString(""),
                                pod.path("metadata").path("uid").asString(""),
                                Cluster.Propagation.BACKGROUND));
    }

    /** The engine went, or was made anew; what it launched bears its uid, and may be left. */
    private Outcome removeOrphans(Engine engine) {
        Outcome rest = removeRest(engine);
        return rest instanceof Outcome.NothingRuns ? new Outcome.Stopped(List.of()) : rest;
    }

    /** No run is under way; a fault may be left all the same. */
    private Outcome removeRest(Engine engine) {
        List<ObjectNode> live = ChaosPods.of(cluster, engine);
        if (live.isEmpty()) {
            return new Outcome.NothingRuns();
        }
        Optional<RunId> begun = underWay(engine);
        if (begun.isPresent()) {
            return new Outcome.NotStopped(
                    "%s began meanwhile; stop again to stop it".formatted(begun.get()));
        }
        tell(
                "no run is under way any more, but pods are left: "
                        + String.join(", ", ChaosPods.names(live)));
        Set<ExecutionId> executions = new LinkedHashSet<>();
        live.forEach(pod -> ExecutionLabels.read(pod).ifPresent(executions::add));
        var remover =
                new PodRemover(
                        cluster, engine.namespace(), listener::heard, WaitLimits.DEFAULT.removal());
        executions.forEach(execution -> remover.remove(execution, Extent.ALL));
        List<String> left = ChaosPods.names(ChaosPods.of(cluster, engine));
        return left.isEmpty()
                ? new Outcome.Stopped(EngineStanding.of(engine).entries())
                : new Outcome.NotStopped(
                        "pods that no run of this runner launched go on: "
                                + String.join(", ", left));
    }

    /** Return the run that is under way by now: the pods that were seen may be its own. */
    private Optional<RunId> underWay(Engine engine) {
        return read(engine.ref())
                .filter(live -> live.uid().equals(engine.uid()))
                .map(EngineStanding::of)
                .filter(EngineStanding::isUnderWay)
                .flatMap(EngineStanding::claim)
                .map(Claim::run);
    }

    private Optional<Engine> read(EngineRef ref) {
        return cluster.get(Resource.ENGINES, ref.namespace(), ref.name()).map(Engine::new);
    }

    private void ask(Engine engine, @Nullable String runId) {
        EngineRef ref = engine.ref();
        ObjectNode patch = JsonNodeFactory.instance.objectNode();
        // Another engine that has the name by now is refused.
        ObjectNode metadata = patch.putObject("metadata").put("uid", engine.uid());
        metadata.putObject("annotations").put(ANNOTATION, runId);
        try {
            cluster.patch(Resource.ENGINES, ref.namespace(), ref.name(), PatchType.MERGE, patch);
        } catch (ClusterException e) {
            // An engine that went with its run needs no tidying.
            if (e.kind() != Kind.NOT_FOUND && isThere(engine)) {
                throw e;
            }
        }
    }

    private boolean isThere(Engine engine) {
        return read(engine.ref()).filter(live -> live.uid().equals(engine.uid())).isPresent();
    }

    private void tell(String what) {
        listener.heard(new RunNotice.Waiting(what));
    }

    private static String alive(List<String> pods) {
        return pods.isEmpty() ? "" : "; pods left: " + String.join(", ", pods);
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(PAUSE.toMillis());
        } catch (InterruptedException e) {
            throw ClusterException.interrupted();
        }
    }
}
