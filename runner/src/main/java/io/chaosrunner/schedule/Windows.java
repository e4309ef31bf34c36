package io.chaosrunner.schedule;

import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.MonthDay;
import java.time.ZoneId;
import java.time.zone.ZoneOffsetTransition;
import java.util.ArrayList;
import java.util.Date;
import java.util.EnumSet;
import java.util.GregorianCalendar;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TimeZone;
import org.quartz.Calendar;
import org.quartz.impl.calendar.AnnualCalendar;
import org.quartz.impl.calendar.BaseCalendar;
import org.quartz.impl.calendar.HolidayCalendar;
import org.quartz.impl.calendar.WeeklyCalendar;

/**
 * Tell when a schedule may fire at all: Quartz calendars, each with the reason it gives. What
 * counts is what the clock of the schedule's zone shows.
 */
final class Windows {
    private static final int MOST_STEPS = 10_000;

    private final List<Closed> all = new ArrayList<>();
    private final ZoneId zone;
    private final TimeZone timeZone;

    private record Closed(String reason, Calendar calendar) {}

    Windows(ScheduleSpec spec) {
        zone = spec.zone();
        timeZone = TimeZone.getTimeZone(zone);
        if (!spec.days().isEmpty()) {
            onlyOn(spec.days());
        }
        for (Exclusion exclusion : spec.exclusions()) {
            switch (exclusion) {
                case Exclusion.Day(String name, LocalDate date) -> exceptOn(name, date);
                case Exclusion.Yearly(String name, MonthDay day) -> exceptYearlyOn(name, day);
                case Exclusion.Span(String name, Instant from, Instant until) ->
                        exceptBetween(name, from, until);
                case Exclusion.Weekly(String name, var days, var hours) ->
                        exceptWeekly(name, days, hours);
            }
        }
        if (!spec.hours().isEmpty()) {
            onlyDuring(spec.hours());
        }
    }

    /** Return why a schedule may not fire at an instant; empty if it may. */
    Optional<String> closedAt(Instant instant) {
        return all.stream()
                .filter(each -> !each.calendar().isTimeIncluded(instant.toEpochMilli()))
                .map(Closed::reason)
                .findFirst();
    }

    /** Return the first instant from the given one at which a schedule may fire. */
    Optional<Instant> openFrom(Instant instant) {
        long time = instant.toEpochMilli();
        for (int steps = 0; steps < MOST_STEPS; steps++) {
            long now = time;
            Optional<Calendar> closed =
                    all.stream()
                            .map(Closed::calendar)
                            .filter(calendar -> !calendar.isTimeIncluded(now))
                            .findFirst();
            if (closed.isEmpty()) {
                return Optional.of(Instant.ofEpochMilli(time));
            }
            long open = closed.get().getNextIncludedTime(time);
            if (open <= time) {
                return Optional.empty();
            }
            time = firstIncluded(closed.get(), time, open);
        }
        return Optional.empty();
    }

    /** Quartz is late where a day begins at one o'clock, for it adds days to that hour. */
    private static long firstIncluded(Calendar calendar, long shut, long open) {
        long last = shut;
        long first = open;
        while (first - last > 1) {
            long middle = last + (first - last) / 2;
            if (calendar.isTimeIncluded(middle)) {
                first = middle;
            } else {
                last = middle;
            }
        }
        return first;
    }

    private void onlyOn(Set<DayOfWeek> days) {
        boolean weekdays = days.equals(ScheduleSpec.WEEKDAYS);
        close(weekdays ? "weekend" : "not one of the days", weekly(days));
    }

    private void onlyDuring(List<Hours> hours) {
        close("outside hours", new Daily(hours, zone));
    }

    private void exceptOn(String reason, LocalDate date) {
        var calendar = new HolidayCalendar();
        calendar.setTimeZone(timeZone);
        calendar.addExcludedDate(Date.from(date.atTime(LocalTime.NOON).atZone(zone).toInstant()));
        close(reason, calendar);
    }

    private void exceptYearlyOn(String reason, MonthDay day) {
        var calendar = new AnnualCalendar();
        calendar.setTimeZone(timeZone);
        // A leap year, so that February 29 is itself.
        calendar.setDayExcluded(
                new GregorianCalendar(2000, day.getMonthValue() - 1, day.getDayOfMonth()), true);
        close(reason, calendar);
    }

    private void exceptBetween(String reason, Instant from, Instant until) {
        close(reason, new Shut(from.toEpochMilli(), until.toEpochMilli()));
    }

    /** Except on these days during these hours. */
    private void exceptWeekly(String reason, Set<DayOfWeek> days, List<Hours> hours) {
        WeeklyCalendar otherDays = weekly(EnumSet.complementOf(EnumSet.copyOf(days)));
        List<Hours> otherHours = Hours.complement(hours);
        close(
                reason,
                otherHours.isEmpty()
                        ? otherDays
                        : new Either(otherDays, new Daily(otherHours, zone)));
    }

    private void close(String reason, Calendar calendar) {
        all.add(new Closed(reason, calendar));
    }

    private WeeklyCalendar weekly(Set<DayOfWeek> days) {
        var calendar = new WeeklyCalendar(timeZone);
        for (DayOfWeek day : DayOfWeek.values()) {
            int quartzDay = day.getValue() % 7 + 1;
            calendar.setDayExcluded(quartzDay, !days.contains(day));
        }
        return calendar;
    }

    /** Exclude one span of time. Quartz has whole days only. */
    private static final class Shut extends BaseCalendar {
        private static final long serialVersionUID = 1L;
        private final long from;
        private final long until;

        Shut(long from, long until) {
            this.from = from;
            this.until = until;
        }

        @Override
        public boolean isTimeIncluded(long time) {
            return time < from || time >= until;
        }

        @Override
        public long getNextIncludedTime(long time) {
            return isTimeIncluded(time + 1) ? time + 1 : until;
        }
    }

    /**
     * Include parts of each day, as the clock shows them. Quartz' own calendar of this kind leaves
     * out midnight.
     */
    private static final class Daily extends BaseCalendar {
        private static final long serialVersionUID = 1L;
        private final transient List<Hours> hours;
        private final ZoneId zone;

        Daily(List<Hours> hours, ZoneId zone) {
            this.hours = hours;
            this.zone = zone;
        }

        @Override
        public boolean isTimeIncluded(long time) {
            LocalTime clock = Instant.ofEpochMilli(time).atZone(zone).toLocalTime();
            return hours.stream().anyMatch(range -> range.contains(clock));
        }

        @Override
        public long getNextIncludedTime(long time) {
            Instant now = Instant.ofEpochMilli(time);
            var edges = new ArrayList<Instant>();
            LocalDate today = now.atZone(zone).toLocalDate();
            for (int day = 0; day <= 2; day++) {
                for (Hours range : hours) {
                    LocalDateTime edge = today.plusDays(day).atTime(range.first());
                    zone.getRules()
                            .getValidOffsets(edge)
                            .forEach(offset -> edges.add(edge.toInstant(offset)));
                }
            }
            ZoneOffsetTransition change = zone.getRules().nextTransition(now);
            if (change != null) {
                edges.add(change.getInstant());
            }
            return edges.stream()
                    .mapToLong(Instant::toEpochMilli)
                    .filter(edge -> edge > time && isTimeIncluded(edge))
                    .min()
                    .orElse(time);
        }
    }

    /** Include what one of two calendars includes. Quartz can only chain: what both include. */
    private static final class Either extends BaseCalendar {
        private static final long serialVersionUID = 1L;
        private final Calendar one;
        private final Calendar other;

        Either(Calendar one, Calendar other) {
            this.one = one;
            this.other = other;
        }

        @Override
        public boolean isTimeIncluded(long time) {
            return one.isTimeIncluded(time) || other.isTimeIncluded(time);
        }

        @Override
        public long getNextIncludedTime(long time) {
            return Math.min(one.getNextIncludedTime(time), other.getNextIncludedTime(time));
        }
    }
}
