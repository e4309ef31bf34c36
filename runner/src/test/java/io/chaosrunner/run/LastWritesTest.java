package io.chaosrunner.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.engine.ChaosPods;
import io.chaosrunner.sandbox.SandboxServer.Options;
import io.chaosrunner.testing.EngineWorld;
import io.chaosrunner.testing.TamperedCluster;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The last writes of a run are the ones that say how it ended: whatever becomes of them, no run is
 * said to be over that is not, and nothing runs twice.
 */
@Execution(ExecutionMode.CONCURRENT)
class LastWritesTest {
    private static final Set<String> WRITES = Set.of("patch", "replace", "create");

    /** Somebody who writes without end is borne without end, so conflicts are not. */
    private static final int FOR_EVER = 1_000_000;

    /** Counts writes of engines and records, and answers some of them otherwise. */
    private static Cluster answering(
            EngineWorld world, AtomicInteger writes, int from, int times, Kind kind, boolean done) {
        return TamperedCluster.of(
                world.connect(),
                (verb, resource, args, call) -> {
                    boolean counts =
                            WRITES.contains(verb)
                                    && (resource == Resource.ENGINES
                                            || resource == Resource.CONFIG_MAPS);
                    int number = counts ? writes.incrementAndGet() : 0;
                    if (number < from || number >= from + times || !counts) {
                        return call.goOn();
                    }
                    if (done) {
                        var _ = call.goOn();
                    }
                    throw new ClusterException(kind, "injected " + kind);
                });
    }

    private static EngineWorld world() {
        return EngineWorld.start(Options.DEFAULT.withSpeed(300))
                .listing("a", "b")
                .script("a", "helper verdict=Fail")
                .script("b", "abandon");
    }

    static Stream<Arguments> answers() {
        var writes = new AtomicInteger();
        try (EngineWorld world = world()) {
            Cluster counting = answering(world, writes, FOR_EVER, 0, Kind.SERVER, false);
            new RunBench(world, Caller.OPERATOR, counting, "process-1").run();
        }
        int last = writes.get();
        return Stream.of(Kind.CONFLICT, Kind.INVALID, Kind.FORBIDDEN, Kind.SERVER)
                .flatMap(kind ->
                        IntStream.rangeClosed(last - 2, last)
                                .boxed()
                                .flatMap(from ->
                                        Stream.of(
                                                Arguments.of(kind, from, 1, false),
                                                Arguments.of(kind, from, 1, true),
                                                Arguments.of(
                                                        kind,
                                                        from,
                                                        kind == Kind.CONFLICT ? 5 : FOR_EVER,
                                                        false))));
    }

    @ParameterizedTest(name = "{0} from write {1}, {2} times, carried out: {3}")
    @MethodSource("answers")
    void whateverBecomesOfTheLastWritesTheRunIsToldAsItWas(
            Kind kind, int from, int times, boolean done) {
        try (EngineWorld world = world()) {
            var every = new EveryJob();
            world.followJobs(every);
            Cluster cluster = answering(world, new AtomicInteger(), from, times, kind, done);
            RunResult first = new RunBench(world, Caller.OPERATOR, cluster, "process-1").run();
            if (!(first instanceof RunResult.Completed)) {
                assertThat(first).isInstanceOf(RunResult.Interrupted.class);
                RunResult second =
                        new RunBench(world, Caller.OPERATOR, world.connect(), "process-2").run();
                assertThat(second)
                        .isInstanceOfAny(
                                RunResult.Completed.class, RunResult.AlreadyFinished.class);
            }

            assertThat(world.claim().state()).isEqualTo(Claim.State.FINISHED);
            assertThat(world.entries()).containsExactly("a: Completed/Fail", "b: Completed/Pass");
            assertThat(world.list(Resource.PODS).stream().filter(ChaosPods::isLive)).isEmpty();
            every.awaitAll(world);
            assertThat(every.executions()).containsExactly("0.1.1", "1.1.1");
        }
    }

    /** Who has the last word says so between the run's record and its last write. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'metadata': {'annotations': {'chaosrunner.io/run': null}}}",
                "{'metadata': {'annotations': {'chaosrunner.io/run': 'edited'}}}",
                "{'status': {'experiments': null}}",
                "{'status': {'experiments': [{'name': 'a', 'status': 'Forcefully Aborted', 'verdict': 'Stopped'}]}}"
            })
    void aRunWhoseLastWriteIsRefusedIsNotCompleted(String edit) {
        var once = new AtomicBoolean();
        try (EngineWorld world = EngineWorld.start().listing("a");
                Cluster cluster = world.connect()) {
            world.onRequest(request -> {
                if (request.resource().equals("configmaps") && once.compareAndSet(false, true)) {
                    world.edit(edit);
                }
            });
            RunResult result = new RunBench(world, Caller.OPERATOR, cluster, "process-1").run();

            assertThat(once).isTrue();
            assertThat(result).isInstanceOf(RunResult.Left.class);
            assertThat(world.names(Resource.JOBS)).as("what ran is removed").isEmpty();
        }
    }
}
