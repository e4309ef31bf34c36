package io.chaosrunner.export;

import io.chaosrunner.config.YamlText;
import io.chaosrunner.history.RunRecord;
import io.chaosrunner.model.ForeignText;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/**
 * Command lines that a report hands to people, for a POSIX shell. What they are made of may be a
 * stranger's: each word is quoted unless it cannot be anything but a word.
 */
final class Commands {
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._/=-]*+");
    private static final Pattern PLAIN_VALUE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9.-]*+");

    private static final String NAMESPACE = "-n";
    private static final String ONLY = "--only";
    private static final String SET = "--set";
    private static final Set<String> OPTIONS = Set.of(NAMESPACE, ONLY, SET);

    /** What each form shows whole. */
    private static final int LONGEST = 2_000;

    private Commands() {}

    /** What makes the same decisions of a run again. */
    sealed interface Replay {
        /** A command that does. */
        record Command(String line) implements Replay {}

        /** There is none: one that left something out would make other decisions. */
        record None(String why) implements Replay {}
    }

    /** Return what makes the same decisions again; empty if there is no record. */
    static Optional<Replay> replay(ReportedRun run) {
        return run.record().map(record -> replay(run, record));
    }

    private static Replay replay(ReportedRun run, RunRecord record) {
        if (!run.inCluster()) {
            return new Replay.None("the sandbox that it ran in is gone");
        }
        JsonNode settings = record.json().path("settings");
        if (!settings.isObject()) {
            return new Replay.None(
                    record.text("detail").isEmpty()
                            ? "the settings of the run are not known"
                            : "only a summary of the run is recorded, without its settings");
        }
        var words =
                new ArrayList<>(
                        List.of(
                                "chaos-runner",
                                "run",
                                run.engine().name(),
                                NAMESPACE,
                                run.engine().namespace()));
        List<String> ran =
                record.json()
                        .path("experiments")
                        .valueStream()
                        .map(each -> each.path("name").asString(""))
                        .toList();
        // One of several that bear a name cannot be chosen: such a run was one of the whole engine.
        boolean canBeChosen = !ran.isEmpty() && new HashSet<>(ran).size() == ran.size();
        if (canBeChosen && !run.listed().equals(Optional.of(ran))) {
            words.add(ONLY);
            words.add(String.join(",", ran));
        }
        for (Map.Entry<String, JsonNode> setting : settings.properties()) {
            if (!setting.getKey().equals("seed")) {
                set(setting.getKey(), value(setting.getValue()), words);
            }
        }
        set("seed", Long.toString(record.json().path("seed").asLong(0)), words);
        String whole = joined(words);
        return whole.codePointCount(0, whole.length()) > LONGEST
                ? new Replay.None("it would be longer than %d characters".formatted(LONGEST))
                : new Replay.Command(line(words));
    }

    private static void set(String key, String value, List<String> words) {
        words.add(SET);
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
                                        NAMESPACE,
                                        run.engine().namespace(),
                                        each.said().pod())))
                : List.of();
    }

    /** Return one line; what a terminal would not show stays visible, and shells take no order. */
    private static String line(List<String> words) {
        return ForeignText.visible(ForeignText.oneLine(joined(words), LONGEST));
    }

    private static String joined(List<String> words) {
        return String.join(" ", words.stream().map(Commands::quoted).toList());
    }

    private static String quoted(String word) {
        return PLAIN.matcher(word).matches() || OPTIONS.contains(word)
                ? word
                : "'" + word.replace("'", "'\\''") + "'";
    }
}
