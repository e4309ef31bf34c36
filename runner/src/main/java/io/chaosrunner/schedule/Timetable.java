package io.chaosrunner.schedule;

import io.chaosrunner.model.Fire;
import io.chaosrunner.schedule.ScheduleSpec.Kind;
import io.chaosrunner.strategy.Draws;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import org.quartz.SimpleScheduleBuilder;
import org.quartz.Trigger;
import org.quartz.TriggerBuilder;

/**
 * Find the fires of one schedule: its specification mapped to Quartz triggers and calendars.
 *
 * <p>A function of the specification, the anchor and the seed; the time of day is an argument. So
 * every process finds the same fires, whenever it starts. Safe for use by several threads.
 */
public final class Timetable {
    /** The longest wait there is: for a February 29 on a given day of the week, over 2100. */
    private static final Duration HORIZON = Duration.ofDays(41 * 366);

    private static final int MOST_DRAWS = 64;

    private final ScheduleSpec spec;
    private final Instant start;
    private final Draws draws;
    private final Windows windows;
    private final Times times;

    /** The times that a schedule names, before windows. */
    interface Times {
        /** Return the first one after an instant; empty if there is none. */
        Optional<Instant> after(Instant instant);
    }

    private Timetable(ScheduleSpec spec, Instant anchor, long seed) {
        this.spec = spec;
        start = spec.start(anchor);
        draws = Draws.seeded(seed).named("jitter").named(spec.hash());
        windows = new Windows(spec);
        times =
                switch (spec.kind()) {
                    case Kind.Cron(CronText text) -> new CronTimes(text, spec.zone());
                    case Kind.Every(Duration interval) ->
                            quartz(
                                    start,
                                    SimpleScheduleBuilder.simpleSchedule()
                                            .withIntervalInMilliseconds(interval.toMillis())
                                            .repeatForever());
                    case Kind.Once(Instant at) ->
                            quartz(at, SimpleScheduleBuilder.simpleSchedule());
                    case Kind.Now() -> quartz(start, SimpleScheduleBuilder.simpleSchedule());
                };
    }

    private static Times quartz(Instant start, SimpleScheduleBuilder schedule) {
        Trigger trigger =
                TriggerBuilder.newTrigger()
                        .startAt(Date.from(start))
                        .withSchedule(schedule)
                        .build();
        return instant ->
                Optional.ofNullable(trigger.getFireTimeAfter(Date.from(instant)))
                        .map(Date::toInstant);
    }

    /**
     * @param anchor a stored instant, such as the engine's creation; never the time of a start
     * @param seed seed of the jitter
     */
    public static Timetable of(ScheduleSpec spec, Instant anchor, long seed) {
        return new Timetable(spec, anchor, seed);
    }

    /** Return an instant that all fires are after. */
    public Instant beginning() {
        return start.minusMillis(1);
    }

    /** Return the first fire after an instant; empty if there is none. */
    public Optional<Instant> next(Instant after) {
        Instant last = after.isBefore(beginning()) ? beginning() : after;
        Instant horizon = last.plus(HORIZON);
        while (true) {
            Optional<Instant> found = raw(last);
            if (found.isEmpty() || found.get().isAfter(horizon)) {
                return Optional.empty();
            }
            if (windows.closedAt(found.get()).isEmpty()) {
                return found;
            }
            Optional<Instant> open = windows.openFrom(found.get());
            if (open.isEmpty()) {
                return Optional.empty();
            }
            last = open.get().minusMillis(1);
        }
    }

    /** Return the next time after an instant, whether or not a window lets it fire. */
    Optional<Instant> raw(Instant after) {
        return times.after(after)
                .filter(at -> spec.until().isEmpty() || !at.isAfter(spec.until().get()));
    }

    /** Return why a time does not fire; empty if it does. */
    Optional<String> closedAt(Instant time) {
        return windows.closedAt(time);
    }

    /** Name a fire. */
    public Fire fire(Instant at) {
        return new Fire(at, spec.hash());
    }

    /**
     * Return when the run of a fire is to start: at the fire, or later by chance where jitter is
     * allowed; never where the schedule may not fire.
     */
    public Instant start(Instant fire) {
        if (spec.jitter().isZero()) {
            return fire;
        }
        Draws ours = draws.at(fire.toEpochMilli());
        for (int k = 0; k < MOST_DRAWS; k++) {
            long later = (long) (ours.unit(k) * spec.jitter().toMillis());
            Instant at = fire.plusMillis(later);
            if (windows.closedAt(at).isEmpty()
                    && (spec.until().isEmpty() || !at.isAfter(spec.until().get()))) {
                return at;
            }
        }
        return fire;
    }

    /** Return what changes of the clocks do to times between two instants. */
    List<CronTimes.Oddity> oddities(Instant after, Instant until) {
        return times instanceof CronTimes cron ? cron.oddities(after, until) : List.of();
    }

    ScheduleSpec spec() {
        return spec;
    }
}
