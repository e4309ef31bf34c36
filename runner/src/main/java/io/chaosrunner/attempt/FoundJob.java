package io.chaosrunner.attempt;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.job.ExecutionLabels;
import io.chaosrunner.job.Launch;
import io.chaosrunner.job.LaunchedJob;
import io.chaosrunner.model.ExecutionId;
import io.chaosrunner.status.RunNotice;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import tools.jackson.databind.node.ObjectNode;

/**
 * A Job that an earlier process launched, as read from it or from its pod.
 *
 * @param id the execution it is of
 * @param job the Job
 * @param launch how its launch was decided
 */
public record FoundJob(ExecutionId id, LaunchedJob job, Launch launch) {

    /**
     * Read all Jobs of a run: from themselves, if the account may list them, and from the pods they
     * made, which may outlive them for a while.
     */
    public static List<FoundJob> of(
            Cluster cluster, Engine engine, String runId, Consumer<RunNotice> notices) {
        String selector = ExecutionLabels.selectorOfRun(engine.uid(), runId);
        var known = new LinkedHashMap<ExecutionId, FoundJob>();
        try {
            cluster.list(Resource.JOBS, engine.namespace(), selector)
                    .forEach(job -> add(known, job, Optional.of(LaunchedJob.ofJob(job))));
        } catch (ClusterException e) {
            if (e.kind() != Kind.FORBIDDEN) {
                throw e;
            }
            notices.accept(new RunNotice.Warning("resuming from pods: " + e.getMessage()));
        }
        cluster.list(Resource.PODS, engine.namespace(), selector)
                .forEach(pod -> add(known, pod, LaunchedJob.ofPod(pod)));
        return List.copyOf(known.values());
    }

    private static void add(
            Map<ExecutionId, FoundJob> known, ObjectNode object, Optional<LaunchedJob> job) {
        Optional<ExecutionId> id = ExecutionLabels.read(object);
        Optional<Launch> launch = Launch.read(object);
        if (id.isPresent() && launch.isPresent() && job.isPresent()) {
            known.putIfAbsent(id.get(), new FoundJob(id.get(), job.get(), launch.get()));
        }
    }
}
