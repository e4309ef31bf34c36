package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.systemtests.ApiProxy.Call;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Let what is around a run change while it goes on, or between two runs. */
@NeedsControlPlane
@Timeout(600)
class RestartTest {

    private static final String ENGINE = "engine-nginx";
    private static final String RUNNER = ENGINE + "-runner";

    private final TestNamespace namespace;
    private final ApiProxy proxy;
    private final FakeKubelet kubelet;

    RestartTest(ControlPlane controlPlane) {
        namespace = TestNamespace.create(controlPlane);
        proxy = ApiProxy.start(controlPlane);
        kubelet = FakeKubelet.start(namespace, proxy::kubeconfigFor);
        namespace.experiment("pod-delete");
        namespace.experiment("pod-cpu-hog");
        namespace.podDeleteSa();
    }

    @AfterEach
    void close() {
        try (namespace;
                proxy;
                kubelet) {
            assertThat(kubelet).isNotNull();
        }
    }

    @Test
    void theOperatorsAbortEndsTheRunnerAndNothingNewIsLaunched() {
        engine("hang helper", "after=100ms");
        RunnerPod.create(namespace, ENGINE);
        TestNamespace.eventually(() -> namespace.pods().stream().anyMatch(this::isRunningHelper));
        String uid = namespace.engine(ENGINE).getMetadata().getUid();

        patch("{\"spec\":{\"engineState\":\"stop\"}}");
        namespace
                .admin()
                .batch()
                .v1()
                .jobs()
                .inNamespace(namespace.name())
                .withLabel("chaosUID", uid)
                .withPropagationPolicy(DeletionPropagation.BACKGROUND)
                .delete();
        namespace
                .admin()
                .pods()
                .inNamespace(namespace.name())
                .withLabel("chaosUID", uid)
                .withPropagationPolicy(DeletionPropagation.BACKGROUND)
                .delete();

        TestNamespace.eventually(() -> namespace.pods().isEmpty());
        assertThat(namespace.jobs()).isEmpty();
        assertThat(createdJobs()).hasSize(1);
        assertThat(entries())
                .as("status is the operator's now; the runner said:\n%s", output())
                .last()
                .isEqualTo("pod-cpu-hog Waiting for Job Creation N/A");
    }

    @Test
    void aRunnerPodMadeAgainGoesOnWhereTheLastOneEnded() {
        engine("after=1h", "verdict=Fail after=100ms");
        RunnerPod first = RunnerPod.create(namespace, ENGINE);
        TestNamespace.eventually(() -> createdJobs().size() == 1);

        first.resource().delete();
        TestNamespace.eventually(() -> first.resource().get() == null);
        RunnerPod second = RunnerPod.create(namespace, ENGINE);
        kubelet.endExperiments();
        second.awaitCompletion(kubelet);

        assertThat(entries())
                .containsExactly("pod-delete Completed Pass", "pod-cpu-hog Completed Fail");
        assertThat(createdJobs()).hasSize(2);
    }

    @Test
    void aFinishedRunIsNotRunAgain() {
        engine("after=100ms", "after=100ms");
        RunnerPod first = RunnerPod.create(namespace, ENGINE);
        first.awaitCompletion(kubelet);
        first.resource().delete();
        TestNamespace.eventually(() -> first.resource().get() == null);

        RunnerPod.create(namespace, ENGINE).awaitCompletion(kubelet);

        assertThat(createdJobs()).hasSize(2);
        assertThat(entries())
                .containsExactly("pod-delete Completed Pass", "pod-cpu-hog Completed Pass");
    }

    @Test
    void anEngineThatTheOperatorResetsRunsAnew() {
        engine("verdict=Fail after=100ms then after=100ms", "after=100ms");
        RunnerPod first = RunnerPod.create(namespace, ENGINE);
        first.awaitCompletion(kubelet);
        assertThat(entries()).first().isEqualTo("pod-delete Completed Fail");
        first.resource().delete();
        TestNamespace.eventually(() -> first.resource().get() == null);

        patch("{\"status\":{\"experiments\":null}}");
        RunnerPod.create(namespace, ENGINE).awaitCompletion(kubelet);

        assertThat(createdJobs()).hasSize(4);
        assertThat(entries())
                .containsExactly("pod-delete Completed Pass", "pod-cpu-hog Completed Pass");
    }

    @Test
    void anEngineMadeAgainUnderTheSameNameGetsNoStaleVerdict() {
        engine("verdict=Pass after=100ms", "verdict=Pass after=100ms");
        RunnerPod.create(namespace, ENGINE).awaitCompletion(kubelet);
        Litmus.engines(namespace.admin(), namespace.name()).named(ENGINE).delete();
        TestNamespace.eventually(() -> namespace.pods().isEmpty() && namespace.jobs().isEmpty());

        engine("stale-result after=100ms", "verdict=Pass after=100ms");
        RunnerPod.create(namespace, ENGINE).awaitCompletion(kubelet);

        assertThat(entries()).first().isEqualTo("pod-delete Completed Error");
        assertThat(entries()).last().isEqualTo("pod-cpu-hog Completed Pass");
        assertThat(createdJobs()).hasSize(4);
    }

    private void engine(String firstScenario, String secondScenario) {
        namespace
                .newEngine(ENGINE)
                .account("pod-delete-sa")
                .experiment("pod-delete", firstScenario)
                .experiment("pod-cpu-hog", secondScenario)
                .create();
    }

    private void patch(String patch) {
        Litmus.engines(namespace.admin(), namespace.name())
                .named(ENGINE)
                .patch(PatchContext.of(PatchType.JSON_MERGE), patch);
    }

    private boolean isRunningHelper(Pod pod) {
        return pod.getMetadata().getOwnerReferences().isEmpty()
                && pod.getStatus().getPhase().equals("Running");
    }

    private List<Call> createdJobs() {
        return proxy.calls("create", "jobs").stream().filter(call -> call.status() == 201).toList();
    }

    private List<String> entries() {
        return namespace.entries(ENGINE).stream()
                .map(e -> e.get("name") + " " + e.get("status") + " " + e.get("verdict"))
                .toList();
    }

    private String output() {
        return kubelet.runner(RUNNER).output();
    }
}
