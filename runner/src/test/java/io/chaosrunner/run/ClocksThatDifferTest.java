package io.chaosrunner.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.claim.LoggedAttempt;
import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.testing.EngineWorld;
import io.chaosrunner.testing.TamperedCluster;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Clocks of runner, nodes and API server that differ, or are set, delay nothing. */
@Execution(ExecutionMode.CONCURRENT)
class ClocksThatDifferTest {
    private static final Set<String> TIMES =
            Set.of("startedAt", "finishedAt", "lastTransitionTime");

    @Test
    void aClockThatIsSetBackInMidRunHoldsNothingUp() {
        var world = EngineWorld.start().listing("a", "b").script("a", "after=10s");
        var setBack = new AtomicReference<>(Duration.ZERO);
        InstantSource wall = () -> Instant.now().minus(setBack.get());
        world.onRequest(request -> {
            if (request.verb().equals("create") && request.resource().equals("jobs")) {
                setBack.set(Duration.ofHours(5));
            }
        });
        try (RunBench bench =
                new RunBench(world, Caller.PERSON).with(wall.withZone(ZoneOffset.UTC))) {
            assertThat(bench.with(Map.of("strategy", "parallel", "stagger", "200ms")).run())
                    .isInstanceOf(RunResult.Completed.class);
            assertThat(world.entries()).containsExactly("a: Completed/Pass", "b: Completed/Pass");
            assertThat(bench.notices)
                    .filteredOn(RunNotice.Ended.class::isInstance)
                    .hasSize(2)
                    .allSatisfy(ended -> assertThat(((RunNotice.Ended) ended).took()).isPositive());
        }
    }

    @ParameterizedTest(name = "{0} min")
    @ValueSource(ints = {-10, 10})
    void nodesWhoseClocksDifferDelayNothing(int minutes) {
        var world = EngineWorld.start().listing("a", "b", "c").script("b", "verdict=Fail");
        Cluster skewed = nodesAheadBy(Duration.ofMinutes(minutes), world.connect());
        try (RunBench bench = new RunBench(world, Caller.OPERATOR, skewed, "process-1")) {
            assertThat(bench.run()).isInstanceOf(RunResult.Completed.class);
            assertThat(world.entries())
                    .containsExactly("a: Completed/Pass", "b: Completed/Fail", "c: Completed/Pass");
            Instant now = Instant.now().plusSeconds(1);
            for (LoggedAttempt logged : world.claim().log()) {
                assertThat(logged.end()).isBetween(logged.start(), now);
            }
        }
    }

    /** The pod of the operator's runner is started again on another node. */
    @ParameterizedTest(name = "{0} min")
    @ValueSource(ints = {-10, 10})
    void aProcessWhoseClockDiffersFromThatBeforeItDelaysNothing(int minutes) {
        var world = EngineWorld.start().listing("a", "b").script("a", "after=4m");
        Clock other = Clock.offset(Clock.systemUTC(), Duration.ofMinutes(minutes));
        try (RunBench before = new RunBench(world, Caller.OPERATOR).with(other)) {
            before.with(Map.of("strategy", "parallel", "stagger", "3s"));
            var left = before.begin();
            before.untilRunning("a");
            before.leave("SIGTERM");
            RunBench.finished(left);
            try (var cluster = world.connect()) {
                var next = new RunBench(world, Caller.OPERATOR, cluster, "process-2");
                assertThat(next.run()).isInstanceOf(RunResult.Completed.class);
                assertThat(world.entries())
                        .containsExactly("a: Completed/Pass", "b: Completed/Pass");
            }
        }
    }

    private static Cluster nodesAheadBy(Duration offset, Cluster cluster) {
        return TamperedCluster.of(
                cluster,
                (verb, resource, args, call) -> {
                    if (verb.equals("follow") && resource == Resource.PODS) {
                        var heard = (Cluster.Listener) args[5];
                        args[5] =
                                new Cluster.Listener() {
                                    @Override
                                    public void present(ObjectNode object) {
                                        heard.present(shifted(object, offset));
                                    }

                                    @Override
                                    public void gone(ObjectNode object) {
                                        heard.gone(shifted(object, offset));
                                    }

                                    @Override
                                    public void unavailable(ClusterException why) {
                                        heard.unavailable(why);
                                    }
                                };
                    }
                    return call.goOn();
                });
    }

    private static ObjectNode shifted(ObjectNode pod, Duration offset) {
        ObjectNode copy = pod.deepCopy();
        shift(copy.path("status"), offset);
        return copy;
    }

    private static void shift(JsonNode node, Duration offset) {
        if (node instanceof ObjectNode object) {
            for (String time : TIMES) {
                if (object.path(time).isString()) {
                    object.put(
                            time,
                            Instant.parse(object.path(time).asString()).plus(offset).toString());
                }
            }
        }
        node.forEach(child -> shift(child, offset));
    }
}
