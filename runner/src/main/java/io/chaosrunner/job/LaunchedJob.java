package io.chaosrunner.job;

import java.time.Duration;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * What a Job, or its pod, says that the runner must know to see the experiment to its end. The
 * object says what the experiment itself was told, whatever the engine says by now.
 *
 * @param name name of the Job and of the experiment's container
 * @param uid uid of the Job; empty if the account may not read Jobs
 * @param resultName name of the ChaosResult
 * @param resultBefore version of the ChaosResult before the launch; empty if there was none
 * @param pendingLimit longest time until the pod must run
 * @param expected how long the experiment says that it runs at least; empty if it does not say. It
 *     ends sooner if a check fails
 */
public record LaunchedJob(
        String name,
        String uid,
        String resultName,
        String resultBefore,
        Duration pendingLimit,
        Optional<Duration> expected) {

    private static final Duration DEFAULT_PENDING_LIMIT = Duration.ofSeconds(180);
    private static final Duration LONGEST = Duration.ofDays(3_650);

    public static LaunchedJob ofJob(JsonNode job) {
        JsonNode metadata = job.path("metadata");
        return read(
                metadata.path("name").asString(""),
                metadata.path("uid").asString(""),
                job,
                job.path("spec").path("template").path("spec"));
    }

    /** Read from a pod the Job that controls it; empty if there is none, as for a helper. */
    public static Optional<LaunchedJob> ofPod(JsonNode pod) {
        for (JsonNode owner : pod.path("metadata").path("ownerReferences")) {
            if (owner.path("controller").asBoolean(false)) {
                return Optional.of(
                        read(
                                owner.path("name").asString(""),
                                owner.path("uid").asString(""),
                                pod,
                                pod.path("spec")));
            }
        }
        return Optional.empty();
    }

    /** Tell whether this Job made a pod. */
    public boolean controls(JsonNode pod) {
        if (!uid.isEmpty()) {
            return PodState.belongsTo(pod, uid);
        }
        return pod.path("metadata")
                .path("ownerReferences")
                .valueStream()
                .anyMatch(owner ->
                        owner.path("controller").asBoolean(false)
                                && owner.path("name").asString("").equals(name));
    }

    private static LaunchedJob read(String name, String uid, JsonNode annotated, JsonNode podSpec) {
        JsonNode container = container(podSpec, name);
        String engine = env(container, "CHAOSENGINE");
        String experiment = env(container, "EXPERIMENT_NAME");
        String instance = env(container, "INSTANCE_ID");
        String result =
                (engine.isEmpty() ? "" : engine + "-")
                        + experiment
                        + (instance.isEmpty() ? "" : "-" + instance);
        Duration limit = seconds(container, "STATUS_CHECK_TIMEOUT").orElse(DEFAULT_PENDING_LIMIT);
        Duration ramp = seconds(container, "RAMP_TIME").orElse(Duration.ZERO);
        Optional<Duration> expected =
                seconds(container, "TOTAL_CHAOS_DURATION").map(ramp.multipliedBy(2)::plus);
        String before =
                annotated
                        .path("metadata")
                        .path("annotations")
                        .path(Launch.RESULT_BEFORE)
                        .asString("");
        return new LaunchedJob(name, uid, result, before, limit, expected);
    }

    private static Optional<Duration> seconds(JsonNode container, String variable) {
        try {
            long seconds = Long.parseLong(env(container, variable));
            return Optional.of(Duration.ofSeconds(Math.clamp(seconds, 0, LONGEST.toSeconds())));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** Return the image of an experiment's container. */
    public static String image(JsonNode pod, String name) {
        return container(pod.path("spec"), name).path("image").asString("");
    }

    /** A mesh may have put its proxy first. */
    private static JsonNode container(JsonNode podSpec, String name) {
        JsonNode containers = podSpec.path("containers");
        for (JsonNode container : containers) {
            if (container.path("name").asString("").equals(name)) {
                return container;
            }
        }
        return containers.path(0);
    }

    /** The last entry of a name wins, as for the container itself. */
    private static String env(JsonNode container, String name) {
        String value = "";
        for (JsonNode variable : container.path("env")) {
            if (variable.path("name").asString("").equals(name)) {
                value = variable.path("value").asString("");
            }
        }
        return value;
    }
}
