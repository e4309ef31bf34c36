package io.chaosrunner.attempt;

import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * What is due once the engine holds what was changed before: a restart must know of it first. Owned
 * by the run's thread.
 *
 * @param <M> what is done next, as that thread is told of it
 */
public final class AfterWrites<M> {
    private final NavigableMap<Long, List<M>> waiting = new TreeMap<>();

    /** Keep a message until an edition of the engine is stored. */
    public void add(long edition, M message) {
        waiting.computeIfAbsent(edition, _ -> new ArrayList<>()).add(message);
    }

    /** Return, and forget, what waited for an edition or an earlier one. */
    public List<M> stored(long edition) {
        NavigableMap<Long, List<M>> due = waiting.headMap(edition, true);
        List<M> now = due.values().stream().flatMap(List::stream).toList();
        due.clear();
        return now;
    }

    public boolean isEmpty() {
        return waiting.isEmpty();
    }
}
