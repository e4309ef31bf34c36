package io.chaosrunner.report;

import io.chaosrunner.model.Verdict;
import io.chaosrunner.status.RunNotice;
import java.util.TreeMap;

/**
 * What the iterations of one slot came to, as far as this process heard of them: one that took a
 * run up, or looks on, knows nothing of those before. A retry takes the place of what it repeats.
 * Not for use by several threads.
 */
public final class SlotEnds {
    private final TreeMap<Integer, RunNotice.Ended> iterations = new TreeMap<>();

    /** Take in an end of this slot. */
    public void heard(RunNotice.Ended ended) {
        iterations.put(ended.attempt().iteration(), ended);
    }

    /**
     * Say why the slot did not pass: the last reason of an iteration that did not. Empty if all
     * passed, or none has a reason.
     */
    public String reason() {
        return iterations.descendingMap().values().stream()
                .filter(ended -> !passed(ended))
                .map(RunNotice.Ended::detail)
                .filter(detail -> !detail.isEmpty())
                .findFirst()
                .orElse("");
    }

    /** Say how many of several iterations passed; empty for one, or if not all are known. */
    String tally() {
        int known = iterations.size();
        return known < 2 || iterations.lastKey() != known
                ? ""
                : "%d of %d passed".formatted(passed(), known);
    }

    /** Return how many iterations are known to have ended. */
    int count() {
        return iterations.size();
    }

    /** Return how many of them passed. */
    int passed() {
        return (int) iterations.values().stream().filter(SlotEnds::passed).count();
    }

    private static boolean passed(RunNotice.Ended ended) {
        return ended.entry().verdict() == Verdict.PASS;
    }
}
