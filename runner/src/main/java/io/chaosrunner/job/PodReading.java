package io.chaosrunner.job;

import io.chaosrunner.job.PodState.Failed;
import io.chaosrunner.job.PodState.Finished;
import io.chaosrunner.job.PodState.Pending;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/** A reading of a pod for what {@link PodState} tells. */
final class PodReading {
    /** The image name or the pull policy is wrong: the kubelet would repeat itself for ever. */
    private static final Set<String> HOPELESS = Set.of("ErrImageNeverPull", "InvalidImageName");

    /** The message has the registry's words, or why none were heard. */
    static final Set<String> NOT_PULLED =
            Set.of("ErrImagePull", "RegistryUnavailable", "SignatureValidationFailed");

    /** What every container waits for at first: it explains nothing. */
    static final Set<String> USUAL = Set.of("", "ContainerCreating", "PodInitializing");

    private PodReading() {}

    /** Returns the {@code state} of one container; missing if it is not listed. */
    static JsonNode state(JsonNode statuses, String container) {
        return statuses.valueStream()
                .filter(status -> status.path("name").asString("").equals(container))
                .findFirst()
                .map(status -> status.path("state"))
                .orElse(MissingNode.getInstance());
    }

    static Finished finished(JsonNode pod, JsonNode terminated) {
        int exitCode = terminated.path("exitCode").asInt(0);
        // A container killed with its pod says only Error; the pod knows better.
        JsonNode cause = exitCode == 0 ? MissingNode.getInstance() : cause(pod);
        JsonNode teller = reason(cause).isEmpty() ? terminated : cause;
        return new Finished(exitCode, reason(teller), message(teller), end(pod, terminated));
    }

    static Failed failed(JsonNode pod) {
        JsonNode cause = cause(pod);
        String reason = reason(cause);
        if (!reason.isEmpty()) {
            return new Failed(reason, message(cause), end(pod, MissingNode.getInstance()));
        }
        // Such as the init container of a service mesh: ours never got its turn.
        JsonNode culprit =
                pod.path("status")
                        .path("initContainerStatuses")
                        .valueStream()
                        .map(status -> status.path("state").path("terminated"))
                        .filter(terminated -> terminated.path("exitCode").asInt(0) != 0)
                        .findFirst()
                        .orElse(pod.path("status"));
        return new Failed(
                reason(culprit).isEmpty() ? "PodFailed" : reason(culprit),
                message(culprit),
                end(pod, culprit));
    }

    static Pending pending(JsonNode status, JsonNode waiting) {
        JsonNode teller = waiting;
        if (USUAL.contains(reason(waiting))) {
            teller =
                    status.path("initContainerStatuses")
                            .valueStream()
                            .map(init -> init.path("state").path("waiting"))
                            .filter(init -> !USUAL.contains(reason(init)))
                            .findFirst()
                            .or(() -> condition(status, "PodScheduled", "False"))
                            .orElse(waiting);
        }
        return new Pending(reason(teller), message(teller), HOPELESS.contains(reason(teller)));
    }

    /** Returns the condition that says the cluster itself ended the pod; missing if none does. */
    static JsonNode disruption(JsonNode pod) {
        return condition(pod.path("status"), "DisruptionTarget", "True")
                .orElse(MissingNode.getInstance());
    }

    static Instant start(JsonNode pod, JsonNode running) {
        return ObjectTime.read(running.path("startedAt"))
                .or(() -> ObjectTime.read(pod.path("status").path("startTime")))
                .or(() -> ObjectTime.read(pod.path("metadata").path("creationTimestamp")))
                .orElse(Instant.EPOCH);
    }

    /** Returns the end the container tells, else the last thing that is known of the pod. */
    static Instant end(JsonNode pod, JsonNode terminated) {
        return ObjectTime.roundUp(
                ObjectTime.read(terminated.path("finishedAt"))
                        .or(() -> ObjectTime.lastTransition(pod))
                        .orElseGet(() -> start(pod, MissingNode.getInstance())));
    }

    static String reason(JsonNode teller) {
        return teller.path("reason").asString("");
    }

    static String message(JsonNode teller) {
        return teller.path("message").asString("");
    }

    /** Returns who tells why the pod as a whole went: its status, or a condition. */
    private static JsonNode cause(JsonNode pod) {
        JsonNode status = pod.path("status");
        return reason(status).isEmpty() ? disruption(pod) : status;
    }

    private static Optional<JsonNode> condition(JsonNode status, String type, String value) {
        return status.path("conditions")
                .valueStream()
                .filter(condition -> condition.path("type").asString("").equals(type))
                .filter(condition -> condition.path("status").asString("").equals(value))
                .findFirst();
    }
}
