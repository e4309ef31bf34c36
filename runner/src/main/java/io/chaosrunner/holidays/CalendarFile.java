package io.chaosrunner.holidays;

import biweekly.ICalendar;
import biweekly.component.VEvent;
import biweekly.io.ParseWarning;
import biweekly.io.text.ICalReader;
import biweekly.property.DateEnd;
import biweekly.property.DateOrDateTimeProperty;
import biweekly.property.DateStart;
import biweekly.property.DurationProperty;
import biweekly.property.ExceptionDates;
import biweekly.property.ICalProperty;
import biweekly.property.RecurrenceDates;
import biweekly.property.RecurrenceRule;
import biweekly.property.Status;
import biweekly.util.ByDay;
import biweekly.util.DateTimeComponents;
import biweekly.util.Duration;
import biweekly.util.Frequency;
import biweekly.util.ICalDate;
import biweekly.util.Recurrence;
import biweekly.util.com.google.ical.iter.RecurrenceIterator;
import biweekly.util.com.google.ical.iter.RecurrenceIteratorFactory;
import biweekly.util.com.google.ical.values.DateValue;
import biweekly.util.com.google.ical.values.DateValueImpl;
import com.github.mangstadt.vinnie.VObjectProperty;
import com.github.mangstadt.vinnie.io.Context;
import com.github.mangstadt.vinnie.io.SyntaxRules;
import com.github.mangstadt.vinnie.io.VObjectDataAdapter;
import com.github.mangstadt.vinnie.io.VObjectReader;
import com.github.mangstadt.vinnie.io.Warning;
import io.chaosrunner.model.Fire;
import io.chaosrunner.model.ForeignText;
import java.io.IOException;
import java.io.Serial;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TimeZone;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The days of the events of an iCalendar file (RFC 5545). Its library reads leniently; here a word
 * that it would overlook is refused, as a day that is missed would be a day of chaos.
 *
 * <p>The only class that knows the library, which is loaded with it.
 */
final class CalendarFile {
    private static final int MOST_EVENTS = 5_000;
    private static final int DEEPEST = 4;

    /** What repeats may have begun long ago: some programs write 1601 for "ever since". */
    private static final int FIRST_BEGIN = 1;

    private static final int LONGEST_EVENT = 366;
    private static final int MOST_YEARS_BETWEEN = 100;
    private static final int MOST_LOOKED_AT = 1_000_000;
    private static final int LONGEST_QUOTE = 80;

    /** What an event's days are read from. */
    private static final Set<String> READ =
            Set.of("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "STATUS");

    /** What an event has once, if at all. */
    private static final Map<Class<? extends ICalProperty>, String> ONCE =
            Map.of(
                    DateStart.class, "DTSTART",
                    DateEnd.class, "DTEND",
                    DurationProperty.class, "DURATION",
                    RecurrenceRule.class, "RRULE",
                    Status.class, "STATUS");

    /** What has one value. */
    private static final Set<String> SINGLE = Set.of("DTSTART", "DTEND", "DURATION");

    private final HolidayReader list;
    private final Budget budget;

    private CalendarFile(HolidayReader list, Budget budget) {
        this.list = list;
        this.budget = budget;
    }

    /** How many days of all rules of a file may be looked at, holidays or too early for one. */
    private static final class Budget {
        private int left = MOST_LOOKED_AT;

        void spend() {
            left--;
            if (left < 0) {
                throw new Refused(
                        "all RRULEs together name more than %,d days".formatted(MOST_LOOKED_AT));
            }
        }
    }

    /**
     * Read a file into a list.
     *
     * @throws HolidayReader.Unusable if anything is wrong with the days of its events
     */
    static void read(String text, HolidayReader list) throws HolidayReader.Unusable {
        var shape = new Shape();
        try (VObjectReader reader =
                        new VObjectReader(new StringReader(text), SyntaxRules.iCalendar());
                ICalReader calendars = new ICalReader(text)) {
            reader.parse(shape);
            shape.check();
            var budget = new Budget();
            ICalendar calendar;
            while ((calendar = calendars.readNext()) != null) {
                for (ParseWarning warning : calendars.getWarnings()) {
                    if (warning.getPropertyName() != null
                            && READ.contains(warning.getPropertyName())) {
                        throw new HolidayReader.Unusable(
                                "line %d: %s"
                                        .formatted(
                                                warning.getLineNumber(),
                                                quoted(warning.getMessage())));
                    }
                }
                for (VEvent event : calendar.getEvents()) {
                    new CalendarFile(list, budget).take(event);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (RuntimeException | StackOverflowError e) {
            // The library promises nothing for texts of strangers.
            throw new HolidayReader.Unusable("it cannot be read: " + quoted(e.toString()));
        }
    }

    /** Whether a file is whole, and no deeper and longer than such files are. */
    private static final class Shape extends VObjectDataAdapter {
        private int open;
        private int calendars;
        private int events;
        private Optional<String> wrong = Optional.empty();

        /** The line of an event that the library would overlook, as after a missing END. */
        private int misplaced;

        /** The component that ended last, and the line that ended it. */
        private String ended = "";

        private int endedAt;
        private Optional<String> unended = Optional.empty();

        @Override
        public void onComponentBegin(String name, Context context) {
            if (name.equals("VEVENT")
                    && misplaced == 0
                    && !context.getParentComponents().equals(List.of("VCALENDAR"))) {
                misplaced = context.getLineNumber();
            }
            open++;
            if (name.equals("VEVENT")) {
                events++;
            }
            if (open > DEEPEST) {
                wrong("line %d is nested more than %d deep", context.getLineNumber(), DEEPEST);
                context.stop();
            } else if (events > MOST_EVENTS) {
                wrong("there are more than %,d events", MOST_EVENTS);
                context.stop();
            }
        }

        /** Whoever forgot an END leaves it to the next one to end two components. */
        @Override
        public void onComponentEnd(String name, Context context) {
            open--;
            if (name.equals("VCALENDAR")) {
                calendars++;
            }
            if (context.getLineNumber() == endedAt && unended.isEmpty()) {
                unended =
                        Optional.of(
                                "line %d: END:%s is missing before it".formatted(endedAt, ended));
            }
            ended = name;
            endedAt = context.getLineNumber();
        }

        /** Of several values the library takes one. */
        @Override
        public void onProperty(VObjectProperty property, Context context) {
            List<String> parents = context.getParentComponents();
            if (parents.isEmpty() || !parents.getLast().equals("VEVENT")) {
                return;
            }
            String name = property.getName().toUpperCase(Locale.ROOT);
            if (SINGLE.contains(name) && property.getValue().indexOf(',') >= 0) {
                wrong("line %d: %s has more than one value", context.getLineNumber(), name);
            } else if (name.equals("RRULE")) {
                ofRule(property.getValue())
                        .ifPresent(why -> wrong("line %d: %s", context.getLineNumber(), why));
            }
        }

        private static Optional<String> ofRule(String rule) {
            var parts = new HashMap<String, String>();
            for (String part : rule.split(";", -1)) {
                int equals = part.indexOf('=');
                String key = (equals < 0 ? part : part.substring(0, equals)).strip();
                String name = key.toUpperCase(Locale.ROOT);
                if (!name.isEmpty() && parts.put(name, part.substring(equals + 1)) != null) {
                    return Optional.of(
                            "its RRULE has more than one %s; write one".formatted(quoted(name)));
                }
            }
            String count = parts.getOrDefault("COUNT", "1").strip();
            if (parts.containsKey("COUNT") && parts.containsKey("UNTIL")) {
                return Optional.of("its RRULE has both COUNT and UNTIL; write one of them");
            }
            return count.indexOf('-') == 0 || count.replace("0", "").isEmpty()
                    ? Optional.of("the COUNT of its RRULE is not at least 1")
                    : Optional.empty();
        }

        @Override
        public void onWarning(
                Warning warning,
                @Nullable VObjectProperty property,
                @Nullable Exception thrown,
                Context context) {
            if (warning != Warning.UNKNOWN_CHARSET && warning != Warning.QUOTED_PRINTABLE_ERROR) {
                wrong("line %d is damaged: %s", context.getLineNumber(), warning.getMessage());
            }
        }

        private void wrong(String format, Object... arguments) {
            wrong = wrong.or(() -> Optional.of(format.formatted(arguments)));
        }

        void check() throws HolidayReader.Unusable {
            if (calendars == 0 && open == 0) {
                throw new HolidayReader.Unusable(
                        "it is no iCalendar file, which begins with BEGIN:VCALENDAR");
            }
            if (open != 0) {
                wrong("its end is missing");
            }
            if (misplaced != 0) {
                wrong("line %d: VEVENT does not stand in a VCALENDAR", misplaced);
            }
            wrong = wrong.or(() -> unended);
            if (wrong.isPresent()) {
                throw new HolidayReader.Unusable(wrong.get());
            }
        }
    }

    private void take(VEvent event) throws HolidayReader.Unusable {
        String summary = event.getSummary() == null ? "" : value(event.getSummary().getValue());
        try {
            checkOnce(event);
            if (event.getStatus() == null || !event.getStatus().isCancelled()) {
                take(event, summary);
            }
        } catch (Refused | DateTimeException e) {
            throw new HolidayReader.Unusable(
                    "the event %s: %s".formatted(named(event, summary), e.getMessage()));
        }
    }

    /** Of two of a kind the library takes one. */
    private static void checkOnce(VEvent event) {
        ONCE.forEach((kind, name) -> {
            if (event.getProperties(kind).size() > 1) {
                throw new Refused(
                        "it has more than one %s; write an event for each".formatted(name));
            }
        });
        if (event.getDateEnd() != null && event.getDuration() != null) {
            throw new Refused("it has both DTEND and DURATION; write one of them");
        }
    }

    private void take(VEvent event, String summary) throws HolidayReader.Unusable {
        DateStart begin = event.getDateStart();
        if (begin == null) {
            throw new Refused("it has no DTSTART");
        }
        RecurrenceRule rule = event.getRecurrenceRule();
        LocalDate first = day(components(begin));
        if (rule == null
                && event.getRecurrenceDates().isEmpty()
                && first.getYear() < Fire.FIRST_YEAR) {
            throw outside(first);
        }
        long days = days(event, first);
        var without = new HashSet<LocalDate>();
        for (ExceptionDates dates : event.getExceptionDates()) {
            days(dates.getValues()).forEach(without::add);
        }
        var starts = new HashSet<LocalDate>();
        starts.add(first);
        if (rule != null) {
            addYears(rule.getValue(), first, starts);
        }
        for (RecurrenceDates dates : event.getRecurrenceDates()) {
            if (!dates.getPeriods().isEmpty()) {
                throw new Refused("it has an RDATE with periods; only days are read");
            }
            days(dates.getDates()).forEach(starts::add);
        }
        starts.removeAll(without);
        for (LocalDate start : starts) {
            for (int i = 0; i < days; i++) {
                LocalDate day = start.plusDays(i);
                if (day.getYear() >= Fire.FIRST_YEAR) {
                    list.day(day, summary);
                }
            }
        }
    }

    private static long days(VEvent event, LocalDate first) {
        DateEnd end = event.getDateEnd();
        Duration duration = event.getDuration() == null ? null : event.getDuration().getValue();
        long days = 1;
        if (end != null) {
            DateTimeComponents last = components(end);
            boolean atMidnight =
                    !last.hasTime() || last.getHour() + last.getMinute() + last.getSecond() == 0;
            days = day(last).toEpochDay() - first.toEpochDay() + (atMidnight ? 0 : 1);
            // Some write the day itself as its end.
            days = days == 0 ? 1 : days;
        } else if (duration != null) {
            long length = duration.toMillis();
            long begun = length < 0 ? 0 : sinceMidnight(components(event.getDateStart()));
            days = Math.ceilDiv(begun + length, java.time.Duration.ofDays(1).toMillis());
            days = days == 0 ? 1 : days;
        }
        if (days < 1 || days > LONGEST_EVENT) {
            throw new Refused(
                    "it lasts %,d days; from 1 to %d are read".formatted(days, LONGEST_EVENT));
        }
        return days;
    }

    /** Return how long the first day of an event has lasted when it begins, in milliseconds. */
    private static long sinceMidnight(DateTimeComponents begin) {
        return begin.hasTime()
                ? java.time.Duration.ofHours(begin.getHour())
                        .plusMinutes(begin.getMinute())
                        .plusSeconds(begin.getSecond())
                        .toMillis()
                : 0;
    }

    /** Holidays come each year: what could come more often, or needs a long search, is refused. */
    private void addYears(Recurrence rule, LocalDate first, Set<LocalDate> starts) {
        if (rule == null || rule.getFrequency() != Frequency.YEARLY) {
            throw new Refused("its RRULE is not FREQ=YEARLY, which is all that is read");
        }
        int interval = rule.getInterval() == null ? 1 : rule.getInterval();
        if (interval < 1 || interval > MOST_YEARS_BETWEEN) {
            throw new Refused("the INTERVAL of its RRULE is not from 1 to " + MOST_YEARS_BETWEEN);
        }
        boolean beyond =
                Stream.of(
                                        rule.getBySecond(),
                                        rule.getByMinute(),
                                        rule.getByHour(),
                                        rule.getByYearDay(),
                                        rule.getByWeekNo())
                                .anyMatch(values -> !values.isEmpty())
                        || !rule.getXRules().isEmpty();
        if (beyond) {
            throw new Refused(
                    "its RRULE says more than INTERVAL, COUNT, UNTIL, BYMONTH, BYMONTHDAY, BYDAY and BYSETPOS");
        }
        within(rule.getByMonth(), 1, 12, "BYMONTH");
        within(rule.getByMonthDay(), -31, 31, "BYMONTHDAY");
        within(rule.getBySetPos(), -366, 366, "BYSETPOS");
        within(
                rule.getByDay().stream().map(ByDay::getNum).filter(n -> n != null).toList(),
                -53,
                53,
                "BYDAY");
        RecurrenceIterator days =
                RecurrenceIteratorFactory.createRecurrenceIterator(
                        untilDay(rule),
                        new DateValueImpl(
                                first.getYear(), first.getMonthValue(), first.getDayOfMonth()),
                        TimeZone.getTimeZone("UTC"));
        boolean some = false;
        while (days.hasNext()) {
            DateValue next = days.next();
            if (next.year() > Fire.LAST_YEAR) {
                break;
            }
            some = true;
            budget.spend();
            if (next.year() < Fire.FIRST_YEAR - 2) {
                continue;
            }
            starts.add(LocalDate.of(next.year(), next.month(), next.day()));
            if (starts.size() > HolidayReader.MOST_DAYS) {
                throw new Refused("it comes more than %,d times".formatted(starts.size() - 1));
            }
        }
        if (!some) {
            throw new Refused("its RRULE names no day");
        }
    }

    /**
     * Return a rule that ends with a day: that of its UNTIL, or the next one where that is a time
     * in UTC, which may be the next day's elsewhere.
     */
    private static Recurrence untilDay(Recurrence rule) {
        ICalDate until = rule.getUntil();
        if (until == null || !until.hasTime()) {
            return rule;
        }
        DateTimeComponents written = components(until);
        LocalDate day =
                LocalDate.of(written.getYear(), written.getMonth(), written.getDate())
                        .plusDays(written.isUtc() ? 1 : 0);
        return new Recurrence.Builder(rule)
                .until(
                        new ICalDate(
                                new DateTimeComponents(
                                        day.getYear(), day.getMonthValue(), day.getDayOfMonth()),
                                false))
                .build();
    }

    private static void within(Collection<Integer> values, int least, int most, String name) {
        for (int value : values) {
            if (value < least || value > most || value == 0) {
                throw new Refused("%d of its RRULE is not a %s".formatted(value, name));
            }
        }
    }

    private static List<LocalDate> days(Collection<ICalDate> dates) {
        return dates.stream().map(date -> day(components(date))).toList();
    }

    private static DateTimeComponents components(DateOrDateTimeProperty property) {
        return components(property.getValue());
    }

    private static DateTimeComponents components(@Nullable ICalDate date) {
        DateTimeComponents components = date == null ? null : date.getRawComponents();
        if (components == null) {
            throw new Refused("one of its dates cannot be read");
        }
        return components;
    }

    /** A time of day shuts its whole day, by the clock that it was written with. */
    private static LocalDate day(DateTimeComponents written) {
        if (written.hasTime() && written.isUtc()) {
            throw new Refused(
                    "it has a time in UTC (%s), whose day is not known elsewhere; write a date, or the local time"
                            .formatted(written));
        }
        LocalDate date = LocalDate.of(written.getYear(), written.getMonth(), written.getDate());
        if (date.getYear() < FIRST_BEGIN || date.getYear() > Fire.LAST_YEAR + 1) {
            throw outside(date);
        }
        return date;
    }

    private static Refused outside(LocalDate date) {
        return new Refused(
                "%s is not from %d to %d".formatted(date, Fire.FIRST_YEAR, Fire.LAST_YEAR));
    }

    private static String named(VEvent event, String summary) {
        String uid = event.getUid() == null ? "" : value(event.getUid().getValue());
        return "'%s'".formatted(quoted(summary.isEmpty() ? uid : summary));
    }

    private static String quoted(String text) {
        return ForeignText.oneLine(ForeignText.line(text), LONGEST_QUOTE);
    }

    private static String value(@Nullable String text) {
        return text == null ? "" : text;
    }

    /** Reports what is wrong with one event. */
    private static final class Refused extends RuntimeException {
        @Serial private static final long serialVersionUID = 1L;

        Refused(String message) {
            super(message);
        }
    }
}
