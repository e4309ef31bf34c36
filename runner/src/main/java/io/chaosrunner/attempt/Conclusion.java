package io.chaosrunner.attempt;

import io.chaosrunner.model.Attempt;
import io.chaosrunner.model.Verdict;
import io.chaosrunner.status.StatusEntry;
import io.chaosrunner.strategy.Outcome;

/**
 * How an attempt ended, in Litmus' words and in the machine's.
 *
 * @param entry what the status entry says, unless a retry follows
 * @param end what the machine hears
 * @param detail what went wrong, for people; empty if nothing did
 * @param normal whether its container ended by itself and well, and its result came: then whatever
 *     it launched is on its way out too
 */
record Conclusion(StatusEntry entry, Attempt.End end, String detail, boolean normal) {

    /** Conclude what did not end as it should. */
    Conclusion(StatusEntry entry, Attempt.End end, String detail) {
        this(entry, end, detail, false);
    }

    static Outcome outcome(Verdict verdict) {
        return switch (verdict) {
            case PASS -> Outcome.PASSED;
            case FAIL -> Outcome.FAILED;
            case STOPPED -> Outcome.STOPPED;
            case ERROR, AWAITED, NOT_APPLICABLE -> Outcome.ERROR;
        };
    }
}
