package io.chaosrunner.systemtests;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Predicate;

/**
 * Keep what happened to the engines, Jobs and pods of a namespace, in the order in which the API
 * server stored it. Thread-safe.
 *
 * <p>A moment is a resource version: all objects share one count of writes, deletions included.
 */
final class Timeline implements AutoCloseable {

    private final Map<Long, Change> changes = new ConcurrentSkipListMap<>();
    private final List<Watch> watches;

    private Timeline(TestNamespace namespace) {
        var client = namespace.admin();
        String name = namespace.name();
        watches =
                List.of(
                        client.pods().inNamespace(name).watch(new Recorder<Pod>()),
                        client.batch().v1().jobs().inNamespace(name).watch(new Recorder<Job>()),
                        Litmus.engines(client, name)
                                .all()
                                .watch(new Recorder<GenericKubernetesResource>()));
    }

    /** Begin; what is there already counts as created. */
    static Timeline of(TestNamespace namespace) {
        return new Timeline(namespace);
    }

    /** One write. */
    record Change(Watcher.Action action, HasMetadata object) {

        boolean isCreation(Class<?> kind) {
            return action == Watcher.Action.ADDED && kind.isInstance(object);
        }

        boolean isDeletion(Class<?> kind) {
            return action == Watcher.Action.DELETED && kind.isInstance(object);
        }

        String name() {
            return object.getMetadata().getName();
        }
    }

    /** Return when something first was so, or {@link Long#MAX_VALUE} if it never was. */
    long first(Predicate<Change> so) {
        return changes.entrySet().stream()
                .filter(change -> so.test(change.getValue()))
                .mapToLong(Map.Entry::getKey)
                .findFirst()
                .orElse(Long.MAX_VALUE);
    }

    /** Return the objects to which something happened, as each was then, oldest first. */
    List<HasMetadata> all(Predicate<Change> so) {
        return changes.values().stream().filter(so).map(Change::object).toList();
    }

    @Override
    public void close() {
        watches.forEach(Watch::close);
    }

    private final class Recorder<T extends HasMetadata> implements Watcher<T> {

        @Override
        public void eventReceived(Action action, T object) {
            if (action != Action.BOOKMARK) {
                changes.put(
                        Long.valueOf(object.getMetadata().getResourceVersion()),
                        new Change(action, object));
            }
        }

        @Override
        public void onClose(WatcherException cause) {
            // A test that misses a change fails by it.
        }
    }
}
