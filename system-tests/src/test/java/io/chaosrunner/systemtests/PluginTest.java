package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.systemtests.ApiProxy.Call;
import io.chaosrunner.testing.StrategyJar;
import io.fabric8.kubernetes.api.model.Event;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A strategy's jar dropped into a folder decides a run of an operator-made pod. */
@NeedsControlPlane
@Timeout(600)
class PluginTest {

    private static final String ENGINE = "engine-nginx";
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final Path FOLDER =
            Path.of("..", "examples", "custom-strategy", "target").toAbsolutePath().normalize();

    @Test
    void theCanaryRunsAloneAndTheRestOnlyBecauseItPassed(ControlPlane controlPlane) {
        try (TestNamespace namespace = TestNamespace.create(controlPlane);
                ApiProxy proxy = ApiProxy.start(controlPlane);
                FakeKubelet kubelet = FakeKubelet.start(namespace, proxy::kubeconfigFor)) {
            engine(namespace, "verdict=Pass after=200ms");

            RunnerPod.create(namespace, ENGINE).awaitCompletion(kubelet);

            List<String> launched = proxy.calls("create", "jobs").stream().map(Call::body).toList();
            assertThat(launched).hasSize(3);
            assertThat(launched.getFirst()).contains("the canary goes first");
            assertThat(launched.subList(1, 3)).allMatch(body -> body.contains("pod-delete passed"));
            assertThat(verdicts(namespace)).containsExactly("Pass", "Pass", "Pass");
        }
    }

    @Test
    void theRestIsLeftOutIfTheCanaryFailed(ControlPlane controlPlane) {
        try (TestNamespace namespace = TestNamespace.create(controlPlane);
                FakeKubelet kubelet = FakeKubelet.start(namespace)) {
            engine(namespace, "verdict=Fail after=200ms");

            RunnerPod.create(namespace, ENGINE).awaitCompletion(kubelet);

            assertThat(verdicts(namespace)).containsExactly("N/A", "Fail", "N/A");
            assertThat(namespace.jobs()).hasSize(1);
        }
    }

    @Test
    void theListOfStrategiesNamesTheJarAndWhatWasNotLoaded(@TempDir Path folder)
            throws IOException {
        Files.copy(
                FOLDER.resolve("canary-first-strategy.jar"),
                folder.resolve("canary-first-strategy.jar"));
        Files.writeString(folder.resolve("broken.jar"), "no jar");
        try (var process = TerminalProcess.start(folder, "", "strategies", "--plugins=" + folder)) {
            TerminalProcess.Said said = process.end();
            assertThat(said.exitCode()).as(said.all()).isZero();
            assertThat(said.out())
                    .contains("sequential (built-in): ")
                    .contains("canary-first (canary-first-strategy.jar): ")
                    .containsPattern("not loaded: .*broken\\.jar");
        }
    }

    /** Describe a strategy named killer that ends the process somewhere. */
    private static String killer(String inLoading, String inPlan, String inDecision) {
        return """
        import io.chaosrunner.strategy.*;
        public final class Killer implements ExecutionStrategy {
            public Killer() { %s }
            public String name() { return "killer"; }
            public ExecutionPlan plan(StrategyRequest request) {
                %s
                return progress -> { %s return Decision.NOTHING; };
            }
        }
        """
                .formatted(inLoading, inPlan, inDecision);
    }

    private static final String HANG =
            "while (System.nanoTime() != 0) { try { new java.util.concurrent.CountDownLatch(1).await(); } catch (InterruptedException e) {} }";

    static List<Arguments> killers() {
        String notLoaded = "not loaded: Killer.jar: ended its process with exit code 0";
        return List.of(
                Arguments.of(
                        "while it is loaded",
                        killer("System.exit(0);", "", ""),
                        "nothing was launched: strategy: there is no strategy 'killer'",
                        notLoaded,
                        "Fail"),
                Arguments.of(
                        "while it plans",
                        killer("", "Runtime.getRuntime().halt(0);", ""),
                        "nothing was launched: strategy: killer (Killer.jar) cannot plan",
                        "it ended its process with exit code 0",
                        "Fail"),
                Arguments.of(
                        "while it decides",
                        killer("", "", "System.exit(0);"),
                        "strategy killer broke a rule",
                        ": ended its process with exit code 0",
                        "N/A"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("killers")
    void aStrategyThatEndsItsProcessFailsItsRunByNameAndEndsNothingElse(
            String when,
            String source,
            String what,
            String why,
            String verdict,
            ControlPlane controlPlane,
            @TempDir Path folder) {
        jar(folder, source);
        try (TestNamespace namespace = TestNamespace.create(controlPlane);
                FakeKubelet kubelet = FakeKubelet.start(namespace)) {
            engineWith(namespace, folder, "killer");

            RunnerPod.create(namespace, ENGINE).awaitCompletion(kubelet);

            assertThat(kubelet.runner(ENGINE + "-runner").exitCodes()).as(when).containsExactly(0);
            assertThat(namespace.events(ENGINE + "-runner"))
                    .filteredOn(event -> event.getReason().equals("ChaosRunFailed"))
                    .singleElement()
                    .extracting(Event::getMessage)
                    .asString()
                    .startsWith(what)
                    .contains(why);
            assertThat(namespace.jobs()).isEmpty();
            assertThat(verdicts(namespace)).containsExactly(verdict);
        }
    }

    @Test
    void aJarThatHangsWhileItIsLoadedDoesNotKeepARunFromABuiltInStrategy(
            ControlPlane controlPlane, @TempDir Path folder) {
        jar(folder, killer(HANG, "", ""));
        try (TestNamespace namespace = TestNamespace.create(controlPlane);
                FakeKubelet kubelet = FakeKubelet.start(namespace)) {
            engineWith(namespace, folder, "parallel");

            RunnerPod.create(namespace, ENGINE).awaitCompletion(kubelet);

            assertThat(verdicts(namespace)).containsExactly("Pass");
            assertThat(kubelet.runner(ENGINE + "-runner").output()).doesNotContain("Killer.jar");
        }
    }

    @Test
    void aStrategyThatHangsFailsItsRunByName(ControlPlane controlPlane, @TempDir Path folder) {
        jar(folder, killer("", "", HANG));
        try (TestNamespace namespace = TestNamespace.create(controlPlane);
                FakeKubelet kubelet = FakeKubelet.start(namespace)) {
            engineWith(namespace, folder, "killer");

            RunnerPod.create(namespace, ENGINE).awaitCompletion(kubelet);

            assertThat(namespace.events(ENGINE + "-runner"))
                    .extracting(Event::getReason, Event::getMessage)
                    .contains(
                            tuple(
                                    "ChaosRunFailed",
                                    "strategy killer broke a rule: did not answer within 10s"));
            assertThat(verdicts(namespace)).containsExactly("N/A");
        }
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"load", "plan", "decide"})
    void aPodThatIsDeletedEndsThoughItsStrategyHangs(
            String where, ControlPlane controlPlane, @TempDir Path folder) {
        String spin = "while (System.nanoTime() != 0) { Thread.onSpinWait(); }";
        jar(
                folder,
                switch (where) {
                    case "load" -> killer(spin, "", "");
                    case "plan" -> killer("", spin, "");
                    default -> killer("", "", spin);
                });
        try (TestNamespace namespace = TestNamespace.create(controlPlane);
                FakeKubelet kubelet = FakeKubelet.start(namespace)) {
            engineWith(namespace, folder, "killer");
            RunnerPod pod = RunnerPod.create(namespace, ENGINE);
            await().atMost(LIMIT).until(() -> isClaimed(namespace));
            RunnerContainer runner = kubelet.runner(ENGINE + "-runner");

            pod.resource().delete();

            await().atMost(LIMIT).until(() -> !runner.exitCodes().isEmpty());
            // By itself, not by the SIGKILL at the end of its grace.
            assertThat(runner.exitCodes()).as(runner.output()).containsExactly(143);
            assertThat(namespace.events(ENGINE + "-runner"))
                    .extracting(Event::getReason)
                    .doesNotContain("ChaosRunFailed");
        }
    }

    private static boolean isClaimed(TestNamespace namespace) {
        return namespace
                .engine(ENGINE)
                .getMetadata()
                .getAnnotations()
                .containsKey("chaosrunner.io/run");
    }

    @Test
    void theServiceNamesAJarThatHangsAndGoesOnWithTheOthers(
            ControlPlane controlPlane, @TempDir Path folder) throws InterruptedException {
        jar(folder, killer(HANG, "", ""));
        try (ServiceStage stage = new ServiceStage(controlPlane)) {
            stage.engine("good", "every: 2s", "after=100ms");
            stage.engine("bad", "every: 2s", "after=100ms");
            stage.patch(
                    "ChaosEngine",
                    "bad",
                    "{'metadata':{'annotations':{'chaosrunner.io/execution':'strategy: killer'}}}");
            ServiceProcess service = stage.service("--plugins", folder.toString());

            stage.eventually(
                    () -> service.output().contains("Killer.jar: did not answer within 10s"));
            long runs = stage.number("good");
            stage.eventually(() -> stage.number("good") >= runs + 2);

            assertThat(service.leads()).isTrue();
            assertThat(service.terminate()).isZero();
        }
    }

    @Test
    void aPluginsRefusalIsRecordedAsMisconfiguration(
            ControlPlane controlPlane, @TempDir Path folder) {
        jar(folder, killer("", "", ""));
        try (TestNamespace namespace = TestNamespace.create(controlPlane);
                FakeKubelet kubelet = FakeKubelet.start(namespace)) {
            engineWith(namespace, folder, "{strategy: killer, sped: 3, retries: -1}");

            RunnerPod.create(namespace, ENGINE).awaitCompletion(kubelet);

            assertThat(namespace.events(ENGINE + "-runner"))
                    .filteredOn(event -> event.getReason().equals("ChaosRunFailed"))
                    .singleElement()
                    .extracting(Event::getMessage)
                    .asString()
                    .startsWith("nothing was launched: ")
                    .contains("retries", "sped: no such parameter");
            assertThat(namespace.jobs()).isEmpty();
            assertThat(verdicts(namespace)).containsExactly("Fail");
        }
    }

    private static void engineWith(TestNamespace namespace, Path plugins, String execution) {
        namespace.experiment("pod-delete");
        namespace
                .newEngine(ENGINE)
                .account(namespace.podDeleteSa())
                .annotation(
                        "chaosrunner.io/execution",
                        execution.startsWith("{") ? execution : "strategy: " + execution)
                .spec(
                        "components",
                        Map.of("runner", Map.of("args", List.of("--plugins", plugins.toString()))))
                .experiment("pod-delete", "after=200ms")
                .create();
    }

    private static void jar(Path folder, String source) {
        StrategyJar.empty()
                .compiled("Killer", source)
                .service("Killer")
                .write(folder.resolve("Killer.jar"));
    }

    private static void engine(TestNamespace namespace, String canary) {
        for (String experiment : List.of("pod-cpu-hog", "pod-delete", "disk-fill")) {
            namespace.experiment(experiment);
        }
        namespace
                .newEngine(ENGINE)
                .account(namespace.podDeleteSa())
                .annotation(
                        "chaosrunner.io/execution", "{strategy: canary-first, canary: pod-delete}")
                .spec(
                        "components",
                        Map.of("runner", Map.of("args", List.of("--plugins", FOLDER.toString()))))
                .experiment("pod-cpu-hog", "after=200ms")
                .experiment("pod-delete", canary)
                .experiment("disk-fill", "after=200ms")
                .create();
    }

    private static List<String> verdicts(TestNamespace namespace) {
        return namespace.entries(ENGINE).stream()
                .map((Map<String, String> entry) -> entry.get("verdict"))
                .toList();
    }
}
