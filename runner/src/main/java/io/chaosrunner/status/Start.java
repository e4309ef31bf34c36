package io.chaosrunner.status;

import io.chaosrunner.crd.Engine;
import io.chaosrunner.model.EngineRef;
import java.util.Optional;

/**
 * Say what a process that comes to an engine should do: the start table.
 *
 * <p>The operator empties the status entries when it restarts an engine, and a process that died
 * left its claim behind; together they tell a restart from a second start.
 */
public sealed interface Start {

    /** Begin a run of that number. */
    record NewRun(long number) implements Start {}

    /** Take up a run that was interrupted. */
    record Resume(Claim claim) implements Start {}

    /** Launch nothing: the run is over, and its end was recorded. */
    record AlreadyFinished(Claim claim) implements Start {}

    /** Launch nothing: there is no run to end. */
    record NeverRan() implements Start {}

    /** Launch nothing: another process may own the run. */
    record Refused(EngineRef engine, Claim claim) implements Start {}

    /** Name who comes to an engine. */
    enum Caller {
        /** The operator made this process' pod, and there is only one such pod. */
        OPERATOR,
        /** A person, at a terminal. */
        PERSON,
        /** A person who said that the owner of the run is dead. */
        PERSON_WHO_RESUMES,
        /** A person who ends a run whose owner is dead; nothing is ever launched. */
        PERSON_WHO_STOPS
    }

    /**
     * Read the start table.
     *
     * @throws Claim.Unreadable if somebody edited the claim
     */
    static Start of(Engine engine, Caller caller) {
        Optional<Claim> found = Claim.of(engine);
        if (found.isEmpty()) {
            return caller == Caller.PERSON_WHO_STOPS ? new NeverRan() : new NewRun(1);
        }
        Claim claim = found.get();
        boolean reset = engine.statusEntries().isEmpty();
        long next = claim.run().number() + 1;
        return switch (caller) {
            case OPERATOR -> {
                if (reset) {
                    yield new NewRun(next);
                }
                yield claim.state() == Claim.State.FINISHED
                        ? new AlreadyFinished(claim)
                        : new Resume(claim);
            }
            case PERSON -> {
                if (claim.state() == Claim.State.FINISHED || reset) {
                    yield new NewRun(next);
                }
                yield new Refused(engine.ref(), claim);
            }
            case PERSON_WHO_RESUMES ->
                    claim.state() == Claim.State.FINISHED || reset
                            ? new NewRun(next)
                            : new Resume(claim);
            case PERSON_WHO_STOPS ->
                    claim.state() == Claim.State.FINISHED || reset
                            ? new AlreadyFinished(claim)
                            : new Resume(claim);
        };
    }
}
