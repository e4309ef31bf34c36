package io.chaosrunner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** Tests of {@link ManualPage}: it is roff, and it has all that the help has. */
@ResourceLock(Resources.SYSTEM_OUT)
@ResourceLock(Resources.SYSTEM_ERR)
class ManualPageTest {
    private static final Set<String> REQUESTS =
            Set.of(".TH", ".SH", ".SS", ".TP", ".PP", ".B", ".nf", ".fi");

    private final String page = ManualPage.of(ChaosRunner.commandLine(), "chaos-runner 1.2-x");
    private final List<String> lines = page.lines().toList();

    @Test
    void everyLineIsTextOrARequestThatManKnows() {
        assertThat(lines)
                .filteredOn(line -> line.startsWith("."))
                .allMatch(line -> REQUESTS.contains(line.split(" ", -1)[0]));
        assertThat(lines)
                .filteredOn(line -> !line.startsWith("."))
                .noneMatch(line -> line.startsWith("'"));
        assertThat(page).matches("(?s)[\\n\\x20-\\x7e]*+");
        assertThat(lines)
                .as("a backslash begins an escape that roff knows")
                .allMatch(line ->
                        line.replaceAll(
                                                "\\\\(?:e|-|&|\\((?:aq|dq|ga|ha|ti)|\\[u[0-9A-F]{4,6}])",
                                                "")
                                        .indexOf('\\')
                                < 0);
    }

    @Test
    void whatARequestIsGivenStandsBetweenItsQuotes() {
        assertThat(lines)
                .filteredOn(line -> line.startsWith(".") && line.contains("\""))
                .allMatch(line -> line.matches("\\.[A-Z]{1,2}(?: (?:\"[^\"]*\"|[^ \"]+))+"));
    }

    @Test
    void aTagIsFollowedByItsNameAndItsText() {
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).equals(".TP")) {
                assertThat(lines.get(i + 1)).startsWith(".B ");
                assertThat(lines.get(i + 2)).isNotBlank().doesNotStartWith(".");
            }
        }
    }

    @Test
    void linesThatStayAsTheyAreEnd() {
        boolean filled = true;
        for (String line : lines) {
            if (line.equals(".nf") || line.equals(".fi")) {
                assertThat(line.equals(".nf")).as(line).isEqualTo(filled);
                filled = !filled;
            }
        }
        assertThat(filled).isTrue();
    }

    @Test
    void everyCommandAndOptionAndExitCodeIsThere() {
        CommandLine all = ChaosRunner.commandLine();
        for (CommandLine command : all.getSubcommands().values()) {
            if (!command.getCommandSpec().usageMessage().hidden()) {
                assertThat(page)
                        .contains(".SS \"chaos\\-runner " + escaped(command.getCommandName()));
                for (OptionSpec option : command.getCommandSpec().options()) {
                    assertThat(page).contains(escaped(option.longestName()));
                }
            }
        }
        assertThat(page).doesNotContain(".SS \"chaos\\-runner __complete");
        ExitCode.MEANINGS.keySet().forEach(code -> assertThat(lines).contains(".B " + code));
        assertThat(lines.getFirst()).contains("\"chaos\\-runner 1.2\\-x\"");
        assertThat(page).doesNotContain("%n").doesNotContain("${").doesNotContain("%%");
    }

    @Test
    void theProgramPrintsIt() {
        Said said = Said.by("help", "--man");

        assertThat(said.exitCode()).isZero();
        assertThat(said.out()).startsWith(".TH CHAOS\\-RUNNER 1 ").contains(".SH EXIT STATUS");
        assertThat(Said.by("help", "--man", "run").exitCode()).isEqualTo(ExitCode.INVALID);
    }

    private static String escaped(String text) {
        return text.replace("-", "\\-");
    }
}
