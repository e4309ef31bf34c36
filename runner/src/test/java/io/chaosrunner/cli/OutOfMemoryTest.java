package io.chaosrunner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** A heap that is too small is said in one sentence, by a process of its own. */
@Execution(ExecutionMode.CONCURRENT)
class OutOfMemoryTest {
    @TempDir private Path folder;

    @Test
    @Timeout(300)
    void aCommandSaysWhichVariableToSet() throws Exception {
        Path file = folder.resolve("large.yaml");
        Files.writeString(
                file,
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n"
                        + Stream.iterate(0, i -> i + 1)
                                .limit(200_000)
                                .map(i -> "  k" + i + ": v\n")
                                .collect(Collectors.joining()));

        Process process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx16m",
                                "-XX:+UseSerialGC",
                                "-XX:TieredStopAtLevel=1",
                                "-cp",
                                System.getProperty("java.class.path"),
                                Main.class.getName(),
                                "validate",
                                "-f",
                                file.toString())
                        .redirectOutput(folder.resolve("out").toFile())
                        .redirectError(errors())
                        .start();

        assertThat(process.waitFor(4, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).isEqualTo(ExitCode.BUG);
        assertThat(Files.readString(errors().toPath()))
                .matches(
                        "chaos-runner: out of memory, with a heap of 1\\d MB; set a larger one: CHAOS_RUNNER_HEAP=\\d+m\n");
    }

    private File errors() throws IOException {
        return folder.resolve("err").toFile();
    }
}
