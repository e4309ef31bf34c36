package io.chaosrunner.job;

import java.time.Instant;
import tools.jackson.databind.JsonNode;

/** What a Job itself says, beside its pod. */
public sealed interface JobState {

    /**
     * The Job has neither completed nor failed.
     *
     * @param suspended whether it is not to have a pod for now: {@code spec.suspend}
     */
    record Active(boolean suspended) implements JobState {}

    /** The Job's pod succeeded. */
    record Complete() implements JobState {}

    /**
     * The Job gave up.
     *
     * @param reason such as {@code BackoffLimitExceeded}: its pod failed or vanished; or {@code
     *     DeadlineExceeded}: it took longer than {@code activeDeadlineSeconds}
     * @param message what Kubernetes says about it; may be empty
     * @param at when, rounded up to the next whole second
     */
    record Failed(String reason, String message, Instant at) implements JobState {}

    /** The Job is being deleted, or does not exist. */
    record Deleted() implements JobState {}

    /** Read a Job; a missing node is a Job that does not exist. Total: never throws. */
    static JobState of(JsonNode job) {
        if (!job.isObject() || job.path("metadata").path("deletionTimestamp").isString()) {
            return new Deleted();
        }
        JobState state = new Active(job.path("spec").path("suspend").asBoolean(false));
        for (JsonNode condition : job.path("status").path("conditions")) {
            if (!condition.path("status").asString("").equals("True")) {
                continue;
            }
            switch (condition.path("type").asString("")) {
                // FailureTarget: the decision is made, only the pods are not gone yet.
                case "Failed", "FailureTarget" -> {
                    return failed(condition);
                }
                case "Complete", "SuccessCriteriaMet" -> state = new Complete();
                default -> {
                    // Suspended, as its spec says too, or a type of tomorrow: neither done nor
                    // failed.
                }
            }
        }
        return state;
    }

    private static Failed failed(JsonNode condition) {
        return new Failed(
                condition.path("reason").asString(""),
                condition.path("message").asString(""),
                ObjectTime.roundUp(
                        ObjectTime.read(condition.path("lastTransitionTime"))
                                .orElse(Instant.EPOCH)));
    }
}
