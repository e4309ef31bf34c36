package io.chaosrunner.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.job.ExecutionLabels;
import io.chaosrunner.model.ExecutionId;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.testing.EngineWorld;
import io.chaosrunner.testing.TamperedCluster;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/** Two processes that come to one engine at once: nothing runs twice. */
@Execution(ExecutionMode.CONCURRENT)
class TwoRunnersTest {

    static Stream<Arguments> pairs() {
        int times = Boolean.getBoolean("exhaustive") ? 25 : 2;
        return IntStream.range(0, times)
                .boxed()
                .flatMap(
                        i -> Stream.of(Arguments.of(Caller.PERSON), Arguments.of(Caller.OPERATOR)));
    }

    /** Of two persons one is refused; of two runner pods the later one takes the run up. */
    @ParameterizedTest
    @MethodSource("pairs")
    void ofTwoThatStartAtOnceOneRunsEachExperimentOnce(Caller caller) {
        var world = EngineWorld.start().listing("a", "b", "c").script("a", "after=20s");
        try (RunBench one = new RunBench(world, caller);
                var cluster = world.connect()) {
            var other = new RunBench(world, caller, cluster, "process-2");
            other.with(Map.of("strategy", "parallel"));
            one.with(Map.of("strategy", "parallel"));
            var first = one.begin();
            var second = other.begin();
            List<RunResult> results = List.of(RunBench.finished(first), RunBench.finished(second));

            assertThat(results).filteredOn(RunResult.Completed.class::isInstance).hasSize(1);
            assertThat(results)
                    .filteredOn(result -> !(result instanceof RunResult.Completed))
                    .allSatisfy(result ->
                            assertThat(result)
                                    .isInstanceOfAny(
                                            RunResult.Refused.class, RunResult.Left.class));
            assertThat(world.names(Resource.JOBS)).hasSize(3);
            assertThat(world.claim().log()).hasSize(3);
            assertThat(world.claim().run().number()).isEqualTo(1);
            assertThat(world.entries())
                    .containsExactly("a: Completed/Pass", "b: Completed/Pass", "c: Completed/Pass");
        }
    }

    /** Hears nothing of engines, as one that is cut off; what it asks is answered. */
    private static Cluster deaf(EngineWorld world) {
        return TamperedCluster.of(
                world.connect(),
                (verb, resource, args, call) ->
                        verb.equals("follow") && resource == Resource.ENGINES
                                ? (Cluster.Following) () -> {}
                                : call.goOn());
    }

    /**
     * What bears the run's labels belongs to the process that took it up, though this one has not
     * heard of that yet.
     */
    @Test
    void whoStopsARunThatAnotherProcessTookUpRemovesNothing() {
        var world = EngineWorld.start().listing("a", "b").script("a", "crash");
        try (RunBench bench = new RunBench(world, Caller.PERSON, deaf(world), "process-1")) {
            var result = bench.with(Map.of("retries", 1, "retryBackoff", "1h")).begin();
            bench.untilTold(RunNotice.Next.class);
            RunBench.until(() -> world.claim().log().size() == 1);
            // The retry's, by a process that takes the run up.
            ObjectNode pod = helper(world, 2);
            world.load(pod);
            world.edit(
                    "{'metadata': {'annotations': {'%s': %s}}}"
                            .formatted(
                                    Claim.ANNOTATION,
                                    StringNode.valueOf(world.claim().takenBy("process-2").text())));

            bench.stop("Ctrl-C");
            assertThat(RunBench.finished(result)).isInstanceOf(RunResult.Left.class);
            assertThat(world.get(Resource.PODS, "helper").orElseThrow().toString())
                    .doesNotContain("deletionTimestamp");
            assertThat(world.claim().state()).isEqualTo(Claim.State.RUNNING);
        }
    }

    private static ObjectNode helper(EngineWorld world, int attempt) {
        var id = new ExecutionId(world.engine().uid(), world.claim().run().id(), 0, 1, attempt);
        ObjectNode pod =
                EngineWorld.json(
                        """
                        {'apiVersion': 'v1', 'kind': 'Pod',
                         'metadata': {'name': 'helper', 'namespace': 'n'},
                         'spec': {'containers': [{'name': 'c', 'image': 'i'}]},
                         'status': {'phase': 'Running'}}
                        """);
        ObjectNode labels = pod.withObject("/metadata/labels");
        for (String label : ExecutionLabels.selector(id).split(",")) {
            labels.put(label.split("=")[0], label.split("=")[1]);
        }
        return pod;
    }
}
