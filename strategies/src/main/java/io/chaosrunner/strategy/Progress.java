package io.chaosrunner.strategy;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * How far a run is, at one instant.
 *
 * <p>Immutable, and safe to keep. Made by the runner only, so it may grow.
 */
public interface Progress {

    /** Return the instant this decision is for; it never goes back. */
    Instant now();

    /** Return the first start of the run, also after a restart. */
    Instant runStart();

    /** Return the number of slots. */
    int slots();

    /** Return the state of one slot, in constant time. */
    SlotState state(int slot);

    /** Return how many executions hold a place: running, or waiting for a retry. */
    int active();

    /** Return how many launches every limit allows at this instant; 0 is common. */
    int room();

    /** Return the slots that were never launched nor skipped, ascending, lazily. */
    IntStream waiting();

    /** Return all executions so far in launch order; linear in their number. */
    List<Execution> executions();

    /**
     * Return the slots that changed since {@code earlier}, each at least once.
     *
     * @return empty if {@code earlier} is no ancestor of this progress: then read everything
     */
    Optional<IntStream> changesSince(Progress earlier);
}
