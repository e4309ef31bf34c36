package io.chaosrunner.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** A second signal leaves at once, also where all there is goes with the process. */
@Execution(ExecutionMode.CONCURRENT)
class SecondSignalTest {
    private static final String ENGINE =
            """
            apiVersion: litmuschaos.io/v1alpha1
            kind: ChaosEngine
            metadata:
              name: nginx
            spec:
              engineState: active
              chaosServiceAccount: chaos
              experiments:
                - name: pod-delete
                  spec:
                    components:
                      experimentAnnotations:
                        sandbox.chaosrunner.io/scenario: hang
            """;

    @TempDir private Path folder;

    @Test
    @Timeout(300)
    void inTheSandboxItNamesNoCommandAndItsExitCodeIsInTheTable() throws Exception {
        Path file = Files.writeString(folder.resolve("engine.yaml"), ENGINE);
        Process process =
                new ProcessBuilder(
                                // Of a job in the background a child inherits that Ctrl-C is
                                // ignored.
                                "env",
                                "--default-signal=INT",
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-XX:+UseSerialGC",
                                "-XX:TieredStopAtLevel=1",
                                "-cp",
                                System.getProperty("java.class.path"),
                                Main.class.getName(),
                                "run",
                                "--sandbox",
                                // A pod takes minutes to go.
                                "--speed=0.01",
                                "-f",
                                file.toString())
                        .redirectOutput(folder.resolve("out").toFile())
                        .redirectError(folder.resolve("err").toFile())
                        .start();
        try {
            awaitWord("launch ", process);
            interrupt(process);
            awaitWord("once more to leave now", process);
            interrupt(process);

            assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
            assertThat(process.exitValue()).isEqualTo(130);
            assertThat(ExitCode.MEANINGS).containsKey("130");
            assertThat(said("err"))
                    .contains("chaos-runner: left; the sandbox has gone, with all that ran in it")
                    .doesNotContain("chaos-runner stop", "--resume");
        } finally {
            process.destroyForcibly();
        }
    }

    private void awaitWord(String word, Process process) {
        await().atMost(Duration.ofMinutes(2))
                .failFast("it ended", () -> !process.isAlive())
                .until(() -> (said("out") + said("err")).contains(word));
    }

    private String said(String stream) throws IOException {
        return Files.readString(folder.resolve(stream));
    }

    private static void interrupt(Process process) throws IOException, InterruptedException {
        List<String> kill = List.of("kill", "-INT", Long.toString(process.pid()));
        assertThat(new ProcessBuilder(kill).start().waitFor()).isZero();
    }
}
