package io.chaosrunner.control;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.LoggedAttempt;
import io.chaosrunner.control.LogSource.Containers;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.crd.EngineExperiment;
import io.chaosrunner.job.ExecutionLabels;
import io.chaosrunner.job.JobName;
import io.chaosrunner.model.ExecutionId;
import io.chaosrunner.model.RunId;
import io.chaosrunner.status.EngineStanding;
import io.chaosrunner.status.StatusEntry;
import io.chaosrunner.strategy.Outcome;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The pods of an engine's last run, or of one of its experiments: which there are, and what became
 * of the others. Pure.
 */
final class RunPods {
    private final Engine engine;
    private final Optional<String> wanted;
    private final Optional<RunId> run;
    private final List<StatusEntry> entries;
    private final List<String> names;
    private final Set<Integer> slots;

    /**
     * @param wanted the name of one experiment; empty means all
     */
    RunPods(Engine engine, Optional<String> wanted) {
        this.engine = engine;
        this.wanted = wanted;
        EngineStanding standing = EngineStanding.of(engine);
        run = standing.claim().filter(Claim::isOfRun).map(Claim::run);
        entries = standing.entries();
        names = names(engine);
        slots =
                IntStream.range(0, names.size())
                        .filter(slot -> wanted.isEmpty() || wanted.get().equals(names.get(slot)))
                        .boxed()
                        .collect(Collectors.toUnmodifiableSet());
    }

    /** Return the names of the experiments that an engine runs, or ran the last time. */
    static List<String> names(Engine engine) {
        List<StatusEntry> entries = EngineStanding.of(engine).entries();
        return entries.isEmpty()
                ? engine.experiments().stream().map(EngineExperiment::name).toList()
                : entries.stream().map(StatusEntry::name).toList();
    }

    boolean hasRun() {
        return run.isPresent() || !entries.isEmpty();
    }

    boolean areOfSeveralExperiments() {
        return slots.size() > 1;
    }

    String title() {
        return "%s of ChaosEngine %s"
                .formatted(
                        run.map(id -> "run " + id.number()).orElse("the last run"), engine.ref());
    }

    String selector() {
        return run.map(id -> ExecutionLabels.selectorOfRun(engine.uid(), id.id()))
                .orElseGet(() -> ExecutionLabels.selectorOfEngine(engine.uid()));
    }

    /** Tell whether an engine, as it is now, says that the run is over. */
    boolean isOver(Engine now) {
        EngineStanding then = EngineStanding.of(now);
        if (run.isEmpty()) {
            return !then.isUnderWay();
        }
        boolean goesOn =
                then.claim()
                        .filter(this::isOurs)
                        .filter(claim -> claim.state() != Claim.State.FINISHED)
                        .isPresent();
        return !goesOn || then.isOver() || !now.uid().equals(engine.uid());
    }

    private boolean isOurs(Claim claim) {
        return run.filter(id -> id.id().equals(claim.run().id())).isPresent();
    }

    // ---- What there is -----------------------------------------------------------------------

    /** Return those of some pods that are wanted, the oldest first. */
    List<ObjectNode> of(List<ObjectNode> pods) {
        return pods.stream()
                .filter(pod -> !name(pod).equals(engine.ref().runner()))
                .filter(this::isWanted)
                .sorted(Comparator.comparing(RunPods::created).thenComparing(RunPods::name))
                .toList();
    }

    private boolean isWanted(ObjectNode pod) {
        if (wanted.isEmpty()) {
            return true;
        }
        Optional<ExecutionId> execution = ExecutionLabels.read(pod);
        return execution.isPresent()
                ? slots.contains(execution.get().slot())
                : entries.stream()
                        .filter(entry -> entry.pod().equals(name(pod)))
                        .anyMatch(entry -> entry.name().equals(wanted.get()));
    }

    /** Return the containers of pods that are meant. */
    List<LogSource> sources(List<ObjectNode> pods, Containers meant) {
        return pods.stream()
                .flatMap(pod -> LogSource.of(pod, this::label, meant).stream())
                .toList();
    }

    /**
     * What people call an experiment: its name, and its place if there are several of that name.
     */
    private Optional<String> label(ExecutionId execution) {
        int slot = execution.slot();
        if (slot >= names.size()) {
            return Optional.empty();
        }
        boolean isOnly = Collections.frequency(names, names.get(slot)) == 1;
        return Optional.of(names.get(slot) + (isOnly ? "" : " experiments[" + slot + "]"));
    }

    private static String created(JsonNode pod) {
        return pod.path("metadata").path("creationTimestamp").asString("");
    }

    static String name(JsonNode pod) {
        return pod.path("metadata").path("name").asString("");
    }

    // ---- What there is no more ---------------------------------------------------------------

    /**
     * Say, a sentence each, what was launched and has left no pod, and why.
     *
     * @param now the engine as it is now
     * @param seen the executions whose pods were seen
     * @param isAll whether to say, too, what was not launched
     */
    List<String> missing(Engine now, Set<ExecutionId> seen, boolean isAll) {
        EngineStanding then = EngineStanding.of(now);
        Optional<Claim> claim = then.claim().filter(this::isOurs);
        if (claim.isEmpty()) {
            return List.of();
        }
        var missing = new ArrayList<String>();
        for (int slot : slots.stream().sorted().toList()) {
            List<LoggedAttempt> log =
                    claim.get().log().stream().filter(each -> each.slot() == slot).toList();
            boolean isLaunched =
                    !log.isEmpty() || seen.stream().anyMatch(each -> each.slot() == slot);
            if (!isLaunched && isAll) {
                missing.add(
                        "%s was not launched: %s"
                                .formatted(
                                        names.get(slot), whyNotLaunched(slot, claim.get(), then)));
            }
            for (LoggedAttempt each : log) {
                var execution =
                        new ExecutionId(
                                engine.uid(),
                                claim.get().run().id(),
                                slot,
                                each.iteration(),
                                each.attempt());
                if (!seen.contains(execution)) {
                    missing.add(
                            "%s%s: %s is gone%s"
                                    .formatted(
                                            label(execution).orElse(names.get(slot)),
                                            LogSource.times(execution),
                                            pod(execution, then),
                                            whyGone(each, log)));
                }
            }
        }
        return missing;
    }

    private static String whyNotLaunched(int slot, Claim claim, EngineStanding then) {
        String reason = claim.skipped().getOrDefault(slot, claim.reason());
        if (!reason.isEmpty()) {
            return reason;
        }
        return slot < then.entries().size() ? then.entries().get(slot).status() : "no word of it";
    }

    /** The entry of a slot names the pod of its last execution. */
    private static String pod(ExecutionId execution, EngineStanding then) {
        return then.entries().stream()
                .map(StatusEntry::pod)
                .filter(pod -> JobName.isOfPod(pod, execution))
                .findFirst()
                .map(pod -> "pod " + pod)
                .orElse("its pod");
    }

    private String whyGone(LoggedAttempt attempt, List<LoggedAttempt> ofSlot) {
        boolean isRetried =
                ofSlot.stream()
                        .anyMatch(other ->
                                other.iteration() == attempt.iteration()
                                        && other.attempt() > attempt.attempt());
        if (attempt.outcome() == Outcome.STOPPED) {
            return ": it was removed when the experiment was stopped";
        }
        if (isRetried) {
            return ": it was removed before the experiment was tried again";
        }
        return engine.jobCleanUpPolicy().equals("delete")
                ? ": removed by jobCleanUpPolicy delete"
                : ", or never was; 'chaos-runner history %s -n %s' tells how it ended"
                        .formatted(engine.name(), engine.namespace());
    }
}
