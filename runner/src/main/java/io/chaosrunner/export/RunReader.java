package io.chaosrunner.export;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.crd.EngineExperiment;
import io.chaosrunner.crd.Result;
import io.chaosrunner.export.ReportedRun.Execution;
import io.chaosrunner.export.ReportedRun.Said;
import io.chaosrunner.history.RunHistory.Remembered;
import io.chaosrunner.history.RunRecord;
import io.chaosrunner.job.ExecutionLabels;
import io.chaosrunner.model.ExecutionId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import tools.jackson.databind.node.ObjectNode;

/**
 * A reader of what the cluster still knows of an engine's runs: their records, what the experiments
 * said of themselves, and which pods are left. What may not be read is left out, and said.
 *
 * <p>A ChaosResult tells of one execution, the last of its experiment: what is known of earlier
 * ones is their record.
 */
public final class RunReader {
    private final Engine engine;
    private final Remembered remembered;
    private final Map<ExecutionId, Result> results = new HashMap<>();

    /** Results whose labels do not say of which execution they are, by experiment. */
    private final Map<String, Result> unlabelled = new HashMap<>();

    private final Map<ExecutionId, String> pods = new HashMap<>();
    private final List<String> unread = new ArrayList<>();

    /** Read all of it: two lists. */
    public RunReader(Cluster cluster, Engine engine, Remembered remembered) {
        this.engine = engine;
        this.remembered = remembered;
        unread.addAll(remembered.problems());
        for (ObjectNode json : list(cluster, Resource.RESULTS)) {
            ExecutionLabels.read(json)
                    .ifPresentOrElse(
                            id -> results.put(id, new Result(json)),
                            () ->
                                    unlabelled.put(
                                            json.path("spec").path("experiment").asString(""),
                                            new Result(json)));
        }
        for (ObjectNode json : list(cluster, Resource.PODS)) {
            boolean isJobs =
                    json.path("metadata")
                            .path("ownerReferences")
                            .valueStream()
                            .anyMatch(owner ->
                                    owner.path("kind").asString("").equals(Resource.JOBS.kind()));
            if (isJobs) {
                ExecutionLabels.read(json)
                        .ifPresent(id ->
                                pods.put(id, json.path("metadata").path("name").asString("")));
            }
        }
    }

    private List<ObjectNode> list(Cluster cluster, Resource resource) {
        try {
            return cluster.list(
                    resource, engine.namespace(), ExecutionLabels.selectorOfEngine(engine.uid()));
        } catch (ClusterException e) {
            unread.add(String.valueOf(e.getMessage()));
            return List.of();
        }
    }

    /** Return one of the runs that are remembered. */
    public ReportedRun run(RunRecord record) {
        return run(record, List.of(), each -> each.said().reason());
    }

    /**
     * Return one of the runs that are remembered.
     *
     * @param problems what went wrong beside the verdicts, if somebody saw more than the record
     * @param reason tells why an execution was skipped, or what went wrong with it
     */
    ReportedRun run(RunRecord record, List<String> problems, Function<Execution, String> reason) {
        boolean last =
                remembered.runs().runs().isEmpty()
                        || remembered.runs().runs().getLast().isSameRun(record);
        return ReportedRun.of(engine.ref(), engine.uid(), record, problems)
                .with(each -> said(record, last, each, reason.apply(each)))
                .ofListed(engine.experiments().stream().map(EngineExperiment::name).toList())
                .among(remembered.runs().runs())
                .lacking(unread);
    }

    private Said said(RunRecord record, boolean last, Execution each, String reason) {
        var id =
                new ExecutionId(
                        engine.uid(),
                        record.text("id"),
                        each.slot(),
                        each.iteration(),
                        each.lastAttempt());
        Optional<Result> result = Optional.ofNullable(results.get(id));
        if (result.isEmpty() && last && !ReportedRun.isSkipped(each)) {
            result = Optional.ofNullable(unlabelled.get(each.experiment()));
        }
        return new Said(reason, result, pods.getOrDefault(id, ""));
    }
}
