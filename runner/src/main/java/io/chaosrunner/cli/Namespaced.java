package io.chaosrunner.cli;

import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.strategy.Parameters;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which namespace is meant; mixed into the commands that look into one. */
final class Namespaced {
    @Option(
            names = {"-n", "--namespace"},
            paramLabel = "NAMESPACE",
            description = "Namespace of the engine; else the one of the kubeconfig's context.")
    private @Nullable String namespace;

    Optional<String> asked() {
        return Optional.ofNullable(namespace);
    }

    /** Return the namespace that was asked for, else the context's. */
    String in(Fabric8Cluster cluster) {
        return asked().or(cluster::namespace).orElse("default");
    }

    /** Say that there is no such engine, and what there is. */
    static String missing(Fabric8Cluster cluster, EngineRef ref) {
        List<String> names;
        try {
            names =
                    cluster.list(
                            Resource.ENGINES,
                            ref.namespace(),
                            found -> new Engine(found.object()).name());
        } catch (ClusterException e) {
            if (e.kind() == Kind.NOT_FOUND) {
                return String.valueOf(e.getMessage());
            }
            return "ChaosEngine %s does not exist".formatted(ref);
        }
        String hint =
                names.isEmpty()
                        ? "; there is none in namespace " + ref.namespace()
                        : Parameters.nearest(ref.name(), names)
                                .map(near -> "; did you mean '" + near + "'?")
                                .orElse("; there are " + String.join(", ", names));
        return "ChaosEngine %s does not exist%s".formatted(ref, hint);
    }
}
