package io.chaosrunner.strategy.builtin;

import io.chaosrunner.strategy.Draws;
import java.time.Duration;
import org.apache.commons.math3.distribution.ExponentialDistribution;
import org.apache.commons.math3.distribution.RealDistribution;
import org.apache.commons.math3.distribution.UniformRealDistribution;
import org.jspecify.annotations.Nullable;

/**
 * The time between two picks, drawn: the minimum plus a random part with the rest of the mean, so
 * that both are exact.
 *
 * <p>By inverse distribution function of draw {@code k}, rounded to a millisecond. The random
 * number generators of the distributions themselves are never used, and absent.
 */
final class Gaps {
    private final Duration least;
    private final @Nullable RealDistribution random;
    private final Draws draws;

    private Gaps(Duration least, @Nullable RealDistribution random, Draws draws) {
        this.least = least;
        this.random = random;
        this.draws = draws;
    }

    /** Return the same gap every time. */
    static Gaps fixed(Duration gap, Draws draws) {
        return new Gaps(gap, null, draws);
    }

    /**
     * Return gaps whose part above the minimum has no memory: a shifted exponential distribution.
     *
     * @param mean more than {@code least}
     */
    static Gaps exponential(Duration least, Duration mean, Draws draws) {
        double rest = mean.minus(least).toMillis();
        return new Gaps(least, new ExponentialDistribution(null, rest), draws);
    }

    /**
     * Return gaps spread evenly between the minimum and as far above the mean.
     *
     * @param mean more than {@code least}
     */
    static Gaps uniform(Duration least, Duration mean, Draws draws) {
        double rest = mean.minus(least).toMillis();
        return new Gaps(least, new UniformRealDistribution(null, 0, 2 * rest), draws);
    }

    /** Return the gap before pick {@code k}. */
    Duration before(int k) {
        return random == null
                ? least
                : least.plusMillis(Math.round(random.inverseCumulativeProbability(draws.unit(k))));
    }
}
