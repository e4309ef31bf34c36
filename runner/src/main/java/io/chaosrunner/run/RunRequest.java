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
 * @param tracing where traces go, if the environment is derived from the engine
 */
public record RunRequest(
        EngineRef engine,
        Caller caller,
        Optional<List<String>> experiments,
        Optional<RunnerEnvironment> environment,
        Map<String, ?> settings,
        String instance,
        Optional<Fire> fire,
        RunnerEnvironment.Tracing tracing) {
    public RunRequest {
        experiments = experiments.map(List::copyOf);
        settings = Map.copyOf(settings);
    }

    /** Ask for a run that is not traced. */
    public RunRequest(
            EngineRef engine,
            Caller caller,
            Optional<List<String>> experiments,
            Optional<RunnerEnvironment> environment,
            Map<String, ?> settings,
            String instance,
            Optional<Fire> fire) {
        this(
                engine,
                caller,
                experiments,
                environment,
                settings,
                instance,
                fire,
                RunnerEnvironment.Tracing.OFF);
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

    /** Return the same request, with traces. */
    public RunRequest with(RunnerEnvironment.Tracing other) {
        return new RunRequest(
                engine, caller, experiments, environment, settings, instance, fire, other);
    }

    boolean underOperator() {
        return caller == Caller.OPERATOR;
    }
}
