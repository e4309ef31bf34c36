package io.chaosrunner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every example does in the sandbox what its page says. */
class ExamplesTest {

    private static final Path EXAMPLES = Path.of("..", "examples");

    @ParameterizedTest
    @CsvSource({
        "first-run.yaml, 0",
        "failures.yaml, 1",
        "parallel.yaml, 0",
        "dag.yaml, 1",
        "random.yaml, 0"
    })
    void anExampleEndsWithTheDocumentedExitCode(String file, int exitCode) {
        int ended =
                ChaosRunner.execute(
                        "run",
                        "--sandbox",
                        "--speed",
                        "20",
                        "-f",
                        EXAMPLES.resolve(file).toString());

        assertThat(ended).isEqualTo(exitCode);
    }

    @ParameterizedTest
    @CsvSource({"first-run.yaml", "failures.yaml", "parallel.yaml", "dag.yaml", "random.yaml"})
    void anExampleCanBePlanned(String file) {
        assertThat(ChaosRunner.execute("plan", "-f", EXAMPLES.resolve(file).toString()))
                .isEqualTo(0);
    }

    static Stream<Path> schedules() throws IOException {
        try (Stream<Path> files = Files.list(EXAMPLES.resolve("schedules"))) {
            return files.toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("schedules")
    void anExampleOfAScheduleFires(Path file) {
        int ended =
                ChaosRunner.execute(
                        "next",
                        "--count",
                        "3",
                        "--from",
                        "2026-12-20T00:00:00Z",
                        "-f",
                        file.toString());

        assertThat(ended).isEqualTo(0);
    }

    @Test
    void noExampleIsForgottenHere() throws IOException {
        try (Stream<Path> files = Files.list(EXAMPLES)) {
            List<String> names =
                    files.map(file -> file.getFileName().toString())
                            .filter(name -> name.endsWith(".yaml"))
                            .sorted()
                            .toList();
            assertThat(names)
                    .containsExactly(
                            "dag.yaml",
                            "failures.yaml",
                            "first-run.yaml",
                            "parallel.yaml",
                            "random.yaml");
        }
    }
}
