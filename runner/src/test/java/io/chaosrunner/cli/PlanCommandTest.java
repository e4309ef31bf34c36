package io.chaosrunner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What a plan shows before anything is touched. */
@ResourceLock(Resources.SYSTEM_OUT)
@ResourceLock(Resources.SYSTEM_ERR)
class PlanCommandTest {
    private static final Path EXAMPLES = Path.of("..", "examples");

    /** What a command said, and how it ended. */
    private record Said(int exitCode, String out, String err) {}

    private static Said say(String... arguments) {
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        PrintStream outBefore = System.out;
        PrintStream errBefore = System.err;
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
        try {
            int exitCode = ChaosRunner.execute(arguments);
            return new Said(
                    exitCode,
                    out.toString(StandardCharsets.UTF_8),
                    err.toString(StandardCharsets.UTF_8));
        } finally {
            System.setOut(outBefore);
            System.setErr(errBefore);
        }
    }

    private static Said plan(String example, String... options) {
        var arguments = new String[options.length + 3];
        arguments[0] = "plan";
        arguments[1] = "-f";
        arguments[2] = EXAMPLES.resolve(example).toString();
        System.arraycopy(options, 0, arguments, 3, options.length);
        return say(arguments);
    }

    @Test
    void oneSeedGivesTheSameBytesAndAnotherOthers() {
        String first = plan("random.yaml", "-o", "json", "--seed", "7").out();

        assertThat(plan("random.yaml", "-o", "json", "--seed", "7").out()).isEqualTo(first);
        assertThat(plan("random.yaml", "-o", "json", "--seed", "8").out()).isNotEqualTo(first);
        JsonNode json = JsonMapper.shared().readTree(first);
        assertThat(json.path("seed").asLong()).isEqualTo(7);
        assertThat(json.path("attempts").valueStream().map(each -> each.path("why").asString()))
                .isNotEmpty()
                .allMatch(why -> why.startsWith("draw "));
    }

    @Test
    void theSeedIsInTheTextToo() {
        assertThat(plan("random.yaml", "--seed", "7").out()).contains("seed 7");
    }

    @Test
    void anAssumedVerdictShowsTheOtherBranch(@TempDir Path folder) throws IOException {
        Path file = engine(folder, "strategy: dag", "dependencies: {b: [a.passed], c: [a.failed]}");

        JsonNode passed = json(file);
        JsonNode failed = json(file, "--verdict", "a=Fail");

        assertThat(names(passed, "attempts")).containsExactly("a", "b");
        assertThat(names(passed, "skipped")).containsExactly("c");
        assertThat(names(failed, "attempts")).containsExactly("a", "c");
        assertThat(names(failed, "skipped")).containsExactly("b");
        assertThat(failed.path("skipped").path(0).path("why").asString()).contains("a");
    }

    private static JsonNode json(Path file, String... options) {
        var arguments = new String[options.length + 5];
        System.arraycopy(
                new String[] {"plan", "-f", file.toString(), "-o", "json"}, 0, arguments, 0, 5);
        System.arraycopy(options, 0, arguments, 5, options.length);
        return JsonMapper.shared().readTree(say(arguments).out());
    }

    private static List<String> names(JsonNode forecast, String list) {
        return forecast.path(list)
                .valueStream()
                .map(each -> each.path("experiment").asString())
                .toList();
    }

    @Test
    void everyProblemIsToldAtOnceWithItsPathAndWhatWasMeant(@TempDir Path folder)
            throws IOException {
        Path file =
                engine(
                        folder,
                        "strategy: random",
                        "iterations: 0",
                        "window: soon",
                        "weigths: {a: 1}",
                        "maxParalel: 2",
                        "onFailure: panic");

        Said said = say("plan", "-f", file.toString());

        assertThat(said.exitCode()).isEqualTo(ExitCode.INVALID);
        assertThat(said.out()).isEmpty();
        assertThat(said.err())
                .contains("iterations", "0")
                .contains("window", "soon")
                .contains("weigths", "weights")
                .contains("maxParalel", "maxParallel")
                .contains("onFailure", "panic", "continue", "stop");
    }

    private static Path engine(Path folder, String... execution) throws IOException {
        String settings = String.join("\n      ", execution);
        return Files.writeString(
                folder.resolve("engine.yaml"),
                """
                apiVersion: litmuschaos.io/v1alpha1
                kind: ChaosEngine
                metadata:
                  name: e
                  namespace: n
                  annotations:
                    chaosrunner.io/execution: |
                      %s
                spec:
                  engineState: active
                  experiments: [{name: a}, {name: b}, {name: c}]
                """
                        .formatted(settings));
    }
}
