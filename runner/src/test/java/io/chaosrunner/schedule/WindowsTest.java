package io.chaosrunner.schedule;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.schedule.Frame.Exclusion;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.MonthDay;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests of {@link Windows}: the first reason counts, and thousands of them cost next to nothing.
 */
class WindowsTest {
    private static final Instant BEGIN = Instant.parse("2026-03-20T00:00:00Z");
    private static final Instant END = BEGIN.plus(Duration.ofDays(20));

    /** Its clocks change on 29 March. */
    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

    private static long compared;

    private record Point(int at) implements Comparable<Point> {
        @Override
        public int compareTo(Point other) {
            compared++;
            return Integer.compare(at, other.at);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {9_000, 90_000})
    void aPointIsFoundAmongThousandsOfRangesInAFewSteps(int ranges) {
        var all = new ArrayList<ClosedRanges.Range<Point>>();
        for (int i = 0; i < ranges; i++) {
            // Each begins within the one before it, so that all are one stretch.
            all.add(
                    new ClosedRanges.Range<>(
                            new Point(10 * i),
                            new Point(10 * i + 15),
                            new Windows.Shut(ranges - i, "range " + i)));
        }
        ClosedRanges<Point> shutters = ClosedRanges.of(all);
        compared = 0;

        assertThat(requireNonNull(shutters.at(new Point(50_001))).reason()).isEqualTo("range 5000");
        assertThat(shutters.openFrom(new Point(7))).isEqualTo(new Point(10 * ranges + 5));
        assertThat(shutters.edgeAfter(new Point(50_001))).isEqualTo(new Point(50_005));

        assertThat(compared).isLessThan(100);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void whatIsShutIsWhatSomeExclusionShutsAndTheFirstSaysWhy(long seed) {
        var random = new Random(seed);
        Set<DayOfWeek> days =
                seed % 2 == 0
                        ? Set.of()
                        : EnumSet.complementOf(EnumSet.of(DayOfWeek.of(1 + random.nextInt(7))));
        List<Hours> hours = seed % 3 == 0 ? List.of() : List.of(hours(random), hours(random));
        var exclusions = new ArrayList<Exclusion>();
        for (int i = 0; i < 12; i++) {
            exclusions.add(exclusion(random, "exclusion " + i));
        }
        var windows = new Windows(BERLIN, days, hours, exclusions);

        Optional<Instant> opening = Optional.empty();
        for (Instant at = END; at.isAfter(BEGIN); at = at.minus(Duration.ofMinutes(1))) {
            Optional<String> expected = closed(days, hours, exclusions, at);
            assertThat(windows.closedAt(at)).as("%s", at).isEqualTo(expected);
            opening = expected.isEmpty() && at.isBefore(END) ? Optional.of(at) : opening;
            assertThat(windows.openFrom(at, END)).as("%s", at).isEqualTo(opening);
        }
    }

    @Test
    void theSameReasonLastsUntilTheFirstMinuteWithAnother() {
        var random = new Random(9);
        var exclusions = new ArrayList<Exclusion>();
        for (int i = 0; i < 40; i++) {
            exclusions.add(exclusion(random, "exclusion " + i % 5));
        }
        var windows = new Windows(BERLIN, Set.of(), List.of(), exclusions);

        Instant until = END;
        for (Instant at = END.minusSeconds(60); at.isAfter(BEGIN); at = at.minusSeconds(60)) {
            Optional<String> reason = closed(Set.of(), List.of(), exclusions, at);
            if (!closed(Set.of(), List.of(), exclusions, at.plusSeconds(60)).equals(reason)) {
                until = at.plusSeconds(60);
            }
            if (reason.isPresent()) {
                assertThat(windows.sameUntil(at, END)).as("%s", at).isEqualTo(until);
            }
        }
    }

    /** As one reads it, one exclusion after another. */
    private static Optional<String> closed(
            Set<DayOfWeek> days, List<Hours> hours, List<Exclusion> exclusions, Instant at) {
        LocalDateTime clock = LocalDateTime.ofInstant(at, BERLIN);
        LocalDate date = clock.toLocalDate();
        if (!days.isEmpty() && !days.contains(date.getDayOfWeek())) {
            return Optional.of("not one of the days");
        }
        Optional<String> excluded =
                exclusions.stream()
                        .filter(exclusion ->
                                switch (exclusion) {
                                    case Exclusion.Day(String name, var day) -> day.equals(date);
                                    case Exclusion.Yearly(String name, var day) ->
                                            day.equals(MonthDay.from(date));
                                    case Exclusion.Span(String name, var from, var until) ->
                                            !at.isBefore(from) && at.isBefore(until);
                                    case Exclusion.Weekly(String name, var weekdays, var parts) ->
                                            weekdays.contains(date.getDayOfWeek())
                                                    && contains(parts, clock);
                                })
                        .findFirst()
                        .map(Exclusion::name);
        return excluded.or(() ->
                hours.isEmpty() || contains(hours, clock)
                        ? Optional.empty()
                        : Optional.of("outside hours"));
    }

    private static boolean contains(List<Hours> parts, LocalDateTime clock) {
        int minute = clock.getHour() * 60 + clock.getMinute();
        return parts.stream().anyMatch(part -> part.from() <= minute && minute < part.until());
    }

    private static Exclusion exclusion(Random random, String name) {
        LocalDate date = LocalDate.of(2026, 3, 20).plusDays(random.nextInt(20));
        Instant from = BEGIN.plus(Duration.ofMinutes(random.nextInt(20 * 24 * 60)));
        return switch (random.nextInt(4)) {
            case 0 -> new Exclusion.Day(name, date);
            case 1 -> new Exclusion.Yearly(name, MonthDay.from(date));
            case 2 ->
                    new Exclusion.Span(
                            name, from, from.plus(Duration.ofMinutes(1 + random.nextInt(3000))));
            default ->
                    new Exclusion.Weekly(
                            name, EnumSet.of(date.getDayOfWeek()), List.of(hours(random)));
        };
    }

    private static Hours hours(Random random) {
        int from = random.nextInt(1439);
        return new Hours(from, from + 1 + random.nextInt(1440 - from));
    }
}
