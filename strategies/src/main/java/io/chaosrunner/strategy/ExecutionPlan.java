package io.chaosrunner.strategy;

/**
 * What should start now, decided for one run.
 *
 * <p>Calls for one plan never overlap, and each happens-before the next, whatever the thread. A
 * plan may cache what it can recompute, under one law: a fresh plan given the same progress answers
 * the same.
 */
public interface ExecutionPlan {

    /**
     * Decide what should happen at {@link Progress#now()}.
     *
     * <p>A function of the request and of {@code progress} and of nothing else: no clock, no
     * unseeded randomness, no order of events. Asked after the run started or was resumed, an
     * execution ended, a wake-up time came, or a limit opened. Nothing of an answer is remembered;
     * the plan is asked again.
     */
    Decision next(Progress progress);

    /**
     * Declare the limits the runner must keep for this plan; read once, before the first decision.
     */
    default Limits limits() {
        return Limits.none();
    }
}
