package io.chaosrunner.report;

import io.chaosrunner.control.ExperimentReport;
import io.chaosrunner.model.Attempt;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.ForeignText;
import io.chaosrunner.model.RunId;
import io.chaosrunner.status.RunListener;
import io.chaosrunner.status.RunNotice;
import java.io.PrintStream;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/**
 * A log with one line for everything a run does: one story per run, from the claim to the last
 * clean-up, each line complete in itself. The fields are documented in {@code docs/events.md} and
 * only ever added to. Values of environment variables, ConfigMaps and Secrets never get here.
 */
public final class AuditLog implements RunListener {
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_./:,=+-]*+");
    private static final int LONGEST_TEXT = 4_096;

    private final PrintStream out;
    private final Clock clock;
    private final @Nullable EngineRef engine;
    private final Format format;
    private @Nullable RunId run;
    private List<String> experiments = List.of();

    /** How a line is written. */
    public enum Format {
        /** {@code key=value} pairs. */
        TEXT,
        /** One JSON object. */
        JSON
    }

    /**
     * @param out where lines go; never closed here
     * @param engine the engine that all lines are about; null if they are about the process
     */
    public AuditLog(PrintStream out, Clock clock, @Nullable EngineRef engine, Format format) {
        this.out = out;
        this.clock = clock;
        this.engine = engine;
        this.format = format;
    }

    @Override
    public void heard(RunNotice notice) {
        if (notice instanceof RunNotice.Started started) {
            run = started.run();
            experiments = started.experiments();
        }
        ObjectNode line =
                switch (notice) {
                    // The API server's own log has each request.
                    case RunNotice.Wrote _ -> null;
                    case RunNotice.Started started -> started(started);
                    case RunNotice.Waiting waiting -> line("waiting").put("why", waiting.why());
                    case RunNotice.Next next ->
                            line("next").put("at", next.at().toString()).put("why", next.why());
                    case RunNotice.Launched launched ->
                            of(
                                            launched.adopted() ? "job-adopted" : "job-created",
                                            launched.attempt())
                                    .put("job", launched.job())
                                    .put("why", launched.why());
                    case RunNotice.Running running ->
                            of("running", running.attempt())
                                    .put("job", running.job())
                                    .put("pod", running.pod());
                    case RunNotice.Ended ended ->
                            of("ended", ended.attempt())
                                    .put("job", ended.job())
                                    .put("pod", ended.pod())
                                    .put("status", ended.entry().status())
                                    .put("verdict", ended.entry().verdict().word())
                                    .put("tookMillis", ended.took().toMillis())
                                    .put("detail", ended.detail());
                    case RunNotice.Skipped skipped ->
                            line("skipped")
                                    .put("slot", skipped.slot())
                                    .put("experiment", skipped.experiment())
                                    .put("why", skipped.why());
                    case RunNotice.Stopping stopping ->
                            of("stopping", stopping.attempt())
                                    .put("job", stopping.job())
                                    .put("why", stopping.why());
                    case RunNotice.CleanedUp cleaned ->
                            of(
                                            cleaned.deleted() ? "job-deleted" : "job-retained",
                                            cleaned.attempt())
                                    .put("job", cleaned.job());
                    case RunNotice.Warning warning ->
                            line("warning").put("message", warning.message());
                    case RunNotice.Finished finished -> finished(finished);
                };
        if (line != null) {
            write(line);
        }
    }

    private ObjectNode started(RunNotice.Started started) {
        ObjectNode line =
                line(started.resumed() ? "run-resumed" : "run-started")
                        .put("strategy", started.strategy())
                        .put("seed", started.seed());
        ArrayNode names = line.putArray("experiments");
        started.experiments().forEach(names::add);
        return line;
    }

    private ObjectNode finished(RunNotice.Finished finished) {
        ObjectNode line =
                line("run-finished")
                        .put("cause", word(finished.end().cause()))
                        .put("why", finished.end().why());
        ArrayNode verdicts = line.putArray("verdicts");
        finished.entries()
                .forEach(entry ->
                        verdicts.addObject()
                                .put("experiment", entry.name())
                                .put("verdict", entry.verdict().word()));
        return line;
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Write a line that is no notice, such as why nothing was launched. */
    public void note(String event, String message) {
        write(line(event).put("message", message));
    }

    /** Write what is known of each experiment, and how the process ends: the last line. */
    public void summary(List<ExperimentReport> findings, int exitCode) {
        ObjectNode line = line("summary").put("exitCode", exitCode);
        ArrayNode all = line.putArray("results");
        for (ExperimentReport finding : findings) {
            ObjectNode one =
                    all.addObject()
                            .put("slot", finding.slot())
                            .put("experiment", finding.entry().name())
                            .put("verdict", finding.entry().verdict().word())
                            .put("status", finding.entry().status())
                            .put("pod", finding.entry().pod());
            if (!finding.reason().isEmpty()) {
                one.put("reason", finding.reason());
            }
            if (!finding.failStep().isEmpty()) {
                one.put("failStep", finding.failStep());
            }
            if (!finding.failedProbes().isEmpty()) {
                ArrayNode probes = one.putArray("failedProbes");
                finding.failedProbes().forEach(probes::add);
            }
        }
        write(line);
    }

    private ObjectNode line(String event) {
        ObjectNode line =
                JsonMapper.shared()
                        .createObjectNode()
                        .put("time", Instant.now(clock).truncatedTo(ChronoUnit.MILLIS).toString())
                        .put("event", event);
        if (engine != null) {
            line.put("engine", engine.toString());
        }
        if (run != null) {
            line.put("run", run.number()).put("runId", run.id());
        }
        return line;
    }

    private ObjectNode of(String event, Attempt attempt) {
        ObjectNode line =
                line(event)
                        .put("slot", attempt.slot())
                        .put("iteration", attempt.iteration())
                        .put("attempt", attempt.attempt());
        if (attempt.slot() < experiments.size()) {
            line.put("experiment", experiments.get(attempt.slot()));
        }
        return line;
    }

    private void write(ObjectNode line) {
        bound(line);
        out.println(ForeignText.visible(format == Format.JSON ? line.toString() : text(line)));
        out.flush();
    }

    /** Somebody's text may be as long as an object of the API server. */
    private static void bound(ObjectNode line) {
        for (Map.Entry<String, JsonNode> field : line.properties()) {
            switch (field.getValue()) {
                case StringNode text -> field.setValue(bound(text));
                case ObjectNode inner -> bound(inner);
                case ArrayNode list -> {
                    for (int i = 0; i < list.size(); i++) {
                        switch (list.get(i)) {
                            case StringNode text -> list.set(i, bound(text));
                            case ObjectNode inner -> bound(inner);
                            default -> {}
                        }
                    }
                }
                default -> {}
            }
        }
    }

    private static StringNode bound(StringNode node) {
        String text = node.stringValue();
        int end = Math.min(text.length(), LONGEST_TEXT);
        return end == text.length()
                ? node
                : StringNode.valueOf(
                        text.substring(
                                        0,
                                        Character.isHighSurrogate(text.charAt(end - 1))
                                                ? end - 1
                                                : end)
                                + "… (%d characters)".formatted(text.length()));
    }

    private static String text(ObjectNode line) {
        var text = new StringBuilder();
        line.propertyStream()
                .forEach(field -> {
                    String value = words(field.getValue());
                    if (field.getKey().equals("time")) {
                        text.append(value);
                    } else if (!value.isEmpty()) {
                        text.append(' ').append(field.getKey()).append('=').append(quoted(value));
                    }
                });
        return text.toString();
    }

    private static String words(JsonNode value) {
        if (!value.isArray()) {
            return value.asString("");
        }
        return String.join(
                ",",
                value.valueStream()
                        .map(each ->
                                each.isObject()
                                        ? each.path("experiment").asString("")
                                                + "="
                                                + each.path("verdict").asString("")
                                        : each.asString(""))
                        .toList());
    }

    private static String quoted(String value) {
        if (PLAIN.matcher(value).matches()) {
            return value;
        }
        String escaped =
                value.replace("\\", "\\\\")
                        .replace("\"", "\\\"")
                        .replace("\r", "\\r")
                        .replace("\n", "\\n");
        return '"' + escaped + '"';
    }
}
