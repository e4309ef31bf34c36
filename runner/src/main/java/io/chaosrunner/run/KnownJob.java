package io.chaosrunner.run;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.job.ExecutionLabels;
import io.chaosrunner.job.Launch;
import io.chaosrunner.model.ExecutionId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import tools.jackson.databind.node.ObjectNode;

/**
 * Describe a Job that an earlier process launched, as read from it or from its pod.
 *
 * @param id the execution it is of
 * @param job the Job
 * @param launch how its launch was decided
 */
record KnownJob(ExecutionId id, LiveJob job, Launch launch) {

    /** Read all Jobs of a run; from its pods, if the account may not list Jobs. */
    static List<KnownJob> of(
            Cluster cluster, Engine engine, String runId, Consumer<RunNotice> notices) {
        String selector = ExecutionLabels.selectorOfRun(engine.uid(), runId);
        try {
            return read(
                    cluster.list(Resource.JOBS, engine.namespace(), selector),
                    job -> Optional.of(LiveJob.ofJob(job)));
        } catch (ClusterException e) {
            if (e.kind() != Kind.FORBIDDEN) {
                throw e;
            }
            notices.accept(new RunNotice.Warning("resuming from pods: " + e.getMessage()));
            return read(cluster.list(Resource.PODS, engine.namespace(), selector), LiveJob::ofPod);
        }
    }

    private static List<KnownJob> read(
            List<ObjectNode> objects, Function<ObjectNode, Optional<LiveJob>> reader) {
        var result = new ArrayList<KnownJob>();
        Set<ExecutionId> seen = new HashSet<>();
        for (ObjectNode object : objects) {
            Optional<ExecutionId> id = ExecutionLabels.read(object);
            Optional<Launch> launch = Launch.read(object);
            Optional<LiveJob> job = reader.apply(object);
            if (id.isPresent() && launch.isPresent() && job.isPresent() && seen.add(id.get())) {
                result.add(new KnownJob(id.get(), job.get(), launch.get()));
            }
        }
        return result;
    }
}
