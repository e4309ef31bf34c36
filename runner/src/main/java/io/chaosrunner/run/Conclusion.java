package io.chaosrunner.run;

import io.chaosrunner.model.Verdict;
import io.chaosrunner.status.StatusEntry;
import io.chaosrunner.strategy.Outcome;

/**
 * Say how an attempt ended, in Litmus' words and in the machine's.
 *
 * @param entry what the status entry says, unless a retry follows
 * @param end what the machine hears
 * @param detail what went wrong, for people; empty if nothing did
 */
record Conclusion(StatusEntry entry, Attempt.End end, String detail) {

    static Outcome outcome(Verdict verdict) {
        return switch (verdict) {
            case PASS -> Outcome.PASSED;
            case FAIL -> Outcome.FAILED;
            case STOPPED -> Outcome.STOPPED;
            case ERROR, AWAITED, NOT_APPLICABLE -> Outcome.ERROR;
        };
    }
}
