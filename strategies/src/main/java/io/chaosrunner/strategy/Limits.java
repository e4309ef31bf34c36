package io.chaosrunner.strategy;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * What the runner must keep for a plan; merged with the run's own limits, the stricter wins.
 *
 * <p>Immutable: each method returns a changed copy.
 */
public final class Limits {
    private static final Limits NONE = new Limits(Integer.MAX_VALUE, null, null, false);

    private final int maxParallel;
    private final @Nullable Duration startToStart;
    private final @Nullable Duration endToStart;
    private final boolean repeats;

    private Limits(
            int maxParallel,
            @Nullable Duration startToStart,
            @Nullable Duration endToStart,
            boolean repeats) {
        this.maxParallel = maxParallel;
        this.startToStart = startToStart;
        this.endToStart = endToStart;
        this.repeats = repeats;
    }

    /** Return no limits at all. */
    public static Limits none() {
        return NONE;
    }

    /** Allow at most {@code n} executions at once; at least 1. */
    public Limits maxParallel(int n) {
        if (n < 1) {
            throw new IllegalArgumentException("maxParallel must be at least 1, but is " + n);
        }
        return new Limits(n, startToStart, endToStart, repeats);
    }

    /** Keep a distance between any two launches, retries included; positive. */
    public Limits startToStart(Duration distance) {
        return new Limits(maxParallel, positive(distance), endToStart, repeats);
    }

    /** Keep a distance after the latest end of any attempt, retries included; positive. */
    public Limits endToStart(Duration distance) {
        return new Limits(maxParallel, startToStart, positive(distance), repeats);
    }

    /** Allow a slot to be launched again after it ended; without it that is an error. */
    public Limits repeats() {
        return new Limits(maxParallel, startToStart, endToStart, true);
    }

    /** Return the most executions at once; empty means no limit. */
    public OptionalInt maxParallel() {
        return maxParallel == Integer.MAX_VALUE ? OptionalInt.empty() : OptionalInt.of(maxParallel);
    }

    /** Return the least distance between two launches. */
    public Optional<Duration> startToStart() {
        return Optional.ofNullable(startToStart);
    }

    /** Return the least distance from an end to the next launch. */
    public Optional<Duration> endToStart() {
        return Optional.ofNullable(endToStart);
    }

    /** Tell whether a slot may run more than once. */
    public boolean mayRepeat() {
        return repeats;
    }

    private static Duration positive(Duration distance) {
        if (distance.isZero() || distance.isNegative()) {
            throw new IllegalArgumentException("a distance must be positive, but is " + distance);
        }
        return distance;
    }
}
