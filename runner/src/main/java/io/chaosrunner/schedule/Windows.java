package io.chaosrunner.schedule;

import static java.util.Objects.requireNonNull;

import io.chaosrunner.holidays.HolidayList;
import io.chaosrunner.schedule.Frame.Exclusion;
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
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * When a schedule may fire at all, and why not. What counts is what the clock of the schedule's
 * zone shows.
 *
 * <p>Of several reasons the one that was written first is told. Thousands of exclusions cost one
 * sorting; after that an instant is looked up among them.
 */
final class Windows {
    private static final List<Hours> WHOLE_DAY = Hours.complement(List.of());
    private static final int DAY = 24 * 60;

    private final ZoneRules rules;
    private final ClosedRanges<Instant> spans;
    private final Map<LocalDate, Shut> dates;
    private final Map<MonthDay, Shut> yearly;

    /** By minutes of the day. */
    private final Map<DayOfWeek, ClosedRanges<Integer>> weekly;

    private final boolean alwaysOpen;
    private final List<Holidays> holidays;

    /** Until when nobody knows whether it is a holiday, and why; null if it is known. */
    private final HolidayList.@Nullable Unknown unknown;

    /** One list by its name. */
    private record Holidays(String list, HolidayList.Days days) {
        Optional<String> at(LocalDate date) {
            String name = days.at(date);
            return name == null
                    ? Optional.empty()
                    : Optional.of("holiday: %s (%s)".formatted(name.isEmpty() ? date : name, list));
        }
    }

    /**
     * A reason not to fire.
     *
     * @param order of two reasons at one time the lower one is told
     */
    record Shut(int order, String reason) {}

    Windows(ScheduleSpec spec) {
        this(spec.zone(), spec.days(), spec.hours(), spec.exclusions());
    }

    Windows(ZoneId zone, Set<DayOfWeek> days, List<Hours> hours, List<Exclusion> exclusions) {
        rules = zone.getRules();
        dates = new HashMap<>();
        yearly = new HashMap<>();
        weekly = new EnumMap<>(DayOfWeek.class);
        var spanned = new ArrayList<ClosedRanges.Range<Instant>>();
        var ofDays = new EnumMap<DayOfWeek, List<ClosedRanges.Range<Integer>>>(DayOfWeek.class);
        for (DayOfWeek day : DayOfWeek.values()) {
            ofDays.put(day, new ArrayList<>());
        }
        int order = 0;
        if (!days.isEmpty()) {
            Set<DayOfWeek> others = EnumSet.allOf(DayOfWeek.class);
            others.removeAll(days);
            boolean weekend = days.equals(ScheduleSpec.WEEKDAYS);
            var shut = new Shut(order++, weekend ? "weekend" : "not one of the days");
            shut(ofDays, others, WHOLE_DAY, shut);
        }
        for (Exclusion exclusion : exclusions) {
            var shut = new Shut(order++, exclusion.name());
            switch (exclusion) {
                case Exclusion.Day(String name, LocalDate date) -> dates.putIfAbsent(date, shut);
                case Exclusion.Yearly(String name, MonthDay day) -> yearly.putIfAbsent(day, shut);
                case Exclusion.Weekly(String name, var weekdays, var parts) ->
                        shut(ofDays, weekdays, parts, shut);
                case Exclusion.Span(String name, Instant from, Instant until) ->
                        spanned.add(new ClosedRanges.Range<>(from, until, shut));
            }
        }
        if (!hours.isEmpty()) {
            var shut = new Shut(order, "outside hours");
            shut(ofDays, EnumSet.allOf(DayOfWeek.class), Hours.complement(hours), shut);
        }
        spans = ClosedRanges.of(spanned);
        ofDays.forEach((day, ranges) -> weekly.put(day, ClosedRanges.of(ranges)));
        alwaysOpen = days.isEmpty() && exclusions.isEmpty() && hours.isEmpty();
        holidays = List.of();
        unknown = null;
    }

    private Windows(Windows same, List<Holidays> holidays, HolidayList.@Nullable Unknown unknown) {
        rules = same.rules;
        spans = same.spans;
        dates = same.dates;
        yearly = same.yearly;
        weekly = same.weekly;
        alwaysOpen = same.alwaysOpen && holidays.isEmpty() && unknown == null;
        this.holidays = holidays;
        this.unknown = unknown;
    }

    /**
     * Return the same windows, shut on holidays too; where a list is not known, until that is to be
     * read again.
     *
     * @param names which lists count
     * @param lists what was read; a list that is missing was not looked for, and shuts nothing
     */
    Windows without(List<String> names, Map<String, HolidayList> lists) {
        var known = new ArrayList<Holidays>();
        HolidayList.Unknown doubt = null;
        for (String name : names) {
            switch (lists.get(name)) {
                case HolidayList.Days days -> known.add(new Holidays(name, days));
                case HolidayList.Unknown why -> doubt = doubt == null ? why : doubt;
                case null -> {}
            }
        }
        return new Windows(this, known, doubt);
    }

    /** Return why it is not known whether an instant is on a holiday; empty if it is known. */
    Optional<String> doubtAt(Instant instant) {
        return unknown == null || !instant.isBefore(unknown.until())
                ? Optional.empty()
                : Optional.of(HolidayList.UNKNOWN + unknown.why());
    }

    /** Return which holiday it is; empty if it is none, or that is not known. */
    Optional<String> holidayAt(Instant instant) {
        return holidays.isEmpty() ? Optional.empty() : holiday(clock(instant).toLocalDate());
    }

    private Optional<String> holiday(LocalDate date) {
        return holidays.stream().flatMap(list -> list.at(date).stream()).findFirst();
    }

    private static void shut(
            Map<DayOfWeek, List<ClosedRanges.Range<Integer>>> ofDays,
            Set<DayOfWeek> days,
            List<Hours> parts,
            Shut shut) {
        for (DayOfWeek day : days) {
            for (Hours part : parts) {
                requireNonNull(ofDays.get(day))
                        .add(new ClosedRanges.Range<>(part.from(), part.until(), shut));
            }
        }
    }

    /** Return why a schedule may not fire at an instant; empty if it may. */
    Optional<String> closedAt(Instant instant) {
        if (alwaysOpen) {
            return Optional.empty();
        }
        LocalDateTime clock = clock(instant);
        LocalDate date = clock.toLocalDate();
        Shut first = first(spans.at(instant), weekly(date).at(minute(clock)));
        first = first(first, first(dates.get(date), yearly.get(MonthDay.from(date))));
        return Optional.ofNullable(first)
                .map(Shut::reason)
                .or(() -> holiday(date))
                .or(() -> doubtAt(instant));
    }

    private static @Nullable Shut first(@Nullable Shut one, @Nullable Shut other) {
        if (one == null || other == null) {
            return one == null ? other : one;
        }
        return one.order() < other.order() ? one : other;
    }

    /**
     * Return the first instant from the given one at which a schedule may fire; empty if there is
     * none before an end.
     */
    Optional<Instant> openFrom(Instant instant, Instant end) {
        Instant time = instant;
        while (time.isBefore(end)) {
            Instant open = alwaysOpen ? time : openOnce(time);
            if (open.equals(time)) {
                return Optional.of(time);
            }
            time = open;
        }
        return Optional.empty();
    }

    /** Return the same instant if it is open; else one up to which all are shut. */
    private Instant openOnce(Instant instant) {
        Instant open = spans.openFrom(instant);
        if (open.isAfter(instant)) {
            return open;
        }
        if (unknown != null && instant.isBefore(unknown.until())) {
            return unknown.until();
        }
        LocalDateTime clock = clock(instant);
        LocalDate date = clock.toLocalDate();
        if (dates.containsKey(date)
                || yearly.containsKey(MonthDay.from(date))
                || holiday(date).isPresent()) {
            return shown(date, DAY, instant);
        }
        int minute = weekly(date).openFrom(minute(clock));
        return minute == minute(clock) ? instant : shown(date, minute, instant);
    }

    /** Return the instant until which a schedule may not fire for the reason it has at another. */
    Instant sameUntil(Instant instant, Instant end) {
        Optional<String> reason = closedAt(instant);
        Instant time = edgeAfter(instant);
        while (time.isBefore(end) && closedAt(time).equals(reason)) {
            Timetable.checkInterrupt();
            time = edgeAfter(time);
        }
        return time.isBefore(end) ? time : end;
    }

    /** Return the next instant at which a schedule may open or shut. */
    private Instant edgeAfter(Instant instant) {
        LocalDateTime clock = clock(instant);
        LocalDate date = clock.toLocalDate();
        Integer minute = weekly(date).edgeAfter(minute(clock));
        Instant shown = shown(date, minute == null ? DAY : minute, instant);
        Instant span = spans.edgeAfter(instant);
        return span != null && span.isBefore(shown) ? span : shown;
    }

    /**
     * Return when the clock shows a minute of a day that is still to come; or, if that is sooner,
     * when the clocks change, which may make it be shown never.
     */
    private Instant shown(LocalDate date, int minute, Instant after) {
        ZoneOffsetTransition change = rules.nextTransition(after);
        Instant next = change == null ? Instant.MAX : change.getInstant();
        LocalDateTime clock =
                minute == DAY
                        ? date.plusDays(1).atStartOfDay()
                        : date.atTime(LocalTime.ofSecondOfDay(minute * 60L));
        for (ZoneOffset offset : rules.getValidOffsets(clock)) {
            Instant at = clock.toInstant(offset);
            next = at.isAfter(after) && at.isBefore(next) ? at : next;
        }
        return next;
    }

    private LocalDateTime clock(Instant instant) {
        return LocalDateTime.ofInstant(instant, rules.getOffset(instant));
    }

    private static int minute(LocalDateTime clock) {
        return clock.getHour() * 60 + clock.getMinute();
    }

    private ClosedRanges<Integer> weekly(LocalDate date) {
        return requireNonNull(weekly.get(date.getDayOfWeek()));
    }
}
