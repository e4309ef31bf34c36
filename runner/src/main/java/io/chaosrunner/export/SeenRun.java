package io.chaosrunner.export;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.export.ReportedRun.Execution;
import io.chaosrunner.export.ReportedRun.Said;
import io.chaosrunner.history.RunHistory;
import io.chaosrunner.history.RunHistory.Remembered;
import io.chaosrunner.history.RunRecord;
import io.chaosrunner.model.Attempt;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.Verdict;
import io.chaosrunner.status.RunListener;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.status.StatusEntry;
import io.chaosrunner.strategy.Outcome;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A run as whoever looked on saw it: enough to report it where the cluster cannot be asked any
 * more, and what went wrong in the words that nobody recorded. Thread-safe.
 */
public final class SeenRun implements RunListener {
    private final Clock clock;
    private final List<String> said = new ArrayList<>();
    private final Map<Integer, StatusEntry> entries = new TreeMap<>();
    private final Map<Integer, RunNotice.Launched> launched = new TreeMap<>();
    private final Map<Integer, Ending> ended = new TreeMap<>();
    private final Map<Integer, String> skipped = new TreeMap<>();
    private RunNotice.@Nullable Started started;
    private RunNotice.@Nullable Finished finished;
    private Instant begin;
    private Instant last;

    /** How an attempt was seen to end. */
    private record Ending(RunNotice.Ended notice, Instant at) {}

    public SeenRun(Clock clock) {
        this.clock = clock;
        begin = clock.instant();
        last = begin;
    }

    @Override
    public synchronized void heard(RunNotice notice) {
        last = clock.instant();
        switch (notice) {
            case RunNotice.Started each -> {
                started = each;
                begin = last;
                entries.clear();
                for (int slot = 0; slot < each.experiments().size(); slot++) {
                    entries.put(slot, StatusEntry.waiting(each.experiments().get(slot)));
                }
            }
            case RunNotice.Launched each -> launched.put(each.attempt().ordinal(), each);
            case RunNotice.Running each ->
                    entries.put(
                            each.attempt().slot(),
                            StatusEntry.running(each.experiment(), each.pod()));
            case RunNotice.Ended each -> {
                entries.put(each.attempt().slot(), each.entry());
                ended.put(each.attempt().ordinal(), new Ending(each, last));
            }
            case RunNotice.Skipped each -> {
                entries.put(each.slot(), StatusEntry.leftOut(each.experiment()));
                skipped.put(each.slot(), each.why());
            }
            case RunNotice.Finished each -> {
                finished = each;
                for (int slot = 0; slot < each.entries().size(); slot++) {
                    entries.put(slot, each.entries().get(slot));
                }
            }
            case RunNotice.Waiting _,
                    RunNotice.Next _,
                    RunNotice.Stopping _,
                    RunNotice.CleanedUp _,
                    RunNotice.Wrote _,
                    RunNotice.Warning _ -> {}
        }
    }

    /** Hear why nothing was launched, or what came between the run and its end. */
    public synchronized void failed(String why) {
        said.add(why);
    }

    /** Report what was seen, without asking anybody. */
    public synchronized ReportedRun report(EngineRef engine) {
        if (started == null) {
            return ReportedRun.ofNone(
                    engine, said.isEmpty() ? List.of("nothing is known to have run") : said);
        }
        return standing(
                ReportedRun.of(engine, "", record(started), said)
                        .with(each -> new Said(reason(each), Optional.empty(), "")));
    }

    /** A run that nobody saw end may go on, and nothing but what was seen is known of it. */
    private ReportedRun standing(ReportedRun run) {
        return finished == null ? run.unseen() : run;
    }

    /** Report what was seen, with what the cluster knows of it; it need not answer. */
    public synchronized ReportedRun report(EngineRef ref, Cluster cluster) {
        if (started == null && !said.isEmpty()) {
            return report(ref);
        }
        try {
            Optional<Engine> engine =
                    cluster.get(Resource.ENGINES, ref.namespace(), ref.name()).map(Engine::new);
            if (engine.isEmpty()) {
                return report(ref).lacking(List.of("ChaosEngine " + ref + " is gone"));
            }
            Remembered remembered = RunHistory.of(cluster, engine.get());
            Optional<RunRecord> record = recorded(remembered);
            var reader = new RunReader(cluster, engine.get(), remembered);
            return record.map(each -> reader.run(each, said, this::reason))
                    .orElseGet(() ->
                            started == null
                                    ? report(ref)
                                    : standing(reader.run(record(started), said, this::reason)));
        } catch (ClusterException | Claim.Unreadable e) {
            return report(ref).lacking(List.of(String.valueOf(e.getMessage())));
        }
    }

    /** A run that was over before anybody looked is the last one. */
    private Optional<RunRecord> recorded(Remembered remembered) {
        List<RunRecord> all = remembered.runs().runs();
        RunNotice.Started known = started;
        return known == null
                ? all.stream().reduce((one, later) -> later)
                : all.stream().filter(each -> each.text("id").equals(known.run().id())).findFirst();
    }

    /** Return why an execution was skipped or what went wrong with it; empty if nobody said. */
    private String reason(Execution each) {
        if (each.attempts().isEmpty()) {
            return skipped.getOrDefault(each.slot(), each.said().reason());
        }
        return ended.values().stream()
                .map(Ending::notice)
                .filter(end ->
                        each.isBad()
                                && end.attempt().slot() == each.slot()
                                && end.attempt().iteration() == each.iteration()
                                && end.attempt().attempt() == each.lastAttempt())
                .map(RunNotice.Ended::detail)
                .findFirst()
                .orElse("");
    }

    private RunRecord record(RunNotice.Started begun) {
        ObjectNode json = JsonMapper.shared().createObjectNode();
        json.put("number", begun.run().number()).put("id", begun.run().id());
        json.put("seed", begun.seed()).put("strategy", begun.strategy());
        json.put("start", begin.toString()).put("end", last.toString());
        RunNotice.Finished over = finished;
        json.put("endedBy", over == null ? RunRecord.INTERRUPTED : over.end().cause().word());
        json.put("reason", over == null ? "its end was not seen" : over.end().why());
        RunRecord.putExperiments(entries.values(), json);
        ArrayNode launches = json.putArray("launches");
        launched.forEach((ordinal, each) -> {
            Attempt attempt = each.attempt();
            Optional<Ending> end = Optional.ofNullable(ended.get(ordinal));
            launches.addObject()
                    .put("slot", attempt.slot())
                    .put("iteration", attempt.iteration())
                    .put("attempt", attempt.attempt())
                    .put("start", attempt.start().toString())
                    .put("end", end.map(Ending::at).orElse(last).toString())
                    .put("outcome", outcome(end))
                    .put("why", each.why());
        });
        ArrayNode skips = json.putArray("skips");
        skipped.forEach((slot, why) -> skips.addObject().put("slot", slot).put("why", why));
        return new RunRecord(json);
    }

    private static String outcome(Optional<Ending> end) {
        Verdict verdict = end.map(each -> each.notice().entry().verdict()).orElse(Verdict.AWAITED);
        Outcome outcome =
                switch (verdict) {
                    case PASS -> Outcome.PASSED;
                    case FAIL -> Outcome.FAILED;
                    case STOPPED -> Outcome.STOPPED;
                    case ERROR, AWAITED, NOT_APPLICABLE -> Outcome.ERROR;
                };
        return outcome.name().toLowerCase(Locale.ROOT);
    }
}
