package io.chaosrunner.engine;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.job.ExecutionLabels;
import io.chaosrunner.model.EngineRef;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What pod has the name that the chaos-operator gives to an engine's runner.
 *
 * <p>The operator knows its runner by this name alone, and takes whatever pod bears it for the
 * engine's own; here a pod is the engine's only if it says so itself.
 */
public sealed interface OperatorsPod {
    /** There is none. */
    record None() implements OperatorsPod {}

    /** It is being deleted, whosever it is. */
    record Going() implements OperatorsPod {}

    /** It is the engine's runner, whether it has ended or not. */
    record Runners(String name, String uid) implements OperatorsPod {}

    /** It is somebody else's, and must be left alone. */
    record Strangers(String name) implements OperatorsPod {
        /** Say why the operator cannot run the engine, and what to do. */
        public String why(EngineRef engine) {
            return "pod %s/%s does not belong to ChaosEngine %s, and has the name of its runner: the chaos-operator would take it for the runner; rename the engine or that pod, or launch without the operator (--launch=direct)"
                    .formatted(engine.namespace(), name, engine);
        }
    }

    /**
     * Look at the pod of that name.
     *
     * @param uid of the engine; empty if it is not stored yet, and so owns nothing
     */
    static OperatorsPod of(Cluster cluster, EngineRef engine, String uid) {
        return cluster.get(Resource.PODS, engine.namespace(), engine.runner())
                .map(pod -> of(pod, uid))
                .orElseGet(None::new);
    }

    private static OperatorsPod of(ObjectNode pod, String engineUid) {
        JsonNode metadata = pod.path("metadata");
        String name = metadata.path("name").asString("");
        if (!metadata.path("deletionTimestamp").isMissingNode()) {
            return new Going();
        }
        return isOf(engineUid, metadata)
                ? new Runners(name, metadata.path("uid").asString(""))
                : new Strangers(name);
    }

    /**
     * The operator makes it the engine's own, and labels it, unless the engine has it otherwise.
     */
    private static boolean isOf(String engineUid, JsonNode metadata) {
        if (engineUid.isEmpty()) {
            return false;
        }
        for (JsonNode owner : metadata.path("ownerReferences")) {
            if (owner.path("uid").asString("").equals(engineUid)) {
                return true;
            }
        }
        return metadata.path("labels")
                .path(ExecutionLabels.CHAOS_UID)
                .asString("")
                .equals(engineUid);
    }
}
