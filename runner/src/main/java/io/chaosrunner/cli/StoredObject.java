package io.chaosrunner.cli;

import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.model.EngineRef;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** What a person names of the cluster, as read. */
final class StoredObject {
    private StoredObject() {}

    /**
     * Read the first that there is of that name.
     *
     * @throws ClusterException of kind {@link Kind#NOT_FOUND}, saying what there is instead
     */
    static ObjectNode named(Fabric8Cluster cluster, EngineRef ref, Resource... resources) {
        for (Resource resource : resources) {
            Optional<ObjectNode> found = cluster.get(resource, ref.namespace(), ref.name());
            if (found.isPresent()) {
                return found.get();
            }
        }
        throw new ClusterException(Kind.NOT_FOUND, Namespaced.missing(cluster, ref));
    }
}
