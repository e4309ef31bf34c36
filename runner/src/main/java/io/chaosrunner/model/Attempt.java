package io.chaosrunner.model;

import io.chaosrunner.strategy.Outcome;
import java.time.Instant;
import java.util.Optional;

/**
 * One attempt of one execution.
 *
 * @param ordinal position in the order of launches, from 0; grows without gaps in an unbroken run
 * @param slot index of the slot
 * @param iteration from 1
 * @param attempt from 1
 * @param start decided start, to the millisecond
 * @param end when and how it ended; empty while it runs
 */
public record Attempt(
        int ordinal, int slot, int iteration, int attempt, Instant start, Optional<End> end) {

    /**
     * When and how an attempt ended.
     *
     * @param at as observed, to the millisecond; neither before the start nor after it was told
     * @param outcome how it ended
     * @param retry whether another attempt could end differently; only meaningful for Error
     */
    public record End(Instant at, Outcome outcome, boolean retry) {}

    public Attempt ended(End how) {
        return new Attempt(ordinal, slot, iteration, attempt, start, Optional.of(how));
    }

    /** Return this attempt as it was when it had just been launched. */
    public Attempt launchedAgain() {
        return new Attempt(ordinal, slot, iteration, attempt, start, Optional.empty());
    }

    public boolean isRunning() {
        return end.isEmpty();
    }
}
