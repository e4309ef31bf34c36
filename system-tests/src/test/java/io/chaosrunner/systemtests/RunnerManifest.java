package io.chaosrunner.systemtests;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Build an engine's runner pod as the chaos-operator does, field by field. */
final class RunnerManifest {

    private static final KubernetesSerialization SERIALIZATION = new KubernetesSerialization();

    private final JsonNode engine;
    private final JsonNode settings;
    private final String name;
    private final String namespace;

    private RunnerManifest(JsonNode engine) {
        this.engine = engine;
        settings = engine.at("/spec/components/runner");
        name = engine.at("/metadata/name").asString();
        namespace = engine.at("/metadata/namespace").asString();
    }

    /**
     * Return the pod.
     *
     * @param first the first listed ChaosExperiment, which lends the pod its security contexts; a
     *     missing one lends none
     */
    static Pod of(JsonNode engine, JsonNode first) {
        return SERIALIZATION.convertValue(new RunnerManifest(engine).pod(first), Pod.class);
    }

    private ObjectNode pod(JsonNode first) {
        ObjectNode pod = JsonNodeFactory.instance.objectNode();
        pod.put("apiVersion", "v1").put("kind", "Pod").set("metadata", metadata());
        ObjectNode spec = pod.putObject("spec");
        spec.put("serviceAccountName", text("/spec/chaosServiceAccount"));
        spec.put("restartPolicy", "OnFailure");
        ObjectNode container = spec.putArray("containers").addObject();
        container.put("name", "chaos-runner");
        container.put("image", settings.path("image").asString("litmuschaos/chaos-runner:latest"));
        container.put("imagePullPolicy", settings.path("imagePullPolicy").asString("IfNotPresent"));
        copy(settings, container, "command", "command");
        copy(settings, container, "args", "args");
        copy(settings, container, "resources", "resources");
        container.set("env", environment());
        copy(settings, spec, "tolerations", "tolerations");
        copy(settings, spec, "nodeSelector", "nodeSelector");
        copy(settings, spec, "imagePullSecrets", "imagePullSecrets");
        JsonNode contexts = first.at("/spec/definition/securityContext");
        copy(contexts, spec, "podSecurityContext", "securityContext");
        copy(contexts, container, "containerSecurityContext", "securityContext");
        ArrayNode volumes = spec.putArray("volumes");
        ArrayNode mounts = container.putArray("volumeMounts");
        volumes("configMaps", "configMap", "name", volumes, mounts);
        volumes("secrets", "secret", "secretName", volumes, mounts);
        return pod;
    }

    private ObjectNode metadata() {
        ObjectNode metadata = JsonNodeFactory.instance.objectNode();
        metadata.put("name", name + "-runner").put("namespace", namespace);
        ObjectNode labels = metadata.putObject("labels");
        labels.put("app", name);
        labels.put("chaosUID", text("/metadata/uid"));
        labels.put("app.kubernetes.io/component", "chaos-runner");
        labels.put("app.kubernetes.io/part-of", "litmus");
        settings.path("runnerLabels")
                .properties()
                .forEach(label -> labels.set(label.getKey(), label.getValue()));
        copy(settings, metadata, "runnerAnnotations", "annotations");
        metadata.putArray("ownerReferences")
                .addObject()
                .put("apiVersion", text("/apiVersion"))
                .put("kind", text("/kind"))
                .put("name", name)
                .put("uid", text("/metadata/uid"))
                .put("controller", true)
                .put("blockOwnerDeletion", true);
        return metadata;
    }

    private void volumes(
            String list, String kind, String nameField, ArrayNode volumes, ArrayNode mounts) {
        for (JsonNode mount : settings.path(list)) {
            String object = mount.path("name").asString();
            volumes.addObject()
                    .put("name", object)
                    .putObject(kind)
                    .put(nameField, object)
                    .put("defaultMode", 420);
            mounts.addObject()
                    .put("name", object)
                    .put("mountPath", mount.path("mountPath").asString());
        }
    }

    /** The operator's variables in its order; an empty one is not set at all. */
    private ArrayNode environment() {
        ArrayNode env = JsonNodeFactory.instance.arrayNode();
        add(env, "CHAOSENGINE", name);
        add(env, "TARGETS", targets());
        add(
                env,
                "EXPERIMENT_LIST",
                items("/spec/experiments").stream()
                        .map(experiment -> experiment.path("name").asString(""))
                        .collect(Collectors.joining(",")));
        add(env, "CHAOS_SVC_ACC", text("/spec/chaosServiceAccount"));
        add(env, "AUXILIARY_APPINFO", text("/spec/auxiliaryAppInfo"));
        // CLIENT_UUID comes here if analytics are on; they are off.
        add(env, "CHAOS_NAMESPACE", namespace);
        return env;
    }

    private static void add(ArrayNode env, String variable, String value) {
        if (!value.isEmpty()) {
            env.addObject().put("name", variable).put("value", value);
        }
    }

    private String targets() {
        List<JsonNode> workloads = items("/spec/selectors/workloads");
        if (!workloads.isEmpty()) {
            return workloads.stream()
                    .map(workload ->
                            target(
                                    workload.path("kind").asString(""),
                                    workload.path("namespace").asString(""),
                                    workload.path("names")
                                            .asString(workload.path("labels").asString(""))))
                    .collect(Collectors.joining(";"));
        }
        List<JsonNode> pods = items("/spec/selectors/pods");
        if (!pods.isEmpty()) {
            return pods.stream()
                    .map(pod ->
                            target(
                                    "pod",
                                    pod.path("namespace").asString(""),
                                    pod.path("names").asString("")))
                    .collect(Collectors.joining(";"));
        }
        JsonNode app = engine.at("/spec/appinfo");
        if (app.isMissingNode()) {
            return "";
        }
        String kind = app.path("appkind").asString("");
        String where = app.path("appns").asString("");
        return target(
                kind.isEmpty() ? "KIND" : kind,
                where.isEmpty() ? namespace : where,
                app.path("applabel").asString(""));
    }

    private static String target(String kind, String namespace, String filter) {
        return "%s:%s:[%s]".formatted(kind, namespace, filter);
    }

    private List<JsonNode> items(String pointer) {
        return StreamSupport.stream(engine.at(pointer).spliterator(), false).toList();
    }

    private String text(String pointer) {
        return engine.at(pointer).asString("");
    }

    private static void copy(JsonNode from, ObjectNode to, String field, String as) {
        JsonNode value = from.path(field);
        if (!value.isMissingNode() && !value.isNull()) {
            to.set(as, value);
        }
    }
}
