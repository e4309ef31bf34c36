package io.chaosrunner.attempt;

import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.model.ExecutionId;
import java.time.Instant;

/** What {@link PodWatch} tells the run's thread, on that thread. */
public sealed interface PodNews {
    /** Pods are watched. */
    record Watched() implements PodNews {}

    /** Pods cannot be followed any more. */
    record Lost(ClusterException why) implements PodNews {}

    /** What becomes of attempts. */
    sealed interface OfAttempt extends PodNews {}

    /** A pod does not run yet, and something keeps it; told again while that lasts. */
    record Waits(LiveAttempt attempt, String why) implements OfAttempt {}

    /** A pod runs. */
    record Runs(LiveAttempt attempt) implements OfAttempt {}

    /** An experiment ended by itself, and well as far as the pod can tell. */
    record Succeeded(LiveAttempt attempt, Instant at) implements OfAttempt {}

    /** An experiment ended, and not well. */
    record Failed(LiveAttempt attempt, Instant at, String why) implements OfAttempt {}

    /** An experiment may still run where nobody sees it, and was waited for long enough. */
    record Unseen(LiveAttempt attempt, String why) implements OfAttempt {}

    /** A pod did not start in time, or never can. */
    record DidNotStart(LiveAttempt attempt, String why) implements OfAttempt {}

    /** The helper pods of an attempt that lingers have ended. */
    record HelpersEnded(LiveAttempt attempt) implements OfAttempt {}

    /** Helper pods of an attempt that lingers go on after their time. */
    record HelpersStay(LiveAttempt attempt) implements OfAttempt {}

    /** A pod lives whose attempt holds no place, or no more. */
    record Stray(ExecutionId execution) implements OfAttempt {}
}
