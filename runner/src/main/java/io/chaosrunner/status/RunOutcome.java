package io.chaosrunner.status;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.model.RunEnd.Cause;
import io.chaosrunner.model.Verdict;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** How a run ended, for those who count: a run that somebody stopped did neither. */
public enum RunOutcome {
    /** Nothing but Pass, or N/A. */
    PASSED,
    /** Anything else; or its strategy failed. */
    FAILED;

    /** How runs end that failed, whatever became of their experiments. */
    private static final Set<Cause> FAILURES =
            EnumSet.of(
                    Cause.PLAN_FAILED,
                    Cause.BROKEN_STRATEGY,
                    Cause.RECORD_FULL,
                    Cause.LEFT_BEHIND,
                    Cause.UNWATCHED);

    /** Return how a run that is over ended; empty if somebody stopped it, or nothing is known. */
    public static Optional<RunOutcome> of(Claim claim, List<StatusEntry> entries) {
        Optional<Cause> cause = Cause.of(claim.ending());
        if (entries.isEmpty()) {
            return Optional.empty();
        }
        if (cause.filter(FAILURES::contains).isPresent()) {
            return Optional.of(FAILED);
        }
        if (cause.filter(Cause.REPLACED::equals).isPresent()) {
            boolean failed =
                    entries.stream()
                            .anyMatch(entry ->
                                    entry.verdict() == Verdict.FAIL
                                            || entry.verdict() == Verdict.ERROR);
            return failed ? Optional.of(FAILED) : Optional.empty();
        }
        boolean aborted =
                entries.stream().anyMatch(entry -> entry.status().equals(StatusEntry.ABORTED));
        if (aborted || cause.filter(Cause.ABORT::equals).isPresent()) {
            return Optional.empty();
        }
        boolean passed =
                entries.stream()
                        .allMatch(entry ->
                                entry.verdict() == Verdict.PASS
                                        || entry.verdict() == Verdict.NOT_APPLICABLE);
        return Optional.of(passed ? PASSED : FAILED);
    }
}
