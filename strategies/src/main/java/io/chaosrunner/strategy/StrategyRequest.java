package io.chaosrunner.strategy;

import java.util.List;

/**
 * Everything a plan may depend on; the run record stores it whole.
 *
 * <p>Made by the runner only, so it may grow. Immutable.
 */
public interface StrategyRequest {

    /** Return the listed experiments in engine order; an experiment listed twice is two slots. */
    List<Slot> slots();

    /** Return the parameters as written by the user, read once at the start of the run. */
    Parameters parameters();

    /** Return randomness seeded with the run's seed. */
    Draws draws();

    /** Return the runs before this one, oldest first, frozen at the first start of this run. */
    List<PastRun> history();
}
