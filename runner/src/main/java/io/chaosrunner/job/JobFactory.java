package io.chaosrunner.job;

import static java.util.Objects.requireNonNull;

import io.chaosrunner.crd.Engine;
import io.chaosrunner.model.ExecutionId;
import io.chaosrunner.model.ExperimentSpec;
import io.chaosrunner.model.ExperimentSpec.Container;
import io.chaosrunner.model.ExperimentSpec.Pod;
import io.chaosrunner.model.ExperimentSpec.Sidecar;
import io.chaosrunner.model.RunId;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A factory of the Jobs of one run. Thread-safe.
 *
 * <p>A Job is what Litmus would build, and four things more: the labels of {@link ExecutionLabels},
 * applied last so that nothing overrides them; the annotations of {@link Launch}; an owner
 * reference to the engine, so that no Job outlives it; and {@code backoffLimit: 0}, so that no
 * experiment is run again behind the runner's back.
 */
public final class JobFactory {
    /** Our own timeout comes first; the Job's is for the time when no runner is alive. */
    private static final Duration DEADLINE_MARGIN = Duration.ofSeconds(30);

    private final RunId run;
    private final String strategy;
    private final @Nullable Duration experimentTimeout;

    /**
     * Create the factory of one run.
     *
     * @param strategy name of the run's strategy
     * @param experimentTimeout longest time one experiment may take; null if there is no limit
     */
    public JobFactory(RunId run, String strategy, @Nullable Duration experimentTimeout) {
        this.run = requireNonNull(run, "run is null");
        this.strategy = requireNonNull(strategy, "strategy is null");
        this.experimentTimeout = experimentTimeout;
    }

    /**
     * Build the Job of one execution.
     *
     * @param salt 0 for the first choice of name; see {@link JobName#of}
     * @return a Job in the engine's namespace, which shares nothing with its sources
     * @throws IllegalArgumentException if the execution is one of another run
     */
    public ObjectNode job(ExperimentSpec spec, ExecutionId execution, Launch launch, int salt) {
        if (!execution.runId().equals(run.id())) {
            throw new IllegalArgumentException(execution + " is not of " + run);
        }
        String name = JobName.of(spec, execution, salt);
        Map<String, String> labels = new LinkedHashMap<>(spec.metadata().labels());
        labels.put(ExecutionLabels.RUN_NUMBER, Long.toString(run.number()));
        labels.put(ExecutionLabels.STRATEGY, ExecutionLabels.sanitize(strategy));
        labels.putAll(ExecutionLabels.of(execution));
        // On the pod as well: an account that may not read Jobs resumes from its pods.
        Map<String, String> annotations = new LinkedHashMap<>(spec.metadata().annotations());
        annotations.putAll(launch.annotations());

        ObjectNode job = JsonNodeFactory.instance.objectNode();
        job.put("apiVersion", "batch/v1").put("kind", "Job");
        ObjectNode metadata = job.putObject("metadata");
        fillMetadata(metadata, name, spec, labels, annotations);
        Engine.own(metadata, spec.engine().name(), execution.engineUid());

        ObjectNode jobSpec = job.putObject("spec");
        jobSpec.put("backoffLimit", 0);
        if (experimentTimeout != null) {
            // Rounded up: a fraction of a second must not make it shorter than promised.
            Duration deadline = experimentTimeout.plus(DEADLINE_MARGIN).plusNanos(999_999_999);
            jobSpec.put("activeDeadlineSeconds", deadline.toSeconds());
        }
        ObjectNode template = jobSpec.putObject("template");
        fillMetadata(template.putObject("metadata"), name, spec, labels, annotations);
        fillPod(template.putObject("spec"), name, spec);
        return job;
    }

    private static void fillMetadata(
            ObjectNode metadata,
            String name,
            ExperimentSpec spec,
            Map<String, String> labels,
            Map<String, String> annotations) {
        metadata.put("name", name).put("namespace", spec.engine().namespace());
        ObjectNode labelsNode = metadata.putObject("labels");
        labels.forEach(labelsNode::put);
        ObjectNode annotationsNode = metadata.putObject("annotations");
        annotations.forEach(annotationsNode::put);
    }

    private static void fillPod(ObjectNode podSpec, String name, ExperimentSpec spec) {
        Pod pod = spec.pod();
        podSpec.put("serviceAccountName", pod.serviceAccount());
        podSpec.put("restartPolicy", "Never");
        if (pod.terminationGracePeriodSeconds() != 0) {
            podSpec.put("terminationGracePeriodSeconds", pod.terminationGracePeriodSeconds());
        }
        if (pod.hostPid()) {
            podSpec.put("hostPID", true);
        }
        copy(pod.securityContext(), podSpec, "securityContext");
        copy(pod.imagePullSecrets(), podSpec, "imagePullSecrets");
        copy(pod.nodeSelector(), podSpec, "nodeSelector");
        copy(pod.tolerations(), podSpec, "tolerations");

        var volumes = new Volumes();
        ArrayNode containers = podSpec.putArray("containers");
        fillExperiment(containers.addObject(), name, spec, volumes);
        List<Sidecar> sidecars = spec.sidecars();
        for (int i = 0; i < sidecars.size(); i++) {
            fillSidecar(containers.addObject(), name, i, spec, volumes);
        }
        if (!volumes.json().isEmpty()) {
            podSpec.set("volumes", volumes.json());
        }
    }

    private static void fillExperiment(
            ObjectNode node, String name, ExperimentSpec spec, Volumes volumes) {
        Container container = spec.container();
        node.put("name", name);
        node.put("image", container.image());
        node.put("imagePullPolicy", container.imagePullPolicy());
        container.command().forEach(node.putArray("command")::add);
        container.args().forEach(node.putArray("args")::add);
        addAll(container.env(), node.putArray("env"));
        copy(container.securityContext(), node, "securityContext");
        copy(container.resources(), node, "resources");

        ArrayNode mounts = node.arrayNode();
        spec.mounts().configMaps().forEach(mount -> volumes.mountConfigMap(mount, mounts));
        spec.mounts().secrets().forEach(mount -> volumes.mountSecret(mount, mounts));
        spec.mounts().hostFiles().forEach(file -> volumes.mountHostFile(file, mounts));
        copy(mounts, node, "volumeMounts");
    }

    private static void fillSidecar(
            ObjectNode node, String job, int index, ExperimentSpec spec, Volumes volumes) {
        Sidecar sidecar = spec.sidecars().get(index);
        node.put("name", JobName.ofSidecar(job, index));
        node.put("image", sidecar.image());
        node.put("imagePullPolicy", sidecar.imagePullPolicy());
        ArrayNode env = node.putArray("env");
        addAll(sidecar.env(), env);
        addField(env, "POD_NAME", "metadata.name");
        addField(env, "POD_NAMESPACE", "metadata.namespace");
        env.addObject().put("name", "MAIN_CONTAINER").put("value", job);
        if (!sidecar.envFrom().isEmpty()) {
            addAll(sidecar.envFrom(), node.putArray("envFrom"));
        }
        copy(spec.container().resources(), node, "resources");

        ArrayNode mounts = node.arrayNode();
        sidecar.secrets().forEach(mount -> volumes.mountSecret(mount, mounts));
        copy(mounts, node, "volumeMounts");
    }

    private static void addField(ArrayNode env, String name, String fieldPath) {
        env.addObject()
                .put("name", name)
                .putObject("valueFrom")
                .putObject("fieldRef")
                .put("apiVersion", "v1")
                .put("fieldPath", fieldPath);
    }

    private static void addAll(List<ObjectNode> from, ArrayNode to) {
        from.forEach(element -> to.add(element.deepCopy()));
    }

    private static void copy(JsonNode value, ObjectNode to, String field) {
        if (!value.isMissingNode() && !(value.isContainer() && value.isEmpty())) {
            to.set(field, value.deepCopy());
        }
    }
}
