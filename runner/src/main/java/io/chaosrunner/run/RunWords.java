package io.chaosrunner.run;

import io.chaosrunner.attempt.StatusTable;
import io.chaosrunner.claim.Claim;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.engine.EngineWriter;
import io.chaosrunner.engine.EventWriter;
import io.chaosrunner.history.RunHistory;
import io.chaosrunner.history.RunRecord;
import io.chaosrunner.model.RunEnd;
import io.chaosrunner.status.EngineEvent;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.status.StatusEntry;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/**
 * What is written of a run as a whole: into its claim, its entries, its events and its record.
 * Owned by the run's thread.
 */
record RunWords(
        RunContext context,
        OwnedRun taken,
        EngineWriter writer,
        EventWriter events,
        StatusTable entries) {

    /** Write that nothing more is launched; what runs goes on. */
    void ending(RunEnd end) {
        writer.claim(claim -> claim.endingBy(end.cause().word(), end.why()));
    }

    /** Write that the run is stopped: whoever takes it up in between must know by whom. */
    void stopping(RunEnd end) {
        writer.claim(claim -> claim.in(Claim.State.STOPPING, end.why()));
    }

    /** Write an event that tells why the run fails. */
    void failed(String why) {
        emit(new EngineEvent(EngineEvent.RUN_FAILED, true, "", why));
    }

    void skip(int slot, String why) {
        StatusEntry entry = StatusEntry.leftOut(taken.planned().slots().get(slot).experiment());
        context.tell(new RunNotice.Skipped(slot, entry.name(), why));
        entries.set(slot, entry);
        writer.entry(slot, entry);
        writer.claim(claim -> claim.skipping(slot, why));
        emit(new EngineEvent(EngineEvent.SKIPPED, false, entry.name(), why));
    }

    private void emit(EngineEvent event) {
        context.mailbox.work(() -> {
            events.emit(event);
            return new RunMessage.WorkDone();
        });
    }

    /** Write that what waits or runs was aborted. */
    void abortEntries() {
        for (int slot = 0; slot < taken.planned().slots().size(); slot++) {
            StatusEntry aborted = entries.of(slot).aborted();
            entries.set(slot, aborted);
            writer.entry(slot, aborted);
        }
    }

    /** Return the claim of this run as if it ended now. */
    Claim claimOver(RunEnd end) {
        return over(writer.claim(), end, now());
    }

    private Instant now() {
        return context.now().truncatedTo(ChronoUnit.MILLIS);
    }

    /** Only who has recorded the run says by what it ended. */
    private static Claim over(Claim claim, RunEnd end, Instant now) {
        return claim.endingBy(end.cause().word(), end.why()).finished(now, end.why());
    }

    /** Record the run before the claim says that it is over: so no finished run is forgotten. */
    void over(Engine engine, RunEnd end, boolean removing) {
        Instant now = now();
        record(engine, end, now, removing);
        writer.claim(claim -> over(claim, end, now));
    }

    private void record(Engine engine, RunEnd end, Instant now, boolean removing) {
        if (context.isLeaving() || removing) {
            return;
        }
        new RunHistory(context.cluster, context::tell)
                .record(
                        engine,
                        List.of(RunRecord.of(over(writer.claim(), end, now), entries.all())),
                        taken.settings().history())
                .ifPresent(writer::remember);
    }
}
