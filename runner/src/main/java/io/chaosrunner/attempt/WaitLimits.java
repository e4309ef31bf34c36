package io.chaosrunner.attempt;

import java.time.Duration;

/**
 * How long a run waits.
 *
 * @param lastRun for the pods of the run before, which may still undo its faults
 * @param operator for the operator to end a run that was told to stop
 * @param deletion for a pod that is going, or whose node does not answer
 * @param podLag for a pod's last word, which may lag behind its Job's
 * @param result for the result of an experiment that ended well; it is written before the exit, so
 *     this is rarely waited for
 * @param resultAfterCrash for the result of one that crashed; it was written before, or never
 * @param refusals for an API server that does not answer, and for rights that are missing: longer
 *     than a server's restart, a token's rotation and a Role's reconciliation
 * @param engineWrites for two writes of the engine on average; some more may follow each other at
 *     once
 * @param helper at least, for a helper pod that goes on after an experiment that ended well; one
 *     that needs longer to undo its fault has its own grace period
 * @param removal for Jobs and pods that were told to go
 */
public record WaitLimits(
        Duration lastRun,
        Duration operator,
        Duration deletion,
        Duration podLag,
        Duration result,
        Duration resultAfterCrash,
        Duration refusals,
        Duration engineWrites,
        Duration helper,
        Duration removal) {

    /** Proven values; the first and the last are as long as the operator waits for pods. */
    public static final WaitLimits DEFAULT =
            new WaitLimits(
                    Duration.ofSeconds(181),
                    Duration.ofSeconds(240),
                    Duration.ofMinutes(5),
                    Duration.ofSeconds(3),
                    Duration.ofSeconds(10),
                    Duration.ofSeconds(2),
                    Duration.ofMinutes(2),
                    Duration.ofSeconds(1),
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(181));
}
