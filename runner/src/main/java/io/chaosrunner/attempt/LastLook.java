package io.chaosrunner.attempt;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.engine.ChaosPods;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.status.EngineStanding;
import java.util.List;
import java.util.Optional;

/**
 * A look at an engine before a process ends as if all were well: the operator would call the engine
 * completed.
 */
public final class LastLook {
    private LastLook() {}

    /** Say what is left of the engine's runs, or why that cannot be known; empty if nothing is. */
    public static Optional<String> at(Cluster cluster, EngineRef ref) {
        try {
            return cluster.get(Resource.ENGINES, ref.namespace(), ref.name())
                    .map(Engine::new)
                    .flatMap(engine -> left(cluster, engine));
        } catch (ClusterException e) {
            return Optional.of(
                    "nobody knows whether anything is left of the runs of ChaosEngine %s: %s"
                            .formatted(ref, e.getMessage()));
        }
    }

    private static Optional<String> left(Cluster cluster, Engine engine) {
        List<String> pods = ChaosPods.names(ChaosPods.of(cluster, engine));
        if (!pods.isEmpty()) {
            return Optional.of(
                    "pods of ChaosEngine %s are still there: %s"
                            .formatted(engine.ref(), String.join(", ", pods)));
        }
        return EngineStanding.of(engine).isUnderWay()
                ? Optional.of("the last run of ChaosEngine %s is not over".formatted(engine.ref()))
                : Optional.empty();
    }
}
