package io.chaosrunner.cli;

import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.strategy.Parameters;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Which namespace is meant; mixed into the commands that look into one. */
final class Namespaced {
    @Spec(Spec.Target.MIXEE)
    private @Nullable CommandSpec spec;

    @Option(
            names = {"-n", "--namespace"},
            paramLabel = "NAMESPACE",
            description = "Namespace of the engine; else the one of the kubeconfig's context.")
    private @Nullable String namespace;

    Optional<String> asked() {
        return Optional.ofNullable(namespace);
    }

    /**
     * Return the namespace that was asked for, else the context's.
     *
     * @throws ParameterException if no namespace can have the name that was asked for
     */
    String in(Fabric8Cluster cluster) {
        asked().filter(name -> !name.matches("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"))
                .ifPresent(name -> {
                    throw wrong(
                            name.isEmpty()
                                    ? "-n " + UsageError.EMPTY
                                    : "-n: '%s' is no name of a namespace; use a-z, 0-9 and -, at most 63"
                                            .formatted(name));
                });
        return asked().or(cluster::namespace).orElse("default");
    }

    /**
     * Return the engine of a name that a person wrote, in that namespace.
     *
     * @throws ParameterException if nothing can have the name
     */
    EngineRef engine(Fabric8Cluster cluster, String name) {
        if (name.isEmpty()) {
            throw wrong("ENGINE " + UsageError.EMPTY);
        }
        int slash = name.lastIndexOf('/');
        if (slash >= 0 || name.contains("%") || name.equals(".") || name.equals("..")) {
            String last = name.substring(slash + 1);
            boolean isName = slash >= 0 && last.matches("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");
            throw wrong(
                    "ENGINE: '%s' is no name of a ChaosEngine%s"
                            .formatted(name, isName ? "; did you mean '" + last + "'?" : ""));
        }
        return new EngineRef(in(cluster), name);
    }

    private ParameterException wrong(String message) {
        return new ParameterException(Objects.requireNonNull(spec).commandLine(), message);
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
