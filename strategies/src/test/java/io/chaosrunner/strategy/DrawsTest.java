package io.chaosrunner.strategy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.function.LongUnaryOperator;
import java.util.stream.LongStream;
import org.apache.commons.math3.stat.inference.ChiSquareTest;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DrawsTest {
    private static final int MANY = 200_000;

    /** Seeded, so never flaky: a p-value this low is a fault, not bad luck. */
    private static final double UNLIKELY = 0.001;

    /** Fails when the algorithm changes unnoticed: recorded runs would no longer replay. */
    @Test
    void valuesAreFrozen() {
        Draws draws = Draws.seeded(42);
        assertThat(List.of(draws.bits(0), draws.bits(1), draws.bits(-1)))
                .containsExactly(
                        -1624335403262870368L, -4464902645528984275L, 5444167790469605234L);
        assertThat(List.of(draws.named("pick").bits(0), draws.named("gap").bits(0)))
                .containsExactly(-6870250642069713928L, 650296684632891324L);
        assertThat(List.of(draws.at(0).bits(0), draws.at(1).bits(0)))
                .containsExactly(3162894810037026129L, 5714915192303918223L);
        assertThat(draws.named("é").at(7).bits(3)).isEqualTo(-2928362625701130495L);
        assertThat(draws.unit(0)).isEqualTo(0.9119446013468638);
        assertThat(LongStream.range(0, 10).map(k -> draws.below(100, k)).boxed())
                .containsExactly(91L, 75L, 32L, 89L, 74L, 14L, 52L, 42L, 55L, 89L);
    }

    @Test
    void drawsOfOneKeyAreTheSame() {
        Draws draws = Draws.seeded(7).named("gap").at(3);

        Draws same = Draws.keyed(draws.key());

        assertThat(same.bits(5)).isEqualTo(draws.bits(5));
        assertThat(same.named("pick").at(1).bits(2)).isEqualTo(draws.named("pick").at(1).bits(2));
    }

    /** Ways to read a sequence of 64-bit numbers out of one seed. */
    static List<LongUnaryOperator> sequences() {
        Draws draws = Draws.seeded(2026);
        Draws pick = draws.named("pick");
        return List.of(
                draws::bits,
                k -> draws.bits(k << 32),
                pick::bits,
                k -> draws.at(k).bits(0),
                k -> pick.at(k).at(1).bits(5),
                k -> draws.named("slot-" + k).bits(0),
                k -> Draws.seeded(k).bits(0),
                k -> Draws.seeded(k).named("gap").bits(1),
                // What two sequences have in common would show in their difference.
                k -> draws.bits(k) ^ draws.bits(k + 1),
                k -> draws.bits(k) - pick.bits(k),
                k -> draws.at(k).bits(0) ^ draws.at(k + 1).bits(0),
                k -> draws.at(k).bits(1) ^ draws.bits(k),
                k -> Draws.seeded(k).bits(0) ^ Draws.seeded(k + 1).bits(0),
                k -> draws.named("gap").bits(k) ^ pick.bits(k));
    }

    @ParameterizedTest
    @MethodSource("sequences")
    void everyByteIsUniform(LongUnaryOperator sequence) {
        long[][] counts = new long[8][256];
        for (int k = 0; k < MANY; k++) {
            long bits = sequence.applyAsLong(k);
            for (int at = 0; at < 8; at++) {
                counts[at][(int) (bits >>> (8 * at)) & 0xff]++;
            }
        }
        double[] even = new double[256];
        Arrays.fill(even, 1);
        for (long[] ofByte : counts) {
            assertThat(new ChiSquareTest().chiSquareTest(even, ofByte)).isGreaterThan(UNLIKELY);
        }
    }

    @ParameterizedTest
    @MethodSource("sequences")
    void everyBitIsSetHalfOfTheTime(LongUnaryOperator sequence) {
        int[] set = new int[64];
        for (int k = 0; k < MANY; k++) {
            long bits = sequence.applyAsLong(k);
            for (int at = 0; at < 64; at++) {
                set[at] += (int) (bits >>> at) & 1;
            }
        }
        // Five standard deviations of a fair coin.
        double tolerance = 5 * Math.sqrt(MANY) / 2;
        for (int count : set) {
            assertThat((double) count).isCloseTo(MANY / 2.0, within(tolerance));
        }
    }

    @Test
    void changedBitOfSeedStreamOrIndexChangesHalfOfTheBits() {
        long flipped = 0;
        int tries = 0;
        for (int bit = 0; bit < 64; bit++) {
            for (int k = 0; k < 500; k++) {
                long change = 1L << bit;
                Draws draws = Draws.seeded(k);
                flipped += Long.bitCount(draws.bits(k) ^ Draws.seeded(k ^ change).bits(k));
                flipped += Long.bitCount(draws.bits(k) ^ draws.bits(k ^ change));
                flipped += Long.bitCount(draws.at(k).bits(0) ^ draws.at(k ^ change).bits(0));
                tries += 3;
            }
        }
        assertThat((double) flipped / tries).isCloseTo(32, within(0.1));
    }

    @Test
    void noTwoOfManyDrawsAreEqual() {
        Draws draws = Draws.seeded(1);
        assertThat(
                        LongStream.range(0, MANY)
                                .flatMap(k ->
                                        LongStream.of(
                                                draws.bits(k),
                                                draws.at(k).bits(0),
                                                draws.named("a").bits(k),
                                                Draws.seeded(k + 2).bits(0)))
                                .distinct()
                                .count())
                .isEqualTo(4L * MANY);
    }

    @Nested
    class Unit {
        @Test
        void isStrictlyBetweenZeroAndOne() {
            Draws draws = Draws.seeded(3);
            double sum = 0;
            for (int k = 0; k < MANY; k++) {
                double unit = draws.unit(k);
                assertThat(unit > 0 && unit < 1).isTrue();
                sum += unit;
            }
            assertThat(sum / MANY).isCloseTo(0.5, within(0.005));
        }

        @Test
        void bordersCannotBeReached() {
            // The formula at its extremes: all bits clear, all bits set.
            assertThat((0 + 0.5) * 0x1.0p-52).isPositive();
            assertThat(((-1L >>> 12) + 0.5) * 0x1.0p-52).isLessThan(1);
        }
    }

    @Nested
    class Below {
        @Test
        void everyValueIsEquallyLikely() {
            Draws draws = Draws.seeded(5);
            for (int bound : new int[] {2, 3, 7, 10, 100, 1_000}) {
                long[] counts = new long[bound];
                for (int k = 0; k < MANY; k++) {
                    counts[draws.below(bound, k)]++;
                }
                double[] even = new double[bound];
                Arrays.fill(even, 1);
                assertThat(new ChiSquareTest().chiSquareTest(even, counts))
                        .as("bound %d", bound)
                        .isGreaterThan(UNLIKELY);
            }
        }

        @Test
        void largestBoundIsNotBiasedTowardsAnyThird() {
            // Taking a remainder would favour the lower part of so large a bound by half.
            Draws draws = Draws.seeded(6);
            int bound = 3 << 29;
            long[] thirds = new long[3];
            for (int k = 0; k < MANY; k++) {
                int value = draws.below(bound, k);
                assertThat(value >= 0 && value < bound).isTrue();
                thirds[value / (1 << 29)]++;
            }
            assertThat(new ChiSquareTest().chiSquareTest(new double[] {1, 1, 1}, thirds))
                    .isGreaterThan(UNLIKELY);
        }

        @Test
        void boundMustBePositive() {
            assertThat(Draws.seeded(1).below(1, 9)).isZero();
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Draws.seeded(1).below(0, 0))
                    .withMessage("bound must be at least 1, but is 0");
        }
    }
}
