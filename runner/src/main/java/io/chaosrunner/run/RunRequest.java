package io.chaosrunner.run;

import io.chaosrunner.crd.Engine;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.Fire;
import io.chaosrunner.resolve.RunnerEnvironment;
import io.chaosrunner.status.Start.Caller;
import io.chaosrunner.strategy.InvalidParameters.Problem;
import java.util.HashMap;
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
 * @param seen the engine as just read, which spares a request; absent means it is read
 * @param problems why nothing can be launched, if the caller knows: they are recorded
 */
public record RunRequest(
        EngineRef engine,
        Caller caller,
        Optional<List<String>> experiments,
        Optional<RunnerEnvironment> environment,
        Map<String, ?> settings,
        String instance,
        Optional<Fire> fire,
        RunnerEnvironment.Tracing tracing,
        Optional<Engine> seen,
        List<Problem> problems) {
    public RunRequest {
        experiments = experiments.map(List::copyOf);
        settings = Map.copyOf(settings);
        problems = List.copyOf(problems);
    }

    /** Ask for a run that no schedule asks for, and that is not traced. */
    public RunRequest(
            EngineRef engine,
            Caller caller,
            Optional<List<String>> experiments,
            Optional<RunnerEnvironment> environment,
            Map<String, ?> settings,
            String instance) {
        this(
                engine,
                caller,
                experiments,
                environment,
                settings,
                instance,
                Optional.empty(),
                RunnerEnvironment.Tracing.OFF,
                Optional.empty(),
                List.of());
    }

    /** Ask for the same, and that experiments continue a trace. */
    public RunRequest with(RunnerEnvironment.Tracing given) {
        return changed(experiments, environment, fire, given, seen, problems);
    }

    /** Ask for the same of an engine that was just read. */
    public RunRequest seeing(Engine read) {
        return changed(experiments, environment, fire, tracing, Optional.of(read), problems);
    }

    /** Ask for the same on behalf of a fire. */
    public RunRequest firedBy(Fire asking) {
        return changed(experiments, environment, Optional.of(asking), tracing, seen, problems);
    }

    /** Ask for the same, with one more execution setting unless it is there already. */
    public RunRequest with(String setting, Object value) {
        var more = new HashMap<String, Object>(settings);
        more.putIfAbsent(setting, value);
        return new RunRequest(
                engine,
                caller,
                experiments,
                environment,
                more,
                instance,
                fire,
                tracing,
                seen,
                problems);
    }

    /** Ask that nothing be launched, and be recorded why. */
    public RunRequest unusable(List<Problem> why) {
        return changed(experiments, environment, fire, tracing, seen, why);
    }

    /** Ask for the same, with all that the engine says read from itself; the pod's own stays. */
    public RunRequest derivedFrom(Engine read) {
        return changed(
                Optional.empty(),
                environment.map(pod -> pod.derivedFrom(read)),
                fire,
                tracing,
                Optional.of(read),
                problems);
    }

    private RunRequest changed(
            Optional<List<String>> names,
            Optional<RunnerEnvironment> told,
            Optional<Fire> asking,
            RunnerEnvironment.Tracing traced,
            Optional<Engine> read,
            List<Problem> why) {
        return new RunRequest(
                engine, caller, names, told, settings, instance, asking, traced, read, why);
    }

    boolean underOperator() {
        return caller == Caller.OPERATOR;
    }
}
