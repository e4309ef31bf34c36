package io.chaosrunner.run;

import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.Fire;
import io.chaosrunner.resolve.RunnerEnvironment;
import io.chaosrunner.status.Start.Caller;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Ask for one run of one engine.
 *
 * @param engine the engine
 * @param caller who asks; the operator keeps the last word on status
 * @param experiments names of the experiments to run, in order; absent means those the engine lists
 * @param environment what experiments are told; absent means derived from the engine
 * @param settings overruling execution settings
 * @param instance random name of this process
 * @param fire the fire of the engine's schedule that asks; absent if somebody else does
 */
public record RunRequest(
        EngineRef engine,
        Caller caller,
        Optional<List<String>> experiments,
        Optional<RunnerEnvironment> environment,
        Map<String, ?> settings,
        String instance,
        Optional<Fire> fire) {
    public RunRequest {
        experiments = experiments.map(List::copyOf);
        settings = Map.copyOf(settings);
    }

    /** Ask for a run that no schedule asks for. */
    public RunRequest(
            EngineRef engine,
            Caller caller,
            Optional<List<String>> experiments,
            Optional<RunnerEnvironment> environment,
            Map<String, ?> settings,
            String instance) {
        this(engine, caller, experiments, environment, settings, instance, Optional.empty());
    }

    boolean underOperator() {
        return caller == Caller.OPERATOR;
    }
}
