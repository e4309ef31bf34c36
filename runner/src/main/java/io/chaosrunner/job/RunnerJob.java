package io.chaosrunner.job;

import static java.util.Objects.requireNonNull;

import io.chaosrunner.crd.Engine;
import io.chaosrunner.model.EngineRef;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The Job whose pod carries out the run of one fire, built and read back.
 *
 * <p>It is named after engine and fire: whoever makes it a second time meets the first. It has none
 * of the labels of experiments, so nothing that removes those by label takes it with them. Its pod
 * may be made again as often as it takes: the run is taken up, and begins once.
 *
 * @param image of the pod, that of chaos-runner
 * @param serviceAccount of the pod, in the engine's namespace
 * @param arguments of chaos-runner, before its variables
 * @param variables of the pod, beside those that name the engine and the fire
 */
public record RunnerJob(
        String image,
        String serviceAccount,
        List<String> arguments,
        Map<String, String> variables) {
    /** Label of Job and pod: the uid of the engine. */
    public static final String ENGINE = "chaosrunner.io/runner-of";

    /** Annotation of the Job: the fire that it is for. */
    public static final String FIRE = "chaosrunner.io/fire";

    /** Variable of the pod: the fire that it is for. */
    public static final String FIRE_VARIABLE = "CHAOS_RUNNER_FIRE";

    /** Variable of the pod: uid of the engine that it is for. */
    public static final String ENGINE_VARIABLE = "CHAOS_RUNNER_ENGINE_UID";

    private static final String INFIX = "-run-";
    private static final int LETTERS = 12;

    /** Pods that fail are made again after 10 s, 20 s and so on, then the Job has failed. */
    private static final int MOST_FAILURES = 6;

    /** Long enough to look at its log. */
    private static final int SECONDS_KEPT = 3600;

    /** If the engine is deleted the pod goes too; what it launched it removes first. */
    private static final int GRACE_SECONDS = 120;

    private static final int NOBODY = 65_534;

    public RunnerJob {
        requireNonNull(image, "image is null");
        requireNonNull(serviceAccount, "serviceAccount is null");
        arguments = List.copyOf(arguments);
        variables = Map.copyOf(variables);
    }

    /** Return the name of the Job of one fire of one engine. */
    public static String name(EngineRef engine, String engineUid, String fire) {
        String begin = DnsLabel.of(engine.name(), DnsLabel.LIMIT - INFIX.length() - LETTERS);
        return (begin.isEmpty() ? "engine" : begin)
                + INFIX
                + Base36.of(engineUid + "/" + fire, LETTERS);
    }

    /** Return the label selector of all of these Jobs. */
    public static String selector() {
        return ENGINE;
    }

    /** Return the label selector of an engine's. */
    public static String selector(String engineUid) {
        return ENGINE + "=" + engineUid;
    }

    /** Build the Job of one fire of one engine. */
    public ObjectNode of(EngineRef engine, String engineUid, String fire) {
        ObjectNode job = JsonNodeFactory.instance.objectNode();
        job.put("apiVersion", "batch/v1").put("kind", "Job");
        ObjectNode metadata = job.putObject("metadata");
        metadata.put("name", name(engine, engineUid, fire)).put("namespace", engine.namespace());
        label(metadata, engineUid);
        metadata.putObject("annotations").put(FIRE, fire);
        Engine.own(metadata, engine.name(), engineUid);
        ObjectNode spec = job.putObject("spec");
        spec.put("backoffLimit", MOST_FAILURES);
        spec.put("ttlSecondsAfterFinished", SECONDS_KEPT);
        // One at a time; and a pod that was evicted has not failed.
        spec.put("podReplacementPolicy", "Failed");
        spec.putObject("podFailurePolicy")
                .putArray("rules")
                .addObject()
                .put("action", "Ignore")
                .putArray("onPodConditions")
                .addObject()
                .put("type", "DisruptionTarget")
                .put("status", "True");
        ObjectNode template = spec.putObject("template");
        label(template.putObject("metadata"), engineUid);
        fillPod(template.putObject("spec"), engine, engineUid, fire);
        return job;
    }

    private static void label(ObjectNode metadata, String engineUid) {
        metadata.putObject("labels")
                .put("app.kubernetes.io/name", "chaos-runner")
                .put("app.kubernetes.io/component", "run")
                .put(ENGINE, engineUid);
    }

    private void fillPod(ObjectNode pod, EngineRef engine, String engineUid, String fire) {
        pod.put("restartPolicy", "Never");
        pod.put("serviceAccountName", serviceAccount);
        pod.put("terminationGracePeriodSeconds", GRACE_SECONDS);
        ObjectNode security = pod.putObject("securityContext");
        security.put("runAsNonRoot", true).put("runAsUser", NOBODY);
        security.putObject("seccompProfile").put("type", "RuntimeDefault");
        ObjectNode container = pod.putArray("containers").addObject();
        container.put("name", "chaos-runner").put("image", image);
        if (!arguments.isEmpty()) {
            arguments.forEach(container.putArray("args")::add);
        }
        ArrayNode env = container.putArray("env");
        variables.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .forEach(each -> variable(env, each.getKey(), each.getValue()));
        variable(env, "CHAOSENGINE", engine.name());
        variable(env, "CHAOS_NAMESPACE", engine.namespace());
        variable(env, ENGINE_VARIABLE, engineUid);
        variable(env, FIRE_VARIABLE, fire);
        ObjectNode resources = container.putObject("resources");
        resources.putObject("requests").put("cpu", "20m").put("memory", "96Mi");
        resources.putObject("limits").put("memory", "192Mi");
        ObjectNode bounds = container.putObject("securityContext");
        bounds.put("allowPrivilegeEscalation", false).put("readOnlyRootFilesystem", true);
        bounds.putObject("capabilities").putArray("drop").add("ALL");
    }

    private static void variable(ArrayNode env, String name, String value) {
        // A kubelet would put variables in: $(NAME).
        env.addObject().put("name", name).put("value", value.replace("$", "$$"));
    }

    /**
     * What became of such a Job.
     *
     * @param name of the Job
     * @param uid of the Job
     * @param fire that it is for, as it was given; empty if it does not say
     * @param made when it was made; empty if it does not say
     * @param state where it stands
     */
    public record Made(String name, String uid, String fire, Optional<Instant> made, State state) {
        /** Tell whether its pod may still run, or be made. */
        public boolean isUnfinished() {
            return state instanceof State.Unfinished;
        }

        /** Tell whether its pod has ended, and no other is made. */
        public boolean hasEnded() {
            return state instanceof State.Complete || state instanceof State.Failed;
        }
    }

    /** Where such a Job stands. */
    public sealed interface State {
        /**
         * It has not ended.
         *
         * @param started whether its pod runs
         */
        record Unfinished(boolean started) implements State {}

        /** Its pod ended well: the run is over, or there was none to be done. */
        record Complete() implements State {}

        /** It gave up; {@code why} says what Kubernetes says. */
        record Failed(String why) implements State {}

        /** It is being deleted. */
        record Going() implements State {}
    }

    /** Read such a Job. Total: never throws. */
    public static Made read(JsonNode job) {
        JsonNode metadata = job.path("metadata");
        return new Made(
                metadata.path("name").asString(""),
                metadata.path("uid").asString(""),
                metadata.path("annotations").path(FIRE).asString(""),
                ObjectTime.read(metadata.path("creationTimestamp")),
                switch (JobState.of(job)) {
                    case JobState.Active _ ->
                            new State.Unfinished(job.path("status").path("ready").asInt(0) > 0);
                    case JobState.Complete() -> new State.Complete();
                    case JobState.Failed(String reason, String message, Instant at) ->
                            new State.Failed(message.isEmpty() ? reason : reason + ": " + message);
                    case JobState.Deleted() -> new State.Going();
                });
    }

    /** Return the uid of the engine that such a Job belongs to; empty if it does not say. */
    public static Optional<String> engineOf(JsonNode job) {
        String uid = job.path("metadata").path("labels").path(ENGINE).asString("");
        return uid.isEmpty() ? Optional.empty() : Optional.of(uid);
    }

    /** Return the name of the engine that owns such a Job; empty if none does. */
    public static Optional<String> ownerOf(JsonNode job) {
        for (JsonNode owner : job.path("metadata").path("ownerReferences")) {
            if (owner.path("kind").asString("").equals("ChaosEngine")) {
                return Optional.of(owner.path("name").asString(""));
            }
        }
        return Optional.empty();
    }
}
