package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * However an experiment ends on a real node, its helper pod, which carries the fault, is gone
 * before its entry ends and before anything else starts.
 */
@NeedsRealNode
@Timeout(900)
@Execution(ExecutionMode.CONCURRENT)
class AbruptEndTest {

    private static final String LONG = "SECONDS=600";

    private final NodeStage stage;

    AbruptEndTest(RealNode node) {
        stage = new NodeStage(node);
    }

    @AfterEach
    void close() {
        stage.close();
    }

    @ParameterizedTest
    @CsvSource({"retain", "delete"})
    void theKernelKillsTheContainerForItsMemory(String policy) {
        Map<String, Object> components = new HashMap<>(NodeStage.env("HELPER=yes", "END=memory"));
        components.put("resources", Map.of("limits", Map.of("memory", "64Mi")));
        begin(policy, components);

        stage.awaitEngineStatus("completed");

        assertTheHelperWentFirst();
        assertThat(stage.lastTerminationOf("broken").getReason()).isEqualTo("OOMKilled");
    }

    @ParameterizedTest
    @CsvSource({"retain", "delete"})
    void theContainerEndsWithAnError(String policy) {
        begin(policy, NodeStage.env("HELPER=yes", "END=error"));

        stage.awaitEngineStatus("completed");

        assertTheHelperWentFirst();
        assertThat(stage.lastTerminationOf("broken").getExitCode()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"retain", "delete"})
    void somebodyDeletesThePodAndItMayRevert(String policy) {
        begin(policy, NodeStage.env("HELPER=yes", LONG));
        stage.awaitHelper();

        stage.deletePodOf("broken", 30);
        stage.awaitEngineStatus("completed");

        assertTheHelperWentFirst();
    }

    @ParameterizedTest
    @CsvSource({"retain", "delete"})
    void somebodyDeletesThePodWithoutGrace(String policy) {
        begin(policy, NodeStage.env("HELPER=yes", LONG));
        stage.awaitHelper();

        stage.deletePodOf("broken", 0);
        stage.awaitEngineStatus("completed");

        assertTheHelperWentFirst();
    }

    @ParameterizedTest
    @CsvSource({"retain", "delete"})
    void anExperimentPassesAndForgetsItsHelper(String policy) {
        begin(policy, NodeStage.env("HELPER=yes", "END=leave"));

        stage.awaitEngineStatus("completed");

        assertThat(stage.entries()).startsWith("broken Completed Pass");
        assertTheHelperWentFirst();
    }

    private void begin(String policy, Map<String, Object> components) {
        stage.experiment("broken");
        stage.experiment("next");
        stage.engine()
                .cleanUp(policy)
                .experiment("broken", components)
                .experiment("next", NodeStage.env())
                .create();
    }

    private void assertTheHelperWentFirst() {
        assertThat(stage.helpersSeen()).as("helpers that there ever were").isEqualTo(1);
        long gone = stage.lastHelperGone();
        assertThat(gone).as("helper gone, before the entry ends").isLessThan(stage.endOf("broken"));
        assertThat(gone).as("helper gone, before the next").isLessThan(stage.launchOf("next"));
        assertThat(stage.jobsOf("broken")).isEqualTo(1);
        assertThat(stage.jobsOf("next")).isEqualTo(1);
        assertThat(stage.entries()).hasSize(2).last().isEqualTo("next Completed Pass");
        assertThat(stage.runningHelpers()).isEqualTo(List.of());
    }
}
