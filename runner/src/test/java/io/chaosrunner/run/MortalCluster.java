package io.chaosrunner.run;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Resource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Pass calls on until a given one; from then on nothing gets through in either direction, as if the
 * process had been killed around that call.
 */
final class MortalCluster implements Cluster {
    private final Cluster cluster;
    private final int lastCall;
    private final boolean lastIsCarriedOut;
    private final List<String> calls = new ArrayList<>();
    private volatile boolean dead;
    private volatile Runnable atDeath = () -> {};

    /**
     * @param lastCall number of the last call, from 1
     * @param lastIsCarriedOut whether the server still does what the last call asks
     */
    MortalCluster(Cluster cluster, int lastCall, boolean lastIsCarriedOut) {
        this.cluster = cluster;
        this.lastCall = lastCall;
        this.lastIsCarriedOut = lastIsCarriedOut;
    }

    synchronized List<String> calls() {
        return List.copyOf(calls);
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

    private <T> T call(String what, Supplier<T> action) {
        boolean last;
        synchronized (this) {
            if (dead) {
                throw killed();
            }
            calls.add(what);
            last = calls.size() == lastCall;
            dead = last;
        }
        if (!last) {
            return action.get();
        }
        try {
            if (lastIsCarriedOut) {
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
        return call("get " + resource, () -> cluster.get(resource, namespace, name));
    }

    @Override
    public List<ObjectNode> list(Resource resource, String namespace, String selector) {
        return call("list " + resource, () -> cluster.list(resource, namespace, selector));
    }

    @Override
    public ObjectNode create(Resource resource, String namespace, ObjectNode object) {
        return call("create " + resource, () -> cluster.create(resource, namespace, object));
    }

    @Override
    public ObjectNode replace(Resource resource, ObjectNode object) {
        return call("replace " + resource, () -> cluster.replace(resource, object));
    }

    @Override
    public ObjectNode patch(
            Resource resource, String namespace, String name, PatchType type, JsonNode patch) {
        return call(
                "patch " + resource, () -> cluster.patch(resource, namespace, name, type, patch));
    }

    @Override
    public void delete(
            Resource resource, String namespace, String name, String uid, Propagation propagation) {
        call(
                "delete " + resource,
                () -> {
                    cluster.delete(resource, namespace, name, uid, propagation);
                    return "";
                });
    }

    @Override
    public Following follow(
            Resource resource,
            String namespace,
            Selection selection,
            Duration pollEvery,
            Listener listener) {
        return cluster.follow(
                resource,
                namespace,
                selection,
                pollEvery,
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
                });
    }

    @Override
    public void close() {
        dead = true;
        cluster.close();
    }
}
