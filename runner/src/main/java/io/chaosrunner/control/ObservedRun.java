package io.chaosrunner.control;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.config.ExecutionSettings;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.job.ExecutionLabels;
import io.chaosrunner.job.Launch;
import io.chaosrunner.model.Attempt;
import io.chaosrunner.model.ExecutionId;
import io.chaosrunner.model.RunId;
import io.chaosrunner.model.Verdict;
import io.chaosrunner.status.EngineStanding;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.status.StatusEntry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/**
 * What a run does, as an engine and its Jobs tell from outside: the notices its own process would
 * give. Pure; owned by one thread.
 */
final class ObservedRun {
    private static final RunId UNKNOWN = new RunId(1, "");

    private final List<StatusEntry> seen = new ArrayList<>();
    private List<String> names = List.of();
    private final Map<Integer, Known> known = new HashMap<>();
    private final Set<ExecutionId> launched = new HashSet<>();
    private final Map<String, JsonNode> early = new HashMap<>();
    private Optional<RunId> run = Optional.empty();
    private boolean stopping;

    /** The last Job seen of a slot. */
    private record Known(Attempt attempt, String job) {}

    /** Return what is new in an engine. */
    List<RunNotice> see(Engine engine, Instant now) {
        EngineStanding standing = EngineStanding.of(engine);
        var notices = new ArrayList<RunNotice>();
        if (standing.entries().isEmpty()) {
            return notices;
        }
        RunId id = standing.claim().map(Claim::run).orElse(UNKNOWN);
        if (run.isEmpty() || !run.get().equals(id)) {
            begin(id, standing, notices);
        }
        List.copyOf(early.values()).forEach(job -> notices.addAll(job(job)));
        for (int slot = 0; slot < standing.entries().size(); slot++) {
            StatusEntry entry = standing.entries().get(slot);
            if (slot == seen.size()) {
                seen.add(StatusEntry.waiting(entry.name()));
            }
            if (!entry.equals(seen.get(slot))) {
                seen.set(slot, entry);
                changed(slot, entry, standing, now, notices);
            }
        }
        if (standing.phase() == EngineStanding.Phase.STOPPING && !stopping) {
            stopping = true;
            notices.add(new RunNotice.Waiting("the run is being stopped"));
        }
        return notices;
    }

    /** Return what is new in a Job. */
    List<RunNotice> job(JsonNode job) {
        Optional<ExecutionId> id = ExecutionLabels.read(job);
        Optional<Launch> launch = Launch.read(job);
        if (id.isEmpty() || launch.isEmpty()) {
            return List.of();
        }
        String name = job.path("metadata").path("name").asString("");
        int slot = id.get().slot();
        if (run.filter(r -> r.id().equals(id.get().runId())).isEmpty() || slot >= names.size()) {
            // Of an earlier run, or the engine with its claim has not been seen so far.
            early.put(name, job);
            return List.of();
        }
        early.remove(name);
        if (!launched.add(id.get())) {
            return List.of();
        }
        var attempt =
                new Attempt(
                        (int) launch.get().ordinal(),
                        slot,
                        id.get().iteration(),
                        id.get().attempt(),
                        launch.get().start(),
                        Optional.empty());
        known.put(slot, new Known(attempt, name));
        return List.of(
                new RunNotice.Launched(attempt, names.get(slot), name, launch.get().why(), false));
    }

    private void begin(RunId id, EngineStanding standing, List<RunNotice> notices) {
        run = Optional.of(id);
        seen.clear();
        known.clear();
        launched.clear();
        stopping = false;
        names = standing.entries().stream().map(StatusEntry::name).toList();
        notices.add(
                new RunNotice.Started(
                        id,
                        standing.claim()
                                .map(claim -> ExecutionSettings.of(claim.execution()).strategy())
                                .orElse(""),
                        standing.claim().map(Claim::seed).orElse(0L),
                        names,
                        false,
                        standing.claim()
                                .<JsonNode>map(Claim::execution)
                                .orElse(MissingNode.getInstance())));
    }

    private void changed(
            int slot,
            StatusEntry entry,
            EngineStanding standing,
            Instant now,
            List<RunNotice> notices) {
        Known last =
                known.getOrDefault(
                        slot, new Known(new Attempt(slot, slot, 1, 1, now, Optional.empty()), ""));
        if (entry.status().equals(StatusEntry.WAITING)) {
            return;
        }
        if (entry.isRunning()) {
            notices.add(
                    new RunNotice.Running(last.attempt(), entry.name(), last.job(), entry.pod()));
        } else if (entry.status().equals(StatusEntry.SKIPPED)
                && entry.verdict() == Verdict.NOT_APPLICABLE) {
            String why =
                    standing.claim()
                            .map(claim -> claim.skipped().getOrDefault(slot, ""))
                            .orElse("");
            notices.add(new RunNotice.Skipped(slot, entry.name(), why));
        } else {
            notices.add(
                    new RunNotice.Ended(
                            last.attempt(),
                            entry.name(),
                            last.job(),
                            entry.pod(),
                            entry,
                            took(slot, last, standing, now),
                            ""));
        }
    }

    /** The claim's log knows it; without a claim, it is as long as was looked on. */
    private static Duration took(int slot, Known last, EngineStanding standing, Instant now) {
        return standing.claim().stream()
                .flatMap(claim -> claim.log().stream())
                .filter(logged -> logged.slot() == slot)
                .reduce((one, later) -> later)
                .map(logged -> Duration.between(logged.start(), logged.end()))
                .orElseGet(() -> Duration.between(last.attempt().start(), now));
    }
}
