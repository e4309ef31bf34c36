package io.chaosrunner.scheduler;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.FireLedger.Skipped;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.Fire;
import io.chaosrunner.status.RunListener;
import io.chaosrunner.status.StatusEntry;
import java.time.Instant;
import java.util.List;

/**
 * A listener that hears what the scheduling service does. Called by several threads; must not block
 * or throw.
 */
public interface ServiceListener {
    /** Return who hears of the next run of an engine. */
    RunListener run(EngineRef engine);

    /** Hear one thing about an engine, or the ChaosSchedule of that name. */
    void note(EngineRef engine, String event, String message);

    /** Hear one thing about the service itself. */
    void note(String event, String message);

    /** Hear whether this process leads, when that changes. */
    default void leads(boolean leads) {}

    /**
     * Hear that a run of an engine is launched for a fire: begun in this process, or handed to a
     * pod or the operator.
     *
     * @param planned when the schedule said that it begins; for a request of a person when they
     *     asked
     * @param at when it was launched
     */
    default void fired(EngineRef engine, Fire fire, Instant planned, Instant at) {}

    /** Hear of fires that start no run, which is recorded with their engine. */
    default void skipped(EngineRef engine, Skipped fires) {}

    /**
     * Hear that a run is over which this process has seen going on, whoever carried it out.
     *
     * @param entries one for each of its experiments
     */
    default void ended(EngineRef engine, Claim claim, List<StatusEntry> entries) {}

    /** Tell several listeners all that one hears, in their order. */
    record Several(List<ServiceListener> all) implements ServiceListener {
        public Several {
            all = List.copyOf(all);
        }

        @Override
        public RunListener run(EngineRef engine) {
            List<RunListener> each = all.stream().map(one -> one.run(engine)).toList();
            return notice -> each.forEach(one -> one.heard(notice));
        }

        @Override
        public void note(EngineRef engine, String event, String message) {
            all.forEach(one -> one.note(engine, event, message));
        }

        @Override
        public void note(String event, String message) {
            all.forEach(one -> one.note(event, message));
        }

        @Override
        public void leads(boolean leads) {
            all.forEach(one -> one.leads(leads));
        }

        @Override
        public void fired(EngineRef engine, Fire fire, Instant planned, Instant at) {
            all.forEach(one -> one.fired(engine, fire, planned, at));
        }

        @Override
        public void skipped(EngineRef engine, Skipped fires) {
            all.forEach(one -> one.skipped(engine, fires));
        }

        @Override
        public void ended(EngineRef engine, Claim claim, List<StatusEntry> entries) {
            all.forEach(one -> one.ended(engine, claim, entries));
        }
    }
}
