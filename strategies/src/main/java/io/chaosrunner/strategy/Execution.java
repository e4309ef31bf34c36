package io.chaosrunner.strategy;

import java.time.Instant;
import java.util.Optional;

/**
 * One launch of one slot, retries included.
 *
 * @param slot index of the slot
 * @param iteration 1 for the slot's first execution, then 2, 3 …
 * @param since start of its first attempt
 * @param end when and how it ended; empty while it is active
 */
public record Execution(int slot, int iteration, Instant since, Optional<End> end) {

    /**
     * When and how an execution ended.
     *
     * @param at the end of its last attempt as observed, to the millisecond; never later than now
     * @param outcome how it ended
     */
    public record End(Instant at, Outcome outcome) {}
}
