package io.chaosrunner.cluster;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A way to the API server for many runs of one process, which follow what they follow together.
 *
 * <p>Whoever follows objects by labels, one of which all of the runner's objects bear, takes part
 * in one following of all that bear it in the namespace; whoever follows one object takes part in a
 * following of all objects of the kind, if there is one. Each hears what it would hear alone, on a
 * thread of its own: what is slow holds up nobody else. Where watching turns out to be forbidden,
 * each follows alone.
 *
 * <p>Events and ConfigMaps are remembered as they were written last, as far as there is room.
 *
 * <p>Safe for use by several threads.
 */
public final class SharedCluster implements Cluster {
    /** Schedules fire each minute; what is begun again then costs as much as what goes on. */
    private static final Duration LINGER = Duration.ofMinutes(2);

    /** A watch that ends at once is opened again after this. */
    private static final Duration PACE = Duration.ofSeconds(1);

    private final Fabric8Cluster cluster;
    private final String common;
    private final Duration linger;
    private final Map<Key, SharedFollowing> shared = new HashMap<>();
    private final LastWritten written = new LastWritten();

    /** What is followed together; an empty namespace means all, an empty selector everything. */
    private record Key(Resource resource, String namespace, String selector) {}

    /**
     * @param cluster is closed by this
     * @param common the label that all objects bear which are followed by labels
     */
    public SharedCluster(Fabric8Cluster cluster, String common) {
        this(cluster, common, LINGER);
    }

    /**
     * @param linger how long a following goes on in which nobody takes part
     */
    SharedCluster(Fabric8Cluster cluster, String common, Duration linger) {
        this.cluster = cluster;
        this.common = common;
        this.linger = linger;
    }

    @Override
    public Following follow(
            Resource resource,
            String namespace,
            Selection selection,
            Listing known,
            Pace pace,
            Listener listener) {
        Optional<Wanted> wanted = Wanted.of(namespace, selection);
        if (wanted.isEmpty()) {
            return cluster.follow(resource, namespace, selection, known, pace, listener);
        }
        if (wanted.get().isEverything()) {
            return lead(new Key(resource, namespace, ""), known, pace, listener);
        }
        var part =
                new SharedPart(
                        cluster,
                        resource,
                        namespace,
                        selection,
                        wanted.get(),
                        known,
                        pace,
                        listener);
        if (!part.mayShare() || !join(part, resource, wanted.get())) {
            return cluster.follow(resource, namespace, selection, known, pace, listener);
        }
        part.start();
        return part;
    }

    @Override
    public Optional<Following> overhear(
            Resource resource, String namespace, Selection selection, Listener listener) {
        Optional<Wanted> wanted = Wanted.of(namespace, selection);
        if (wanted.isEmpty() || wanted.get().isEverything()) {
            return Optional.empty();
        }
        var part =
                SharedPart.overhearing(
                        cluster, resource, namespace, selection, wanted.get(), listener);
        if (!join(part, resource, wanted.get())) {
            return Optional.empty();
        }
        part.start();
        return Optional.of(part);
    }

    /** Follow everything, for the listener and for whoever wants single objects. */
    private synchronized Following lead(Key key, Listing known, Pace pace, Listener listener) {
        var following = new SharedFollowing(Optional.of(listener), Duration.ZERO);
        shared.put(key, following);
        following.begin(all ->
                cluster.follow(
                        key.resource(),
                        key.namespace(),
                        new Selection.Labelled(key.selector()),
                        known,
                        pace,
                        all));
        return following.lead();
    }

    private synchronized boolean join(SharedPart part, Resource resource, Wanted wanted) {
        shared.values().removeIf(SharedFollowing::isOver);
        for (String namespace : List.of(wanted.namespace(), "")) {
            SharedFollowing all = shared.get(new Key(resource, namespace, ""));
            if (all != null && all.join(part)) {
                return true;
            }
        }
        if (!wanted.labels().containsKey(common)) {
            return false;
        }
        var key = new Key(resource, wanted.namespace(), common);
        SharedFollowing labelled = shared.get(key);
        if (labelled != null) {
            // One that is refused is not begun again for a while.
            return labelled.join(part);
        }
        var following = new SharedFollowing(Optional.empty(), linger);
        shared.put(key, following);
        following.join(part);
        following.begin(all ->
                cluster.follow(
                        resource,
                        wanted.namespace(),
                        new Selection.Labelled(common),
                        Listing.NONE,
                        Pace.every(PACE),
                        all));
        return true;
    }

    // ---- What is written again and again -----------------------------------------------------

    @Override
    public Optional<ObjectNode> lastWritten(Resource resource, String namespace, String name) {
        return isRemembered(resource) ? written.get(resource, namespace, name) : Optional.empty();
    }

    private static boolean isRemembered(Resource resource) {
        return resource == Resource.EVENTS || resource == Resource.CONFIG_MAPS;
    }

    @Override
    public ObjectNode create(Resource resource, String namespace, ObjectNode object) {
        ObjectNode stored = cluster.create(resource, namespace, object);
        if (isRemembered(resource)) {
            written.put(resource, stored);
        }
        return stored;
    }

    @Override
    public ObjectNode replace(Resource resource, ObjectNode object) {
        if (!isRemembered(resource)) {
            return cluster.replace(resource, object);
        }
        // Until it is answered, and if it is refused, nobody knows what is stored.
        written.forget(resource, object);
        ObjectNode stored = cluster.replace(resource, object);
        written.put(resource, stored);
        return stored;
    }

    // ---- All else as it is -----------------------------------------------------------------

    @Override
    public Optional<ObjectNode> get(Resource resource, String namespace, String name) {
        return cluster.get(resource, namespace, name);
    }

    @Override
    public Optional<List<ObjectNode>> listNamed(
            Resource resource, String namespace, Predicate<String> wanted, int most) {
        return cluster.listNamed(resource, namespace, wanted, most);
    }

    @Override
    public Listing listing(Resource resource, String namespace, String selector) {
        return cluster.listing(resource, namespace, selector);
    }

    @Override
    public List<ObjectNode> eventsOf(Resource resource, String namespace, String name, String uid) {
        return cluster.eventsOf(resource, namespace, name, uid);
    }

    @Override
    public ObjectNode createStrictly(Resource resource, String namespace, ObjectNode object) {
        return cluster.createStrictly(resource, namespace, object);
    }

    @Override
    public ObjectNode replaceStrictly(Resource resource, ObjectNode object) {
        return cluster.replaceStrictly(resource, object);
    }

    @Override
    public ObjectNode patch(
            Resource resource, String namespace, String name, PatchType type, JsonNode patch) {
        return cluster.patch(resource, namespace, name, type, patch);
    }

    @Override
    public void delete(
            Resource resource, String namespace, String name, String uid, Propagation propagation) {
        cluster.delete(resource, namespace, name, uid, propagation);
    }

    @Override
    public void close() {
        cluster.close();
    }
}
