package io.chaosrunner.schedule;

import io.chaosrunner.model.TimeWords;
import io.chaosrunner.strategy.Parameters;
import java.time.DateTimeException;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.Month;
import java.time.MonthDay;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.format.TextStyle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What was probably meant by a setting that a schedule refuses, in words that it takes. Empty where
 * that is not plain: a wrong hint is worse than none. Pure.
 */
final class Meant {
    /** Whatever is longer is no slip. */
    private static final int LONGEST = 100;

    /** A range of days of each year has no form of its own; more than these nobody lists. */
    private static final int MOST_DAYS = 31;

    private static final List<String> GERMAN =
            List.of(
                    "montag",
                    "dienstag",
                    "mittwoch",
                    "donnerstag",
                    "freitag",
                    "samstag",
                    "sonntag");
    private static final List<String> WEEKDAYS =
            List.of("weekday", "workday", "workweek", "businessday", "workingday", "werktag");
    private static final List<String> NO_END = List.of("never", "none", "forever", "infinite", "");
    private static final List<String> EVER =
            List.of("*", "all", "any", "daily", "everyday", "always");

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

    private static final Pattern AMOUNT =
            Pattern.compile("([0-9]{1,7})(?:[.,]([0-9]{1,3}))?([A-Za-z]+)");
    private static final Pattern CLOCK =
            Pattern.compile("([0-9]{1,2})(?:[:h.]([0-9]{2}))?(am|pm|h|uhr)?");
    private static final Pattern COUNT = Pattern.compile("[0-9]{1,9}");
    private static final Pattern ORDINAL = Pattern.compile("([0-9]{1,2})(?:st|nd|rd|th)?");

    private Meant() {}

    // ---- Keys and words -----------------------------------------------------------------------

    /** Return a hint at the setting that somebody calls otherwise, with its value where plain. */
    static Optional<String> key(String written, @Nullable Object value, List<String> known) {
        if (day(written, false).isPresent() && "".equals(value)) {
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
                        String length = seconds ? text + "s" : text;
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
        return ends(written)
                .map(ends ->
                        "exclude: [{from: %s, until: %s}] instead of suspend"
                                .formatted(ends.first(), ends.last()))
                .or(() ->
                        time(written)
                                .filter(each -> !isYearly(each))
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
    private static String bare(String written) {
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

    /** Read the hours of a ChaosSchedule, whose last hour belongs to them. */
    static Optional<String> wholeHours(String written) {
        return items(
                written,
                part ->
                        range(part, Meant::clock)
                                .filter(each -> each.indexOf(':') >= 0)
                                .map(Hours::parse)
                                .filter(hours -> hours.size() == 1)
                                .map(List::getFirst)
                                .filter(hours -> hours.from() % 60 == 0 && hours.until() % 60 == 0)
                                .map(hours ->
                                        "%d-%d"
                                                .formatted(
                                                        hours.from() / 60, hours.until() / 60 - 1))
                                .or(() ->
                                        range(part, Meant::clock)
                                                .filter(each -> each.indexOf(':') < 0)
                                                .filter(_ ->
                                                        part.chars().noneMatch(Character::isLetter))
                                                .filter(each ->
                                                        Arrays.stream(each.split("-", -1))
                                                                .allMatch(hour ->
                                                                        Integer.parseInt(hour)
                                                                                < 24))));
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
                .map(each -> each.toMillisPart() == 0 ? TimeWords.of(each) : each.toMillis() + "ms")
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

    // ---- Days and hours -----------------------------------------------------------------------

    /** Say what to write under a key, of the days that stand there. */
    static String days(String path, List<String> written) {
        return instead(path, written, all -> days(all, true), "write Mon, Mon-Fri or a list");
    }

    /** Say what to write under a key, of the hours that stand there. */
    static String hours(String path, List<String> written) {
        return instead(
                path, written, Meant::hours, "write 9-17, 09:00-17:30 or, over midnight, 22-6");
    }

    private static String instead(
            String path,
            List<String> written,
            Function<String, Optional<String>> meaning,
            String otherwise) {
        String key = path.substring(path.lastIndexOf('.') + 1);
        String all = String.join(",", written);
        return EVER.contains(bare(all).replace(" ", ""))
                ? "leave %s out for all of them".formatted(key)
                : meaning.apply(all)
                        .map(each -> "write %s: %s".formatted(key, each))
                        .orElse(otherwise);
    }

    /**
     * Read {@code Mo-Fr}, {@code weekdays}, {@code Tues} or {@code Mon to Wed}.
     *
     * @param numbers whether a number is a day as well, 0 and 7 being Sunday
     */
    static Optional<String> days(String written, boolean numbers) {
        return items(
                written,
                part -> {
                    String word = bare(part);
                    if (WEEKDAYS.contains(withoutPlural(word))) {
                        return Optional.of("Mon-Fri");
                    }
                    return withoutPlural(word).equals("weekend")
                            ? Optional.of("Sat, Sun")
                            : range(part, each -> day(each, numbers));
                });
    }

    /** Return a day as schedules have it, such as {@code Mon}. */
    static Optional<String> day(String written, boolean numbers) {
        String word = written.toLowerCase(Locale.ROOT).replace(".", "");
        if (word.length() == 1 && numbers && word.charAt(0) >= '0' && word.charAt(0) <= '7') {
            int number = word.charAt(0) - '0';
            return Optional.of(shortName(DayOfWeek.of(number == 0 ? 7 : number)));
        }
        if (word.length() < 2 || !word.chars().allMatch(c -> c >= 'a' && c <= 'z')) {
            return Optional.empty();
        }
        String single = word.equals("weds") ? "wed" : withoutPlural(word);
        Optional<DayOfWeek> begun =
                Arrays.stream(DayOfWeek.values())
                        .filter(day ->
                                Stream.of(day.name().toLowerCase(Locale.ROOT), german(day))
                                        .anyMatch(name ->
                                                name.startsWith(word) || name.startsWith(single)))
                        .findFirst();
        return begun.or(() -> misspelt(single)).map(Meant::shortName);
    }

    private static Optional<DayOfWeek> misspelt(String word) {
        return word.length() < "Sunday".length() - 1
                ? Optional.empty()
                : Parameters.nearest(
                                word, Arrays.stream(DayOfWeek.values()).map(Enum::name).toList())
                        .map(DayOfWeek::valueOf);
    }

    private static String german(DayOfWeek day) {
        return GERMAN.get(day.getValue() - 1);
    }

    private static String shortName(DayOfWeek day) {
        return day.getDisplayName(TextStyle.SHORT, Locale.ROOT).substring(0, 3);
    }

    private static String withoutPlural(String word) {
        return word.endsWith("s") ? word.substring(0, word.length() - 1) : word;
    }

    /** Read {@code 9am-5pm}, {@code 9/17}, {@code 0900-1700} or {@code 9}, which is one hour. */
    static Optional<String> hours(String written) {
        return items(
                written,
                part -> {
                    Optional<String> range = range(part, Meant::clock);
                    return range.filter(each -> each.indexOf('-') < 0)
                            .map(each -> each + "-" + anHourLater(each))
                            .or(() -> range)
                            .filter(each -> !Hours.parse(each).isEmpty());
                });
    }

    private static String anHourLater(String clock) {
        int colon = clock.indexOf(':');
        int hour = Integer.parseInt(colon < 0 ? clock : clock.substring(0, colon)) + 1;
        return hour + (colon < 0 ? "" : clock.substring(colon));
    }

    private static Optional<String> clock(String written) {
        String text = written.toLowerCase(Locale.ROOT).replace(" ", "");
        if (text.length() == 4 && text.chars().allMatch(Character::isDigit)) {
            return Optional.of(text.substring(0, 2) + ":" + text.substring(2));
        }
        Matcher clock = CLOCK.matcher(text);
        if (!clock.matches()) {
            return Optional.empty();
        }
        int hour = Integer.parseInt(clock.group(1));
        if ("am".equals(clock.group(3)) || "pm".equals(clock.group(3))) {
            if (hour < 1 || hour > 12) {
                return Optional.empty();
            }
            hour = hour % 12 + (clock.group(3).equals("pm") ? 12 : 0);
        }
        return Optional.of(clock.group(2) == null ? "" + hour : hour + ":" + clock.group(2));
    }

    /** Read a list, whatever stands between its items; of several one in brackets. */
    private static Optional<String> items(String written, Function<String, Optional<String>> item) {
        if (written.length() > LONGEST) {
            return Optional.empty();
        }
        String text = dashes(written);
        for (String and : List.of(";", "&", "+", "|", " and ", " und ")) {
            text = text.replace(and, ",");
        }
        var found = new ArrayList<String>();
        for (String part : text.split(",", -1)) {
            if (part.isBlank()) {
                continue;
            }
            Optional<String> whole = item.apply(part.strip());
            if (whole.isPresent()) {
                found.add(whole.get());
                continue;
            }
            for (String word : part.strip().split(" ", -1)) {
                Optional<String> one = word.isEmpty() ? Optional.of("") : item.apply(word);
                if (one.isEmpty()) {
                    return Optional.empty();
                }
                found.add(one.get());
            }
        }
        found.removeIf(String::isEmpty);
        List<String> all = found.stream().distinct().toList();
        String joined = String.join(", ", all);
        return all.isEmpty()
                ? Optional.empty()
                : Optional.of(joined.indexOf(',') < 0 ? joined : "[" + joined + "]");
    }

    private static Optional<String> range(String text, Function<String, Optional<String>> end) {
        String[] ends = ScheduleReader.ends(text);
        List<String> read = Arrays.stream(ends).map(end).flatMap(Optional::stream).toList();
        return ends.length > 2 || read.size() < ends.length
                ? Optional.empty()
                : Optional.of(String.join("-", read));
    }

    /** Write a range with the dash that all take. */
    private static String dashes(String written) {
        String text = written.strip();
        for (String other : List.of("–", "—", "...", "..", "/", " to ", " bis ", " through ")) {
            text = text.replace(other, "-");
        }
        return text.replace(" -", "-").replace("- ", "-");
    }

    // ---- Dates --------------------------------------------------------------------------------

    /** Read a date in the order of somewhere else, such as {@code 25.12.2026} or {@code Dec 25}. */
    static Optional<String> date(String written) {
        String text = written.strip();
        if (text.length() > LONGEST) {
            return Optional.empty();
        }
        List<String> split =
                Arrays.stream(text.replace(',', ' ').replace('.', ' ').split("[ /-]", -1))
                        .filter(part -> !part.isEmpty())
                        .toList();
        List<String> parts =
                split.size() == 1 && text.length() == "20261225".length()
                        ? List.of(text.substring(0, 4), text.substring(4, 6), text.substring(6))
                        : split;
        if (parts.size() < 2 || parts.size() > 3) {
            return Optional.empty();
        }
        try {
            return named(parts).or(() -> numbered(text, parts));
        } catch (DateTimeException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** The order of day and month is plain where one of them has a name. */
    private static Optional<String> named(List<String> parts) {
        Optional<String> name =
                parts.stream().filter(part -> Character.isLetter(part.charAt(0))).findFirst();
        if (name.isEmpty()) {
            return Optional.empty();
        }
        String word = name.get().toLowerCase(Locale.ROOT);
        Optional<Month> month =
                Arrays.stream(Month.values())
                        .filter(each -> word.length() > 2)
                        .filter(each -> each.name().toLowerCase(Locale.ROOT).startsWith(word))
                        .findFirst();
        List<String> rest = parts.stream().filter(part -> !part.equals(name.get())).toList();
        Optional<String> day =
                rest.stream().filter(part -> ORDINAL.matcher(part).matches()).findFirst();
        Optional<String> year = rest.stream().filter(part -> part.length() == 4).findFirst();
        return month.isEmpty() || day.isEmpty() || year.isEmpty() && rest.size() > 1
                ? Optional.empty()
                : Optional.of(
                        iso(
                                year.map(Integer::parseInt),
                                month.get().getValue(),
                                number(day.get())));
    }

    private static int number(String ordinal) {
        Matcher matcher = ORDINAL.matcher(ordinal);
        return matcher.matches() ? Integer.parseInt(matcher.group(1)) : 0;
    }

    private static Optional<String> numbered(String text, List<String> parts) {
        List<Integer> numbers = parts.stream().map(Integer::valueOf).toList();
        boolean year = numbers.size() == 3;
        if (parts.getFirst().length() == 4) {
            return year
                    ? Optional.of(iso(Optional.of(numbers.get(0)), numbers.get(1), numbers.get(2)))
                    : Optional.empty();
        }
        if (year && parts.get(2).length() != 4 || !year && text.indexOf('-') >= 0) {
            return Optional.empty();
        }
        int first = numbers.get(0);
        int second = numbers.get(1);
        Optional<Integer> of = year ? Optional.of(numbers.get(2)) : Optional.empty();
        if (text.indexOf('.') >= 0 || first > 12) {
            return Optional.of(iso(of, second, first));
        }
        return second > 12 ? Optional.of(iso(of, first, second)) : Optional.empty();
    }

    private static String iso(Optional<Integer> year, int month, int day) {
        return year.isPresent()
                ? LocalDate.of(year.get(), month, day).toString()
                : MonthDay.of(month, day).toString().substring(2);
    }

    /**
     * Say what to write instead of something that is no date; a key of its own takes dates only.
     */
    static String exclusion(String path, String written) {
        boolean named = path.endsWith(".dates");
        Optional<String> meant =
                named
                        ? date(written)
                                .or(() ->
                                        span(written)
                                                .map(each ->
                                                        each.substring(1, each.length() - 1)
                                                                + " instead of dates"))
                        : exclusion(written);
        return "write " + meant.orElse("2026-12-25, or 12-25 for every year");
    }

    private static Optional<String> exclusion(String written) {
        boolean clock = written.indexOf(':') >= 0 || written.chars().anyMatch(Character::isLetter);
        return date(written)
                .or(() -> span(written))
                .or(() -> days(written, false).map(days -> "{days: " + days + "}"))
                .or(() ->
                        clock
                                ? hours(written).map(hours -> "{hours: " + hours + "}")
                                : Optional.empty());
    }

    /** Read two times with something between them. */
    private static Optional<String> span(String written) {
        return ends(written)
                .flatMap(ends -> {
                    boolean yearly = isYearly(ends.first()) && isYearly(ends.last());
                    return yearly
                            ? each(ends)
                            : isYearly(ends.first()) || isYearly(ends.last())
                                    ? Optional.empty()
                                    : Optional.of(
                                            "{from: %s, until: %s}"
                                                    .formatted(ends.first(), ends.last()));
                });
    }

    private static boolean isYearly(String date) {
        return date.length() == "12-25".length();
    }

    private static Optional<String> each(Ends ends) {
        MonthDay last = MonthDay.parse("--" + ends.last());
        LocalDate day = MonthDay.parse("--" + ends.first()).atYear(2028);
        var days = new ArrayList<String>();
        while (days.size() <= MOST_DAYS) {
            days.add(MonthDay.from(day).toString().substring(2));
            if (MonthDay.from(day).equals(last)) {
                return Optional.of("{dates: [%s]}".formatted(String.join(", ", days)));
            }
            day = day.plusDays(1);
        }
        return Optional.empty();
    }

    /** The two ends of a time. */
    record Ends(String first, String last) {}

    /** Read {@code 2026-12-24/2026-12-26} and the like. */
    static Optional<Ends> ends(String written) {
        if (written.length() > LONGEST) {
            return Optional.empty();
        }
        for (String between :
                List.of("...", "..", " - ", " to ", " bis ", " until ", "–", "—", "/")) {
            int at = written.indexOf(between);
            if (at > 0) {
                Optional<String> first = time(written.substring(0, at));
                Optional<String> last = time(written.substring(at + between.length()));
                if (first.isPresent() && last.isPresent()) {
                    return Optional.of(new Ends(first.get(), last.get()));
                }
            }
        }
        return Optional.empty();
    }

    /** Say what to write instead of something that is no time. */
    static String time(String path, String written) {
        String key = path.substring(path.lastIndexOf('.') + 1);
        String word = bare(written);
        if (word.equals("now") && key.equals("once")) {
            return "write now: true instead of once";
        }
        if (word.equals("now") && key.equals("from")
                || key.equals("until") && NO_END.contains(word)) {
            return "leave it out";
        }
        return ends(written)
                .filter(_ -> !key.equals("once"))
                .map(ends -> "write from: %s and until: %s".formatted(ends.first(), ends.last()))
                .or(() ->
                        moment(written)
                                .filter(each -> !isYearly(each))
                                .map(each -> "write %s: %s".formatted(key, each)))
                .orElse("write 2027-01-31, 2027-01-31T09:00 or 2027-01-31T09:00:00Z");
    }

    private static Optional<String> time(String written) {
        String text = written.strip();
        return isTime(text) ? Optional.of(text) : moment(text);
    }

    private static boolean isTime(String text) {
        return Stream.<Function<String, Object>>of(
                        LocalDate::parse,
                        LocalDateTime::parse,
                        OffsetDateTime::parse,
                        each -> MonthDay.parse("--" + each))
                .anyMatch(form -> {
                    try {
                        var unused = form.apply(text);
                        return true;
                    } catch (DateTimeException e) {
                        return false;
                    }
                });
    }

    /** Read a date, or a date with a time of day, that is written as somewhere else. */
    static Optional<String> moment(String written) {
        String text = written.strip();
        int blank = Math.max(text.lastIndexOf(' '), text.lastIndexOf('T'));
        if (text.indexOf(':') < 0 || blank < 0) {
            return date(text);
        }
        Optional<String> date = date(text.substring(0, blank)).filter(each -> !isYearly(each));
        String clock = text.substring(blank + 1);
        String padded = clock.indexOf(':') == 1 ? "0" + clock : clock;
        return date.map(each -> each + "T" + padded).filter(Meant::isTime);
    }
}
