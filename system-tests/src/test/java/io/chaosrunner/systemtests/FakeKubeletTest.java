package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.sandbox.Scenario;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@NeedsControlPlane
class FakeKubeletTest {

    private static final Duration LIMIT = Duration.ofMinutes(3);

    private final TestNamespace namespace;
    private final FakeKubelet kubelet;

    FakeKubeletTest(ControlPlane controlPlane) {
        namespace = TestNamespace.create(controlPlane);
        kubelet = FakeKubelet.start(namespace);
    }

    @AfterEach
    void close() {
        try (namespace;
                kubelet) {
            assertThat(kubelet).isNotNull();
        }
    }

    @Test
    void anExperimentRunsAndLeavesItsVerdict() {
        launch("verdict=Fail after=100ms");

        Pod over = podWhen(pod -> phase(pod).equals("Succeeded"));

        ContainerStatus container = container(over, "pod-delete-abc123");
        assertThat(container.getState().getTerminated().getExitCode()).isZero();
        assertThat(container.getState().getTerminated().getReason()).isEqualTo("Completed");
        assertThat(container.getState().getTerminated().getFinishedAt()).matches("[-0-9T:]{19}Z");
        assertThat(verdict()).isEqualTo("Fail");
        assertThat(result().getMetadata().getLabels())
                .containsEntry("chaosUID", "uid-1")
                .containsEntry("chaosrunner.io/slot", "0")
                .containsEntry("job-name", "pod-delete-abc123");
        await().atMost(LIMIT)
                .until(() -> namespace.jobs().getFirst().getStatus().getSucceeded() != null);
    }

    @Test
    void aResultIsUsedAgainAndCounts() {
        launch("verdict=Pass after=50ms then verdict=Error after=50ms");
        podWhen(pod -> phase(pod).equals("Succeeded"));
        String first = result().getMetadata().getUid();
        deleteJob();
        await().atMost(LIMIT).until(() -> namespace.pods().isEmpty());

        launch("verdict=Pass after=50ms then verdict=Error after=50ms");
        podWhen(pod -> phase(pod).equals("Succeeded"));

        assertThat(result().getMetadata().getUid()).isEqualTo(first);
        assertThat(verdict()).isEqualTo("Error");
        assertThat(result().<Object>get("status", "history", "passedRuns")).isEqualTo(1);
        assertThat(result().<Object>get("status", "history", "failedRuns")).isEqualTo(1);
    }

    @Test
    void aCrashedExperimentLeavesItsResultAwaited() {
        launch("crash after=50ms");

        Pod over = podWhen(pod -> phase(pod).equals("Failed"));

        assertThat(container(over, "pod-delete-abc123").getState().getTerminated().getExitCode())
                .isEqualTo(1);
        assertThat(verdict()).isEqualTo("Awaited");
    }

    @Test
    void aContainerIsKilledForItsMemory() {
        launch("oom after=50ms");

        Pod over = podWhen(pod -> phase(pod).equals("Failed"));

        assertThat(container(over, "pod-delete-abc123").getState().getTerminated())
                .matches(end -> end.getExitCode() == 137 && end.getReason().equals("OOMKilled"));
    }

    @Test
    void aPodIsEvicted() {
        launch("evicted after=50ms");

        Pod over = podWhen(pod -> phase(pod).equals("Failed"));

        assertThat(over.getStatus().getReason()).isEqualTo("Evicted");
    }

    @Test
    void anImageThatCannotBePulledKeepsThePodPending() {
        launch("image-pull-error");

        Pod waiting =
                podWhen(pod ->
                        !pod.getStatus().getContainerStatuses().isEmpty()
                                && container(pod, "pod-delete-abc123")
                                        .getState()
                                        .getWaiting()
                                        .getReason()
                                        .equals("ImagePullBackOff"));

        assertThat(phase(waiting)).isEqualTo("Pending");
    }

    @Test
    void aPodThatFindsNoNodeSaysSoUntilItDoes() {
        launch("pending=300ms after=50ms");

        Pod waiting =
                podWhen(pod ->
                        pod.getStatus().getConditions().stream()
                                .anyMatch(c -> "Unschedulable".equals(c.getReason())));

        assertThat(waiting.getSpec().getNodeName()).isNull();
        podWhen(pod -> phase(pod).equals("Succeeded"));
    }

    @Test
    void aMeshProxyOutlivesTheExperiment() {
        launch("sidecar after=50ms");

        Pod half =
                podWhen(pod ->
                        pod.getStatus().getContainerStatuses().size() == 2
                                && container(pod, "pod-delete-abc123").getState().getTerminated()
                                        != null);

        assertThat(phase(half)).isEqualTo("Running");
        assertThat(container(half, "istio-proxy").getState().getRunning()).isNotNull();
        assertThat(verdict()).isEqualTo("Pass");
        deleteJob();
        await().atMost(LIMIT).until(() -> namespace.pods().isEmpty());
    }

    @Test
    void aHelperGoesWhenItsExperimentEnds() {
        launch("helper after=300ms");

        Pod helper = podWhen(pod -> isHelper(pod) && phase(pod).equals("Running"));

        assertThat(helper.getMetadata().getOwnerReferences()).isEmpty();
        assertThat(helper.getMetadata().getLabels())
                .containsEntry("chaosUID", "uid-1")
                .containsEntry("chaosrunner.io/slot", "0")
                .doesNotContainKeys("job-name", "controller-uid", "batch.kubernetes.io/job-name");
        await().atMost(LIMIT).until(() -> namespace.pods().stream().noneMatch(this::isHelper));
        assertThat(verdict()).isEqualTo("Pass");
    }

    @Test
    void aHelperOutlivesAnExperimentThatIsStopped() {
        launch("hang helper");
        podWhen(pod -> isHelper(pod) && phase(pod).equals("Running"));

        deleteJob();

        await().atMost(LIMIT).until(() -> namespace.pods().stream().allMatch(this::isHelper));
        assertThat(namespace.pods()).hasSize(1);
        assertThat(verdict()).isEqualTo("Stopped");
        namespace.admin().resource(namespace.pods().getFirst()).delete();
        await().atMost(LIMIT).until(() -> namespace.pods().isEmpty());
    }

    @Test
    void aHelperThatItsExperimentForgetsGoesOn() {
        launch("abandon after=50ms");

        podWhen(pod -> !isHelper(pod) && phase(pod).equals("Succeeded"));

        assertThat(namespace.pods().stream().filter(this::isHelper)).hasSize(1);
        assertThat(verdict()).isEqualTo("Pass");
        namespace.pods().stream()
                .filter(this::isHelper)
                .forEach(helper -> namespace.admin().resource(helper).delete());
    }

    @ParameterizedTest
    @CsvSource({"deleted, Stopped", "force-deleted, Awaited"})
    void aHelperOutlivesAPodThatSomebodyDeletes(String how, String verdict) {
        launch(how + " helper after=300ms");
        podWhen(pod -> isHelper(pod) && phase(pod).equals("Running"));

        await().atMost(LIMIT).until(() -> namespace.pods().stream().allMatch(this::isHelper));
        assertThat(namespace.pods()).hasSize(1);
        assertThat(verdict()).isEqualTo(verdict);
        namespace.admin().resource(namespace.pods().getFirst()).delete();
    }

    @Test
    void aPodRemovedByForceHasNoTimeToWriteAnything() {
        launch("hang");
        Pod running = podWhen(pod -> phase(pod).equals("Running"));
        await().atMost(LIMIT).until(() -> resultOrNull() != null);

        namespace.admin().resource(running).withGracePeriod(0).delete();

        await().atMost(LIMIT).until(() -> namespace.pods().isEmpty());
        assertThat(verdict()).isEqualTo("Awaited");
    }

    @Test
    void anExperimentWaitsForTheWordOfItsTest() {
        launch("verdict=Fail after=1h");
        podWhen(pod -> phase(pod).equals("Running"));

        kubelet.endExperiments();

        podWhen(pod -> phase(pod).equals("Succeeded"));
        assertThat(verdict()).isEqualTo("Fail");
    }

    /** The deletion came while the pod still ran: the API server waits for the kubelet. */
    @Test
    void podsDeletedJustAsTheyEndAreRemoved() {
        launch("no-result after=1h", 10);
        await().atMost(LIMIT)
                .until(
                        () -> namespace.pods().stream().filter(pod -> phase(pod).equals("Running")),
                        running -> running.count() == 10);
        List<String> ending = names(namespace.pods());

        kubelet.endExperiments();
        namespace.admin().pods().inNamespace(namespace.name()).delete();

        await().atMost(LIMIT)
                .until(() -> names(namespace.pods()).stream().noneMatch(ending::contains));
    }

    private static List<String> names(List<Pod> pods) {
        return pods.stream().map(pod -> pod.getMetadata().getName()).toList();
    }

    @Test
    void aLateResultComesAfterTheEnd() {
        launch("late-result=400ms after=50ms");

        podWhen(pod -> phase(pod).equals("Succeeded"));

        assertThat(verdict()).isEqualTo("Awaited");
        await().atMost(LIMIT).until(() -> verdict().equals("Pass"));
    }

    @Test
    void aRunnerIsAProcessWhoseEndIsThatOfItsPod() {
        namespace.podDeleteSa();
        launchRunner(List.of("--version"));

        Pod over = podWhen(pod -> phase(pod).equals("Succeeded"));

        assertThat(container(over, "chaos-runner").getState().getTerminated().getReason())
                .isEqualTo("Completed");
        assertThat(kubelet.runner("engine-runner").exitCodes()).containsExactly(0);
        assertThat(kubelet.runner("engine-runner").output()).isNotBlank();
    }

    @Test
    void aRunnerThatFailsIsStartedAgainInTheSamePod() {
        namespace.podDeleteSa();
        launchRunner(List.of("--no-such-option"));

        Pod again =
                podWhen(pod ->
                        !pod.getStatus().getContainerStatuses().isEmpty()
                                && container(pod, "chaos-runner").getRestartCount() >= 1);

        assertThat(container(again, "chaos-runner").getLastState().getTerminated().getExitCode())
                .isEqualTo(2);
        assertThat(phase(again)).isEqualTo("Running");
    }

    @Test
    void aDeletedRunnerPodIsGoneOnceItsProcessEnded() {
        namespace.podDeleteSa();
        launchRunner(List.of("--no-such-option"));
        podWhen(pod -> phase(pod).equals("Running"));

        namespace.admin().resource(namespace.pods().getFirst()).delete();

        await().atMost(LIMIT).until(() -> namespace.pods().isEmpty());
    }

    private void launchRunner(List<String> arguments) {
        namespace
                .admin()
                .pods()
                .inNamespace(namespace.name())
                .resource(
                        new PodBuilder()
                                .withNewMetadata()
                                .withName("engine-runner")
                                .endMetadata()
                                .withNewSpec()
                                .withServiceAccountName("pod-delete-sa")
                                .withRestartPolicy("OnFailure")
                                .addNewContainer()
                                .withName("chaos-runner")
                                .withImage("chaos-runner")
                                .withArgs(arguments)
                                .endContainer()
                                .endSpec()
                                .build())
                .create();
    }

    private void launch(String scenario) {
        launch(scenario, 1);
    }

    private void launch(String scenario, int pods) {
        Map<String, String> labels =
                Map.of("chaosUID", "another", "chaosrunner.io/slot", "0", "name", "pod-delete");
        Job job =
                new JobBuilder()
                        .withNewMetadata()
                        .withName("pod-delete-abc123")
                        .endMetadata()
                        .withNewSpec()
                        .withBackoffLimit(0)
                        .withParallelism(pods)
                        .withCompletions(pods)
                        .withNewTemplate()
                        .withNewMetadata()
                        .withLabels(labels)
                        .addToAnnotations(Scenario.ANNOTATION, scenario)
                        .endMetadata()
                        .withNewSpec()
                        .withRestartPolicy("Never")
                        .addNewContainer()
                        .withName("pod-delete-abc123")
                        .withImage("experiment")
                        .addNewEnv()
                        .withName("CHAOSENGINE")
                        .withValue("engine")
                        .endEnv()
                        .addNewEnv()
                        .withName("EXPERIMENT_NAME")
                        .withValue("pod-delete")
                        .endEnv()
                        .addNewEnv()
                        .withName("CHAOS_UID")
                        .withValue("uid-1")
                        .endEnv()
                        .endContainer()
                        .endSpec()
                        .endTemplate()
                        .endSpec()
                        .build();
        namespace.admin().batch().v1().jobs().inNamespace(namespace.name()).resource(job).create();
    }

    private void deleteJob() {
        namespace
                .admin()
                .batch()
                .v1()
                .jobs()
                .inNamespace(namespace.name())
                .withName("pod-delete-abc123")
                .delete();
    }

    private Pod podWhen(Predicate<Pod> condition) {
        return await().atMost(LIMIT)
                .pollInterval(Duration.ofMillis(20))
                .until(
                        () -> namespace.pods().stream().filter(condition).toList(),
                        pods -> !pods.isEmpty())
                .getFirst();
    }

    private boolean isHelper(Pod pod) {
        List<OwnerReference> owners = pod.getMetadata().getOwnerReferences();
        return owners.isEmpty();
    }

    private static String phase(Pod pod) {
        return pod.getStatus().getPhase();
    }

    private static ContainerStatus container(Pod pod, String name) {
        return pod.getStatus().getContainerStatuses().stream()
                .filter(container -> container.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private @Nullable GenericKubernetesResource resultOrNull() {
        return Litmus.results(namespace.admin(), namespace.name()).named("engine-pod-delete").get();
    }

    private GenericKubernetesResource result() {
        return Litmus.results(namespace.admin(), namespace.name())
                .named("engine-pod-delete")
                .require();
    }

    private String verdict() {
        return result().<String>get("status", "experimentStatus", "verdict");
    }
}
