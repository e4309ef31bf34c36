package io.chaosrunner.engine;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Cluster.PatchType;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.cluster.RetryBackoff;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.TimeWords;
import io.chaosrunner.status.EnginePatch;
import io.chaosrunner.status.EnginePatch.Objection;
import io.chaosrunner.status.StatusEntry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The only writer of one run's claim and entries, so that nothing is lost.
 *
 * <p>The run's thread changes both and then commits what belongs together: that is stored in one
 * write, or not at all. A thread of its own writes. Commits are gathered while a write is under way
 * or would come too soon ({@link WritePace}). Each write holds only if the engine is as last seen;
 * otherwise the engine is read again and the change decided again.
 *
 * <p>Changes, commits and {@link #close} are the run's thread's; all else is safe for use by
 * several threads.
 */
public final class EngineWriter implements AutoCloseable {
    /** Somebody who writes all the time is not worth a word before. */
    private static final Duration BEFORE_A_WORD = Duration.ofSeconds(5);

    private final Cluster cluster;
    private final EngineRef engine;
    private final String runner;
    private final Clock clock;
    private final Duration patience;
    private final Consumer<News> news;
    private final Thread thread;

    // The run's thread's.
    private final TreeMap<Integer, StatusEntry> edited = new TreeMap<>();
    private boolean isEdited;
    private boolean isChanged;
    private Claim claim;
    private long edition;

    // Guarded by the lock.
    private final Object lock = new Object();
    private final TreeMap<Integer, StatusEntry> wanted = new TreeMap<>();
    private Claim committed;
    private long committedEdition;
    private Optional<String> summaries = Optional.empty();
    private Optional<Instant> changed = Optional.empty();

    /** How many commits that changed something are not written yet. */
    private int gathered;

    /** Whether it is to be told when all is stored that was committed. */
    private boolean isAsked;

    private boolean closing;
    private boolean stopped;

    private Engine seen;
    private boolean mayPatch;
    private WritePace pace;

    /** What became of writing; told by the writer's thread, which holds no lock then. */
    public sealed interface News {
        /**
         * The engine as a write of ours stored it.
         *
         * @param commits how many commits the write held
         */
        record Wrote(Engine engine, int commits) implements News {}

        /** All is stored that was committed up to an edition. */
        record Stored(long edition) implements News {}

        /** Nothing more is written: the engine has another owner, was aborted, or is gone. */
        record Refused(Refusal refusal) implements News {}

        /** Nothing more is written: refusals outlasted all patience, or this is a bug. */
        record Failed(RuntimeException why) implements News {}

        /** Writing is hindered and tried again, or goes on after that; may be told often. */
        record Hindered(String sentence) implements News {}
    }

    /** What stands against writing. */
    public sealed interface Refusal {
        /** The engine is gone; there may be another of its name. */
        record EngineGone() implements Refusal {}

        /** The engine says so. */
        record Objected(Objection objection) implements Refusal {}
    }

    /**
     * Begin to write for a run that has taken its engine.
     *
     * @param owned the engine as the claim's write returned it
     * @param mayPatch whether patching worked for the claim
     * @param patience how long refusals are borne that may pass: a missing right, for rights are
     *     granted anew and tokens rotate, and an answer that the change is not acceptable.
     *     Conflicts are borne for as long as the engine stays ours
     * @param paceWindow the time in which the engine is written twice on average, at most
     * @param news takes what became of writing
     */
    public EngineWriter(
            Cluster cluster,
            Engine owned,
            boolean mayPatch,
            Clock clock,
            Duration patience,
            Duration paceWindow,
            Consumer<News> news) {
        this.cluster = cluster;
        this.engine = owned.ref();
        this.runner = engine.runner();
        this.clock = clock;
        this.patience = patience;
        this.news = news;
        this.mayPatch = mayPatch;
        seen = owned;
        claim = Claim.of(owned).orElseThrow();
        committed = claim;
        pace = WritePace.startingAt(clock.instant(), paceWindow);
        thread = Thread.ofVirtual().name("engine writer").unstarted(this::write);
        thread.start();
    }

    /**
     * Take an engine in one guarded write, or not at all.
     *
     * @param patch what {@link EnginePatch} built from the engine as read
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
                                            Resource.ENGINES, EnginePatch.patched(read, patch))),
                            false));
        } catch (ClusterException e) {
            if (e.kind() == Kind.CONFLICT) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /**
     * An engine that was taken.
     *
     * @param engine as stored
     * @param mayPatch false if only replacing it whole is allowed
     */
    public record Taken(Engine engine, boolean mayPatch) {}

    /** Change the claim, with the next commit. */
    public void claim(UnaryOperator<Claim> change) {
        claim = change.apply(claim);
        isChanged = true;
        isEdited = true;
    }

    /** Change an entry, with the next commit. */
    public void entry(int slot, StatusEntry entry) {
        edited.put(slot, entry);
        isChanged = true;
        isEdited = true;
    }

    /**
     * Have it told when all changes made so far are stored, after the next commit; returns the
     * edition that holds them.
     */
    public long ask() {
        isEdited = true;
        return edition + 1;
    }

    /** Return the claim with all changes. */
    public Claim claim() {
        return claim;
    }

    /** Have all changes since the last commit written, together. */
    public void commit() {
        if (!isEdited) {
            return;
        }
        isEdited = false;
        edition++;
        synchronized (lock) {
            wanted.putAll(edited);
            committed = claim;
            committedEdition = edition;
            if (isChanged) {
                gathered++;
                if (changed.isEmpty()) {
                    changed = Optional.of(clock.instant());
                }
            }
            isAsked = true;
            lock.notifyAll();
        }
        edited.clear();
        isChanged = false;
    }

    /** Write summaries of runs with the next change of the claim. */
    public void remember(String summariesOfRuns) {
        synchronized (lock) {
            summaries = Optional.of(summariesOfRuns);
        }
    }

    /** Write what is left and end; returns when it is stored, or cannot be. */
    @Override
    public void close() {
        commit();
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
            news.accept(new News.Failed(e));
        } catch (StackOverflowError e) {
            stop();
            news.accept(new News.Failed(new IllegalStateException(e)));
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

    /**
     * Wait until there is something to write and the pace allows it, or all is written already that
     * somebody asks for; false when all is done.
     */
    private boolean awaitWork() throws InterruptedException {
        synchronized (lock) {
            while (!stopped) {
                if (changed.isEmpty()) {
                    if (isAsked) {
                        return true;
                    }
                    if (closing) {
                        return false;
                    }
                    lock.wait();
                    continue;
                }
                Duration pause =
                        pace.pause(
                                clock.instant(), changed.get(), !closing && othersRun(), closing);
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

    private void writeOnce() throws InterruptedException {
        Claim next;
        Optional<String> runs;
        TreeMap<Integer, StatusEntry> entries;
        long written;
        int commits;
        synchronized (lock) {
            next = committed;
            written = committedEdition;
            runs = summaries;
            entries = new TreeMap<>(wanted);
            changed = Optional.empty();
            commits = gathered;
            gathered = 0;
            isAsked = false;
        }
        var hindrance = new Hindrance();
        while (!isStopped()) {
            var changed = EnginePatch.changed(seen, entries);
            if (changed.isEmpty() && next.equals(Claim.of(seen).orElse(null))) {
                break;
            }
            try {
                var stored = new Engine(store(next, changed, runs));
                pace = pace.wrote(clock.instant());
                if (!stillOurs(stored, entries)) {
                    return;
                }
                news.accept(new News.Wrote(stored, commits));
                break;
            } catch (ClusterException e) {
                if (e.kind() == Kind.NOT_FOUND) {
                    refuse(new Refusal.EngineGone());
                    return;
                }
                // It may be our own, the answer to which was lost.
                pace = pace.wrote(clock.instant());
                hindrance.bear(e);
            }
            try {
                if (!rereadAllows(entries)) {
                    return;
                }
            } catch (ClusterException e) {
                hindrance.bear(e);
            }
        }
        if (isStopped()) {
            return;
        }
        hindrance.over();
        synchronized (lock) {
            wanted.keySet().removeIf(slot -> wanted.get(slot) == entries.get(slot));
        }
        news.accept(new News.Stored(written));
    }

    /** What stands in the way of one write, and how long it has done so. */
    private final class Hindrance {
        private long begin;
        private int met;
        private boolean told;

        /**
         * Pause, unless this is the first time: somebody else wrote, as it happens.
         *
         * @throws ClusterException what was met, if it lasts too long or cannot pass
         */
        void bear(ClusterException met) throws InterruptedException {
            if (this.met == 0) {
                begin = System.nanoTime();
            }
            Duration lasted = Duration.ofNanos(System.nanoTime() - begin);
            boolean passes =
                    switch (met.kind()) {
                        case CONFLICT -> true;
                        case INVALID, FORBIDDEN -> lasted.compareTo(patience) < 0;
                        default -> false;
                    };
            if (!passes) {
                throw met;
            }
            this.met++;
            if (met.kind() == Kind.CONFLICT && lasted.compareTo(BEFORE_A_WORD) >= 0) {
                tell("%s; trying again as long as the engine is ours", met);
            } else if (met.kind() != Kind.CONFLICT && this.met > 1) {
                tell(
                        "%s; trying again for "
                                + TimeWords.of(patience)
                                + ", then the run is given up",
                        met);
            }
            if (this.met > 1) {
                // Who writes all the time leaves gaps, but no long ones.
                int failed = met.kind() == Kind.CONFLICT ? Math.min(this.met - 1, 2) : this.met - 1;
                awaitStop(RetryBackoff.pause(failed, ThreadLocalRandom.current().nextDouble()));
            }
        }

        private void tell(String sentence, ClusterException met) {
            if (!told) {
                told = true;
                news.accept(
                        new News.Hindered(
                                "ChaosEngine %s cannot be written: "
                                        .concat(sentence)
                                        .formatted(engine, met.getMessage())));
            }
        }

        void over() {
            if (told) {
                news.accept(
                        new News.Hindered(
                                "ChaosEngine %s is written again after %s"
                                        .formatted(
                                                engine,
                                                TimeWords.inSeconds(
                                                        Duration.ofNanos(
                                                                System.nanoTime() - begin)))));
            }
        }
    }

    /** Let time pass, unless nothing more is to be written. */
    private void awaitStop(Duration longest) throws InterruptedException {
        long end = System.nanoTime() + longest.toNanos();
        synchronized (lock) {
            for (long left = longest.toMillis();
                    !stopped && left > 0;
                    left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime())) {
                lock.wait(left);
            }
        }
    }

    private void refuse(Refusal refusal) {
        stop();
        news.accept(new News.Refused(refusal));
    }

    private ObjectNode store(
            Claim next, SortedMap<Integer, StatusEntry> changed, Optional<String> runs) {
        Instant now = clock.instant();
        if (mayPatch) {
            ArrayNode patch = EnginePatch.move(seen, next, changed, runner, now);
            runs.ifPresent(text -> EnginePatch.remember(patch, text));
            try {
                return cluster.patch(
                        Resource.ENGINES, engine.namespace(), engine.name(), PatchType.JSON, patch);
            } catch (ClusterException e) {
                if (e.kind() != Kind.FORBIDDEN) {
                    throw e;
                }
            }
        }
        ObjectNode whole = EnginePatch.moved(seen, next, changed, runner, now);
        runs.ifPresent(text -> EnginePatch.remember(whole, text));
        ObjectNode stored = cluster.replace(Resource.ENGINES, whole);
        // Only now is it known: for a while both may have been refused.
        mayPatch = false;
        return stored;
    }

    /** Read the engine again; tells whether it is the same, and still ours. */
    private boolean rereadAllows(TreeMap<Integer, StatusEntry> entries) {
        Optional<Engine> live =
                cluster.get(Resource.ENGINES, engine.namespace(), engine.name())
                        .map(Engine::new)
                        .filter(now -> now.uid().equals(seen.uid()));
        if (live.isEmpty()) {
            refuse(new Refusal.EngineGone());
            return false;
        }
        return stillOurs(live.get(), entries);
    }

    /** See the engine as it is now; tells whether its entries are still ours to move. */
    private boolean stillOurs(Engine live, TreeMap<Integer, StatusEntry> entries) {
        Optional<Objection> objection = EnginePatch.objection(live, seen, entries);
        objection.ifPresent(why -> refuse(new Refusal.Objected(why)));
        seen = live;
        return objection.isEmpty();
    }
}
