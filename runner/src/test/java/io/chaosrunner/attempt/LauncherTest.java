package io.chaosrunner.attempt;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.engine.ChaosPods;
import io.chaosrunner.run.EveryJob;
import io.chaosrunner.run.RunBench;
import io.chaosrunner.run.RunResult;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.testing.EngineWorld;
import io.chaosrunner.testing.TamperedCluster;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/** What a launch meets that it did not expect. */
@Execution(ExecutionMode.CONCURRENT)
class LauncherTest {

    /** Says that the wanted Job is there and being deleted, so many times. */
    private static RunBench meetingItsOwnJobGoing(EngineWorld world, int times) {
        var wanted = new AtomicReference<ObjectNode>();
        var left = new AtomicInteger(times);
        return new RunBench(
                world,
                Caller.OPERATOR,
                TamperedCluster.of(
                        world.connect(),
                        (verb, resource, args, call) -> {
                            if (resource != Resource.JOBS || left.get() == 0) {
                                return call.goOn();
                            }
                            if (verb.equals("create")) {
                                ObjectNode job = ((ObjectNode) args[2]).deepCopy();
                                job.withObject("/metadata")
                                        .put("deletionTimestamp", "2026-01-01T00:00:00Z");
                                wanted.set(job);
                                throw new ClusterException(Kind.ALREADY_EXISTS, "there is one");
                            }
                            if (verb.equals("get")) {
                                return left.decrementAndGet() == 0
                                        ? Optional.empty()
                                        : Optional.ofNullable(wanted.get());
                            }
                            return call.goOn();
                        }),
                "process-1");
    }

    @Test
    void aJobOfThisVeryExecutionThatIsGoingIsSeenGoneFirst() {
        var world = EngineWorld.start().listing("a");
        var calls = new AtomicInteger();
        world.onRequest(request -> {
            if (request.verb().equals("create") && request.resource().equals("jobs")) {
                calls.incrementAndGet();
            }
        });
        try (RunBench bench = meetingItsOwnJobGoing(world, 4)) {
            bench.run();
            assertThat(world.entries()).containsExactly("a: Completed/Pass");
            assertThat(calls).hasValue(1);
        }
    }

    @Test
    void oneThatDoesNotGoIsNotLaunchedUnderAnotherName() {
        var world = EngineWorld.start().listing("a", "b");
        try (RunBench bench = meetingItsOwnJobGoing(world, -1)) {
            bench.run();
            assertThat(world.entries()).containsExactly("a: Skipped/Fail", "b: Skipped/Fail");
            assertThat(world.names(Resource.JOBS)).isEmpty();
            assertThat(world.message("ExperimentDependencyCheck"))
                    .contains("is being deleted and does not go");
        }
    }

    @Test
    void aBatchIsOverWhenAllItsCreationsAreAlsoIfOneFailed() {
        var world = EngineWorld.start().listing("a", "b");
        var bIsAsked = new CountDownLatch(1);
        var goOn = new CountDownLatch(1);
        var cluster =
                TamperedCluster.of(
                        world.connect(),
                        (verb, resource, args, call) -> {
                            if (resource == Resource.JOBS && verb.equals("create")) {
                                boolean isB =
                                        ((ObjectNode) args[2])
                                                .path("metadata")
                                                .path("name")
                                                .asString()
                                                .startsWith("b-");
                                if (!isB) {
                                    awaitLatch(bIsAsked);
                                    throw new ClusterException(Kind.UNREACHABLE, "no answer");
                                }
                                bIsAsked.countDown();
                                awaitLatch(goOn);
                            }
                            return call.goOn();
                        });
        try (RunBench bench = new RunBench(world, Caller.OPERATOR, cluster, "process-1")) {
            var result = bench.with(Map.of("strategy", "parallel")).begin();
            awaitLatch(bIsAsked);
            await().during(Duration.ofMillis(200))
                    .atMost(Duration.ofSeconds(10))
                    .until(() -> !result.isDone());
            goOn.countDown();
            assertThat(RunBench.finished(result)).isInstanceOf(RunResult.Interrupted.class);
            assertThat(world.names(Resource.JOBS)).hasSize(1);
        }
    }

    /** A cluster to which something happens behind its first creation of a Job. */
    private static Cluster behindTheFirstLaunch(EngineWorld world, Runnable happening) {
        var first = new AtomicBoolean(true);
        return TamperedCluster.of(
                world.connect(),
                (verb, resource, args, call) -> {
                    Object answer = call.goOn();
                    if (resource == Resource.JOBS
                            && verb.equals("create")
                            && first.getAndSet(false)) {
                        happening.run();
                    }
                    return answer;
                });
    }

    /**
     * The process that launched has not heard yet that another one took its run up, and with it
     * what was launched.
     */
    @Test
    void whatWasLaunchedBelongsToTheProcessThatTookTheRunUpMeanwhile() {
        var world = EngineWorld.start().listing("a").script("a", "after=40s");
        var every = new EveryJob();
        world.followJobs(every);
        try (var second = world.connect()) {
            var heir = new RunBench(world, Caller.OPERATOR, second, "process-2");
            var inherited = new AtomicReference<CompletableFuture<RunResult>>();
            Cluster first =
                    behindTheFirstLaunch(
                            world,
                            () -> {
                                inherited.set(heir.begin());
                                heir.untilTold(RunNotice.Launched.class);
                            });
            try (RunBench bench = new RunBench(world, Caller.OPERATOR, first, "process-1")) {
                assertThat(bench.run()).isInstanceOf(RunResult.Left.class);
                assertThat(RunBench.finished(requireNonNull(inherited.get())))
                        .isInstanceOf(RunResult.Completed.class);
                assertThat(world.entries()).containsExactly("a: Completed/Pass");
                every.awaitAll(world);
                assertThat(every.executions()).containsExactly("0.1.1");
                assertThat(world.count("delete", "jobs")).isZero();
                assertThat(world.count("delete", "pods")).isZero();
            }
        }
    }

    /** Who took the run up has ended it, and looks for nothing any more. */
    @ParameterizedTest
    @ValueSource(strings = {"finished", "stopping"})
    void whatWasLaunchedGoesIfTheRunIsOverInOtherHands(String state) {
        var world = EngineWorld.start().listing("a").script("a", "helper after=1h");
        Cluster first =
                behindTheFirstLaunch(
                        world,
                        () -> {
                            Claim claim = world.claim().takenBy("process-2");
                            claim =
                                    state.equals("finished")
                                            ? claim.finished(Instant.now(), "aborted")
                                            : claim.in(Claim.State.STOPPING, "aborted");
                            world.edit(
                                    "{'metadata': {'annotations': {'%s': %s}}}"
                                            .formatted(
                                                    Claim.ANNOTATION,
                                                    StringNode.valueOf(claim.text())));
                        });
        try (RunBench bench = new RunBench(world, Caller.OPERATOR, first, "process-1")) {
            assertThat(bench.run()).isInstanceOf(RunResult.Left.class);
            assertThat(world.names(Resource.JOBS)).isEmpty();
            assertThat(world.list(Resource.PODS).stream().filter(ChaosPods::isLive)).isEmpty();
        }
    }

    private static void awaitLatch(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new ClusterException(Kind.UNREACHABLE, "interrupted");
        }
    }
}
