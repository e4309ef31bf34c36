package io.chaosrunner.attempt;

import io.chaosrunner.model.Attempt;
import io.chaosrunner.model.Verdict;
import io.chaosrunner.status.StatusEntry;
import io.chaosrunner.strategy.Outcome;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The status entries of a run as they should read, one per slot. */
public final class StatusTable {
    private final List<StatusEntry> entries;
    private final Map<Integer, Integer> launched = new HashMap<>();
    private final Map<Integer, Verdict> worst = new HashMap<>();
    private final Map<Integer, String> worstPods = new HashMap<>();

    public StatusTable(List<StatusEntry> entries) {
        this.entries = new ArrayList<>(entries);
    }

    public StatusEntry of(int slot) {
        return entries.get(slot);
    }

    public void set(int slot, StatusEntry entry) {
        entries.set(slot, entry);
    }

    public List<StatusEntry> all() {
        return List.copyOf(entries);
    }

    /** Hear that an attempt is launched: the entry of its slot is not for earlier ones any more. */
    public void launched(Attempt attempt) {
        launched.merge(attempt.slot(), attempt.ordinal(), Math::max);
    }

    /** Tell whether no later attempt of its slot was launched. */
    boolean isLast(Attempt attempt) {
        return launched.getOrDefault(attempt.slot(), -1) <= attempt.ordinal();
    }

    /** Note how one more execution of a slot ended; returns the worst of them. */
    public Verdict note(int slot, Outcome outcome) {
        return worst.merge(slot, Verdict.of(outcome), Verdict::worse);
    }

    /**
     * Return what an entry says after an execution: the worst verdict of all of the slot, and the
     * pod whose verdict that is.
     */
    StatusEntry overIterations(int slot, Conclusion conclusion) {
        StatusEntry entry = conclusion.entry();
        Outcome outcome = conclusion.end().outcome();
        Verdict overall = note(slot, outcome);
        if (overall == Verdict.of(outcome) || !entry.status().equals(StatusEntry.COMPLETED)) {
            worstPods.put(slot, entry.pod());
            return entry;
        }
        return StatusEntry.completed(
                entry.name(), worstPods.getOrDefault(slot, entry.pod()), overall);
    }
}
