package io.chaosrunner.run;

import java.time.Duration;

/**
 * Say how long a run waits.
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
 * @param engineWrites for the next write of the engine: at most two are begun in this time
 */
record Patience(
        Duration lastRun,
        Duration operator,
        Duration deletion,
        Duration podLag,
        Duration result,
        Duration resultAfterCrash,
        Duration refusals,
        Duration engineWrites) {

    /** Proven values; the first is as long as the operator waits in the same case. */
    static final Patience DEFAULT =
            new Patience(
                    Duration.ofSeconds(181),
                    Duration.ofSeconds(240),
                    Duration.ofMinutes(5),
                    Duration.ofSeconds(3),
                    Duration.ofSeconds(10),
                    Duration.ofSeconds(2),
                    Duration.ofMinutes(2),
                    Duration.ofSeconds(1));
}
