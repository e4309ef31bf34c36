package io.chaosrunner.cli;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** What the program says of itself, and of what cannot be understood. */
@ResourceLock(Resources.SYSTEM_OUT)
@ResourceLock(Resources.SYSTEM_ERR)
class HelpTest {
    private static final String PROGRAM = "chaos-runner ";

    static Stream<String> commands() {
        return ChaosRunner.commandLine().getSubcommands().entrySet().stream()
                .filter(each -> !each.getValue().getCommandSpec().usageMessage().hidden())
                .map(each -> each.getKey());
    }

    @ParameterizedTest
    @MethodSource("commands")
    void helpShowsWhatTheCommandItselfShows(String command) {
        Said help = Said.by("help", command);

        assertThat(help.exitCode()).isZero();
        assertThat(help.out()).isEqualTo(Said.by(command, "--help").out());
    }

    @ParameterizedTest
    @MethodSource("commands")
    void everyHelpHasExamplesThatAreUnderstood(String command) {
        List<String> examples =
                Said.by("help", command)
                        .out()
                        .lines()
                        .filter(line -> line.startsWith("  ") && line.contains(PROGRAM))
                        .filter(line -> line.contains(PROGRAM + command))
                        .toList();

        assertThat(examples).isNotEmpty();
        for (String example : examples) {
            String line =
                    example.substring(example.indexOf(PROGRAM) + PROGRAM.length())
                            .replaceFirst("\\s*(#|>|\\)).*", "");
            assertThat(ChaosRunner.commandLine().parseArgs(line.split(" +")).errors())
                    .as(example)
                    .isEmpty();
        }
    }

    @Test
    void helpAloneListsAllCommandsButTheHiddenOnes() {
        Said said = Said.by("help");

        assertThat(said.exitCode()).isZero();
        assertThat(commands()).allSatisfy(each -> assertThat(said.out()).contains("  " + each));
        assertThat(said.out()).doesNotContain("__complete");
    }

    @ParameterizedTest
    @CsvSource({
        "strategies, --kubeconfig",
        "strategies, --allowed-images",
        "list, --plugins",
        "history, --allowed-service-accounts",
        "completion, --context",
        "help, --debug"
    })
    void whatMeansNothingToACommandIsNoOptionOfIt(String command, String option) {
        CommandLine one = requireNonNull(ChaosRunner.commandLine().getSubcommands().get(command));

        assertThat(one.getCommandSpec().options())
                .extracting(OptionSpec::longestName)
                .doesNotContain(option);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "run --speed abc -f x | --speed: 'abc' is not a number",
                "run --speed 0x1g -f x | --speed: '0x1g' is not a number",
                "run --set x -f y | --set: 'x' is not of the form KEY=VALUE",
                "run --set | --set needs a value: --set KEY=VALUE",
                "run --launch foo a | --launch: 'foo' is none of direct, operator",
                "history a --run x | --run: 'x' is not a whole number",
                "history a --run 1.5 | --run: '1.5' is not a whole number",
                "plan -f x --seed one | --seed: 'one' is not a whole number",
                "stop | name what is meant: ENGINE",
                "stop a b | 'b' is one word too many",
                "fly | there is no command 'fly'",
                "help fly | there is no command 'fly'",
                "help rnu | there is no command 'rnu'; did you mean 'run'?",
                "completion ksh | SHELL: 'ksh' is none of bash, zsh, fish",
                "run --kubeconfig a --kubeconfig b x | --kubeconfig is given twice",
                "run --dry-run=client -f x | --dry-run: 'client' is none of server",
                "list --all | there is no option '--all'"
            })
    void aMistakeIsSaidWithoutJava(String line, String words) {
        Said said = Said.by(line.split(" "));

        assertThat(said.exitCode()).isEqualTo(ExitCode.INVALID);
        assertThat(said.err().lines().findFirst()).contains("chaos-runner: " + words);
        assertThat(said.err())
                .doesNotContain("option option", "int", "double", "Invalid value", "java.")
                .contains("--help'.");
        assertThat(Arrays.asList(said.out().split("\n"))).containsExactly("");
    }
}
