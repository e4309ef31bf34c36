package io.chaosrunner.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.cluster.Resource;
import io.chaosrunner.status.Start.Caller;
import io.chaosrunner.testing.EngineWorld;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Two processes that come to one engine at once: nothing runs twice. */
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
}
