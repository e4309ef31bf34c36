package io.chaosrunner.schedule;

import io.chaosrunner.config.YamlText;
import io.chaosrunner.model.Fire;
import io.chaosrunner.model.ForeignText;
import io.chaosrunner.model.TimeWords;
import io.chaosrunner.schedule.ScheduleSpec.Kind;
import io.chaosrunner.schedule.ScheduleSpec.Missed;
import io.chaosrunner.schedule.ScheduleSpec.Overlap;
import io.chaosrunner.schedule.ScheduleSpec.Policy;
import io.chaosrunner.schedule.ScheduleSpec.StopRules;
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
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/** Read one {@link ScheduleSpec} and collect every problem. Used once. */
final class ScheduleReader {
    static final List<String> KINDS = List.of("cron", "every", "once", "now", "schedules");

    /** What one of several schedules may say, beside its name and what the others share. */
    static final List<String> PART_KINDS = List.of("cron", "every", "once");

    static final List<String> TIMING =
            List.of("timeZone", "from", "until", "days", "hours", "exclude", "holidays", "jitter");
    static final List<String> POLICY =
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
    static final List<String> EXCLUSION =
            List.of("name", "dates", "from", "until", "days", "hours");
    private static final Set<String> SETTINGS =
            Stream.of(KINDS, TIMING, POLICY, STOP_RULES, EXCLUSION, List.of("note"))
                    .flatMap(List::stream)
                    .collect(Collectors.toUnmodifiableSet());
    private static final List<String> OVERLAPS = List.of("skip", "queue", "replace", "queueAll");
    private static final int MOST_HISTORY = 100;
    private static final int MOST_SCHEDULES = 20;
    private static final int LONGEST_NAME = 40;
    private static final int MOST_LISTS = 5;

    /** As long as the name of an object may be. */
    private static final int LONGEST_LIST = 253;

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

    /** Beyond it, calendars are in no use. */
    private static final Instant NEVER = Instant.parse("9999-12-31T23:59:59Z").plusSeconds(172_800);

    private final Instant anchor;

    /** Before each key in what is said of problems; empty unless this reads one of several. */
    private final String place;

    private final List<Problem> problems = new ArrayList<>();

    ScheduleReader(Instant anchor) {
        this(anchor, "");
    }

    private ScheduleReader(Instant anchor, String place) {
        this.anchor = anchor;
        this.place = place;
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
                map.forEach((key, value) -> result.put(String.valueOf(key), said(key, value)));
                return result;
            }
            problems.add(
                    new Problem(
                            path,
                            "expected keys and values, such as 'every: 30m', but found '%s'%s"
                                    .formatted(
                                            tree == null ? "" : tree,
                                            tree == null ? "" : write(whole(tree)))));
        } catch (YamlText.Unusable e) {
            problems.add(new Problem(path, e.getMessage() + write(unquoted(text))));
        }
        return Map.of();
    }

    /**
     * Keep what YAML takes for a key without a value, as in {@code {days: Sat, Sun}}: who wrote it
     * meant something. A setting without a value says nothing.
     */
    private static @Nullable Object said(Object key, @Nullable Object value) {
        return switch (value) {
            case null -> SETTINGS.contains(String.valueOf(key)) ? null : "";
            case Map<?, ?> map -> {
                var result = new LinkedHashMap<String, Object>();
                map.forEach((inner, each) -> result.put(String.valueOf(inner), said(inner, each)));
                yield result;
            }
            case List<?> list -> list.stream().map(each -> said("cron", each)).toList();
            default -> value;
        };
    }

    private static String write(Optional<String> meant) {
        return meant.map("; write "::concat).orElse("");
    }

    /** Find out what was meant by a value alone, without the key that it belongs to. */
    private static Optional<String> whole(Object tree) {
        if (tree instanceof List<?> list) {
            boolean crons = !list.isEmpty() && list.stream().allMatch(ScheduleReader::isCron);
            return crons && list.size() <= MOST_SCHEDULES
                    ? Optional.of(schedules(list))
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
                .or(() -> Meant.duration(interval))
                .map("every: "::concat)
                .or(() -> MeantDates.moment(text).map("once: "::concat));
    }

    private static String schedules(List<?> crons) {
        return "schedules: [%s]"
                .formatted(
                        crons.stream()
                                .limit(MOST_SCHEDULES)
                                .map("{cron: \"%s\"}"::formatted)
                                .collect(Collectors.joining(", ")));
    }

    private static boolean isCron(Object value) {
        return CronReader.isExpression(String.valueOf(value));
    }

    /** A star at the begin of an expression means something else to YAML. */
    private static Optional<String> unquoted(String text) {
        String key = "cron:";
        String written = text.indexOf(key) < 0 ? key + text : text;
        int at = written.indexOf(key) + key.length();
        int end =
                IntStream.of(written.indexOf('\n', at), written.indexOf('}', at), written.length())
                        .filter(each -> each >= 0)
                        .min()
                        .orElseThrow();
        for (int i = 0; i < MOST_SCHEDULES && end > at; i++) {
            String cron = written.substring(at, end).strip();
            if (isCron(cron)) {
                return Optional.of("it in quotes: cron: \"%s\"".formatted(cron));
            }
            end = written.lastIndexOf(',', end - 1);
        }
        return Optional.empty();
    }

    private Optional<ScheduleSpec> read(Parameters written) {
        Parameters.Reader reader = written.read();
        Map<String, Object> tree = written.tree();
        var known = new ArrayList<>(KINDS);
        known.addAll(TIMING);
        known.addAll(POLICY);
        checkKeys("", tree, known);
        Frame frame = frame(reader, tree);
        Duration jitter = duration(reader, tree, "jitter").orElse(Duration.ZERO);
        Policy policy = policy(reader, tree, frame.zone());
        List<String> given = KINDS.stream().filter(tree::containsKey).toList();
        if (given.equals(List.of("schedules"))) {
            List<ScheduleSpec> parts = parts(tree, frame, jitter, policy);
            reader.problems().forEach(p -> problem(p.path(), p.message()));
            return problems.isEmpty()
                    ? Optional.of(several(parts, frame.zone(), jitter, policy, formerly(tree)))
                    : Optional.empty();
        }
        Optional<Kind> kind = kind(reader, tree, frame.zone(), KINDS);
        reader.problems().forEach(p -> problem(p.path(), p.message()));
        if (kind.isEmpty() || !problems.isEmpty()) {
            return Optional.empty();
        }
        ScheduleSpec spec = frame.spec(kind.get(), jitter, policy, formerly(tree), "");
        checkWhole(spec);
        return Optional.of(spec);
    }

    /** Whose clocks are meant, and when it may fire at all. */
    private record Frame(
            ZoneId zone,
            Optional<Instant> from,
            Optional<Instant> until,
            Set<DayOfWeek> days,
            List<Hours> hours,
            List<Exclusion> exclusions,
            List<String> holidays) {
        ScheduleSpec spec(Kind kind, Duration jitter, Policy policy, String formerly, String name) {
            return new ScheduleSpec(
                    kind,
                    zone,
                    from,
                    until,
                    days,
                    hours,
                    exclusions,
                    holidays,
                    jitter,
                    policy,
                    ScheduleSpec.hash(kind, zone, from, until, days, hours, exclusions, jitter),
                    formerly,
                    name);
        }
    }

    private Frame frame(Parameters.Reader reader, Map<String, Object> tree) {
        ZoneId zone = zone(reader);
        return new Frame(
                zone,
                instant(reader, "from", zone, false),
                instant(reader, "until", zone, true),
                days("days", reader.texts("days"), reader.has("days")),
                hours("hours", reader.texts("hours"), reader.has("hours")),
                exclusions(tree.get("exclude"), zone),
                holidays(reader));
    }

    // ---- Several ------------------------------------------------------------------------------

    private List<ScheduleSpec> parts(
            Map<String, Object> tree, Frame shared, Duration jitter, Policy policy) {
        var parts = new ArrayList<ScheduleSpec>();
        if (!(tree.get("schedules") instanceof List<?> list) || list.isEmpty()) {
            problem(
                    "schedules",
                    "is no list of schedules; write [{cron: \"0 9 * * Mon-Fri\"}, {every: 6h, days: [Sat, Sun]}]");
            return parts;
        }
        if (list.size() > MOST_SCHEDULES) {
            problem(
                    "schedules",
                    "lists %d, and %d are the most".formatted(list.size(), MOST_SCHEDULES));
            return parts;
        }
        for (int i = 0; i < list.size(); i++) {
            String path = "schedules[" + i + "]";
            if (!(list.get(i) instanceof Map<?, ?> map)) {
                problem(
                        path,
                        "'%s' is no schedule; write {cron: \"0 9 * * Mon-Fri\"}"
                                .formatted(list.get(i)));
                continue;
            }
            var part = new LinkedHashMap<String, Object>();
            if (tree.containsKey("timeZone")) {
                part.put("timeZone", shared.zone().getId());
            }
            map.forEach((key, value) -> part.put(String.valueOf(key), value));
            var reader = new ScheduleReader(anchor, path + ".");
            reader.part(part, shared, jitter, policy).ifPresent(parts::add);
            problems.addAll(reader.problems);
        }
        return parts;
    }

    /** What the others share holds for each, whatever it says itself; by its own clock. */
    private Optional<ScheduleSpec> part(
            Map<String, Object> tree, Frame shared, Duration jitter, Policy policy) {
        Parameters.Reader reader = Parameters.of(tree).read();
        var known = new ArrayList<>(PART_KINDS);
        known.add("name");
        known.addAll(TIMING);
        known.remove("jitter");
        if (tree.containsKey("now")) {
            problem(
                    "now",
                    "cannot be one of several; leave it out, and have a run at once by chaos-runner trigger");
            return Optional.empty();
        }
        for (String key : tree.keySet()) {
            if (POLICY.contains(key) || key.equals("jitter")) {
                problem(
                        key,
                        "holds for all schedules; write it beside schedules, not in one of them");
            }
        }
        var own = new LinkedHashMap<>(tree);
        own.keySet().removeAll(POLICY);
        own.remove("jitter");
        checkKeys("", own, known);
        Frame frame = frame(reader, tree);
        Optional<Kind> kind = kind(reader, tree, frame.zone(), PART_KINDS);
        String name =
                ForeignText.oneLine(
                        ForeignText.line(reader.text("name").orElseGet(() -> called(tree))),
                        LONGEST_NAME);
        reader.problems().forEach(p -> problem(p.path(), p.message()));
        Set<DayOfWeek> days = EnumSet.noneOf(DayOfWeek.class);
        days.addAll(frame.days().isEmpty() ? shared.days() : frame.days());
        if (!shared.days().isEmpty()) {
            days.retainAll(shared.days());
        }
        if (days.isEmpty() && !frame.days().isEmpty()) {
            problem("days", "has no day that days beside schedules allows, so it would never run");
        }
        List<Hours> hours = Hours.common(frame.hours(), shared.hours());
        if (hours.isEmpty() && !frame.hours().isEmpty()) {
            problem(
                    "hours",
                    "has no hour that hours beside schedules allows, so it would never run");
        }
        if (kind.isEmpty() || !problems.isEmpty()) {
            return Optional.empty();
        }
        var exclusions = new ArrayList<>(shared.exclusions());
        exclusions.addAll(frame.exclusions());
        var holidays = new LinkedHashSet<>(shared.holidays());
        holidays.addAll(frame.holidays());
        ScheduleSpec spec =
                new Frame(
                                frame.zone(),
                                latest(frame.from(), shared.from()),
                                earliest(frame.until(), shared.until()),
                                days,
                                hours,
                                exclusions,
                                List.copyOf(holidays))
                        .spec(kind.get(), jitter, policy, "", name);
        checkWhole(spec);
        return Optional.of(spec);
    }

    private static String called(Map<String, Object> tree) {
        return PART_KINDS.stream()
                .filter(tree::containsKey)
                .findFirst()
                .map(kind -> kind + " " + tree.get(kind))
                .orElse("");
    }

    private static Optional<Instant> latest(Optional<Instant> one, Optional<Instant> other) {
        return one.filter(at -> other.filter(at::isBefore).isEmpty()).or(() -> other);
    }

    private static Optional<Instant> earliest(Optional<Instant> one, Optional<Instant> other) {
        return one.filter(at -> other.filter(at::isAfter).isEmpty()).or(() -> other);
    }

    private static ScheduleSpec several(
            List<ScheduleSpec> parts,
            ZoneId zone,
            Duration jitter,
            Policy policy,
            String formerly) {
        boolean begin = parts.stream().allMatch(part -> part.from().isPresent());
        return new ScheduleSpec(
                new Kind.Several(parts),
                zone,
                begin
                        ? parts.stream()
                                .flatMap(part -> part.from().stream())
                                .min(Comparator.naturalOrder())
                        : Optional.empty(),
                Optional.empty(),
                Set.of(),
                List.of(),
                List.of(),
                List.of(),
                jitter,
                policy,
                ScheduleSpec.hash(parts),
                formerly,
                "");
    }

    /** Return whether all keys are known. */
    private boolean checkKeys(String path, Map<?, ?> tree, List<String> known) {
        boolean all = true;
        for (var each : tree.entrySet()) {
            String key = String.valueOf(each.getKey());
            if (!known.contains(key)) {
                all = false;
                String hint =
                        Meant.key(key, each.getValue(), known)
                                .orElse("known are " + String.join(", ", known));
                problem(path + key, "is not a setting of a schedule; " + hint);
            }
        }
        return all;
    }

    // ---- One value each -----------------------------------------------------------------------

    private Optional<Kind> kind(
            Parameters.Reader reader, Map<String, Object> tree, ZoneId zone, List<String> kinds) {
        List<String> given = kinds.stream().filter(tree::containsKey).toList();
        if (given.isEmpty() && tree.keySet().stream().anyMatch(key -> Meant.isCalled(key, kinds))) {
            // What it means was told with that key.
            return Optional.empty();
        }
        if (given.size() != 1) {
            String all = String.join(", ", kinds);
            problem(
                    given.isEmpty() ? "" : given.getLast(),
                    given.isEmpty()
                            ? "nothing says when to run; write one of " + all
                            : "only one of %s can be given, but there are %s"
                                    .formatted(all, String.join(" and ", given)));
            return Optional.empty();
        }
        return switch (given.getFirst()) {
            case "cron" -> cron(reader, tree);
            case "every" -> every(reader, tree);
            case "once" -> instant(reader, "once", zone, false).map(Kind.Once::new);
            default -> {
                Optional<String> moment = MeantDates.moment(String.valueOf(tree.get("now")));
                if (moment.isPresent()) {
                    problem(
                            "now",
                            "'%s' is neither true nor false; write once: %s instead of now"
                                    .formatted(tree.get("now"), moment.get()));
                } else if (!flag(reader, tree, "now", true)) {
                    problem("now", "'false' is no schedule; leave it out, or write suspend: true");
                }
                yield Optional.of(new Kind.Now());
            }
        };
    }

    private Optional<Kind> cron(Parameters.Reader reader, Map<String, Object> tree) {
        if (tree.get("cron") instanceof List<?> list) {
            problem(
                    "cron",
                    "is a list, but a schedule has one expression; write one, such as \"%s\"%s"
                            .formatted(
                                    list.isEmpty() ? "0 9 * * *" : list.getFirst(),
                                    place.isEmpty() && !list.isEmpty()
                                            ? ", or all of them: " + schedules(list)
                                            : ""));
            return Optional.empty();
        }
        try {
            Optional<String> text = reader.text("cron");
            return text.isEmpty()
                    ? Optional.empty()
                    : Optional.of(new Kind.Cron(CronReader.of(text.get())));
        } catch (CronReader.Fault e) {
            problem("cron", String.valueOf(e.getMessage()));
            return Optional.empty();
        }
    }

    private Optional<Kind> every(Parameters.Reader reader, Map<String, Object> tree) {
        Object written = tree.get("every");
        if (written instanceof String text && Parameters.duration(text).isEmpty() && isCron(text)) {
            problem(
                    "every",
                    "'%s' is a cron expression; write cron: \"%s\" instead of every"
                            .formatted(text, text));
            return Optional.empty();
        }
        Optional<Duration> interval = duration(reader, tree, "every");
        if (interval.filter(each -> each.compareTo(Duration.ofSeconds(1)) < 0).isPresent()) {
            problem("every", "'%s' is shorter than 1s".formatted(written));
            return Optional.empty();
        }
        return interval.map(Kind.Every::new);
    }

    private Optional<Duration> duration(
            Parameters.Reader reader, Map<String, Object> tree, String key) {
        Object written = tree.get(key);
        boolean right = written instanceof String text && Parameters.duration(text).isPresent();
        Optional<String> meant =
                right || written == null ? Optional.empty() : Meant.setting(key, written);
        if (meant.isEmpty()) {
            return reader.duration(key);
        }
        boolean unit = String.valueOf(written).chars().anyMatch(Character::isLetter);
        problem(
                key,
                "'%s' is not a positive duration%s; write %s"
                        .formatted(written, unit ? "" : ", it has no unit", meant.get()));
        return Optional.empty();
    }

    private boolean flag(
            Parameters.Reader reader, Map<String, Object> tree, String key, boolean absent) {
        Object written = tree.get(key);
        Optional<String> meant =
                written instanceof Boolean || written == null
                        ? Optional.empty()
                        : Meant.flag(written).filter(each -> !each.equals(written));
        if (meant.isEmpty()) {
            return reader.flag(key, absent);
        }
        problem(
                key,
                "'%s' is neither true nor false; write %s: %s"
                        .formatted(written, key, meant.get()));
        return true;
    }

    private String word(
            Parameters.Reader reader,
            Map<String, Object> tree,
            String key,
            List<String> words,
            Function<Object, Optional<String>> meaning) {
        Object written = tree.get(key);
        Optional<String> meant =
                written == null || words.contains(String.valueOf(written))
                        ? Optional.empty()
                        : meaning.apply(written);
        if (meant.isEmpty()) {
            return reader.oneOf(key, words, "");
        }
        problem(
                key,
                "'%s' is none of %s; write %s: %s"
                        .formatted(written, String.join(", ", words), key, meant.get()));
        return "";
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

    private Optional<Instant> instant(
            Parameters.Reader reader, String key, ZoneId zone, boolean endOfDay) {
        return reader.text(key).flatMap(text -> instant(key, text, zone, endOfDay));
    }

    /** Read an instant; a date alone is its first moment, or its last one. */
    private Optional<Instant> instant(String key, String text, ZoneId zone, boolean endOfDay) {
        String written = text.strip().replace(' ', 'T');
        // An exclusion's end does not belong to it; a schedule's end does.
        boolean excludes = key.contains(".");
        try {
            Instant at;
            if (written.matches("\\d{4}-\\d{2}-\\d{2}")) {
                LocalDate date = LocalDate.parse(written);
                at =
                        endOfDay
                                ? date.plusDays(1)
                                        .atStartOfDay(zone)
                                        .toInstant()
                                        .minusMillis(excludes ? 0 : 1)
                                : date.atStartOfDay(zone).toInstant();
            } else {
                at =
                        written.matches(".*(Z|[+-]\\d{2}:?\\d{2})")
                                ? OffsetDateTime.parse(written).toInstant()
                                : LocalDateTime.parse(written).atZone(zone).toInstant();
            }
            Instant end = endOfDay || excludes ? NEVER : Timetable.END;
            if (at.isBefore(Instant.EPOCH) || !at.isBefore(end)) {
                problem(
                        key,
                        "'%s' is not from %d to %d; nothing fires before or after"
                                .formatted(text, Fire.FIRST_YEAR, Fire.LAST_YEAR));
                return Optional.empty();
            }
            return Optional.of(at);
        } catch (DateTimeException e) {
            problem(key, "'%s' is not a time; %s".formatted(text, MeantDates.time(key, text)));
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
            String[] range = ends(each);
            Optional<DayOfWeek> first = day(range[0]);
            Optional<DayOfWeek> last = day(range[range.length - 1]);
            if (range.length > 2 || first.isEmpty() || last.isEmpty()) {
                problem(
                        path,
                        "'%s' is not a day; %s".formatted(each, MeantDays.days(path, written)));
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

    /** Take a range apart. */
    static String[] ends(String range) {
        return Arrays.stream(range.split("-", -1)).map(String::strip).toArray(String[]::new);
    }

    /** Read {@code Mon} or {@code Monday}. */
    static Optional<DayOfWeek> day(String word) {
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
                        "'%s' is not a part of the day; %s"
                                .formatted(each, MeantDays.hours(path, written)));
            }
            hours.addAll(range);
        }
        return hours;
    }

    private Policy policy(Parameters.Reader reader, Map<String, Object> tree, ZoneId zone) {
        Suspension suspension = suspension(reader, tree, zone);
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
        StopRules stopWhen = stopRules(reader, tree);
        String overlap = word(reader, tree, "overlap", OVERLAPS, Meant::overlap);
        String missed = word(reader, tree, "missed", List.of("skip", "runOnce"), Meant::missed);
        return new Policy(
                maxRuns.isPresent() ? Optional.of(maxRuns.getAsInt()) : Optional.empty(),
                stopWhen,
                switch (overlap) {
                    case "queueAll" -> Overlap.QUEUE_ALL;
                    case "" -> Overlap.SKIP;
                    default -> Overlap.valueOf(overlap.toUpperCase(Locale.ROOT));
                },
                missed.equals("runOnce") ? Missed.RUN_ONCE : Missed.SKIP,
                duration(reader, tree, "startingDeadline"),
                history.isPresent() ? Optional.of(history.getAsInt()) : Optional.empty(),
                suspension.now(),
                suspension.until(),
                suspension.note(),
                flag(reader, tree, "pauseOnFailure", false));
    }

    private StopRules stopRules(Parameters.Reader reader, Map<String, Object> all) {
        if (!(all.get("stopWhen") instanceof Map<?, ?> map)) {
            String outcome =
                    word(reader, all, "stopWhen", List.of("failed", "passed"), Meant::outcome);
            return outcome.isEmpty()
                    ? StopRules.NONE
                    : StopRules.of(StopWhen.valueOf(outcome.toUpperCase(Locale.ROOT)));
        }
        var tree = new LinkedHashMap<String, Object>();
        map.forEach((key, value) -> tree.put(String.valueOf(key), value));
        checkKeys("stopWhen.", tree, STOP_RULES);
        if (tree.isEmpty()) {
            problem(
                    "stopWhen",
                    "says nothing; write failed, passed, or {failed: 3} for three in a row, {failedInAll: 10}");
        }
        for (String key : STOP_RULES) {
            if (tree.get(key) instanceof Boolean) {
                problem("stopWhen." + key, "is no number; write %s: 1".formatted(key));
                tree.remove(key);
            }
        }
        Parameters.Reader inner = Parameters.of(tree).read();
        List<Integer> counts =
                STOP_RULES.stream().map(key -> inner.integer(key, 1).orElse(0)).toList();
        inner.problems().forEach(p -> problem("stopWhen." + p.path(), p.message()));
        return new StopRules(counts.get(0), counts.get(1), counts.get(2), counts.get(3));
    }

    private record Suspension(boolean now, Optional<Instant> until, String note) {}

    private Suspension suspension(Parameters.Reader reader, Map<String, Object> all, ZoneId zone) {
        Object written = all.get("suspend");
        if (!(written instanceof Map<?, ?> map)) {
            Optional<String> meant =
                    written instanceof String text ? Meant.suspension(text) : Optional.empty();
            if (meant.isPresent()) {
                problem(
                        "suspend",
                        "'%s' is neither true nor false; write %s".formatted(written, meant.get()));
                return new Suspension(true, Optional.empty(), "");
            }
            if (written instanceof String text && Meant.flag(text).isEmpty()) {
                problem(
                        "suspend",
                        "'%s' is neither true nor false; write true, or {until: 2027-01-31, note: why}"
                                .formatted(text));
                return new Suspension(true, Optional.empty(), "");
            }
            return new Suspension(flag(reader, all, "suspend", false), Optional.empty(), "");
        }
        var tree = new LinkedHashMap<String, Object>();
        map.forEach((key, value) -> tree.put(String.valueOf(key), value));
        if (tree.containsKey("from")) {
            problem(
                    "suspend.from",
                    "is not a setting of a schedule; for a time that begins later, write exclude: [{from: %s, until: %s}]"
                            .formatted(
                                    tree.remove("from"), tree.getOrDefault("until", "2027-01-31")));
        }
        checkKeys("suspend.", tree, List.of("until", "note"));
        Parameters.Reader inner = Parameters.of(tree).read();
        if (tree.isEmpty()) {
            problem("suspend", "says nothing; write true, or {until: 2027-01-31, note: why}");
        }
        Optional<Instant> until =
                inner.text("until").flatMap(text -> instant("suspend.until", text, zone, true));
        String note = inner.text("note").orElse("");
        inner.problems().forEach(p -> problem("suspend." + p.path(), p.message()));
        return new Suspension(true, until, note);
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
        if (!checkKeys(path + ".", written.tree(), EXCLUSION)) {
            return;
        }
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
            if (reader.texts("dates").isEmpty()) {
                problem(path + ".dates", "names no date, so nothing is excluded; leave it out");
            }
            for (String date : reader.texts("dates")) {
                date(path + ".dates", date, name, result);
            }
        } else if (span) {
            int before = problems.size();
            Optional<Instant> from =
                    reader.text("from").flatMap(t -> instant(path + ".from", t, zone, false));
            Optional<Instant> until =
                    reader.text("until").flatMap(t -> instant(path + ".until", t, zone, true));
            if (!reader.has("from") || !reader.has("until")) {
                if (problems.size() == before) {
                    problem(path, "give both from and until");
                }
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
                    "'%s' is not a date; %s".formatted(text, MeantDates.exclusion(path, text)));
        }
    }

    private List<String> holidays(Parameters.Reader reader) {
        List<String> names =
                reader.texts("holidays").stream()
                        .flatMap(text -> Arrays.stream(text.split(",", -1)))
                        .map(String::strip)
                        .distinct()
                        .toList();
        if (reader.has("holidays") && names.isEmpty()) {
            problem("holidays", "names no list; leave it out");
        }
        if (names.size() > MOST_LISTS) {
            problem(
                    "holidays",
                    "names %d lists, and %d are the most".formatted(names.size(), MOST_LISTS));
            return List.of();
        }
        for (String name : names) {
            if (name.matches("\\d{4}-\\d{2}-\\d{2}") || name.matches("\\d{2}-\\d{2}")) {
                problem("holidays", "'%s' is a day; write it under exclude".formatted(name));
            } else if (name.length() > LONGEST_LIST
                    || !name.matches(
                            "[a-z0-9]++(?:-++[a-z0-9]++)*+(?:\\.[a-z0-9]++(?:-++[a-z0-9]++)*+)*+")) {
                problem(
                        "holidays",
                        "'%s' is not the name of a ConfigMap, such as bank-holidays"
                                .formatted(
                                        ForeignText.oneLine(ForeignText.line(name), LONGEST_NAME)));
            }
        }
        return names;
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
            case Kind.Once _, Kind.Cron _, Kind.Now _, Kind.Several _ -> {}
            case Kind.Every(Duration interval) -> {
                if (spec.jitter().compareTo(interval) >= 0) {
                    sharedProblem(
                            "jitter",
                            "must be shorter than every, or runs would change places; the longest is "
                                    + longestJitter(interval));
                }
            }
        }
        if (!problems.isEmpty()) {
            return;
        }
        if (fires(spec, spec.until(), spec.days(), spec.hours(), spec.exclusions()).isPresent()) {
            return;
        }
        Optional<Instant> named = fires(spec, Optional.empty(), Set.of(), List.of(), List.of());
        if (named.isEmpty()) {
            neverNamed(spec, start);
            return;
        }
        Optional<Instant> first =
                fires(spec, Optional.empty(), spec.days(), spec.hours(), spec.exclusions());
        if (first.isPresent()) {
            problem(
                    "until",
                    "'%s' is before the first fire at %s, so nothing would ever run; write a later one, or leave it out"
                            .formatted(spec.until().orElseThrow(), first.get()));
            return;
        }
        var blamed = new ArrayList<String>();
        if (fires(spec, Optional.empty(), Set.of(), spec.hours(), spec.exclusions()).isPresent()) {
            blamed.add("days");
        }
        if (fires(spec, Optional.empty(), spec.days(), List.of(), spec.exclusions()).isPresent()) {
            blamed.add("hours");
        }
        if (fires(spec, Optional.empty(), spec.days(), spec.hours(), List.of()).isPresent()) {
            blamed.add("exclude");
        }
        problem(
                blamed.isEmpty() ? "" : blamed.getFirst(),
                "nothing would ever run: days, hours and exclude leave no time that fires; the first would be %s%s"
                        .formatted(
                                named.get().atZone(spec.zone()).toOffsetDateTime(),
                                blamed.isEmpty()
                                        ? ""
                                        : ", so change %s or when it fires"
                                                .formatted(String.join(", or ", blamed))));
    }

    /** In whole seconds, where there are some. */
    private static String longestJitter(Duration interval) {
        Duration longest = interval.minusMillis(1);
        return TimeWords.of(
                longest.toSeconds() == 0 ? longest : longest.truncatedTo(ChronoUnit.SECONDS));
    }

    private void neverNamed(ScheduleSpec spec, Instant start) {
        if (spec.kind() instanceof Kind.Once(Instant at)) {
            problem("once", "'%s' is before from, so nothing would ever run".formatted(at));
            return;
        }
        problem(
                "cron",
                "names no time from %s on: its years are over; leave the year out, or write *"
                        .formatted(start));
    }

    private Optional<Instant> fires(
            ScheduleSpec spec,
            Optional<Instant> until,
            Set<DayOfWeek> days,
            List<Hours> hours,
            List<Exclusion> exclusions) {
        var part =
                new ScheduleSpec(
                        spec.kind(),
                        spec.zone(),
                        spec.from(),
                        until,
                        days,
                        hours,
                        exclusions,
                        List.of(),
                        spec.jitter(),
                        spec.policy(),
                        spec.hash(),
                        spec.formerly(),
                        spec.name());
        Timetable timetable = Timetable.of(part, anchor, 0);
        return timetable.next(timetable.beginning());
    }

    /** The name of its words, from which everything but the policy counted. */
    private static String formerly(Map<String, Object> tree) {
        var timing = new TreeMap<>(tree);
        timing.keySet().removeAll(POLICY);
        var crc = new CRC32();
        crc.update(timing.toString().getBytes(StandardCharsets.UTF_8));
        return String.format(Locale.ROOT, "%08x", crc.getValue());
    }

    /** Say what is wrong with what stands beside the list, if this reads one of several. */
    private void sharedProblem(String key, String message) {
        problems.add(
                new Problem(
                        "schedule." + key,
                        place.isEmpty()
                                ? message
                                : "for %s: %s"
                                        .formatted(
                                                place.substring(0, place.length() - 1), message)));
    }

    private void problem(String key, String message) {
        String path = (place + key).replaceFirst("\\.$", "");
        problems.add(new Problem(path.isEmpty() ? "schedule" : "schedule." + path, message));
    }
}
