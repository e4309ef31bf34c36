package io.chaosrunner.scheduler;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.FireLedger.Skipped;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.Fire;
import io.chaosrunner.status.RunListener;
import io.chaosrunner.status.StatusEntry;
import java.time.Instant;
import java.util.List;

/** Tell several listeners all that one hears, in their order. */
public record SeveralListeners(List<ServiceListener> all) implements ServiceListener {
    public SeveralListeners {
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
