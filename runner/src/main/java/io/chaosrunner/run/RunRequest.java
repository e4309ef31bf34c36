package io.chaosrunner.run;

import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.config.Allowed;
import io.chaosrunner.config.ExecutionSettings;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.Fire;
import io.chaosrunner.resolve.RunnerEnvironment;
import io.chaosrunner.strategy.InvalidParameters.Problem;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A request for one run of one engine.
 *
 * @param engine the engine
 * @param caller who asks; the operator keeps the last word on status
 * @param experiments names of the experiments to run, in order; absent means those the engine lists
 * @param environment what experiments are told; absent means derived from the engine
 * @param settings overriding execution settings
 * @param instance random name of this process
 * @param fire the fire of the engine's schedule that asks; absent if somebody else does
 * @param check asked at the last moment whether the fire still starts a run
 * @param tracing where traces go, if the environment is derived from the engine
 * @param seen the engine as just read, which spares a request; absent means it is read
 * @param idleAsOf the version of the pods as of which none of the engine lived, as read a moment
 *     before it was seen so, which spares a request; absent means they are read
 * @param onlyAsSeen whether the engine starts nothing once it is not as seen any more: what was
 *     decided on it is to be decided again
 * @param problems why nothing can be launched, if the caller knows: they are recorded
 * @param allowed which accounts and images the engine may name
 */
public record RunRequest(
        EngineRef engine,
        Caller caller,
        Optional<List<String>> experiments,
        Optional<RunnerEnvironment> environment,
        Map<String, ?> settings,
        String instance,
        Optional<Fire> fire,
        StartCheck check,
        RunnerEnvironment.Tracing tracing,
        Optional<Engine> seen,
        Optional<String> idleAsOf,
        boolean onlyAsSeen,
        List<Problem> problems,
        Allowed allowed) {
    /**
     * Decide whether a fire still starts a run, when the claim is about to be written: since it was
     * decided that it does, time has passed and the engine may have been edited.
     */
    @FunctionalInterface
    public interface StartCheck {
        /** Find nothing wrong. */
        StartCheck NONE = (engine, fire) -> Optional.empty();

        /** Return why the fire starts no run any more; empty if it does. */
        Optional<String> objection(Engine engine, Fire fire);
    }

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
                StartCheck.NONE,
                RunnerEnvironment.Tracing.OFF,
                Optional.empty(),
                Optional.empty(),
                false,
                List.of(),
                Allowed.ANYTHING);
    }

    /** Ask for the same, unless the engine names what is not allowed. */
    public RunRequest within(Allowed bounds) {
        return new RunRequest(
                engine,
                caller,
                experiments,
                environment,
                settings,
                instance,
                fire,
                check,
                tracing,
                seen,
                idleAsOf,
                onlyAsSeen,
                problems,
                bounds);
    }

    /** Ask for the same, and that experiments continue a trace. */
    public RunRequest with(RunnerEnvironment.Tracing given) {
        return changed(experiments, environment, fire, given, seen, problems);
    }

    /** Ask for the same of an engine that was just read. */
    public RunRequest seeing(Engine read) {
        return seeing(read, Optional.empty(), false);
    }

    /**
     * Ask for the same of an engine that was just read.
     *
     * @param idle the version of the pods as of which none of it lived, if they were read
     * @param only whether it starts nothing once it is not as it was read any more
     */
    public RunRequest seeing(Engine read, Optional<String> idle, boolean only) {
        return new RunRequest(
                engine,
                caller,
                experiments,
                environment,
                settings,
                instance,
                fire,
                check,
                tracing,
                Optional.of(read),
                idle,
                only,
                problems,
                allowed);
    }

    /** Ask for the same on behalf of a fire. */
    public RunRequest firedBy(Fire asking) {
        return changed(experiments, environment, Optional.of(asking), tracing, seen, problems);
    }

    /** Ask for the same, with a check of whatever fire asks. */
    public RunRequest checking(StartCheck given) {
        return new RunRequest(
                engine,
                caller,
                experiments,
                environment,
                settings,
                instance,
                fire,
                given,
                tracing,
                seen,
                idleAsOf,
                onlyAsSeen,
                problems,
                allowed);
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
                check,
                tracing,
                seen,
                idleAsOf,
                onlyAsSeen,
                problems,
                allowed);
    }

    /**
     * Ask for the same of an engine that was read, with a deadline unless it has one of its own.
     */
    public RunRequest endingWithin(Optional<Duration> deadline) {
        boolean own =
                seen.filter(engine ->
                                ExecutionSettings.of(
                                                engine.spec(),
                                                engine.annotation(ExecutionSettings.ANNOTATION),
                                                settings)
                                        .limits()
                                        .deadline()
                                        .isPresent())
                        .isPresent();
        return deadline.filter(_ -> !own)
                .map(longest -> with("deadline", longest.toSeconds() + "s"))
                .orElse(this);
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
                engine,
                caller,
                names,
                told,
                settings,
                instance,
                asking,
                check,
                traced,
                read,
                idleAsOf,
                onlyAsSeen,
                why,
                allowed);
    }

    boolean underOperator() {
        return caller == Caller.OPERATOR;
    }
}
