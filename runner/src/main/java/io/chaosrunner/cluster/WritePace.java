package io.chaosrunner.cluster;

import java.time.Duration;
import java.time.Instant;

/**
 * Say how long a change of the engine waits until it is written: at most two writes in any second.
 *
 * <p>A lone change is written at once. Of several that are to be expected, those of the first
 * quarter of a second go together; where changes come all the time, writes are half a second apart.
 *
 * @param last when the last write was
 * @param before when the one before it was
 */
record WritePace(Instant last, Instant before) {
    private static final Duration WINDOW = Duration.ofSeconds(1);
    private static final Duration APART = Duration.ofMillis(500);
    private static final Duration GATHERING = Duration.ofMillis(250);

    /** Begin with a write now, after a long silence. */
    static WritePace startingAt(Instant now) {
        return new WritePace(now, Instant.MIN);
    }

    WritePace wroteAt(Instant now) {
        return new WritePace(now, last);
    }

    /**
     * Return how long to wait from now.
     *
     * @param changed when the first change that is not written yet was made
     * @param moreToCome whether further changes are to be expected soon
     */
    Duration pause(Instant now, Instant changed, boolean moreToCome) {
        boolean busy = before.isAfter(last.minus(WINDOW));
        Instant next = later(last.plus(busy ? APART : Duration.ZERO), before.plus(WINDOW));
        if (moreToCome) {
            next = later(next, changed.plus(GATHERING));
        }
        Duration left = Duration.between(now, next);
        // More than that is left only if somebody has set the clock back.
        return left.isNegative() || left.compareTo(WINDOW) > 0 ? Duration.ZERO : left;
    }

    private static Instant later(Instant a, Instant b) {
        return a.isAfter(b) ? a : b;
    }
}
