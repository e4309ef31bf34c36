package io.chaosrunner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ValidateCommandTest {
    private static final String EXAMPLES = Path.of("..", "examples").toString();

    @TempDir Path folder;

    @ParameterizedTest
    @CsvSource({"first-run.yaml", "failures.yaml", "parallel.yaml", "dag.yaml", "random.yaml"})
    void anExampleIsValid(String file) {
        assertThat(ChaosRunner.execute("validate", "-f", EXAMPLES + "/" + file)).isEqualTo(0);
    }

    @Test
    void anErrorEndsWith2() throws IOException {
        Path file = Files.writeString(folder.resolve("e.yml"), "kind: ChaosEngine\n");

        assertThat(ChaosRunner.execute("validate", "-f", file.toString())).isEqualTo(2);
        assertThat(ChaosRunner.execute("validate", "-o", "json", "-f", folder.toString()))
                .isEqualTo(2);
    }

    @Test
    void aWarningCountsOnlyIfStrict() {
        String dag = EXAMPLES + "/dag.yaml";

        assertThat(ChaosRunner.execute("validate", "-f", dag)).isEqualTo(0);
        assertThat(ChaosRunner.execute("validate", "--strict", "-f", dag)).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "chaosrunner.io/schedule: 'every: 1h'|0",
                "chaosrunner.io/schedule: 'every: soon'|2",
                "chaosrunner.io/monitoring: 'image: x'|0",
                "chaosrunner.io/monitoring: 'imgae: x'|2"
            })
    void anAnnotationIsReadByThoseWhoKnowIt(String annotation, int exitCode) throws IOException {
        String engine =
                Files.readString(Path.of(EXAMPLES, "first-run.yaml"))
                        .replaceFirst(
                                "namespace: default", "$0\n  annotations: {" + annotation + "}");
        Path file = Files.writeString(folder.resolve("e.yaml"), engine);

        assertThat(engine).contains(annotation);
        assertThat(ChaosRunner.execute("validate", "-f", file.toString())).isEqualTo(exitCode);
    }

    @Test
    void thePageShowsFindingsAsTheProgramWritesThem() throws IOException {
        Path file =
                Files.writeString(
                        folder.resolve("engine.yaml"),
                        """
                        apiVersion: litmuschaos.io/v1alpha1
                        kind: ChaosEngine
                        metadata:
                          name: nginx-chaos
                          namespace: litmus
                          labels:
                            team: payments
                          annotations:
                            chaosrunner.io/execution: |
                              strategy: dag
                              maxParallel: 2
                              deadline: 45m
                              dependencies:
                                pod-cpu-hog:
                                  - pod-delete
                                node-drain:
                                  - pod-deleet
                        spec:
                          chaosServiceAccount: chaos-runner
                          jobCleanUpPolicy: retain
                          engineSate: active
                          experiments:
                            - name: pod-delete
                            - name: pod-cpu-hog
                            - name: node-drain
                        """);

        List<String> shown =
                Files.readString(Path.of("../docs/validating.md"))
                        .lines()
                        .filter(line -> line.startsWith("engine.yaml:"))
                        .toList();

        assertThat(shown).hasSize(2);
        assertThat(Said.by("validate", "-f", file.toString()).out().lines())
                .containsAll(shown.stream().map(line -> folder + "/" + line).toList());
    }

    @Test
    void aFileThatIsNotThereEndsWith2() {
        assertThat(ChaosRunner.execute("validate", "-f", folder.resolve("no.yaml").toString()))
                .isEqualTo(2);
        assertThat(ChaosRunner.execute("validate", "-f", folder.toString())).isEqualTo(2);
    }
}
