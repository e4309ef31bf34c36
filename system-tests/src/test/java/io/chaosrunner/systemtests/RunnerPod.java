package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.dsl.PodResource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** Launch an engine's runner as the chaos-operator does, and see how it ends. */
final class RunnerPod {

    /** Long: several JVMs may have to share one core. */
    private static final Duration LIMIT = Duration.ofMinutes(10);

    private final TestNamespace namespace;
    private final String name;

    private RunnerPod(TestNamespace namespace, String name) {
        this.namespace = namespace;
        this.name = name;
    }

    /** Mark the engine as initialized and create its runner's pod. */
    static RunnerPod create(TestNamespace namespace, String engineName) {
        return create(namespace, engineName, Map.of());
    }

    /** Do the same where something adds to the runner's environment. */
    static RunnerPod create(
            TestNamespace namespace, String engineName, Map<String, String> environment) {
        Litmus.engines(namespace.admin(), namespace.name())
                .named(engineName)
                .patch(
                        PatchContext.of(PatchType.JSON_MERGE),
                        "{\"status\":{\"engineStatus\":\"initialized\"}}");
        JsonNode engine = Litmus.read(namespace, "chaosengines", engineName);
        Pod pod = manifest(namespace, engine);
        environment.forEach((name, value) ->
                pod.getSpec()
                        .getContainers()
                        .getFirst()
                        .getEnv()
                        .add(new EnvVar(name, value, null)));
        return create(namespace, engineName, pod);
    }

    /**
     * Create the runner's pod of an engine, which may be gone, such that it outlives the engine.
     */
    static RunnerPod createUnowned(TestNamespace namespace, JsonNode engine) {
        Pod pod = manifest(namespace, engine);
        pod.getMetadata().setOwnerReferences(List.of());
        return create(namespace, engine.at("/metadata/name").asString(), pod);
    }

    private static Pod manifest(TestNamespace namespace, JsonNode engine) {
        String first = engine.at("/spec/experiments/0/name").asString("");
        return RunnerManifest.of(engine, Litmus.read(namespace, "chaosexperiments", first));
    }

    private static RunnerPod create(TestNamespace namespace, String engineName, Pod pod) {
        namespace.admin().pods().inNamespace(namespace.name()).resource(pod).create();
        return of(namespace, engineName);
    }

    /** Return the runner's pod of an engine that somebody else creates. */
    static RunnerPod of(TestNamespace namespace, String engineName) {
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
}
