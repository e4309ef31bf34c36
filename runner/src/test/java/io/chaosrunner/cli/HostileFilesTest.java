package io.chaosrunner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A file that nobody meant well ends each command with a sentence and 2. */
@ResourceLock(Resources.SYSTEM_OUT)
@ResourceLock(Resources.SYSTEM_ERR)
class HostileFilesTest {
    private static final String ENGINE =
            """
            apiVersion: litmuschaos.io/v1alpha1
            kind: ChaosEngine
            metadata: {name: e, namespace: n, annotations: {%s}}
            spec: {chaosServiceAccount: x, experiments: [{name: a}], more: %s}
            """;

    @TempDir private Path folder;

    private static String bomb() {
        var text = new StringBuilder("a0: &a0 x\n");
        for (int i = 1; i <= 25; i++) {
            text.append("a%d: &a%d [*a%d, *a%d]\n".formatted(i, i, i - 1, i - 1));
        }
        return text.toString();
    }

    static Stream<Arguments> all() {
        Map<String, String> texts =
                Map.of(
                        "itself", "&s {self: *s}",
                        "itself in an engine", ENGINE.formatted("", "&s {self: *s}"),
                        "deep", "[".repeat(1_500) + "]".repeat(1_500),
                        "deep engine", ENGINE.formatted("", "[".repeat(1_500) + "]".repeat(1_500)),
                        "open", "{a: ".repeat(100_000),
                        "bomb", bomb(),
                        "large", "# nothing\n".repeat(1_700_000),
                        "large number", ENGINE.formatted("", "9".repeat(1_000_000)));
        return Stream.of(
                        List.of("validate", "-f"),
                        List.of("plan", "-f"),
                        List.of("next", "-f"),
                        List.of("run", "--sandbox", "-f"))
                .flatMap(command ->
                        texts.entrySet().stream()
                                .map(text ->
                                        Arguments.of(command, text.getKey(), text.getValue())));
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("all")
    void itEndsWithASentenceAnd2(List<String> command, String name, String text)
            throws IOException {
        Path file = Files.writeString(folder.resolve("hostile.yaml"), text);
        var said = new ByteArrayOutputStream();
        PrintStream out = System.out;
        PrintStream err = System.err;
        int exitCode;
        try (var stream = new PrintStream(said, true, StandardCharsets.UTF_8)) {
            System.setOut(stream);
            System.setErr(stream);
            var words = new ArrayList<>(command);
            words.add(file.toString());
            exitCode = ChaosRunner.execute(words.toArray(String[]::new));
        } finally {
            System.setOut(out);
            System.setErr(err);
        }

        assertThat(said.toString(StandardCharsets.UTF_8))
                .contains("hostile.yaml")
                .containsPattern(
                        "nested more than|itself|holds more than|grows by more|no more is read|a number of more")
                .doesNotContain("\tat ", "bug")
                .hasSizeLessThan(1_000);
        assertThat(exitCode).isEqualTo(2);
    }
}
