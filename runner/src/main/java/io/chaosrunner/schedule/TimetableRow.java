package io.chaosrunner.schedule;

import io.chaosrunner.holidays.HolidayList;
import io.chaosrunner.schedule.ScheduleSpec.Kind;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The fires of one row of a {@link Timetable}: the times that one expression names, and the windows
 * that let them fire. Immutable.
 */
final class TimetableRow {
    private final String name;
    private final Windows windows;

    /** When a run may start: within the windows, and not on a holiday. */
    private final Windows starts;

    private final List<String> holidays;
    private final Instant start;
    private final Instant end;
    private final Timetable.Times times;

    /** The same interval, again and again, in milliseconds. */
    record Every(long start, long interval) implements Timetable.Times {
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
    record Once(Instant at) implements Timetable.Times {
        @Override
        public Optional<Instant> after(Instant instant) {
            return Optional.of(at).filter(instant::isBefore);
        }

        @Override
        public long count(Instant from, Instant until) {
            return !at.isBefore(from) && at.isBefore(until) ? 1 : 0;
        }
    }

    private TimetableRow(ScheduleSpec spec, Windows windows, Windows starts, Instant start) {
        name = spec.name();
        holidays = spec.holidays();
        this.windows = windows;
        this.starts = starts;
        this.start = start;
        end =
                spec.until()
                        .map(until -> until.plusNanos(1))
                        .filter(Timetable.END::isAfter)
                        .orElse(Timetable.END);
        times =
                switch (spec.kind()) {
                    case Kind.Cron(CronClock clock) -> new CronTimes(clock, spec.zone());
                    case Kind.Every(Duration interval) ->
                            new Every(start.toEpochMilli(), interval.toMillis());
                    case Kind.Once(Instant at) -> new Once(at);
                    case Kind.Now() -> new Once(windows.openFrom(start, end).orElse(start));
                    case Kind.Several _ ->
                            throw new IllegalArgumentException("a row has one expression");
                };
    }

    /** Return the rows of a schedule: one, or as many as it lists. */
    static List<TimetableRow> of(ScheduleSpec spec, Instant anchor) {
        return spec.parts().stream()
                .map(part -> {
                    var windows = new Windows(part);
                    return new TimetableRow(part, windows, windows, part.start(anchor));
                })
                .toList();
    }

    private TimetableRow(TimetableRow same, Windows windows, Windows starts) {
        name = same.name;
        holidays = same.holidays;
        this.windows = windows;
        this.starts = starts;
        start = same.start;
        end = same.end;
        times = same.times;
    }

    /** Return the same row with the holidays of its lists, on which nothing starts. */
    TimetableRow knowing(Map<String, HolidayList> lists) {
        return holidays.isEmpty()
                ? this
                : new TimetableRow(this, windows, windows.without(holidays, lists));
    }

    /** Return the row of those fires alone that no holiday takes away. */
    TimetableRow starting() {
        return new TimetableRow(this, starts, starts);
    }

    /** Return the row of the same windows that begins at another instant. */
    TimetableRow from(ScheduleSpec spec, Instant other) {
        return new TimetableRow(spec, windows, starts, other);
    }

    /** Return what people call it; empty if nobody said. */
    String name() {
        return name;
    }

    /** Return an instant that all fires are after. */
    Instant beginning() {
        return start.minusMillis(1);
    }

    /** Return the first fire after an instant and before another; empty if there is none. */
    Optional<Instant> next(Instant after, Instant limit) {
        Instant before = limit.isBefore(end) ? limit : end;
        Instant last = after.isBefore(beginning()) ? beginning() : after;
        while (last.isBefore(before)) {
            Timetable.checkInterrupt();
            Optional<Instant> time = raw(last);
            Optional<Instant> open = time.flatMap(at -> windows.openFrom(at, before));
            if (open.isEmpty() || open.equals(time)) {
                return open;
            }
            last = open.get().minusNanos(1);
        }
        return Optional.empty();
    }

    /** Return the first fire after an instant; empty if there is none. */
    Optional<Instant> next(Instant after) {
        return next(after, end);
    }

    /** Tell whether it fires at an instant. */
    boolean firesAt(Instant instant) {
        return instant.isAfter(beginning())
                && instant.isBefore(end)
                && windows.closedAt(instant).isEmpty()
                && times.count(instant, instant.plusNanos(1)) > 0;
    }

    /** Return the next time after an instant, whether or not a window lets it fire. */
    Optional<Instant> raw(Instant after) {
        return times.after(after).filter(end::isAfter);
    }

    /** Times in a row that do not fire for one reason: so many, of which this is the last. */
    record Shut(Instant last, long count, String reason) {}

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
        return instant.isBefore(end) ? starts.closedAt(instant) : Optional.of("until has passed");
    }

    /** Tell whether a time may fire at an instant, whatever the lists of holidays say. */
    boolean opensAt(Instant instant) {
        return instant.isBefore(end) && windows.closedAt(instant).isEmpty();
    }

    /** Return which holiday an instant is on; empty if it is on none, or that is not known. */
    Optional<String> holidayAt(Instant instant) {
        return starts.holidayAt(instant);
    }

    /** Return why it is not known whether an instant is on a holiday; empty if it is known. */
    Optional<String> doubtAt(Instant instant) {
        return starts.doubtAt(instant);
    }

    /** Return the first instant from the given one at which a run may start. */
    Optional<Instant> openFrom(Instant instant) {
        return starts.openFrom(instant, end);
    }

    /** Return what changes of the clocks between two instants took away. */
    List<CronTimes.LeftOut> leftOut(Instant after, Instant until) {
        return times instanceof CronTimes cron ? cron.leftOut(after, until) : List.of();
    }

    /** Return the time that the clocks jumped over and for which a fire stands in. */
    Optional<LocalDateTime> standsFor(Instant fire) {
        return times instanceof CronTimes cron ? cron.standsFor(fire) : Optional.empty();
    }
}
