package io.chaosrunner.run;

import static io.chaosrunner.run.RunBench.cause;
import static io.chaosrunner.run.RunBench.operator;
import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.model.RunEnd;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.testing.EngineWorld;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Whole runs of which an experiment fails, against the sandbox, over HTTP; they mostly wait, so
 * they do it together.
 */
@Execution(ExecutionMode.CONCURRENT)
class FailedExperimentTest {
    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({
        "verdict=Fail, a: Completed/Fail",
        "verdict=Error, a: Completed/Error",
        "verdict=Stopped, a: Completed/Stopped",
        "crash, a: Skipped/Fail",
        "oom, a: Skipped/Fail",
        "evicted, a: Skipped/Fail",
        "no-result, a: Completed/Error",
        "unfinished-result, a: Completed/Error",
        "late-result=10s, a: Completed/Pass",
        "sidecar, a: Completed/Pass",
        "helper, a: Completed/Pass",
        "pending=5s, a: Completed/Pass"
    })
    void theEntrySaysHow(String scenario, String entry) {
        try (RunBench bench = operator(EngineWorld.start().listing("a").script("a", scenario))) {
            bench.run();
            assertThat(bench.world.entries()).containsExactly(entry);
            boolean skipped = entry.contains("Skipped");
            assertThat(bench.world.events("a"))
                    .contains("ExperimentJobCreate Normal x1")
                    .filteredOn(event -> event.contains("ChaosContainerWatchNotPermitted"))
                    .hasSize(skipped ? 1 : 0);
        }
    }

    @Test
    void aCrashIsExplained() {
        try (RunBench bench = operator(EngineWorld.start().listing("a").script("a", "oom"))) {
            bench.run();
            assertThat(bench.world.message("ChaosContainerWatchNotPermitted"))
                    .startsWith("Experiment Job creation failed, skipping Chaos Experiment: a (")
                    .contains("exit code 137: OOMKilled");
        }
    }

    @Test
    void aResultThatDoesNotComeIsExplained() {
        try (RunBench bench = operator(EngineWorld.start().listing("a").script("a", "no-result"))) {
            bench.run();
            assertThat(bench.world.events("a")).contains("ChaosResultMissing Warning x1");
        }
    }

    @Test
    void theResultOfAnEarlierRunIsNotTakenForANewOne() {
        var world = EngineWorld.start().listing("a").script("a", "verdict=Pass then stale-result");
        try (RunBench bench = operator(world)) {
            bench.run();
            world.edit("{'status': {'experiments': null}}");
            new RunBench(world, Caller.OPERATOR, world.connect(), "process-2").run();
            assertThat(world.entries()).containsExactly("a: Completed/Error");
        }
    }

    @Test
    void whatKeepsAPodFromStartingIsSaidWhileItLasts() {
        var world =
                EngineWorld.start()
                        .engineWith(
                                """
                                {'spec': {'experiments': [
                                  {'name': 'a', 'spec': {'components':
                                    {'statusCheckTimeouts': {'timeout': 300}}}}]}}
                                """)
                        .script("a", "image-pull-error");
        try (RunBench bench = operator(world)) {
            var result = bench.begin();
            RunBench.until(() -> waitings(bench).size() == 2);
            bench.stop("seen enough");
            RunBench.finished(result);
            assertThat(waitings(bench))
                    .satisfiesExactly(
                            first ->
                                    assertThat(first)
                                            .contains(
                                                    "experiment a: pod a-",
                                                    "of image ",
                                                    "does not run after ",
                                                    "ErrImagePull (failed to pull and unpack image: not found)",
                                                    "it has 5m in all"),
                            second -> assertThat(second).contains("ImagePullBackOff"));
        }
    }

    private static List<String> waitings(RunBench bench) {
        return bench.notices.stream()
                .filter(RunNotice.Waiting.class::isInstance)
                .map(notice -> ((RunNotice.Waiting) notice).why())
                .filter(why -> why.startsWith("experiment"))
                .toList();
    }

    @Test
    @DisplayName("36: a pod that does not start in time is removed, so that it never will")
    void imagePullErrorUntilTheTimeout() {
        var world =
                EngineWorld.start()
                        .engineWith(
                                """
                                {'spec': {'jobCleanUpPolicy': 'retain', 'experiments': [
                                  {'name': 'a', 'spec': {'components':
                                    {'statusCheckTimeouts': {'timeout': 1}}}}]}}
                                """)
                        .script("a", "image-pull-error");
        try (RunBench bench = operator(world)) {
            bench.run();
            assertThat(world.entries()).containsExactly("a: Skipped/Fail");
            assertThat(world.message("ChaosContainerWatchNotPermitted"))
                    .contains("does not run after 1s")
                    .contains("ImagePullBackOff");
            assertThat(world.names(Resource.JOBS)).isEmpty();
            assertThat(world.names(Resource.PODS)).isEmpty();
            assertThat(world.message("ExperimentJobCleanUp")).doesNotContain("retained");
        }
    }

    @Test
    void aJobDeletedByHandEndsItsExperiment() {
        try (RunBench bench = operator(EngineWorld.start().listing("a", "b").script("a", "hang"))) {
            var result = bench.begin();
            bench.untilRunning("a");
            bench.world.delete(Resource.JOBS, bench.world.names(Resource.JOBS).getFirst());
            RunBench.finished(result);
            assertThat(bench.world.entries())
                    .containsExactly("a: Completed/Stopped", "b: Completed/Pass");
        }
    }

    @Test
    void aPodDeletedByHandEndsItsExperiment() {
        try (RunBench bench =
                operator(EngineWorld.start().listing("a", "b").script("a", "hang no-result"))) {
            var result = bench.begin();
            bench.untilRunning("a");
            bench.world.delete(Resource.PODS, bench.world.names(Resource.PODS).getFirst());
            RunBench.finished(result);
            assertThat(bench.world.entries())
                    .containsExactly("a: Skipped/Fail", "b: Completed/Pass");
        }
    }

    @Test
    void errorsAreTriedAgain() {
        var world =
                EngineWorld.start()
                        .listing("a")
                        .script("a", "crash helper then crash then verdict=Pass");
        try (RunBench bench = operator(world)) {
            bench.with(Map.of("retries", 2, "retryBackoff", "100ms")).run();
            assertThat(world.entries()).containsExactly("a: Completed/Pass");
            assertThat(world.claim().log())
                    .extracting(logged -> logged.attempt() + " " + logged.outcome())
                    .containsExactly("1 ERROR", "2 ERROR", "3 PASSED");
            assertThat(world.names(Resource.PODS)).as("no helper is left").hasSize(1);
        }
    }

    @Test
    void aRetryThatAFailureElsewhereCancelsLeavesTheTruth() {
        var world =
                EngineWorld.start()
                        .listing("a", "b", "c")
                        .script("a", "crash")
                        .script("b", "after=60s verdict=Fail");
        try (RunBench bench = operator(world)) {
            RunResult result =
                    bench.with(
                                    Map.of(
                                            "strategy", "parallel",
                                            "maxParallel", 2,
                                            "onFailure", "stop",
                                            "retries", 1,
                                            "retryBackoff", "1m"))
                            .run();
            assertThat(cause(result)).isEqualTo(RunEnd.Cause.FAILURE);
            assertThat(world.entries())
                    .containsExactly("a: Skipped/Fail", "b: Completed/Fail", "c: Skipped/N/A");
        }
    }

    @Test
    void anErrorAfterAFailureIsNotTriedAgainAndItsEntrySaysSo() {
        var world =
                EngineWorld.start()
                        .listing("a", "b")
                        .script("a", "verdict=Fail")
                        .script("b", "after=60s verdict=Error");
        try (RunBench bench = operator(world)) {
            bench.with(
                            Map.of(
                                    "strategy", "parallel",
                                    "onFailure", "stop",
                                    "retries", 1))
                    .run();
            assertThat(world.entries()).containsExactly("a: Completed/Fail", "b: Completed/Error");
        }
    }

    @Test
    void experimentTimeoutStopsTheExperimentAndItsHelperFirst() {
        var world = EngineWorld.start().listing("a", "b").script("a", "hang helper");
        try (RunBench bench = operator(world)) {
            bench.with(Map.of("experimentTimeout", "1s")).run();
            assertThat(world.entries())
                    .containsExactly("a: Completed/Stopped", "b: Completed/Pass");
            assertThat(world.names(Resource.PODS)).as("only b's").hasSize(1);
        }
    }

    @Test
    void theDeadlineEndsTheRun() {
        var world = EngineWorld.start().listing("a", "b").script("a", "hang helper");
        try (RunBench bench = operator(world)) {
            RunResult result = bench.with(Map.of("deadline", "1s")).run();
            assertThat(cause(result)).isEqualTo(RunEnd.Cause.DEADLINE);
            assertThat(world.entries()).containsExactly("a: Completed/Stopped", "b: Skipped/N/A");
            assertThat(world.names(Resource.PODS)).isEmpty();
            assertThat(world.events("b")).containsExactly("ExperimentSkipped Normal x1");
        }
    }
}
