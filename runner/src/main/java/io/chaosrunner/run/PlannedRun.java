package io.chaosrunner.run;

import io.chaosrunner.config.ExecutionSettings;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.strategy.Draws;
import io.chaosrunner.strategy.ExecutionPlan;
import io.chaosrunner.strategy.InvalidParameters;
import io.chaosrunner.strategy.InvalidParameters.Problem;
import io.chaosrunner.strategy.Parameters;
import io.chaosrunner.strategy.PastRun;
import io.chaosrunner.strategy.Slot;
import io.chaosrunner.strategy.StrategyRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The slots of a run and the plan its strategy made for them; closed when it is asked no more.
 *
 * @param slots the experiments, in order
 * @param plan says when each starts
 */
public record PlannedRun(List<Slot> slots, ExecutionPlan plan) implements AutoCloseable {

    /** Ask the strategy that the settings name for a plan of a run that is the first. */
    public static Optional<PlannedRun> of(
            StrategyCatalogue strategies,
            ExecutionSettings settings,
            List<String> experiments,
            long seed,
            List<Problem> problems) {
        return of(strategies, settings, experiments, seed, List.of(), problems);
    }

    /**
     * Ask the strategy that the settings name for a plan.
     *
     * @param experiments names of the experiments, in order
     * @param history the runs before, oldest first, as recorded in the run's claim
     * @param problems where the strategy's refusals go
     * @return empty if it refused
     */
    static Optional<PlannedRun> of(
            StrategyCatalogue strategies,
            ExecutionSettings settings,
            List<String> experiments,
            long seed,
            List<PastRun> history,
            List<Problem> problems) {
        var slots = new ArrayList<Slot>();
        for (int i = 0; i < experiments.size(); i++) {
            slots.add(new Slot(i, experiments.get(i)));
        }
        StrategyRequest request =
                new Request(List.copyOf(slots), settings.parameters(), Draws.seeded(seed), history);
        try {
            return Optional.of(
                    new PlannedRun(request.slots(), strategies.plan(settings.strategy(), request)));
        } catch (InvalidParameters e) {
            problems.addAll(e.problems());
            return Optional.empty();
        }
    }

    @Override
    public void close() {
        StrategyCatalogue.close(plan);
    }

    private record Request(
            List<Slot> slots, Parameters parameters, Draws draws, List<PastRun> history)
            implements StrategyRequest {}
}
