package io.chaosrunner.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.cluster.Resource;
import io.chaosrunner.sandbox.SandboxServer.Options;
import io.chaosrunner.status.Claim;
import io.chaosrunner.status.Claim.State;
import io.chaosrunner.status.LoggedAttempt;
import io.chaosrunner.status.Start.Caller;
import io.chaosrunner.testing.EngineWorld;
import java.util.ArrayList;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Kill the runner before and after every call it makes to the API server, start another, and see
 * that chaos happened once, that it is told as it was, and that nothing is left.
 */
@Execution(ExecutionMode.CONCURRENT)
class KilledRunTest {
    /** A run of two experiments makes 29 calls. */
    static Stream<Arguments> everyCall() {
        return IntStream.rangeClosed(1, 29)
                .boxed()
                .flatMap(call -> Stream.of(Arguments.of(call, false), Arguments.of(call, true)));
    }

    /** Those around the first attempt's end and the launch of the second. */
    static Stream<Arguments> callsAroundTheRetry() {
        return IntStream.rangeClosed(9, 27).mapToObj(call -> Arguments.of(call, call % 2 == 0));
    }

    private static EngineWorld world(String policy) {
        return EngineWorld.start(Options.DEFAULT.withSpeed(300))
                .engineWith("{'spec': {'jobCleanUpPolicy': '%s'}}".formatted(policy), "a", "b");
    }

    /** Run until the end, with one process killed, if it makes that many calls. */
    private static void killOnce(
            EngineWorld world, int call, boolean carriedOut, Map<String, ?> settings) {
        var mortal = new MortalCluster(world.connect(), call, carriedOut);
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

    @ParameterizedTest(name = "killed at call {0}, which is carried out: {1}")
    @MethodSource("everyCall")
    void twoExperimentsRunOnceEach(int call, boolean carriedOut) {
        try (EngineWorld world = world("delete").script("a", "helper verdict=Fail")) {
            var every = new EveryJob();
            world.followJobs(every);
            killOnce(world, call, carriedOut, Map.of());

            assertThat(world.entries()).containsExactly("a: Completed/Fail", "b: Completed/Pass");
            assertThat(every.executions()).containsExactly("0.1.1", "1.1.1");
            Claim claim = world.claim();
            assertThat(claim.run().number()).isEqualTo(1);
            assertThat(claim.state()).isEqualTo(State.FINISHED);
            assertThat(claim.log()).extracting(LoggedAttempt::slot).containsExactlyInAnyOrder(0, 1);
            RunBench.until(() -> world.names(Resource.JOBS).isEmpty());
            RunBench.until(() -> world.names(Resource.PODS).isEmpty());
        }
    }

    @ParameterizedTest(name = "killed at call {0}, which is carried out: {1}")
    @MethodSource("callsAroundTheRetry")
    void anErrorIsTriedAgainExactlyAsOftenAsAllowed(int call, boolean carriedOut) {
        var world = world("retain").script("a", "crash helper then verdict=Pass");
        try (world) {
            var every = new EveryJob();
            world.followJobs(every);
            killOnce(world, call, carriedOut, Map.of("retries", 1, "retryBackoff", "1ms"));

            assertThat(world.entries()).containsExactly("a: Completed/Pass", "b: Completed/Pass");
            assertThat(every.executions()).containsExactly("0.1.1", "0.1.2", "1.1.1");
            var left = new ArrayList<>(world.names(Resource.PODS));
            assertThat(left).as("the pods of a#2 and b; no helper").hasSize(2);
        }
    }
}
