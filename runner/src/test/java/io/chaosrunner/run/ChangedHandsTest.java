package io.chaosrunner.run;

import static io.chaosrunner.run.RunBench.operator;
import static io.chaosrunner.run.RunBench.person;
import static io.chaosrunner.run.RunBench.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.chaosrunner.claim.Claim.State;
import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.testing.EngineWorld;
import io.chaosrunner.testing.TamperedCluster;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Whole runs whose engine is taken by another runner, or taken up, against the sandbox, over HTTP;
 * they mostly wait, so they do it together.
 */
@Execution(ExecutionMode.CONCURRENT)
class ChangedHandsTest {
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
                .formatted(JsonMapper.shared().writeValueAsString(claim).replace("'", "\\u0027"));
    }
}
