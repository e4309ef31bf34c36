package io.chaosrunner.schedule;

import io.chaosrunner.schedule.ScheduleSpec.Missed;
import io.chaosrunner.schedule.ScheduleSpec.Overlap;
import io.chaosrunner.schedule.ScheduleSpec.Policy;
import io.chaosrunner.schedule.ScheduleSpec.StopRules;
import io.chaosrunner.schedule.ScheduleSpec.StopWhen;
import io.chaosrunner.schedule.SettingReader.Bound;
import java.time.Instant;
import java.time.ZoneId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** The reader of what a schedule makes of its fires: how many run, when it ends, when it waits. */
final class PolicyReader {
    static final List<String> KEYS =
            List.of(
                    "maxRuns",
                    "stopWhen",
                    "pauseOnFailure",
                    "overlap",
                    "missed",
                    "startingDeadline",
                    "history",
                    "suspend");
    static final List<String> STOP_RULES =
            List.of("failed", "failedInAll", "passed", "passedInAll");

    /** What a suspension may say. */
    static final List<String> SUSPENSION = List.of("until", "note");

    private static final List<String> OVERLAPS = List.of("skip", "queue", "replace", "queueAll");
    private static final int MOST_HISTORY = 100;

    private PolicyReader() {}

    static Policy read(SettingReader settings, ZoneId zone) {
        Suspension suspension = suspension(settings, zone);
        OptionalInt maxRuns = OptionalInt.empty();
        if (settings.text("maxRuns").filter("0"::equals).isPresent()) {
            settings.problem(
                    "maxRuns",
                    "'0' would never run; leave it out for no end, or write suspend: true to wait");
        } else {
            maxRuns = settings.integer("maxRuns");
        }
        OptionalInt history = settings.integer("history");
        if (history.orElse(1) > MOST_HISTORY) {
            settings.problem(
                    "history", "'%d' is more than %d".formatted(history.getAsInt(), MOST_HISTORY));
        }
        StopRules stopWhen = stopRules(settings);
        String overlap = settings.word("overlap", OVERLAPS, Meant::overlap);
        String missed = settings.word("missed", List.of("skip", "runOnce"), Meant::missed);
        return new Policy(
                maxRuns.isPresent() ? Optional.of(maxRuns.getAsInt()) : Optional.empty(),
                stopWhen,
                switch (overlap) {
                    case "queueAll" -> Overlap.QUEUE_ALL;
                    case "" -> Overlap.SKIP;
                    default -> Overlap.valueOf(overlap.toUpperCase(Locale.ROOT));
                },
                missed.equals("runOnce") ? Missed.RUN_ONCE : Missed.SKIP,
                settings.duration("startingDeadline"),
                history.isPresent() ? Optional.of(history.getAsInt()) : Optional.empty(),
                suspension.now(),
                suspension.until(),
                suspension.note(),
                settings.flag("pauseOnFailure", false));
    }

    private static StopRules stopRules(SettingReader settings) {
        if (!(settings.get("stopWhen") instanceof Map<?, ?> map)) {
            String outcome = settings.word("stopWhen", List.of("failed", "passed"), Meant::outcome);
            return outcome.isEmpty()
                    ? StopRules.NONE
                    : StopRules.of(StopWhen.valueOf(outcome.toUpperCase(Locale.ROOT)));
        }
        SettingReader rules = settings.in("stopWhen", map);
        rules.checkKeys(STOP_RULES, List.of());
        if (map.isEmpty()) {
            settings.problem(
                    "stopWhen",
                    "says nothing; write failed, passed, or {failed: 3} for three in a row, {failedInAll: 10}");
        }
        List<Integer> counts = STOP_RULES.stream().map(key -> count(rules, key)).toList();
        rules.finish();
        return new StopRules(counts.get(0), counts.get(1), counts.get(2), counts.get(3));
    }

    private static int count(SettingReader rules, String key) {
        if (rules.get(key) instanceof Boolean) {
            rules.problem(key, "is no number; write %s: 1".formatted(key));
            return 0;
        }
        return rules.integer(key).orElse(0);
    }

    private record Suspension(boolean now, Optional<Instant> until, String note) {}

    private static Suspension suspension(SettingReader settings, ZoneId zone) {
        Object written = settings.get("suspend");
        if (!(written instanceof Map<?, ?> map)) {
            Optional<String> meant =
                    written instanceof String text ? Meant.suspension(text) : Optional.empty();
            boolean flag = !(written instanceof String text) || Meant.flag(text).isPresent();
            if (meant.isEmpty() && flag) {
                return new Suspension(settings.flag("suspend", false), Optional.empty(), "");
            }
            settings.problem(
                    "suspend",
                    "'%s' is neither true nor false; write %s"
                            .formatted(
                                    written,
                                    meant.orElse("true, or {until: 2027-01-31, note: why}")));
            return new Suspension(true, Optional.empty(), "");
        }
        var rest = new LinkedHashMap<Object, Object>(map);
        Object from = rest.remove("from");
        SettingReader inner = settings.in("suspend", rest);
        if (from != null) {
            Object until = rest.get("until");
            inner.problem(
                    "from",
                    "is not a setting of a schedule; for a time that begins later, write exclude: [{from: %s, until: %s}]"
                            .formatted(
                                    from.equals("") ? "2027-01-01" : from,
                                    until == null ? "2027-01-31" : until));
        }
        inner.checkKeys(SUSPENSION, List.of());
        if (rest.isEmpty()) {
            settings.problem(
                    "suspend", "says nothing; write true, or {until: 2027-01-31, note: why}");
        }
        Optional<Instant> until = inner.instant("until", zone, Bound.SHUT_UNTIL);
        String note = inner.text("note").orElse("");
        inner.finish();
        return new Suspension(true, until, note);
    }
}
