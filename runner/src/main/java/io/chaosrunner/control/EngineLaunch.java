package io.chaosrunner.control;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.cluster.AnyObjects;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Cluster.Listing;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.config.ExecutionSettings;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.engine.ChaosPods;
import io.chaosrunner.engine.OperatorsPod;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.status.EngineStanding;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.databind.node.ObjectNode;

/**
 * The way an engine is stored so that the one who is to run it does, and nobody else.
 *
 * <p>An active engine belongs to the chaos-operator, if there is one; an engine whose {@code
 * engineState} is {@code stop} and which the operator has not taken, it leaves alone. An engine
 * whose run is under way is never changed.
 */
public final class EngineLaunch {
    private static final int MOST_CONFLICTS = 5;
    private static final String ACTIVE = "active";
    private static final String STOP = "stop";

    private final Cluster cluster;

    /** Who launches the experiments. */
    public enum Launch {
        /** This process. */
        DIRECT,
        /** The runner pod that the chaos-operator makes. */
        OPERATOR
    }

    /** Whether an engine can be launched now. */
    public sealed interface Readied {
        /**
         * It can.
         *
         * @param engine as stored
         * @param created whether it was missing
         * @param changed the fields that were not as wanted; none if it was created
         * @param idleAsOf the version of the pods as of which none of it lived, as just read; empty
         *     if one did, or that was not read
         */
        record Ready(Engine engine, boolean created, Set<String> changed, Optional<String> idleAsOf)
                implements Readied {}

        /** It cannot; {@code why} names owner and remedy. */
        record Refused(String why) implements Readied {}

        /** There is no such engine, and nobody said what it should be. */
        record Missing() implements Readied {}
    }

    public EngineLaunch(Cluster cluster) {
        this.cluster = cluster;
    }

    /**
     * Ready an engine.
     *
     * @param wanted the engine as a file has it; empty to take the stored one as it is
     * @param resume whether a run that is under way is to be taken up; it keeps the engine it has
     */
    public Readied ready(
            EngineRef ref, Optional<ObjectNode> wanted, Launch launch, boolean resume) {
        return ready(ref, Optional.empty(), wanted, launch, resume);
    }

    /** Ready an engine that was read, as it is stored now: another of its name is not it. */
    public Readied readyAgain(Engine read, Launch launch) {
        try {
            Optional<String> strangers = strangersRunner(read.ref(), read.uid(), launch);
            return strangers.isPresent()
                    ? new Readied.Refused(strangers.get())
                    : readyStored(read, Optional.empty(), launch, false);
        } catch (ClusterException e) {
            if (e.kind() != Kind.CONFLICT && e.kind() != Kind.NOT_FOUND) {
                throw e;
            }
        }
        return ready(read.ref(), Optional.of(read.uid()), Optional.empty(), launch, false);
    }

    private Readied ready(
            EngineRef ref,
            Optional<String> uid,
            Optional<ObjectNode> wanted,
            Launch launch,
            boolean resume) {
        for (int conflicts = 0; conflicts < MOST_CONFLICTS; conflicts++) {
            try {
                Optional<Engine> found =
                        cluster.get(Resource.ENGINES, ref.namespace(), ref.name())
                                .map(Engine::new)
                                .filter(engine ->
                                        uid.filter(one -> !one.equals(engine.uid())).isEmpty());
                Optional<String> strangers =
                        strangersRunner(ref, found.map(Engine::uid).orElse(""), launch);
                if (strangers.isPresent()) {
                    return new Readied.Refused(strangers.get());
                }
                if (found.isPresent()) {
                    return readyStored(found.get(), wanted, launch, resume);
                }
                if (wanted.isEmpty()) {
                    return new Readied.Missing();
                }
                return new Readied.Ready(
                        create(ref, wanted.get(), launch), true, Set.of(), Optional.empty());
            } catch (ClusterException e) {
                if (e.kind() != Kind.CONFLICT && e.kind() != Kind.ALREADY_EXISTS) {
                    throw e;
                }
            }
        }
        return new Readied.Refused(
                "ChaosEngine %s keeps changing; is something else editing it?".formatted(ref));
    }

    /** Say whose pod the operator would take for the engine's runner. */
    private Optional<String> strangersRunner(EngineRef ref, String uid, Launch launch) {
        if (launch != Launch.OPERATOR) {
            return Optional.empty();
        }
        try {
            return OperatorsPod.of(cluster, ref, uid) instanceof OperatorsPod.Strangers strangers
                    ? Optional.of(strangers.why(ref))
                    : Optional.empty();
        } catch (ClusterException e) {
            if (e.kind() == Kind.FORBIDDEN) {
                // Accounts need no right to read a pod by its name; then nobody is warned.
                return Optional.empty();
            }
            throw e;
        }
    }

    /** Say what stands against launching an engine, if it is there, before anything is stored. */
    public Optional<String> refusal(EngineRef ref, boolean resume) {
        return cluster.get(Resource.ENGINES, ref.namespace(), ref.name())
                .map(Engine::new)
                .flatMap(engine -> against(engine, resume));
    }

    private Engine create(EngineRef ref, ObjectNode wanted, Launch launch) {
        // Files that were read from a cluster carry the last run with them.
        ObjectNode engine = AnyObjects.unstored(wanted);
        ObjectNode metadata = engine.withObject("metadata");
        metadata.put("namespace", ref.namespace());
        engine.withObject("spec").put("engineState", launch == Launch.DIRECT ? STOP : ACTIVE);
        return new Engine(cluster.createStrictly(Resource.ENGINES, ref.namespace(), engine));
    }

    private Readied readyStored(
            Engine engine, Optional<ObjectNode> wanted, Launch launch, boolean resume) {
        Optional<String> against = objection(engine);
        if (against.isPresent()) {
            return new Readied.Refused(against.get());
        }
        Listing pods = ChaosPods.all(cluster, engine);
        against = against(engine, pods, resume);
        if (against.isPresent()) {
            return new Readied.Refused(against.get());
        }
        Optional<String> idleAsOf =
                Optional.of(ChaosPods.seen(pods, engine))
                        .filter(living -> living.items().isEmpty())
                        .map(Listing::version);
        ObjectNode next =
                resume && EngineStanding.of(engine).isUnderWay()
                        ? engine.json().deepCopy()
                        : next(engine, wanted, launch);
        if (next.equals(engine.json())) {
            return new Readied.Ready(engine, false, Set.of(), idleAsOf);
        }
        Engine stored = new Engine(cluster.replaceStrictly(Resource.ENGINES, next));
        TreeSet<String> changed = AnyObjects.differences(engine.json(), stored.json());
        changed.remove("spec.engineState");
        return new Readied.Ready(stored, false, changed, idleAsOf);
    }

    /**
     * Take an engine back that was readied for the operator, which did not take it: it is not to
     * start whenever an operator comes, and says again how its last run ended.
     *
     * @param before the engine as it was before it was readied
     */
    public void takeBack(Engine before) {
        EngineRef ref = before.ref();
        Optional<Engine> now =
                cluster.get(Resource.ENGINES, ref.namespace(), ref.name())
                        .map(Engine::new)
                        .filter(engine -> engine.uid().equals(before.uid()));
        boolean untouched =
                now.filter(engine -> engine.statusEntries().isEmpty())
                        .filter(engine -> !EngineStanding.isOperators(engine))
                        .isPresent();
        if (now.isEmpty()) {
            return;
        }
        if (untouched && !before.statusEntries().isEmpty()) {
            ObjectNode next = now.get().json().deepCopy();
            next.withObject("spec").put("engineState", STOP);
            next.withObject("status").putArray("experiments").addAll(before.statusEntries());
            try {
                cluster.replace(Resource.ENGINES, next);
                return;
            } catch (ClusterException e) {
                if (e.kind() != Kind.CONFLICT) {
                    throw e;
                }
            }
        }
        EngineStop.tellOperator(cluster, now.get());
    }

    private Optional<String> against(Engine engine, boolean resume) {
        Optional<String> objection = objection(engine);
        return objection.isPresent()
                ? objection
                : against(engine, ChaosPods.all(cluster, engine), resume);
    }

    /** Say what stands against a launch whatever pods there are. */
    private static Optional<String> objection(Engine engine) {
        EngineRef ref = engine.ref();
        if (engine.deleting()) {
            return Optional.of("ChaosEngine %s is being deleted".formatted(ref));
        }
        if (EngineStanding.isOperators(engine)) {
            return Optional.of(
                    "ChaosEngine %s is being run by the chaos-operator (engineStatus initialized); wait for its end (chaos-runner wait %s -n %s) or stop it (chaos-runner stop %s -n %s)"
                            .formatted(
                                    ref, ref.name(), ref.namespace(), ref.name(), ref.namespace()));
        }
        return Optional.empty();
    }

    private static Optional<String> against(Engine engine, Listing pods, boolean resume) {
        EngineRef ref = engine.ref();
        String runner = ref.runner();
        if (ChaosPods.runner(pods, engine).isPresent()) {
            return Optional.of(
                    "pod %s of the chaos-operator's runner is still there; wait until it is gone, or delete it (kubectl delete pod %s -n %s)"
                            .formatted(runner, runner, ref.namespace()));
        }
        Optional<Claim> held;
        try {
            held = Claim.of(engine);
        } catch (Claim.Unreadable e) {
            // Whether a run is under way cannot be told: then the engine is not to be changed.
            return Optional.of(String.valueOf(e.getMessage()));
        }
        if (!resume && held.isPresent() && EngineStanding.of(engine).isUnderWay()) {
            Claim claim = held.get();
            return Optional.of(
                    "ChaosEngine %s is in %s, owned by process %s; wait for its end (chaos-runner wait), stop it (chaos-runner stop), or take it up with --resume if that process is dead"
                            .formatted(ref, claim.run(), claim.instance()));
        }
        return Optional.empty();
    }

    /** Return the engine as it must be stored for its next run. */
    private static ObjectNode next(Engine engine, Optional<ObjectNode> wanted, Launch launch) {
        ObjectNode next = engine.json().deepCopy();
        wanted.ifPresent(file -> {
            next.set("spec", file.path("spec").deepCopy());
            merge(next, file, "labels");
            merge(next, file, "annotations");
            if (file.path("metadata")
                            .path("annotations")
                            .path(ExecutionSettings.ANNOTATION)
                            .isMissingNode()
                    && next.path("metadata").path("annotations") instanceof ObjectNode present) {
                // Settings that the file does not have any more must not decide this run.
                present.remove(ExecutionSettings.ANNOTATION);
            }
        });
        next.withObject("spec").put("engineState", launch == Launch.DIRECT ? STOP : ACTIVE);
        if (launch == Launch.OPERATOR && next.path("status") instanceof ObjectNode status) {
            // Entries of a finished run would tell the operator's runner that all is done.
            status.remove("experiments");
        }
        return next;
    }

    private static void merge(ObjectNode next, ObjectNode file, String map) {
        if (file.path("metadata").path(map) instanceof ObjectNode said) {
            ObjectNode all = next.withObject("metadata").withObject(map);
            said.propertyStream()
                    .filter(entry -> !Engine.WRITTEN_BY_RUNS.contains(entry.getKey()))
                    .forEach(entry -> all.set(entry.getKey(), entry.getValue()));
        }
    }
}
