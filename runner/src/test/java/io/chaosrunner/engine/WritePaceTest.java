package io.chaosrunner.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Changes at given milliseconds, and when each is written. The engine was taken at 0. */
class WritePaceTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private static final Duration WINDOW = Duration.ofSeconds(1);

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    5000                     | 5000
                    100                      | 100
                    100 200                  | 100 200
                    5000 5010 5020           | 5000 5010 5020
                    """)
    void aChangeIsWrittenAtOnceAfterAQuietTime(String changes, String writes) {
        assertThat(writes(millis(changes), false, 0)).isEqualTo(millis(writes));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    5000                     | 5020
                    5000 5010 5030           | 5020 5050
                    5000 5100 5200 5300      | 5020 5120 5220 5340
                    """)
    void whereMoreIsToComeChangesAreGatheredTheLongerTheFewerTokensAreLeft(
            String changes, String writes) {
        assertThat(writes(millis(changes), true, 0)).isEqualTo(millis(writes));
    }

    @ParameterizedTest
    @CsvSource({"false, 0, 500", "true, 0, 500", "false, 100, 500", "true, 200, 500"})
    void ofManyChangesEachWaitsHalfASecondOrAWriteAtMost(
            boolean moreToCome, long duration, long apart) {
        List<Long> writes = writes(everyTenMillis(), moreToCome, duration);
        for (int i = 12 * WritePace.BURST; i < writes.size(); i++) {
            assertThat(writes.get(i) - writes.get(i - 1)).isEqualTo(apart);
        }
        assertThat(writes).hasSizeGreaterThan(12 * WritePace.BURST + 10);
    }

    /** A write takes effect at any time between its begin and its end. */
    @ParameterizedTest
    @ValueSource(longs = {0, 1, 10, 100, 400, 600, 2_000})
    void whateverAWriteTakesNoTimeHasMoreThanABurstAndTwoASecond(long duration) {
        for (boolean moreToCome : List.of(true, false)) {
            List<Long> writes = writes(everyTenMillis(), moreToCome, duration);
            for (int first = 0; first < writes.size(); first++) {
                for (int last = first + 1; last < writes.size(); last++) {
                    // At the latest, and at the earliest.
                    long time = Math.max(0, writes.get(last) - writes.get(first) - duration);
                    assertThat(last - first + 1L)
                            .isLessThanOrEqualTo(WritePace.BURST + 1 + time / 500);
                }
            }
        }
    }

    @Test
    void aBurstIsWrittenWithinASecondAndAHalfAndGathersMoreAndMore() {
        List<Long> writes = writes(everyTenMillis(), true, 0);
        assertThat(writes.get(WritePace.BURST - 1)).isLessThan(5_000 + 1_500);
        for (int i = 2; i < WritePace.BURST; i++) {
            assertThat(writes.get(i) - writes.get(i - 1))
                    .isGreaterThanOrEqualTo(writes.get(i - 1) - writes.get(i - 2) - 10);
        }
    }

    @Test
    void theLastWritesOfARunWaitForNoToken() {
        WritePace pace = WritePace.startingAt(START, WINDOW);
        Instant now = START.plusMillis(1);
        for (int i = 1; i < WritePace.BURST; i++) {
            assertThat(pace.pause(now, now, false, false)).isZero();
            pace = pace.wrote(now);
        }
        assertThat(pace.pause(now, now, false, false)).isEqualTo(Duration.ofMillis(499));
        for (int i = 0; i < 2; i++) {
            assertThat(pace.pause(now, now, false, true)).isZero();
            pace = pace.wrote(now);
        }
        assertThat(pace.pause(now, now, false, true)).isPositive();
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 11, 12, 13, 40, 1_000})
    void afterManyWritesThatMetOthersEachIsPacedAllTheSame(int conflicts) {
        for (boolean moreToCome : List.of(true, false)) {
            WritePace pace = WritePace.startingAt(START, WINDOW);
            for (int i = 0; i < conflicts; i++) {
                pace = pace.wrote(START.plusMillis(5_000));
            }
            List<Long> writes = writes(pace, everyTenMillis(), moreToCome, 0);
            assertThat(writes.getFirst()).isBetween(5_500L, 6_500L);
            for (int i = 1; i < writes.size(); i++) {
                assertThat(writes.get(i) - writes.get(i - 1)).isGreaterThanOrEqualTo(500);
            }
        }
    }

    @Test
    void aClockThatIsSetBackHoldsNothingUp() {
        WritePace pace = WritePace.startingAt(START, WINDOW).wrote(START.plusMillis(20));
        Instant earlier = START.minusSeconds(3_600);
        assertThat(pace.pause(earlier, earlier, false, false)).isZero();
        assertThat(pace.pause(earlier, START, true, false)).isZero();
    }

    /** Play changes, a millisecond at a time; returns when each write begins. */
    private static List<Long> writes(List<Long> changes, boolean moreToCome, long duration) {
        return writes(WritePace.startingAt(START, WINDOW), changes, moreToCome, duration);
    }

    private static List<Long> writes(
            WritePace before, List<Long> changes, boolean moreToCome, long duration) {
        var result = new ArrayList<Long>();
        WritePace pace = before;
        int written = 0;
        for (long now = 0; written < changes.size(); now++) {
            long changed = changes.get(written);
            if (changed <= now && pause(pace, now, changed, moreToCome).isZero()) {
                result.add(now);
                while (written < changes.size() && changes.get(written) <= now) {
                    written++;
                }
                now += duration;
                pace = pace.wrote(START.plusMillis(now));
            }
        }
        return result;
    }

    private static List<Long> everyTenMillis() {
        return IntStream.range(0, 10_000).mapToObj(i -> 5_000L + 10 * i).toList();
    }

    private static Duration pause(WritePace pace, long now, long changed, boolean moreToCome) {
        return pace.pause(START.plusMillis(now), START.plusMillis(changed), moreToCome, false);
    }

    private static List<Long> millis(String text) {
        return List.of(text.strip().split(" ")).stream().map(Long::valueOf).toList();
    }
}
