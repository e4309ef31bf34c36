package io.chaosrunner.attempt;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.attempt.PodPace.Prospect;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** When pods are read that cannot be watched: all in virtual time. */
class PodPaceTest {
    private static final Instant START = Instant.parse("2026-11-28T10:00:00Z");

    private static Prospect due(Duration after) {
        return new Prospect.Due(START, after);
    }

    private static Instant at(long millis) {
        return START.plusMillis(millis);
    }

    /** The readings of something that is first seen at its start, up to a time; milliseconds. */
    private static NavigableSet<Long> readings(Collection<Prospect> prospects, long until) {
        var readings = new TreeSet<Long>();
        for (Instant last = PodPace.next(prospects, START, false);
                last.isBefore(at(until));
                last = PodPace.next(prospects, last, false)) {
            readings.add(Duration.between(START, last).toMillis());
        }
        return readings;
    }

    private static NavigableSet<Long> readings(Prospect prospect, long until) {
        return readings(List.of(prospect), until);
    }

    /** How long after an end the first reading is that sees it. */
    private static long late(NavigableSet<Long> readings, long end) {
        return Objects.requireNonNull(readings.ceiling(end)) - end;
    }

    @Test
    void anExperimentOfHalfAMinuteIsReadAFewTimes() {
        assertThat(readings(due(Duration.ofSeconds(30)), 31_500))
                .hasSizeLessThanOrEqualTo(10)
                .startsWith(1000L, 2000L, 3000L)
                .endsWith(30_000L, 31_000L);
    }

    /** After its time: within a second in the first ten, then the later the longer it lasts. */
    @ParameterizedTest
    @ValueSource(ints = {1, 5, 15, 30, 60, 300, 3600})
    void anEndAtItsTimeIsSeenWithinASecondAndOneLongAfterItWithinThree(int seconds) {
        long due = 1000L * seconds;
        NavigableSet<Long> readings = readings(due(Duration.ofMillis(due)), due + 120_000);
        for (long end = due; end <= due + 100_000; end += 50) {
            assertThat(late(readings, end))
                    .as("end at %s", end)
                    .isLessThanOrEqualTo(Math.clamp((end - due) / 10, 1000, 3000) + 1);
        }
    }

    @Test
    void oneThatTakesTwiceItsTimeIsReadLessOftenTheLongerItIsPastIt() {
        long due = 30_000;
        NavigableSet<Long> readings = readings(due(Duration.ofMillis(due)), 6 * due);
        assertThat(readings.subSet(due, due + 10_000)).hasSize(10);
        assertThat(readings.subSet(due, 2 * due)).hasSizeLessThanOrEqualTo(22);
        assertThat(readings.subSet(3 * due, 4 * due)).hasSizeLessThanOrEqualTo(10);
    }

    @ParameterizedTest
    @ValueSource(ints = {5, 15, 30, 60, 300, 3600})
    void anEarlyEndIsSeenSoonInTheFirstSecondsAndWithinSevenSecondsEver(int seconds) {
        long due = 1000L * seconds;
        NavigableSet<Long> readings = readings(due(Duration.ofMillis(due)), due + 30_000);
        for (long end = 50; end < due; end += 50) {
            assertThat(late(readings, end))
                    .as("end at %s", end)
                    .isLessThanOrEqualTo(Math.clamp(end, 1000, 7000) + 1);
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 10, 1", "10, 30, 3", "30, 3600, 3"})
    void whatMayComeAtAnyTimeIsLookedForLessOftenTheLongerItTakes(
            long from, long until, long most) {
        NavigableSet<Long> readings = readings(new Prospect.Soon(START), 1000 * until);
        for (long reading : readings.tailSet(1000 * from)) {
            Long before = readings.lower(reading);
            assertThat(reading - (before == null ? 0 : before)).isBetween(1000L, 1000 * most + 1);
        }
    }

    @Test
    void nothingWithinReachIsLookedForSeldom() {
        assertThat(readings(List.of(), 70_000)).hasSize(9);
        assertThat(readings(new Prospect.Over(START), 70_000)).hasSizeLessThan(15);
    }

    @Test
    void whatBeganAfterTheLastReadingIsNotYetThere() {
        var launched = new Prospect.Soon(at(5500));
        assertThat(PodPace.next(List.of(launched), START, true)).isEqualTo(at(6500));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 10, 100, 1000})
    void manyAreReadTogetherAtMostOnceASecondAndTwiceWhileSomethingIsNew(int many) {
        List<Prospect> prospects =
                IntStream.range(0, many)
                        .<Prospect>mapToObj(i -> due(Duration.ofMinutes(5).plusSeconds(i)))
                        .toList();
        Instant last = at(100_000);
        Instant next = PodPace.next(prospects, last, false);
        assertThat(next)
                .isBetween(last.plusSeconds(1), PodPace.next(prospects.subList(0, 1), last, false));
        assertThat(PodPace.next(prospects, last, true)).isBetween(last.plusMillis(500), next);
        if (many >= 10) {
            assertThat(next).isEqualTo(last.plusSeconds(1));
        }
    }

    /** Durations that an experiment may claim, and moments of any fraction. */
    @Test
    void readingsNeverComeWithoutAPauseNorTooLate() {
        for (long after : new long[] {0, 1, 999, 1000, 1001, 6999, 7000, 7001, 315_360_000_000L}) {
            for (long nanos : new long[] {0, 1, 999_999, 1_000_000, 998_999_999}) {
                for (long age : new long[] {-5000, 0, 1, 2999, 3000, 6999, 7000, 1_000_000}) {
                    Instant last = START.plusMillis(age).plusNanos(nanos);
                    for (Prospect each :
                            List.of(
                                    due(Duration.ofMillis(after)),
                                    due(Duration.ofMillis(after).plusNanos(1)),
                                    new Prospect.Soon(START),
                                    new Prospect.Over(START))) {
                        Instant from = last.isBefore(START) ? START : last;
                        assertThat(PodPace.next(Collections.singleton(each), last, true))
                                .isBetween(from.plusMillis(999), from.plusMillis(7001));
                    }
                }
            }
        }
    }
}
