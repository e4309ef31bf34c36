package io.chaosrunner.sandbox;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Objects and a bounded history of their changes, as etcd and the watch cache keep them.
 *
 * <p>One lock, one counter: every change takes the next resourceVersion, so the history is an array
 * indexed by it. A stored object is never changed in place; whoever reads it must not either. Safe
 * for use by several threads.
 */
final class ObjectStore {
    /** Far enough from 1 that "resourceVersion 1" is already forgotten, as in any used cluster. */
    private static final long FIRST_VERSION = 1000;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<ApiResource, NavigableMap<String, ObjectNode>> objects =
            new EnumMap<>(ApiResource.class);
    private final Map<String, Set<Key>> dependents = new HashMap<>();
    private final List<Consumer<Change>> listeners = new ArrayList<>();
    private final @Nullable Change[] history;
    private long version = FIRST_VERSION;
    private boolean closed;

    /** Where an object lives; the namespace is empty for what has none. */
    record Key(ApiResource resource, String namespace, String name) {
        /** Return the key under which etcd sorts it. */
        private String path() {
            return namespace + "/" + name;
        }
    }

    /**
     * One change. For a deletion the object is what was last stored, with the version of the
     * deletion.
     */
    record Change(
            long version, Type type, Key key, ObjectNode object, @Nullable ObjectNode previous) {
        enum Type {
            ADDED,
            MODIFIED,
            DELETED
        }
    }

    /** A snapshot of a list, with the version it is true for. */
    record Snapshot(long version, List<ObjectNode> objects) {}

    ObjectStore(int historySize) {
        history = new Change[historySize];
        for (ApiResource resource : ApiResource.values()) {
            objects.put(resource, new TreeMap<>());
        }
    }

    /** Run something while nobody else reads or writes. */
    <T> T atomically(Supplier<T> action) {
        lock.lock();
        try {
            return action.get();
        } finally {
            lock.unlock();
        }
    }

    long version() {
        return atomically(() -> version);
    }

    Optional<ObjectNode> get(Key key) {
        return atomically(() -> Optional.ofNullable(table(key).get(key.path())));
    }

    /** Return objects in etcd's order; an empty namespace means all of them. */
    Snapshot list(ApiResource resource, String namespace, Selector selector) {
        return atomically(() -> {
            NavigableMap<String, ObjectNode> table = table(resource);
            // '0' follows '/': everything between is "namespace/...".
            var range =
                    namespace.isEmpty()
                            ? table
                            : table.subMap(namespace + "/", true, namespace + "0", false);
            return new Snapshot(
                    version, range.values().stream().filter(selector::matches).toList());
        });
    }

    /** Store an object under a new resourceVersion and return it. */
    ObjectNode put(Key key, ObjectNode object) {
        return atomically(() -> {
            ObjectNode stored = object.deepCopy();
            stampVersion(stored);
            ObjectNode previous = table(key).put(key.path(), stored);
            if (previous != null) {
                owners(previous).forEach(uid -> dependentsOf(uid).remove(key));
            }
            owners(stored)
                    .forEach(uid ->
                            dependents.computeIfAbsent(uid, u -> new LinkedHashSet<>()).add(key));
            record(
                    previous == null ? Change.Type.ADDED : Change.Type.MODIFIED,
                    key,
                    stored,
                    previous);
            return stored;
        });
    }

    /** Remove an object and return its last state with the version of the deletion. */
    ObjectNode remove(Key key) {
        return atomically(() -> {
            ObjectNode previous = table(key).remove(key.path());
            if (previous == null) {
                throw StatusError.notFound(key.resource(), key.name());
            }
            owners(previous).forEach(uid -> dependentsOf(uid).remove(key));
            ObjectNode last = previous.deepCopy();
            stampVersion(last);
            record(Change.Type.DELETED, key, last, previous);
            return last;
        });
    }

    /** Return the objects that name this uid as an owner. */
    List<Key> dependents(String uid) {
        return atomically(() -> List.copyOf(dependentsOf(uid)));
    }

    /** Call a listener after every change, under the lock: it may only pass the change on. */
    void listen(Consumer<Change> listener) {
        lock.lock();
        try {
            listeners.add(listener);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Return the changes after a version, waiting for one; none if the wait ends first.
     *
     * @throws StatusError 410 if some of them are forgotten
     */
    List<Change> changesAfter(long since, long waitNanos) throws InterruptedException {
        lock.lock();
        try {
            long left = waitNanos;
            while (version <= since && left > 0 && !closed) {
                left = changed.awaitNanos(left);
            }
            long oldest = Math.max(FIRST_VERSION, version - history.length) + 1;
            if (since < oldest - 1) {
                throw StatusError.expired(
                        "too old resource version: " + since + " (" + (oldest - 1) + ")");
            }
            List<Change> changes = new ArrayList<>();
            for (long v = since + 1; v <= version; v++) {
                Change change = history[(int) (v % history.length)];
                if (change != null) {
                    changes.add(change);
                }
            }
            return changes;
        } finally {
            lock.unlock();
        }
    }

    /** Return whether the server is shutting down and watches should end. */
    boolean closed() {
        return atomically(() -> closed);
    }

    /** Wake every watch so that it ends. */
    void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private NavigableMap<String, ObjectNode> table(Key key) {
        return table(key.resource());
    }

    private NavigableMap<String, ObjectNode> table(ApiResource resource) {
        NavigableMap<String, ObjectNode> table = objects.get(resource);
        if (table == null) {
            throw new IllegalStateException("no table for " + resource);
        }
        return table;
    }

    private Set<Key> dependentsOf(String uid) {
        Set<Key> keys = dependents.get(uid);
        return keys == null ? Set.of() : keys;
    }

    private static List<String> owners(ObjectNode object) {
        return Json.items(object.path("metadata"), "ownerReferences").stream()
                .map(owner -> Json.text(owner, "uid"))
                .toList();
    }

    private void stampVersion(ObjectNode object) {
        version++;
        Json.child(object, "metadata").put("resourceVersion", Long.toString(version));
    }

    private void record(
            Change.Type type, Key key, ObjectNode object, @Nullable ObjectNode previous) {
        Change change = new Change(version, type, key, object, previous);
        history[(int) (version % history.length)] = change;
        listeners.forEach(listener -> listener.accept(change));
        changed.signalAll();
    }

    /** Return an object's uid. */
    static String uid(JsonNode object) {
        return Json.text(object, "metadata", "uid");
    }
}
