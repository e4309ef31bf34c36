package io.chaosrunner.attempt;

import io.chaosrunner.engine.EngineWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * What must wait until the engine holds what was changed before: a restart must know of it first.
 * Owned by the run's thread.
 */
public final class AfterWrites {
    private final EngineWriter writer;
    private final NavigableMap<Long, List<Runnable>> waiting = new TreeMap<>();

    public AfterWrites(EngineWriter writer) {
        this.writer = writer;
    }

    /** Run something once all changes made so far are stored. */
    public void run(Runnable then) {
        writer.ask();
        waiting.computeIfAbsent(writer.edition(), edition -> new ArrayList<>()).add(then);
    }

    /** Run what waited for an edition, or an earlier one. */
    public void stored(long edition) {
        NavigableMap<Long, List<Runnable>> due = waiting.headMap(edition, true);
        List<Runnable> now = due.values().stream().flatMap(List::stream).toList();
        due.clear();
        now.forEach(Runnable::run);
    }

    public boolean isEmpty() {
        return waiting.isEmpty();
    }
}
