package io.chaosrunner.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.testing.KillPoints.Point;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KillPointsTest {
    private static final int WRITES = 7;
    private static final int READS = 20;

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4711, Integer.MAX_VALUE, -1, Integer.MIN_VALUE})
    void afterEveryWriteAndAtAThirdOfTheOthers(int rotation) {
        List<Point> points = KillPoints.some(WRITES, READS, rotation);
        assertThat(points).doesNotHaveDuplicates();
        assertThat(points).filteredOn(point -> point.write() && point.carriedOut()).hasSize(WRITES);
        assertThat(points)
                .filteredOn(point -> point.write() && !point.carriedOut())
                .hasSizeBetween(WRITES / 3, WRITES / 3 + 1);
        assertThat(points)
                .filteredOn(point -> !point.write())
                .hasSizeBetween(READS / 3, READS / 3 + 1);
    }

    @Test
    void threeRotationsInTurnTakeEveryCallAndSixEveryMoment() {
        Set<Integer> reads = new HashSet<>();
        Set<Point> points = new HashSet<>();
        for (int rotation = 10; rotation < 16; rotation++) {
            for (Point point : KillPoints.some(WRITES, READS, rotation)) {
                if (!point.write() && rotation < 13) {
                    reads.add(point.number());
                }
                points.add(point);
            }
        }
        assertThat(reads).hasSize(READS);
        assertThat(points).containsExactlyInAnyOrderElementsOf(KillPoints.all(WRITES, READS));
    }
}
