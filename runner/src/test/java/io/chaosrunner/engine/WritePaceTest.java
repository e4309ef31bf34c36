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
                    100 200                  | 100 1000
                    5000 7000                | 5000 7000
                    5000 5400                | 5000 5400
                    5000 5400 5500           | 5000 5400 6000
                    """)
    void aChangeIsWrittenAtOnceUnlessTwoWereInTheLastSecond(String changes, String writes) {
        assertThat(writes(millis(changes), false, 0)).isEqualTo(millis(writes));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    5000                     | 5200
                    5000 5100 5200           | 5200
                    5000 5100 5300           | 5200 5500
                    5000 5400 5600 5900      | 5200 5600 6200
                    """)
    void whereMoreIsToComeChangesAreGathered(String changes, String writes) {
        assertThat(writes(millis(changes), true, 0)).isEqualTo(millis(writes));
    }

    @ParameterizedTest
    @CsvSource({"false, 0, 500", "true, 0, 500", "false, 100, 550", "true, 200, 600"})
    void ofManyChangesEachWaitsHalfASecondAndHalfAWriteAtMost(
            boolean moreToCome, long duration, long apart) {
        List<Long> writes = writes(everyTenMillis(), moreToCome, duration);
        for (int i = 3; i < writes.size(); i++) {
            assertThat(writes.get(i) - writes.get(i - 1)).isEqualTo(apart);
        }
    }

    /** A write takes effect at any time between its begin and its end. */
    @ParameterizedTest
    @ValueSource(longs = {0, 1, 10, 100, 400, 600, 2_000})
    void whateverAWriteTakesNoSecondHasThree(long duration) {
        List<Long> writes = writes(everyTenMillis(), true, duration);
        for (int i = 2; i < writes.size(); i++) {
            long latest = writes.get(i - 2) + duration;
            assertThat(writes.get(i) - latest).isGreaterThanOrEqualTo(1_000);
        }
    }

    private static List<Long> everyTenMillis() {
        return IntStream.range(0, 1_000).mapToObj(i -> 5_000L + 10 * i).toList();
    }

    @Test
    void aClockThatIsSetBackHoldsNothingUp() {
        WritePace pace =
                WritePace.startingAt(START, WINDOW)
                        .wrote(START.plusMillis(10), START.plusMillis(20));
        Instant earlier = START.minusSeconds(3_600);
        assertThat(pace.pause(earlier, earlier, false)).isZero();
        assertThat(pace.pause(earlier, START, true)).isZero();
    }

    /** Play changes, a millisecond at a time; returns when each write begins. */
    private static List<Long> writes(List<Long> changes, boolean moreToCome, long duration) {
        var result = new ArrayList<Long>();
        var pace = WritePace.startingAt(START, WINDOW);
        int written = 0;
        for (long now = 0; written < changes.size(); now++) {
            long changed = changes.get(written);
            if (changed <= now && pause(pace, now, changed, moreToCome).isZero()) {
                result.add(now);
                while (written < changes.size() && changes.get(written) <= now) {
                    written++;
                }
                pace = pace.wrote(START.plusMillis(now), START.plusMillis(now + duration));
                now += duration;
            }
        }
        return result;
    }

    private static Duration pause(WritePace pace, long now, long changed, boolean moreToCome) {
        return pace.pause(START.plusMillis(now), START.plusMillis(changed), moreToCome);
    }

    private static List<Long> millis(String text) {
        return List.of(text.strip().split(" ")).stream().map(Long::valueOf).toList();
    }
}
