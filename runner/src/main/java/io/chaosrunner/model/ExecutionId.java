package io.chaosrunner.model;

import static java.util.Objects.requireNonNull;

/**
 * The identity of one attempt to run one experiment: the five parts that Job and pod carry as
 * labels.
 *
 * @param engineUid {@code metadata.uid} of the engine
 * @param runId random id of the run
 * @param slot position in {@code spec.experiments}, from 0
 * @param iteration 1 for the slot's first execution
 * @param attempt 1 for the execution's first try
 */
public record ExecutionId(String engineUid, String runId, int slot, int iteration, int attempt) {
    public ExecutionId {
        requireNonNull(engineUid, "engineUid is null");
        requireNonNull(runId, "runId is null");
        if (slot < 0 || iteration < 1 || attempt < 1) {
            throw new IllegalArgumentException(
                    "no such execution: slot %d, iteration %d, attempt %d"
                            .formatted(slot, iteration, attempt));
        }
    }

    /** Return the part below the run, such as {@code 0.1.1}. */
    public String inRun() {
        return slot + "." + iteration + "." + attempt;
    }

    @Override
    public String toString() {
        return runId + "/" + inRun();
    }
}
