package io.chaosrunner.attempt;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.run.RunBench;
import io.chaosrunner.run.RunResult;
import io.chaosrunner.testing.EngineWorld;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Execution(ExecutionMode.CONCURRENT)
class LastLookTest {

    @Test
    void anEngineThatNeverRanHasNothingLeft() {
        try (var world = EngineWorld.start().listing("a");
                var cluster = world.connect()) {
            assertThat(LastLook.at(cluster, EngineWorld.ENGINE)).isEmpty();
        }
    }

    @Test
    void anEngineWhoseRunIsOverHasNothingLeft() {
        var world = EngineWorld.start().listing("a");
        try (RunBench bench = new RunBench(world, Caller.OPERATOR);
                var cluster = world.connect()) {
            assertThat(bench.run()).isInstanceOf(RunResult.Completed.class);
            assertThat(LastLook.at(cluster, EngineWorld.ENGINE)).isEmpty();
        }
    }

    @Test
    void whatRunsIsNamed() {
        var world = EngineWorld.start().listing("a").script("a", "hang");
        try (RunBench bench = new RunBench(world, Caller.OPERATOR);
                var cluster = world.connect()) {
            var result = bench.begin();
            bench.untilRunning("a");
            assertThat(LastLook.at(cluster, EngineWorld.ENGINE))
                    .hasValueSatisfying(left ->
                            assertThat(left).contains(world.names(Resource.PODS).getFirst()));
            bench.leave("SIGTERM");
            RunBench.finished(result);
        }
    }

    /** As when somebody damaged the claim of a run that goes on. */
    @Test
    void anEntryThatIsOpenIsARunThatIsNotOver() {
        try (var world = EngineWorld.start().listing("a");
                var cluster = world.connect()) {
            world.edit(
                    "{'metadata': {'annotations': {'chaosrunner.io/run': 'damaged'}}, 'status': {'experiments': [{'name': 'a', 'status': 'Running', 'verdict': 'Awaited'}]}}");
            assertThat(LastLook.at(cluster, EngineWorld.ENGINE))
                    .hasValueSatisfying(left -> assertThat(left).contains("is not over"));
        }
    }

    @ParameterizedTest
    @CsvSource({"get, chaosengines", "list, pods"})
    void whatMayNotBeReadMayBeLeft(String verb, String resource) {
        try (var world = EngineWorld.start().listing("a");
                var cluster = world.connect()) {
            world.server().forbid(verb, resource);
            assertThat(LastLook.at(cluster, EngineWorld.ENGINE))
                    .hasValueSatisfying(
                            left -> assertThat(left).contains("nobody knows", "cannot " + verb));
        }
    }
}
