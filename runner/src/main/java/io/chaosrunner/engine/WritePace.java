package io.chaosrunner.engine;

import java.time.Duration;
import java.time.Instant;

/**
 * How long a change of the engine waits until it is written: a token bucket, so that a change after
 * a quiet time is written at once, and the engine is written twice in a window on average at most.
 *
 * <p>Where more changes are to be expected those made soon after each other go together: the fewer
 * tokens are left, the longer they are gathered. When a write takes effect is known no better than
 * that it is between its begin and its end, so its token comes back half a window after its end.
 *
 * @param window a second, but for tests whose experiments take no time
 * @param full when all tokens are back
 */
record WritePace(Duration window, Instant full) {
    /** As many writes may follow each other at once. */
    static final int BURST = 10;

    /** As many tokens are left for the last writes of a run: nobody waits for their turn. */
    private static final int FOR_THE_END = 2;

    /**
     * The shortest time to gather is this part of a window; the longest is {@link #BURST} times it.
     */
    private static final int SHORTEST_GATHERING = 50;

    /** Begin with a write now, after a long silence. */
    static WritePace startingAt(Instant now, Duration window) {
        return new WritePace(window, now).wrote(now);
    }

    /**
     * Take a token for a write that was answered just now. Who met others' writes again and again
     * owes no more than the last write of a run does.
     */
    WritePace wrote(Instant done) {
        Instant taken = later(full, done).plus(perToken());
        Instant most = done.plus(perToken().multipliedBy((long) BURST + FOR_THE_END));
        return new WritePace(window, taken.isAfter(most) ? most : taken);
    }

    /**
     * Return how long to wait from now.
     *
     * @param changed when the first change that is not written yet was made
     * @param moreToCome whether further changes are to be expected soon
     * @param isLast whether the run ends with this write
     */
    Duration pause(Instant now, Instant changed, boolean moreToCome, boolean isLast) {
        int mostTaken = isLast ? BURST + FOR_THE_END : BURST;
        Instant next = full.minus(perToken().multipliedBy(mostTaken - 1L));
        if (moreToCome) {
            next = later(next, changed.plus(gathering(now)));
        }
        Duration left = Duration.between(now, next);
        // More than that is left only if the clock was set back.
        Duration most = perToken().multipliedBy(FOR_THE_END + 1L);
        return left.isNegative() || left.compareTo(most) > 0 ? Duration.ZERO : left;
    }

    private Duration gathering(Instant now) {
        Duration untilFull = Duration.between(now, full);
        long taken = untilFull.isNegative() ? 0 : untilFull.dividedBy(perToken());
        return window.multipliedBy(Math.clamp(taken, 1, BURST)).dividedBy(SHORTEST_GATHERING);
    }

    private Duration perToken() {
        return window.dividedBy(2);
    }

    private static Instant later(Instant a, Instant b) {
        return a.isAfter(b) ? a : b;
    }
}
