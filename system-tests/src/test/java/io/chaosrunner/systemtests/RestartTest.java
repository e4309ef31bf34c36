package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.Pod;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Let what is around a run change while it goes on, or between two runs. */
@NeedsControlPlane
@Timeout(600)
class RestartTest {

    private final Stage stage;

    RestartTest(ControlPlane controlPlane) {
        stage = new Stage(controlPlane);
        stage.namespace.experiment("pod-delete");
        stage.namespace.experiment("pod-cpu-hog");
        stage.namespace.podDeleteSa();
    }

    @AfterEach
    void close() {
        stage.close();
    }

    @Test
    void theOperatorsAbortEndsTheRunnerAndNothingNewIsLaunched() {
        engine("hang helper", "after=100ms");
        RunnerPod.create(stage.namespace, Stage.ENGINE);
        TestNamespace.eventually(
                () -> stage.namespace.pods().stream().anyMatch(this::isRunningHelper));
        String uid = stage.namespace.engine(Stage.ENGINE).getMetadata().getUid();

        stage.patch("{\"spec\":{\"engineState\":\"stop\"}}");
        stage.namespace
                .admin()
                .batch()
                .v1()
                .jobs()
                .inNamespace(stage.namespace.name())
                .withLabel("chaosUID", uid)
                .withPropagationPolicy(DeletionPropagation.BACKGROUND)
                .delete();
        stage.namespace
                .admin()
                .pods()
                .inNamespace(stage.namespace.name())
                .withLabel("chaosUID", uid)
                .withPropagationPolicy(DeletionPropagation.BACKGROUND)
                .delete();

        TestNamespace.eventually(() -> stage.namespace.pods().isEmpty());
        assertThat(stage.namespace.jobs()).isEmpty();
        assertThat(stage.createdJobs()).hasSize(1);
        assertThat(stage.entries())
                .as("status is the operator's now; the runner said:\n%s", stage.story())
                .last()
                .isEqualTo("pod-cpu-hog Waiting for Job Creation N/A");
    }

    @Test
    void aRunnerPodMadeAgainGoesOnWhereTheLastOneEnded() {
        engine("after=1h", "verdict=Fail after=100ms");
        RunnerPod first = RunnerPod.create(stage.namespace, Stage.ENGINE);
        TestNamespace.eventually(() -> stage.createdJobs().size() == 1);

        first.resource().delete();
        TestNamespace.eventually(() -> first.resource().get() == null);
        RunnerPod second = RunnerPod.create(stage.namespace, Stage.ENGINE);
        stage.kubelet.endExperiments();
        second.awaitCompletion(stage.kubelet);

        assertThat(stage.entries())
                .containsExactly("pod-delete Completed Pass", "pod-cpu-hog Completed Fail");
        assertThat(stage.createdJobs()).hasSize(2);
    }

    @Test
    void aFinishedRunIsNotRunAgain() {
        engine("after=100ms", "after=100ms");
        RunnerPod first = RunnerPod.create(stage.namespace, Stage.ENGINE);
        first.awaitCompletion(stage.kubelet);
        first.resource().delete();
        TestNamespace.eventually(() -> first.resource().get() == null);

        stage.run();

        assertThat(stage.createdJobs()).hasSize(2);
        assertThat(stage.entries())
                .containsExactly("pod-delete Completed Pass", "pod-cpu-hog Completed Pass");
    }

    @Test
    void anEngineThatTheOperatorResetsRunsAnew() {
        engine("verdict=Fail after=100ms then after=100ms", "after=100ms");
        RunnerPod first = RunnerPod.create(stage.namespace, Stage.ENGINE);
        first.awaitCompletion(stage.kubelet);
        assertThat(stage.entries()).first().isEqualTo("pod-delete Completed Fail");
        first.resource().delete();
        TestNamespace.eventually(() -> first.resource().get() == null);

        stage.patch("{\"status\":{\"experiments\":null}}");
        stage.run();

        assertThat(stage.createdJobs()).hasSize(4);
        assertThat(stage.entries())
                .containsExactly("pod-delete Completed Pass", "pod-cpu-hog Completed Pass");
    }

    @Test
    void anEngineMadeAgainUnderTheSameNameGetsNoStaleVerdict() {
        engine("verdict=Pass after=100ms", "verdict=Pass after=100ms");
        stage.run();
        Litmus.engines(stage.namespace.admin(), stage.namespace.name())
                .named(Stage.ENGINE)
                .delete();
        TestNamespace.eventually(
                () -> stage.namespace.pods().isEmpty() && stage.namespace.jobs().isEmpty());

        engine("stale-result after=100ms", "verdict=Pass after=100ms");
        stage.run();

        assertThat(stage.entries()).first().isEqualTo("pod-delete Completed Error");
        assertThat(stage.entries()).last().isEqualTo("pod-cpu-hog Completed Pass");
        assertThat(stage.createdJobs()).hasSize(4);
    }

    private void engine(String firstScenario, String secondScenario) {
        stage.namespace
                .newEngine(Stage.ENGINE)
                .account("pod-delete-sa")
                .experiment("pod-delete", firstScenario)
                .experiment("pod-cpu-hog", secondScenario)
                .create();
    }

    private boolean isRunningHelper(Pod pod) {
        return pod.getMetadata().getOwnerReferences().isEmpty()
                && pod.getStatus().getPhase().equals("Running");
    }
}
