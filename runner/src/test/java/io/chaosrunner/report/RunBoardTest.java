package io.chaosrunner.report;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.model.Attempt;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.RunEnd;
import io.chaosrunner.model.RunId;
import io.chaosrunner.model.Verdict;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.status.StatusEntry;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The tree says where each experiment stands, and always fits its terminal. */
class RunBoardTest {

    private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
    private static final EngineRef ENGINE = new EngineRef("litmus", "nginx");

    private static final JsonNode DEPENDENCIES =
            JsonMapper.shared()
                    .readTree("{\"dependencies\": {\"c\": [\"a and b\", \"not z.failed\"]}}");

    private final RunBoard board = new RunBoard(ENGINE, ZoneOffset.UTC, Colours.PLAIN, NOON);

    private static RunNotice.Started started(List<String> experiments) {
        return new RunNotice.Started(new RunId(3, "k3f9"), "dag", 42, experiments, false);
    }

    private static Attempt attempt(int slot, Instant start) {
        return new Attempt(slot, slot, 1, 1, start, Optional.empty());
    }

    private void launch(int slot, String name, Instant at) {
        board.heard(new RunNotice.Launched(attempt(slot, at), name, name + "-j", "first", false));
        board.heard(new RunNotice.Running(attempt(slot, at), name, name + "-j", name + "-p"));
    }

    private void end(int slot, String name, Verdict verdict) {
        board.heard(
                new RunNotice.Ended(
                        attempt(slot, NOON),
                        name,
                        name + "-j",
                        name + "-p",
                        StatusEntry.completed(name, name + "-p", verdict),
                        Duration.ofSeconds(32),
                        verdict == Verdict.PASS ? "" : "the probe\nsaid no"));
    }

    @Test
    void eachExperimentIsOneBranch() {
        board.heard(started(List.of("pod-delete", "cpu-hog", "disk-fill", "node-drain")));
        end(0, "pod-delete", Verdict.PASS);
        launch(1, "cpu-hog", NOON.plusSeconds(40));
        board.heard(new RunNotice.Skipped(3, "node-drain", "needs pod-delete.failed"));
        board.heard(new RunNotice.Next(NOON.plusSeconds(80), "gap after cpu-hog"));

        assertThat(board.lines(NOON.plusSeconds(72), 70, 24))
                .containsExactly(
                        "litmus/nginx  run 3, dag, seed 42                                01:12",
                        "├─ pod-delete  Pass      Completed, 00:32",
                        "├─ cpu-hog     running   00:32  (first)",
                        "├─ disk-fill   waiting",
                        "└─ node-drain  skipped   needs pod-delete.failed",
                        "next at 12:01:20, in 00:08: gap after cpu-hog",
                        "1 running, 1 waiting, 1 Pass, 1 skipped");
    }

    @Test
    void whatIsKnownToTakeSomeTimeHasABarOfIt() {
        board.expect(Map.of("cpu-hog", Duration.ofSeconds(40)));
        board.heard(started(List.of("cpu-hog", "drain")));
        launch(0, "cpu-hog", NOON);
        launch(1, "drain", NOON);

        assertThat(board.lines(NOON.plusSeconds(30), 80, 24))
                .contains(
                        "├─ cpu-hog  running   00:30 ██████░░ of 00:40  (first)",
                        "└─ drain    running   00:30  (first)");
        assertThat(board.lines(NOON.plusSeconds(90), 60, 24).get(1))
                .isEqualTo("├─ cpu-hog  running   01:30 of 00:40  (first)");
        assertThat(board.lines(NOON.plusSeconds(90), 80, 24).get(1))
                .startsWith("├─ cpu-hog  running   01:30 ████████ of 00:40");
        assertThat(board.lines(NOON.minusSeconds(9), 80, 24).get(1))
                .startsWith("├─ cpu-hog  running   00:00 ░░░░░░░░ of 00:40");
    }

    @Test
    void whatWaitsSaysWhatItStillWaitsFor() {
        board.heard(
                new RunNotice.Started(
                        new RunId(3, "k3f9"),
                        "dag",
                        42,
                        List.of("a", "b", "c"),
                        false,
                        DEPENDENCIES));
        launch(0, "a", NOON);
        assertThat(board.lines(NOON, 70, 24))
                .contains(
                        "├─ a     running   00:00  (first)",
                        "└─ b     waiting",
                        "   └─ c  waiting   after a, b");

        end(0, "a", Verdict.FAIL);
        assertThat(board.lines(NOON, 70, 24)).contains("   └─ c  waiting   after b");

        board.heard(new RunNotice.Skipped(1, "b", "left out"));
        assertThat(board.lines(NOON, 70, 24)).contains("   └─ c  waiting");
    }

    /** Draws of a random run, and loops: the row is of all of them. */
    @Test
    void iterationsAreCountedAndARetryTakesThePlaceOfWhatItRepeats() {
        board.heard(started(List.of("cpu-hog")));
        again(1, 1, Verdict.PASS);
        assertThat(board.lines(NOON, 80, 24).get(1))
                .isEqualTo("└─ cpu-hog  Pass      Completed, 00:32");
        again(2, 1, Verdict.ERROR);
        again(2, 2, Verdict.PASS);
        again(3, 1, Verdict.FAIL);
        assertThat(board.lines(NOON, 80, 24).get(1))
                .isEqualTo("└─ cpu-hog  Fail      Completed, 2 of 3 passed, 00:32");

        board.heard(
                new RunNotice.Launched(
                        new Attempt(4, 0, 4, 1, NOON, Optional.empty()),
                        "cpu-hog",
                        "j",
                        "drawn",
                        false));
        assertThat(board.lines(NOON.plusSeconds(5), 80, 24).get(1))
                .isEqualTo("└─ cpu-hog  starting  00:05  #4, 2 of 3 passed  (drawn)");
        assertThat(board.lines(NOON, 80, 24)).endsWith("1 starting; 2 of 3 executions passed");
    }

    @Test
    void ofARandomRunTheDrawsOfAllExperimentsAreCounted() {
        board.heard(
                new RunNotice.Started(
                        new RunId(3, "k3f9"), "random", 1, List.of("cpu-hog", "drain"), false));
        again(1, 1, Verdict.PASS);
        again(2, 1, Verdict.FAIL);
        end(1, "drain", Verdict.PASS);

        assertThat(board.lines(NOON, 80, 24)).endsWith("1 Fail, 1 Pass; 2 of 3 draws passed");
    }

    @Test
    void whatWasTriedAgainSaysHowOften() {
        board.heard(started(List.of("cpu-hog")));
        again(1, 1, Verdict.ERROR);
        again(1, 2, Verdict.PASS);

        assertThat(board.lines(NOON, 80, 24).get(1))
                .isEqualTo("└─ cpu-hog  Pass      Completed, 2 attempts, 00:32");
    }

    private void graph(String dependencies, String... experiments) {
        board.heard(
                new RunNotice.Started(
                        new RunId(3, "k3f9"),
                        "dag",
                        42,
                        List.of(experiments),
                        false,
                        JsonMapper.shared()
                                .readTree(
                                        "{\"dependencies\": {%s}}"
                                                .formatted(dependencies.replace('\'', '"')))));
    }

    /** As in examples/dag.yaml. */
    @Test
    void whatWaitsHangsBelowTheLastThatItWaitsFor() {
        graph(
                "'loss': ['delete.passed'], 'latency': ['delete.passed'], 'fill': ['loss', 'latency'], 'drain': ['loss.passed and not fill.failed']",
                "delete",
                "loss",
                "drain",
                "latency",
                "fill",
                "alone");
        end(0, "delete", Verdict.PASS);
        launch(1, "loss", NOON);
        launch(3, "latency", NOON);

        assertThat(board.lines(NOON.plusSeconds(7), 70, 24))
                .containsExactly(
                        "litmus/nginx  run 3, dag, seed 42                                00:07",
                        "├─ delete          Pass      Completed, 00:32",
                        "│  ├─ loss         running   00:07  (first)",
                        "│  └─ latency      running   00:07  (first)",
                        "│     └─ fill      waiting   after loss, latency",
                        "│        └─ drain  waiting   after loss, fill",
                        "└─ alone           waiting",
                        "2 running, 3 waiting, 1 Pass");
    }

    /** Listed backwards, as whoever generates an engine may. */
    @Test
    void aChainMayBeAsLongAsAnEngine() {
        int most = 5_000;
        graph(
                IntStream.range(1, most)
                        .mapToObj(i -> "'e%d': 'e%d'".formatted(i - 1, i))
                        .collect(joining(", ")),
                IntStream.range(0, most).mapToObj(i -> "e" + i).toArray(String[]::new));

        assertThat(board.lines(NOON, 70, 24))
                .contains("├─ e0   waiting   after e1")
                .endsWith("5000 waiting");
    }

    @Test
    void whereThereIsNoRoomForBranchesAllHangSideBySide() {
        graph("'b': 'a', 'c': 'b', 'd': 'c', 'e': 'd'", "a", "b", "c", "d", "e");

        assertThat(board.lines(NOON, 80, 24)).contains("            └─ e  waiting   after d");
        assertThat(board.lines(NOON, 50, 24)).contains("└─ e  waiting   after d");
    }

    @Test
    void settingsThatSomebodyWroteByHandAreDrawnAsWell() {
        graph("'b': 'c', 'c': 'b', 'd': 'd'", "b", "c", "d");

        assertThat(board.lines(NOON, 80, 24))
                .contains("├─ b  waiting   after c", "├─ c  waiting   after b");
    }

    /** Who took a run up, or looks on, did not hear of what ended before. */
    @Test
    void iterationsOfWhichNotAllAreKnownAreNotCounted() {
        board.heard(new RunNotice.Started(new RunId(3, "k3f9"), "random", 1, List.of("a"), true));
        again(2, 1, Verdict.PASS);
        again(3, 1, Verdict.FAIL);

        assertThat(board.lines(NOON, 80, 24).get(1)).isEqualTo("└─ a  Fail      Completed, 00:32");
    }

    @Test
    void whatFailedInAnEarlierIterationSaysWhyOnceItsRunIsOver() {
        board.heard(started(List.of("cpu-hog")));
        again(1, 1, Verdict.FAIL, "OOMKilled");
        again(2, 1, Verdict.PASS);
        board.heard(
                new RunNotice.Finished(
                        new RunEnd(RunEnd.Cause.PLAN, ""),
                        List.of(StatusEntry.completed("cpu-hog", "p", Verdict.FAIL))));

        assertThat(board.lines(NOON, 80, 24).get(1))
                .isEqualTo("└─ cpu-hog  Fail      Completed, 1 of 2 passed, 00:32  OOMKilled");
    }

    private void again(int iteration, int attempt, Verdict verdict) {
        again(iteration, attempt, verdict, "");
    }

    private void again(int iteration, int attempt, Verdict verdict, String detail) {
        board.heard(
                new RunNotice.Ended(
                        new Attempt(iteration, 0, iteration, attempt, NOON, Optional.empty()),
                        "cpu-hog",
                        "j",
                        "p",
                        StatusEntry.completed("cpu-hog", "p", verdict),
                        Duration.ofSeconds(32),
                        detail));
    }

    @Test
    void whatDidNotPassSaysWhyInOneLine() {
        board.heard(started(List.of("pod-delete")));
        end(0, "pod-delete", Verdict.FAIL);

        assertThat(board.lines(NOON, 70, 24).get(1))
                .isEqualTo("└─ pod-delete  Fail      Completed, 00:32  the probe said no");
    }

    @Test
    void aTimeThatIsPastIsNotNext() {
        board.heard(started(List.of("a")));
        board.heard(new RunNotice.Next(NOON.plusSeconds(5), "gap"));

        assertThat(board.lines(NOON.plusSeconds(5), 70, 24)).noneMatch(l -> l.contains("next"));
    }

    @Test
    void whatAStopWaitsForIsSaid() {
        board.heard(started(List.of("a")));
        launch(0, "a", NOON);
        board.heard(new RunNotice.Waiting("interrupted: stopping"));
        board.heard(new RunNotice.Stopping(attempt(0, NOON), "a", "a-j", "interrupted"));

        assertThat(board.lines(NOON, 70, 24))
                .contains(
                        "└─ a  stopping  00:00  (interrupted)",
                        "interrupted: stopping",
                        "1 stopping");
    }

    @Test
    void theLastDrawingSaysWhatTheEngineSays() {
        board.heard(started(List.of("a", "b")));
        launch(0, "a", NOON);
        board.heard(
                new RunNotice.Finished(
                        new RunEnd(RunEnd.Cause.ABORT, "interrupted"),
                        List.of(
                                StatusEntry.running("a", "a-p").aborted(),
                                StatusEntry.waiting("b").aborted())));

        assertThat(board.lines(NOON, 70, 24))
                .contains(
                        "├─ a  Stopped   Forcefully Aborted  (first)",
                        "└─ b  Stopped   Forcefully Aborted",
                        "interrupted");
    }

    @ParameterizedTest
    @CsvSource({
        "200, 80, 24",
        "200, 20, 5",
        "200, 400, 300",
        "1, 20, 5",
        "24, 80, 24",
        "19, 80, 24"
    })
    void itFitsAnyTerminal(int experiments, int width, int height) {
        List<String> names =
                IntStream.range(0, experiments).mapToObj(i -> "experiment-number-" + i).toList();
        board.heard(started(names));
        for (int slot = 0; slot < experiments; slot += 3) {
            launch(slot, names.get(slot), NOON);
        }
        for (int slot = 0; slot < experiments; slot += 6) {
            end(slot, names.get(slot), slot % 4 == 0 ? Verdict.PASS : Verdict.FAIL);
        }
        board.heard(new RunNotice.Warning("x".repeat(300)));
        board.heard(new RunNotice.Next(NOON.plusSeconds(60), "y".repeat(300)));

        List<String> lines = board.lines(NOON, width, height);

        assertThat(lines).hasSizeLessThanOrEqualTo(height);
        assertThat(lines).allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(width));
    }

    @Test
    void whereNotAllFitsWhatMovesIsShown() {
        List<String> names = IntStream.range(0, 200).mapToObj(i -> "e" + i).toList();
        board.heard(started(names));
        launch(150, "e150", NOON);
        end(7, "e7", Verdict.FAIL);

        List<String> lines = board.lines(NOON, 80, 10);

        assertThat(lines)
                .anyMatch(line -> line.contains("e150 ") && line.contains("running"))
                .anyMatch(line -> line.contains("e7 ") && line.contains("Fail"))
                .anyMatch(line -> line.matches("└─ and \\d+ waiting"));
    }

    @Test
    void coloursAddNothingToTheWidth() {
        var coloured = new RunBoard(ENGINE, ZoneOffset.UTC, Colours.ANSI, NOON);
        coloured.heard(started(List.of("a")));
        board.heard(started(List.of("a")));

        assertThat(
                        coloured.lines(NOON, 40, 10).stream()
                                .map(line -> line.replaceAll("\u001b\\[[0-9]*m", "")))
                .isEqualTo(board.lines(NOON, 40, 10));
        assertThat(board.lines(NOON, 40, 10)).noneMatch(line -> line.contains("\u001b"));
    }
}
