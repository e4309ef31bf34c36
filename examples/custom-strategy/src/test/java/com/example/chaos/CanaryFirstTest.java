package com.example.chaos;

import io.chaosrunner.strategy.Draws;
import io.chaosrunner.strategy.ExecutionStrategy;
import io.chaosrunner.strategy.Parameters;
import io.chaosrunner.strategy.contract.ExecutionStrategyContract;
import java.util.List;
import java.util.Map;

/** Proves every law of the SPI on thousands of seeded cases. */
class CanaryFirstTest extends ExecutionStrategyContract {

    @Override
    protected ExecutionStrategy strategy() {
        return new CanaryFirst();
    }

    @Override
    protected Parameters parameters(List<String> experiments, Draws draws) {
        int any = draws.below(experiments.size(), 0);
        return Parameters.of(Map.of("canary", experiments.get(any)));
    }
}
