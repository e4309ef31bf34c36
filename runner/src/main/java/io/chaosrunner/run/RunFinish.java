package io.chaosrunner.run;

import static java.util.Objects.requireNonNull;

import io.chaosrunner.attempt.LiveAttempt;
import io.chaosrunner.attempt.PodCensus;
import io.chaosrunner.attempt.StatusTable;
import io.chaosrunner.claim.Claim;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.engine.EngineWriter;
import io.chaosrunner.engine.PodRemover;
import io.chaosrunner.engine.PodRemover.Extent;
import io.chaosrunner.model.ExecutionId;
import io.chaosrunner.model.RunEnd;
import io.chaosrunner.model.RunEnd.Cause;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.status.StatusEntry;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The end of a run: what must be gone before it is over, what keeps it open, and what is said last.
 * Owned by the run's thread.
 */
final class RunFinish {
    private final RunContext context;
    private final OwnedRun taken;
    private final EngineWriter writer;
    private final RunWords words;
    private final RunRemoval removal;
    private final StatusTable entries;
    private final Map<ExecutionId, LiveAttempt> live;
    private final PodCensus census;
    private @Nullable RunEnd end;

    /** Whether all that runs is being removed, as the run cannot go on. */
    private boolean removing;

    /** Whether nothing of the run lives, as was asked after all of it was over. */
    private boolean swept;

    /** Whether an attempt ended in a way that may leave pods which nobody has seen yet. */
    private boolean doubtful;

    /** What lives on and cannot be removed; empty if that is not so. */
    private String leftBehind = "";

    RunFinish(
            RunContext context,
            OwnedRun taken,
            EngineWriter writer,
            RunWords words,
            RunRemoval removal,
            StatusTable entries,
            Map<ExecutionId, LiveAttempt> live,
            PodCensus census) {
        this.context = context;
        this.taken = taken;
        this.writer = writer;
        this.words = words;
        this.removal = removal;
        this.entries = entries;
        this.live = live;
        this.census = census;
        // Who was here before may not have had time to look.
        doubtful = taken.resumed();
    }

    /** Take note that nothing more is launched, and why; say so where that is a failure. */
    void close(RunEnd by) {
        end = by;
        switch (by.cause()) {
            case PLAN_FAILED, RECORD_FULL -> words.failed(by.why());
            case BROKEN_STRATEGY ->
                    words.failed(
                            "strategy %s broke a rule: %s"
                                    .formatted(taken.settings().strategy(), by.why()));
            // The final word of an abort: only after everything with our labels is gone. It goes
            // once the engine says that the run stops, so that who takes it up launches nothing.
            case ABORT, REPLACED, UNWATCHED ->
                    context.afterWrites.add(writer.ask(), new RunMessage.RunRemovalDue());
            case PLAN, FAILURE, DEADLINE, LEFT_BEHIND -> {}
        }
    }

    /**
     * Take note that an attempt ended.
     *
     * @param mayLeavePods whether it may have left some which nobody has seen yet
     */
    void attemptEnded(boolean mayLeavePods) {
        doubtful |= mayLeavePods;
    }

    /** Tell whether all attempts are over, and all that followed from them is done and stored. */
    boolean isOver() {
        return end != null
                && context.mailbox.isIdle()
                && context.afterWrites.isEmpty()
                && live.isEmpty()
                && !removing;
    }

    /** Tell whether the last word may be written, as nothing of the run lives. */
    boolean isFinished() {
        return isOver() && (swept || (census.isEmpty() && !doubtful));
    }

    boolean isRemoving() {
        return removing;
    }

    boolean staysOpen() {
        return !leftBehind.isEmpty();
    }

    // ---- Removing ----------------------------------------------------------------------------

    /** Remove what there is of the run; the message that follows tells whether it is gone. */
    void remove(Extent extent, Optional<Consumer<List<String>>> saying) {
        context.mailbox.work(
                () -> new RunMessage.RunRemoved(extent, removal.remove(extent, saying)));
    }

    /** Take note that nothing lives of the run. */
    void gone(Extent extent) {
        swept = true;
        if (extent == Extent.ALL) {
            // All is removed for an abort only.
            words.abortEntries();
        }
    }

    /** End this process, not the run: no status may say that it is over. */
    void stayOpen(String what, List<String> left) {
        leftBehind =
                "%s live on, cannot be removed and may go on with a fault: %s; remove them by hand, then take the run up again"
                        .formatted(what, PodRemover.inWords(left));
    }

    /** Remove all that runs, as the run cannot go on; the process ends after that. */
    void removeAll(String why, boolean unclaimed) {
        removing = true;
        context.tell(new RunNotice.Waiting(why + ": what runs is removed"));
        Claim over = words.claimOver(new RunEnd(Cause.ABORT, why));
        List<StatusEntry> last = entries.all().stream().map(StatusEntry::aborted).toList();
        context.mailbox.work(() -> removal.removeAll(why, unclaimed, over, last));
    }

    // ---- The last word -----------------------------------------------------------------------

    /** Record a run that is over, and write that it is; one that stays open is left as it is. */
    void sayOver(Engine engine) {
        if (!staysOpen()) {
            words.over(engine, requireNonNull(end), removing);
        }
    }

    /** Tell of the end, and return what came out. */
    RunResult result() {
        if (staysOpen()) {
            return new RunResult.NotOver(leftBehind);
        }
        RunEnd by = requireNonNull(end);
        context.tell(new RunNotice.Finished(by, entries.all()));
        return new RunResult.Completed(by, entries.all());
    }
}
