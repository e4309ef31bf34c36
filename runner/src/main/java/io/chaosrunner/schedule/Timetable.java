package io.chaosrunner.schedule;

import io.chaosrunner.model.Fire;
import io.chaosrunner.schedule.ScheduleSpec.Kind;
import io.chaosrunner.strategy.Draws;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;

/**
 * Find the fires of one schedule.
 *
 * <p>A function of the specification, the anchor and the seed; the time of day is an argument. So
 * every process finds the same fires, whenever it starts. Safe for use by several threads.
 */
public final class Timetable {
    /** Nothing fires from here on, as a cron expression's years end here. */
    static final Instant END = Instant.parse(CronText.LAST_YEAR + 1 + "-01-01T00:00:00Z");

    private static final int MOST_DRAWS = 64;

    private final ScheduleSpec spec;
    private final long seed;
    private final Instant start;
    private final Instant end;
    private final Draws draws;
    private final Windows windows;
    private final Times times;

    /** The times that a schedule names, before windows. */
    sealed interface Times permits CronTimes, Every, Once {
        /** Return the first one after an instant; empty if there is none. */
        Optional<Instant> after(Instant instant);

        /** Count those from one instant up to another, which does not belong to them. */
        long count(Instant from, Instant until);
    }

    /** The same interval, again and again, in milliseconds. */
    private record Every(long start, long interval) implements Times {
        @Override
        public Optional<Instant> after(Instant instant) {
            return Optional.of(
                    Instant.ofEpochMilli(start + before(instant.plusNanos(1)) * interval));
        }

        @Override
        public long count(Instant from, Instant until) {
            return before(until) - before(from);
        }

        private long before(Instant instant) {
            long passed = Instant.ofEpochMilli(start).until(instant, ChronoUnit.NANOS);
            return passed <= 0 ? 0 : Math.ceilDiv(passed, Duration.ofMillis(interval).toNanos());
        }
    }

    /** One instant. */
    private record Once(Instant at) implements Times {
        @Override
        public Optional<Instant> after(Instant instant) {
            return Optional.of(at).filter(instant::isBefore);
        }

        @Override
        public long count(Instant from, Instant until) {
            return !at.isBefore(from) && at.isBefore(until) ? 1 : 0;
        }
    }

    /** Times in a row that do not fire for one reason: so many, of which this is the last. */
    record Shut(Instant last, long count, String reason) {}

    private Timetable(ScheduleSpec spec, Windows windows, Instant start, long seed) {
        this.spec = spec;
        this.windows = windows;
        this.seed = seed;
        this.start = start;
        end = spec.until().map(until -> until.plusNanos(1)).filter(END::isAfter).orElse(END);
        draws = Draws.seeded(seed).named("jitter").named(spec.hash());
        times =
                switch (spec.kind()) {
                    case Kind.Cron(CronClock clock) -> new CronTimes(clock, spec.zone());
                    case Kind.Every(Duration interval) ->
                            new Every(start.toEpochMilli(), interval.toMillis());
                    case Kind.Once(Instant at) -> new Once(at);
                    case Kind.Now() -> new Once(windows.openFrom(start, end).orElse(start));
                };
    }

    /**
     * @param anchor a stored instant, such as the engine's creation; never the time of a start
     * @param seed seed of the jitter
     */
    public static Timetable of(ScheduleSpec spec, Instant anchor, long seed) {
        return of(spec, new Windows(spec), anchor, seed);
    }

    /**
     * @param windows those of the specification, which are made once
     */
    static Timetable of(ScheduleSpec spec, Windows windows, Instant anchor, long seed) {
        return new Timetable(spec, windows, spec.start(anchor), seed);
    }

    /** Return the timetable of the same schedule that begins at another instant. */
    Timetable from(Instant other) {
        return new Timetable(spec, windows, other, seed);
    }

    /** Return an instant that all fires are after. */
    public Instant beginning() {
        return start.minusMillis(1);
    }

    /** Return the first fire after an instant; empty if there is none. */
    public Optional<Instant> next(Instant after) {
        return next(after, end);
    }

    private Optional<Instant> next(Instant after, Instant before) {
        Instant last = after.isBefore(beginning()) ? beginning() : after;
        while (last.isBefore(before)) {
            heed();
            Optional<Instant> time = raw(last);
            Optional<Instant> open = time.flatMap(at -> windows.openFrom(at, before));
            if (open.isEmpty() || open.equals(time)) {
                return open;
            }
            last = open.get().minusNanos(1);
        }
        return Optional.empty();
    }

    /**
     * End a search that somebody has interrupted: years of minutes may have to be tried.
     *
     * @throws CancellationException if the thread is interrupted
     */
    static void heed() {
        if (Thread.currentThread().isInterrupted()) {
            throw new CancellationException("the search for the next fire was interrupted");
        }
    }

    /** Return the next time after an instant, whether or not a window lets it fire. */
    Optional<Instant> raw(Instant after) {
        return times.after(after).filter(end::isAfter);
    }

    /**
     * Gather the times from one that does not fire that do not fire for the same reason.
     *
     * @param fire where to end: what changes of the clocks took away does not lie between them
     */
    Shut shut(Instant time, Instant fire) {
        Instant limit =
                times instanceof CronTimes cron
                        ? cron.changeAfter(time).filter(fire::isAfter).orElse(fire)
                        : fire;
        Instant end = windows.sameUntil(time, limit);
        return new Shut(
                lastBefore(end, time),
                times.count(time, end),
                windows.closedAt(time).orElseThrow());
    }

    /** Return the last time before an instant, given an earlier one, without trying them all. */
    private Instant lastBefore(Instant end, Instant time) {
        Duration back = Duration.ofSeconds(1);
        while (time.isBefore(end.minus(back)) && times.count(end.minus(back), end) == 0) {
            back = back.multipliedBy(2);
        }
        Instant last = time;
        Instant from = time.isBefore(end.minus(back)) ? end.minus(back) : time;
        Optional<Instant> next = times.after(from.minusNanos(1));
        while (next.isPresent() && next.get().isBefore(end)) {
            last = next.get();
            next = times.after(last);
        }
        return last;
    }

    /** Return why nothing may fire or start at an instant; empty if it may. */
    Optional<String> closedAt(Instant instant) {
        return instant.isBefore(end) ? windows.closedAt(instant) : Optional.of("until has passed");
    }

    /** Return the first instant from the given one at which a run may start. */
    Optional<Instant> openFrom(Instant instant) {
        return windows.openFrom(instant, end);
    }

    /** Name a fire. */
    public Fire fire(Instant at) {
        return new Fire(at, spec.hash());
    }

    /**
     * Return when the run of a fire is to start: at the fire, or later by chance where jitter is
     * allowed; before the next fire, and never where the schedule may not fire.
     */
    public Instant start(Instant fire) {
        if (spec.jitter().isZero()) {
            return fire;
        }
        Instant latest = fire.plus(spec.jitter());
        Instant before = next(fire, latest.isBefore(end) ? latest : end).orElse(latest);
        long room = fire.until(before, ChronoUnit.MILLIS);
        Draws ours = draws.at(fire.toEpochMilli());
        for (int k = 0; k < MOST_DRAWS; k++) {
            Instant at = fire.plusMillis((long) (ours.unit(k) * room));
            if (closedAt(at).isEmpty()) {
                return at;
            }
        }
        return fire;
    }

    /** Return what changes of the clocks between two instants took away. */
    List<CronTimes.LeftOut> leftOut(Instant after, Instant until) {
        return times instanceof CronTimes cron ? cron.leftOut(after, until) : List.of();
    }

    /** Return the time that the clocks jumped over and for which a fire stands in. */
    Optional<LocalDateTime> standsFor(Instant fire) {
        return times instanceof CronTimes cron ? cron.standsFor(fire) : Optional.empty();
    }

    ScheduleSpec spec() {
        return spec;
    }
}
