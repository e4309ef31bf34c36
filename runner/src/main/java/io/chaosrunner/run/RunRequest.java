package io.chaosrunner.run;

import io.chaosrunner.model.EngineRef;
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
 */
public record RunRequest(
        EngineRef engine,
        Caller caller,
        Optional<List<String>> experiments,
        Optional<RunnerEnvironment> environment,
        Map<String, ?> settings,
        String instance) {
    public RunRequest {
        experiments = experiments.map(List::copyOf);
        settings = Map.copyOf(settings);
    }

    boolean underOperator() {
        return caller == Caller.OPERATOR;
    }
}
