package io.chaosrunner.strategy.builtin;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.strategy.Draws;
import io.chaosrunner.strategy.ExecutionStrategy;
import io.chaosrunner.strategy.Outcome;
import io.chaosrunner.strategy.Parameters;
import io.chaosrunner.strategy.contract.ExecutionStrategyContract;
import io.chaosrunner.strategy.contract.Scenario;
import io.chaosrunner.strategy.contract.SimulatedRun;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SequentialTest extends ExecutionStrategyContract {
    private static final Scenario THREE =
            Scenario.of("a", "b", "c")
                    .ends("a", "10s", Outcome.FAILED)
                    .ends("b", "2s", Outcome.ERROR);

    @Override
    protected ExecutionStrategy strategy() {
        return new Sequential();
    }

    @Override
    protected Parameters parameters(List<String> experiments, Draws draws) {
        return draws.below(2, 0) == 0 ? Parameters.none() : Parameters.of(Map.of("gap", "7s"));
    }

    @Test
    void startsTheNextWhenTheOneBeforeItEndedWhateverItsVerdict() {
        assertThat(SimulatedRun.of(THREE, strategy()).story())
                .containsExactly(
                        "0.0 launch a: first in the list",
                        "10.0 launch b: next in the list",
                        "12.0 launch c: next in the list");
    }

    @Test
    void gapIsKeptFromEndToStart() {
        Scenario gap = THREE.parameters(Map.of("gap", "1m"));
        assertThat(SimulatedRun.of(gap, strategy()).story())
                .containsExactly(
                        "0.0 launch a: first in the list",
                        "70.0 launch b: next in the list",
                        "132.0 launch c: next in the list");
    }
}
