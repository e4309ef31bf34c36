package io.chaosrunner.model;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * One experiment of an engine, ready to be launched: what ChaosExperiment, ChaosEngine and the
 * runner's environment say together.
 *
 * <p>Kubernetes values that the runner never looks into (tolerations, resources, security contexts,
 * {@code valueFrom} …) are kept as JSON and passed on as they are; a missing node means none. The
 * JSON is shared with the objects it came from and must not be changed.
 *
 * @param entry which entry of which engine this is
 * @param metadata labels and annotations that Job and pod both get
 * @param pod settings of the pod
 * @param container settings of the container that runs the experiment
 * @param mounts what the experiment's container mounts
 * @param sidecars further containers, in the engine's order; usually none
 * @param statusCheck the experiment's own polling
 */
public record ExperimentSpec(
        Entry entry,
        Metadata metadata,
        Pod pod,
        Container container,
        Mounts mounts,
        List<Sidecar> sidecars,
        StatusCheck statusCheck) {

    public ExperimentSpec {
        requireNonNull(entry, "entry is null");
        requireNonNull(metadata, "metadata is null");
        requireNonNull(pod, "pod is null");
        requireNonNull(container, "container is null");
        requireNonNull(mounts, "mounts is null");
        sidecars = List.copyOf(sidecars);
        requireNonNull(statusCheck, "statusCheck is null");
    }

    /** Return the name of the ChaosExperiment. */
    public String experiment() {
        return entry.experiment();
    }

    /** Return the engine the experiment belongs to. */
    public EngineRef engine() {
        return entry.engine();
    }

    /** Return the name of the ChaosResult the experiment will write. */
    public String resultName() {
        return entry.resultName();
    }

    /** Return the ConfigMaps that must exist in the engine's namespace, each once. */
    public List<String> configMaps() {
        return names(mounts.configMaps());
    }

    /** Return the Secrets that must exist in the engine's namespace, sidecars' too, each once. */
    public List<String> secrets() {
        var all = new ArrayList<>(mounts.secrets());
        sidecars.forEach(sidecar -> all.addAll(sidecar.secrets()));
        return names(all);
    }

    private static List<String> names(List<Mount> mounts) {
        var names = new LinkedHashSet<String>();
        mounts.forEach(mount -> names.add(mount.name()));
        return List.copyOf(names);
    }

    /**
     * Which entry of which engine is meant.
     *
     * @param engine the engine
     * @param experiment name of the ChaosExperiment
     * @param instanceId value of {@code INSTANCE_ID}; empty if there is none
     */
    public record Entry(EngineRef engine, String experiment, String instanceId) {
        public Entry {
            requireNonNull(engine, "engine is null");
            requireNonNull(experiment, "experiment is null");
            requireNonNull(instanceId, "instanceId is null");
        }

        /** Return {@code <engine>-<experiment>[-<INSTANCE_ID>]}, as the experiment composes it. */
        public String resultName() {
            String name = engine.name() + "-" + experiment;
            return instanceId.isEmpty() ? name : name + "-" + instanceId;
        }

        /** Tell whether a ChaosResult of that name may be one of an engine's. */
        public static boolean mayBeResultOf(EngineRef engine, String name) {
            return name.startsWith(engine.name() + "-");
        }
    }

    /**
     * What both Job and pod carry.
     *
     * @param labels ChaosExperiment {@code spec.definition.labels} under the engine's own labels
     * @param annotations {@code experimentAnnotations} of the engine's entry
     */
    public record Metadata(Map<String, String> labels, Map<String, String> annotations) {
        public Metadata {
            labels = Collections.unmodifiableMap(new LinkedHashMap<>(labels));
            annotations = Collections.unmodifiableMap(new LinkedHashMap<>(annotations));
        }
    }

    /**
     * The pod's settings.
     *
     * @param serviceAccount {@code serviceAccountName}
     * @param terminationGracePeriodSeconds in seconds; 0 leaves it to the cluster
     * @param hostPid whether the pod shares the node's process ids
     * @param securityContext of the pod; missing if none
     * @param nodeSelector missing if none
     * @param tolerations missing if none
     * @param imagePullSecrets missing if none
     */
    public record Pod(
            String serviceAccount,
            long terminationGracePeriodSeconds,
            boolean hostPid,
            JsonNode securityContext,
            JsonNode nodeSelector,
            JsonNode tolerations,
            JsonNode imagePullSecrets) {
        public Pod {
            requireNonNull(serviceAccount, "serviceAccount is null");
            requireNonNull(securityContext, "securityContext is null");
            requireNonNull(nodeSelector, "nodeSelector is null");
            requireNonNull(tolerations, "tolerations is null");
            requireNonNull(imagePullSecrets, "imagePullSecrets is null");
        }
    }

    /**
     * The settings of the experiment's container.
     *
     * @param image never empty
     * @param imagePullPolicy {@code Always}, {@code IfNotPresent} or {@code Never}
     * @param command never empty
     * @param args never empty
     * @param env {@code EnvVar} objects; each name once, in the order to be written
     * @param securityContext of the container; missing if none
     * @param resources missing if none; sidecars get the same
     */
    public record Container(
            String image,
            String imagePullPolicy,
            List<String> command,
            List<String> args,
            List<ObjectNode> env,
            JsonNode securityContext,
            JsonNode resources) {
        public Container {
            requireNonNull(image, "image is null");
            requireNonNull(imagePullPolicy, "imagePullPolicy is null");
            command = List.copyOf(command);
            args = List.copyOf(args);
            env = List.copyOf(env);
            requireNonNull(securityContext, "securityContext is null");
            requireNonNull(resources, "resources is null");
        }
    }

    /**
     * What the experiment's container mounts.
     *
     * @param configMaps ConfigMaps of the engine's namespace
     * @param secrets Secrets of the engine's namespace
     * @param hostFiles files of the node
     */
    public record Mounts(List<Mount> configMaps, List<Mount> secrets, List<HostFile> hostFiles) {
        public Mounts {
            configMaps = List.copyOf(configMaps);
            secrets = List.copyOf(secrets);
            hostFiles = List.copyOf(hostFiles);
        }
    }

    /**
     * Mount one ConfigMap or Secret.
     *
     * @param name of the object
     * @param mountPath where the container sees it
     */
    public record Mount(String name, String mountPath) {
        public Mount {
            requireNonNull(name, "name is null");
            requireNonNull(mountPath, "mountPath is null");
        }
    }

    /**
     * Mount one file of the node.
     *
     * @param name wished name of the volume
     * @param mountPath where the container sees it
     * @param nodePath where it is on the node
     * @param type {@code hostPath.type}, {@code File} by default
     */
    public record HostFile(String name, String mountPath, String nodePath, String type) {
        public HostFile {
            requireNonNull(name, "name is null");
            requireNonNull(mountPath, "mountPath is null");
            requireNonNull(nodePath, "nodePath is null");
            requireNonNull(type, "type is null");
        }
    }

    /**
     * Add one container beside the experiment's. Source: ChaosEngine {@code
     * spec.components.sidecar[]}.
     *
     * @param image never empty
     * @param imagePullPolicy {@code IfNotPresent} by default
     * @param env {@code EnvVar} objects as given by the user
     * @param envFrom {@code EnvFromSource} objects as given by the user
     * @param secrets what it mounts
     */
    public record Sidecar(
            String image,
            String imagePullPolicy,
            List<ObjectNode> env,
            List<ObjectNode> envFrom,
            List<Mount> secrets) {
        public Sidecar {
            requireNonNull(image, "image is null");
            requireNonNull(imagePullPolicy, "imagePullPolicy is null");
            env = List.copyOf(env);
            envFrom = List.copyOf(envFrom);
            secrets = List.copyOf(secrets);
        }
    }

    /**
     * Pace the experiment's polling of its targets. Source: ChaosEngine {@code
     * spec.experiments[].spec.components.statusCheckTimeouts}.
     *
     * @param delay between two checks; whole seconds, positive
     * @param timeout of all checks; whole seconds, positive, and may be shorter than the delay
     */
    public record StatusCheck(Duration delay, Duration timeout) {
        /** Two seconds between checks, three minutes in all: Litmus' defaults. */
        public static final StatusCheck DEFAULT =
                new StatusCheck(Duration.ofSeconds(2), Duration.ofSeconds(180));

        public StatusCheck {
            requireNonNull(delay, "delay is null");
            requireNonNull(timeout, "timeout is null");
            if (!delay.isPositive() || !timeout.isPositive()) {
                throw new IllegalArgumentException(
                        "delay and timeout must be positive, but are %s and %s"
                                .formatted(delay, timeout));
            }
        }
    }
}
