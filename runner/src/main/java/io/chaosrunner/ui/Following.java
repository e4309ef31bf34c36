package io.chaosrunner.ui;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Cluster.Selection;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.Resource;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * What there is of some objects: read once, or followed by one watch. Of each only what a page
 * needs is kept. Safe for use by several threads.
 *
 * @param <T> what is kept of an object
 */
final class Following<T> {
    /** Where watching is forbidden. */
    private static final Duration POLL = Duration.ofSeconds(2);

    private final Cluster cluster;
    private final Resource resource;
    private final String namespace;
    private final Selection selection;
    private final Function<ObjectNode, T> keep;
    private final Map<String, T> objects = new ConcurrentHashMap<>();
    private volatile @Nullable String trouble;
    private volatile boolean absent;

    /**
     * @param namespace empty for all
     * @param keep makes of an object what is kept of it; called once for each version of it
     */
    Following(
            Cluster cluster,
            Resource resource,
            String namespace,
            Selection selection,
            Function<ObjectNode, T> keep) {
        this.cluster = cluster;
        this.resource = resource;
        this.namespace = namespace;
        this.selection = selection;
        this.keep = keep;
    }

    /** Return what is known, in no order. */
    List<T> objects() {
        return List.copyOf(objects.values());
    }

    /** Return why something may be missing; empty if nothing is. */
    Optional<String> trouble() {
        return Optional.ofNullable(trouble);
    }

    /** Tell whether the cluster knows no such kind. */
    boolean isAbsent() {
        return absent;
    }

    /** Read what there is, once. */
    void look() {
        try {
            List<ObjectNode> found =
                    switch (selection) {
                        case Selection.Named(String name) ->
                                cluster.get(resource, namespace, name).stream().toList();
                        case Selection.Labelled(String selector) ->
                                cluster.list(resource, namespace, selector);
                    };
            objects.clear();
            found.forEach(each -> objects.put(uid(each), keep.apply(each)));
            trouble = null;
            absent = false;
        } catch (ClusterException e) {
            trouble = e.getMessage();
            absent = e.kind() == ClusterException.Kind.NOT_FOUND;
        }
    }

    /**
     * Follow it until that is closed.
     *
     * @param changed hears of each change; must not block
     */
    AutoCloseable follow(Runnable changed) {
        Cluster.Following watch =
                cluster.follow(
                        resource,
                        namespace,
                        selection,
                        POLL,
                        new Cluster.Listener() {
                            @Override
                            public void present(ObjectNode object) {
                                objects.put(uid(object), keep.apply(object));
                                changed.run();
                            }

                            @Override
                            public void gone(ObjectNode object) {
                                objects.remove(uid(object));
                                changed.run();
                            }

                            @Override
                            public void unavailable(ClusterException why) {
                                trouble = why.getMessage();
                                changed.run();
                            }

                            @Override
                            public void failing(ClusterException why) {
                                trouble = why.getMessage();
                                changed.run();
                            }

                            @Override
                            public void goesOn() {
                                trouble = null;
                                changed.run();
                            }

                            @Override
                            public void troubled(String bug) {
                                trouble = bug;
                                changed.run();
                            }
                        });
        return watch::close;
    }

    private static String uid(ObjectNode object) {
        return object.path("metadata").path("uid").asString("");
    }
}
