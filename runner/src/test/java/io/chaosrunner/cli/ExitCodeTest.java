package io.chaosrunner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.model.RunEnd;
import io.chaosrunner.model.RunEnd.Cause;
import io.chaosrunner.model.Verdict;
import io.chaosrunner.run.RunResult;
import io.chaosrunner.status.StatusEntry;
import io.chaosrunner.strategy.InvalidParameters.Problem;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/**
 * How each end of a request ends the process.
 *
 * <p>Under the operator 0 means "completed". Each line that has it says why nothing of ours can run
 * then; whoever adds a line must be able to.
 */
class ExitCodeTest {
    private static final List<StatusEntry> PASSED =
            List.of(StatusEntry.completed("a", "a-1", Verdict.PASS));
    private static final List<StatusEntry> FAILED =
            List.of(StatusEntry.completed("a", "a-1", Verdict.FAIL));
    private static final List<StatusEntry> ABORTED = List.of(StatusEntry.waiting("a").aborted());

    @Test
    void theHelpOfEveryCommandAndTheReadmeTellAllCodes() throws IOException {
        String table =
                ExitCode.MEANINGS.entrySet().stream()
                        .map(code -> "| %s | %s |".formatted(code.getKey(), code.getValue()))
                        .collect(Collectors.joining("\n"));
        CommandLine all = ChaosRunner.commandLine();

        assertThat(Files.readString(Path.of("../README.md"))).contains(table);
        assertThat(all.getSubcommands()).isNotEmpty();
        for (CommandLine each :
                Stream.concat(Stream.of(all), all.getSubcommands().values().stream()).toList()) {
            String help = each.getUsageMessage().replaceAll("\\s+", " ");
            ExitCode.MEANINGS.forEach((code, meaning) ->
                    assertThat(help)
                            .as(each.getCommandName())
                            .contains(" " + code + " " + meaning));
        }
    }

    @Test
    void everyCodeHasAMeaning() throws IllegalAccessException {
        for (Field field : ExitCode.class.getDeclaredFields()) {
            if (field.getType() == int.class) {
                assertThat(ExitCode.MEANINGS).containsKey("" + field.getInt(null));
            }
        }
    }

    static Stream<Arguments> ends() {
        return Stream.of(
                // The final word is written after all that ran is gone.
                end(completed(Cause.PLAN, PASSED), 0, 0),
                end(completed(Cause.PLAN, FAILED), 0, 1),
                end(completed(Cause.PLAN_FAILED, PASSED), 0, 1),
                end(completed(Cause.BROKEN_STRATEGY, PASSED), 0, 1),
                end(completed(Cause.FAILURE, FAILED), 0, 1),
                end(completed(Cause.RECORD_FULL, PASSED), 0, 1),
                end(completed(Cause.LEFT_BEHIND, FAILED), 0, 1),
                end(completed(Cause.DEADLINE, PASSED), 0, 6),
                end(completed(Cause.ABORT, ABORTED), 0, 4),
                end(completed(Cause.REPLACED, ABORTED), 0, 4),
                end(completed(Cause.UNWATCHED, ABORTED), 0, 4),
                // Nothing was launched; what earlier runs left is looked for: LastLookTest.
                end(new RunResult.AlreadyFinished(PASSED), 0, 0),
                end(new RunResult.AlreadyFinished(FAILED), 0, 1),
                end(new RunResult.Refused("no such engine"), 0, 3),
                end(new RunResult.NotDue("too late: outside hours"), 0, 4),
                end(new RunResult.Misconfigured(List.of(new Problem("a", "b"))), 0, 2),
                // What ran was seen gone, or another process has taken it over.
                end(new RunResult.Left("run 1 has another owner", false), 0, 4),
                // What ran is there, or may be.
                end(new RunResult.NotOver("pod a-helper cannot be removed"), 1, 3),
                end(new RunResult.Left("SIGTERM", true), 143, 4));
    }

    private static Arguments end(RunResult result, int underOperator, int atTerminal) {
        return Arguments.of(result, underOperator, atTerminal);
    }

    private static RunResult completed(Cause cause, List<StatusEntry> entries) {
        return new RunResult.Completed(new RunEnd(cause, "why"), entries);
    }

    @ParameterizedTest(name = "{0} ends with {1} under the operator, {2} at the terminal")
    @MethodSource("ends")
    void eachEndHasItsCode(RunResult result, int underOperator, int atTerminal) {
        assertThat(ExitCode.underOperator(result)).isEqualTo(underOperator);
        assertThat(ExitCode.atTerminal(result)).isEqualTo(atTerminal);
    }

    @ParameterizedTest
    @EnumSource
    void whatWasInterruptedIsNeverASuccess(Kind kind) {
        var result = new RunResult.Interrupted(new ClusterException(kind, "why"));
        assertThat(ExitCode.underOperator(result)).isEqualTo(1);
        assertThat(ExitCode.atTerminal(result)).isEqualTo(3);
    }

    @Test
    void theTableHasEveryKindOfEndAndEveryCause() {
        assertThat(ends().<Class<?>>map(line -> line.get()[0].getClass()))
                .containsAll(
                        Stream.<Class<?>>of(RunResult.class.getPermittedSubclasses())
                                .filter(kind -> kind != RunResult.Interrupted.class)
                                .toList());
        assertThat(
                        ends().map(line -> line.get()[0])
                                .filter(RunResult.Completed.class::isInstance)
                                .map(result -> ((RunResult.Completed) result).end().cause()))
                .containsAll(EnumSet.allOf(Cause.class));
    }
}
