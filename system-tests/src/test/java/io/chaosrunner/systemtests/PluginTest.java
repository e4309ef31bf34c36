package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.chaosrunner.systemtests.ApiProxy.Call;
import io.fabric8.kubernetes.api.model.Event;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A strategy's jar dropped into a folder decides a run of an operator-made pod. */
@NeedsControlPlane
@Timeout(120)
class PluginTest {

    private static final String ENGINE = "engine-nginx";
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

    private static final String HALT = "Runtime.getRuntime().halt(1);";

    static List<Arguments> killers() {
        return List.of(
                Arguments.of("while it is loaded", killer(HALT, "", "")),
                Arguments.of("while it plans", killer("", HALT, "")),
                Arguments.of("while it decides", killer("", "", HALT)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("killers")
    void aStrategyThatKeepsEndingTheProcessFailsTheRunByNameAtTheThirdStart(
            String when, String source, ControlPlane controlPlane, @TempDir Path folder)
            throws IOException {
        jar(folder, "Killer", source);
        try (TestNamespace namespace = TestNamespace.create(controlPlane);
                FakeKubelet kubelet = FakeKubelet.start(namespace)) {
            engineWith(namespace, folder, "killer");

            RunnerPod.create(namespace, ENGINE).awaitCompletion(kubelet);

            assertThat(namespace.events(ENGINE + "-runner"))
                    .as(when)
                    .extracting(Event::getReason, Event::getMessage)
                    .contains(
                            tuple(
                                    "ChaosRunFailed",
                                    "strategy killer broke a rule: this is start 3 without progress: it may be ending the process"));
            assertThat(namespace.jobs()).isEmpty();
            assertThat(verdicts(namespace)).containsExactly("N/A");
        }
    }

    @Test
    void aJarThatEndsTheProcessWhileItIsLoadedDoesNotKeepARunFromABuiltInStrategy(
            ControlPlane controlPlane, @TempDir Path folder) throws IOException {
        jar(folder, "Killer", killer(HALT, "", ""));
        try (TestNamespace namespace = TestNamespace.create(controlPlane);
                FakeKubelet kubelet = FakeKubelet.start(namespace)) {
            engineWith(namespace, folder, "parallel");

            RunnerPod.create(namespace, ENGINE).awaitCompletion(kubelet);

            assertThat(verdicts(namespace)).containsExactly("Pass");
        }
    }

    @Test
    void aPluginsRefusalIsRecordedAsMisconfiguration(
            ControlPlane controlPlane, @TempDir Path folder) throws IOException {
        jar(folder, "Killer", killer("", "", ""));
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

    /** Make the jar of a strategy of one class in the unnamed package. */
    private static void jar(Path folder, String name, String source) throws IOException {
        Path file = Files.writeString(folder.resolve(name + ".java"), source);
        int compiled =
                ToolProvider.getSystemJavaCompiler()
                        .run(
                                null,
                                null,
                                null,
                                "-proc:none",
                                "-cp",
                                RunnerContainer.classPath(),
                                file.toString());
        assertThat(compiled).isZero();
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().putValue("Chaosrunner-Spi", "1.0");
        try (var jar =
                new JarOutputStream(
                        Files.newOutputStream(folder.resolve(name + ".jar")), manifest)) {
            jar.putNextEntry(new JarEntry(name + ".class"));
            jar.write(Files.readAllBytes(folder.resolve(name + ".class")));
            jar.putNextEntry(
                    new JarEntry("META-INF/services/io.chaosrunner.strategy.ExecutionStrategy"));
            jar.write(name.getBytes(StandardCharsets.UTF_8));
        }
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
