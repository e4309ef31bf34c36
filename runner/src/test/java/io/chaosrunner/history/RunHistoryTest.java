package io.chaosrunner.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.job.ExecutionLabels;
import io.chaosrunner.report.HistoryReport;
import io.chaosrunner.run.MortalCluster;
import io.chaosrunner.run.RunBench;
import io.chaosrunner.run.RunResult;
import io.chaosrunner.sandbox.SandboxServer.Options;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.strategy.PastRun;
import io.chaosrunner.testing.EngineWorld;
import io.chaosrunner.testing.KillPoints.Point;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** What is remembered of runs, and what is left of them, against the sandbox. */
@Execution(ExecutionMode.CONCURRENT)
class RunHistoryTest {

    private static EngineWorld world() {
        return EngineWorld.start(Options.DEFAULT.withSpeed(300));
    }

    /** Run the engine once more, as a person does. */
    private static RunBench run(EngineWorld world, Map<String, ?> settings) {
        RunBench bench =
                new RunBench(world, Caller.PERSON, world.connect(), "process").with(settings);
        assertThat(bench.run()).isInstanceOf(RunResult.Completed.class);
        return bench;
    }

    private static RunRecords stored(EngineWorld world) {
        ObjectNode map = world.get(Resource.CONFIG_MAPS, "e-runs").orElseThrow();
        return RunRecords.read(map.path("data").path("runs.json").asString()).orElseThrow();
    }

    private static RunRecords summaries(EngineWorld world) {
        return world.engine()
                .annotation(RunRecords.ANNOTATION)
                .flatMap(RunRecords::read)
                .orElse(RunRecords.NONE);
    }

    private static List<Long> numbers(RunRecords records) {
        return records.runs().stream().map(RunRecord::number).toList();
    }

    private static List<String> whys(RunRecord run, String decisions) {
        return run.json()
                .path(decisions)
                .valueStream()
                .map(each -> each.path("why").asString(""))
                .toList();
    }

    @Test
    void aRunIsRecordedWithEveryDecisionAtTheCostOfTwoCallsAtMost() {
        try (EngineWorld world = world().listing("a", "b").script("a", "verdict=Fail")) {
            run(
                    world,
                    Map.of(
                            "strategy",
                            "dag",
                            "seed",
                            7,
                            "dependencies",
                            Map.of("b", List.of("a.passed"))));

            RunRecord record = stored(world).runs().getFirst();
            assertThat(numbers(stored(world))).containsExactly(1L);
            assertThat(record.json().path("seed").asLong()).isEqualTo(7);
            assertThat(record.text("strategy")).isEqualTo("dag");
            assertThat(record.text("endedBy")).isEqualTo("plan");
            assertThat(record.json().path("verdicts").toString())
                    .isEqualTo("{\"Fail\":1,\"N/A\":1}");
            assertThat(record.json().path("launches")).hasSize(1);
            assertThat(whys(record, "launches")).doesNotContain("");
            assertThat(whys(record, "skips")).singleElement().asString().contains("a");
            assertThat(world.count("get", "configmaps")).isZero();
            assertThat(world.count("create", "configmaps")).isEqualTo(1);
            assertThat(world.count("update", "configmaps")).isZero();
            assertThat(summaries(world).runs()).isEmpty();

            run(world, Map.of());
            assertThat(numbers(stored(world))).containsExactly(1L, 2L);
            assertThat(world.count("get", "configmaps")).isEqualTo(1);
            assertThat(world.count("create", "configmaps")).isEqualTo(1);
            assertThat(world.count("update", "configmaps")).isEqualTo(1);
        }
    }

    @Test
    void theRecordsGoWithTheEngine() {
        try (EngineWorld world = world().listing("a")) {
            run(world, Map.of());
            assertThat(world.names(Resource.CONFIG_MAPS)).containsExactly("e-runs");
            world.delete(Resource.ENGINES, "e");
            RunBench.until(() -> world.names(Resource.CONFIG_MAPS).isEmpty());
        }
    }

    @Test
    void aConfigMapOfSomebodyElseIsLeftAloneAndSummariesAreKeptInstead() {
        try (EngineWorld world = world().listing("a")) {
            world.load(
                    EngineWorld.json(
                            """
                            {'apiVersion': 'v1', 'kind': 'ConfigMap', 'data': {'runs.json': 'mine'},
                             'metadata': {'name': 'e-runs', 'namespace': 'n'}}
                            """));
            JsonNode before = world.get(Resource.CONFIG_MAPS, "e-runs").orElseThrow();
            RunBench bench = run(world, Map.of());

            assertThat(world.get(Resource.CONFIG_MAPS, "e-runs"))
                    .hasValueSatisfying(now -> assertThat((JsonNode) now).isEqualTo(before));
            assertThat(bench.warnings())
                    .singleElement()
                    .asString()
                    .contains("ConfigMap n/e-runs belongs to somebody else");
            assertThat(numbers(summaries(world))).containsExactly(1L);
        }
    }

    @Test
    void anAccountThatMayNotWriteConfigMapsKeepsTheLastFiveInTheEngineAtNoFurtherWrite() {
        // That it begins, that its pod runs, its verdict, that it is over: those that meet are one.
        long writes = 4;
        try (EngineWorld world = world().listing("a")) {
            world.server().forbid("create", "configmaps");
            for (int number = 1; number <= 7; number++) {
                RunBench bench = run(world, Map.of());
                assertThat(bench.warnings())
                        .singleElement()
                        .asString()
                        .contains("only a summary of run " + number + " is kept");
                if (number == 1) {
                    assertThat(world.count("patch", "chaosengines")).isLessThanOrEqualTo(writes);
                }
            }
            assertThat(numbers(summaries(world))).containsExactly(3L, 4L, 5L, 6L, 7L);
            assertThat(summaries(world).runs().getFirst().text("detail")).isEqualTo("summary");
            assertThat(world.names(Resource.CONFIG_MAPS)).isEmpty();
        }
    }

    @Test
    void anAccountThatMayOnlyReplaceTheEngineKeepsSummariesToo() {
        try (EngineWorld world = world().listing("a")) {
            world.server().forbid("*", "configmaps");
            world.server().forbid("patch", "chaosengines");
            new RunBench(world, Caller.OPERATOR).run();
            assertThat(numbers(summaries(world))).containsExactly(1L);
        }
    }

    @Test
    void aRecordThatWasChangedMeanwhileIsReadAgain() {
        try (EngineWorld world = world().listing("a")) {
            run(world, Map.of());
            boolean[] once = {false};
            world.onRequest(request -> {
                if (request.verb().equals("update")
                        && request.resource().equals("configmaps")
                        && !once[0]) {
                    once[0] = true;
                    world.edit(Resource.CONFIG_MAPS, "e-runs", "{'data': {'note': 'by hand'}}");
                }
            });
            run(world, Map.of());
            assertThat(once[0]).isTrue();
            assertThat(numbers(stored(world))).containsExactly(1L, 2L);
            assertThat(
                            world.get(Resource.CONFIG_MAPS, "e-runs")
                                    .orElseThrow()
                                    .path("data")
                                    .path("note")
                                    .asString())
                    .isEqualTo("by hand");
        }
    }

    @Test
    void aRunThatTheOperatorResetIsRecordedBeforeTheNextOneBegins() {
        try (EngineWorld world = world().listing("a", "b").script("b", "after=10m")) {
            RunBench first = new RunBench(world, Caller.OPERATOR);
            var result = first.begin();
            first.untilRunning("b");
            // The end of what is gone with its Job is known from the engine alone.
            RunBench.until(() -> world.entries().getFirst().equals("a: Completed/Pass"));
            first.leave("the pod is deleted");
            RunBench.finished(result);
            assertThat(world.names(Resource.CONFIG_MAPS)).isEmpty();
            for (String pod : world.names(Resource.PODS)) {
                world.delete(Resource.PODS, pod);
            }
            for (String job : world.names(Resource.JOBS)) {
                world.delete(Resource.JOBS, job);
            }
            world.script("b", "verdict=Pass");
            world.edit("{'status': {'experiments': null}}");

            new RunBench(world, Caller.OPERATOR, world.connect(), "process-2").run();

            assertThat(numbers(stored(world))).containsExactly(1L, 2L);
            RunRecord interrupted = stored(world).runs().getFirst();
            assertThat(interrupted.text("endedBy")).isEqualTo("interrupted");
            assertThat(interrupted.json().path("verdicts").path("Pass").asInt()).isEqualTo(1);
            assertThat(interrupted.json().path("launches")).hasSize(1);
        }
    }

    private static String history(EngineWorld world) {
        var text = new StringWriter();
        try (var cluster = world.connect()) {
            HistoryReport.table(
                    EngineWorld.ENGINE,
                    RunHistory.of(cluster, world.engine()),
                    false,
                    Instant.EPOCH,
                    new PrintWriter(text));
        }
        return text.toString();
    }

    /** As the operator does it: the runner's pod goes, and what it launched; entries say so. */
    private static void abort(EngineWorld world, String... entries) {
        for (Resource resource : List.of(Resource.JOBS, Resource.PODS)) {
            world.names(resource).forEach(name -> world.delete(resource, name));
        }
        world.edit(
                "{'status': {'engineStatus': 'stopped', 'experiments': [%s]}}"
                        .formatted(
                                Stream.of(entries)
                                        .map(
                                                "{'name': '%s', 'status': 'Forcefully Aborted', 'verdict': 'Stopped'}"
                                                        ::formatted)
                                        .collect(Collectors.joining(", "))));
    }

    @Test
    void aRunThatTheOperatorAbortsIsToldAsThat() {
        try (EngineWorld world = world().listing("a", "b").script("a", "after=10h")) {
            RunBench first = new RunBench(world, Caller.OPERATOR);
            var result = first.begin();
            first.untilRunning("a");
            assertThat(history(world)).contains("  running\n");
            world.edit("{'spec': {'engineState': 'stop'}}");
            first.untilTold(RunNotice.Waiting.class);
            first.leave("the pod is deleted");
            RunBench.finished(result);
            abort(world, "a", "b");
            assertThat(history(world))
                    .containsPattern(" -  +sequential .* 2 Stopped  interrupted: .*aborted it\n");

            world.edit(
                    """
                    {'spec': {'engineState': 'active'},
                     'status': {'engineStatus': 'initialized', 'experiments': null}}
                    """);
            String interrupted = " -  +sequential .* -  +interrupted: the operator ended it, or";
            assertThat(history(world)).containsPattern(interrupted);

            world.script("a", "verdict=Pass");
            new RunBench(world, Caller.OPERATOR, world.connect(), "process-2").run();
            assertThat(history(world)).containsPattern(interrupted).containsPattern("2 Pass +plan");
        }
    }

    @Test
    void aRunThatIsStoppedTellsOfThatAndOfTheTimeUntilThen() {
        try (EngineWorld world = world().listing("a", "b").script("a", "after=10h")) {
            RunBench bench = new RunBench(world, Caller.PERSON);
            var result = bench.begin();
            bench.untilRunning("a");
            RunBench.until(() -> world.claim().runStart().isBefore(Instant.now().minusSeconds(2)));
            bench.stop("interrupted");
            RunBench.finished(result);
            assertThat(history(world))
                    .containsPattern(" [1-9]\\S*s  +sequential .* 2 Stopped  abort: interrupted\n");
        }
    }

    @Test
    void aRunThatSomebodyElseDeclaredFinishedIsRecordedBeforeTheNextOneBegins() {
        try (EngineWorld world = world().listing("a")) {
            run(world, Map.of());
            Claim declared = world.claim().endingBy("", "a person stopped it");
            world.delete(Resource.CONFIG_MAPS, "e-runs");
            world.edit(
                    "{'metadata': {'annotations': {'%s': %s}}}"
                            .formatted(
                                    Claim.ANNOTATION,
                                    JsonMapper.shared().writeValueAsString(declared.text())));

            run(world, Map.of());

            assertThat(numbers(stored(world))).containsExactly(1L, 2L);
            RunRecord first = stored(world).runs().getFirst();
            assertThat(first.text("endedBy")).isEqualTo("interrupted");
            assertThat(first.text("reason")).isEqualTo("a person stopped it");
        }
    }

    @Test
    void aRunThatCouldNotBeginIsRecordedWithTheReason() {
        try (EngineWorld world = world().listing("a")) {
            new RunBench(world, Caller.PERSON).with(Map.of("strategy", "paralel")).run();
            RunRecord record = stored(world).runs().getFirst();
            assertThat(record.text("endedBy")).isEqualTo("misconfigured");
            assertThat(record.text("reason")).contains("paralel");
        }
    }

    private static EngineWorld retry() {
        return world().engineWith("{'spec': {'jobCleanUpPolicy': 'delete'}}", "a")
                .script("a", "crash then verdict=Pass");
    }

    private static final Map<String, ?> ONE_RETRY = Map.of("retries", 1, "retryBackoff", "1ms");

    static List<Point> pointsOfARetry() {
        try (EngineWorld world = retry();
                var counting = new MortalCluster(world.connect())) {
            new RunBench(world, Caller.OPERATOR, counting, "process-1").with(ONE_RETRY).run();
            return counting.killPoints();
        }
    }

    @ParameterizedTest(name = "killed {0}")
    @MethodSource("pointsOfARetry")
    void aRunnerKilledLeavesOneCompleteRecord(Point point) {
        try (EngineWorld world = retry()) {
            var mortal = new MortalCluster(world.connect(), point);
            new RunBench(world, Caller.OPERATOR, mortal, "process-1").with(ONE_RETRY).run();
            mortal.close();
            new RunBench(world, Caller.OPERATOR, world.connect(), "process-2")
                    .with(ONE_RETRY)
                    .run();

            assertThat(numbers(stored(world))).containsExactly(1L);
            RunRecord record = stored(world).runs().getFirst();
            assertThat(record.text("endedBy")).isEqualTo("plan");
            assertThat(record.json().path("verdicts").toString()).isEqualTo("{\"Pass\":1}");
            assertThat(whys(record, "launches")).hasSize(2).doesNotContain("");
        }
    }

    @Test
    void jobsAndHelpersOfRunsLongOverAreRemovedUnderAnyPolicy() {
        try (EngineWorld world = world().listing("a").script("a", "helper verdict=Pass")) {
            world.load(
                    EngineWorld.json(
                            """
                            {'apiVersion': 'batch/v1', 'kind': 'Job',
                             'metadata': {'name': 'stranger', 'namespace': 'n',
                                          'labels': {'chaosUID': '%s', 'chaosrunner.io/run-number': '1'}},
                             'spec': {'suspend': true, 'template': {'spec': {'restartPolicy': 'Never',
                                      'containers': [{'name': 'c', 'image': 'i'}]}}}}
                            """
                                    .formatted(world.engine().uid())));
            for (int number = 1; number <= 4; number++) {
                run(world, Map.of("history", 2));
            }
            // The Jobs of the two runs before the last one are kept, and its own.
            RunBench.until(() -> runs(world, Resource.JOBS).equals(List.of("1", "2", "3", "4")));
            assertThat(world.names(Resource.JOBS)).contains("stranger");
            RunBench.until(() ->
                    runs(world, Resource.PODS).stream()
                            .distinct()
                            .toList()
                            .equals(List.of("2", "3", "4")));
            assertThat(numbers(stored(world))).containsExactly(3L, 4L);
        }
    }

    @Test
    void anAccountThatMayNotRemoveOldJobsSaysSoOnce() {
        try (EngineWorld world = world().listing("a")) {
            world.server().forbid("delete", "jobs");
            for (int number = 1; number <= 2; number++) {
                assertThat(run(world, Map.of("history", 1)).warnings()).isEmpty();
            }
            assertThat(run(world, Map.of("history", 1)).warnings())
                    .singleElement()
                    .asString()
                    .contains("Jobs of runs before run 2 are not removed")
                    .contains("grant list and delete on jobs and pods");
            assertThat(runs(world, Resource.JOBS)).containsExactly("1", "2", "3");
        }
    }

    /** The numbers of the runs that objects belong to. */
    private static List<String> runs(EngineWorld world, Resource resource) {
        return world.list(resource).stream()
                .map(object ->
                        object.path("metadata")
                                .path("labels")
                                .path(ExecutionLabels.RUN_NUMBER)
                                .asString(""))
                .sorted()
                .toList();
    }

    @Test
    void aRunsClaimKnowsTheRunsBeforeItThoughNoConfigMapMayBeRead() {
        try (EngineWorld world = world().listing("a", "b").script("a", "verdict=Fail")) {
            world.server().forbid("*", "configmaps");
            run(world, Map.of());
            run(world, Map.of());
            run(world, Map.of());

            List<PastRun> past = world.claim().past().runs();
            assertThat(past).extracting(PastRun::number).containsExactly(1L, 2L);
            assertThat(past.getFirst().executions())
                    .extracting(each -> each.slot() + " " + each.end().orElseThrow().outcome())
                    .containsExactly("0 FAILED", "1 PASSED");
        }
    }

    @Test
    void theHistoryIsReadFromWhereverItIs() {
        try (EngineWorld world = world().listing("a");
                var cluster = world.connect()) {
            assertThat(RunHistory.of(cluster, world.engine()).runs().runs()).isEmpty();
            run(world, Map.of());
            world.server().forbid("update", "configmaps");
            run(world, Map.of());
            run(world, Map.of());

            RunHistory.Remembered all = RunHistory.of(cluster, world.engine());
            assertThat(numbers(all.runs())).containsExactly(1L, 2L, 3L);
            assertThat(all.runs().run(3).orElseThrow().json().path("launches"))
                    .as("the last run is in the claim still")
                    .hasSize(1);
            assertThat(all.sources())
                    .containsExactly(
                            "ChaosEngine n/e",
                            "ConfigMap n/e-runs",
                            "annotation chaosrunner.io/history (summaries)");
            assertThat(all.problems()).isEmpty();

            world.server().forbid("get", "configmaps");
            RunHistory.Remembered less = RunHistory.of(cluster, world.engine());
            assertThat(numbers(less.runs())).containsExactly(2L, 3L);
            assertThat(less.problems()).singleElement().asString().contains("configmaps");
        }
    }

    @Test
    void recordsThatWereEditedAreSaidToBeUnreadable() {
        try (EngineWorld world = world().listing("a");
                var cluster = world.connect()) {
            run(world, Map.of());
            world.edit(Resource.CONFIG_MAPS, "e-runs", "{'data': {'runs.json': 'oops'}}");
            assertThat(RunHistory.of(cluster, world.engine()).problems())
                    .containsExactly("ConfigMap n/e-runs was edited and cannot be read");
            run(world, Map.of());
            assertThat(numbers(stored(world))).containsExactly(2L);
        }
    }
}
