package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a runner's pod does with an engine it did not see before, row by row. */
@NeedsControlPlane
@Timeout(600)
class StartTableTest {

    private static final String ENGINE = Stage.ENGINE;

    private final Stage stage;
    private final TestNamespace namespace;

    StartTableTest(ControlPlane controlPlane) {
        stage = Stage.byAccount(controlPlane);
        namespace = stage.namespace;
        namespace.experiment("pod-delete");
    }

    @AfterEach
    void close() {
        stage.close();
    }

    @Test
    void withoutAClaimItIsRunOneWhateverTheEntriesSay() {
        engine("verdict=Pass after=100ms");
        stage.patch("{\"status\":{\"experiments\":[{\"name\":\"old\",\"status\":\"Completed\"}]}}");

        stage.run();

        assertThat(stage.claim()).isEqualTo(new Stage.Claim(1, stage.claim().id(), "finished"));
        assertThat(stage.entries()).containsExactly("pod-delete Completed Pass");
        assertThat(namespace.jobs()).hasSize(1);
    }

    @Test
    void aRunningClaimWithEntriesIsTakenUp() {
        engine("verdict=Pass after=1h");
        Stage.Claim before = runUntilItsExperimentRunsAndRemoveIt();
        stage.kubelet.endExperiments();

        stage.run();

        assertThat(stage.claim()).isEqualTo(new Stage.Claim(1, before.id(), "finished"));
        assertThat(stage.entries()).containsExactly("pod-delete Completed Pass");
        assertThat(namespace.jobs()).hasSize(1);
    }

    @Test
    void aRunningClaimWithoutEntriesMeansTheOperatorRestartedTheEngine() {
        engine("verdict=Pass after=1h");
        Stage.Claim before = runUntilItsExperimentRunsAndRemoveIt();
        stage.kubelet.endExperiments();
        stage.patch("{\"status\":{\"experiments\":null}}");

        stage.run();

        assertThat(stage.claim().number()).isEqualTo(2);
        assertThat(stage.claim().id()).isNotEqualTo(before.id());
        assertThat(stage.entries()).containsExactly("pod-delete Completed Pass");
        assertThat(namespace.jobs()).hasSize(2);
    }

    @Test
    void aFinishedClaimWithoutEntriesMeansTheSame() {
        engine("verdict=Pass after=100ms then verdict=Fail after=100ms");
        stage.run();
        Stage.Claim before = stage.claim();
        removeRunner();
        stage.patch("{\"status\":{\"experiments\":null}}");

        stage.run();

        assertThat(stage.claim().number()).isEqualTo(2);
        assertThat(stage.claim().id()).isNotEqualTo(before.id());
        assertThat(stage.entries()).containsExactly("pod-delete Completed Fail");
        assertThat(namespace.jobs()).hasSize(2);
    }

    @Test
    void aFinishedClaimWithEntriesLaunchesNothing() {
        engine("verdict=Pass after=100ms");
        stage.run();
        Stage.Claim before = stage.claim();
        removeRunner();

        stage.run();

        assertThat(stage.claim()).isEqualTo(before);
        assertThat(stage.entries()).containsExactly("pod-delete Completed Pass");
        assertThat(namespace.jobs()).hasSize(1);
        assertThat(stage.story()).contains("event=nothing-launched");
    }

    private void engine(String scenario) {
        namespace
                .newEngine(ENGINE)
                .account(namespace.podDeleteSa())
                .cleanUp("retain")
                .experiment("pod-delete", scenario)
                .create();
    }

    private Stage.Claim runUntilItsExperimentRunsAndRemoveIt() {
        RunnerPod.create(namespace, ENGINE);
        TestNamespace.eventually(() -> stage.entries().contains("pod-delete Running Awaited"));
        Stage.Claim claim = stage.claim();
        removeRunner();
        return claim;
    }

    private void removeRunner() {
        var pod = namespace.admin().pods().inNamespace(namespace.name()).withName(Stage.RUNNER);
        pod.withGracePeriod(1).delete();
        TestNamespace.eventually(() -> pod.get() == null);
    }
}
