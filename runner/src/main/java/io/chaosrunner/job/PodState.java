package io.chaosrunner.job;

import java.time.Instant;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/**
 * What a pod means for the one container we care about: the experiment's, found by its exact name.
 * Sidecars, ours or injected, never count.
 */
public sealed interface PodState {

    /**
     * The experiment has not started yet.
     *
     * @param reason what it waits for, in Kubernetes' word such as {@code ImagePullBackOff} or
     *     {@code Unschedulable}; empty if nothing is known
     * @param message what Kubernetes says about it; may be empty
     * @param hopeless whether waiting cannot help: only an edit of the experiment can. Everything
     *     else may heal by itself (a registry comes back, a node joins, a ConfigMap arrives)
     */
    record Pending(String reason, String message, boolean hopeless) implements PodState {
        /** Tell whether it waits as every container does at first, for all that is known. */
        public boolean isUsual() {
            return PodReading.USUAL.contains(reason);
        }

        /** Tell whether the message is why the image was not pulled just now. */
        public boolean isRegistrysWord() {
            return PodReading.NOT_PULLED.contains(reason);
        }

        /** Tell whether it is waited until the image is pulled again. */
        public boolean isBetweenPulls() {
            return reason.equals("ImagePullBackOff");
        }
    }

    /**
     * The experiment runs.
     *
     * @param since when its container started
     */
    record Running(Instant since) implements PodState {}

    /**
     * The experiment's container terminated, whatever other containers do.
     *
     * @param exitCode 0 if the experiment wrote its verdict as it should
     * @param reason Kubernetes' word, such as {@code Completed}, {@code Error} or {@code
     *     OOMKilled}; the pod's own, such as {@code Evicted}, if that is why the container died
     * @param message what Kubernetes says about it; may be empty
     * @param at when, rounded up to the next whole second: Kubernetes cuts off fractions, and an
     *     end must never seem to lie before its start
     */
    record Finished(int exitCode, String reason, String message, Instant at) implements PodState {
        /** Tell whether the container exited with 0. */
        public boolean succeeded() {
            return exitCode == 0;
        }

        /** Tell whether the container was killed because it used too much memory. */
        public boolean outOfMemory() {
            return reason.equals("OOMKilled");
        }
    }

    /**
     * The pod failed although the experiment's container is not known to have terminated.
     *
     * @param reason such as {@code Evicted}, {@code DeadlineExceeded} or {@code NodeShutdown};
     *     {@code PodFailed} if Kubernetes gives none
     * @param message what Kubernetes says about it; may be empty
     * @param at when, as far as the pod tells, rounded up to the next whole second
     */
    record Failed(String reason, String message, Instant at) implements PodState {}

    /**
     * The pod is going away, and the experiment's container has not terminated yet.
     *
     * @param reason why, such as {@code EvictionByEvictionAPI}; empty if somebody just deleted it
     * @param message what Kubernetes says about it; may be empty
     */
    record Deleting(String reason, String message) implements PodState {}

    /**
     * Nobody knows: the node does not answer. The pod may come back.
     *
     * @param reason such as {@code NodeLost}; may be empty
     * @param message what Kubernetes says about it; may be empty
     */
    record Unknown(String reason, String message) implements PodState {}

    /**
     * Read a pod. Total: never throws, whatever is missing.
     *
     * @param container exact name of the experiment's container, which is its Job's name
     */
    static PodState of(JsonNode pod, String container) {
        JsonNode status = pod.path("status");
        String phase = status.path("phase").asString("");
        JsonNode state = PodReading.state(status.path("containerStatuses"), container);
        JsonNode terminated = state.path("terminated");
        if (terminated.isObject()) {
            return PodReading.finished(pod, terminated);
        }
        if (phase.equals("Failed")) {
            return PodReading.failed(pod);
        }
        if (phase.equals("Succeeded")) {
            return new Finished(0, "Completed", "", PodReading.end(pod, terminated));
        }
        if (pod.path("metadata").path("deletionTimestamp").isString()) {
            JsonNode disruption = PodReading.disruption(pod);
            return new Deleting(PodReading.reason(disruption), PodReading.message(disruption));
        }
        if (phase.equals("Unknown") || PodReading.reason(status).equals("NodeLost")) {
            return new Unknown(PodReading.reason(status), PodReading.message(status));
        }
        if (state.path("running").isObject()) {
            return new Running(PodReading.start(pod, state.path("running")));
        }
        if (state.path("waiting").isObject() || phase.isEmpty() || phase.equals("Pending")) {
            return PodReading.pending(status, state.path("waiting"));
        }
        // The kubelet says Running before it lists the containers; a list without ours is no end.
        return phase.equals("Running")
                ? new Running(PodReading.start(pod, MissingNode.getInstance()))
                : new Unknown(phase, PodReading.message(status));
    }

    /** Tell whether a pod was made by the Job of that uid: its controller, not only its label. */
    static boolean belongsTo(JsonNode pod, String jobUid) {
        return pod.path("metadata")
                .path("ownerReferences")
                .valueStream()
                .anyMatch(owner ->
                        owner.path("controller").asBoolean(false)
                                && owner.path("uid").asString("").equals(jobUid));
    }
}
