package io.chaosrunner.run;

import static io.chaosrunner.run.RunBench.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.chaosrunner.claim.Claim.State;
import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.model.RunEnd;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.testing.EngineWorld;
import io.chaosrunner.testing.TamperedCluster;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Whole runs against the sandbox, over HTTP. They mostly wait, so they do it together. */
@Execution(ExecutionMode.CONCURRENT)
class EngineRunTest {
    private static final String ABORTED_BY_THE_OPERATOR =
            """
            {'status': {'experiments': [
              {'name': 'a', 'status': 'Forcefully Aborted', 'verdict': 'Stopped'},
              {'name': 'b', 'status': 'of the operator'}]}}
            """;

    private static RunBench operator(EngineWorld world) {
        return new RunBench(world, Caller.OPERATOR);
    }

    private static RunBench person(EngineWorld world) {
        return new RunBench(world, Caller.PERSON);
    }

    private static RunEnd.Cause cause(RunResult result) {
        return ((RunResult.Completed) result).end().cause();
    }

    @Nested
    class WhenAllGoesWell {
        @Test
        @DisplayName("45, 51: events, entries, claim and Jobs of a run are complete")
        void everythingIsRecorded() {
            try (RunBench bench = operator(EngineWorld.start().listing("a", "b"))) {
                EngineWorld world = bench.world;
                RunResult result = bench.run();

                assertThat(cause(result)).isEqualTo(RunEnd.Cause.PLAN);
                assertThat(world.entries())
                        .containsExactly("a: Completed/Pass", "b: Completed/Pass");
                assertThat(
                                world.engine()
                                        .statusEntries()
                                        .getFirst()
                                        .path("experimentPod")
                                        .asString())
                        .matches("a-[a-z0-9]{6}-[a-z0-9]{5}");
                for (String experiment : List.of("a", "b")) {
                    assertThat(world.events(experiment))
                            .containsExactlyInAnyOrder(
                                    "ExperimentDependencyCheck Normal x1",
                                    "ExperimentJobCreate Normal x1",
                                    "ExperimentJobCleanUp Normal x1");
                }
                assertThat(world.message("ExperimentJobCleanUp")).contains("will be retained");
                assertThat(world.names(Resource.JOBS)).hasSize(2);
                assertThat(world.claim().state()).isEqualTo(State.FINISHED);
                assertThat(world.claim().log()).hasSize(2);
                assertThat(world.engine().engineStatus()).isEqualTo("initialized");
                assertThat(world.engine().spec().path("unknown").path("kept").get(0).asInt())
                        .isEqualTo(1);
                assertThat(world.engine().json().path("status").path("tomorrow").asBoolean())
                        .isTrue();
            }
        }

        @Test
        void experimentsRunOneAfterAnother() {
            try (RunBench bench = operator(EngineWorld.start().listing("a", "b", "c"))) {
                bench.run();
                var log = bench.world.claim().log();
                for (int i = 1; i < 3; i++) {
                    assertThat(log.get(i).slot()).isEqualTo(i);
                    assertThat(log.get(i).start().plusSeconds(1))
                            .isAfterOrEqualTo(log.get(i - 1).end());
                }
            }
        }

        @Test
        void anExperimentCostsAtMostElevenCalls() {
            int few = calls("a");
            int more = calls("a", "b", "c", "d");
            double each = (more - few) / 3.0;
            assertThat(each).isLessThanOrEqualTo(11);
        }

        private int calls(String... experiments) {
            var world =
                    EngineWorld.start()
                            .engineWith("{'spec': {'jobCleanUpPolicy': 'delete'}}", experiments);
            try (RunBench bench = operator(world)) {
                bench.run();
                return world.requests().size();
            }
        }

        @Test
        void twentyInParallelCostAtMostSixCallsEach() {
            String[] names = IntStream.range(0, 20).mapToObj(i -> "x" + i).toArray(String[]::new);
            try (RunBench bench = operator(EngineWorld.start().listing(names))) {
                bench.with(Map.of("strategy", "parallel")).run();
                double each = bench.world.requests().size() / 20.0;
                assertThat(bench.world.entries())
                        .allMatch(entry -> entry.endsWith("Completed/Pass"));
                assertThat(bench.world.names(Resource.JOBS)).hasSize(20);
                assertThat(each).isLessThanOrEqualTo(6);
            }
        }

        @ParameterizedTest(name = "[41-43] jobCleanUpPolicy ''{0}'': {1} Jobs are left")
        @CsvSource({
            "delete,0,will be deleted",
            "retain,1,retained",
            "'',1,retained",
            "odd,1,retained"
        })
        void jobsAreKeptOrDeletedAsThePolicySays(String policy, int left, String message) {
            var world =
                    EngineWorld.start()
                            .engineWith(
                                    "{'spec': {'jobCleanUpPolicy': '%s'}}".formatted(policy), "a");
            try (RunBench bench = operator(world)) {
                bench.run();
                until(() -> world.names(Resource.JOBS).size() == left);
                assertThat(world.message("ExperimentJobCleanUp")).endsWith(message);
                assertThat(bench.warnings().stream().anyMatch(w -> w.contains("'odd'")))
                        .isEqualTo(policy.equals("odd"));
            }
        }

        @Test
        void theJobOfAFailureIsRetainedIfTheUserWantsThat() {
            var world =
                    EngineWorld.start()
                            .engineWith("{'spec': {'jobCleanUpPolicy': 'delete'}}", "a", "b")
                            .script("a", "verdict=Fail");
            try (RunBench bench = operator(world)) {
                bench.with(Map.of("retainOnFailure", true)).run();
                until(() -> world.names(Resource.JOBS).size() == 1);
                assertThat(world.names(Resource.JOBS).getFirst()).startsWith("a-");
            }
        }

        @Test
        void aSecondStartAfterTheEndLaunchesNothing() {
            try (RunBench bench = operator(EngineWorld.start().listing("a"))) {
                bench.run();
                var again =
                        new RunBench(
                                bench.world, Caller.OPERATOR, bench.world.connect(), "process-2");
                assertThat(again.run()).isInstanceOf(RunResult.AlreadyFinished.class);
                assertThat(bench.world.names(Resource.JOBS)).hasSize(1);
                bench.world.edit("{'status': {'experiments': null}}");
                var reset =
                        new RunBench(
                                bench.world, Caller.OPERATOR, bench.world.connect(), "process-3");
                assertThat(cause(reset.run())).isEqualTo(RunEnd.Cause.PLAN);
                assertThat(bench.world.claim().run().number()).isEqualTo(2);
                assertThat(bench.world.names(Resource.JOBS)).hasSize(2);
            }
        }

        @Test
        void anEngineThatListsOneExperimentTwiceRunsItTwice() {
            var world =
                    EngineWorld.start()
                            .listing("a", "b", "a")
                            .script("a", "verdict=Fail then verdict=Pass");
            try (RunBench bench = operator(world)) {
                bench.run();
                assertThat(world.entries())
                        .containsExactly(
                                "a: Completed/Fail", "b: Completed/Pass", "a: Completed/Fail");
                assertThat(world.names(Resource.RESULTS))
                        .containsExactlyInAnyOrder("e-a-s0", "e-b", "e-a-s2");
                assertThat(world.names(Resource.JOBS)).hasSize(3);
            }
        }
    }

    @Nested
    class WhenAnExperimentCannotBeLaunched {
        @Test
        @DisplayName("29, 54: one that does not exist is named, and the others run")
        void notFound() {
            try (RunBench bench = operator(EngineWorld.start().listing("a", "b", "c"))) {
                bench.world.delete(Resource.EXPERIMENTS, "b");
                RunResult result = bench.run();
                assertThat(result).isInstanceOf(RunResult.Completed.class);
                assertThat(bench.world.entries())
                        .containsExactly(
                                "a: Completed/Pass",
                                "b: ChaosExperiment Not Found/Fail",
                                "c: Completed/Pass");
                assertThat(bench.world.events("b"))
                        .containsExactly("ExperimentNotFound Warning x1");
            }
        }

        @Test
        @DisplayName("2: no EXPERIMENT_LIST is one experiment without a name")
        void emptyList() {
            try (RunBench bench = operator(EngineWorld.start().listing())) {
                assertThat(bench.experiments("").run()).isInstanceOf(RunResult.Completed.class);
                assertThat(bench.world.entries())
                        .containsExactly(": ChaosExperiment Not Found/Fail");
            }
        }

        @Test
        void invalid() {
            try (RunBench bench = operator(EngineWorld.start().listing("a", "b"))) {
                bench.world.edit(
                        Resource.EXPERIMENTS, "a", "{'spec': {'definition': {'image': null}}}");
                bench.run();
                assertThat(bench.world.entries())
                        .containsExactly("a: Skipped/Fail", "b: Completed/Pass");
                assertThat(bench.world.message("ExperimentDependencyCheck")).contains("image");
            }
        }

        @Test
        @DisplayName("26: a ConfigMap and a Secret that are missing are both named")
        void missingConfigMapAndSecret() {
            try (RunBench bench = operator(EngineWorld.start().listing("a"))) {
                mount(bench.world);
                bench.run();
                assertThat(bench.world.entries()).containsExactly("a: Skipped/Fail");
                assertThat(bench.world.message("ExperimentDependencyCheck"))
                        .contains("ConfigMap n/c not found, needed by experiment a")
                        .contains("Secret n/s not found");
                assertThat(bench.world.names(Resource.JOBS)).isEmpty();
            }
        }

        private static void mount(EngineWorld world) {
            world.edit(
                    Resource.EXPERIMENTS,
                    "a",
                    """
                    {'spec': {'definition': {'configMaps': [{'name': 'c', 'mountPath': '/c'}],
                                             'secrets': [{'name': 's', 'mountPath': '/s'}]}}}
                    """);
        }

        @Test
        void anAccountThatMayNotLookLaunchesAllTheSame() {
            try (RunBench bench = operator(EngineWorld.start().listing("a"))) {
                mount(bench.world);
                bench.world.server().forbid("get", "configmaps");
                bench.world.server().forbid("get", "secrets");
                bench.run();
                assertThat(bench.world.entries()).containsExactly("a: Completed/Pass");
                assertThat(bench.warnings()).singleElement().asString().contains("not checked");
            }
        }

        @Test
        void anAccountThatMayNotCreateJobsSaysSoInEveryEntry() {
            try (RunBench bench = operator(EngineWorld.start().listing("a", "b"))) {
                bench.world.server().forbid("create", "jobs");
                assertThat(bench.run()).isInstanceOf(RunResult.Completed.class);
                assertThat(bench.world.entries())
                        .containsExactly("a: Skipped/Fail", "b: Skipped/Fail");
                assertThat(bench.world.message("ExperimentDependencyCheck"))
                        .contains("cannot create resource \"jobs\"");
            }
        }

        @Test
        void aConfigurationThatIsUnusableLaunchesNothing() {
            try (RunBench bench = operator(EngineWorld.start().listing("a"))) {
                RunResult result =
                        bench.with(Map.of("strategy", "sequental", "deadline", "soon")).run();
                assertThat(((RunResult.Misconfigured) result).problems()).hasSize(2);
                assertThat(bench.world.entries()).containsExactly("a: Skipped/Fail");
                assertThat(bench.world.claim().state()).isEqualTo(State.FINISHED);
                assertThat(bench.world.events("")).containsExactly("ChaosRunFailed Warning x1");
            }
        }

        @Test
        void anEngineThatListsMoreThanItsRecordHoldsIsRefusedAtOnce() {
            String[] names =
                    IntStream.range(0, 1_500).mapToObj(i -> "x" + i).toArray(String[]::new);
            try (RunBench bench = operator(EngineWorld.start().listing("x0"))) {
                RunResult result = bench.experiments(names).run();
                assertThat(((RunResult.Misconfigured) result).problems())
                        .hasSize(1)
                        .first()
                        .asString()
                        .startsWith("spec.experiments: lists 1500 experiments, but the record");
                assertThat(bench.world.names(Resource.JOBS)).isEmpty();
            }
        }
    }

    @Nested
    class WhenAnExperimentFails {
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
            try (RunBench bench =
                    operator(EngineWorld.start().listing("a").script("a", scenario))) {
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
                        .startsWith(
                                "Experiment Job creation failed, skipping Chaos Experiment: a (")
                        .contains("exit code 137: OOMKilled");
            }
        }

        @Test
        void aResultThatDoesNotComeIsExplained() {
            try (RunBench bench =
                    operator(EngineWorld.start().listing("a").script("a", "no-result"))) {
                bench.run();
                assertThat(bench.world.events("a")).contains("ChaosResultMissing Warning x1");
            }
        }

        @Test
        void theResultOfAnEarlierRunIsNotTakenForANewOne() {
            var world =
                    EngineWorld.start().listing("a").script("a", "verdict=Pass then stale-result");
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
            try (RunBench bench =
                    operator(EngineWorld.start().listing("a", "b").script("a", "hang"))) {
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
                assertThat(world.entries())
                        .containsExactly("a: Completed/Fail", "b: Completed/Error");
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
                assertThat(world.entries())
                        .containsExactly("a: Completed/Stopped", "b: Skipped/N/A");
                assertThat(world.names(Resource.PODS)).isEmpty();
                assertThat(world.events("b")).containsExactly("ExperimentSkipped Normal x1");
            }
        }
    }

    @Nested
    class WhenItIsStopped {
        @Test
        void aPersonsStopRemovesWhatRunsAndOnlyThenSaysSo() {
            var world = EngineWorld.start().listing("a", "b").script("a", "hang helper");
            try (RunBench bench = person(world)) {
                var result = bench.begin();
                bench.untilRunning("a");
                until(() -> world.names(Resource.PODS).size() == 2);
                List<Integer> podsAtTheEnd = new CopyOnWriteArrayList<>();
                world.onRequest(request -> {
                    if (request.verb().equals("patch") && world.names(Resource.PODS).isEmpty()) {
                        podsAtTheEnd.add(0);
                    }
                });
                bench.stop("Ctrl-C");
                assertThat(cause(RunBench.finished(result))).isEqualTo(RunEnd.Cause.ABORT);
                assertThat(world.entries())
                        .containsExactly(
                                "a: Forcefully Aborted/Stopped", "b: Forcefully Aborted/Stopped");
                assertThat(world.names(Resource.PODS)).isEmpty();
                assertThat(world.names(Resource.JOBS)).isEmpty();
                assertThat(podsAtTheEnd).isNotEmpty();
                assertThat(world.claim().state()).isEqualTo(State.FINISHED);
            }
        }

        @Test
        void anEditOfEngineStateStopsAPersonsRun() {
            var world = EngineWorld.start().listing("a", "b").script("a", "hang");
            try (RunBench bench = person(world)) {
                var result = bench.begin();
                bench.untilRunning("a");
                world.edit("{'spec': {'engineState': 'stop'}}");
                assertThat(cause(RunBench.finished(result))).isEqualTo(RunEnd.Cause.ABORT);
                assertThat(bench.launches()).isEqualTo(1);
            }
        }

        @Test
        @DisplayName("53: under the operator nothing more is launched and the status is left alone")
        void theOperatorsStop() {
            var world = EngineWorld.start().listing("a", "b").script("a", "hang");
            try (RunBench bench = operator(world)) {
                var result = bench.begin();
                bench.untilRunning("a");
                until(() -> world.entries().getFirst().contains("Running"));
                world.edit("{'spec': {'engineState': 'stop'}}");
                bench.untilTold(RunNotice.Waiting.class);
                List<String> before = world.entries();
                assertThat(RunBench.finished(result))
                        .isEqualTo(new RunResult.Left("the operator ends this run", true));
                assertThat(world.entries()).isEqualTo(before);
                assertThat(bench.launches()).isEqualTo(1);
            }
        }

        @Test
        void anEngineWhoseEntriesAreTakenAwayEndsItsRun() {
            var world = EngineWorld.start().listing("a", "b").script("a", "hang helper");
            try (RunBench bench = operator(world)) {
                var result = bench.begin();
                bench.untilRunning("a");
                until(() -> world.entries().getFirst().contains("Running"));
                world.edit("{'status': {'experiments': null}}");
                assertThat(RunBench.finished(result))
                        .isEqualTo(
                                new RunResult.Left(
                                        "the engine's status was reset: it has 0 entries instead"
                                                + " of 2; what ran was removed",
                                        false));
                assertThat(bench.launches()).isEqualTo(1);
                assertThat(world.entries()).isEmpty();
                assertThat(world.names(Resource.PODS)).isEmpty();
                assertThat(world.names(Resource.JOBS)).isEmpty();
            }
        }

        @Test
        void anEngineWhoseEntriesSomebodyAbortsEndsItsRun() {
            var world = EngineWorld.start().listing("a", "b").script("a", "hang helper");
            try (RunBench bench = operator(world)) {
                var result = bench.begin();
                bench.untilRunning("a");
                until(() -> world.entries().getFirst().contains("Running"));
                world.edit(ABORTED_BY_THE_OPERATOR);
                assertThat(RunBench.finished(result))
                        .isEqualTo(
                                new RunResult.Left(
                                        "the operator aborted the run; what ran was removed",
                                        false));
                assertThat(bench.launches()).isEqualTo(1);
                assertThat(world.entries())
                        .containsExactly("a: Forcefully Aborted/Stopped", "b: of the operator/");
                assertThat(world.names(Resource.PODS)).isEmpty();
                assertThat(world.names(Resource.JOBS)).isEmpty();
            }
        }

        @Test
        void entriesAbortedBetweenCheckAndCreationWithdrawTheJob() {
            var world = EngineWorld.start().listing("a", "b");
            try (RunBench bench = operator(world)) {
                world.onRequest(request -> {
                    if (request.verb().equals("create") && request.resource().equals("jobs")) {
                        world.edit(ABORTED_BY_THE_OPERATOR);
                    }
                });
                assertThat(bench.run()).isInstanceOf(RunResult.Left.class);
                assertThat(world.names(Resource.JOBS)).isEmpty();
                assertThat(world.names(Resource.PODS)).isEmpty();
            }
        }

        @Test
        void entriesTakenAwayBetweenCheckAndCreationWithdrawTheJob() {
            var world = EngineWorld.start().listing("a");
            try (RunBench bench = operator(world)) {
                world.onRequest(request -> {
                    if (request.verb().equals("create") && request.resource().equals("jobs")) {
                        world.edit("{'status': {'experiments': null}}");
                    }
                });
                assertThat(bench.run()).isInstanceOf(RunResult.Left.class);
                assertThat(world.names(Resource.JOBS)).isEmpty();
                assertThat(world.names(Resource.PODS)).isEmpty();
                assertThat(world.entries()).isEmpty();
            }
        }

        @Test
        void aStopBetweenCheckAndCreationWithdrawsTheJob() {
            var world = EngineWorld.start().listing("a");
            try (RunBench bench = person(world)) {
                world.onRequest(request -> {
                    if (request.verb().equals("create") && request.resource().equals("jobs")) {
                        world.edit("{'spec': {'engineState': 'stop'}}");
                    }
                });
                assertThat(cause(bench.run())).isEqualTo(RunEnd.Cause.ABORT);
                assertThat(world.names(Resource.JOBS)).isEmpty();
                assertThat(world.names(Resource.PODS)).isEmpty();
                assertThat(world.entries()).containsExactly("a: Forcefully Aborted/Stopped");
            }
        }

        @Test
        void leavingWritesAndLaunchesNothingMore() {
            var world = EngineWorld.start().listing("a", "b").script("a", "after=30s");
            try (RunBench bench = operator(world)) {
                var result = bench.begin();
                bench.untilRunning("a");
                // The last request of all that look after it; from then on it is quiet.
                RunBench.until(() -> world.count("watch", "chaosengines") == 1);
                bench.leave("SIGTERM");
                assertThat(RunBench.finished(result))
                        .isEqualTo(new RunResult.Left("SIGTERM", true));
                int requests = world.requests().size();
                assertThat(world.names(Resource.JOBS)).hasSize(1);
                assertThat(world.requests()).hasSize(requests);
            }
        }

        @Test
        @DisplayName("53: leaving while a Job is being created does not leave the Job behind")
        void leavingDuringACreationWithdrawsTheJobIfTheEngineSaysStop() {
            var world = EngineWorld.start().listing("a").script("a", "after=30s");
            try (RunBench bench = operator(world)) {
                var result = new CompletableFuture<RunResult>();
                world.onRequest(request -> {
                    if (request.verb().equals("create") && request.resource().equals("jobs")) {
                        world.edit("{'spec': {'engineState': 'stop'}}");
                        bench.leave("SIGTERM");
                        // The creation is slow: a runner that does not wait for it is gone by then.
                        try {
                            result.get(500, TimeUnit.MILLISECONDS);
                        } catch (TimeoutException e) {
                            // It waits.
                        } catch (InterruptedException | ExecutionException e) {
                            throw new IllegalStateException(e);
                        }
                    }
                });
                bench.begin().thenAccept(result::complete);
                assertThat(RunBench.finished(result)).isInstanceOf(RunResult.Left.class);
                until(() -> world.count("create", "jobs") == 1);
                assertThat(world.names(Resource.JOBS)).isEmpty();
                assertThat(world.names(Resource.PODS)).isEmpty();
            }
        }

        /** A world in which a pod of the run before is left. */
        private EngineWorld worldWithAnOldPod() {
            var world = EngineWorld.start().listing("a");
            world.load(
                    EngineWorld.json(
                            """
                            {'apiVersion': 'v1', 'kind': 'Pod',
                             'metadata': {'name': 'old', 'namespace': 'n', 'labels': {'chaosUID': '%s'}},
                             'spec': {'containers': [{'name': 'c', 'image': 'i'}]}}
                            """
                                    .formatted(world.engine().uid())));
            return world;
        }

        @Test
        void leavingBeforeTheStartWritesNothing() {
            var world = worldWithAnOldPod();
            try (RunBench bench = operator(world)) {
                var result = bench.begin();
                bench.untilTold(RunNotice.Waiting.class);
                bench.leave("SIGTERM");
                assertThat(RunBench.finished(result))
                        .isEqualTo(new RunResult.Left("SIGTERM", true));
                assertThat(world.count("patch", "chaosengines")).isZero();
            }
        }

        @Test
        void aRunThatWaitsForThemIsNotReplaced() {
            var world = worldWithAnOldPod();
            try (RunBench bench = operator(world)) {
                var result = bench.begin();
                bench.untilTold(RunNotice.Waiting.class);
                bench.replace("the next fire came");
                world.delete(Resource.PODS, "old");
                assertThat(RunBench.finished(result)).isInstanceOf(RunResult.Completed.class);
                assertThat(world.entries()).containsExactly("a: Completed/Pass");
            }
        }

        @Test
        void theLastRunsPodsGoFirst() {
            var world = worldWithAnOldPod();
            try (RunBench bench = operator(world)) {
                var result = bench.begin();
                bench.untilTold(RunNotice.Waiting.class);
                assertThat(world.names(Resource.JOBS)).isEmpty();
                world.delete(Resource.PODS, "old");
                RunBench.finished(result);
                assertThat(world.entries()).containsExactly("a: Completed/Pass");
            }
        }
    }

    @Nested
    class WhenTheEngineChangesHands {
        @Test
        void anEngineDeletedUnderTheOperatorTakesItsChaosWithIt() {
            var world = EngineWorld.start().listing("a").script("a", "hang helper");
            try (RunBench bench = operator(world)) {
                var result = bench.begin();
                bench.untilRunning("a");
                until(() -> world.names(Resource.PODS).size() == 2);
                world.delete(Resource.ENGINES, "e");
                assertThat(RunBench.finished(result))
                        .isEqualTo(
                                new RunResult.Left(
                                        "the engine was deleted; what ran was removed", false));
                assertThat(world.names(Resource.PODS)).isEmpty();
                assertThat(world.names(Resource.JOBS)).isEmpty();
            }
        }

        @Test
        void anEngineDeletedUnderAPersonTakesItsChaosWithIt() {
            var world = EngineWorld.start().listing("a", "b").script("a", "hang helper");
            try (RunBench bench = person(world)) {
                var result = bench.begin();
                bench.untilRunning("a");
                until(() -> world.names(Resource.PODS).size() == 2);
                world.delete(Resource.ENGINES, "e");
                assertThat(RunBench.finished(result)).isInstanceOf(RunResult.Left.class);
                assertThat(world.names(Resource.PODS)).isEmpty();
                assertThat(world.names(Resource.JOBS)).isEmpty();
            }
        }

        @Test
        void aForeignClaimEndsOurPart() {
            var world = EngineWorld.start().listing("a", "b").script("a", "after=60s");
            try (RunBench bench = operator(world)) {
                var result = bench.begin();
                bench.untilRunning("a");
                String foreign = world.claim().takenBy("somebody else").text();
                world.edit(annotation(foreign));
                assertThat(RunBench.finished(result)).isInstanceOf(RunResult.Left.class);
                assertThat(world.claim().instance()).isEqualTo("somebody else");
                assertThat(bench.launches()).isEqualTo(1);
                assertThat(world.names(Resource.JOBS)).as("the other's by now").hasSize(1);
            }
        }

        @ParameterizedTest(name = "claim \"{0}\"")
        @ValueSource(strings = {"hands off", ""})
        void aClaimThatNobodyHoldsAnyMoreEndsTheRunAndWhatItLaunched(String edited) {
            var world = EngineWorld.start().listing("a", "b").script("a", "hang helper");
            try (RunBench bench = operator(world)) {
                var result = bench.begin();
                bench.untilRunning("a");
                until(() -> world.names(Resource.PODS).size() == 2);
                world.edit(annotation(edited));
                assertThat(RunBench.finished(result))
                        .asInstanceOf(type(RunResult.Left.class))
                        .satisfies(left -> {
                            assertThat(left.why()).endsWith("; what ran was removed");
                            assertThat(left.unfinished()).isFalse();
                        });
                assertThat(world.names(Resource.PODS)).isEmpty();
                assertThat(world.names(Resource.JOBS)).isEmpty();
                assertThat(world.entries())
                        .containsExactly(
                                "a: Forcefully Aborted/Stopped", "b: Forcefully Aborted/Stopped");
                assertThat(world.claim().state()).isEqualTo(State.FINISHED);
            }
        }

        @Test
        void anotherRunOfTheEngineKnowsNothingOfWhatWeLaunched() {
            var world = EngineWorld.start().listing("a", "b").script("a", "hang helper");
            try (RunBench bench = person(world)) {
                var result = bench.begin();
                bench.untilRunning("a");
                until(() -> world.names(Resource.PODS).size() == 2);
                String ours = world.claim().run().id();
                String other = world.claim().text().replace(ours, "another");
                world.edit(annotation(other));
                assertThat(RunBench.finished(result)).isInstanceOf(RunResult.Left.class);
                assertThat(world.names(Resource.PODS)).isEmpty();
                assertThat(world.names(Resource.JOBS)).isEmpty();
                assertThat(world.claim().run().id()).isEqualTo("another");
            }
        }

        @Test
        void anEngineThatTheOperatorEmptiedIsNotOursAnyMore() {
            var world = EngineWorld.start().listing("a", "b").script("a", "hang helper");
            try (RunBench bench = person(world)) {
                var result = bench.begin();
                bench.untilRunning("a");
                until(() -> world.names(Resource.PODS).size() == 2);
                world.edit("{'status': {'experiments': []}}");
                bench.stop("so that something is written");
                assertThat(RunBench.finished(result)).isInstanceOf(RunResult.Left.class);
                assertThat(world.names(Resource.PODS)).isEmpty();
                assertThat(world.names(Resource.JOBS)).isEmpty();
                assertThat(world.entries()).isEmpty();
            }
        }

        @ParameterizedTest
        @EnumSource(names = {"OPERATOR", "PERSON"})
        void anEngineMadeAnewUnderItsNameIsNotTheOneThatRan(Caller caller) {
            var world =
                    EngineWorld.start()
                            .listing("a", "b")
                            .script("a", "hang helper")
                            .script("b", "after=20s");
            var unseen =
                    TamperedCluster.of(
                            world.connect(),
                            (verb, resource, args, call) ->
                                    verb.equals("follow") && resource == Resource.ENGINES
                                            ? (Cluster.Following) () -> {}
                                            : call.goOn());
            try (RunBench bench = new RunBench(world, caller, unseen, "process-1")) {
                var anew = new CompletableFuture<String>();
                world.onRequest(request -> {
                    boolean writes =
                            request.verb().equals("patch")
                                    && world.names(Resource.PODS).toString().contains("helper");
                    if (writes && !anew.isDone()) {
                        // With all that the old one said, as from a backup.
                        ObjectNode copy = world.engine().json().deepCopy();
                        copy.withObject("/metadata")
                                .remove(List.of("uid", "resourceVersion", "creationTimestamp"));
                        world.delete(Resource.ENGINES, "e");
                        world.load(copy);
                        anew.complete(world.engine().json().toString());
                    }
                });
                assertThat(bench.with(Map.of("strategy", "parallel")).run())
                        .isEqualTo(
                                new RunResult.Left(
                                        "the engine was deleted; what ran was removed", false));
                assertThat(world.names(Resource.PODS)).isEmpty();
                assertThat(world.names(Resource.JOBS)).isEmpty();
                assertThat(world.engine().json().toString())
                        .as("the new engine")
                        .isEqualTo(anew.join());
            }
        }

        @Test
        void aPersonDoesNotTakeAnEngineThatSomebodyRuns() {
            var world = EngineWorld.start().listing("a").script("a", "after=60s");
            try (RunBench bench = operator(world)) {
                var result = bench.begin();
                bench.untilRunning("a");
                var other = new RunBench(world, Caller.PERSON, world.connect(), "process-2");
                assertThat(((RunResult.Refused) other.run()).why())
                        .contains("owned by process process-1")
                        .contains("--resume");
                RunBench.finished(result);
            }
        }

        private static String annotation(String claim) {
            return "{'metadata': {'annotations': {'chaosrunner.io/run': %s}}}"
                    .formatted(
                            JsonMapper.shared().writeValueAsString(claim).replace("'", "\\u0027"));
        }
    }

    @Nested
    class WithFewRights {
        @Test
        void withoutPatchTheEngineIsReplacedAndNothingIsLost() {
            var world = EngineWorld.start().listing("a", "b");
            world.server().forbid("patch", "chaosengines");
            try (RunBench bench = operator(world)) {
                bench.run();
                assertThat(world.entries())
                        .containsExactly("a: Completed/Pass", "b: Completed/Pass");
                assertThat(world.engine().spec().path("unknown").path("kept").get(0).asInt())
                        .isEqualTo(1);
            }
        }

        @Test
        @DisplayName("50: an account that may only get and list runs everything")
        void withoutWatch() {
            var world = EngineWorld.start().listing("a", "b");
            for (String resource : List.of("pods", "jobs", "chaosengines")) {
                world.server().forbid("watch", resource);
            }
            try (RunBench bench = operator(world)) {
                bench.run();
                assertThat(world.entries())
                        .containsExactly("a: Completed/Pass", "b: Completed/Pass");
            }
        }

        @Test
        void withoutJobsToReadPodsAreEnough() {
            var world = EngineWorld.start().listing("a", "b").script("a", "hang");
            for (String verb : List.of("get", "list", "watch")) {
                world.server().forbid(verb, "jobs");
            }
            try (RunBench bench = person(world)) {
                var result = bench.begin();
                bench.untilRunning("a");
                bench.stop("enough");
                RunBench.finished(result);
                assertThat(world.entries())
                        .containsExactly(
                                "a: Forcefully Aborted/Stopped", "b: Forcefully Aborted/Stopped");
            }
        }

        @Test
        void withoutResultsTheVerdictIsErrorAndSaysWhy() {
            var world = EngineWorld.start().listing("a");
            world.server().forbid("get", "chaosresults");
            try (RunBench bench = operator(world)) {
                bench.run();
                assertThat(world.entries()).containsExactly("a: Completed/Error");
                assertThat(world.message("ChaosResultMissing")).contains("cannot get resource");
            }
        }

        @Test
        void withoutEventsTheRunGoesOn() {
            var world = EngineWorld.start().listing("a", "b");
            world.server().forbid("create", "events");
            try (RunBench bench = operator(world)) {
                bench.run();
                assertThat(world.entries())
                        .containsExactly("a: Completed/Pass", "b: Completed/Pass");
                assertThat(bench.warnings()).hasSize(1).first().asString().contains("events");
                assertThat(world.count("create", "events")).isZero();
            }
        }

        @Test
        void withoutDeleteTheJobIsKeptAndTheEventSaysSo() {
            var world =
                    EngineWorld.start().engineWith("{'spec': {'jobCleanUpPolicy': 'delete'}}", "a");
            world.server().forbid("delete", "jobs");
            try (RunBench bench = operator(world)) {
                bench.run();
                assertThat(world.entries()).containsExactly("a: Completed/Pass");
                assertThat(world.message("ExperimentJobCleanUp")).endsWith("will be retained");
            }
        }

        @ParameterizedTest
        @CsvSource({"get,chaosengines", "list,pods"})
        void withoutWhatIsRequiredNothingIsLaunched(String verb, String resource) {
            var world = EngineWorld.start().listing("a");
            world.server().forbid(verb, resource);
            try (RunBench bench = operator(world)) {
                assertThat(((RunResult.Refused) bench.run()).why()).contains("cannot " + verb);
                assertThat(world.count("create", "jobs")).isZero();
            }
        }
    }
}
