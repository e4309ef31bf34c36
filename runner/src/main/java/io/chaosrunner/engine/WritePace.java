package io.chaosrunner.engine;

import java.time.Duration;
import java.time.Instant;

/**
 * How long a change of the engine waits until it is written: at most two writes in any window of
 * time.
 *
 * <p>A lone change is written at once. Of several that are to be expected, those of the first fifth
 * of a window go together; where changes come all the time, writes are spread evenly. When a write
 * takes effect is known no better than that it is between its begin and its end: so the window in
 * which there may be but one more begins with its end.
 *
 * @param window a second, but for tests whose experiments take no time
 * @param last when the last write began
 * @param lastDone when it was answered
 * @param beforeDone when the one before it was answered
 */
record WritePace(Duration window, Instant last, Instant lastDone, Instant beforeDone) {
    /** Begin with a write now, after a long silence. */
    static WritePace startingAt(Instant now, Duration window) {
        return new WritePace(window, now, now, Instant.MIN);
    }

    WritePace wrote(Instant began, Instant done) {
        return new WritePace(window, began, done, lastDone);
    }

    /**
     * Return how long to wait from now.
     *
     * @param changed when the first change that is not written yet was made
     * @param moreToCome whether further changes are to be expected soon
     */
    Duration pause(Instant now, Instant changed, boolean moreToCome) {
        boolean busy = beforeDone.isAfter(last.minus(window));
        Duration apart = window.plus(Duration.between(last, lastDone)).dividedBy(2);
        Instant next = later(last.plus(busy ? apart : Duration.ZERO), beforeDone.plus(window));
        if (moreToCome) {
            next = later(next, changed.plus(window.dividedBy(5)));
        }
        Duration left = Duration.between(now, next);
        // More than that is left only if somebody has set the clock back.
        return left.isNegative() || left.compareTo(window) > 0 ? Duration.ZERO : left;
    }

    private static Instant later(Instant a, Instant b) {
        return a.isAfter(b) ? a : b;
    }
}
