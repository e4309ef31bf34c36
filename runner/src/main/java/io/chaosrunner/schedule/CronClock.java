package io.chaosrunner.schedule;

import io.chaosrunner.model.Fire;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What a cron expression names: times that a clock on the wall shows, wherever it hangs. {@link
 * CronReader} reads it, and {@link CronTimes} turns it into instants.
 *
 * @param days any of them will do
 * @param hoursOpen whether the hour is left open, so that the expression means elapsed time rather
 *     than times of day
 */
record CronClock(
        NavigableSet<Integer> seconds,
        NavigableSet<Integer> minutes,
        NavigableSet<Integer> hours,
        Set<CronDay> days,
        NavigableSet<Integer> months,
        NavigableSet<Integer> years,
        boolean hoursOpen) {

    /** Thousands of schedules share it. */
    static final NavigableSet<Integer> EVERY_YEAR =
            Collections.unmodifiableNavigableSet(
                    IntStream.rangeClosed(Fire.FIRST_YEAR, Fire.LAST_YEAR)
                            .boxed()
                            .collect(Collectors.toCollection(TreeSet::new)));

    CronClock {
        seconds = copy(seconds);
        minutes = copy(minutes);
        hours = copy(hours);
        days = Set.copyOf(days);
        months = copy(months);
        years = years.equals(EVERY_YEAR) ? EVERY_YEAR : copy(years);
    }

    private static NavigableSet<Integer> copy(NavigableSet<Integer> values) {
        if (values.isEmpty()) {
            throw new IllegalArgumentException("a field names nothing");
        }
        return Collections.unmodifiableNavigableSet(new TreeSet<>(values));
    }

    /** Return what it names as a text, the same for all that name the same. */
    String canonical() {
        String named =
                days.contains(new CronDay.Any())
                        ? "*"
                        : days.stream().map(CronDay::toString).sorted().toList().toString();
        return String.join(
                " ",
                span(seconds),
                span(minutes),
                span(hours),
                named,
                span(months),
                span(years),
                String.valueOf(hoursOpen));
    }

    private static String span(NavigableSet<Integer> values) {
        boolean whole = values.last() - values.first() + 1 == values.size();
        return whole ? values.first() + "-" + values.last() : values.toString();
    }

    /** Return the first time after another; null if there is none. */
    @Nullable LocalDateTime after(LocalDateTime clock) {
        LocalDateTime from = clock.truncatedTo(ChronoUnit.SECONDS).plusSeconds(1);
        LocalTime today = names(from.toLocalDate()) ? timeFrom(from.toLocalTime()) : null;
        if (today != null) {
            return from.with(today);
        }
        LocalDate later = dayFrom(from.toLocalDate().plusDays(1));
        return later == null ? null : later.atTime(hours.first(), minutes.first(), seconds.first());
    }

    /** Count the times from one up to another, which does not belong to them. */
    long count(LocalDateTime from, LocalDateTime until) {
        long days = 0;
        LocalDate end = until.toLocalDate();
        LocalDate day = from.toLocalDate();
        while (day != null && day.isBefore(end)) {
            day = dayFrom(day);
            if (day != null && day.isBefore(end)) {
                days++;
                day = day.plusDays(1);
            }
        }
        return days * hours.size() * minutes.size() * seconds.size()
                - countOnDayBefore(from)
                + countOnDayBefore(until);
    }

    private long countOnDayBefore(LocalDateTime clock) {
        if (!names(clock.toLocalDate())) {
            return 0;
        }
        long count = hours.headSet(clock.getHour()).size();
        count *= minutes.size();
        if (hours.contains(clock.getHour())) {
            count += minutes.headSet(clock.getMinute()).size();
        }
        count *= seconds.size();
        if (hours.contains(clock.getHour()) && minutes.contains(clock.getMinute())) {
            count += seconds.headSet(clock.getSecond(), clock.getNano() > 0).size();
        }
        return count;
    }

    /** Return the first day named from the given one; null if there is none. */
    @Nullable LocalDate dayFrom(LocalDate first) {
        LocalDate day = first;
        while (true) {
            if (namesMonthOf(day)) {
                LocalDate end = day.withDayOfMonth(day.lengthOfMonth()).plusDays(1);
                while (day.isBefore(end)) {
                    if (namesDay(day)) {
                        return day;
                    }
                    day = day.plusDays(1);
                }
                continue;
            }
            Integer year = years.ceiling(day.getYear());
            if (year == null) {
                return null;
            }
            Integer month = months.ceiling(day.getMonthValue());
            if (year > day.getYear()) {
                day = LocalDate.of(year, 1, 1);
            } else if (month == null) {
                day = LocalDate.of(year + 1, 1, 1);
            } else {
                day = LocalDate.of(year, month, 1);
            }
        }
    }

    private boolean names(LocalDate date) {
        return namesMonthOf(date) && namesDay(date);
    }

    private boolean namesMonthOf(LocalDate date) {
        int year = date.getYear();
        boolean named =
                years == EVERY_YEAR
                        ? year >= Fire.FIRST_YEAR && year <= Fire.LAST_YEAR
                        : years.contains(year);
        return named && (months.size() == 12 || months.contains(date.getMonthValue()));
    }

    /** A loop, as it is asked for each day of years. */
    private boolean namesDay(LocalDate date) {
        for (CronDay day : days) {
            if (day.names(date)) {
                return true;
            }
        }
        return false;
    }

    private @Nullable LocalTime timeFrom(LocalTime from) {
        if (hours.contains(from.getHour())) {
            Integer second =
                    minutes.contains(from.getMinute()) ? seconds.ceiling(from.getSecond()) : null;
            if (second != null) {
                return from.withSecond(second);
            }
            Integer minute = minutes.higher(from.getMinute());
            if (minute != null) {
                return LocalTime.of(from.getHour(), minute, seconds.first());
            }
        }
        Integer hour = hours.higher(from.getHour());
        return hour == null ? null : LocalTime.of(hour, minutes.first(), seconds.first());
    }
}
