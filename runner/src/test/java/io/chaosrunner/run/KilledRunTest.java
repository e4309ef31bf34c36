package io.chaosrunner.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.Claim.State;
import io.chaosrunner.claim.LoggedAttempt;
import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.engine.ChaosPods;
import io.chaosrunner.sandbox.SandboxServer.Options;
import io.chaosrunner.testing.EngineWorld;
import io.chaosrunner.testing.KillPoints.Point;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Kill the runner around the calls it makes to the API server, start another, and see that chaos
 * happened once, that it is told as it was, and that nothing is left.
 */
@Execution(ExecutionMode.CONCURRENT)
class KilledRunTest {
    private static final Map<String, ?> ONE_RETRY = Map.of("retries", 1, "retryBackoff", "1ms");

    static List<Point> pointsOfTwoExperiments() {
        try (EngineWorld world = twoExperiments()) {
            return points(world, Map.of());
        }
    }

    static List<Point> pointsOfARetry() {
        try (EngineWorld world = retry()) {
            return points(world, ONE_RETRY);
        }
    }

    private static List<Point> points(EngineWorld world, Map<String, ?> settings) {
        try (var counting = new MortalCluster(world.connect())) {
            new RunBench(world, Caller.OPERATOR, counting, "process-1").with(settings).run();
            return counting.killPoints();
        }
    }

    private static EngineWorld twoExperiments() {
        return world("delete").script("a", "helper verdict=Fail");
    }

    private static EngineWorld retry() {
        return world("retain").script("a", "crash helper then verdict=Pass");
    }

    private static EngineWorld world(String policy) {
        return EngineWorld.start(Options.DEFAULT.withSpeed(300))
                .engineWith("{'spec': {'jobCleanUpPolicy': '%s'}}".formatted(policy), "a", "b");
    }

    /** Run until the end, with one process killed, if it makes that many calls. */
    private static void killOnce(EngineWorld world, Point point, Map<String, ?> settings) {
        var mortal = new MortalCluster(world.connect(), point);
        RunResult first =
                new RunBench(world, Caller.OPERATOR, mortal, "process-1").with(settings).run();
        mortal.close();
        if (first instanceof RunResult.Completed) {
            return;
        }
        assertThat(first).isInstanceOfAny(RunResult.Interrupted.class, RunResult.Left.class);
        RunResult second =
                new RunBench(world, Caller.OPERATOR, world.connect(), "process-2")
                        .with(settings)
                        .run();
        assertThat(second)
                .isInstanceOfAny(RunResult.Completed.class, RunResult.AlreadyFinished.class);
    }

    @ParameterizedTest(name = "killed {0}")
    @MethodSource("pointsOfTwoExperiments")
    void twoExperimentsRunOnceEach(Point point) {
        try (EngineWorld world = twoExperiments()) {
            var every = new EveryJob();
            world.followJobs(every);
            killOnce(world, point, Map.of());

            assertThat(world.entries()).containsExactly("a: Completed/Fail", "b: Completed/Pass");
            every.awaitAll(world);
            every.assertEndsStayTrue(world.claim());
            assertThat(every.executions()).containsExactly("0.1.1", "1.1.1");
            Claim claim = world.claim();
            assertThat(claim.run().number()).isEqualTo(1);
            assertThat(claim.state()).isEqualTo(State.FINISHED);
            assertThat(claim.log()).extracting(LoggedAttempt::slot).containsExactlyInAnyOrder(0, 1);
            RunBench.until(() -> world.names(Resource.JOBS).isEmpty());
            RunBench.until(() -> world.names(Resource.PODS).isEmpty());
        }
    }

    @ParameterizedTest(name = "killed {0}")
    @MethodSource("pointsOfARetry")
    void anErrorIsTriedAgainExactlyAsOftenAsAllowed(Point point) {
        try (EngineWorld world = retry()) {
            var every = new EveryJob();
            world.followJobs(every);
            killOnce(world, point, ONE_RETRY);

            assertThat(world.entries()).containsExactly("a: Completed/Pass", "b: Completed/Pass");
            every.awaitAll(world);
            every.assertEndsStayTrue(world.claim());
            assertThat(every.executions()).containsExactly("0.1.1", "0.1.2", "1.1.1");
            var left = new ArrayList<>(world.names(Resource.PODS));
            assertThat(left).as("the pods of a#2 and b; no helper").hasSize(2);
        }
    }

    static Stream<Arguments> pointsWhereAFaultIsLeft() {
        return Stream.of(
                        "oom helper, retain, a: Skipped/Fail",
                        "force-deleted helper, delete, a: Skipped/Fail",
                        "abandon verdict=Fail, delete, a: Completed/Fail")
                .map(line -> line.split(", "))
                .flatMap(how ->
                        pointsOf(how[0], how[1]).stream()
                                .map(point -> Arguments.of(how[0], how[1], how[2], point)));
    }

    private static List<Point> pointsOf(String scenario, String policy) {
        try (EngineWorld world = world(policy).script("a", scenario)) {
            return points(world, Map.of());
        }
    }

    @ParameterizedTest(name = "{0} under {1}, killed {3}")
    @MethodSource("pointsWhereAFaultIsLeft")
    void theFaultThatAnExperimentLeftIsGoneAfterAll(
            String scenario, String policy, String entry, Point point) {
        try (EngineWorld world = world(policy).script("a", scenario)) {
            var every = new EveryJob();
            world.followJobs(every);
            killOnce(world, point, Map.of());

            assertThat(world.entries()).containsExactly(entry, "b: Completed/Pass");
            every.awaitAll(world);
            every.assertEndsStayTrue(world.claim());
            assertThat(every.executions()).containsExactly("0.1.1", "1.1.1");
            assertThat(world.claim().state()).isEqualTo(State.FINISHED);
            assertThat(world.list(Resource.PODS).stream().filter(ChaosPods::isLive)).isEmpty();
        }
    }
}
