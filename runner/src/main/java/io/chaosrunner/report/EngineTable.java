package io.chaosrunner.report;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.config.ExecutionSettings;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.history.RunRecord;
import io.chaosrunner.model.TimeWords;
import io.chaosrunner.status.EngineStanding;
import io.chaosrunner.status.StatusEntry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A table of engines, one line or one JSON object each, with the run each is in or was in last. */
public final class EngineTable {
    private static final String NOTHING = "-";

    /** How many of the last columns are for those who want to know more. */
    private static final int WIDE = 3;

    private EngineTable() {}

    /** Return the cells of one engine's line; its namespace and its name are the first two. */
    public static List<String> cells(Engine engine, Instant now) {
        EngineStanding standing = EngineStanding.of(engine);
        Optional<Claim> claim = claim(standing);
        return List.of(
                engine.namespace(),
                engine.name(),
                claim.map(c -> Long.toString(c.run().number())).orElse(NOTHING),
                word(standing.phase()),
                claim.flatMap(EngineTable::strategy).orElse(NOTHING),
                verdicts(standing),
                owner(engine, standing),
                claim.map(c -> TimeWords.age(Duration.between(c.runStart(), now))).orElse(NOTHING),
                claim.map(c -> Long.toString(c.seed())).orElse(NOTHING),
                claim.map(c -> c.run().id()).orElse(NOTHING),
                claim.map(Claim::reason).filter(why -> !why.isEmpty()).orElse(NOTHING));
    }

    /** Return a table. */
    public static List<String> lines(List<Engine> engines, boolean namespaces, Instant now) {
        return lines(
                engines.stream().map(engine -> cells(engine, now)).toList(), namespaces, false);
    }

    /**
     * Return a table of the cells of engines.
     *
     * @param wide whether seed, id of the run and its reason are in it
     */
    public static List<String> lines(List<List<String>> cells, boolean namespaces, boolean wide) {
        var rows = new ArrayList<List<String>>();
        rows.add(
                List.of(
                        "NAMESPACE",
                        "ENGINE",
                        "RUN",
                        "STATE",
                        "STRATEGY",
                        "VERDICTS",
                        "OWNER",
                        "AGE",
                        "SEED",
                        "RUN ID",
                        "REASON"));
        cells.forEach(row -> rows.add(row.stream().map(Printed::line).toList()));
        int first = namespaces ? 0 : 1;
        var widths = new int[rows.getFirst().size()];
        for (List<String> row : rows) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        return rows.stream()
                .map(row -> {
                    var line = new StringBuilder();
                    for (int i = first; i < widths.length - (wide ? 0 : WIDE); i++) {
                        line.append(
                                String.format(Locale.ROOT, "%-" + widths[i] + "s   ", row.get(i)));
                    }
                    return line.toString().stripTrailing();
                })
                .toList();
    }

    /** Return a JSON array. */
    public static ArrayNode json(List<Engine> engines) {
        ArrayNode all = JsonMapper.shared().createArrayNode();
        engines.forEach(engine -> all.add(json(engine)));
        return all;
    }

    /** Return a JSON object: one engine, and the run it is in or was in last. */
    public static ObjectNode json(Engine engine) {
        EngineStanding standing = EngineStanding.of(engine);
        ObjectNode one =
                JsonMapper.shared()
                        .createObjectNode()
                        .put("namespace", engine.namespace())
                        .put("engine", engine.name())
                        .put("state", word(standing.phase()))
                        .put("engineState", engine.engineState())
                        .put("engineStatus", engine.engineStatus());
        claim(standing)
                .ifPresent(claim -> {
                    one.put("run", claim.run().number()).put("runId", claim.run().id());
                    strategy(claim).ifPresent(name -> one.put("strategy", name));
                    one.put("seed", claim.seed())
                            .put("owner", claim.instance())
                            .put("runStart", claim.runStart().toString())
                            .put("reason", claim.reason());
                });
        ArrayNode entries = one.putArray("experiments");
        standing.entries()
                .forEach(entry ->
                        entries.addObject()
                                .put("experiment", entry.name())
                                .put("status", entry.status())
                                .put("verdict", entry.verdict().word())
                                .put("pod", entry.pod()));
        return one;
    }

    /** Return what is known of one engine: its run, then a table of its experiments. */
    public static List<String> of(Engine engine, Instant now) {
        List<String> names =
                List.of(
                        "namespace",
                        "engine",
                        "run",
                        "state",
                        "strategy",
                        "verdicts",
                        "owner",
                        "age",
                        "seed",
                        "run id",
                        "reason");
        List<String> cells = cells(engine, now);
        var fields = new ArrayList<List<String>>();
        for (int i = 0; i < names.size(); i++) {
            if (!cells.get(i).equals(NOTHING)) {
                fields.add(List.of(names.get(i), cells.get(i)));
            }
        }
        var lines = new ArrayList<>(Columns.of(fields));
        var table = new ArrayList<List<String>>();
        table.add(List.of("EXPERIMENT", "STATUS", "VERDICT", "POD"));
        EngineStanding.of(engine)
                .entries()
                .forEach(entry ->
                        table.add(
                                List.of(
                                        entry.name(),
                                        entry.status(),
                                        entry.verdict().word(),
                                        entry.pod())));
        if (table.size() == 1) {
            engine.experiments()
                    .forEach(each -> table.add(List.of(each.name(), NOTHING, NOTHING, NOTHING)));
        }
        lines.add("");
        lines.addAll(Columns.of(table));
        return lines.stream().map(String::stripTrailing).toList();
    }

    /** A claim may do no more than settle fires of a schedule. */
    private static Optional<Claim> claim(EngineStanding standing) {
        return standing.claim().filter(Claim::isOfRun);
    }

    private static String word(EngineStanding.Phase phase) {
        return phase.name().toLowerCase(Locale.ROOT);
    }

    /** Return the strategy of a run; none was ever asked where the settings were refused. */
    private static Optional<String> strategy(Claim claim) {
        return claim.ending().equals(RunRecord.MISCONFIGURED)
                ? Optional.empty()
                : Optional.of(ExecutionSettings.of(claim.execution()).strategy());
    }

    private static String owner(Engine engine, EngineStanding standing) {
        if (EngineStanding.isOperators(engine)) {
            return "chaos-operator";
        }
        return standing.isUnderWay()
                ? standing.claim().map(Claim::instance).orElse(NOTHING)
                : NOTHING;
    }

    private static String verdicts(EngineStanding standing) {
        Map<String, Integer> counts = new LinkedHashMap<>();
        standing.entries().forEach(entry -> counts.merge(word(entry), 1, Integer::sum));
        return counts.isEmpty()
                ? NOTHING
                : counts.entrySet().stream()
                        .map(count -> count.getValue() + " " + count.getKey())
                        .collect(Collectors.joining(", "));
    }

    /** An experiment that is still to come has no verdict yet, not even that there is none. */
    private static String word(StatusEntry entry) {
        return entry.isWaiting() ? "waiting" : entry.verdict().word();
    }
}
