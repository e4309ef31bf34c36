package io.chaosrunner.cluster;

import io.chaosrunner.cluster.ClusterException.Kind;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.BiFunction;
import java.util.function.LongSupplier;
import tools.jackson.databind.node.ObjectNode;

/**
 * Objects that several want at about the same time, read once. One that is not there, or could not
 * be read, is read for each who comes afterwards. Safe for use by several threads.
 */
final class RecentReadings {
    /** What was edited counts after that: less than it takes to edit it and to ask for a run. */
    static final Duration FRESH = Duration.ofSeconds(2);

    /** Among many, there are few that many want. */
    private static final int MOST = 64;

    private final BiFunction<String, String, Optional<ObjectNode>> read;
    private final LongSupplier nanos;
    private final Map<Key, Reading> readings = new HashMap<>();

    private record Key(String namespace, String name) {}

    private record Reading(long begun, CompletableFuture<Optional<ObjectNode>> answer) {
        boolean isFresh(long now) {
            return now - begun < FRESH.toNanos();
        }
    }

    /**
     * @param read reads an object by its namespace and name
     */
    RecentReadings(BiFunction<String, String, Optional<ObjectNode>> read, LongSupplier nanos) {
        this.read = read;
        this.nanos = nanos;
    }

    Optional<ObjectNode> get(String namespace, String name) {
        var key = new Key(namespace, name);
        Reading reading;
        boolean mine = false;
        synchronized (readings) {
            long now = nanos.getAsLong();
            readings.values().removeIf(each -> !each.isFresh(now));
            reading = readings.get(key);
            if (reading == null) {
                reading = new Reading(now, new CompletableFuture<>());
                if (readings.size() < MOST) {
                    readings.put(key, reading);
                }
                mine = true;
            }
        }
        return mine ? read(key, reading) : answer(key, reading);
    }

    private Optional<ObjectNode> read(Key key, Reading reading) {
        try {
            Optional<ObjectNode> found = read.apply(key.namespace(), key.name());
            if (found.isEmpty()) {
                forget(key, reading);
            }
            reading.answer().complete(found.map(ObjectNode::deepCopy));
            return found;
        } catch (RuntimeException | Error e) {
            forget(key, reading);
            reading.answer().completeExceptionally(e);
            throw e;
        }
    }

    private Optional<ObjectNode> answer(Key key, Reading reading) {
        try {
            // Whoever reads waits for a bounded time.
            return reading.answer().get().map(ObjectNode::deepCopy);
        } catch (ExecutionException e) {
            // What failed for another one may have been its own failure.
            return read.apply(key.namespace(), key.name());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ClusterException(Kind.UNREACHABLE, "interrupted", e);
        }
    }

    private void forget(Key key, Reading reading) {
        synchronized (readings) {
            readings.remove(key, reading);
        }
    }
}
