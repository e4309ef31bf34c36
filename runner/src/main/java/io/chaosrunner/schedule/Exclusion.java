package io.chaosrunner.schedule;

import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDate;
import java.time.MonthDay;
import java.util.List;
import java.util.Set;

/** Name a time at which a schedule does not fire. */
sealed interface Exclusion {
    /** What people call it. */
    String name();

    /** One day. */
    record Day(String name, LocalDate date) implements Exclusion {}

    /** The same day of every year. */
    record Yearly(String name, MonthDay day) implements Exclusion {}

    /** One span of time; {@code until} does not belong to it. */
    record Span(String name, Instant from, Instant until) implements Exclusion {}

    /** Parts of some days of every week. */
    record Weekly(String name, Set<DayOfWeek> days, List<Hours> hours) implements Exclusion {}
}
