package io.chaosrunner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.testing.StrategyJar;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@ResourceLock(Resources.SYSTEM_OUT)
@ResourceLock(Resources.SYSTEM_ERR)
class InitCommandTest {
    @TempDir private Path folder;

    static Stream<String> strategies() {
        return Said.by("strategies")
                .out()
                .lines()
                .filter(line -> !line.startsWith(" "))
                .map(line -> line.substring(0, line.indexOf(' ')));
    }

    private String written(String text) throws IOException {
        return Files.writeString(folder.resolve("engine.yaml"), text).toString();
    }

    @ParameterizedTest
    @MethodSource("strategies")
    void theEngineOfEachStrategyIsValidCanBePlannedAndNamesAllItTakes(String strategy)
            throws IOException {
        Said said = Said.by("init", strategy, "--name", "checkout", "-n", "payments");
        String file = written(said.out());

        assertThat(said.exitCode()).isZero();
        Said validated = Said.by("validate", "-f", file);
        assertThat(validated.exitCode()).as(validated.out()).isZero();
        assertThat(validated.out()).contains("0 errors, 1 warning");
        assertThat(Said.by("plan", "-f", file).out()).contains("strategy " + strategy);
        Said.by("strategies")
                .out()
                .lines()
                .dropWhile(line -> !line.startsWith(strategy + " "))
                .skip(1)
                .takeWhile(line -> line.startsWith(" "))
                .map(line -> line.strip().split(" ")[0])
                .forEach(parameter -> assertThat(said.out()).contains(parameter + ":"));
    }

    @Test
    void withoutAStrategyItIsTheUsualOne() throws IOException {
        Said said = Said.by("init");

        assertThat(said.out()).contains("strategy: sequential");
        assertThat(
                        Said.by(
                                "run",
                                "--sandbox",
                                "--speed",
                                "100",
                                "--set",
                                "gap=1s",
                                "-f",
                                written(said.out())))
                .extracting(Said::exitCode)
                .isEqualTo(0);
    }

    @Test
    void whatAPlugInSaysOfItsParametersIsAComment() throws IOException {
        Path jars = Files.createDirectory(folder.resolve("jars"));
        StrategyJar.of(
                        StrategyJar.source(
                                "stranger",
                                "public List<Parameter> parameters() { return List.of(new Parameter(\"depth\", \"number\", \"\", \"how deep\\nstrategy: dag\")); }"))
                .write(jars.resolve("stranger.jar"));

        Said said = Said.by("init", "stranger", "--plugins", jars.toString());

        assertThat(said.exitCode()).as(said.err()).isZero();
        assertThat(said.out()).contains("# depth:").doesNotContain("\nstrategy: dag");
        assertThat(Said.by("validate", "-f", written(said.out()), "--plugins", jars.toString()))
                .extracting(Said::exitCode)
                .isEqualTo(0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Checkout", "a b", "a: b", "-a", ""})
    void aNameThatNoObjectMayHaveIsRefused(String name) {
        Said said = Said.by("init", "--name=" + name);

        assertThat(said.exitCode()).isEqualTo(ExitCode.INVALID);
        assertThat(said.err()).contains("--name: '" + name + "' is no name");
    }

    @Test
    void aStrategyThatThereIsNotIsRefusedWithTheNearest() {
        assertThat(Said.by("init", "sequentail").err()).contains("did you mean 'sequential'?");
    }
}
