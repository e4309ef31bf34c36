package io.chaosrunner.export;

import io.chaosrunner.config.YamlText;
import io.chaosrunner.history.RunRecord;
import io.chaosrunner.model.ForeignText;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/**
 * Command lines that a report hands to people, for a POSIX shell. What they are made of may be a
 * stranger's: each word is quoted unless it cannot be anything but a word.
 */
final class Commands {
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._/=-]*+");
    private static final Pattern PLAIN_VALUE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9.-]*+");
    private static final int LONGEST = 4_000;

    private Commands() {}

    /** Return the command that makes the same decisions again; empty if there is no record. */
    static Optional<String> replay(ReportedRun run) {
        return run.record().map(record -> replay(run, record));
    }

    private static String replay(ReportedRun run, RunRecord record) {
        var words =
                new ArrayList<>(
                        List.of(
                                "chaos-runner",
                                "run",
                                run.engine().name(),
                                "-n",
                                run.engine().namespace()));
        JsonNode settings = record.json().path("settings");
        if (settings.isObject()) {
            for (Map.Entry<String, JsonNode> setting : settings.properties()) {
                if (!setting.getKey().equals("seed")) {
                    set(setting.getKey(), value(setting.getValue()), words);
                }
            }
        } else if (!record.text("strategy").isEmpty()) {
            set("strategy", record.text("strategy"), words);
        }
        set("seed", Long.toString(record.json().path("seed").asLong(0)), words);
        return line(words);
    }

    private static void set(String key, String value, List<String> words) {
        words.add("--set");
        words.add(key + "=" + value);
    }

    /** A value is read as YAML, and JSON is YAML. */
    private static String value(JsonNode value) {
        String text = value.asString("");
        boolean plain =
                value.isString()
                        && PLAIN_VALUE.matcher(text).matches()
                        && text.equals(YamlText.load(text));
        return plain ? text : value.toString();
    }

    /** Return the commands that show the log of an execution; none if it is gone. */
    static List<String> logs(ReportedRun run, ReportedRun.Execution each) {
        return run.hasLogs(each)
                ? List.of(
                        line(
                                List.of(
                                        "kubectl",
                                        "logs",
                                        "-n",
                                        run.engine().namespace(),
                                        each.said().pod())))
                : List.of();
    }

    /** Return one line; what a terminal would not show stays visible, and shells take no order. */
    private static String line(List<String> words) {
        return ForeignText.visible(
                ForeignText.oneLine(
                        String.join(" ", words.stream().map(Commands::quoted).toList()), LONGEST));
    }

    private static String quoted(String word) {
        return PLAIN.matcher(word).matches() || word.equals("-n") || word.equals("--set")
                ? word
                : "'" + word.replace("'", "'\\''") + "'";
    }
}
