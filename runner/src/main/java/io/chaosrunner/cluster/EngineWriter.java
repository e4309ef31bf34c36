package io.chaosrunner.cluster;

import io.chaosrunner.cluster.Cluster.PatchType;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.status.Claim;
import io.chaosrunner.status.EngineUpdate;
import io.chaosrunner.status.EngineUpdate.Objection;
import io.chaosrunner.status.StatusEntry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Write one run's claim and entries to its engine: the only writer, so that nothing is lost.
 *
 * <p>Changes are gathered while a write is under way or would come too soon ({@link WritePace}).
 * Each write holds only if the engine is as last seen; otherwise the engine is read again and the
 * change decided again. Safe for use by several threads.
 */
public final class EngineWriter implements AutoCloseable {
    private static final int MOST_REREADS = 20;

    private final Cluster cluster;
    private final EngineRef engine;
    private final String runner;
    private final Clock clock;
    private final Listener listener;
    private final Thread thread;

    private final Object lock = new Object();
    private final TreeMap<Integer, StatusEntry> wanted = new TreeMap<>();
    private List<Runnable> afterwards = new ArrayList<>();
    private Claim claim;
    private Optional<String> summaries = Optional.empty();
    private Optional<Instant> changed = Optional.empty();
    private boolean closing;
    private boolean stopped;

    private Engine seen;
    private boolean mayPatch;
    private WritePace pace;

    /** Hear what stands against writing; called once at most, by the writer's thread. */
    public interface Listener {
        /** Nothing more is written: the engine has another owner, was aborted, or is gone. */
        void refused(Refusal refusal);

        /** Nothing more is written: the API server failed after all retries, or this is a bug. */
        void failed(RuntimeException why);
    }

    /** Say what stands against writing. */
    public sealed interface Refusal {
        /** The engine is gone. */
        record EngineGone() implements Refusal {}

        /** The engine says so. */
        record Objected(Objection objection) implements Refusal {}
    }

    /**
     * Begin to write for a run that has taken its engine.
     *
     * @param owned the engine as the claim's write returned it
     * @param mayPatch whether patching worked for the claim
     */
    public EngineWriter(
            Cluster cluster, Engine owned, boolean mayPatch, Clock clock, Listener listener) {
        this.cluster = cluster;
        this.engine = owned.ref();
        this.runner = owned.name() + "-runner";
        this.clock = clock;
        this.listener = listener;
        this.mayPatch = mayPatch;
        seen = owned;
        claim = Claim.of(owned).orElseThrow();
        pace = WritePace.startingAt(clock.instant());
        thread = Thread.ofVirtual().name("engine writer").unstarted(this::write);
        thread.start();
    }

    /**
     * Take an engine in one guarded write, or not at all.
     *
     * @param patch what {@link EngineUpdate} built from the engine as read
     * @return the engine as stored; empty if it changed meanwhile: read it again and decide again
     */
    public static Optional<Taken> take(Cluster cluster, Engine read, ObjectNode patch) {
        try {
            return Optional.of(
                    new Taken(
                            new Engine(
                                    cluster.patch(
                                            Resource.ENGINES,
                                            read.namespace(),
                                            read.name(),
                                            PatchType.MERGE,
                                            patch)),
                            true));
        } catch (ClusterException e) {
            if (e.kind() == Kind.CONFLICT) {
                return Optional.empty();
            }
            if (e.kind() != Kind.FORBIDDEN) {
                throw e;
            }
        }
        try {
            return Optional.of(
                    new Taken(
                            new Engine(
                                    cluster.replace(
                                            Resource.ENGINES, EngineUpdate.patched(read, patch))),
                            false));
        } catch (ClusterException e) {
            if (e.kind() == Kind.CONFLICT) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /**
     * Hold an engine that was taken.
     *
     * @param engine as stored
     * @param mayPatch false if only replacing it whole is allowed
     */
    public record Taken(Engine engine, boolean mayPatch) {}

    /** Make several changes that are stored in one write, or none of them. */
    public void together(Runnable changes) {
        synchronized (lock) {
            changes.run();
        }
    }

    /** Change the claim, with the next write. */
    public void claim(UnaryOperator<Claim> change) {
        synchronized (lock) {
            claim = change.apply(claim);
            noteChange();
        }
    }

    /** Change an entry, with the next write. */
    public void entry(int slot, StatusEntry entry) {
        synchronized (lock) {
            wanted.put(slot, entry);
            noteChange();
        }
    }

    /** Change the claim and an entry in one write, and run something when it is stored. */
    public void settle(
            int slot, StatusEntry entry, UnaryOperator<Claim> change, Runnable afterwards) {
        synchronized (lock) {
            claim = change.apply(claim);
            wanted.put(slot, entry);
            this.afterwards.add(afterwards);
            noteChange();
        }
    }

    /** Change the claim, and run something when it is stored. */
    public void claim(UnaryOperator<Claim> change, Runnable afterwards) {
        synchronized (lock) {
            claim = change.apply(claim);
            this.afterwards.add(afterwards);
            noteChange();
        }
    }

    /** Write summaries of runs with the next change of the claim. */
    public void remember(String summariesOfRuns) {
        synchronized (lock) {
            summaries = Optional.of(summariesOfRuns);
        }
    }

    /** Return the claim as it will be written. */
    public Claim claim() {
        synchronized (lock) {
            return claim;
        }
    }

    /** Write what is left and end; returns when it is stored, or cannot be. */
    @Override
    public void close() {
        synchronized (lock) {
            closing = true;
            lock.notifyAll();
        }
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Begin no further request; what was not written stays unwritten. */
    public void abandon() {
        synchronized (lock) {
            stopped = true;
            lock.notifyAll();
        }
    }

    /** Wait until no request is under way, for a bounded time; only after {@link #abandon}. */
    public void awaitLast(Duration longest) {
        try {
            thread.join(longest);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void write() {
        try {
            while (awaitWork()) {
                writeOnce();
            }
        } catch (RuntimeException e) {
            stop();
            listener.failed(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            stop();
        }
    }

    private void stop() {
        synchronized (lock) {
            stopped = true;
        }
    }

    private boolean isStopped() {
        synchronized (lock) {
            return stopped;
        }
    }

    /** Wait until there is something to write and the pace allows it; false when all is done. */
    private boolean awaitWork() throws InterruptedException {
        synchronized (lock) {
            while (!stopped) {
                if (changed.isEmpty()) {
                    if (closing) {
                        return false;
                    }
                    lock.wait();
                    continue;
                }
                Duration pause =
                        pace.pause(clock.instant(), changed.get(), !closing && othersRun());
                if (pause.isZero()) {
                    return true;
                }
                lock.wait(Math.max(1, pause.toMillis()));
            }
            return false;
        }
    }

    /** Tell whether an experiment runs whose entry is not among the changes. */
    private boolean othersRun() {
        List<JsonNode> entries = seen.statusEntries();
        return IntStream.range(0, entries.size())
                .anyMatch(slot ->
                        !wanted.containsKey(slot)
                                && StatusEntry.read(entries.get(slot)).isRunning());
    }

    private void noteChange() {
        if (changed.isEmpty()) {
            changed = Optional.of(clock.instant());
        }
        lock.notifyAll();
    }

    private void writeOnce() {
        Claim next;
        Optional<String> runs;
        TreeMap<Integer, StatusEntry> entries;
        List<Runnable> then;
        synchronized (lock) {
            next = claim;
            runs = summaries;
            entries = new TreeMap<>(wanted);
            then = afterwards;
            afterwards = new ArrayList<>();
            changed = Optional.empty();
        }
        for (int reread = 0; ; reread++) {
            if (isStopped()) {
                return;
            }
            var changed = EngineUpdate.changed(seen, entries);
            if (changed.isEmpty() && next.equals(Claim.of(seen).orElse(null))) {
                break;
            }
            Instant began = clock.instant();
            try {
                seen = new Engine(store(next, changed, runs));
                pace = pace.wrote(began, clock.instant());
                break;
            } catch (ClusterException e) {
                switch (e.kind()) {
                    case CONFLICT, INVALID -> {
                        // It may be our own, the answer to which was lost.
                        pace = pace.wrote(began, clock.instant());
                        if (reread == MOST_REREADS) {
                            throw e;
                        }
                        if (!rereadAllows(entries)) {
                            return;
                        }
                    }
                    case NOT_FOUND -> {
                        stop();
                        listener.refused(new Refusal.EngineGone());
                        return;
                    }
                    case FORBIDDEN -> {
                        if (!mayPatch) {
                            throw e;
                        }
                        mayPatch = false;
                    }
                    default -> throw e;
                }
            }
        }
        synchronized (lock) {
            wanted.keySet().removeIf(slot -> wanted.get(slot) == entries.get(slot));
        }
        then.forEach(Runnable::run);
    }

    private ObjectNode store(
            Claim next, SortedMap<Integer, StatusEntry> changed, Optional<String> runs) {
        Instant now = clock.instant();
        if (mayPatch) {
            ArrayNode patch = EngineUpdate.move(seen, next, changed, runner, now);
            runs.ifPresent(text -> EngineUpdate.remember(patch, text));
            return cluster.patch(
                    Resource.ENGINES, engine.namespace(), engine.name(), PatchType.JSON, patch);
        }
        ObjectNode whole = EngineUpdate.moved(seen, next, changed, runner, now);
        runs.ifPresent(text -> EngineUpdate.remember(whole, text));
        return cluster.replace(Resource.ENGINES, whole);
    }

    private boolean rereadAllows(TreeMap<Integer, StatusEntry> entries) {
        Optional<ObjectNode> live =
                cluster.get(Resource.ENGINES, engine.namespace(), engine.name());
        if (live.isEmpty()) {
            stop();
            listener.refused(new Refusal.EngineGone());
            return false;
        }
        Engine now = new Engine(live.get());
        Optional<Objection> objection = EngineUpdate.objection(now, seen, entries);
        if (objection.isPresent()) {
            stop();
            listener.refused(new Refusal.Objected(objection.get()));
            return false;
        }
        seen = now;
        return true;
    }
}
