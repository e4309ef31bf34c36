package io.chaosrunner.systemtests;

import static io.chaosrunner.systemtests.Stage.ENGINE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.chaosrunner.sandbox.Scenario;
import io.chaosrunner.systemtests.ApiProxy.Fault;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuotaBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The cases of the acceptance list, by number, that need a run of their own. */
@NeedsControlPlane
@Timeout(600)
@Execution(ExecutionMode.CONCURRENT)
class AcceptanceTest {

    private static final PatchContext MERGE = PatchContext.of(PatchType.JSON_MERGE);

    private final Stage stage;

    AcceptanceTest(ControlPlane controlPlane) {
        stage = new Stage(controlPlane);
        stage.namespace.experiment("pod-delete");
        stage.namespace.experiment("pod-cpu-hog");
    }

    @AfterEach
    void close() {
        stage.close();
    }

    @Test
    @DisplayName("2: no EXPERIMENT_LIST is one experiment without a name, which is not found")
    void emptyList() {
        stage.engine().create();

        stage.run();

        assertThat(stage.entries()).containsExactly(" ChaosExperiment Not Found Fail");
        assertThat(stage.events("")).extracting(e -> e.getReason()).contains("ExperimentNotFound");
        assertThat(stage.createdJobs()).isEmpty();
    }

    @Test
    @DisplayName("33, 38: while the pod runs the entry names it, and no pod with a forged label")
    void running() {
        stage.engine()
                .experiment("pod-delete", "after=1h")
                .experiment("pod-cpu-hog", "after=100ms")
                .create();
        RunnerPod runner = RunnerPod.create(stage.namespace, ENGINE);
        stage.eventually("the Job", () -> !stage.namespace.jobs().isEmpty());
        Job job = stage.namespace.jobs().getFirst();
        forgePodOf(job);
        stage.eventually(
                "the entry",
                () ->
                        stage.entries()
                                .equals(
                                        List.of(
                                                "pod-delete Running Awaited",
                                                "pod-cpu-hog Waiting for Job Creation N/A")));

        String named = stage.entry("pod-delete").get("experimentPod");
        stage.kubelet.endExperiments();
        runner.awaitCompletion(stage.kubelet);

        assertThat(named).startsWith(job.getMetadata().getName() + "-");
        assertThat(stage.entry("pod-delete")).containsEntry("experimentPod", named);
        assertThat(stage.entries())
                .containsExactly("pod-delete Completed Pass", "pod-cpu-hog Completed Pass");
    }

    /** A failed pod with the Job's name and every label of ours, but of no Job. */
    private void forgePodOf(Job job) {
        var labels = new HashMap<>(job.getMetadata().getLabels());
        // The Job's own selector: by it the Job controller would make the pod the Job's.
        labels.keySet().removeIf(label -> label.endsWith("controller-uid"));
        labels.put("job-name", job.getMetadata().getName());
        labels.put("batch.kubernetes.io/job-name", job.getMetadata().getName());
        Pod forged =
                new PodBuilder()
                        .withNewMetadata()
                        .withName("forged")
                        .withLabels(labels)
                        .endMetadata()
                        .withNewSpec()
                        .withNodeName("nowhere")
                        .addNewContainer()
                        .withName(job.getMetadata().getName())
                        .withImage("image")
                        .endContainer()
                        .endSpec()
                        .build();
        var pods = stage.namespace.admin().pods().inNamespace(stage.namespace.name());
        pods.resource(forged).create();
        pods.withName("forged")
                .subresource("status")
                .patch(
                        MERGE,
                        """
                        {"status": {"phase": "Failed", "containerStatuses": [{"name": "%s",
                         "image": "image", "imageID": "", "ready": false, "restartCount": 0,
                         "state": {"terminated": {"exitCode": 1, "reason": "Error"}}}]}}
                        """
                                .formatted(job.getMetadata().getName()));
    }

    @Test
    @DisplayName("37: a Job that gets no pod is given up after the timeout; the next one runs")
    void noPod() {
        stage.namespace
                .newEngine(ENGINE)
                .account(stage.namespace.podDeleteSa())
                .experiment(
                        "pod-delete",
                        Map.of(
                                "experimentAnnotations",
                                Map.of(Scenario.ANNOTATION, "after=100ms"),
                                "statusCheckTimeouts",
                                Map.of("timeout", 2)))
                .experiment("pod-cpu-hog", "after=100ms")
                .create();
        allowNoMorePodsThan(1);

        RunnerPod runner = RunnerPod.create(stage.namespace, ENGINE);
        stage.eventually(
                "the end of it", () -> stage.entries().contains("pod-delete Skipped Fail"));
        stage.namespace.admin().resourceQuotas().inNamespace(stage.namespace.name()).delete();
        runner.awaitCompletion(stage.kubelet);

        assertThat(stage.entries())
                .containsExactly("pod-delete Skipped Fail", "pod-cpu-hog Completed Pass");
        assertThat(stage.events("pod-delete"))
                .anyMatch(e -> e.getReason().equals("ChaosContainerWatchNotPermitted"));
    }

    /** What the quota controller, which does not run here, would write into the status. */
    private void allowNoMorePodsThan(int pods) {
        var quotas = stage.namespace.admin().resourceQuotas().inNamespace(stage.namespace.name());
        quotas.resource(
                        new ResourceQuotaBuilder()
                                .withNewMetadata()
                                .withName("few")
                                .endMetadata()
                                .withNewSpec()
                                .addToHard("pods", new Quantity(Integer.toString(pods)))
                                .endSpec()
                                .build())
                .create();
        quotas.withName("few")
                .subresource("status")
                .patch(
                        MERGE,
                        "{\"status\":{\"hard\":{\"pods\":\"%d\"},\"used\":{\"pods\":\"0\"}}}"
                                .formatted(pods));
    }

    @Test
    @DisplayName(
            "39: entries that are not there any more are not written; the engine stays as it is")
    void entriesTakenAway() {
        stage.engine().experiment("pod-delete", "after=1h").experiment("pod-cpu-hog").create();
        RunnerPod runner = RunnerPod.create(stage.namespace, ENGINE);
        stage.eventually("the entry", () -> stage.entries().contains("pod-delete Running Awaited"));

        stage.patch("{\"status\":{\"experiments\":null}}");
        stage.eventually("the reset heard of", () -> stage.story().contains("status was reset"));
        stage.kubelet.endExperiments();
        runner.awaitCompletion(stage.kubelet);

        assertThat(stage.entries()).isEmpty();
        assertThat(stage.createdJobs()).hasSize(1);
        assertThat(stage.story()).contains("status was reset");
    }

    @ParameterizedTest
    @ValueSource(strings = {"powerful", "least-privileged"})
    @DisplayName("51, 52: unknown fields and edits meanwhile survive, and no verdict is lost")
    void unknownFieldsAndConflicts(String account) {
        stage.namespace.powerful();
        stage.namespace.leastPrivileged();
        stage.namespace
                .newEngine(ENGINE)
                .account(account)
                .spec("unheardOf", Map.of("kept", "yes"))
                .annotation("edit", "0")
                .experiment("pod-delete", "verdict=Fail after=500ms")
                .experiment("pod-cpu-hog", "verdict=Pass after=500ms")
                .create();
        stage.patch("{\"status\":{\"unheardOf\":{\"kept\":\"too\"}}}");

        // Just before every third write of the runner somebody else writes.
        var writes = new AtomicInteger();
        var edits = new AtomicInteger();
        stage.proxy.inject(
                new Fault.After(() ->
                        stage.patch(
                                "{\"metadata\":{\"annotations\":{\"edit\":\"%d\"}}}"
                                        .formatted(edits.incrementAndGet()))),
                Integer.MAX_VALUE,
                call ->
                        call.resource().equals("chaosengines")
                                && Set.of("patch", "update").contains(call.verb())
                                && writes.getAndIncrement() % 3 == 0);

        stage.run();

        GenericKubernetesResource engine = stage.namespace.engine(ENGINE);
        assertThat(stage.entries())
                .containsExactly("pod-delete Completed Fail", "pod-cpu-hog Completed Pass");
        assertThat(engine.getMetadata().getAnnotations())
                .as("the last edit")
                .containsEntry("edit", edits.toString());
        assertThat(edits).hasValueGreaterThan(1);
        assertThat(engine.<String>get("spec", "unheardOf", "kept")).isEqualTo("yes");
        assertThat(engine.<String>get("status", "unheardOf", "kept")).isEqualTo("too");
        assertThat(engine.<String>get("status", "engineStatus")).isEqualTo("initialized");
    }

    @Test
    @DisplayName("54: of three experiments the second is missing; first and third run, in order")
    void secondMissing() {
        stage.engine()
                .experiment("pod-delete", "after=100ms")
                .experiment("not-there")
                .experiment("pod-cpu-hog", "verdict=Fail after=100ms")
                .create();

        stage.run();

        assertThat(stage.entries())
                .containsExactly(
                        "pod-delete Completed Pass",
                        "not-there ChaosExperiment Not Found Fail",
                        "pod-cpu-hog Completed Fail");
        assertThat(stage.createdJobs())
                .satisfiesExactly(
                        call -> assertThat(call.body()).contains("-name pod-delete"),
                        call -> assertThat(call.body()).contains("-name pod-cpu-hog"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"-kubeconfig %s", "--kubeconfig=%s", "-kubeconfig=%s"})
    @DisplayName("55: -kubeconfig and --kubeconfig= name the file to use")
    void kubeconfig(String form) throws IOException {
        stage.engine()
                .experiment("pod-delete", "after=100ms")
                .spec("components", Map.of("runner", Map.of("args", List.of("set below"))))
                .create();
        Path file =
                Files.writeString(
                        stage.namespace.folder("flag").resolve("kubeconfig"),
                        stage.proxy.kubeconfigFor(stage.namespace.name(), "pod-delete-sa"));
        stage.patch(
                "{\"spec\":{\"components\":{\"runner\":{\"args\":[\"%s\"]}}}}"
                        .formatted(form.formatted(file).replace(" ", "\",\"")));
        stage.misdirect("http://127.0.0.1:1");

        stage.run();

        assertThat(stage.entries()).containsExactly("pod-delete Completed Pass");
    }

    @Test
    @DisplayName("46, 47: an enabled sidecar runs beside the experiment, and ends with it")
    void sidecar() {
        stage.engine()
                .annotation("sidecar/enabled", "true")
                .spec(
                        "components",
                        Map.of("sidecar", List.of(Map.of("image", "example.com/agent:1"))))
                .experiment("pod-delete", "after=100ms")
                .create();

        stage.run();

        assertThat(stage.entries()).containsExactly("pod-delete Completed Pass");
        var containers =
                stage.namespace.jobs().getFirst().getSpec().getTemplate().getSpec().getContainers();
        assertThat(containers).hasSize(2);
        assertThat(containers.getLast().getName())
                .matches(containers.getFirst().getName() + "-sidecar-[a-z0-9]{6}");
        assertThat(containers.getLast().getImagePullPolicy()).isEqualTo("IfNotPresent");
    }

    @Test
    @DisplayName("43: the API server refuses an unknown jobCleanUpPolicy before a runner sees it")
    void unknownPolicy() {
        assertThatExceptionOfType(KubernetesClientException.class)
                .isThrownBy(() -> stage.engine().cleanUp("maybe").experiment("pod-delete").create())
                .withMessageContaining("jobCleanUpPolicy");
    }

    @Test
    @DisplayName("30: an engine that goes while it runs ends the runner with 0 and a sentence")
    void engineGone() {
        stage.engine().experiment("pod-delete", "after=1h").create();
        RunnerPod runner =
                RunnerPod.createUnowned(
                        stage.namespace, Litmus.read(stage.namespace, "chaosengines", ENGINE));
        stage.eventually("the entry", () -> stage.entries().contains("pod-delete Running Awaited"));

        Litmus.engines(stage.namespace.admin(), stage.namespace.name()).named(ENGINE).delete();

        runner.awaitCompletion(stage.kubelet);
        assertThat(stage.story()).contains("the engine was deleted").doesNotContain("\tat ");
        stage.eventually("the end of its Job", () -> stage.namespace.jobs().isEmpty());
    }
}
