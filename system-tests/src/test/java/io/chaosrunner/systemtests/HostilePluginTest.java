package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.testing.StrategyJar;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A hostile jar meets a person at a terminal, as processes; no cluster is needed. */
@Timeout(300)
class HostilePluginTest {
    private static final Path ENGINE =
            Path.of("..", "examples", "first-run.yaml").toAbsolutePath().normalize();
    private static final String HANG =
            "while (true) { try { new java.util.concurrent.CountDownLatch(1).await(); } catch (InterruptedException e) {} }";
    private static final String SPIN = "while (true) { Thread.onSpinWait(); }";

    @TempDir Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"System.exit(0);", "Runtime.getRuntime().halt(0);"})
    void anEndOfTheProcessIsNeverASuccess(String end) {
        hostile("static Decision next(Progress progress) { " + end + " return null; }");

        try (var process = start("run", "--sandbox", "--set", "strategy=stranger")) {
            TerminalProcess.Said said = process.end();
            assertThat(said.exitCode()).as(said.all()).isEqualTo(1);
            assertThat(said.all())
                    .contains("ended its process with exit code 0")
                    .doesNotContain("all passed", "\tat ");
        }
    }

    @Test
    void aConstructorThatEndsTheProcessIsAMistakeOfTheConfiguration() {
        hostile("public Stranger() { System.exit(0); }");

        try (var process = start("run", "--sandbox", "--set", "strategy=stranger")) {
            TerminalProcess.Said said = process.end();
            assertThat(said.exitCode()).as(said.all()).isEqualTo(2);
            assertThat(said.all())
                    .contains(
                            "stranger.jar: ended its process with exit code 0 while it was loaded");
        }
    }

    @Test
    void anErrorIsNoStackTrace() {
        hostile(
                "public ExecutionPlan plan(StrategyRequest r) { throw new AssertionError(\"no\"); }");

        try (var process = start("plan", "--set", "strategy=stranger")) {
            TerminalProcess.Said said = process.end();
            assertThat(said.exitCode()).as(said.all()).isEqualTo(2);
            assertThat(said.all())
                    .contains(
                            "stranger (stranger.jar) cannot plan: it threw java.lang.AssertionError: no")
                    .doesNotContain("\tat ", "bug");
        }
    }

    @Test
    void noCommandHangsWithAJar() {
        hostile("public Stranger() { " + HANG + " }");
        String named = "stranger.jar: did not answer within 10s while it was loaded";

        try (var strategies = startAlone("strategies");
                var plan = start("plan", "--set", "strategy=stranger");
                var run = start("run", "--sandbox", "--set", "strategy=stranger");
                var builtIn = start("plan", "--set", "strategy=parallel")) {
            assertThat(strategies.end().out()).contains("sequential (built-in)", named);
            assertThat(plan.end().all()).contains(named);
            assertThat(run.end().all()).contains(named);
            assertThat(builtIn.end().all()).doesNotContain(named);
            assertThat(plan.end().exitCode()).isEqualTo(2);
            assertThat(builtIn.end().exitCode()).isZero();
        }
    }

    @Test
    void sigtermIsHeardWhileAStrategySpins() {
        hostile(
                "static Decision next(Progress progress) { if (progress.active() == 0) { return Decision.choose().launch(0, \"first\").wakeAt(progress.now().plusMillis(1), \"soon\").build(); } "
                        + SPIN
                        + " }");

        try (var process = start("run", "--sandbox", "--set", "strategy=stranger")) {
            await().atMost(Duration.ofMinutes(2)).until(() -> process.hasSaid("first"));
            process.signal("TERM");

            TerminalProcess.Said said = process.end();
            assertThat(said.exitCode()).as(said.all()).isEqualTo(4);
            assertThat(said.all()).contains("did not answer within 10s");
        }
    }

    @Test
    void controlCharactersOfAReasonDoNotReachTheTerminal() {
        hostile(
                "static Decision next(Progress progress) { return Decision.choose().fail(\"\\u001b[2J\\u202egone\\n\" + \"x\".repeat(300_000)).build(); }");

        try (var process = start("run", "--sandbox", "--set", "strategy=stranger")) {
            TerminalProcess.Said said = process.end();
            assertThat(said.exitCode()).as(said.all()).isEqualTo(1);
            // Where the terminal has no such signs, question marks stand for them.
            assertThat(said.all())
                    .containsPattern("[␛?]\\[2J[\ufffd?]gone[␊?]x")
                    .doesNotContain("\u001b[2J", "\u202e");
            assertThat(said.all()).hasSizeLessThan(20_000);
        }
    }

    private void hostile(String member) {
        StrategyJar.of(StrategyJar.source("stranger", member))
                .write(folder.resolve("stranger.jar"));
    }

    private TerminalProcess start(String command, String... more) {
        var arguments = new ArrayList<>(List.of(more));
        arguments.addAll(List.of("-f", ENGINE.toString()));
        return startAlone(command, arguments.toArray(new String[0]));
    }

    private TerminalProcess startAlone(String command, String... more) {
        var arguments = new ArrayList<>(List.of(command));
        arguments.addAll(List.of(more));
        arguments.addAll(List.of("--plugins", folder.toString()));
        return TerminalProcess.start(folder, "", arguments.toArray(new String[0]));
    }
}
