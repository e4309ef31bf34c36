package io.chaosrunner.schedule;

import io.chaosrunner.config.YamlText;
import io.chaosrunner.crd.WrittenTime;
import io.chaosrunner.model.ForeignText;
import io.chaosrunner.strategy.InvalidParameters;
import io.chaosrunner.strategy.InvalidParameters.Problem;
import io.chaosrunner.strategy.Parameters;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A view of a Litmus ChaosSchedule, and what it means in the settings of a {@link ScheduleSpec}.
 * Pure.
 *
 * <p>What its fields cannot say, such as a time zone or holidays, an annotation {@value
 * ScheduleSpec#ANNOTATION} of its own adds.
 *
 * @param json the whole object, as read
 */
public record ChaosScheduleSettings(ObjectNode json) {
    private static final int MINUTES = 60;
    private static final int HOURS = 24;
    private static final List<String> DAYS =
            List.of("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat");
    private static final String INTERVAL = "repeat.properties.minChaosInterval";

    private static final int LONGEST_QUOTE = 80;
    private static final Set<String> FLAGS = Set.of("now", "repeat.properties.random");
    private static final List<String> KINDS = List.of("now", "once", "repeat");
    private static final List<String> SPEC =
            List.of("schedule", "scheduleState", "concurrencyPolicy", "engineTemplateSpec");

    /** All that can be said in {@code spec.schedule}. */
    private static final List<String> FIELDS =
            List.of(
                    "now",
                    "once.executionTime",
                    "repeat.timeRange.startTime",
                    "repeat.timeRange.endTime",
                    INTERVAL + ".minute.everyNthMinute",
                    INTERVAL + ".hour.everyNthHour",
                    INTERVAL + ".hour.minuteOfTheHour",
                    "repeat.properties.random",
                    "repeat.workHours.includedHours",
                    "repeat.workDays.includedDays");

    /** What an annotation adds. */
    private static final List<String> OWN =
            Stream.of(List.of("timeZone", "exclude", "holidays", "jitter"), PolicyReader.KEYS)
                    .flatMap(List::stream)
                    .toList();

    /** Where the settings come from. */
    private static final Map<String, String> ORIGINS =
            Map.of(
                    "now", "spec.schedule.now",
                    "once", "spec.schedule.once.executionTime",
                    "from", "spec.schedule.repeat.timeRange.startTime",
                    "until", "spec.schedule.repeat.timeRange.endTime",
                    "cron", "spec.schedule." + INTERVAL,
                    "every", "spec.schedule." + INTERVAL,
                    "jitter", "spec.schedule.repeat.properties.random",
                    "hours", "spec.schedule.repeat.workHours.includedHours",
                    "days", "spec.schedule.repeat.workDays.includedDays",
                    "overlap", "spec.concurrencyPolicy");

    /** What somebody wants of a schedule. */
    public enum State {
        /** It fires. */
        ACTIVE,
        /** It fires nothing for now. */
        HALT,
        /** It fires nothing, and what runs is stopped. */
        STOP,
        /** It is over. */
        COMPLETE
    }

    public String name() {
        return metadata().path("name").asString("");
    }

    public String namespace() {
        return metadata().path("namespace").asString("");
    }

    public String uid() {
        return metadata().path("uid").asString("");
    }

    public Instant created() {
        return WrittenTime.read(metadata().path("creationTimestamp").asString(""))
                .orElse(Instant.EPOCH);
    }

    public boolean deleting() {
        return !metadata().path("deletionTimestamp").isMissingNode();
    }

    /**
     * Return what is wanted of it.
     *
     * @throws InvalidParameters if it is none of Litmus' words
     */
    public State state() {
        String word = spec().path("scheduleState").asString("");
        return switch (word.toLowerCase(Locale.ROOT)) {
            case "", "active" -> State.ACTIVE;
            case "halt" -> State.HALT;
            case "stop" -> State.STOP;
            case "complete" -> State.COMPLETE;
            default ->
                    throw new InvalidParameters(
                            List.of(
                                    new Problem(
                                            "spec.scheduleState",
                                            "'%s' is none of active, halt, stop, complete%s"
                                                    .formatted(word, write(Meant.state(word))))));
        };
    }

    /** Return the spec of the engine to drive, without its state. */
    public ObjectNode template() {
        ObjectNode template =
                spec().path("engineTemplateSpec") instanceof ObjectNode given
                        ? given.deepCopy()
                        : json.objectNode();
        template.remove("engineState");
        return template;
    }

    /** Return a short name for the engine this asks for, which changes whenever that does. */
    public String hash() {
        var crc = new CRC32();
        ObjectNode all = json.objectNode();
        all.set("spec", template());
        all.set("labels", metadata().path("labels"));
        all.set("annotations", metadata().path("annotations"));
        crc.update(all.toString().getBytes(StandardCharsets.UTF_8));
        return String.format("%08x", crc.getValue());
    }

    public JsonNode metadata() {
        return json.path("metadata");
    }

    private JsonNode spec() {
        return json.path("spec");
    }

    // ---- What it means ------------------------------------------------------------------------

    /**
     * Return the schedule it means.
     *
     * @param flags overriding values, by the keys of {@link ScheduleSpec}
     * @throws InvalidParameters listing every problem, by the object's own fields
     */
    public ScheduleSpec spec(Map<String, ?> flags) {
        return spec(flags, new ScheduleReading());
    }

    /** Return it with what remembers how it was read last. */
    public ScheduleSpec spec(Map<String, ?> flags, ScheduleReading reading) {
        var settings = new LinkedHashMap<>(settings());
        settings.putAll(flags);
        try {
            return reading.of(Optional.empty(), settings, created()).orElseThrow();
        } catch (InvalidParameters e) {
            Set<String> own = ownSettings().keySet();
            throw new InvalidParameters(
                    e.problems().stream()
                            .map(problem ->
                                    new Problem(
                                            origin(problem.path(), own, flags.keySet()),
                                            problem.message()))
                            .toList());
        }
    }

    private static String origin(String path, Set<String> own, Set<String> flags) {
        String key = path.replaceFirst("^schedule\\.?", "");
        String setting = key.replaceFirst("[.\\[].*", "");
        if (flags.contains(setting)) {
            return path;
        }
        if (own.contains(setting)) {
            return "metadata.annotations[%s].%s".formatted(ScheduleSpec.ANNOTATION, key);
        }
        return ORIGINS.getOrDefault(setting, "spec." + path);
    }

    /**
     * Return the settings it means, by the keys of {@link ScheduleSpec}.
     *
     * @throws InvalidParameters listing every problem of their own; {@link #spec} checks the whole
     */
    public Map<String, Object> settings() {
        var problems = new ArrayList<Problem>();
        var settings = new LinkedHashMap<String, Object>();
        JsonNode schedule = spec().path("schedule");
        checkFields(schedule, problems);
        checkSpec(problems);
        List<String> kinds =
                KINDS.stream()
                        .filter(kind -> schedule.path(kind).isObject() || isTrue(schedule, kind))
                        .toList();
        if (kinds.size() > 1) {
            problem(
                    problems,
                    kinds.getLast(),
                    "only one of now, once and repeat can be given, but there are "
                            + String.join(" and ", kinds));
        }
        if (schedule.path("now").asBoolean(false)) {
            settings.put("now", true);
        } else if (schedule.path("once").isObject()) {
            time(schedule.path("once"), "once", "executionTime", problems)
                    .ifPresentOrElse(
                            at -> {
                                // Litmus runs at once what should have run before it was made.
                                if (at.isBefore(created())) {
                                    settings.put("now", true);
                                } else {
                                    settings.put("once", at.toString());
                                }
                            },
                            () -> {
                                if (problems.isEmpty()) {
                                    problem(problems, "once.executionTime", "is missing");
                                }
                            });
        } else if (schedule.path("repeat").isObject()) {
            repeat(schedule.path("repeat"), settings, problems);
        } else if (problems.isEmpty()) {
            problem(problems, "", "names none of now: true, once and repeat");
        }
        overlap(settings, problems);
        if (!problems.isEmpty()) {
            throw new InvalidParameters(problems);
        }
        settings.putAll(ownSettings());
        return settings;
    }

    private void repeat(JsonNode repeat, Map<String, Object> settings, List<Problem> problems) {
        Optional<Instant> start =
                time(repeat.path("timeRange"), "repeat.timeRange", "startTime", problems);
        start.ifPresent(at -> settings.put("from", at.toString()));
        time(repeat.path("timeRange"), "repeat.timeRange", "endTime", problems)
                .ifPresent(at -> settings.put("until", at.toString()));
        includedDays(repeat.path("workDays").path("includedDays").asString(""), problems)
                .ifPresent(days -> settings.put("days", days));
        List<Window> windows =
                includedHours(
                        repeat.path("workHours").path("includedHours").asString(""), problems);
        if (!windows.isEmpty()) {
            settings.put("hours", join(windows, Window::hours));
        }
        JsonNode interval = repeat.path("properties").path("minChaosInterval");
        JsonNode minute = interval.path("minute");
        JsonNode hour = interval.path("hour");
        OptionalInt every = OptionalInt.empty();
        if (minute.isObject() && hour.isObject()) {
            problem(problems, INTERVAL, "gives both minute and hour; give one");
        } else if (minute.isObject()) {
            every = number(minute, INTERVAL + ".minute", "everyNthMinute", 1, problems);
        } else if (hour.isObject()) {
            every = number(hour, INTERVAL + ".hour", "everyNthHour", 1, problems);
            if (hour.path("minuteOfTheHour").asInt(0) >= MINUTES) {
                problem(
                        problems,
                        INTERVAL + ".hour.minuteOfTheHour",
                        "must be from 0 to 59, but is " + hour.path("minuteOfTheHour").asInt());
            }
        } else if (!minute.isMissingNode()) {
            problem(problems, INTERVAL + ".minute", noInterval("everyNthMinute", minute, 30));
        } else if (!hour.isMissingNode()) {
            problem(problems, INTERVAL + ".hour", noInterval("everyNthHour", hour, 2));
        } else if (!interval.isObject() || interval.isEmpty()) {
            // What else it has is told already, as nobody reads it.
            problem(problems, INTERVAL, noInterval(interval));
        }
        OptionalInt past =
                hour.has("minuteOfTheHour")
                        ? number(hour, INTERVAL + ".hour", "minuteOfTheHour", 0, problems)
                        : OptionalInt.of(0);
        if (every.isEmpty() || past.isEmpty() || !problems.isEmpty()) {
            return;
        }
        int n = every.getAsInt();
        Duration length = hour.isObject() ? Duration.ofHours(n) : Duration.ofMinutes(n);
        if (!hour.isObject() && MINUTES % n == 0 && n < MINUTES) {
            settings.put("cron", "*/" + n + " * * * *");
        } else {
            interval(length, past.getAsInt(), windows, start, settings);
        }
        if (repeat.path("properties").path("random").asBoolean(false)) {
            // Anywhere in the interval; the next one's begins a second later.
            settings.put("jitter", length.toSeconds() - 1 + "s");
        }
    }

    /**
     * Take a wall clock's hours where they divide the day, or begin each window with its first
     * hour, as Litmus does; else a true distance, without a wrap.
     */
    private void interval(
            Duration length,
            int minute,
            List<Window> windows,
            Optional<Instant> start,
            Map<String, Object> settings) {
        boolean whole = length.toMinutes() % MINUTES == 0;
        long hours = length.toHours();
        if (whole && hours == 1) {
            settings.put("cron", minute + " * * * *");
        } else if (whole && hours <= HOURS && !windows.isEmpty()) {
            settings.put(
                    "cron",
                    "%d %s * * *".formatted(minute, join(windows, window -> window.every(hours))));
        } else if (whole && HOURS % hours == 0) {
            settings.put(
                    "cron", "%d %s * * *".formatted(minute, hours == HOURS ? "0" : "*/" + hours));
        } else {
            settings.put("every", whole ? hours + "h" : length.toMinutes() + "m");
            if (whole || !windows.isEmpty()) {
                Instant from = atMinute(start.orElse(created()), minute, windows);
                settings.put("from", from.toString());
            }
        }
    }

    private static String noInterval(String key, JsonNode written, int example) {
        int n = written.asInt(0);
        return "'%s' is no interval; write {%s: %d}"
                .formatted(written.asString(""), key, n > 0 ? n : example);
    }

    private static String write(Optional<String> meant) {
        return meant.map("; write "::concat).orElse("");
    }

    private static Optional<Duration> length(String written) {
        return Parameters.duration(written)
                .or(() -> Meant.duration(written).flatMap(Parameters::duration))
                .filter(length -> !length.isZero());
    }

    private static String noInterval(JsonNode interval) {
        String example = "minute: {everyNthMinute: 30} or hour: {everyNthHour: 2}";
        String written = interval.asString("");
        Optional<Duration> meant = length(written);
        if (meant.isPresent()) {
            long minutes = Math.max(1, meant.get().toMinutes());
            example =
                    minutes % MINUTES == 0
                            ? "hour: {everyNthHour: %d}".formatted(minutes / MINUTES)
                            : "minute: {everyNthMinute: %d}".formatted(minutes);
        }
        return interval.isObject() || interval.isMissingNode()
                ? "gives neither minute.everyNthMinute nor hour.everyNthHour; write " + example
                : "'%s' is no interval; write %s".formatted(written, example);
    }

    /** Return the first such minute of an hour, or of the first window's hour, from an instant. */
    private Instant atMinute(Instant start, int minute, List<Window> windows) {
        ZonedDateTime at = start.atZone(zone()).truncatedTo(ChronoUnit.HOURS).plusMinutes(minute);
        while (at.toInstant().isBefore(start)
                || !windows.isEmpty() && at.getHour() != windows.getFirst().first()) {
            at = at.plusHours(1);
        }
        return at.toInstant();
    }

    /** Return the zone that the annotation names; one that there is not is told later. */
    private ZoneId zone() {
        try {
            return ZoneId.of(String.valueOf(ownSettings().getOrDefault("timeZone", "UTC")));
        } catch (DateTimeException e) {
            return ZoneOffset.UTC;
        }
    }

    /** Some hours of the day; both belong to it. */
    private record Window(int first, int last) {
        String hours() {
            return first + "-" + (last + 1);
        }

        String every(long hours) {
            int length = Math.floorMod(last - first, HOURS);
            return hours > length
                    ? String.valueOf(first)
                    : "%d-%d/%d".formatted(first, last, hours);
        }
    }

    private static String join(List<Window> windows, Function<Window, String> text) {
        return windows.stream().map(text).distinct().collect(Collectors.joining(","));
    }

    /** Litmus counts the last hour in; a list is a list of whole hours. Empty means all hours. */
    private static List<Window> includedHours(String text, List<Problem> problems) {
        var windows = new ArrayList<Window>();
        for (String part : text.isBlank() ? new String[0] : text.split(",", -1)) {
            String[] ends = Frame.ends(part);
            Optional<Integer> first = hour(ends[0]);
            Optional<Integer> last = hour(ends[ends.length - 1]);
            if (ends.length > 2 || first.isEmpty() || last.isEmpty()) {
                problem(
                        problems,
                        "repeat.workHours.includedHours",
                        "'%s' is not an hour; write %s"
                                .formatted(
                                        part.strip(),
                                        list(MeantDays.wholeHours(text))
                                                .orElse("8, 0-12 or a list such as 8,10")));
                return List.of();
            }
            if (first.get() == (last.get() + 1) % HOURS) {
                return List.of();
            }
            windows.add(new Window(first.get(), last.get()));
        }
        return windows;
    }

    /** Write a list as these fields have it. */
    private static Optional<String> list(Optional<String> meant) {
        return meant.map(each -> each.replace("[", "").replace("]", "").replace(" ", ""));
    }

    private static Optional<Integer> hour(String text) {
        return text.matches("[01]?\\d|2[0-3]")
                ? Optional.of(Integer.parseInt(text))
                : Optional.empty();
    }

    /** Litmus counts days from 0 for Sunday, where they are not named. */
    private static Optional<String> includedDays(String text, List<Problem> problems) {
        if (text.isBlank()) {
            return Optional.empty();
        }
        var days = new ArrayList<String>();
        for (String part : text.split(",", -1)) {
            String[] ends = Frame.ends(part);
            List<String> names =
                    Arrays.stream(ends)
                            .map(ChaosScheduleSettings::day)
                            .flatMap(Optional::stream)
                            .toList();
            if (ends.length > 2 || names.size() < ends.length) {
                problem(
                        problems,
                        "repeat.workDays.includedDays",
                        "'%s' is not a day; write %s"
                                .formatted(
                                        part.strip(),
                                        list(MeantDays.days(text, true))
                                                .orElse(
                                                        "Mon, Mon-Fri, 0 for Sunday, 1-5, or a list")));
                return Optional.empty();
            }
            days.add(String.join("-", names));
        }
        return Optional.of(String.join(",", days));
    }

    private static Optional<String> day(String text) {
        return text.matches("[0-7]")
                ? Optional.of(DAYS.get(Integer.parseInt(text) % DAYS.size()))
                : Frame.day(text).map(_ -> text);
    }

    private static OptionalInt number(
            JsonNode parent, String path, String key, int least, List<Problem> problems) {
        JsonNode written = parent.path(key);
        int n = written.asInt(least - 1);
        boolean fraction = written.isNumber() && !written.isIntegralNumber();
        if (n < least || fraction) {
            Duration unit =
                    key.equals("everyNthMinute") ? Duration.ofMinutes(1) : Duration.ofHours(1);
            Optional<Long> meant =
                    length(written.asString(""))
                            .filter(length -> length.toMillis() % unit.toMillis() == 0)
                            .map(length -> length.dividedBy(unit));
            problem(
                    problems,
                    path + "." + key,
                    "must be %sat least %d, but is %s%s"
                            .formatted(
                                    fraction ? "a whole number of " : "",
                                    least,
                                    written.asString("missing"),
                                    write(meant.map(each -> key + ": " + each))));
            return OptionalInt.empty();
        }
        return OptionalInt.of(n);
    }

    private static boolean isTrue(JsonNode parent, String key) {
        return parent.path(key).asBoolean(false);
    }

    /** Other fields that nobody knows are kept, as a later Litmus may; one letter off is a slip. */
    private void checkSpec(List<Problem> problems) {
        for (String key : spec().propertyNames()) {
            if (!SPEC.contains(key)) {
                Parameters.nearest(key, SPEC)
                        .map("did you mean '%s'?"::formatted)
                        .or(() ->
                                Meant.called(key, OWN)
                                        .map(own ->
                                                own.equals("suspend")
                                                        ? "write scheduleState: halt"
                                                        : "write %s in the annotation %s"
                                                                .formatted(
                                                                        own,
                                                                        ScheduleSpec.ANNOTATION)))
                        .ifPresent(hint ->
                                problems.add(
                                        new Problem(
                                                "spec." + key, "is not read by anybody; " + hint)));
            }
        }
    }

    /** Tell of what nobody reads: an end that is overlooked lets chaos go on. */
    private static void checkFields(JsonNode schedule, List<Problem> problems) {
        if (schedule.isObject() || schedule.isMissingNode() || schedule.isNull()) {
            checkFields("", schedule, problems);
        } else {
            problem(
                    problems,
                    "",
                    "'%s' is no schedule; write now: true, once or repeat; a cron expression is a setting of a ChaosEngine's annotation %s"
                            .formatted(
                                    ForeignText.oneLine(
                                            schedule.asString(schedule.toString()), LONGEST_QUOTE),
                                    ScheduleSpec.ANNOTATION));
        }
    }

    /** What has another shape than it should would be overlooked: an end, or all days but some. */
    private static void checkShape(String path, JsonNode node, List<Problem> problems) {
        String example = node.asString(node.toString());
        if (FIELDS.contains(path)) {
            if (node.isContainer()) {
                String items =
                        node.isArray()
                                ? node.valueStream()
                                        .map(each -> each.asString(each.toString()))
                                        .collect(Collectors.joining(","))
                                : "";
                problem(
                        problems,
                        path,
                        "%s is no single value%s"
                                .formatted(
                                        ForeignText.oneLine(example, LONGEST_QUOTE),
                                        items.isEmpty() ? "" : "; write \"" + items + "\""));
            } else if (FLAGS.contains(path) && !node.isBoolean() && !node.isNull()) {
                String word = node.asString("");
                if (!word.equals("true") && !word.equals("false")) {
                    problem(
                            problems,
                            path,
                            "'%s' is neither true nor false%s"
                                    .formatted(example, write(Meant.flag(word))));
                }
            }
        } else if (node.isObject() || node.isNull() || node.asString("").equals("false")) {
            checkFields(path, node, problems);
        } else if (!path.equals(INTERVAL)
                && !path.equals(INTERVAL + ".minute")
                && !path.equals(INTERVAL + ".hour")) {
            List<String> inner = settings(path);
            String name = path.substring(path.lastIndexOf('.') + 1);
            boolean one = inner.size() == 1;
            String quoted = ForeignText.oneLine(example, LONGEST_QUOTE);
            problem(
                    problems,
                    path,
                    one
                            ? "'%s' is no map of settings; write %s: {%s: %s}"
                                    .formatted(quoted, name, inner.getFirst(), quoted)
                            : "'%s' is no map of settings; known are %s"
                                    .formatted(quoted, String.join(", ", inner)));
        }
    }

    /** Return what can be said at a path. */
    private static List<String> settings(String path) {
        return FIELDS.stream()
                .filter(field -> path.isEmpty() || field.startsWith(path + "."))
                .map(field -> path.isEmpty() ? field : field.substring(path.length() + 1))
                .map(field -> field.replaceFirst("\\..*", ""))
                .distinct()
                .toList();
    }

    private static void checkFields(String path, JsonNode node, List<Problem> problems) {
        List<String> known = settings(path);
        for (Map.Entry<String, JsonNode> each : node.properties()) {
            String key = each.getKey();
            if (known.contains(key)) {
                checkShape(path.isEmpty() ? key : path + "." + key, each.getValue(), problems);
                continue;
            }
            String hint =
                    FIELDS.stream()
                            .filter(field -> field.endsWith("." + key))
                            .findFirst()
                            .map(field -> "write spec.schedule." + field)
                            .or(() ->
                                    Parameters.nearest(key, known)
                                            .map(near -> "did you mean '" + near + "'?"))
                            .or(() ->
                                    Meant.called(key, OWN)
                                            .map(own ->
                                                    "write %s in the annotation %s"
                                                            .formatted(
                                                                    own, ScheduleSpec.ANNOTATION)))
                            .orElse("known are " + String.join(", ", known));
            problem(
                    problems,
                    path.isEmpty() ? key : path + "." + key,
                    "is not read by anybody; " + hint);
        }
    }

    /** One engine has one run at a time, so {@code Allow} is as {@code Forbid}. */
    private void overlap(Map<String, Object> settings, List<Problem> problems) {
        String policy = spec().path("concurrencyPolicy").asString("");
        switch (policy) {
            case "", "Forbid", "Allow" -> {}
            case "Replace" -> settings.put("overlap", "replace");
            default ->
                    problems.add(
                            new Problem(
                                    "spec.concurrencyPolicy",
                                    "'%s' is none of Allow, Forbid, Replace%s"
                                            .formatted(policy, write(policy(policy)))));
        }
    }

    private static Optional<String> policy(String written) {
        return Meant.overlap(written)
                .map(each ->
                        switch (each) {
                            case "skip" -> "Forbid";
                            case "replace" -> "Replace";
                            default ->
                                    "overlap: %s in the annotation %s"
                                            .formatted(each, ScheduleSpec.ANNOTATION);
                        });
    }

    private Map<String, Object> ownSettings() {
        String text = metadata().path("annotations").path(ScheduleSpec.ANNOTATION).asString("");
        var settings = new LinkedHashMap<String, Object>();
        if (text.isBlank()) {
            return settings;
        }
        String why = "expected keys and values, such as 'timeZone: Europe/Berlin'";
        try {
            if (YamlText.load(text) instanceof Map<?, ?> map) {
                map.forEach((key, value) -> settings.put(String.valueOf(key), value));
                return settings;
            }
        } catch (YamlText.Unusable e) {
            why = String.valueOf(e.getMessage());
        }
        throw new InvalidParameters(
                List.of(new Problem("metadata.annotations[" + ScheduleSpec.ANNOTATION + "]", why)));
    }

    private static Optional<Instant> time(
            JsonNode parent, String path, String key, List<Problem> problems) {
        String text = parent.path(key).asString("");
        if (text.isBlank()) {
            return Optional.empty();
        }
        try {
            return Optional.of(WrittenTime.parse(text));
        } catch (DateTimeException e) {
            problem(
                    problems,
                    path + "." + key,
                    "'%s' is not a time; write %s"
                            .formatted(text, meant(key, text).orElse("2027-01-31T09:00:00Z")));
            return Optional.empty();
        }
    }

    /** Write a time in UTC; a date alone is its first moment, or its last. */
    private static Optional<String> meant(String key, String text) {
        return MeantDates.moment(text)
                .map(each ->
                        each.indexOf('T') > 0
                                ? each + (each.length() == "2027-01-31T09:00".length() ? ":00" : "")
                                : each + (key.equals("endTime") ? "T23:59:59" : "T00:00:00"))
                .map(each -> each + (each.endsWith("Z") ? "" : "Z"))
                .filter(each -> WrittenTime.read(each).isPresent())
                .or(() ->
                        MeantDates.ends(text)
                                .map(ends ->
                                        "startTime: %sT00:00:00Z and endTime: %sT23:59:59Z"
                                                .formatted(ends.first(), ends.last()))
                                .filter(_ ->
                                        !key.equals("executionTime") && text.indexOf(':') < 0));
    }

    private static void problem(List<Problem> problems, String path, String message) {
        problems.add(new Problem("spec.schedule" + (path.isEmpty() ? "" : "." + path), message));
    }
}
