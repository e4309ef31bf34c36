package io.chaosrunner.schedule;

import io.chaosrunner.model.TimeWords;
import io.chaosrunner.strategy.Parameters;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What was probably meant by a setting that a schedule refuses, in words that it takes. Empty where
 * that is not plain: a wrong hint is worse than none. Pure.
 */
final class Meant {
    /** Whatever is longer is no slip. */
    static final int LONGEST = 100;

    private static final Map<String, Duration> UNITS =
            Map.ofEntries(
                    Map.entry("ms", Duration.ofMillis(1)),
                    Map.entry("s", Duration.ofSeconds(1)),
                    Map.entry("sec", Duration.ofSeconds(1)),
                    Map.entry("second", Duration.ofSeconds(1)),
                    Map.entry("m", Duration.ofMinutes(1)),
                    Map.entry("min", Duration.ofMinutes(1)),
                    Map.entry("minute", Duration.ofMinutes(1)),
                    Map.entry("h", Duration.ofHours(1)),
                    Map.entry("hr", Duration.ofHours(1)),
                    Map.entry("hour", Duration.ofHours(1)),
                    Map.entry("hourly", Duration.ofHours(1)),
                    Map.entry("d", Duration.ofDays(1)),
                    Map.entry("day", Duration.ofDays(1)),
                    Map.entry("daily", Duration.ofDays(1)),
                    Map.entry("w", Duration.ofDays(7)),
                    Map.entry("wk", Duration.ofDays(7)),
                    Map.entry("week", Duration.ofDays(7)),
                    Map.entry("weekly", Duration.ofDays(7)));

    /** What other programs call the settings. */
    private static final Map<String, String> KEYS =
            Map.ofEntries(
                    Map.entry("crontab", "cron"),
                    Map.entry("cronexpression", "cron"),
                    Map.entry("cronschedule", "cron"),
                    Map.entry("expression", "cron"),
                    Map.entry("schedule", "cron"),
                    Map.entry("interval", "every"),
                    Map.entry("period", "every"),
                    Map.entry("frequency", "every"),
                    Map.entry("at", "once"),
                    Map.entry("executiontime", "once"),
                    Map.entry("crons", "schedules"),
                    Map.entry("tz", "timeZone"),
                    Map.entry("crontz", "timeZone"),
                    Map.entry("zone", "timeZone"),
                    Map.entry("location", "timeZone"),
                    Map.entry("start", "from"),
                    Map.entry("starttime", "from"),
                    Map.entry("begin", "from"),
                    Map.entry("notbefore", "from"),
                    Map.entry("end", "until"),
                    Map.entry("endtime", "until"),
                    Map.entry("to", "until"),
                    Map.entry("notafter", "until"),
                    Map.entry("day", "days"),
                    Map.entry("weekdays", "days"),
                    Map.entry("dayofweek", "days"),
                    Map.entry("daysofweek", "days"),
                    Map.entry("workdays", "days"),
                    Map.entry("includeddays", "days"),
                    Map.entry("hour", "hours"),
                    Map.entry("window", "hours"),
                    Map.entry("workhours", "hours"),
                    Map.entry("includedhours", "hours"),
                    Map.entry("except", "exclude"),
                    Map.entry("excluded", "exclude"),
                    Map.entry("exclusions", "exclude"),
                    Map.entry("blackout", "exclude"),
                    Map.entry("blackouts", "exclude"),
                    Map.entry("holiday", "holidays"),
                    Map.entry("calendar", "holidays"),
                    Map.entry("calendars", "holidays"),
                    Map.entry("splay", "jitter"),
                    Map.entry("randomdelay", "jitter"),
                    Map.entry("concurrency", "overlap"),
                    Map.entry("concurrencypolicy", "overlap"),
                    Map.entry("overlappolicy", "overlap"),
                    Map.entry("startingdeadlineseconds", "startingDeadline"),
                    Map.entry("deadline", "startingDeadline"),
                    Map.entry("catchup", "missed"),
                    Map.entry("misfire", "missed"),
                    Map.entry("misfirepolicy", "missed"),
                    Map.entry("limit", "maxRuns"),
                    Map.entry("runs", "maxRuns"),
                    Map.entry("instancecount", "maxRuns"),
                    Map.entry("historylimit", "history"),
                    Map.entry("successfuljobshistorylimit", "history"),
                    Map.entry("failedjobshistorylimit", "history"),
                    Map.entry("paused", "suspend"),
                    Map.entry("pause", "suspend"),
                    Map.entry("suspended", "suspend"),
                    Map.entry("stopon", "stopWhen"),
                    Map.entry("date", "dates"),
                    Map.entry("reason", "note"),
                    Map.entry("comment", "note"),
                    Map.entry("fail", "failed"),
                    Map.entry("failure", "failed"),
                    Map.entry("failures", "failed"),
                    Map.entry("pass", "passed"),
                    Map.entry("success", "passed"),
                    Map.entry("successes", "passed"));

    /** The words of CronJob, Argo CronWorkflow and Temporal. */
    private static final Map<String, String> OVERLAPS =
            Map.of(
                    "forbid", "skip",
                    "bufferone", "queue",
                    "bufferall", "queueAll",
                    "allow", "queueAll",
                    "allowall", "queueAll",
                    "cancelother", "replace",
                    "terminateother", "replace",
                    "cancel", "replace");

    private static final Map<String, String> MISSED =
            Map.of(
                    "run", "runOnce",
                    "once", "runOnce",
                    "catchup", "runOnce",
                    "fireonce", "runOnce",
                    "true", "runOnce",
                    "ignore", "skip",
                    "drop", "skip",
                    "none", "skip",
                    "false", "skip");

    private static final Map<String, String> OUTCOMES =
            Map.of(
                    "fail", "failed",
                    "failure", "failed",
                    "error", "failed",
                    "pass", "passed",
                    "success", "passed",
                    "succeeded", "passed");

    /** What people probably mean; the JDK's own list has the other side of the world for some. */
    private static final Map<String, String> ABBREVIATIONS =
            Map.of(
                    "EST", "America/New_York",
                    "EDT", "America/New_York",
                    "CDT", "America/Chicago",
                    "MST", "America/Denver",
                    "MDT", "America/Denver",
                    "PDT", "America/Los_Angeles",
                    "BST", "Europe/London",
                    "CEST", "Europe/Berlin",
                    "AEST", "Australia/Sydney");

    private static final Pattern AMOUNT =
            Pattern.compile("([0-9]{1,7})(?:[.,]([0-9]{1,3}))?([A-Za-z]+)");
    private static final Pattern COUNT = Pattern.compile("[0-9]{1,9}");

    private Meant() {}

    // ---- Keys and words -----------------------------------------------------------------------

    /** Return a hint at the setting that somebody calls otherwise, with its value where plain. */
    static Optional<String> key(String written, @Nullable Object value, List<String> known) {
        if (MeantDays.day(written, false).isPresent() && "".equals(value)) {
            return Optional.of("write several days in brackets, such as [Mon, Wed]");
        }
        boolean many = value instanceof List<?> || value instanceof Map<?, ?>;
        Optional<String> called =
                called(written, known).filter(key -> !many || !key.equals("cron"));
        Optional<String> text =
                value == null || many ? Optional.empty() : setting(written, called, value);
        return text.map("write "::concat)
                .or(() ->
                        called.or(() -> Parameters.nearest(written, known))
                                .map(near -> "did you mean '" + near + "'?"));
    }

    static Optional<String> called(String written, List<String> known) {
        String word = bare(written);
        return known.stream()
                .filter(key -> key.toLowerCase(Locale.ROOT).equals(word))
                .findFirst()
                .or(() -> Optional.ofNullable(KEYS.get(word)).filter(known::contains));
    }

    /** Write a setting under the name that it has here, where its value is right as well. */
    private static Optional<String> setting(String written, Optional<String> called, Object value) {
        String text = String.valueOf(value).strip();
        boolean seconds = bare(written).endsWith("seconds");
        return called.flatMap(key ->
                switch (key) {
                    case "cron" ->
                            Optional.of("cron: \"%s\"".formatted(text))
                                    .filter(_ -> CronReader.isExpression(text));
                    case "every", "jitter", "startingDeadline" -> {
                        String length = seconds ? text.concat("s") : text;
                        yield Optional.of(length)
                                .filter(each -> Parameters.duration(each).isPresent() && !seconds)
                                .or(() -> duration(length))
                                .map(each -> key + ": " + each);
                    }
                    case "timeZone" ->
                            Optional.of("timeZone: " + text)
                                    .filter(_ -> ZoneId.getAvailableZoneIds().contains(text));
                    case "overlap" -> overlap(value).map("overlap: "::concat);
                    case "missed" -> missed(value).map("missed: "::concat);
                    case "suspend" -> flag(value).map("suspend: "::concat);
                    default -> Optional.empty();
                });
    }

    /** Tell whether one of some settings is called so elsewhere, or nearly so here. */
    static boolean isCalled(String written, List<String> kinds) {
        return called(written, kinds).or(() -> Parameters.nearest(written, kinds)).isPresent();
    }

    static Optional<String> overlap(Object written) {
        return word(written, List.of("skip", "queue", "replace", "queueAll"), OVERLAPS);
    }

    static Optional<String> missed(Object written) {
        return word(written, List.of("skip", "runOnce"), MISSED);
    }

    /** Read how runs must end; of a number alone it is not plain which are counted. */
    static Optional<String> outcome(Object written) {
        String text = String.valueOf(written).strip();
        if (COUNT.matcher(text).matches()) {
            return Optional.of(
                    "{failed: %s} for so many failed runs in a row, or maxRuns: %s for so many runs"
                            .formatted(text, text));
        }
        int colon = text.indexOf(':');
        String count = colon < 0 ? "" : text.substring(colon + 1).strip();
        Optional<String> outcome =
                word(
                        colon < 0 ? text : text.substring(0, colon),
                        List.of("failed", "passed"),
                        OUTCOMES);
        return colon >= 0 && COUNT.matcher(count).matches()
                ? outcome.map(each -> "{%s: %s}".formatted(each, count))
                : outcome.filter(_ -> colon < 0);
    }

    /** Read when a suspension ends, or when it holds. */
    static Optional<String> suspension(String written) {
        return MeantDates.ends(written)
                .map(ends ->
                        "exclude: [{from: %s, until: %s}] instead of suspend"
                                .formatted(ends.first(), ends.last()))
                .or(() ->
                        MeantDates.time(written)
                                .filter(each -> !MeantDates.isYearly(each))
                                .map("suspend: {until: %s}"::formatted));
    }

    /** Return true or false, as people write it elsewhere. */
    static Optional<String> flag(Object written) {
        return switch (bare(String.valueOf(written))) {
            case "true", "yes", "y", "on", "1" -> Optional.of("true");
            case "false", "no", "n", "off", "0" -> Optional.of("false");
            default -> Optional.empty();
        };
    }

    private static Optional<String> word(
            Object written, List<String> ours, Map<String, String> theirs) {
        String word = bare(String.valueOf(written));
        return ours.stream()
                .filter(each -> each.toLowerCase(Locale.ROOT).equals(word))
                .findFirst()
                .or(() -> Optional.ofNullable(theirs.get(word)));
    }

    /** Return a word without what people write between its parts. */
    static String bare(String written) {
        return written.strip().toLowerCase(Locale.ROOT).replace("-", "").replace("_", "");
    }

    /** Return the state of a ChaosSchedule that people call otherwise. */
    static Optional<String> state(String written) {
        return switch (bare(written)) {
            case "halted", "pause", "paused", "suspend", "suspended", "disabled" ->
                    Optional.of("halt");
            case "stopped", "abort", "aborted" -> Optional.of("stop");
            case "completed", "done", "finished", "over" -> Optional.of("complete");
            case "activ", "running", "enabled", "start", "started", "on" -> Optional.of("active");
            default -> Optional.empty();
        };
    }

    // ---- The whole, and zones -----------------------------------------------------------------

    /** Return the settings that a value alone means, without the key that it belongs to. */
    static Optional<String> schedule(Object tree) {
        if (tree instanceof List<?> list) {
            boolean crons = !list.isEmpty() && list.stream().allMatch(Meant::isCron);
            return crons && list.size() <= ScheduleReader.MOST_SCHEDULES
                    ? Optional.of(CronMeant.schedules(list))
                    : Optional.of("the list under schedules");
        }
        String text = String.valueOf(tree).strip();
        if (isCron(text)) {
            return Optional.of("cron: \"%s\"".formatted(text));
        }
        if (text.equalsIgnoreCase("now")) {
            return Optional.of("now: true");
        }
        String interval = text.startsWith("every ") ? text.substring("every ".length()) : text;
        return Parameters.duration(interval)
                .map(_ -> interval)
                .or(() -> duration(interval))
                .map("every: "::concat)
                .or(() -> MeantDates.moment(text).map("once: "::concat));
    }

    private static boolean isCron(Object value) {
        return CronReader.isExpression(String.valueOf(value));
    }

    /** Return the zone that somebody calls otherwise. */
    static Optional<String> zone(String written) {
        String name = written.strip().replace(' ', '_');
        String upper = name.toUpperCase(Locale.ROOT);
        String abbreviated = ABBREVIATIONS.getOrDefault(upper, ZoneId.SHORT_IDS.get(upper));
        if (abbreviated != null) {
            return Optional.of(abbreviated);
        }
        List<String> zones =
                ZoneId.getAvailableZoneIds().stream()
                        .filter(zone -> !zone.startsWith("SystemV/") && !zone.startsWith("posix"))
                        .sorted()
                        .toList();
        Optional<String> city =
                zones.stream()
                        .filter(zone -> zone.contains("/") && !zone.startsWith("Etc/"))
                        .filter(zone ->
                                zone.substring(zone.lastIndexOf('/') + 1).equalsIgnoreCase(name))
                        .findFirst();
        return city.or(() -> Parameters.nearest(name, zones));
    }

    // ---- Durations ----------------------------------------------------------------------------

    /** Write a setting that is a duration: with each unit that a number alone may have. */
    static Optional<String> setting(String key, Object value) {
        String text = String.valueOf(value).strip();
        return COUNT.matcher(text).matches()
                ? Optional.of("%s: %ss, %sm or %sh".formatted(key, text, text, text))
                : duration(value).map(each -> key + ": " + each);
    }

    /** Read {@code 1w}, {@code 1.5h}, {@code 30 min} or {@code PT30M}. */
    static Optional<String> duration(Object value) {
        String text = String.valueOf(value).strip();
        if (text.length() > LONGEST) {
            return Optional.empty();
        }
        Optional<Duration> meant =
                text.startsWith("P") ? iso(text) : amounts(text.replace(" and ", " "));
        return meant.filter(each -> !each.isZero() && !each.isNegative())
                .map(TimeWords::setting)
                .filter(each -> Parameters.duration(each).isPresent());
    }

    private static Optional<Duration> iso(String text) {
        try {
            return Optional.of(Duration.parse(text));
        } catch (DateTimeException | ArithmeticException e) {
            return Optional.empty();
        }
    }

    private static Optional<Duration> amounts(String text) {
        String together = text.replace(" ", "");
        Optional<Duration> alone = unit(together);
        if (alone.isPresent()) {
            return alone;
        }
        Matcher amount = AMOUNT.matcher(together);
        Duration sum = Duration.ZERO;
        int at = 0;
        while (at < together.length() && amount.find(at) && amount.start() == at) {
            Optional<Duration> unit = unit(amount.group(3));
            if (unit.isEmpty()) {
                return Optional.empty();
            }
            sum = sum.plus(unit.get().multipliedBy(Long.parseLong(amount.group(1))));
            String part = amount.group(2);
            if (part != null) {
                long of = part.length() == 1 ? 10 : part.length() == 2 ? 100 : 1_000;
                sum = sum.plus(unit.get().multipliedBy(Long.parseLong(part)).dividedBy(of));
            }
            at = amount.end();
        }
        return at == 0 || at < together.length() ? Optional.empty() : Optional.of(sum);
    }

    /** A capital M is a month for some. */
    private static Optional<Duration> unit(String written) {
        String word = written.toLowerCase(Locale.ROOT);
        return written.equals("M")
                ? Optional.empty()
                : Optional.ofNullable(UNITS.get(word))
                        .or(() ->
                                word.length() > 2 && word.endsWith("s")
                                        ? Optional.ofNullable(
                                                UNITS.get(word.substring(0, word.length() - 1)))
                                        : Optional.empty());
    }
}
