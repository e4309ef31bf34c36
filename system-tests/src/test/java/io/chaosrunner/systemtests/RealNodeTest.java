package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole runs where a real kubelet runs the runner's image and real experiments. */
@NeedsRealNode
@Timeout(900)
@Execution(ExecutionMode.CONCURRENT)
class RealNodeTest {

    private final NodeStage stage;

    RealNodeTest(RealNode node) {
        stage = new NodeStage(node);
    }

    @AfterEach
    void close() {
        stage.close();
    }

    @Test
    void aRunEndsWithItsVerdictsUnderAReadOnlyRootWithoutPrivileges() {
        stage.experiment(
                "first",
                Map.of(
                        "podSecurityContext",
                        Map.of(
                                "runAsUser",
                                12345,
                                "runAsNonRoot",
                                true,
                                "seccompProfile",
                                Map.of("type", "RuntimeDefault")),
                        "containerSecurityContext",
                        Map.of(
                                "readOnlyRootFilesystem", true,
                                "allowPrivilegeEscalation", false,
                                "capabilities", Map.of("drop", List.of("ALL")))));
        begin("delete", NodeStage.env("HELPER=yes"));

        assertBothPass();
        stage.report("read-only root");
    }

    @ParameterizedTest
    @ValueSource(strings = {"128Mi", "64Mi"})
    void aRunEndsWithItsVerdictsWithinAMemoryLimit(String limit) {
        stage.experiment("first");
        stage.experiment("second");
        stage.engine(
                        Map.of(
                                "image",
                                RealNode.RUNNER_IMAGE,
                                "resources",
                                Map.of("limits", Map.of("memory", limit))))
                .cleanUp("delete")
                .experiment("first", NodeStage.env())
                .experiment("second", NodeStage.env())
                .create();

        assertBothPass();
        assertThat(stage.runner().getRestartCount()).isZero();
        stage.report("limit " + limit);
    }

    @Test
    void aKilledRunnerIsStartedAgainByTheKubeletAndNothingRunsTwice() {
        stage.experiment("first");
        begin("retain", NodeStage.env("HELPER=yes", "SECONDS=10"));
        stage.awaitHelper();

        stage.killRunner();
        stage.eventually("the runner's second start", () -> stage.runner().getRestartCount() == 1);

        assertBothPass();
        assertThat(stage.runner().getRestartCount()).isEqualTo(1);
    }

    @Test
    void aRunnerPodThatWasDeletedIsMadeAgainAndNothingRunsTwice() {
        stage.experiment("first");
        begin("delete", NodeStage.env("HELPER=yes", "SECONDS=10"));
        stage.awaitHelper();

        stage.deleteRunner(0);

        assertBothPass();
        assertThat(stage.runnersSeen()).isEqualTo(2);
    }

    @Test
    void anAbortTakesTheHelperAlongAndTheEngineCanBeStartedAgain() {
        stage.experiment("first");
        begin("delete", NodeStage.env("HELPER=yes", "SECONDS=5"));
        stage.awaitHelper();

        stage.setState("stop");
        stage.awaitEngineStatus("stopped");

        long gone = stage.lastHelperGone();
        assertThat(gone).isLessThan(stage.engineStatusCame("stopped"));
        assertThat(stage.entries())
                .containsExactly(
                        "first Forcefully Aborted Stopped", "second Forcefully Aborted Stopped");
        assertThat(stage.jobsOf("first")).isEqualTo(1);
        assertThat(stage.jobsOf("second")).isZero();

        stage.setState("active");
        stage.awaitEngineStatus("completed");

        assertThat(stage.entries())
                .containsExactly("first Completed Pass", "second Completed Pass");
        assertThat(stage.jobsOf("first")).isEqualTo(2);
        assertThat(stage.jobsOf("second")).isEqualTo(1);
    }

    @Test
    void aCompletedEngineRunsAgain() {
        stage.experiment("first");
        begin("retain", NodeStage.env("HELPER=yes"));
        assertBothPass();
        // The operator takes a finished runner that is still there for the new one.
        stage.eventually("the runner pod's end", () -> stage.runnerPhase().equals("Succeeded"));

        stage.setState("active");
        stage.eventually("the second run", () -> stage.jobsOf("second") == 2);
        stage.awaitEngineStatus("completed");

        assertThat(stage.entries())
                .containsExactly("first Completed Pass", "second Completed Pass");
        assertThat(stage.jobsOf("first")).isEqualTo(2);
    }

    private void begin(String policy, Map<String, Object> components) {
        stage.experiment("second");
        stage.engine()
                .cleanUp(policy)
                .experiment("first", components)
                .experiment("second", NodeStage.env())
                .create();
    }

    private void assertBothPass() {
        stage.awaitEngineStatus("completed");
        assertThat(stage.entries())
                .as("entries; the runner said: %s", stage.story())
                .containsExactly("first Completed Pass", "second Completed Pass");
        assertThat(stage.jobsOf("first")).isEqualTo(1);
        assertThat(stage.jobsOf("second")).isEqualTo(1);
        assertThat(stage.lastHelperGone())
                .isLessThan(stage.endOf("first"))
                .isLessThan(stage.launchOf("second"));
    }
}
