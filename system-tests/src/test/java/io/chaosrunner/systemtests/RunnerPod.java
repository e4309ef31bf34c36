package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.dsl.PodResource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Launch an engine's runner as the chaos-operator does, and see how it ends. */
final class RunnerPod {

    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final TestNamespace namespace;
    private final String name;

    private RunnerPod(TestNamespace namespace, String name) {
        this.namespace = namespace;
        this.name = name;
    }

    /** Mark the engine as initialized and create its runner's pod. */
    static RunnerPod create(TestNamespace namespace, String engineName) {
        Litmus.engines(namespace.admin(), namespace.name())
                .named(engineName)
                .patch(
                        PatchContext.of(PatchType.JSON_MERGE),
                        "{\"status\":{\"engineStatus\":\"initialized\"}}");
        GenericKubernetesResource engine = namespace.engine(engineName);
        String uid = engine.getMetadata().getUid();
        Pod pod =
                new PodBuilder()
                        .withNewMetadata()
                        .withName(engineName + "-runner")
                        .addToLabels("app", engineName)
                        .addToLabels("chaosUID", uid)
                        .addToLabels("app.kubernetes.io/component", "chaos-runner")
                        .addToLabels("app.kubernetes.io/part-of", "litmus")
                        .addNewOwnerReference()
                        .withApiVersion(engine.getApiVersion())
                        .withKind(engine.getKind())
                        .withName(engineName)
                        .withUid(uid)
                        .withController(true)
                        .withBlockOwnerDeletion(true)
                        .endOwnerReference()
                        .endMetadata()
                        .withNewSpec()
                        .withServiceAccountName(text(engine.get("spec", "chaosServiceAccount")))
                        .withRestartPolicy("OnFailure")
                        .addNewContainer()
                        .withName("chaos-runner")
                        .withImage("litmuschaos/chaos-runner:latest")
                        .withImagePullPolicy("IfNotPresent")
                        .withArgs(arguments(engine))
                        .withEnv(environment(engine, namespace.name()))
                        .endContainer()
                        .endSpec()
                        .build();
        namespace.admin().pods().inNamespace(namespace.name()).resource(pod).create();
        return new RunnerPod(namespace, engineName + "-runner");
    }

    String name() {
        return name;
    }

    PodResource resource() {
        return namespace.admin().pods().inNamespace(namespace.name()).withName(name);
    }

    /**
     * Wait until the operator would call the engine completed: the container ended with exit code
     * 0.
     */
    void awaitCompletion(FakeKubelet kubelet) {
        int exitCode = awaitEnd(kubelet);
        assertThat(exitCode)
                .as("exit code of the runner, which said:\n%s", kubelet.runner(name).output())
                .isZero();
        assertThat(terminated().orElseThrow().getReason()).isEqualTo("Completed");
    }

    /** Wait until the container ended and is not started again; returns its exit code. */
    int awaitEnd(FakeKubelet kubelet) {
        try {
            return await().atMost(LIMIT)
                    .pollInterval(Duration.ofMillis(50))
                    .until(this::terminated, Optional::isPresent)
                    .orElseThrow()
                    .getExitCode();
        } catch (org.awaitility.core.ConditionTimeoutException e) {
            throw new AssertionError(
                    "the runner goes on; it said:\n" + kubelet.runner(name).output(), e);
        }
    }

    private Optional<ContainerStateTerminated> terminated() {
        return Optional.ofNullable(resource().get()).stream()
                .flatMap(pod -> pod.getStatus().getContainerStatuses().stream())
                .filter(container -> container.getName().equals("chaos-runner"))
                .map(ContainerStatus::getState)
                .filter(state -> state.getTerminated() != null)
                .map(state -> state.getTerminated())
                .findFirst();
    }

    /** The operator's variables in its order; an empty one is not set at all. */
    private static List<EnvVar> environment(GenericKubernetesResource engine, String namespace) {
        var env = new ArrayList<EnvVar>();
        add(env, "CHAOSENGINE", engine.getMetadata().getName());
        add(env, "TARGETS", targets(engine, namespace));
        add(
                env,
                "EXPERIMENT_LIST",
                list(engine.get("spec", "experiments")).stream()
                        .map(experiment -> text(experiment.get("name")))
                        .collect(Collectors.joining(",")));
        add(env, "CHAOS_SVC_ACC", text(engine.get("spec", "chaosServiceAccount")));
        add(env, "AUXILIARY_APPINFO", text(engine.get("spec", "auxiliaryAppInfo")));
        add(env, "CLIENT_UUID", "");
        add(env, "CHAOS_NAMESPACE", namespace);
        return env;
    }

    private static void add(List<EnvVar> env, String name, String value) {
        if (!value.isEmpty()) {
            env.add(new EnvVarBuilder().withName(name).withValue(value).build());
        }
    }

    private static String targets(GenericKubernetesResource engine, String namespace) {
        List<Map<String, Object>> workloads = list(engine.get("spec", "selectors", "workloads"));
        if (!workloads.isEmpty()) {
            return workloads.stream()
                    .map(workload -> {
                        String names = text(workload.get("names"));
                        return "%s:%s:[%s]"
                                .formatted(
                                        text(workload.get("kind")),
                                        text(workload.get("namespace")),
                                        names.isEmpty() ? text(workload.get("labels")) : names);
                    })
                    .collect(Collectors.joining(";"));
        }
        List<Map<String, Object>> pods = list(engine.get("spec", "selectors", "pods"));
        if (!pods.isEmpty()) {
            return pods.stream()
                    .map(pod ->
                            "pod:%s:[%s]"
                                    .formatted(text(pod.get("namespace")), text(pod.get("names"))))
                    .collect(Collectors.joining(";"));
        }
        if (engine.get("spec", "appinfo") == null) {
            return "";
        }
        String kind = text(engine.get("spec", "appinfo", "appkind"));
        String where = text(engine.get("spec", "appinfo", "appns"));
        return "%s:%s:[%s]"
                .formatted(
                        kind.isEmpty() ? "KIND" : kind,
                        where.isEmpty() ? namespace : where,
                        text(engine.get("spec", "appinfo", "applabel")));
    }

    private static List<String> arguments(GenericKubernetesResource engine) {
        List<String> arguments = engine.get("spec", "components", "runner", "args");
        return arguments == null ? List.of() : arguments;
    }

    private static List<Map<String, Object>> list(@Nullable List<Map<String, Object>> value) {
        return value == null ? List.of() : value;
    }

    private static String text(@Nullable Object value) {
        return value == null ? "" : value.toString();
    }
}
