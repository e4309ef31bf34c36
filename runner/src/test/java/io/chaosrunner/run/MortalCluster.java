package io.chaosrunner.run;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.testing.KillPoints;
import io.chaosrunner.testing.KillPoints.Point;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Pass calls on until a given one; from then on nothing gets through in either direction, as if the
 * process had been killed around that call.
 */
public final class MortalCluster implements Cluster {
    private final Cluster cluster;
    private final @Nullable Point death;
    private int writes;
    private int reads;
    private volatile boolean dead;
    private volatile Runnable atDeath = () -> {};

    /** Die around a call. */
    public MortalCluster(Cluster cluster, Point death) {
        this(cluster, Optional.of(death));
    }

    /** Live, and count the calls. */
    public MortalCluster(Cluster cluster) {
        this(cluster, Optional.empty());
    }

    private MortalCluster(Cluster cluster, Optional<Point> death) {
        this.cluster = cluster;
        this.death = death.orElse(null);
    }

    /** Choose points to kill other runs at that are as this one was. */
    public synchronized List<Point> killPoints() {
        return KillPoints.of(writes, reads);
    }

    boolean isDead() {
        return dead;
    }

    /**
     * Hear of the death. The dead process' threads are ours and must be ended: one that makes no
     * call would wait for events that do not come.
     */
    void atDeath(Runnable hears) {
        atDeath = hears;
    }

    private <T> T read(Supplier<T> action) {
        return call(false, action);
    }

    private <T> T write(Supplier<T> action) {
        return call(true, action);
    }

    private <T> T call(boolean write, Supplier<T> action) {
        boolean last;
        synchronized (this) {
            if (dead) {
                throw killed();
            }
            int number = write ? ++writes : ++reads;
            last = death != null && death.write() == write && death.number() == number;
            dead = last;
        }
        if (!last) {
            return action.get();
        }
        try {
            if (Objects.requireNonNull(death).carriedOut()) {
                var _ = action.get();
            }
        } finally {
            atDeath.run();
        }
        throw killed();
    }

    private static ClusterException killed() {
        return new ClusterException(Kind.UNREACHABLE, "killed");
    }

    @Override
    public Optional<ObjectNode> get(Resource resource, String namespace, String name) {
        return read(() -> cluster.get(resource, namespace, name));
    }

    @Override
    public List<ObjectNode> list(Resource resource, String namespace, String selector) {
        return read(() -> cluster.list(resource, namespace, selector));
    }

    @Override
    public Listing listing(Resource resource, String namespace, String selector) {
        return read(() -> cluster.listing(resource, namespace, selector));
    }

    @Override
    public List<ObjectNode> eventsOf(Resource resource, String namespace, String name, String uid) {
        return read(() -> cluster.eventsOf(resource, namespace, name, uid));
    }

    @Override
    public ObjectNode create(Resource resource, String namespace, ObjectNode object) {
        return write(() -> cluster.create(resource, namespace, object));
    }

    @Override
    public ObjectNode replace(Resource resource, ObjectNode object) {
        return write(() -> cluster.replace(resource, object));
    }

    @Override
    public ObjectNode patch(
            Resource resource, String namespace, String name, PatchType type, JsonNode patch) {
        return write(() -> cluster.patch(resource, namespace, name, type, patch));
    }

    @Override
    public void delete(
            Resource resource, String namespace, String name, String uid, Propagation propagation) {
        write(() -> {
            cluster.delete(resource, namespace, name, uid, propagation);
            return "";
        });
    }

    @Override
    public Following follow(
            Resource resource,
            String namespace,
            Selection selection,
            Listing known,
            Pace pace,
            Listener listener) {
        return cluster.follow(
                resource,
                namespace,
                selection,
                known,
                pace,
                new Listener() {
                    @Override
                    public void present(ObjectNode object) {
                        if (!dead) {
                            listener.present(object);
                        }
                    }

                    @Override
                    public void gone(ObjectNode object) {
                        if (!dead) {
                            listener.gone(object);
                        }
                    }

                    @Override
                    public void unavailable(ClusterException why) {
                        listener.unavailable(why);
                    }

                    @Override
                    public void watching() {
                        listener.watching();
                    }

                    @Override
                    public void polling(ClusterException why) {
                        listener.polling(why);
                    }
                });
    }

    @Override
    public void close() {
        dead = true;
        cluster.close();
    }
}
