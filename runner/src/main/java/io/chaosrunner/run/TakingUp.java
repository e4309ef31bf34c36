package io.chaosrunner.run;

import io.chaosrunner.attempt.AttemptEnding;
import io.chaosrunner.attempt.AttemptEnding.Situation;
import io.chaosrunner.attempt.FoundJob;
import io.chaosrunner.attempt.LiveAttempt;
import io.chaosrunner.attempt.PodWatch;
import io.chaosrunner.attempt.StatusTable;
import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.LoggedAttempt;
import io.chaosrunner.model.Attempt;
import io.chaosrunner.model.ExecutionId;
import io.chaosrunner.strategy.Outcome;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The attempts that an earlier process left, each put where this one goes on with it. */
record TakingUp(
        RunContext context,
        OwnedRun taken,
        Map<ExecutionId, LiveAttempt> live,
        StatusTable entries,
        AttemptEnding ends,
        PodWatch watch,
        Launching launching,
        Situation now) {
    /** Take up what is left, and end what a break interrupted; returns what was found. */
    ResumedAttempts takeUp() {
        Claim claimed = taken.claim();
        String engineUid = taken.engine().engine().uid();
        int slots = taken.planned().slots().size();
        List<LoggedAttempt> told = ResumedAttempts.toldByJobs(claimed, taken.jobs(), slots);
        Claim known = claimed;
        for (LoggedAttempt end : told) {
            known = known.with(end);
        }
        ResumedAttempts left = ResumedAttempts.of(known, engineUid, taken.jobs(), slots);
        context.clock.reach(claimed.runStart());
        for (Attempt attempt : left.attempts()) {
            context.clock.reach(attempt.end().map(Attempt.End::at).orElse(attempt.start()));
            entries.launched(attempt);
        }
        for (ResumedAttempts.Left over : left.over()) {
            Attempt attempt = over.attempt();
            Optional<LoggedAttempt> unstored =
                    over.logged().filter(end -> told.stream().anyMatch(end::isSameAttempt));
            if (unstored.isPresent()) {
                ends.recordAgain(live(over), unstored.get(), over.job().map(FoundJob::job), now);
            } else if (!now.machine().mayRetry(attempt, attempt.end().orElseThrow())) {
                entries.note(attempt.slot(), attempt.end().orElseThrow().outcome());
            }
            over.job()
                    .ifPresent(job -> {
                        LiveAttempt each = live(over);
                        ends.watchOver(each);
                        each.passed = attempt.end().orElseThrow().outcome() == Outcome.PASSED;
                        ends.cleanUpAgain(each, job.job(), now.engine());
                    });
        }
        for (ResumedAttempts.Left broken : left.broken()) {
            LiveAttempt each = live(broken);
            live.put(each.id, each);
            broken.job().ifPresent(job -> each.job(job.job()));
            ends.removeAgain(each, broken.logged().orElseThrow());
        }
        for (ResumedAttempts.Left running : left.running()) {
            LiveAttempt each = live(running);
            live.put(each.id, each);
            FoundJob job = running.job().orElseThrow();
            watch.watch(each, job.job());
            launching.launched(each, job.job(), job.launch().why(), true);
        }
        return left;
    }

    private LiveAttempt live(ResumedAttempts.Left left) {
        int slot = left.attempt().slot();
        String why =
                left.logged()
                        .map(LoggedAttempt::why)
                        .filter(logged -> !logged.isEmpty())
                        .or(() -> left.job().map(job -> job.launch().why()))
                        .orElse("");
        var each =
                new LiveAttempt(
                        left.attempt(),
                        left.id(),
                        taken.planned().slots().get(slot).experiment(),
                        why);
        each.podFrom(entries.of(slot));
        return each;
    }
}
