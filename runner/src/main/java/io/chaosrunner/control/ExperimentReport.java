package io.chaosrunner.control;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.crd.Result;
import io.chaosrunner.job.ExecutionLabels;
import io.chaosrunner.model.ExecutionId;
import io.chaosrunner.model.Verdict;
import io.chaosrunner.status.EngineStanding;
import io.chaosrunner.status.StatusEntry;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/**
 * What is known of one experiment after a run.
 *
 * @param slot index of the slot
 * @param entry its status entry
 * @param reason why it ended as it did, as the runner saw it; empty if it passed, or nobody here
 *     saw it
 * @param failStep what failed, in the experiment's own words; empty if nothing did, or it is not
 *     known
 * @param failedProbes each probe that failed, with what it says of itself
 * @param hasLogs whether its pod is still there
 */
public record ExperimentReport(
        int slot,
        StatusEntry entry,
        String reason,
        String failStep,
        List<String> failedProbes,
        boolean hasLogs) {

    public ExperimentReport {
        failedProbes = List.copyOf(failedProbes);
    }

    /** Return this with a reason. */
    public ExperimentReport because(String why) {
        return new ExperimentReport(slot, entry, why, failStep, failedProbes, hasLogs);
    }

    /** Tell whether the experiment ran, or should have, and did not pass. */
    public boolean isBad() {
        return entry.verdict() != Verdict.PASS && entry.verdict() != Verdict.NOT_APPLICABLE;
    }

    /**
     * Look up what is known of each experiment of an engine's last run. What may not be read is
     * left out: this is for people, after everything was recorded.
     */
    public static List<ExperimentReport> of(
            Cluster cluster, Engine engine, List<StatusEntry> entries) {
        var plain = new ArrayList<ExperimentReport>();
        for (int slot = 0; slot < entries.size(); slot++) {
            plain.add(new ExperimentReport(slot, entries.get(slot), "", "", List.of(), false));
        }
        if (plain.stream().noneMatch(ExperimentReport::isBad)) {
            return plain;
        }
        List<Result> results =
                list(cluster, Resource.RESULTS, engine).stream().map(Result::new).toList();
        Set<String> pods = new HashSet<>();
        list(cluster, Resource.PODS, engine)
                .forEach(pod -> pods.add(pod.path("metadata").path("name").asString("")));
        Optional<String> run = EngineStanding.of(engine).claim().map(Claim::run).map(id -> id.id());
        return plain.stream()
                .map(each -> each.isBad() ? each.with(results, run, pods) : each)
                .toList();
    }

    private ExperimentReport with(List<Result> results, Optional<String> run, Set<String> pods) {
        Optional<Result> result =
                results.stream().filter(candidate -> isOf(candidate, run)).findFirst();
        return new ExperimentReport(
                slot,
                entry,
                reason,
                result.map(Result::failStep).orElse(""),
                result.map(Result::failedProbes).orElse(List.of()),
                pods.contains(entry.pod()));
    }

    private boolean isOf(Result result, Optional<String> run) {
        Optional<ExecutionId> id = ExecutionLabels.read(result.json());
        if (id.isPresent() && run.isPresent()) {
            return id.get().slot() == slot && id.get().runId().equals(run.get());
        }
        return result.json().path("spec").path("experiment").asString("").equals(entry.name());
    }

    private static List<ObjectNode> list(Cluster cluster, Resource resource, Engine engine) {
        try {
            return cluster.list(
                    resource, engine.namespace(), ExecutionLabels.selectorOfEngine(engine.uid()));
        } catch (ClusterException e) {
            return List.of();
        }
    }
}
