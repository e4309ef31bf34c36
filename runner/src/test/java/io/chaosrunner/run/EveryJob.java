package io.chaosrunner.run;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.job.ExecutionLabels;
import io.chaosrunner.job.Launch;
import io.chaosrunner.testing.EngineWorld;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import tools.jackson.databind.node.ObjectNode;

/** Remember all Jobs there ever were, by uid. */
public final class EveryJob implements Cluster.Listener {
    private final Map<String, ObjectNode> jobs = new ConcurrentHashMap<>();

    @Override
    public void present(ObjectNode job) {
        jobs.put(job.path("metadata").path("uid").asString(), job);
    }

    @Override
    public void gone(ObjectNode job) {
        jobs.put(job.path("metadata").path("uid").asString(), job);
    }

    @Override
    public void unavailable(ClusterException why) {
        throw why;
    }

    /** Wait for the news of all Jobs that the claim knows of: they come on another connection. */
    public void awaitAll(EngineWorld world) {
        int known = world.claim().log().size();
        RunBench.until(() -> jobs.size() >= known);
    }

    /** Each Job as {@code slot.iteration.attempt}. */
    public List<String> executions() {
        return jobs.values().stream().map(EveryJob::execution).sorted().toList();
    }

    /** Each Job as {@code slot.iteration.attempt: why}. */
    List<String> decisions() {
        return jobs.values().stream()
                .map(job -> execution(job) + ": " + Launch.read(job).orElseThrow().why())
                .sorted()
                .toList();
    }

    private static String execution(ObjectNode job) {
        return RunBench.key(ExecutionLabels.read(job).orElseThrow());
    }
}
