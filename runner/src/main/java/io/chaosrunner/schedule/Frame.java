package io.chaosrunner.schedule;

import io.chaosrunner.model.ForeignText;
import io.chaosrunner.schedule.ScheduleSpec.Kind;
import io.chaosrunner.schedule.ScheduleSpec.Policy;
import io.chaosrunner.schedule.SettingReader.Bound;
import java.time.DateTimeException;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.MonthDay;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Whose clocks a schedule means, and when it may fire at all, whatever makes it fire. */
record Frame(
        ZoneId zone,
        Optional<Instant> from,
        Optional<Instant> until,
        Set<DayOfWeek> days,
        List<Hours> hours,
        List<Exclusion> exclusions,
        List<String> holidays) {
    /** What one exclusion may say. */
    static final List<String> EXCLUSION =
            List.of("name", "dates", "from", "until", "days", "hours");

    /** A time at which a schedule does not fire. */
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

    private static final int MOST_LISTS = 5;
    private static final int LONGEST_QUOTE = 40;

    /** As long as the name of an object may be. */
    private static final int LONGEST_LIST = 253;

    static Frame read(SettingReader settings) {
        ZoneId zone = settings.zone();
        return new Frame(
                zone,
                settings.instant("from", zone, Bound.FIRST_FIRE),
                settings.instant("until", zone, Bound.LAST_FIRE),
                days(settings),
                hours(settings),
                exclusions(settings, zone),
                holidays(settings));
    }

    ScheduleSpec spec(Kind kind, Duration jitter, Policy policy, String formerly, String name) {
        return new ScheduleSpec(
                kind,
                zone,
                from,
                until,
                days,
                hours,
                exclusions,
                holidays,
                jitter,
                policy,
                ScheduleSpec.hash(kind, zone, from, until, days, hours, exclusions, jitter),
                formerly,
                name);
    }

    // ---- One of several -----------------------------------------------------------------------

    /**
     * Return when one of several schedules may fire: what they share holds for each, by its own
     * clock.
     *
     * @param settings takes note of what leaves no time
     */
    Frame within(Frame shared, SettingReader settings) {
        Set<DayOfWeek> common = EnumSet.noneOf(DayOfWeek.class);
        common.addAll(days.isEmpty() ? shared.days : days);
        if (!shared.days.isEmpty()) {
            common.retainAll(shared.days);
        }
        if (common.isEmpty() && !days.isEmpty()) {
            settings.problem(
                    "days", "has no day that days beside schedules allows, so it would never run");
        }
        List<Hours> open = Hours.common(hours, shared.hours);
        if (open.isEmpty() && !hours.isEmpty()) {
            settings.problem(
                    "hours",
                    "has no hour that hours beside schedules allows, so it would never run");
        }
        var lists = new LinkedHashSet<>(shared.holidays);
        lists.addAll(holidays);
        return new Frame(
                zone,
                from.filter(at -> shared.from.filter(at::isBefore).isEmpty()).or(() -> shared.from),
                until.filter(at -> shared.until.filter(at::isAfter).isEmpty())
                        .or(() -> shared.until),
                common,
                open,
                Stream.concat(shared.exclusions.stream(), exclusions.stream()).toList(),
                List.copyOf(lists));
    }

    // ---- Days and hours -----------------------------------------------------------------------

    private static Set<DayOfWeek> days(SettingReader settings) {
        Set<DayOfWeek> days = EnumSet.noneOf(DayOfWeek.class);
        List<String> written = settings.texts("days");
        if (settings.has("days") && written.isEmpty()) {
            settings.problem(
                    "days", "names no day, so nothing would ever run; leave it out for all days");
        }
        for (String each : items(written)) {
            String[] range = ends(each);
            Optional<DayOfWeek> first = day(range[0]);
            Optional<DayOfWeek> last = day(range[range.length - 1]);
            if (range.length > 2 || first.isEmpty() || last.isEmpty()) {
                settings.problem(
                        "days", "'%s' is not a day; %s".formatted(each, MeantDays.days(written)));
                continue;
            }
            for (DayOfWeek day = first.get(); ; day = day.plus(1)) {
                days.add(day);
                if (day == last.get()) {
                    break;
                }
            }
        }
        return days;
    }

    private static List<String> items(List<String> written) {
        return written.stream().flatMap(text -> List.of(text.split(",")).stream()).toList();
    }

    /** Take a range apart. */
    static String[] ends(String range) {
        return Arrays.stream(range.split("-", -1)).map(String::strip).toArray(String[]::new);
    }

    /** Read {@code Mon} or {@code Monday}. */
    static Optional<DayOfWeek> day(String word) {
        String upper = word.toUpperCase(Locale.ROOT);
        return EnumSet.allOf(DayOfWeek.class).stream()
                .filter(day -> day.name().equals(upper) || day.name().substring(0, 3).equals(upper))
                .findFirst();
    }

    private static List<Hours> hours(SettingReader settings) {
        var hours = new ArrayList<Hours>();
        List<String> written = settings.texts("hours");
        if (settings.has("hours") && written.isEmpty()) {
            settings.problem(
                    "hours",
                    "names no hours, so nothing would ever run; leave it out for the whole day");
        }
        for (String each : items(written)) {
            List<Hours> range = Hours.parse(each);
            if (range.isEmpty()) {
                settings.problem(
                        "hours",
                        "'%s' is not a part of the day; %s"
                                .formatted(each, MeantDays.hours(written)));
            }
            hours.addAll(range);
        }
        return hours;
    }

    // ---- What is excluded ---------------------------------------------------------------------

    private static List<Exclusion> exclusions(SettingReader settings, ZoneId zone) {
        var result = new ArrayList<Exclusion>();
        Object written = settings.get("exclude");
        if (written == null) {
            return result;
        }
        List<?> list = written instanceof List<?> several ? several : List.of(written);
        for (int i = 0; i < list.size(); i++) {
            String key = "exclude[" + i + "]";
            if (list.get(i) instanceof Map<?, ?> map) {
                excluded(settings.in(key, map), zone, result);
            } else {
                date(settings, key, String.valueOf(list.get(i)), "", result);
            }
        }
        return result;
    }

    private static void excluded(SettingReader settings, ZoneId zone, List<Exclusion> result) {
        if (!settings.checkKeys(EXCLUSION, List.of())) {
            return;
        }
        String name = settings.text("name").orElse("");
        String called = name.isEmpty() ? "excluded" : name;
        boolean dates = settings.has("dates");
        boolean span = settings.has("from") || settings.has("until");
        boolean weekly = settings.has("days") || settings.has("hours");
        if ((dates ? 1 : 0) + (span ? 1 : 0) + (weekly ? 1 : 0) != 1) {
            settings.problem(
                    "", "give one of dates, from with until, and days with or without hours");
            return;
        }
        if (dates) {
            List<String> written = settings.texts("dates");
            if (written.isEmpty()) {
                settings.problem("dates", "names no date, so nothing is excluded; leave it out");
            }
            written.forEach(date -> date(settings, "dates", date, name, result));
        } else if (span) {
            span(settings, zone, called).ifPresent(result::add);
        } else {
            Set<DayOfWeek> days =
                    settings.has("days") ? days(settings) : EnumSet.allOf(DayOfWeek.class);
            List<Hours> hours =
                    settings.has("hours") ? hours(settings) : Hours.complement(List.of());
            if (!days.isEmpty()) {
                result.add(new Exclusion.Weekly(called, days, hours));
            }
        }
        settings.finish();
    }

    private static Optional<Exclusion> span(SettingReader settings, ZoneId zone, String called) {
        int before = settings.problems().size();
        Optional<Instant> from = settings.instant("from", zone, Bound.SHUT_FROM);
        Optional<Instant> until = settings.instant("until", zone, Bound.SHUT_UNTIL);
        boolean both = settings.has("from") && settings.has("until");
        if (!both && settings.problems().size() == before) {
            settings.problem("", "give both from and until");
        }
        if (from.isEmpty() || until.isEmpty()) {
            return Optional.empty();
        }
        if (!from.get().isBefore(until.get())) {
            settings.problem("", "until is not after from, so nothing is excluded");
        }
        return Optional.of(new Exclusion.Span(called, from.get(), until.get()));
    }

    private static void date(
            SettingReader settings, String key, String text, String name, List<Exclusion> result) {
        String written = text.strip();
        String called = name.isEmpty() ? "excluded day " + written : name;
        try {
            result.add(
                    written.matches("\\d{2}-\\d{2}")
                            ? new Exclusion.Yearly(called, MonthDay.parse("--" + written))
                            : new Exclusion.Day(called, LocalDate.parse(written)));
        } catch (DateTimeException e) {
            settings.problem(
                    key, "'%s' is not a date; %s".formatted(text, MeantDates.exclusion(key, text)));
        }
    }

    private static List<String> holidays(SettingReader settings) {
        List<String> names =
                settings.texts("holidays").stream()
                        .flatMap(text -> Arrays.stream(text.split(",", -1)))
                        .map(String::strip)
                        .distinct()
                        .toList();
        if (settings.has("holidays") && names.isEmpty()) {
            settings.problem("holidays", "names no list; leave it out");
        }
        if (names.size() > MOST_LISTS) {
            settings.problem(
                    "holidays",
                    "names %d lists, and %d are the most".formatted(names.size(), MOST_LISTS));
            return List.of();
        }
        for (String name : names) {
            if (name.matches("\\d{4}-\\d{2}-\\d{2}") || name.matches("\\d{2}-\\d{2}")) {
                settings.problem(
                        "holidays", "'%s' is a day; write it under exclude".formatted(name));
            } else if (name.length() > LONGEST_LIST
                    || !name.matches(
                            "[a-z0-9]++(?:-++[a-z0-9]++)*+(?:\\.[a-z0-9]++(?:-++[a-z0-9]++)*+)*+")) {
                settings.problem(
                        "holidays",
                        "'%s' is not the name of a ConfigMap, such as bank-holidays"
                                .formatted(
                                        ForeignText.oneLine(
                                                ForeignText.line(name), LONGEST_QUOTE)));
            }
        }
        return names;
    }
}
