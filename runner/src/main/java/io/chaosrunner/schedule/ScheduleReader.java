package io.chaosrunner.schedule;

import io.chaosrunner.config.YamlText;
import io.chaosrunner.schedule.ScheduleSpec.Kind;
import io.chaosrunner.schedule.ScheduleSpec.Missed;
import io.chaosrunner.schedule.ScheduleSpec.Overlap;
import io.chaosrunner.schedule.ScheduleSpec.Policy;
import io.chaosrunner.schedule.ScheduleSpec.StopWhen;
import io.chaosrunner.strategy.InvalidParameters;
import io.chaosrunner.strategy.InvalidParameters.Problem;
import io.chaosrunner.strategy.Parameters;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.MonthDay;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/** Read one {@link ScheduleSpec} and collect every problem. Used once. */
final class ScheduleReader {
    private static final List<String> KINDS = List.of("cron", "every", "once", "now");
    private static final List<String> TIMING =
            List.of("timeZone", "from", "until", "days", "hours", "exclude", "jitter");
    private static final List<String> POLICY =
            List.of(
                    "maxRuns",
                    "stopWhen",
                    "overlap",
                    "missed",
                    "startingDeadline",
                    "history",
                    "suspend");
    private static final List<String> EXCLUSION =
            List.of("name", "dates", "from", "until", "days", "hours");
    private static final int MOST_HISTORY = 100;

    private final Instant anchor;
    private final List<Problem> problems = new ArrayList<>();

    ScheduleReader(Instant anchor) {
        this.anchor = anchor;
    }

    Optional<ScheduleSpec> read(Optional<String> written, Map<String, ?> flags) {
        var tree = new LinkedHashMap<String, Object>();
        written.ifPresent(text -> tree.putAll(parse(text)));
        tree.putAll(flags);
        if (tree.isEmpty() && problems.isEmpty()) {
            return Optional.empty();
        }
        Optional<ScheduleSpec> spec =
                problems.isEmpty() ? read(Parameters.of(tree)) : Optional.empty();
        if (!problems.isEmpty()) {
            throw new InvalidParameters(problems);
        }
        return spec;
    }

    private Map<String, Object> parse(String text) {
        String path = "metadata.annotations[" + ScheduleSpec.ANNOTATION + "]";
        try {
            Object tree = YamlText.load(text);
            if (tree instanceof Map<?, ?> map) {
                var result = new LinkedHashMap<String, Object>();
                map.forEach((key, value) -> result.put(String.valueOf(key), value));
                return result;
            }
            problems.add(
                    new Problem(
                            path,
                            "expected keys and values, such as 'every: 30m', but found '%s'"
                                    .formatted(tree == null ? "" : tree)));
        } catch (YamlText.Unusable e) {
            problems.add(new Problem(path, String.valueOf(e.getMessage())));
        }
        return Map.of();
    }

    private Optional<ScheduleSpec> read(Parameters written) {
        Parameters.Reader reader = written.read();
        Map<String, Object> tree = written.tree();
        var known = new ArrayList<>(KINDS);
        known.addAll(TIMING);
        known.addAll(POLICY);
        checkKeys("", tree, known);
        ZoneId zone = zone(reader);
        Optional<Instant> from = instant(reader, "from", zone, false);
        Optional<Instant> until = instant(reader, "until", zone, true);
        Set<DayOfWeek> days = days("days", reader.texts("days"), reader.has("days"));
        List<Hours> hours = hours("hours", reader.texts("hours"), reader.has("hours"));
        List<Exclusion> exclusions = exclusions(tree.get("exclude"), zone);
        Optional<Duration> jitter = reader.duration("jitter");
        Policy policy = policy(reader);
        Optional<Kind> kind = kind(reader, tree, zone);
        reader.problems().forEach(p -> problem(p.path(), p.message()));
        if (kind.isEmpty() || !problems.isEmpty()) {
            return Optional.empty();
        }
        var spec =
                new ScheduleSpec(
                        kind.get(),
                        zone,
                        from,
                        until,
                        days,
                        hours,
                        exclusions,
                        jitter.orElse(Duration.ZERO),
                        policy,
                        hash(tree));
        checkWhole(spec);
        return Optional.of(spec);
    }

    private void checkKeys(String path, Map<?, ?> tree, List<String> known) {
        for (Object key : tree.keySet()) {
            if (!known.contains(String.valueOf(key))) {
                String hint =
                        Parameters.nearest(String.valueOf(key), known)
                                .map(near -> "did you mean '" + near + "'?")
                                .orElse("known are " + String.join(", ", known));
                problem(path + key, "is not a setting of a schedule; " + hint);
            }
        }
    }

    // ---- One value each -----------------------------------------------------------------------

    private Optional<Kind> kind(Parameters.Reader reader, Map<String, Object> tree, ZoneId zone) {
        List<String> given = KINDS.stream().filter(tree::containsKey).toList();
        if (given.size() != 1) {
            problem(
                    given.isEmpty() ? "" : given.getLast(),
                    given.isEmpty()
                            ? "nothing says when to run; write one of cron, every, once, now"
                            : "only one of cron, every, once, now can be given, but there are "
                                    + String.join(" and ", given));
            return Optional.empty();
        }
        return switch (given.getFirst()) {
            case "cron" -> cron(reader);
            case "every" -> reader.duration("every").flatMap(this::every);
            case "once" -> instant(reader, "once", zone, false).map(Kind.Once::new);
            default -> {
                if (!reader.flag("now", true)) {
                    problem("now", "'false' is no schedule; leave it out, or write suspend: true");
                }
                yield Optional.of(new Kind.Now());
            }
        };
    }

    private Optional<Kind> cron(Parameters.Reader reader) {
        try {
            Optional<String> text = reader.text("cron");
            return text.isEmpty()
                    ? Optional.empty()
                    : Optional.of(new Kind.Cron(CronText.of(text.get())));
        } catch (CronText.Fault e) {
            problem("cron", String.valueOf(e.getMessage()));
            return Optional.empty();
        }
    }

    private Optional<Kind> every(Duration interval) {
        if (interval.compareTo(Duration.ofSeconds(1)) < 0) {
            problem("every", "'" + interval.toMillis() + "ms' is shorter than 1s");
            return Optional.empty();
        }
        return Optional.of(new Kind.Every(interval));
    }

    private ZoneId zone(Parameters.Reader reader) {
        Optional<String> name = reader.text("timeZone");
        try {
            return ZoneId.of(name.orElse("UTC"));
        } catch (DateTimeException e) {
            problem(
                    "timeZone",
                    "'%s' is not a time zone%s"
                            .formatted(
                                    name.get(),
                                    likelyZone(name.get())
                                            .map(zone -> "; did you mean '" + zone + "'?")
                                            .orElse("; write one such as Europe/Berlin or UTC")));
            return ZoneOffset.UTC;
        }
    }

    private static Optional<String> likelyZone(String written) {
        String name = written.strip().replace(' ', '_');
        String abbreviated = ZoneId.SHORT_IDS.get(name.toUpperCase(Locale.ROOT));
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

    private Optional<Instant> instant(
            Parameters.Reader reader, String key, ZoneId zone, boolean endOfDay) {
        return reader.text(key).flatMap(text -> instant(key, text, zone, endOfDay));
    }

    /** Read an instant; a date alone is its first moment, or its last one. */
    private Optional<Instant> instant(String key, String text, ZoneId zone, boolean endOfDay) {
        String written = text.strip().replace(' ', 'T');
        try {
            if (written.matches("\\d{4}-\\d{2}-\\d{2}")) {
                LocalDate date = LocalDate.parse(written);
                return Optional.of(
                        endOfDay
                                ? date.plusDays(1).atStartOfDay(zone).toInstant().minusMillis(1)
                                : date.atStartOfDay(zone).toInstant());
            }
            return Optional.of(
                    written.matches(".*(Z|[+-]\\d{2}:?\\d{2})")
                            ? OffsetDateTime.parse(written).toInstant()
                            : LocalDateTime.parse(written).atZone(zone).toInstant());
        } catch (DateTimeException e) {
            problem(
                    key,
                    "'%s' is not a time; write 2027-01-31, 2027-01-31T09:00 or 2027-01-31T09:00:00Z"
                            .formatted(text));
            return Optional.empty();
        }
    }

    private Set<DayOfWeek> days(String path, List<String> written, boolean given) {
        Set<DayOfWeek> days = EnumSet.noneOf(DayOfWeek.class);
        if (given && written.isEmpty()) {
            problem(path, "names no day, so nothing would ever run; leave it out for all days");
        }
        for (String each :
                written.stream().flatMap(text -> List.of(text.split(",")).stream()).toList()) {
            String[] range = each.strip().split("\\s*-\\s*", -1);
            Optional<DayOfWeek> first = day(range[0]);
            Optional<DayOfWeek> last = day(range[range.length - 1]);
            if (range.length > 2 || first.isEmpty() || last.isEmpty()) {
                problem(path, "'%s' is not a day; write Mon, Mon-Fri or a list".formatted(each));
                continue;
            }
            for (DayOfWeek day = first.get(); ; day = day.plus(1)) {
                days.add(day);
                if (day == last.get()) {
                    break;
                }
            }
        }
        return days;
    }

    private static Optional<DayOfWeek> day(String word) {
        String upper = word.toUpperCase(Locale.ROOT);
        return EnumSet.allOf(DayOfWeek.class).stream()
                .filter(day -> day.name().equals(upper) || day.name().substring(0, 3).equals(upper))
                .findFirst();
    }

    private List<Hours> hours(String path, List<String> written, boolean given) {
        var hours = new ArrayList<Hours>();
        if (given && written.isEmpty()) {
            problem(
                    path,
                    "names no hours, so nothing would ever run; leave it out for the whole day");
        }
        for (String each :
                written.stream().flatMap(text -> List.of(text.split(",")).stream()).toList()) {
            List<Hours> range = Hours.parse(each);
            if (range.isEmpty()) {
                problem(
                        path,
                        "'%s' is not a part of the day; write 9-17, 09:00-17:30 or, over midnight, 22-6"
                                .formatted(each));
            }
            hours.addAll(range);
        }
        return hours;
    }

    private Policy policy(Parameters.Reader reader) {
        OptionalInt maxRuns = OptionalInt.empty();
        if (reader.text("maxRuns").filter("0"::equals).isPresent()) {
            problem(
                    "maxRuns",
                    "'0' would never run; leave it out for no end, or write suspend: true to wait");
        } else {
            maxRuns = reader.integer("maxRuns", 1);
        }
        OptionalInt history = reader.integer("history", 1);
        if (history.orElse(1) > MOST_HISTORY) {
            problem("history", "'%d' is more than %d".formatted(history.getAsInt(), MOST_HISTORY));
        }
        String stopWhen = reader.oneOf("stopWhen", List.of("failed", "passed"), "");
        String overlap = reader.oneOf("overlap", List.of("skip", "queue", "replace"), "skip");
        String missed = reader.oneOf("missed", List.of("skip", "runOnce"), "skip");
        return new Policy(
                maxRuns.isPresent() ? Optional.of(maxRuns.getAsInt()) : Optional.empty(),
                stopWhen.isEmpty()
                        ? Optional.empty()
                        : Optional.of(StopWhen.valueOf(stopWhen.toUpperCase(Locale.ROOT))),
                Overlap.valueOf(overlap.toUpperCase(Locale.ROOT)),
                missed.equals("skip") ? Missed.SKIP : Missed.RUN_ONCE,
                reader.duration("startingDeadline"),
                history.isPresent() ? Optional.of(history.getAsInt()) : Optional.empty(),
                reader.flag("suspend", false));
    }

    // ---- What is excluded ---------------------------------------------------------------------

    private List<Exclusion> exclusions(@Nullable Object written, ZoneId zone) {
        var result = new ArrayList<Exclusion>();
        if (written == null) {
            return result;
        }
        List<?> list = written instanceof List<?> several ? several : List.of(written);
        for (int i = 0; i < list.size(); i++) {
            String path = "exclude[" + i + "]";
            if (list.get(i) instanceof Map<?, ?> map) {
                var tree = new LinkedHashMap<String, Object>();
                map.forEach((key, value) -> tree.put(String.valueOf(key), value));
                named(path, Parameters.of(tree), zone, result);
            } else {
                date(path, String.valueOf(list.get(i)), "", result);
            }
        }
        return result;
    }

    private void named(String path, Parameters written, ZoneId zone, List<Exclusion> result) {
        checkKeys(path + ".", written.tree(), EXCLUSION);
        Parameters.Reader reader = written.read();
        String name = reader.text("name").orElse("");
        boolean dates = reader.has("dates");
        boolean span = reader.has("from") || reader.has("until");
        boolean weekly = reader.has("days") || reader.has("hours");
        if ((dates ? 1 : 0) + (span ? 1 : 0) + (weekly ? 1 : 0) != 1) {
            problem(path, "give one of dates, from with until, and days with or without hours");
            return;
        }
        if (dates) {
            for (String date : reader.texts("dates")) {
                date(path + ".dates", date, name, result);
            }
        } else if (span) {
            Optional<Instant> from =
                    reader.text("from").flatMap(t -> instant(path + ".from", t, zone, false));
            Optional<Instant> until =
                    reader.text("until").flatMap(t -> instant(path + ".until", t, zone, true));
            if (!reader.has("from") || !reader.has("until")) {
                problem(path, "give both from and until");
            } else if (from.isPresent() && until.isPresent()) {
                if (!from.get().isBefore(until.get())) {
                    problem(path, "until is not after from, so nothing is excluded");
                }
                result.add(
                        new Exclusion.Span(
                                name.isEmpty() ? "excluded" : name, from.get(), until.get()));
            }
        } else {
            Set<DayOfWeek> days =
                    reader.has("days")
                            ? days(path + ".days", reader.texts("days"), true)
                            : EnumSet.allOf(DayOfWeek.class);
            List<Hours> hours =
                    reader.has("hours")
                            ? hours(path + ".hours", reader.texts("hours"), true)
                            : Hours.complement(List.of());
            if (!days.isEmpty()) {
                result.add(new Exclusion.Weekly(name.isEmpty() ? "excluded" : name, days, hours));
            }
        }
        reader.problems().forEach(p -> problem(path + "." + p.path(), p.message()));
    }

    private void date(String path, String text, String name, List<Exclusion> result) {
        String written = text.strip();
        String called = name.isEmpty() ? "excluded day " + written : name;
        try {
            result.add(
                    written.matches("\\d{2}-\\d{2}")
                            ? new Exclusion.Yearly(called, MonthDay.parse("--" + written))
                            : new Exclusion.Day(called, LocalDate.parse(written)));
        } catch (DateTimeException e) {
            problem(
                    path,
                    "'%s' is not a date; write 2026-12-25, or 12-25 for every year"
                            .formatted(text));
        }
    }

    // ---- The whole ----------------------------------------------------------------------------

    private void checkWhole(ScheduleSpec spec) {
        Instant start = spec.start(anchor);
        if (spec.until().isPresent()) {
            Instant until = spec.until().get();
            if (!until.isAfter(anchor)) {
                problem("until", "'%s' is in the past, so nothing would ever run".formatted(until));
            } else if (until.isBefore(start)) {
                problem("until", "'%s' is before from, so nothing would ever run".formatted(until));
            }
        }
        switch (spec.kind()) {
            case Kind.Once(Instant at) when at.isBefore(anchor) ->
                    problem("once", "'%s' is in the past, so nothing would ever run".formatted(at));
            case Kind.Once _, Kind.Cron _, Kind.Now _ -> {}
            case Kind.Every(Duration interval) -> {
                if (spec.jitter().compareTo(interval) >= 0) {
                    problem("jitter", "must be shorter than every, or runs would change places");
                }
            }
        }
        if (!problems.isEmpty()) {
            return;
        }
        Timetable timetable = Timetable.of(spec, anchor, 0);
        if (timetable.next(timetable.beginning()).isEmpty()) {
            problem(
                    "",
                    spec.exclusions().isEmpty() && spec.days().isEmpty() && spec.hours().isEmpty()
                            ? "nothing would ever run: there is no such time"
                            : "nothing would ever run: days, hours and exclude leave no time that"
                                    + " fires");
        }
    }

    /** Name what fires when; what is made of the fires does not count. */
    private static String hash(Map<String, Object> tree) {
        var timing = new TreeMap<>(tree);
        timing.keySet().removeAll(POLICY);
        var crc = new CRC32();
        crc.update(timing.toString().getBytes(StandardCharsets.UTF_8));
        return String.format("%08x", crc.getValue());
    }

    private void problem(String key, String message) {
        problems.add(new Problem(key.isEmpty() ? "schedule" : "schedule." + key, message));
    }
}
