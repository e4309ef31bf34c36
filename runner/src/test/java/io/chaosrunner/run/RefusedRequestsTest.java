package io.chaosrunner.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.chaosrunner.attempt.WaitLimits;
import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.testing.EngineWorld;
import io.chaosrunner.testing.TamperedCluster;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiPredicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * An API server that refuses what a run under way must do: it is borne for a while, and then what
 * runs goes too.
 */
@Execution(ExecutionMode.CONCURRENT)
class RefusedRequestsTest {
    private static final Set<String> WRITES = Set.of("patch", "replace");
    private static final BiPredicate<String, Resource> ENGINE_WRITES =
            (verb, resource) -> resource == Resource.ENGINES && WRITES.contains(verb);
    private static final BiPredicate<String, Resource> ENGINE_CALLS =
            (verb, resource) -> resource == Resource.ENGINES && !verb.equals("follow");
    private static final BiPredicate<String, Resource> ALL_CALLS =
            (verb, resource) -> !verb.equals("follow");

    /** Refuses calls so often, once it is told to begin or the first Job is there. */
    private static final class Refusals {
        private final AtomicInteger left;
        private final Cluster cluster;
        private volatile boolean begun;
        private volatile boolean withTheFirstJob;

        Refusals(EngineWorld world, Kind kind, int times, BiPredicate<String, Resource> which) {
            left = new AtomicInteger(times);
            cluster =
                    TamperedCluster.of(
                            world.connect(),
                            (verb, resource, args, call) -> {
                                if (begun
                                        && which.test(verb, resource)
                                        && left.getAndDecrement() > 0) {
                                    throw new ClusterException(kind, "injected " + kind);
                                }
                                Object answer = call.goOn();
                                begun |=
                                        withTheFirstJob
                                                && verb.equals("create")
                                                && resource == Resource.JOBS;
                                return answer;
                            });
        }

        Refusals beginningWithTheFirstJob() {
            withTheFirstJob = true;
            return this;
        }

        void begin() {
            begun = true;
        }
    }

    private static RunBench bench(EngineWorld world, Caller caller, Cluster cluster) {
        return new RunBench(world, caller, cluster, "process-1");
    }

    private static List<String> waitings(RunBench bench) {
        return bench.notices.stream()
                .filter(RunNotice.Waiting.class::isInstance)
                .map(notice -> ((RunNotice.Waiting) notice).why())
                .toList();
    }

    /** A token that rotates is 401, a Role that is reconciled 403; both are FORBIDDEN here. */
    @ParameterizedTest
    @CsvSource({"FORBIDDEN, 6", "INVALID, 4", "SERVER, 2", "UNREACHABLE, 2"})
    void whatIsRefusedForAWhileIsWrittenThen(Kind kind, int times) {
        var world = EngineWorld.start().listing("a", "b").script("a", "after=10s");
        var refusals = new Refusals(world, kind, times, ENGINE_WRITES).beginningWithTheFirstJob();
        try (RunBench bench = bench(world, Caller.OPERATOR, refusals.cluster).with(patience(60))) {
            assertThat(bench.run()).isInstanceOf(RunResult.Completed.class);
            assertThat(refusals.left).hasNonPositiveValue();
            assertThat(world.entries()).containsExactly("a: Completed/Pass", "b: Completed/Pass");
            assertThat(waitings(bench))
                    .as("said once, with its bound, and when it was over")
                    .hasSize(2)
                    .satisfiesExactly(
                            first -> assertThat(first).contains("injected", "for 1m"),
                            last -> assertThat(last).contains("again after"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"FORBIDDEN", "UNREACHABLE"})
    void anEngineThatCannotBeReadForAWhileKeepsNothingFromBeingLaunched(Kind kind) {
        var world = EngineWorld.start().listing("a", "b").script("a", "after=10s");
        var refusals = new Refusals(world, kind, 6, ENGINE_CALLS).beginningWithTheFirstJob();
        try (RunBench bench = bench(world, Caller.OPERATOR, refusals.cluster).with(patience(60))) {
            assertThat(bench.run()).isInstanceOf(RunResult.Completed.class);
            assertThat(world.entries()).containsExactly("a: Completed/Pass", "b: Completed/Pass");
        }
    }

    @Test
    void anOutageOfTheWholeServerIsBorne() {
        var world = EngineWorld.start().listing("a", "b", "c").script("a", "after=10s");
        var refusals =
                new Refusals(world, Kind.UNREACHABLE, 8, ALL_CALLS).beginningWithTheFirstJob();
        try (RunBench bench = bench(world, Caller.PERSON, refusals.cluster).with(patience(60))) {
            assertThat(bench.run()).isInstanceOf(RunResult.Completed.class);
            assertThat(world.entries())
                    .containsExactly("a: Completed/Pass", "b: Completed/Pass", "c: Completed/Pass");
        }
    }

    /** With update alone each write of somebody else in between is a conflict. */
    @Test
    void whoWritesAllTheTimeDoesNotKeepUsFromWriting() {
        var world = EngineWorld.start().listing("a", "b").script("a", "after=10s");
        var conflicts = new AtomicInteger();
        Cluster contended =
                TamperedCluster.of(
                        world.connect(),
                        (verb, resource, args, call) -> {
                            if (resource == Resource.ENGINES && verb.equals("patch")) {
                                throw new ClusterException(Kind.FORBIDDEN, "update alone");
                            }
                            if (resource == Resource.ENGINES
                                    && verb.equals("replace")
                                    && world.engine().annotation(Claim.ANNOTATION).isPresent()
                                    && conflicts.incrementAndGet() <= 30) {
                                world.edit(
                                        "{'metadata': {'annotations': {'foreign': '%d'}}}"
                                                .formatted(conflicts.get()));
                            }
                            return call.goOn();
                        });
        try (RunBench bench = bench(world, Caller.OPERATOR, contended)) {
            assertThat(bench.run()).isInstanceOf(RunResult.Completed.class);
            assertThat(conflicts).hasValueGreaterThan(30);
            assertThat(world.entries()).containsExactly("a: Completed/Pass", "b: Completed/Pass");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "OPERATOR, FORBIDDEN",
        "OPERATOR, INVALID",
        "PERSON, FORBIDDEN",
        "PERSON, INVALID",
        "PERSON, SERVER"
    })
    void aRunThatCannotBeRecordedAnyMoreTakesWhatItLaunchedWithIt(Caller caller, Kind kind) {
        var world = EngineWorld.start().listing("a", "b").script("a", "hang helper");
        var refusals = new Refusals(world, kind, Integer.MAX_VALUE, ENGINE_WRITES);
        try (RunBench bench = bench(world, caller, refusals.cluster)) {
            var result = bench.begin();
            bench.untilRunning("a");
            RunBench.until(() -> world.names(Resource.PODS).size() == 2);
            RunBench.until(() -> world.entries().getFirst().contains("Running"));
            refusals.begin();
            // Something must be written: that the run stops.
            bench.stop("somebody asked");
            assertThat(RunBench.finished(result))
                    .asInstanceOf(type(RunResult.Interrupted.class))
                    .satisfies(interrupted ->
                            assertThat(interrupted.why())
                                    .hasMessageContaining("injected " + kind)
                                    .hasMessageEndingWith("; what ran was removed"));
            assertThat(world.names(Resource.PODS)).isEmpty();
            assertThat(world.names(Resource.JOBS)).isEmpty();
            assertThat(waitings(bench).getFirst()).contains("for 3s, then the run is given up");
        }
    }

    /** The kubelet starts the runner again. */
    @Test
    void underTheOperatorTheNextProcessTakesUpWhatAnOutageInterrupted() {
        var world = EngineWorld.start().listing("a", "b").script("a", "after=20m");
        var refusals = new Refusals(world, Kind.UNREACHABLE, Integer.MAX_VALUE, ALL_CALLS);
        try (RunBench bench = bench(world, Caller.OPERATOR, refusals.cluster)) {
            var result = bench.begin();
            bench.untilRunning("a");
            refusals.begin();
            bench.stop("somebody asked");
            assertThat(RunBench.finished(result)).isInstanceOf(RunResult.Interrupted.class);
            assertThat(world.names(Resource.JOBS)).hasSize(1);
        }
    }

    @Test
    void whatCannotBeSeenGoneIsNotCalledRemoved() {
        var world = EngineWorld.start().listing("a").script("a", "hang helper");
        var refusals =
                new Refusals(
                        world,
                        Kind.FORBIDDEN,
                        Integer.MAX_VALUE,
                        ENGINE_WRITES.or((verb, resource) -> resource == Resource.PODS));
        try (RunBench bench = bench(world, Caller.OPERATOR, refusals.cluster)) {
            var result = bench.begin();
            bench.untilRunning("a");
            refusals.begin();
            bench.stop("somebody asked");
            assertThat(RunBench.finished(result))
                    .asInstanceOf(type(RunResult.Interrupted.class))
                    .satisfies(interrupted ->
                            assertThat(interrupted.why())
                                    .hasMessageContaining("what ran is not seen gone")
                                    .hasMessageContaining("chaos-runner stop e -n n"));
        }
    }

    @Test
    void aBugTakesWhatRunsWithItToo() {
        var world = EngineWorld.start().listing("a").script("a", "hang helper");
        var stopped = new AtomicBoolean();
        Cluster broken =
                TamperedCluster.of(
                        world.connect(),
                        (verb, resource, args, call) -> {
                            if (stopped.get() && ENGINE_WRITES.test(verb, resource)) {
                                throw new IllegalStateException("a bug");
                            }
                            return call.goOn();
                        });
        try (RunBench bench = bench(world, Caller.PERSON, broken)) {
            var result = bench.begin();
            bench.untilRunning("a");
            RunBench.until(() -> world.names(Resource.PODS).size() == 2);
            stopped.set(true);
            bench.stop("somebody asked");
            assertThatThrownBy(() -> RunBench.finished(result)).hasMessageContaining("a bug");
            assertThat(world.names(Resource.PODS)).isEmpty();
            assertThat(world.names(Resource.JOBS)).isEmpty();
            assertThat(bench.warnings())
                    .anySatisfy(said -> assertThat(said).contains("a bug", "what ran was removed"));
        }
    }

    private static WaitLimits patience(int seconds) {
        return RunBench.impatient(
                Duration.ofSeconds(seconds),
                RunBench.IMPATIENT.helper(),
                RunBench.IMPATIENT.removal());
    }
}
