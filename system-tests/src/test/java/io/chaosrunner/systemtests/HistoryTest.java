package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What is remembered of the runs of an engine, and what is left of them. */
@NeedsControlPlane
@Timeout(600)
class HistoryTest {

    private static final String ENGINE = Stage.ENGINE;
    private static final String RUNS = ENGINE + "-runs";
    private static final String RUN_NUMBER = "chaosrunner.io/run-number";

    private final Stage stage;
    private final TestNamespace namespace;

    HistoryTest(ControlPlane controlPlane) {
        stage = Stage.byAccount(controlPlane);
        namespace = stage.namespace;
        namespace.experiment("pod-delete");
        namespace.experiment("pod-cpu-hog");
    }

    @AfterEach
    void close() {
        stage.close();
    }

    @Test
    void runsAreRecordedAndShownAndTheirRecordsGoWithTheEngine() throws Exception {
        engine(namespace.powerful(), 10);
        stage.run();
        runAgain();

        ConfigMap stored = Objects.requireNonNull(configMap(), "no ConfigMap was stored");
        OwnerReference owner = stored.getMetadata().getOwnerReferences().getFirst();
        assertThat(owner.getUid()).isEqualTo(namespace.engine(ENGINE).getMetadata().getUid());
        JsonNode runs = JsonMapper.shared().readTree(stored.getData().get("runs.json"));
        assertThat(runs.valueStream().map(run -> run.path("number").asInt())).containsExactly(1, 2);
        assertThat(runs.path(0).path("verdicts").toString()).isEqualTo("{\"Fail\":1,\"N/A\":1}");
        assertThat(runs.path(0).path("seed").asLong()).isEqualTo(42);
        assertThat(runs.path(0).path("launches").path(0).path("why").asString()).isNotEmpty();
        assertThat(runs.path(0).path("skips").path(0).path("why").asString())
                .contains("pod-delete");

        assertThat(history())
                .contains("RUN  STARTED", "1 Fail, 1 N/A", "ConfigMap " + namespace.name());
        assertThat(history("--run", "2"))
                .contains("--set seed=42", "pod-cpu-hog", "launch  pod-delete");
        JsonNode json = JsonMapper.shared().readTree(history("-o", "json"));
        assertThat(json.path("runs")).hasSize(2);
        assertThat(json.path("runs").path(0).toString()).isEqualTo(runs.path(0).toString());
        assertThat(history("--run", "7")).contains("run 7", "is not recorded; recorded: 1, 2");

        Litmus.engines(namespace.admin(), namespace.name()).named(ENGINE).delete();
        TestNamespace.eventually(() -> configMap() == null);
        assertThat(history()).contains(ENGINE + " does not exist");
    }

    @Test
    void anAccountThatMayNotWriteConfigMapsKeepsSummariesOnTheEngine() throws Exception {
        engine(namespace.leastPrivileged(), 10);
        stage.run();
        runAgain();

        assertThat(configMap()).isNull();
        String summaries =
                namespace
                        .engine(ENGINE)
                        .getMetadata()
                        .getAnnotations()
                        .get("chaosrunner.io/history");
        JsonNode runs = JsonMapper.shared().readTree(summaries);
        assertThat(runs.valueStream().map(run -> run.path("number").asInt())).containsExactly(1, 2);
        assertThat(stage.story()).containsOnlyOnce("only a summary of run 2 is kept");
        assertThat(history()).contains("annotation chaosrunner.io/history");
    }

    @Test
    void jobsOfRunsLongOverAreRemovedThoughThePolicyRetainsThem() {
        engine(namespace.podDeleteSa(), 1);
        stage.run();
        runAgain();
        assertThat(jobsOfRun(1)).isEqualTo(1);

        runAgain();

        TestNamespace.eventually(() -> jobsOfRun(1) == 0);
        assertThat(jobsOfRun(2)).isEqualTo(1);
        assertThat(jobsOfRun(3)).isEqualTo(1);
        TestNamespace.eventually(() -> namespace.pods(RUN_NUMBER, "1").isEmpty());
        assertThat(namespace.pods(RUN_NUMBER, "2")).isNotEmpty();
    }

    private void engine(String account, int history) {
        namespace
                .newEngine(ENGINE)
                .account(account)
                .cleanUp("retain")
                .annotation(
                        "chaosrunner.io/execution",
                        "{strategy: dag, seed: 42, history: %d, dependencies: {pod-cpu-hog: [pod-delete.passed]}}"
                                .formatted(history))
                .experiment("pod-delete", "verdict=Fail after=100ms")
                .experiment("pod-cpu-hog", "verdict=Pass after=100ms")
                .create();
    }

    /** Reset the engine as the operator does, and run it. */
    private void runAgain() {
        var pod = namespace.admin().pods().inNamespace(namespace.name());
        pod.withName(Stage.RUNNER).delete();
        TestNamespace.eventually(() -> pod.withName(Stage.RUNNER).get() == null);
        Litmus.engines(namespace.admin(), namespace.name())
                .named(ENGINE)
                .patch(
                        PatchContext.of(PatchType.JSON_MERGE),
                        "{\"status\":{\"experiments\":null}}");
        stage.run();
    }

    private long jobsOfRun(int number) {
        return namespace.jobs().stream()
                .filter(job ->
                        Integer.toString(number)
                                .equals(job.getMetadata().getLabels().get(RUN_NUMBER)))
                .count();
    }

    private @Nullable ConfigMap configMap() {
        return namespace.admin().configMaps().inNamespace(namespace.name()).withName(RUNS).get();
    }

    /** Run the command as a person with a kubeconfig would; returns all it says. */
    private String history(String... options) throws IOException, InterruptedException {
        Path kubeconfig = namespace.folder("person").resolve("kubeconfig");
        Files.writeString(kubeconfig, namespace.controlPlane().adminKubeconfig());
        var command = new ArrayList<>(List.of("history", ENGINE));
        command.addAll(List.of("-n", namespace.name(), "--kubeconfig", kubeconfig.toString()));
        command.addAll(List.of(options));
        Process process =
                new ProcessBuilder(RunnerProgram.command(command))
                        .redirectErrorStream(true)
                        .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return output;
    }
}
