package io.chaosrunner.systemtests;

import static io.chaosrunner.systemtests.Stage.ENGINE;
import static io.chaosrunner.systemtests.Stage.RUNNER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.chaosrunner.systemtests.ApiProxy.Fault;
import io.fabric8.kubernetes.api.model.Event;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/**
 * What keeps a runner from beginning at all: it says so in one sentence, on the engine if there is
 * one, and its exit code says whether starting it again may help.
 */
@NeedsControlPlane
@Timeout(600)
@Execution(ExecutionMode.CONCURRENT)
class BadInputTest {

    private final ControlPlane controlPlane;
    private final Stage stage;

    BadInputTest(ControlPlane controlPlane) {
        this.controlPlane = controlPlane;
        stage = new Stage(controlPlane);
        stage.namespace.experiment("pod-delete");
        stage.namespace.experiment("pod-cpu-hog");
    }

    @AfterEach
    void close() {
        stage.close();
    }

    @Test
    void anEngineThatIsNotThereIsNamedAndTheExitCodeIs0() {
        stage.engine().experiment("pod-delete").create();
        JsonNode engine = Litmus.read(stage.namespace, "chaosengines", ENGINE);
        Litmus.engines(stage.namespace.admin(), stage.namespace.name()).named(ENGINE).delete();

        RunnerPod.createUnowned(stage.namespace, engine).awaitCompletion(stage.kubelet);

        assertThat(stage.story())
                .contains("ChaosEngine %s/%s not found".formatted(stage.namespace.name(), ENGINE))
                .doesNotContain("\tat ");
    }

    @Test
    void anApiServerWithoutTheCrdsIsToldInOneSentenceAndTheExitCodeIs0() throws Exception {
        stage.namespace
                .newEngine(ENGINE)
                .account(stage.namespace.powerful())
                .experiment("pod-delete")
                .create();
        HttpResponse<String> unknownKind = askForAKindThatNobodyInstalled();
        assertThat(unknownKind.statusCode()).isEqualTo(404);
        stage.proxy.inject(
                new Fault.Answer(
                        404,
                        Map.of(
                                "Content-Type",
                                unknownKind.headers().firstValue("content-type").orElseThrow()),
                        unknownKind.body()),
                Integer.MAX_VALUE,
                call -> call.resource().startsWith("chaos"));

        stage.run();

        assertThat(stage.story()).contains("are Litmus' CRDs installed?").doesNotContain("\tat ");
        assertThat(stage.story().lines()).hasSize(1);
    }

    /** What the real server says of a group that it does not know. */
    private HttpResponse<String> askForAKindThatNobodyInstalled() throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            String path =
                    Litmus.path(stage.namespace.name(), "chaosengines", ENGINE)
                            .replace("litmuschaos.io", "nobody.example.com");
            String token = controlPlane.tokenFor(stage.namespace.name(), "powerful");
            return client.send(
                    HttpRequest.newBuilder(URI.create(stage.proxy.url() + path))
                            .header("Authorization", "Bearer " + token)
                            .build(),
                    BodyHandlers.ofString());
        }
    }

    @Test
    void anApiServerThatCannotBeReachedEndsTheProcessWith1() {
        stage.engine().experiment("pod-delete").create();
        stage.misdirect("http://127.0.0.1:1");
        RunnerPod.create(stage.namespace, ENGINE);

        RunnerContainer runner = stage.kubelet.runner(RUNNER);
        stage.eventually("an exit", () -> !runner.exitCodes().isEmpty());

        assertThat(runner.exitCodes()).startsWith(1);
        assertThat(runner.output()).contains("http://127.0.0.1:1").doesNotContain("\tat ");
    }

    @Test
    void anApiServerThatFailsEndsTheProcessWith1AndTheNextOneGoesOn() {
        stage.engine().experiment("pod-delete", "after=100ms").create();
        // One more than a request is tried.
        stage.proxy.inject(Fault.unavailable(), 7, "get", "chaosengines");

        stage.run();

        assertThat(stage.kubelet.runner(RUNNER).exitCodes()).containsExactly(1, 0);
        assertThat(stage.entries()).containsExactly("pod-delete Completed Pass");
        assertThat(stage.story()).contains("event=interrupted").doesNotContain("\tat ");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "colour: blue | colour",
                "strategy: parallell | did you mean 'parallel'",
                "maxParallel: many | maxParallel",
                "{strategy: parallel, maxParallel: 0} | maxParallel",
                "deadline: soon | deadline",
                "onFailure: panic | onFailure",
                "retries: -1 | retries",
                "seed: x | seed",
                "[strategy, parallel] | expected keys and values",
                "'strategy: [' | is not YAML",
                "{strategy: dag, dependencies: {pod-delete: [pod-delete]}} | pod-delete",
            })
    void executionSettingsThatCannotBeUsedLaunchNothing(String annotation, String named) {
        stage.engine()
                .annotation("chaosrunner.io/execution", annotation)
                .experiment("pod-delete")
                .experiment("pod-cpu-hog")
                .create();

        stage.run();

        assertNothingLaunched(named);
    }

    @Test
    void everyProblemOfTheSettingsIsToldAtOnce() {
        stage.engine()
                .annotation(
                        "chaosrunner.io/execution",
                        "colour: blue\nmaxParallel: many\ndeadline: soon\n")
                .experiment("pod-delete")
                .experiment("pod-cpu-hog")
                .create();

        stage.run();

        assertNothingLaunched("colour", "maxParallel", "deadline");
    }

    @ParameterizedTest
    @ValueSource(strings = {"execution", "schedule"})
    void settingsInTheSpecAreToldWhereTheyBelong(String field) {
        stage.engine()
                .spec(field, Map.of("strategy", "parallel"))
                .experiment("pod-delete")
                .experiment("pod-cpu-hog")
                .create();

        stage.run();

        assertNothingLaunched("spec." + field, "chaosrunner.io/" + field);
    }

    private void assertNothingLaunched(String... named) {
        assertThat(stage.entries())
                .containsExactly("pod-delete Skipped Fail", "pod-cpu-hog Skipped Fail");
        assertThat(stage.createdJobs()).isEmpty();
        assertThat(stage.events(""))
                .extracting(Event::getReason, Event::getType)
                .containsExactly(tuple("ChaosRunFailed", "Warning"));
        assertThat(stage.events("").getFirst().getMessage()).contains(named);
        assertThat(stage.story()).contains(named).doesNotContain("\tat ");
        assertThat(stage.kubelet.runner(RUNNER).exitCodes()).containsExactly(0);
    }

    @Test
    void aClaimThatSomebodyEditedIsNamedWithTheRemedy() {
        stage.engine()
                .annotation("chaosrunner.io/run", "nonsense")
                .experiment("pod-delete")
                .create();

        stage.run();

        assertThat(stage.story()).contains("chaosrunner.io/run").doesNotContain("\tat ");
        assertThat(stage.createdJobs()).isEmpty();
    }

    @Test
    void aKubeconfigThatCannotBeReadIsNamedAndTheExitCodeIs0() {
        stage.engine()
                .spec(
                        "components",
                        Map.of("runner", Map.of("args", List.of("-kubeconfig", "/no/such/file"))))
                .experiment("pod-delete")
                .create();

        stage.run();

        assertThat(stage.story())
                .contains("cannot read kubeconfig /no/such/file")
                .doesNotContain("\tat ");
    }

    @Test
    void anUnknownFlagIsNamedAndTheExitCodeIs2() {
        stage.engine()
                .spec("components", Map.of("runner", Map.of("args", List.of("--nonsense"))))
                .experiment("pod-delete")
                .create();
        RunnerPod.create(stage.namespace, ENGINE);

        RunnerContainer runner = stage.kubelet.runner(RUNNER);
        stage.eventually("an exit", () -> !runner.exitCodes().isEmpty());

        assertThat(runner.exitCodes()).startsWith(2);
        assertThat(runner.output()).contains("'--nonsense'");
    }
}
