package io.chaosrunner.schedule;

import io.chaosrunner.strategy.InvalidParameters;
import io.chaosrunner.strategy.InvalidParameters.Problem;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * View a Litmus ChaosSchedule, and say what it means in the settings of a {@link ScheduleSpec}.
 * Pure.
 *
 * <p>What its fields cannot say, such as a time zone or holidays, an annotation {@value
 * ScheduleSpec#ANNOTATION} of its own adds.
 *
 * @param json the whole object, as read
 */
record LitmusSchedule(ObjectNode json) {
    private static final int MINUTES = 60;
    private static final int HOURS = 24;

    /** Name what somebody wants of a schedule. */
    enum State {
        /** It fires. */
        ACTIVE,
        /** It fires nothing for now. */
        HALT,
        /** It fires nothing, and what runs is stopped. */
        STOP,
        /** It is over. */
        COMPLETE
    }

    String name() {
        return metadata().path("name").asString("");
    }

    String namespace() {
        return metadata().path("namespace").asString("");
    }

    String uid() {
        return metadata().path("uid").asString("");
    }

    Instant created() {
        return Instant.parse(metadata().path("creationTimestamp").asString());
    }

    boolean deleting() {
        return !metadata().path("deletionTimestamp").isMissingNode();
    }

    /**
     * Return what is wanted of it.
     *
     * @throws InvalidParameters if it is none of Litmus' words
     */
    State state() {
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
                                            "'%s' is none of active, halt, stop, complete"
                                                    .formatted(word))));
        };
    }

    /** Return the spec of the engine to drive, without its state. */
    ObjectNode template() {
        ObjectNode template =
                spec().path("engineTemplateSpec") instanceof ObjectNode given
                        ? given.deepCopy()
                        : json.objectNode();
        template.remove("engineState");
        return template;
    }

    /** Return a short name for the engine this asks for, which changes whenever that does. */
    String hash() {
        var crc = new CRC32();
        ObjectNode all = json.objectNode();
        all.set("spec", template());
        all.set("labels", metadata().path("labels"));
        all.set("annotations", metadata().path("annotations"));
        crc.update(all.toString().getBytes(StandardCharsets.UTF_8));
        return String.format("%08x", crc.getValue());
    }

    JsonNode metadata() {
        return json.path("metadata");
    }

    private JsonNode spec() {
        return json.path("spec");
    }

    // ---- What it means ------------------------------------------------------------------------

    /**
     * Return the settings it means, by the keys of {@link ScheduleSpec}.
     *
     * @throws InvalidParameters listing every problem
     */
    Map<String, Object> settings() {
        var problems = new ArrayList<Problem>();
        var settings = new LinkedHashMap<String, Object>();
        JsonNode schedule = spec().path("schedule");
        if (schedule.path("now").asBoolean(false)) {
            settings.put("now", true);
        } else if (schedule.path("once").isObject()) {
            time(schedule.path("once"), "once", "executionTime", problems)
                    .ifPresentOrElse(
                            at -> settings.put("once", at.toString()),
                            () -> {
                                if (problems.isEmpty()) {
                                    problem(problems, "once.executionTime", "is missing");
                                }
                            });
        } else if (schedule.path("repeat").isObject()) {
            repeat(schedule.path("repeat"), settings, problems);
        } else {
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
        JsonNode properties = repeat.path("properties");
        JsonNode interval = properties.path("minChaosInterval");
        Optional<Duration> every = Optional.empty();
        if (interval.path("minute").isObject() && interval.path("hour").isObject()) {
            problem(
                    problems,
                    "repeat.properties.minChaosInterval",
                    "gives both minute and hour; give one");
        } else if (interval.path("minute").isObject()) {
            every = minutes(interval.path("minute"), settings, problems);
        } else if (interval.path("hour").isObject()) {
            every = hours(interval.path("hour"), start.orElse(created()), settings, problems);
        } else {
            problem(
                    problems,
                    "repeat.properties.minChaosInterval",
                    "gives neither minute.everyNthMinute nor hour.everyNthHour");
        }
        if (properties.path("random").asBoolean(false)) {
            // Anywhere in the interval; the next one's begins a second later.
            every.map(length -> length.minusSeconds(1).toSeconds() + "s")
                    .ifPresent(most -> settings.put("jitter", most));
        }
        String days = repeat.path("workDays").path("includedDays").asString("");
        if (!days.isBlank()) {
            settings.put("days", days);
        }
        includedHours(repeat.path("workHours").path("includedHours").asString(""), problems)
                .ifPresent(hours -> settings.put("hours", hours));
    }

    /** A wall clock's minutes where they divide the hour; else a true distance, without a wrap. */
    private static Optional<Duration> minutes(
            JsonNode minute, Map<String, Object> settings, List<Problem> problems) {
        int n = minute.path("everyNthMinute").asInt(0);
        if (n < 1) {
            problem(
                    problems,
                    "repeat.properties.minChaosInterval.minute.everyNthMinute",
                    "must be at least 1, but is " + n);
            return Optional.empty();
        }
        if (MINUTES % n == 0) {
            settings.put("cron", n == MINUTES ? "0 * * * *" : "*/" + n + " * * * *");
        } else if (n % MINUTES == 0 && HOURS % (n / MINUTES) == 0) {
            settings.put("cron", "0 " + hourField(n / MINUTES) + " * * *");
        } else {
            settings.put("every", n + "m");
        }
        return Optional.of(Duration.ofMinutes(n));
    }

    private static Optional<Duration> hours(
            JsonNode hour, Instant start, Map<String, Object> settings, List<Problem> problems) {
        String path = "repeat.properties.minChaosInterval.hour.";
        int n = hour.path("everyNthHour").asInt(0);
        int minute = hour.path("minuteOfTheHour").asInt(0);
        if (n < 1) {
            problem(problems, path + "everyNthHour", "must be at least 1, but is " + n);
        }
        if (minute < 0 || minute >= MINUTES) {
            problem(problems, path + "minuteOfTheHour", "must be from 0 to 59, but is " + minute);
        }
        if (!problems.isEmpty()) {
            return Optional.empty();
        }
        if (HOURS % n == 0) {
            settings.put("cron", minute + " " + hourField(n) + " * * *");
        } else {
            settings.put("every", n + "h");
            settings.put("from", atMinute(start, minute).toString());
        }
        return Optional.of(Duration.ofHours(n));
    }

    private static String hourField(int every) {
        return every == 1 ? "*" : every == HOURS ? "0" : "*/" + every;
    }

    private static Instant atMinute(Instant start, int minute) {
        Instant at = start.truncatedTo(ChronoUnit.HOURS).plus(minute, ChronoUnit.MINUTES);
        return at.isBefore(start) ? at.plus(1, ChronoUnit.HOURS) : at;
    }

    /** Litmus counts the last hour in; a list is a list of whole hours. */
    private static Optional<String> includedHours(String text, List<Problem> problems) {
        var ranges = new ArrayList<String>();
        for (String part : text.isBlank() ? new String[0] : text.split(",", -1)) {
            String[] ends = part.strip().split("\\s*-\\s*", -1);
            Optional<Integer> first = hour(ends[0]);
            Optional<Integer> last = hour(ends[ends.length - 1]);
            if (ends.length > 2 || first.isEmpty() || last.isEmpty()) {
                problem(
                        problems,
                        "repeat.workHours.includedHours",
                        "'%s' is not an hour; write 8, 0-12 or a list such as 8,10"
                                .formatted(part.strip()));
                return Optional.empty();
            }
            if (first.get() == (last.get() + 1) % HOURS) {
                return Optional.empty();
            }
            ranges.add(first.get() + "-" + (last.get() + 1));
        }
        return ranges.isEmpty() ? Optional.empty() : Optional.of(String.join(",", ranges));
    }

    private static Optional<Integer> hour(String text) {
        return text.matches("[01]?\\d|2[0-3]")
                ? Optional.of(Integer.parseInt(text))
                : Optional.empty();
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
                                    "'%s' is none of Allow, Forbid, Replace".formatted(policy)));
        }
    }

    private Map<String, Object> ownSettings() {
        String text = metadata().path("annotations").path(ScheduleSpec.ANNOTATION).asString("");
        var settings = new LinkedHashMap<String, Object>();
        if (text.isBlank()) {
            return settings;
        }
        try {
            if (new Load(LoadSettings.builder().build()).loadFromString(text)
                    instanceof Map<?, ?> map) {
                map.forEach((key, value) -> settings.put(String.valueOf(key), value));
                return settings;
            }
        } catch (YamlEngineException e) {
            // Told below.
        }
        throw new InvalidParameters(
                List.of(
                        new Problem(
                                "metadata.annotations[" + ScheduleSpec.ANNOTATION + "]",
                                "expected keys and values, such as 'timeZone: Europe/Berlin'")));
    }

    private static Optional<Instant> time(
            JsonNode parent, String path, String key, List<Problem> problems) {
        String text = parent.path(key).asString("");
        if (text.isBlank()) {
            return Optional.empty();
        }
        try {
            return Optional.of(OffsetDateTime.parse(text).toInstant());
        } catch (DateTimeException e) {
            problem(
                    problems,
                    path + "." + key,
                    "'%s' is not a time; write 2027-01-31T09:00:00Z".formatted(text));
            return Optional.empty();
        }
    }

    private static void problem(List<Problem> problems, String path, String message) {
        problems.add(new Problem("spec.schedule" + (path.isEmpty() ? "" : "." + path), message));
    }
}
