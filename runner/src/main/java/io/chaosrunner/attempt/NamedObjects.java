package io.chaosrunner.attempt;

import static java.util.stream.Collectors.toUnmodifiableMap;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.Resource;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import tools.jackson.databind.node.ObjectNode;

/**
 * Objects of one kind that launches look up by name: by one list where several are wanted within
 * {@link #FRESH}, one by one otherwise.
 *
 * <p>An account that may not list them, and a namespace that holds more than {@value #MOST}, cost
 * one request more in all. Safe for use by several threads.
 */
final class NamedObjects {
    /** How long what was listed is taken for what there is. */
    static final Duration FRESH = Duration.ofSeconds(5);

    /** As many are read one by one before they are listed. */
    private static final int FEW = 2;

    /** A namespace may be full of others' objects, and memory is short. */
    static final int MOST = 250;

    private final Cluster cluster;
    private final Resource resource;
    private final String namespace;
    private final Predicate<String> names;
    private final LongSupplier nanos;
    private boolean mayList = true;
    private Optional<Map<String, ObjectNode>> listed = Optional.empty();
    private long since;
    private int wanted;

    /**
     * @param names which of the namespace's objects may be asked for
     */
    NamedObjects(
            Cluster cluster,
            Resource resource,
            String namespace,
            Predicate<String> names,
            LongSupplier nanos) {
        this.cluster = cluster;
        this.resource = resource;
        this.namespace = namespace;
        this.names = names;
        this.nanos = nanos;
        since = nanos.getAsLong();
    }

    /** Prepare to be asked for so many objects. */
    synchronized void expect(int objects) {
        if (!mayList || listed().isPresent()) {
            return;
        }
        wanted += objects;
        if (wanted <= FEW) {
            return;
        }
        Optional<List<ObjectNode>> found;
        try {
            found = cluster.listNamed(resource, namespace, names, MOST);
        } catch (ClusterException e) {
            if (e.isTransient()) {
                throw e;
            }
            // Who reads one by one is told what is wrong, if anything is.
            found = Optional.empty();
        }
        mayList = found.isPresent();
        since = nanos.getAsLong();
        listed =
                found.map(items ->
                        items.stream()
                                .collect(
                                        toUnmodifiableMap(
                                                each ->
                                                        each.path("metadata")
                                                                .path("name")
                                                                .asString(""),
                                                each -> each)));
    }

    /** Return what was listed, if that is not too long ago. */
    private Optional<Map<String, ObjectNode>> listed() {
        if (nanos.getAsLong() - since >= FRESH.toNanos()) {
            listed = Optional.empty();
            since = nanos.getAsLong();
            wanted = 0;
        }
        return listed;
    }

    /** Return an object; one that was not there a moment ago may have been made meanwhile. */
    Optional<ObjectNode> get(String name) {
        Optional<ObjectNode> known = inList().map(all -> all.get(name));
        return known.isPresent() ? known : cluster.get(resource, namespace, name);
    }

    /** Return an object as it was a moment ago. */
    Optional<ObjectNode> getEarlier(String name) {
        Optional<Map<String, ObjectNode>> all = inList();
        return all.isPresent()
                ? Optional.ofNullable(all.get().get(name))
                : cluster.get(resource, namespace, name);
    }

    private synchronized Optional<Map<String, ObjectNode>> inList() {
        return listed();
    }
}
