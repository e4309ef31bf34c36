package io.chaosrunner.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.Claim.State;
import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.machine.Stage;
import io.chaosrunner.sandbox.SandboxServer.Options;
import io.chaosrunner.testing.EngineWorld;
import io.chaosrunner.testing.KillPoints;
import io.chaosrunner.testing.KillPoints.Point;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Kill the runner around calls of runs of every shape ({@link KillPoints}), start another, and see
 * that both together decide and do what one alone does.
 */
@Execution(ExecutionMode.CONCURRENT)
class KilledStrategiesTest {
    /** For each shape; runs mostly wait. */
    private static final int AT_ONCE = 3;

    /** Describe a run. */
    private record Shape(
            String policy,
            List<String> experiments,
            Map<String, ?> settings,
            Consumer<EngineWorld> scripts) {

        EngineWorld world() {
            EngineWorld world =
                    EngineWorld.start(Options.DEFAULT.withSpeed(300))
                            .engineWith(
                                    "{'spec': {'jobCleanUpPolicy': '%s'}}".formatted(policy),
                                    experiments.toArray(String[]::new));
            scripts.accept(world);
            return world;
        }
    }

    /** Tell all that must not depend on who was killed when. */
    private record Story(
            List<String> launches, Map<Integer, String> skipped, List<String> entries) {}

    private static Shape shape(
            String policy,
            int experiments,
            Map<String, ?> settings,
            Consumer<EngineWorld> scripts) {
        return new Shape(
                policy,
                IntStream.range(0, experiments).mapToObj(Stage::name).toList(),
                settings,
                scripts);
    }

    @Test
    void sixInParallel() {
        Story story =
                sweep(
                        shape(
                                "retain",
                                6,
                                Map.of("strategy", "parallel", "maxParallel", 4),
                                world -> world.script("b", "verdict=Fail helper")));
        assertThat(story.launches).hasSize(6);
    }

    @Test
    void aGraphWithSkips() {
        Story story =
                sweep(
                        shape(
                                "retain",
                                6,
                                Map.of(
                                        "strategy",
                                        "dag",
                                        "dependencies",
                                        Map.of(
                                                "b", List.of("a.passed"),
                                                "c", List.of("a.failed"),
                                                "d", List.of("b"),
                                                "e", List.of("c", "f"))),
                                world -> world.script("a", "verdict=Fail")));
        assertThat(story.launches).hasSize(4);
        assertThat(story.skipped).containsOnlyKeys(1, 3);
    }

    /** More than two rounds of draws in which none comes again. */
    @Test
    void randomIterationsWhoseJobsAreDeleted() {
        boolean many = Boolean.getBoolean("exhaustive");
        int iterations = many ? 20 : 9;
        Story story =
                sweep(
                        shape(
                                "delete",
                                many ? 7 : 4,
                                Map.of(
                                        "strategy",
                                        "random",
                                        "iterations",
                                        iterations,
                                        "replacement",
                                        false,
                                        "seed",
                                        7),
                                world -> world.script("c", "verdict=Fail")));
        assertThat(story.launches).hasSize(iterations);
    }

    @Test
    void retries() {
        Story story =
                sweep(
                        shape(
                                "retain",
                                3,
                                Map.of("strategy", "parallel", "retries", 2, "retryBackoff", "1ms"),
                                world ->
                                        world.script("a", "crash helper then verdict=Pass")
                                                .script("b", "verdict=Error")));
        assertThat(story.launches).hasSize(6);
    }

    /** Compares every broken run with the unbroken one; returns the latter's story. */
    private static Story sweep(Shape shape) {
        List<Point> points;
        Story unbroken;
        try (EngineWorld world = shape.world()) {
            var every = new EveryJob();
            world.followJobs(every);
            var counting = new MortalCluster(world.connect());
            assertThat(
                            new RunBench(world, Caller.OPERATOR, counting, "p1")
                                    .with(shape.settings)
                                    .run())
                    .isInstanceOf(RunResult.Completed.class);
            points = counting.killPoints();
            counting.close();
            unbroken = story(world, every);
        }
        var wrong = new ConcurrentSkipListMap<String, Throwable>();
        try (var threads = Executors.newFixedThreadPool(AT_ONCE)) {
            for (Point point : points) {
                threads.execute(() -> {
                    try {
                        killOnce(shape, point, unbroken);
                    } catch (RuntimeException | Error e) {
                        wrong.put(point.toString(), e);
                    }
                });
            }
        }
        if (!wrong.isEmpty()) {
            var failure = new AssertionError("killed " + wrong);
            wrong.values().forEach(failure::addSuppressed);
            throw failure;
        }
        return unbroken;
    }

    private static void killOnce(Shape shape, Point point, Story unbroken) {
        try (EngineWorld world = shape.world()) {
            var every = new EveryJob();
            world.followJobs(every);
            RunResult first;
            try (var mortal = new MortalCluster(world.connect(), point)) {
                first =
                        new RunBench(world, Caller.OPERATOR, mortal, "p1")
                                .with(shape.settings)
                                .run();
            }
            if (!(first instanceof RunResult.Completed)) {
                assertThat(first)
                        .isInstanceOfAny(RunResult.Interrupted.class, RunResult.Left.class);
                try (Cluster cluster = world.connect()) {
                    var second = new RunBench(world, Caller.OPERATOR, cluster, "p2");
                    assertThat(second.with(shape.settings).run())
                            .isInstanceOfAny(
                                    RunResult.Completed.class, RunResult.AlreadyFinished.class);
                }
            }
            assertThat(story(world, every)).isEqualTo(unbroken);
            Claim claim = world.claim();
            assertThat(claim.run().number()).isEqualTo(1);
            assertThat(claim.state()).isEqualTo(State.FINISHED);
            assertThat(claim.log()).hasSameSizeAs(unbroken.launches);
            if (shape.policy.equals("delete")) {
                RunBench.until(() -> world.names(Resource.JOBS).isEmpty());
                RunBench.until(() -> world.names(Resource.PODS).isEmpty());
            }
        }
    }

    private static Story story(EngineWorld world, EveryJob every) {
        every.awaitAll(world);
        every.assertEndsStayTrue(world.claim());
        return new Story(every.decisions(), world.claim().skipped(), world.entries());
    }
}
