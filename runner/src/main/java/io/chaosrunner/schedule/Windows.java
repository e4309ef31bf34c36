package io.chaosrunner.schedule;

import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.MonthDay;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Tell when a schedule may fire at all, and why not. What counts is what the clock of the
 * schedule's zone shows.
 */
final class Windows {
    private static final List<Hours> WHOLE_DAY = Hours.complement(List.of());

    private final ZoneRules rules;
    private final List<Shut> all = new ArrayList<>();

    /** The times of day at which something may open or shut; a day's first moment is one. */
    private final TreeSet<LocalTime> edges = new TreeSet<>(Set.of(LocalTime.MIDNIGHT));

    /** A reason not to fire. */
    private sealed interface Shut {
        String reason();

        boolean at(Instant instant, LocalDateTime clock);

        /** During some hours of some days. */
        record Days(String reason, Predicate<LocalDate> dates, List<Hours> hours) implements Shut {
            @Override
            public boolean at(Instant instant, LocalDateTime clock) {
                return hours.stream().anyMatch(range -> range.contains(clock.toLocalTime()))
                        && dates.test(clock.toLocalDate());
            }
        }

        /** During the whole of some dates, each of which has a name of its own. */
        record Dates(Map<LocalDate, Shut> named) implements Shut {
            @Override
            public String reason() {
                return "excluded";
            }

            @Override
            public boolean at(Instant instant, LocalDateTime clock) {
                return named.containsKey(clock.toLocalDate());
            }
        }

        /** From one instant up to another. */
        record Span(String reason, Instant from, Instant until) implements Shut {
            @Override
            public boolean at(Instant instant, LocalDateTime clock) {
                return !instant.isBefore(from) && instant.isBefore(until);
            }
        }
    }

    Windows(ScheduleSpec spec) {
        this(spec.zone(), spec.days(), spec.hours(), spec.exclusions());
    }

    Windows(ZoneId zone, Set<DayOfWeek> days, List<Hours> hours, List<Exclusion> exclusions) {
        rules = zone.getRules();
        if (!days.isEmpty()) {
            shut(
                    days.equals(ScheduleSpec.WEEKDAYS) ? "weekend" : "not one of the days",
                    date -> !days.contains(date.getDayOfWeek()),
                    WHOLE_DAY);
        }
        for (Exclusion exclusion : exclusions) {
            switch (exclusion) {
                case Exclusion.Day(String name, LocalDate date) ->
                        dates().putIfAbsent(date, new Shut.Days(name, date::equals, WHOLE_DAY));
                case Exclusion.Yearly(String name, MonthDay day) ->
                        shut(name, date -> MonthDay.from(date).equals(day), WHOLE_DAY);
                case Exclusion.Weekly(String name, var weekdays, var parts) ->
                        shut(name, date -> weekdays.contains(date.getDayOfWeek()), parts);
                case Exclusion.Span(String name, Instant from, Instant until) ->
                        all.add(new Shut.Span(name, from, until));
            }
        }
        if (!hours.isEmpty()) {
            shut("outside hours", _ -> true, Hours.complement(hours));
        }
    }

    /** Return the dates that were named last, in a row: there may be thousands. */
    private Map<LocalDate, Shut> dates() {
        if (!all.isEmpty() && all.getLast() instanceof Shut.Dates dates) {
            return dates.named();
        }
        var fresh = new Shut.Dates(new HashMap<>());
        all.add(fresh);
        WHOLE_DAY.forEach(this::addEdges);
        return fresh.named();
    }

    private void shut(String reason, Predicate<LocalDate> dates, List<Hours> hours) {
        all.add(new Shut.Days(reason, dates, hours));
        hours.forEach(this::addEdges);
    }

    private void addEdges(Hours range) {
        edges.add(range.first());
        edges.add(range.end());
    }

    /** Return why a schedule may not fire at an instant; empty if it may. */
    Optional<String> closedAt(Instant instant) {
        return shutAt(instant).map(Shut::reason);
    }

    private Optional<Shut> shutAt(Instant instant) {
        if (all.isEmpty()) {
            return Optional.empty();
        }
        LocalDateTime clock = LocalDateTime.ofInstant(instant, rules.getOffset(instant));
        return all.stream()
                .filter(shut -> shut.at(instant, clock))
                .findFirst()
                .map(shut ->
                        shut instanceof Shut.Dates dates
                                ? dates.named().getOrDefault(clock.toLocalDate(), shut)
                                : shut);
    }

    /**
     * Return the first instant from the given one at which a schedule may fire; empty if there is
     * none before an end.
     */
    Optional<Instant> openFrom(Instant instant, Instant end) {
        Instant time = instant;
        while (time.isBefore(end)) {
            Optional<Shut> shut = shutAt(time);
            if (shut.isEmpty()) {
                return Optional.of(time);
            }
            time = shut.get() instanceof Shut.Span span ? span.until() : edgeAfter(time);
        }
        return Optional.empty();
    }

    /** Return the instant until which a schedule may not fire for the reason it has at another. */
    Instant sameUntil(Instant instant, Instant end) {
        Optional<String> reason = closedAt(instant);
        Instant time = edgeAfter(instant);
        while (time.isBefore(end) && closedAt(time).equals(reason)) {
            time = edgeAfter(time);
        }
        return time.isBefore(end) ? time : end;
    }

    /** Return the next instant at which a schedule may open or shut. */
    private Instant edgeAfter(Instant instant) {
        ZoneOffsetTransition change = rules.nextTransition(instant);
        Instant next = change == null ? Instant.MAX : change.getInstant();
        LocalDate today = LocalDateTime.ofInstant(instant, rules.getOffset(instant)).toLocalDate();
        // Of tomorrow there may be nothing, where a zone changed its date; but then that is next.
        for (LocalDate day : List.of(today, today.plusDays(1))) {
            for (LocalTime edge : edges) {
                LocalDateTime clock = day.atTime(edge);
                for (ZoneOffset offset : rules.getValidOffsets(clock)) {
                    next = earlier(next, clock.toInstant(offset), instant);
                }
            }
        }
        for (Shut shut : all) {
            if (shut instanceof Shut.Span span) {
                next = earlier(earlier(next, span.from(), instant), span.until(), instant);
            }
        }
        return next;
    }

    /** Return the earlier of two, if the second is after an instant; else the first. */
    private static Instant earlier(Instant one, Instant other, Instant after) {
        return other.isAfter(after) && other.isBefore(one) ? other : one;
    }
}
