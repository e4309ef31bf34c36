package io.chaosrunner.strategy.builtin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.chaosrunner.strategy.Draws;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.apache.commons.math3.distribution.ExponentialDistribution;
import org.apache.commons.math3.stat.inference.ChiSquareTest;
import org.apache.commons.math3.stat.inference.KolmogorovSmirnovTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Measure what {@code random} draws. Seeded, so a test that passes once passes always; a p-value
 * below one in a thousand would be a fault of the algorithm rather than bad luck.
 */
class RandomStatisticsTest {
    private static final int MANY = 1_000_000;
    private static final double UNLIKELY = 0.001;
    private static final Duration LEAST = Duration.ofSeconds(30);
    private static final Duration MEAN = Duration.ofMinutes(5);
    private static final Draws GAP = Draws.seeded(42).named("gap");
    private static final Draws PICK = Draws.seeded(42).named("pick");

    @Test
    void exponentialGapsKeepTheMinimumAndTheMean() {
        measure(Gaps.exponential(LEAST, MEAN, GAP));
    }

    @Test
    void uniformGapsKeepTheMinimumAndTheMean() {
        long longest = measure(Gaps.uniform(LEAST, MEAN, GAP));
        assertThat(longest).isLessThanOrEqualTo(2 * MEAN.toMillis() - LEAST.toMillis());
    }

    /** The standard error of the mean of a million gaps is a tenth of a per cent of it at most. */
    private static long measure(Gaps gaps) {
        long sum = 0;
        long shortest = Long.MAX_VALUE;
        long longest = 0;
        for (int k = 0; k < MANY; k++) {
            long gap = gaps.before(k).toMillis();
            sum += gap;
            shortest = Math.min(shortest, gap);
            longest = Math.max(longest, gap);
        }
        assertThat(shortest).isGreaterThanOrEqualTo(LEAST.toMillis());
        double mean = MEAN.toMillis();
        assertThat((double) sum / MANY).isCloseTo(mean, within(mean / 100));
        return longest;
    }

    @Test
    void exponentialGapsFollowTheirDistribution() {
        Gaps gaps = Gaps.exponential(LEAST, MEAN, GAP);
        double[] above =
                IntStream.range(0, 10_000)
                        .mapToDouble(k -> gaps.before(k).minus(LEAST).toMillis() + 0.5)
                        .toArray();
        var expected = new ExponentialDistribution(null, MEAN.minus(LEAST).toMillis());
        assertThat(new KolmogorovSmirnovTest().kolmogorovSmirnovTest(expected, above))
                .isGreaterThan(UNLIKELY);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 42, -1})
    void picksFollowTheWeights(long seed) {
        double[] weights = {1, 2, 3, 4, 10};
        var picks = new Picks(weights, true, false, Draws.seeded(seed).named("pick"));
        assertThat(fit(weights, count(picks, weights.length, 100_000))).isGreaterThan(UNLIKELY);
    }

    @Test
    void withoutImmediateRepeatsTheShareIsTheWeightTimesItsRest() {
        double[] weights = {1, 2, 3, 4};
        var picks = new Picks(weights, true, true, PICK);
        long[] counts = count(picks, weights.length, MANY);
        for (int k = 1; k < MANY; k++) {
            assertThat(picks.slot(k) == picks.slot(k - 1)).isFalse();
        }
        double total = Arrays.stream(weights).sum();
        double[] expected = Arrays.stream(weights).map(w -> w / total * (1 - w / total)).toArray();
        // Picks depend on the one before, so the counts spread otherwise than a chi-square test
        // assumes: compare shares instead.
        double norm = Arrays.stream(expected).sum();
        for (int slot = 0; slot < weights.length; slot++) {
            double share = expected[slot] / norm;
            assertThat((double) counts[slot] / MANY).isCloseTo(share, within(share / 100));
        }
        assertThat((double) counts[3] / MANY).isNotCloseTo(0.4, within(0.02));
    }

    @Test
    void pickAfterPickFollowsTheWeightsOfTheOthers() {
        double[] weights = {1, 2, 3, 4};
        var picks = new Picks(weights, true, true, PICK);
        long[] afterLast = new long[3];
        for (int k = 1; k < 200_000; k++) {
            if (picks.slot(k - 1) == 3) {
                afterLast[picks.slot(k)]++;
            }
        }
        assertThat(fit(new double[] {1, 2, 3}, afterLast)).isGreaterThan(UNLIKELY);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void withoutReplacementEachRoundPicksAllOnce(boolean noRepeat) {
        int slots = 7;
        double[] weights = IntStream.rangeClosed(1, slots).mapToDouble(i -> i).toArray();
        var picks = new Picks(weights, false, noRepeat, PICK);
        for (int round = 0; round < 10_000; round++) {
            int first = round * slots;
            int[] order = IntStream.range(first, first + slots).map(picks::slot).toArray();
            assertThat(Arrays.stream(order).distinct().count()).isEqualTo(slots);
            for (int k = first; k < first + slots; k++) {
                assertThat(picks.occurrence(k)).isEqualTo(round + 1);
            }
            if (noRepeat && round > 0) {
                assertThat(order[0]).isNotEqualTo(picks.slot(first - 1));
            }
        }
    }

    @Test
    void withoutReplacementWeightsOrderEachRound() {
        double[] weights = {1, 2, 3, 4};
        var picks = new Picks(weights, false, false, PICK);
        long[] first = new long[4];
        for (int round = 0; round < 50_000; round++) {
            first[picks.slot(4 * round)]++;
        }
        assertThat(fit(weights, first)).isGreaterThan(UNLIKELY);
    }

    @Test
    void everyOrderOfShuffleIsEquallyLikely() {
        double[] even = new double[24];
        Arrays.fill(even, 1);
        long[] orders = new long[24];
        for (int seed = 0; seed < 48_000; seed++) {
            var picks =
                    new Picks(
                            new double[] {1, 1, 1, 1},
                            false,
                            false,
                            Draws.seeded(seed).named("pick"));
            int a = picks.slot(0);
            int b = picks.slot(1) - (picks.slot(1) > a ? 1 : 0);
            int c = picks.slot(2) < picks.slot(3) ? 0 : 1;
            orders[6 * a + 2 * b + c]++;
        }
        assertThat(fit(even, orders)).isGreaterThan(UNLIKELY);
    }

    @Test
    void extremeWeightsArePickedToo() {
        var picks = new Picks(new double[] {1e-300, 1e300, 5e299}, false, true, PICK);
        assertThat(IntStream.range(0, 3).map(picks::slot).distinct().count()).isEqualTo(3);
    }

    private static long[] count(Picks picks, int slots, int draws) {
        long[] counts = new long[slots];
        for (int k = 0; k < draws; k++) {
            counts[picks.slot(k)]++;
        }
        return counts;
    }

    /** Return how likely counts this far from their expectation are. */
    private static double fit(double[] expected, long[] counts) {
        return new ChiSquareTest().chiSquareTest(expected, counts);
    }
}
