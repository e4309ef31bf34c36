package io.chaosrunner.report;

import io.chaosrunner.history.RunHistory.Remembered;
import io.chaosrunner.history.RunRecord;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.Fire;
import io.chaosrunner.model.TimeWords;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The runs that an engine remembers: as a table, one of them in full, or as JSON. */
public final class HistoryReport {

    private HistoryReport() {}

    /** Return one JSON object; its form is described in {@code docs/history.md}. */
    public static ObjectNode json(EngineRef engine, Remembered remembered, List<RunRecord> runs) {
        ObjectNode json = JsonMapper.shared().createObjectNode();
        json.put("namespace", engine.namespace()).put("engine", engine.name());
        remembered.sources().forEach(json.putArray("sources")::add);
        remembered.problems().forEach(json.putArray("problems")::add);
        ArrayNode list = json.putArray("runs");
        runs.forEach(run -> list.add(run.json()));
        return json;
    }

    /**
     * Write one line for each run, the oldest first, and one for the fires that started none.
     *
     * @param wide whether the ids of runs are in it
     */
    public static void table(
            EngineRef engine, Remembered remembered, boolean wide, Instant now, PrintWriter to) {
        PrintWriter out = Printed.to(to);
        List<RunRecord> runs = remembered.runs().runs();
        if (runs.isEmpty()) {
            out.printf(
                    "no run of ChaosEngine %s is recorded; begin one: chaos-runner run %s -n %s%n",
                    engine, engine.name(), engine.namespace());
        } else {
            rows(runs, wide, now, out);
            out.printf(
                    "%none of them in full: chaos-runner history %s -n %s --run %d%n",
                    engine.name(), engine.namespace(), runs.getLast().number());
        }
        provenance(remembered, out);
        out.flush();
    }

    private static void rows(List<RunRecord> runs, boolean wide, Instant now, PrintWriter out) {
        boolean scheduled = runs.stream().anyMatch(run -> run.json().has("fire"));
        var table = new ArrayList<List<String>>();
        table.add(row(scheduled, "RUN", "STARTED", "FIRE", "TOOK", "STRATEGY", "SEED", "VERDICTS"));
        for (RunRecord run : runs) {
            table.add(
                    row(
                            scheduled,
                            run.number() == 0 ? "-" : Long.toString(run.number()),
                            TimeWords.at(run.start(), now),
                            run.json().has("fire") ? fire(run) : "-",
                            took(run),
                            orDash(run.text("strategy")),
                            Long.toString(run.json().path("seed").asLong(0)),
                            orDash(verdicts(run))));
        }
        if (wide) {
            for (int i = 0; i < table.size(); i++) {
                var row = new ArrayList<>(table.get(i));
                row.add(i == 0 ? "RUN ID" : orDash(runs.get(i - 1).text("id")));
                table.set(i, row);
            }
        }
        List<String> lines = Columns.of(table);
        out.println(lines.getFirst() + "  ENDED BY");
        for (int i = 0; i < runs.size(); i++) {
            RunRecord run = runs.get(i);
            boolean asPlanned =
                    run.text("endedBy").equals(RunRecord.PLAN) || run.text("reason").isEmpty();
            out.printf(
                    "%s  %s%s%n",
                    lines.get(i + 1),
                    Printed.line(run.text("endedBy")),
                    asPlanned ? "" : ": " + Printed.line(run.text("reason")));
            skippedFires(run, out);
        }
    }

    /** Say when a run was due; and why, if it was not the schedule's doing. */
    private static String fire(RunRecord run) {
        String kind = run.json().path("cause").path("kind").asString("");
        boolean schedules = kind.isEmpty() || kind.equals(Fire.Kind.SCHEDULE.word());
        return time(Instant.parse(run.text("fire"))) + (schedules ? "" : " " + kind);
    }

    private static List<String> row(boolean scheduled, String... cells) {
        var row = new ArrayList<>(List.of(cells));
        if (!scheduled) {
            row.remove(2);
        }
        return row;
    }

    private static String verdicts(RunRecord run) {
        return run.json()
                .path("verdicts")
                .propertyStream()
                .map(each -> each.getValue().asInt(0) + " " + each.getKey())
                .collect(Collectors.joining(", "));
    }

    private static void skippedFires(RunRecord run, PrintWriter out) {
        for (JsonNode each : run.json().path("skippedFires")) {
            long count = each.path("count").asLong(0);
            String from = time(Instant.parse(each.path("from").asString()));
            String to = time(Instant.parse(each.path("to").asString()));
            out.printf(
                    "     %s skipped, %s: %s%n",
                    count == 1 ? "1 fire" : count + " fires",
                    count == 1 ? from : from + " to " + to,
                    Printed.line(each.path("reason").asString("")));
        }
    }

    /** Write all that is known of one run, and the command that begins it again. */
    public static void one(
            EngineRef engine, Remembered remembered, RunRecord run, Instant now, PrintWriter to) {
        PrintWriter out = Printed.to(to);
        out.printf(
                "run %d (%s) of ChaosEngine %s%n%n",
                run.number(), Printed.line(run.text("id")), engine);
        field(
                "started",
                TimeWords.at(run.start(), now) + (run.isEndKnown() ? ", took " + took(run) : ""),
                out);
        if (run.json().has("fire")) {
            JsonNode cause = run.json().path("cause");
            String by = cause.path("by").asString("");
            String note = cause.path("note").asString("");
            field(
                    "fire",
                    fire(run)
                            + (by.isEmpty() ? "" : " by " + by)
                            + (note.isEmpty() ? "" : ": " + note),
                    out);
        }
        long seed = run.json().path("seed").asLong(0);
        field("strategy", orDash(run.text("strategy")) + ", seed " + seed, out);
        if (run.json().path("settings").isObject()) {
            field("settings", run.json().path("settings").toString(), out);
        }
        String reason = run.text("reason");
        field("ended by", run.text("endedBy") + (reason.isEmpty() ? "" : ": " + reason), out);
        field("verdicts", orDash(verdicts(run)), out);
        decisions(run, out);
        experiments(run, out);
        if (!run.json().path("skippedFires").isEmpty()) {
            out.println();
            skippedFires(run, out);
        }
        if (run.json().has("detail")) {
            out.printf(
                    "%n  not everything was kept (%s): the record of all runs is bounded%n",
                    run.text("detail"));
        }
        out.printf(
                "%n  the same decisions again: chaos-runner run %s -n %s --set seed=%d%n",
                engine.name(), engine.namespace(), seed);
        provenance(remembered, out);
        out.flush();
    }

    /** Ends of whole seconds, as older runners recorded them, may lie before their start. */
    private static Duration lasted(Instant start, Instant end) {
        return end.isBefore(start) ? Duration.ZERO : Duration.between(start, end);
    }

    private static void decisions(RunRecord run, PrintWriter out) {
        var table = new ArrayList<List<String>>();
        for (JsonNode launch : run.json().path("launches")) {
            Instant start = Instant.parse(launch.path("start").asString());
            Instant end = Instant.parse(launch.path("end").asString());
            String name = name(run, launch.path("slot").asInt(-1));
            int iteration = launch.path("iteration").asInt(1);
            int attempt = launch.path("attempt").asInt(1);
            table.add(
                    List.of(
                            "+" + TimeWords.of(Duration.between(run.start(), start)),
                            "launch",
                            name
                                    + (iteration > 1 ? " #" + iteration : "")
                                    + (attempt > 1 ? " retry " + (attempt - 1) : ""),
                            launch.path("outcome").asString(""),
                            "after " + TimeWords.of(lasted(start, end)),
                            launch.path("why").asString("")));
        }
        for (JsonNode skip : run.json().path("skips")) {
            table.add(
                    List.of(
                            "",
                            "skip",
                            name(run, skip.path("slot").asInt(-1)),
                            "",
                            "",
                            skip.path("why").asString("")));
        }
        if (!table.isEmpty()) {
            out.println();
            Columns.of(table).forEach(line -> out.println("  " + line.stripTrailing()));
        }
    }

    private static String name(RunRecord run, int slot) {
        return run.json().path("experiments").path(slot).path("name").asString("slot " + slot);
    }

    private static void experiments(RunRecord run, PrintWriter out) {
        var table = new ArrayList<List<String>>();
        table.add(List.of("EXPERIMENT", "VERDICT", "STATUS"));
        for (JsonNode each : run.json().path("experiments")) {
            table.add(
                    List.of(
                            each.path("name").asString(""),
                            each.path("verdict").asString(""),
                            each.path("status").asString("")));
        }
        if (table.size() > 1) {
            out.println();
            Columns.of(table).forEach(line -> out.println("  " + line.stripTrailing()));
        }
    }

    private static void field(String name, String value, PrintWriter out) {
        out.printf("  %-9s %s%n", name, Printed.line(value));
    }

    private static void provenance(Remembered remembered, PrintWriter out) {
        if (!remembered.sources().isEmpty()) {
            out.println("read from " + String.join(", ", remembered.sources()));
        }
        remembered.problems().forEach(problem -> out.println("not read: " + problem));
    }

    /** In whole seconds: earlier versions kept ends no more exactly. */
    private static String took(RunRecord run) {
        return run.isEndKnown() ? TimeWords.of(run.took().truncatedTo(ChronoUnit.SECONDS)) : "-";
    }

    private static String time(Instant instant) {
        return instant.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    private static String orDash(String text) {
        return text.isEmpty() ? "-" : text;
    }
}
