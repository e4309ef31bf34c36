package io.chaosrunner.schedule;

import static java.util.Objects.requireNonNull;

import io.chaosrunner.crd.Engine;
import io.chaosrunner.schedule.Frame.Exclusion;
import io.chaosrunner.strategy.InvalidParameters;
import java.nio.charset.StandardCharsets;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.CRC32;
import tools.jackson.databind.node.ObjectNode;

/**
 * When an engine is to be run, again and again: the annotation {@value #ANNOTATION}, overridden by
 * flags. A value; {@link Timetable} does the arithmetic.
 *
 * @param kind what makes it fire
 * @param zone whose clocks are meant
 * @param from fires before this count for nothing, and intervals are counted from here
 * @param until the last instant that may fire
 * @param days days of the week that may fire; empty means all
 * @param hours parts of the day that may fire; empty means all
 * @param exclusions times that do not fire all the same
 * @param holidays names of the lists of days on which nothing starts
 * @param jitter how much later than its fire a run may start, at most
 * @param policy what is made of the fires
 * @param hash names what fires when; two schedules with one hash fire at the same times
 * @param formerly the name that it had before decision 31, by which an older claim may know it
 * @param name what people call it, where it is one of several; empty otherwise
 */
public record ScheduleSpec(
        Kind kind,
        ZoneId zone,
        Optional<Instant> from,
        Optional<Instant> until,
        Set<DayOfWeek> days,
        List<Hours> hours,
        List<Exclusion> exclusions,
        List<String> holidays,
        Duration jitter,
        Policy policy,
        String hash,
        String formerly,
        String name) {

    /** Where a schedule stands on the engine, as YAML. */
    public static final String ANNOTATION = "chaosrunner.io/schedule";

    static final Set<DayOfWeek> WEEKDAYS = EnumSet.range(DayOfWeek.MONDAY, DayOfWeek.FRIDAY);

    public ScheduleSpec {
        requireNonNull(kind, "kind is null");
        requireNonNull(zone, "zone is null");
        requireNonNull(jitter, "jitter is null");
        days = Set.copyOf(days);
        hours = List.copyOf(hours);
        exclusions = List.copyOf(exclusions);
        holidays = List.copyOf(holidays);
    }

    /**
     * Read a schedule, whole.
     *
     * @param written the annotation's value, if there is one
     * @param flags overriding values, by the same keys
     * @param anchor when the engine was created: a schedule must have something to do after it
     * @return empty if neither says anything
     * @throws InvalidParameters listing every problem, not only the first
     */
    public static Optional<ScheduleSpec> of(
            Optional<String> written, Map<String, ?> flags, Instant anchor) {
        return new ScheduleReader(anchor).read(written, flags);
    }

    /**
     * Read the schedule of a Litmus ChaosSchedule, whole.
     *
     * @param chaosSchedule the whole object
     * @param flags overriding values, by the keys of the annotation
     * @param anchor when it was created, if the object does not say
     * @throws InvalidParameters listing every problem, not only the first
     */
    public static ScheduleSpec of(ObjectNode chaosSchedule, Map<String, ?> flags, Instant anchor) {
        ObjectNode created = chaosSchedule.deepCopy();
        ObjectNode metadata =
                created.path("metadata") instanceof ObjectNode given
                        ? given
                        : created.putObject("metadata");
        if (metadata.path("creationTimestamp").asString("").isEmpty()) {
            metadata.put("creationTimestamp", anchor.toString());
        }
        return new ChaosScheduleSettings(created).spec(flags);
    }

    /**
     * Return why nothing starts for the fires of an object, whatever its schedule says; empty if
     * runs start.
     *
     * @param holder a ChaosEngine, or a Litmus ChaosSchedule
     * @throws InvalidParameters if its state is none of Litmus' words
     */
    public static Optional<String> standstill(ObjectNode holder) {
        return switch (new ChaosScheduleSettings(holder).state()) {
            case ACTIVE ->
                    new Engine(holder)
                            .annotation(EngineSchedule.SUSPENDED)
                            .map(why ->
                                    "the annotation %s is there: fires are skipped until it is removed"
                                            .formatted(EngineSchedule.SUSPENDED));
            case HALT, STOP ->
                    Optional.of(
                            "spec.scheduleState is %s: fires are skipped until it is active"
                                    .formatted(
                                            holder.path("spec").path("scheduleState").asString()));
            case COMPLETE -> Optional.of("spec.scheduleState is complete: it is over");
        };
    }

    /** Return the same schedule with the policy of another, and the name that a claim knows. */
    ScheduleSpec with(Policy other, String name) {
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
                other,
                name,
                formerly,
                this.name);
    }

    /** Return the schedules of which this is the union: those that it lists, or this one alone. */
    List<ScheduleSpec> parts() {
        return kind instanceof Kind.Several(List<ScheduleSpec> parts) ? parts : List.of(this);
    }

    /** Return the names of all lists of holidays, in order. */
    public Set<String> lists() {
        var names = new TreeSet<String>();
        parts().forEach(part -> names.addAll(part.holidays()));
        return names;
    }

    /** Name what fires when, where several do: their order does not count. */
    static String hash(List<ScheduleSpec> parts) {
        var names = new TreeSet<String>();
        parts.forEach(part -> names.add(part.hash()));
        return names.size() == 1 ? names.getFirst() : crc(String.join("|", names));
    }

    /**
     * Name what fires when, whatever the words: two schedules that were spelled otherwise and mean
     * the same have one name. What people call an exclusion does not count.
     */
    static String hash(
            Kind kind,
            ZoneId zone,
            Optional<Instant> from,
            Optional<Instant> until,
            Set<DayOfWeek> days,
            List<Hours> hours,
            List<Exclusion> exclusions,
            Duration jitter) {
        boolean everyDay = days.isEmpty() || days.size() == DayOfWeek.values().length;
        List<Hours> closed = hours.isEmpty() ? List.of() : Hours.complement(hours);
        var excluded = new TreeSet<String>();
        for (Exclusion exclusion : exclusions) {
            excluded.add(
                    switch (exclusion) {
                        case Exclusion.Day(String name, var date) -> date.toString();
                        case Exclusion.Yearly(String name, var day) -> day.toString();
                        case Exclusion.Span(String name, var first, var end) -> first + "/" + end;
                        case Exclusion.Weekly(String name, var weekdays, var parts) ->
                                new TreeSet<>(weekdays) + "" + Hours.complement(parts);
                    });
        }
        boolean looksAtClocks =
                kind instanceof Kind.Cron
                        || !everyDay
                        || !closed.isEmpty()
                        || !exclusions.stream().allMatch(Exclusion.Span.class::isInstance);
        String all =
                String.join(
                        "|",
                        kind instanceof Kind.Cron(CronClock clock)
                                ? clock.canonical()
                                : kind.toString(),
                        looksAtClocks ? zone.normalized().toString() : "",
                        from.toString(),
                        until.toString(),
                        everyDay ? "" : new TreeSet<>(days).toString(),
                        closed.toString(),
                        excluded.toString(),
                        jitter.toString());
        return crc(all);
    }

    private static String crc(String all) {
        var crc = new CRC32();
        crc.update(all.getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().toHexDigits((int) crc.getValue());
    }

    /** Return where intervals are counted from, and fires begin. */
    Instant start(Instant anchor) {
        return from.orElse(anchor);
    }

    /** What makes a schedule fire. */
    public sealed interface Kind {
        /** The clock on the wall. */
        record Cron(CronClock clock) implements Kind {}

        /** Time that has passed, whatever the clocks show. */
        record Every(Duration interval) implements Kind {}

        /** One instant. */
        record Once(Instant at) implements Kind {}

        /** The anchor. */
        record Now() implements Kind {}

        /** Whatever one of several schedules says, each with windows of its own. */
        record Several(List<ScheduleSpec> parts) implements Kind {
            public Several {
                parts = List.copyOf(parts);
            }
        }
    }

    /**
     * What is made of the fires.
     *
     * @param maxRuns after so many runs the schedule is over
     * @param stopWhen how runs must end for the schedule to be over
     * @param overlap what becomes of a fire while a run is going on
     * @param missed what becomes of a fire that nobody was there to start
     * @param startingDeadline how late a run may still be started
     * @param history how many runs are remembered, and keep their Jobs; empty if the execution
     *     settings say so
     * @param suspend whether fires start nothing for now
     * @param resume when a suspension ends by itself; absent if it does not
     * @param note why it is suspended; empty if nobody said
     * @param pauseOnFailure whether a run that failed suspends it, until a person lets it go on
     */
    public record Policy(
            Optional<Integer> maxRuns,
            StopRules stopWhen,
            Overlap overlap,
            Missed missed,
            Optional<Duration> startingDeadline,
            Optional<Integer> history,
            boolean suspend,
            Optional<Instant> resume,
            String note,
            boolean pauseOnFailure) {

        /** Say so of a schedule that is suspended until somebody edits it, or not at all. */
        public Policy(
                Optional<Integer> maxRuns,
                Optional<StopWhen> stopWhen,
                Overlap overlap,
                Missed missed,
                Optional<Duration> startingDeadline,
                Optional<Integer> history,
                boolean suspend) {
            this(
                    maxRuns,
                    stopWhen.map(StopRules::of).orElse(StopRules.NONE),
                    overlap,
                    missed,
                    startingDeadline,
                    history,
                    suspend,
                    Optional.empty(),
                    "",
                    false);
        }

        /** Say the same of a schedule that waits for a person. */
        Policy suspended() {
            return new Policy(
                    maxRuns,
                    stopWhen,
                    overlap,
                    missed,
                    startingDeadline,
                    history,
                    true,
                    Optional.empty(),
                    "",
                    pauseOnFailure);
        }

        /** Tell whether what is to start at an instant starts nothing. */
        public boolean suspendedAt(Instant instant) {
            return suspend && (resume.isEmpty() || instant.isBefore(resume.get()));
        }

        /** What is meant where nothing is said. */
        public static final Policy DEFAULT =
                new Policy(
                        Optional.empty(),
                        Optional.empty(),
                        Overlap.SKIP,
                        Missed.SKIP,
                        Optional.empty(),
                        Optional.empty(),
                        false);

        /** A restart of the runner's pod is over within it, back-off included. */
        private static final Duration DEFAULT_DEADLINE = Duration.ofMinutes(5);

        /** Return how late a run may still be started; empty means however late. */
        Optional<Duration> deadline() {
            return startingDeadline.isPresent() || missed == Missed.RUN_ONCE
                    ? startingDeadline
                    : Optional.of(DEFAULT_DEADLINE);
        }
    }

    /**
     * How runs must end for the schedule to be over: whatever comes first. 0 is no rule.
     *
     * @param failed so many in a row fail
     * @param failedInAll so many fail, whatever comes between
     * @param passed so many in a row pass
     * @param passedInAll so many pass, whatever comes between
     */
    public record StopRules(int failed, int failedInAll, int passed, int passedInAll) {
        /** Nothing of the kind. */
        public static final StopRules NONE = new StopRules(0, 0, 0, 0);

        /** Stop when one run ends so. */
        static StopRules of(StopWhen outcome) {
            return outcome == StopWhen.FAILED
                    ? new StopRules(1, 0, 0, 0)
                    : new StopRules(0, 0, 1, 0);
        }
    }

    /** How a run ended. */
    public enum StopWhen {
        /** A verdict that is not Pass. */
        FAILED,
        /** Nothing but Pass. */
        PASSED
    }

    /** What becomes of a fire while a run is going on. */
    public enum Overlap {
        /** It is recorded as skipped. */
        SKIP,
        /** It starts a run when that one is over; the latest waits, the others are skipped. */
        QUEUE,
        /** It starts a run of its own in its turn; beyond a bound the oldest are skipped. */
        QUEUE_ALL,
        /** The run that is going on is stopped for it. */
        REPLACE;

        boolean queues() {
            return this == QUEUE || this == QUEUE_ALL;
        }
    }

    /** What becomes of a fire that nobody was there to start. */
    public enum Missed {
        /** It is recorded as skipped. */
        SKIP,
        /** The latest one starts a run as soon as somebody is there. */
        RUN_ONCE
    }
}
