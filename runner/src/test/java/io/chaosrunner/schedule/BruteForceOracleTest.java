package io.chaosrunner.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.strategy.InvalidParameters;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.zone.ZoneOffsetTransition;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Hold random schedules against brute force: every second or minute that a clock on the wall shows
 * is tried, with {@code java.time} only. The oracle shares no code with the product, not even a
 * parser: each part of a schedule is drawn as text and, beside it, as a predicate.
 *
 * <p>{@code -Dchaosrunner.oracle.schedules=10000 -Dchaosrunner.oracle.seed=7} draws more, or
 * others. A failure names the seed of the one schedule, so that it can be run alone.
 */
class BruteForceOracleTest {
    private static final long SEED = Long.getLong("chaosrunner.oracle.seed", 20270131);
    private static final int SCHEDULES = Integer.getInteger("chaosrunner.oracle.schedules", 120);
    private static final int MOST_FIRES = 1_000;

    /** Odd offsets, odd changes, changes at midnight, half an hour of them, and none. */
    private static final List<String> ZONES =
            List.of(
                    "UTC",
                    "Europe/Berlin",
                    "Europe/London",
                    "Europe/Dublin",
                    "America/New_York",
                    "America/Havana",
                    "America/Santiago",
                    "America/Asuncion",
                    "America/St_Johns",
                    "America/Scoresbysund",
                    "Atlantic/Azores",
                    "Australia/Lord_Howe",
                    "Australia/Eucla",
                    "Asia/Kathmandu",
                    "Asia/Tehran",
                    "Asia/Beirut",
                    "Asia/Gaza",
                    "Africa/Cairo",
                    "Africa/Casablanca",
                    "Antarctica/Troll",
                    "Pacific/Apia",
                    "Pacific/Chatham",
                    "Pacific/Kiritimati",
                    "+05:45");

    @Test
    void randomSchedulesFireAsBruteForceSays() {
        long fires = 0;
        long excluded = 0;
        long never = 0;
        for (long seed = SEED; seed < SEED + SCHEDULES; seed++) {
            Drawn drawn = new Draw(new Random(seed)).schedule();
            TreeSet<Instant> named = drawn.named();
            List<Instant> expected = named.stream().filter(drawn.open()).toList();
            long shut = Drawn.excluded(named, expected);
            String what = "seed %d: %s".formatted(seed, drawn);
            Optional<ScheduleSpec> spec = read(drawn, what);
            if (spec.isEmpty()) {
                assertThat(expected).as(what).isEmpty();
                never++;
                continue;
            }
            compare(seed, drawn, what, Timetable.of(spec.get(), drawn.from(), 0), expected, shut);
            fires += expected.size();
            excluded += shut;
        }
        System.out.printf(
                "oracle: %d schedules from seed %d, %d fires and %d excluded times are right; %d were refused, for nothing would ever run%n",
                SCHEDULES, SEED, fires, excluded, never);
        assertThat(fires).isGreaterThan(SCHEDULES);
        assertThat(never).isLessThan(1 + SCHEDULES / 5);
    }

    @Test
    void aUnionOfRandomSchedulesFiresWhenOneOfThemDoesAndSaysWhich() {
        long fires = 0;
        long shared = 0;
        int unions = 0;
        for (long seed = SEED; seed < SEED + SCHEDULES; seed++) {
            var random = new Random(-seed);
            Drawn first = new Draw(random).schedule();
            var parts = new ArrayList<Drawn>(List.of(first));
            for (int i = random.nextInt(1, 4); i > 0; i--) {
                parts.add(new Draw(random, Optional.of(first.from())).schedule());
            }
            String what = "seed %d: %s".formatted(seed, parts);
            if (!parts.stream().allMatch(part -> read(part, what).isPresent())) {
                continue;
            }
            unions++;
            Instant until = parts.stream().map(Drawn::until).min(Instant::compareTo).orElseThrow();
            var expected = new TreeMap<Instant, String>();
            for (int i = 0; i < parts.size(); i++) {
                String name = "p" + i;
                parts.get(i).named().headSet(until).stream()
                        .filter(parts.get(i).open())
                        .forEach(at -> expected.merge(at, name, (a, b) -> a + ", " + b));
            }
            var found = new TreeMap<Instant, String>();
            Timetable timetable = union(parts, first.from());
            Optional<Instant> next = timetable.next(first.from().minusNanos(1));
            while (next.isPresent() && next.get().isBefore(until)) {
                found.put(next.get(), timetable.causes(next.get()));
                next = timetable.next(next.get());
            }
            assertThat(found).as(what).isEqualTo(expected);
            if (!expected.isEmpty()) {
                List<Preview.Entry.Fires> foretold =
                        Preview.of(timetable, first.from(), expected.size()).fires();
                assertThat(foretold)
                        .as("preview of " + what)
                        .extracting(Preview.Entry.Fires::at)
                        .containsExactlyElementsOf(expected.keySet());
            }
            fires += expected.size();
            shared += expected.values().stream().filter(name -> name.contains(",")).count();
        }
        System.out.printf(
                "oracle: %d unions from seed %d, %d fires are right, %d of them of several schedules%n",
                unions, -SEED, fires, shared);
        assertThat(fires).isGreaterThan(SCHEDULES);
        assertThat(shared).isPositive();
    }

    private static Timetable union(List<Drawn> parts, Instant from) {
        var yaml = new StringBuilder("schedules:\n");
        for (int i = 0; i < parts.size(); i++) {
            yaml.append("  - name: p").append(i).append('\n');
            parts.get(i).yaml().lines().forEach(line -> yaml.append("    " + line + "\n"));
        }
        return Timetable.of(
                ScheduleSpec.of(Optional.of(yaml.toString()), Map.of(), from).orElseThrow(),
                from,
                0);
    }

    /** Read a schedule; empty if nothing of it would ever run. */
    private static Optional<ScheduleSpec> read(Drawn drawn, String what) {
        try {
            return ScheduleSpec.of(Optional.of(drawn.yaml()), Map.of(), drawn.from());
        } catch (InvalidParameters e) {
            assertThat(e).as(what).hasMessageContaining("nothing would ever run");
            return Optional.empty();
        }
    }

    private static void compare(
            long seed,
            Drawn drawn,
            String what,
            Timetable timetable,
            List<Instant> expected,
            long excluded) {
        var found = new ArrayList<Instant>();
        Optional<Instant> next = timetable.next(drawn.from().minusNanos(1));
        while (next.isPresent() && next.get().isBefore(drawn.until())) {
            found.add(next.get());
            next = timetable.next(next.get());
        }
        assertThat(found).as(what).isEqualTo(expected);

        // Whoever asks amid a second, and of whatever time, hears of the same fires.
        var all = new TreeSet<>(expected);
        var random = new Random(seed);
        long millis = Duration.between(drawn.from(), drawn.until()).toMillis();
        for (int i = 0; i < 20; i++) {
            Instant after =
                    i % 2 == 0 || expected.isEmpty()
                            ? drawn.from().plusMillis(random.nextLong(millis))
                            : expected.get(random.nextInt(expected.size()))
                                    .minusMillis(random.nextInt(1_500))
                                    .plusNanos(random.nextInt(3) - 1);
            Instant due =
                    all.higher(after.isBefore(drawn.from()) ? drawn.from().minusNanos(1) : after);
            if (due != null) {
                assertThat(timetable.next(after)).as("%s after %s", what, after).contains(due);
            }
        }

        if (!expected.isEmpty()) {
            List<Preview.Entry.Excluded> skipped =
                    Preview.of(timetable, drawn.from(), expected.size()).entries().stream()
                            .filter(Preview.Entry.Excluded.class::isInstance)
                            .map(Preview.Entry.Excluded.class::cast)
                            .filter(each -> !each.reason().contains("the clocks jump over"))
                            .filter(each -> !each.reason().contains("comes twice"))
                            .toList();
            assertThat(skipped.stream().mapToLong(Preview.Entry.Excluded::count).sum())
                    .as("excluded times of " + what)
                    .isEqualTo(excluded);
        }
    }

    /**
     * A schedule, and what it means.
     *
     * @param clock which times a clock on the wall may show when it fires; empty for an interval
     * @param days which days it may; a filter that makes brute force bearable over years
     */
    private record Drawn(
            String yaml,
            ZoneId zone,
            Instant from,
            Instant until,
            Optional<Clock> clock,
            Predicate<LocalDate> days,
            boolean hoursOpen,
            long interval,
            Predicate<Instant> open) {

        @Override
        public String toString() {
            return "{%s} from %s to %s".formatted(yaml.replace("\n", ", "), from, until);
        }

        /** Count the named times before the last fire that are not open. */
        static long excluded(TreeSet<Instant> named, List<Instant> fires) {
            return fires.isEmpty() ? 0 : named.headSet(fires.getLast()).size() + 1 - fires.size();
        }

        TreeSet<Instant> named() {
            var named = new TreeSet<Instant>();
            if (clock.isEmpty()) {
                for (Instant at = from; at.isBefore(until); at = at.plusSeconds(interval)) {
                    named.add(at);
                }
                return named;
            }
            LocalDate last = until.atZone(zone).toLocalDate().plusDays(1);
            for (LocalDate day = from.atZone(zone).toLocalDate().minusDays(2);
                    !day.isAfter(last);
                    day = day.plusDays(1)) {
                if (days.test(day)) {
                    addDay(day, named);
                }
            }
            return named;
        }

        private void addDay(LocalDate day, TreeSet<Instant> named) {
            Clock shown = clock.orElseThrow();
            for (int hour = 0; hour < 24; hour++) {
                for (int minute = 0; shown.hour[hour] && minute < 60; minute++) {
                    for (int second = 0; shown.minute[minute] && second < 60; second++) {
                        if (shown.second[second]) {
                            addTime(day.atTime(hour, minute, second), named);
                        }
                    }
                }
            }
        }

        private void addTime(LocalDateTime shown, TreeSet<Instant> named) {
            List<ZoneOffset> offsets = zone.getRules().getValidOffsets(shown);
            if (offsets.isEmpty() && !hoursOpen) {
                // java.time moves it by the length of the jump.
                add(ZonedDateTime.of(shown, zone).toInstant(), named);
            }
            for (ZoneOffset offset : offsets) {
                if (hoursOpen || offset.equals(offsets.getFirst())) {
                    add(shown.toInstant(offset), named);
                }
            }
        }

        private void add(Instant at, TreeSet<Instant> named) {
            if (!at.isBefore(from) && at.isBefore(until)) {
                named.add(at);
            }
        }
    }

    /** Which hours, minutes and seconds are named. */
    private record Clock(boolean[] hour, boolean[] minute, boolean[] second) {
        private static boolean[] table(Part part, int size) {
            var table = new boolean[size];
            for (int n = 0; n < size; n++) {
                table[n] = part.numbers().test(n);
            }
            return table;
        }

        long count() {
            return count(hour) * count(minute) * count(second);
        }

        private static long count(boolean[] table) {
            return IntStream.range(0, table.length).filter(n -> table[n]).count();
        }
    }

    /** A part of a cron expression, and which numbers it means. */
    private record Part(String text, IntPredicate numbers) {}

    /** A day field, and which dates it means. */
    private record Days(String text, Predicate<LocalDate> dates) {}

    private record Draw(Random random, Optional<Instant> begin) {
        Draw(Random random) {
            this(random, Optional.empty());
        }

        Drawn schedule() {
            ZoneId zone = ZoneId.of(pick(ZONES));
            boolean interval = chance(8);
            boolean crontab = chance(2);
            boolean seconds = !crontab && chance(3);
            Part second = seconds ? number(0, 59, 60) : new Part("0", n -> n == 0);
            Part minute = number(0, 59, 60);
            Part hour = number(0, 23, 24);
            if (chance(3)) {
                hour = new Part("*", _ -> true);
            } else if (chance(4)) {
                int step = between(1, 23);
                hour = new Part(pick(List.of("*/", "0/", "0-23/")) + step, n -> n % step == 0);
            }
            boolean hoursOpen = hour.text().matches("(\\*|0/|0-23)[^,]*");
            Part month = chance(3) ? month() : new Part("*", _ -> true);
            Days day = days(crontab);
            Part monthOf = month;
            int years = yearsFor(day, month);
            Instant from = begin.orElseGet(() -> begin(zone, years));
            Predicate<LocalDate> dates =
                    day.dates().and(d -> monthOf.numbers().test(d.getMonthValue()));
            String cron =
                    crontab
                            ? join(minute.text(), hour.text(), day.text().formatted(month.text()))
                            : join(
                                    second.text(),
                                    minute.text(),
                                    hour.text(),
                                    day.text().formatted(month.text()));
            if (!crontab && chance(5)) {
                int year = from.atZone(ZoneOffset.UTC).getYear() + between(0, 1);
                cron += " " + pick(List.of("%d-2099", "%d/1", "%d,%<d-2098")).formatted(year);
                dates = dates.and(date -> date.getYear() >= year);
            }
            var clock =
                    new Clock(
                            Clock.table(hour, 24),
                            Clock.table(minute, 60),
                            Clock.table(second, 60));
            var yaml = new StringBuilder();
            long length = 60L * between(1, 3_000) + (chance(3) ? between(0, 59) : 0);
            yaml.append(
                    interval ? "every: %ds\n".formatted(length) : "cron: '%s'\n".formatted(cron));
            yaml.append("timeZone: '%s'\n".formatted(zone));
            Predicate<Instant> open = windows(zone, from, yaml);
            Instant until =
                    interval
                            ? from.plusSeconds(length * between(20, 400))
                            : end(from, years, dates, clock);
            return new Drawn(
                    yaml + "from: '%s'\n".formatted(from),
                    zone,
                    from,
                    until,
                    interval ? Optional.empty() : Optional.of(clock),
                    dates,
                    hoursOpen,
                    length,
                    open);
        }

        /** Rare days are looked for over years. */
        private int yearsFor(Days day, Part month) {
            return day.text().matches(".*[LW#].*|.*29.*|.*3[01].*") ? between(1, 9) : 0;
        }

        /** Not so many fires that brute force takes all day. */
        private Instant end(Instant from, int years, Predicate<LocalDate> dates, Clock clock) {
            LocalDate first = from.atZone(ZoneOffset.UTC).toLocalDate();
            LocalDate last = first.plusDays(1);
            long fires = 0;
            LocalDate limit = years > 0 ? first.plusYears(years) : first.plusDays(between(2, 100));
            while (last.isBefore(limit) && fires < MOST_FIRES) {
                fires += dates.test(last) ? clock.count() : 0;
                last = last.plusDays(1);
            }
            return last.atStartOfDay(ZoneOffset.UTC).toInstant().plusSeconds(between(0, 86_399));
        }

        /** Near a change of the clocks, a leap day or the end of a year, or anywhere. */
        private Instant begin(ZoneId zone, int years) {
            Instant any =
                    LocalDate.of(
                                    between(2005, years > 0 ? 2050 : 2060),
                                    between(1, 12),
                                    between(1, 28))
                            .atTime(between(0, 23), between(0, 59), between(0, 59))
                            .toInstant(ZoneOffset.UTC);
            ZoneOffsetTransition change = zone.getRules().nextTransition(any);
            int year = any.atZone(ZoneOffset.UTC).getYear();
            return switch (between(0, 4)) {
                case 0, 1 ->
                        change == null
                                ? any
                                : change.getInstant().minusSeconds(between(0, 100_000));
                case 2 ->
                        LocalDate.of(year - year % 4, 2, 28)
                                .atTime(between(0, 23), 0)
                                .toInstant(ZoneOffset.UTC);
                case 3 ->
                        LocalDate.of(year, 12, 30)
                                .atTime(between(0, 23), 0)
                                .toInstant(ZoneOffset.UTC);
                default -> any;
            };
        }

        // ---- Parts of a cron expression -------------------------------------------------------

        private Part number(int first, int last, int size) {
            var items = new ArrayList<Part>();
            for (int i = chance(3) ? between(2, 4) : 1; i > 0; i--) {
                items.add(item(first, last, size, n -> String.valueOf(n)));
            }
            return list(items);
        }

        private static Part list(List<Part> items) {
            return new Part(
                    items.stream().map(Part::text).collect(Collectors.joining(",")),
                    n -> items.stream().anyMatch(item -> item.numbers().test(n)));
        }

        private Part item(int first, int last, int size, IntFunction<String> name) {
            int from = between(first, last);
            int to = between(first, last);
            int length = Math.floorMod(to - from, size);
            int step = between(1, Math.max(1, last - first));
            return switch (between(0, 6)) {
                case 0, 1 -> new Part(name.apply(from), n -> n == from);
                case 2 ->
                        new Part(
                                name.apply(from) + "-" + name.apply(to),
                                n -> Math.floorMod(n - from, size) <= length);
                case 3 ->
                        new Part(
                                name.apply(from) + "-" + name.apply(to) + "/" + step,
                                n ->
                                        Math.floorMod(n - from, size) <= length
                                                && Math.floorMod(n - from, size) % step == 0);
                case 4 -> new Part("*/" + step, n -> (n - first) % step == 0);
                case 5 ->
                        new Part(
                                name.apply(from) + "/" + step,
                                n -> n >= from && (n - from) % step == 0);
                default -> new Part(name.apply(to), n -> n == to);
            };
        }

        private Part month() {
            List<String> names =
                    List.of(
                            "JAN", "feb", "Mar", "APR", "MAY", "JUN", "JUL", "AUG", "sep", "OCT",
                            "NOV", "DEC");
            boolean named = chance(2);
            var items = new ArrayList<Part>();
            for (int i = between(1, 3); i > 0; i--) {
                items.add(item(1, 12, 12, n -> named ? names.get(n - 1) : String.valueOf(n)));
            }
            // So that there is such a day, whatever it is.
            items.add(new Part("1", n -> n == 1));
            return list(items);
        }

        /** Both day fields, with a place for the month between them. */
        private Days days(boolean crontab) {
            String open = crontab ? pick(List.of("*", "?")) : "?";
            return switch (between(0, 4)) {
                case 0 -> new Days("* %s " + open, _ -> true);
                case 1, 2 -> {
                    Days days = several(this::ofMonth);
                    yield new Days(days.text() + " %s " + open, days.dates());
                }
                case 3 -> {
                    Days days = several(() -> ofWeek(crontab));
                    yield new Days(open + " %s " + days.text(), days.dates());
                }
                default -> {
                    Days ofMonth = several(this::ofMonth);
                    Days ofWeek = several(() -> ofWeek(crontab));
                    boolean both =
                            crontab
                                    && !ofMonth.text().startsWith("*")
                                    && !ofWeek.text().startsWith("*");
                    yield both
                            ? new Days(
                                    ofMonth.text() + " %s " + ofWeek.text(),
                                    ofMonth.dates().or(ofWeek.dates()))
                            : new Days(open + " %s " + ofWeek.text(), ofWeek.dates());
                }
            };
        }

        private Days several(Supplier<Days> one) {
            var items = new ArrayList<Days>();
            for (int i = chance(2) ? between(2, 3) : 1; i > 0; i--) {
                items.add(one.get());
            }
            return new Days(
                    items.stream().map(Days::text).collect(Collectors.joining(",")),
                    date -> items.stream().anyMatch(item -> item.dates().test(date)));
        }

        private Days ofMonth() {
            int day = between(1, 31);
            int before = between(0, 30);
            return switch (between(0, 7)) {
                case 0 -> new Days("L", d -> d.getDayOfMonth() == d.lengthOfMonth());
                case 1 ->
                        new Days(
                                "L-" + before,
                                d -> d.getDayOfMonth() == d.lengthOfMonth() - before);
                case 2 ->
                        new Days(
                                "LW", d -> d.equals(weekday(YearMonth.from(d), d.lengthOfMonth())));
                case 3 ->
                        new Days(
                                "L-%dW".formatted(before),
                                d ->
                                        d.lengthOfMonth() > before
                                                && d.equals(
                                                        weekday(
                                                                YearMonth.from(d),
                                                                d.lengthOfMonth() - before)));
                case 4 ->
                        new Days(
                                day + "W",
                                d ->
                                        day <= d.lengthOfMonth()
                                                && d.equals(weekday(YearMonth.from(d), day)));
                default -> {
                    Part part = item(1, 31, 31, n -> String.valueOf(n));
                    yield new Days(part.text(), d -> part.numbers().test(d.getDayOfMonth()));
                }
            };
        }

        /**
         * The day of the month's Mondays to Fridays that is least far, tried one after the other.
         */
        private static LocalDate weekday(YearMonth month, int day) {
            for (int far = 0; ; far++) {
                for (int each : new int[] {day - far, day + far}) {
                    if (each >= 1
                            && each <= month.lengthOfMonth()
                            && month.atDay(each).getDayOfWeek().getValue() <= 5) {
                        return month.atDay(each);
                    }
                }
            }
        }

        private Days ofWeek(boolean crontab) {
            List<String> names = List.of("SUN", "mon", "Tue", "WED", "THU", "FRI", "SAT");
            boolean named = chance(2);
            int first = crontab ? 0 : 1;
            IntFunction<String> name = n -> named ? names.get(n - first) : String.valueOf(n);
            int day = between(first, first + 6);
            int nth = between(1, 5);
            return switch (between(0, 3)) {
                case 0 ->
                        new Days(
                                name.apply(day) + "L",
                                d ->
                                        sunday(d) == day - first
                                                && d.getDayOfMonth() + 7 > d.lengthOfMonth());
                case 1 ->
                        new Days(
                                name.apply(day) + "#" + nth,
                                d ->
                                        sunday(d) == day - first
                                                && (d.getDayOfMonth() + 6) / 7 == nth);
                default -> {
                    Part part = item(first, first + 6, 7, name);
                    boolean seven = crontab && part.text().equals("0") && chance(2);
                    yield new Days(
                            seven ? "7" : part.text(), d -> part.numbers().test(sunday(d) + first));
                }
            };
        }

        private static int sunday(LocalDate date) {
            return date.getDayOfWeek() == DayOfWeek.SUNDAY ? 0 : date.getDayOfWeek().getValue();
        }

        // ---- Windows --------------------------------------------------------------------------

        private Predicate<Instant> windows(ZoneId zone, Instant from, StringBuilder yaml) {
            Predicate<LocalDateTime> open = _ -> true;
            Predicate<Instant> within = _ -> true;
            if (chance(4)) {
                Days days = weekdays();
                yaml.append("days: %s\n".formatted(days.text()));
                open = open.and(t -> days.dates().test(t.toLocalDate()));
            }
            if (chance(4)) {
                OfDay hours = hours();
                yaml.append("hours: '%s'\n".formatted(hours.text()));
                open = open.and(hours.times());
            }
            var excluded = new ArrayList<String>();
            for (int i = chance(3) ? between(1, 3) : 0; i > 0; i--) {
                LocalDate date = from.atZone(zone).toLocalDate().plusDays(between(0, 20));
                switch (between(0, 4)) {
                    case 0 -> {
                        excluded.add(date.toString());
                        open = open.and(t -> !t.toLocalDate().equals(date));
                    }
                    case 1 -> {
                        excluded.add("'%s'".formatted(date.toString().substring(5)));
                        open =
                                open.and(t ->
                                        t.getMonth() != date.getMonth()
                                                || t.getDayOfMonth() != date.getDayOfMonth());
                    }
                    case 2 -> {
                        Instant begin = from.plusSeconds(between(0, 1_000_000));
                        Instant end = begin.plusSeconds(between(1, 2_000_000));
                        excluded.add(
                                "{name: freeze, from: '%s', until: '%s'}".formatted(begin, end));
                        within = within.and(at -> at.isBefore(begin) || !at.isBefore(end));
                    }
                    case 3 -> {
                        OfDay hours = hours();
                        excluded.add("{name: lunch, hours: '%s'}".formatted(hours.text()));
                        open = open.and(hours.times().negate());
                    }
                    default -> {
                        Days days = weekdays();
                        OfDay hours = hours();
                        excluded.add(
                                "{name: week, days: %s, hours: '%s'}"
                                        .formatted(days.text(), hours.text()));
                        open =
                                open.and(t ->
                                        !days.dates().test(t.toLocalDate())
                                                || !hours.times().test(t));
                    }
                }
            }
            if (!excluded.isEmpty()) {
                yaml.append("exclude: [%s]\n".formatted(String.join(", ", excluded)));
            }
            Predicate<LocalDateTime> shown = open;
            return within.and(at -> shown.test(LocalDateTime.ofInstant(at, zone)));
        }

        private record OfDay(String text, Predicate<LocalDateTime> times) {}

        private OfDay hours() {
            int from = between(0, 1_439);
            int until = between(1, 1_440);
            if (from == until || chance(2)) {
                from -= from % 60;
                until = from + 60 * between(1, 24 - from / 60);
            }
            int first = from;
            int last = until;
            return new OfDay(
                    "%02d:%02d-%02d:%02d".formatted(from / 60, from % 60, until / 60, until % 60),
                    t -> {
                        int minute = 60 * t.getHour() + t.getMinute();
                        return first < last
                                ? first <= minute && minute < last
                                : first <= minute || minute < last;
                    });
        }

        private Days weekdays() {
            DayOfWeek first = DayOfWeek.of(between(1, 7));
            int length = between(0, 5);
            return new Days(
                    "%s-%s".formatted(first.toString().substring(0, 3), first.plus(length)),
                    d ->
                            Math.floorMod(d.getDayOfWeek().getValue() - first.getValue(), 7)
                                    <= length);
        }

        // ---- Chance ---------------------------------------------------------------------------

        private int between(int least, int most) {
            return least + random.nextInt(most - least + 1);
        }

        private boolean chance(int oneIn) {
            return random.nextInt(oneIn) == 0;
        }

        private <T> T pick(List<T> several) {
            return several.get(random.nextInt(several.size()));
        }

        private static String join(String... parts) {
            return String.join(" ", parts);
        }
    }
}
