package io.chaosrunner.strategy.builtin;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.strategy.Draws;
import io.chaosrunner.strategy.ExecutionStrategy;
import io.chaosrunner.strategy.Parameters;
import io.chaosrunner.strategy.contract.ExecutionStrategyContract;
import io.chaosrunner.strategy.contract.Scenario;
import io.chaosrunner.strategy.contract.SimulatedRun;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ParallelTest extends ExecutionStrategyContract {
    private static final Scenario THREE = Scenario.of("a", "b", "c");

    @Override
    protected ExecutionStrategy strategy() {
        return new Parallel();
    }

    @Override
    protected Parameters parameters(List<String> experiments, Draws draws) {
        return draws.below(2, 0) == 0 ? Parameters.none() : Parameters.of(Map.of("stagger", "9s"));
    }

    @Test
    void startsAllAtOnce() {
        assertThat(SimulatedRun.of(THREE, strategy()).story())
                .containsExactly(
                        "0.0 launch a: nothing to wait for",
                        "0.0 launch b: nothing to wait for",
                        "0.0 launch c: nothing to wait for");
    }

    @Test
    void startsTheNextAsSoonAsThereIsRoom() {
        assertThat(SimulatedRun.of(THREE.maxParallel(2), strategy()).story())
                .containsExactly(
                        "0.0 launch a: nothing to wait for",
                        "0.0 launch b: nothing to wait for",
                        "60.0 launch c: nothing to wait for");
    }

    @Test
    void staggerIsKeptFromStartToStart() {
        Scenario staggered = THREE.parameters(Map.of("stagger", "1m30s"));
        assertThat(SimulatedRun.of(staggered, strategy()).story())
                .containsExactly(
                        "0.0 launch a: nothing to wait for",
                        "90.0 launch b: staggered by 1m30s",
                        "180.0 launch c: staggered by 1m30s");
    }
}
