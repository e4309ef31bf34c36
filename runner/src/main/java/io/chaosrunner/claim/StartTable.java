package io.chaosrunner.claim;

import io.chaosrunner.crd.Engine;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.Fire;
import java.util.Optional;

/**
 * What a process that comes to an engine should do: the start table.
 *
 * <p>The operator empties the status entries when it restarts an engine, and a process that died
 * left its claim behind; together they tell a restart from a second start.
 */
public sealed interface StartTable {

    /**
     * Begin a run of that number.
     *
     * @param before the claim of the run before it, if there is one
     */
    record NewRun(long number, Optional<Claim> before) implements StartTable {}

    /** Take up a run that was interrupted. */
    record Resume(Claim claim) implements StartTable {}

    /** Launch nothing: the run is over, and its end was recorded; or its fire is settled. */
    record AlreadyFinished(Claim claim) implements StartTable {}

    /** Launch nothing: there is no run to end. */
    record NeverRan() implements StartTable {}

    /** Launch nothing: another process may own the run. */
    record Refused(EngineRef engine, Claim claim) implements StartTable {}

    /** Who comes to an engine. */
    enum Caller {
        /** The operator made this process' pod, and there is only one such pod. */
        OPERATOR,
        /** A person, at a terminal. */
        PERSON,
        /** A person who said that the owner of the run is dead. */
        PERSON_WHO_RESUMES,
        /** A person who ends a run whose owner is dead; nothing is ever launched. */
        PERSON_WHO_STOPS,
        /**
         * A pod that the scheduling service made for one fire: it begins the run of that fire, or
         * takes it up, and leaves every other run alone.
         */
        SERVICES_POD
    }

    /**
     * Read the start table for a run that a schedule asks for: a fire that is settled starts
     * nothing, and one that is not starts a run where the last one is over.
     *
     * @throws Claim.Unreadable if somebody edited the claim
     */
    static StartTable of(Engine engine, Caller caller, Optional<Fire> fire) {
        StartTable start = of(engine, caller);
        if (caller == Caller.SERVICES_POD
                && start instanceof Refused(var ref, Claim claim)
                && claim.isOfService()
                && fire.isPresent()
                && claim.fires().started().equals(fire)) {
            return new Resume(claim.matching(engine));
        }
        Optional<Claim> over =
                switch (start) {
                    case NewRun(long number, Optional<Claim> before) -> before;
                    case AlreadyFinished(Claim claim) -> Optional.of(claim);
                    case Resume _, Refused _, NeverRan _ -> Optional.empty();
                };
        if (fire.isEmpty() || over.isEmpty()) {
            return start;
        }
        Claim last = over.get();
        return last.fires().isSettled(fire.get())
                ? new AlreadyFinished(last)
                : new NewRun(last.nextNumber(), over);
    }

    /**
     * Read the start table.
     *
     * @throws Claim.Unreadable if somebody edited the claim
     */
    static StartTable of(Engine engine, Caller caller) {
        Optional<Claim> found = Claim.of(engine);
        if (found.isEmpty()) {
            return caller == Caller.PERSON_WHO_STOPS
                    ? new NeverRan()
                    : new NewRun(1, Optional.empty());
        }
        Claim claim = found.get();
        boolean reset = engine.statusEntries().isEmpty();
        long next = claim.nextNumber();
        return switch (caller) {
            case OPERATOR -> {
                if (reset) {
                    yield new NewRun(next, found);
                }
                yield claim.state() == Claim.State.FINISHED
                        ? new AlreadyFinished(claim)
                        : new Resume(claim.matching(engine));
            }
            case PERSON, SERVICES_POD -> {
                if (claim.state() == Claim.State.FINISHED || reset) {
                    yield new NewRun(next, found);
                }
                yield new Refused(engine.ref(), claim);
            }
            case PERSON_WHO_RESUMES ->
                    claim.state() == Claim.State.FINISHED || reset
                            ? new NewRun(next, found)
                            : new Resume(claim.matching(engine));
            case PERSON_WHO_STOPS ->
                    claim.state() == Claim.State.FINISHED || reset
                            ? new AlreadyFinished(claim)
                            : new Resume(claim.matching(engine));
        };
    }
}
