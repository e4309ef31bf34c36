package io.chaosrunner.run;

import static io.chaosrunner.run.RunBench.cause;
import static io.chaosrunner.run.RunBench.operator;
import static io.chaosrunner.run.RunBench.until;
import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.claim.Claim.State;
import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.model.RunEnd;
import io.chaosrunner.sandbox.SandboxServer;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.testing.EngineWorld;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Whole runs in which all goes well, against the sandbox, over HTTP; they mostly wait, so they do
 * it together.
 */
@Execution(ExecutionMode.CONCURRENT)
class EngineRunTest {
    @Test
    @DisplayName("45, 51: events, entries, claim and Jobs of a run are complete")
    void everythingIsRecorded() {
        try (RunBench bench = operator(EngineWorld.start().listing("a", "b"))) {
            EngineWorld world = bench.world;
            RunResult result = bench.run();

            assertThat(cause(result)).isEqualTo(RunEnd.Cause.PLAN);
            assertThat(world.entries()).containsExactly("a: Completed/Pass", "b: Completed/Pass");
            assertThat(world.engine().statusEntries().getFirst().path("experimentPod").asString())
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
            assertThat(world.engine().json().path("status").path("tomorrow").asBoolean()).isTrue();
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
        Cost few = cost("a");
        Cost more = cost("a", "b", "c", "d");

        // Each writes what changed, and has its result read once.
        int each = more.sure - few.sure + more.changes - few.changes + 3;
        assertThat(each / 3.0).isLessThanOrEqualTo(11);
        assertThat(more.writes).isLessThanOrEqualTo(more.changes + 1);
        // A result that is late is asked for again: where the machine is busy, not each time.
        assertThat(
                        Stream.iterate(more, _ -> cost("a", "b", "c", "d"))
                                .limit(5)
                                .anyMatch(one -> (one.all - few.all) / 3.0 <= 11))
                .isTrue();
    }

    /**
     * What a run asked for.
     *
     * @param sure calls that do not depend on how fast anything is
     * @param changes of the engine, each of which is written at most once, beside the claim; how
     *     many of them go in one write depends on time, as does how often a result is asked for
     */
    private record Cost(int all, int sure, int writes, int changes) {}

    private Cost cost(String... experiments) {
        var world =
                EngineWorld.start()
                        .engineWith("{'spec': {'jobCleanUpPolicy': 'delete'}}", experiments);
        try (RunBench bench = operator(world)) {
            bench.run();
            var requests = world.requests();
            int writes = 0;
            int results = 0;
            for (var request : requests) {
                if (request.resource().equals("chaosresults")) {
                    results++;
                } else if (request.resource().equals("chaosengines")
                        && request.verb().equals("patch")) {
                    writes++;
                }
            }
            int changes =
                    bench.notices.stream()
                            .mapToInt(notice ->
                                    notice instanceof RunNotice.Wrote(int commits) ? commits : 0)
                            .sum();
            return new Cost(requests.size(), requests.size() - writes - results, writes, changes);
        }
    }

    @Test
    void twentyInParallelCostAtMostSixCallsEach() {
        String[] names = IntStream.range(0, 20).mapToObj(i -> "x" + i).toArray(String[]::new);
        try (RunBench bench = operator(EngineWorld.start().listing(names))) {
            bench.with(Map.of("strategy", "parallel")).run();
            double each = bench.world.requests().size() / 20.0;
            assertThat(bench.world.entries()).allMatch(entry -> entry.endsWith("Completed/Pass"));
            assertThat(bench.world.names(Resource.JOBS)).hasSize(20);
            assertThat(each).isLessThanOrEqualTo(6);
        }
    }

    @ParameterizedTest(name = "[41-43] jobCleanUpPolicy ''{0}'': {1} Jobs are left")
    @CsvSource({"delete,0,will be deleted", "retain,1,retained", "'',1,retained", "odd,1,retained"})
    void jobsAreKeptOrDeletedAsThePolicySays(String policy, int left, String message) {
        var world =
                // Not every CRD says which policies there are.
                EngineWorld.start(SandboxServer.Options.DEFAULT.withSpeed(50))
                        .engineWith("{'spec': {'jobCleanUpPolicy': '%s'}}".formatted(policy), "a");
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
                    new RunBench(bench.world, Caller.OPERATOR, bench.world.connect(), "process-2");
            assertThat(again.run()).isInstanceOf(RunResult.AlreadyFinished.class);
            assertThat(bench.world.names(Resource.JOBS)).hasSize(1);
            bench.world.edit("{'status': {'experiments': null}}");
            var reset =
                    new RunBench(bench.world, Caller.OPERATOR, bench.world.connect(), "process-3");
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
                    .containsExactly("a: Completed/Fail", "b: Completed/Pass", "a: Completed/Fail");
            assertThat(world.names(Resource.RESULTS))
                    .containsExactlyInAnyOrder("e-a-s0", "e-b", "e-a-s2");
            assertThat(world.names(Resource.JOBS)).hasSize(3);
        }
    }
}
