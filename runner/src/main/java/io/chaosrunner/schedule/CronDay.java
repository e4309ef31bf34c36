package io.chaosrunner.schedule;

import static java.time.temporal.TemporalAdjusters.dayOfWeekInMonth;
import static java.time.temporal.TemporalAdjusters.lastDayOfMonth;
import static java.time.temporal.TemporalAdjusters.lastInMonth;

import java.time.DayOfWeek;
import java.time.LocalDate;

/** The days that one item of a cron expression's two day fields names. */
sealed interface CronDay {
    /** Tell whether a date is one of them. */
    boolean names(LocalDate date);

    /** Every day. */
    record Any() implements CronDay {
        @Override
        public boolean names(LocalDate date) {
            return true;
        }
    }

    /** The same day of each month that has it. */
    record OfMonth(int day) implements CronDay {
        @Override
        public boolean names(LocalDate date) {
            return date.getDayOfMonth() == day;
        }
    }

    /** So many days before the last of each month. */
    record FromEnd(int before) implements CronDay {
        @Override
        public boolean names(LocalDate date) {
            return date.lengthOfMonth() - date.getDayOfMonth() == before;
        }
    }

    /** The weekday nearest to a day of each month that has it, within that month. */
    record NearestWeekday(int day) implements CronDay {
        @Override
        public boolean names(LocalDate date) {
            return day <= date.lengthOfMonth() && nearest(date.withDayOfMonth(day)).equals(date);
        }
    }

    /** The weekday nearest to so many days before the last of each month, within that month. */
    record NearestWeekdayFromEnd(int before) implements CronDay {
        @Override
        public boolean names(LocalDate date) {
            return before < date.lengthOfMonth()
                    && nearest(date.with(lastDayOfMonth()).minusDays(before)).equals(date);
        }
    }

    /** The same day of each week. */
    record OfWeek(DayOfWeek day) implements CronDay {
        @Override
        public boolean names(LocalDate date) {
            return date.getDayOfWeek() == day;
        }
    }

    /** The last such day of each month. */
    record Last(DayOfWeek day) implements CronDay {
        @Override
        public boolean names(LocalDate date) {
            return date.with(lastInMonth(day)).equals(date);
        }
    }

    /** The first, second … such day of each month that has so many. */
    record Nth(DayOfWeek day, int n) implements CronDay {
        @Override
        public boolean names(LocalDate date) {
            return date.with(dayOfWeekInMonth(n, day)).equals(date);
        }
    }

    private static LocalDate nearest(LocalDate day) {
        return switch (day.getDayOfWeek()) {
            case SATURDAY -> day.getDayOfMonth() == 1 ? day.plusDays(2) : day.minusDays(1);
            case SUNDAY ->
                    day.getDayOfMonth() == day.lengthOfMonth() ? day.minusDays(2) : day.plusDays(1);
            default -> day;
        };
    }
}
