package io.chaosrunner.cluster;

import com.google.common.base.Throwables;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.model.ForeignText;
import io.fabric8.kubernetes.api.model.NamedContext;
import io.fabric8.kubernetes.client.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Find out where the API server is, and say what is wrong if that cannot be known.
 *
 * <p>The client itself takes the current context for one that does not exist, and guesses an
 * address for a file that says nothing: chaos would run in another cluster than the one meant.
 */
final class Kubeconfig {
    private static final int LONGEST_PROBLEM = 500;

    private Kubeconfig() {}

    static Config read(Optional<Path> file, Optional<String> context) {
        file.filter(path -> !Files.isReadable(path))
                .ifPresent(path -> {
                    throw unconfigured(
                            "cannot read kubeconfig "
                                    + path
                                    + "; name an existing file with --kubeconfig");
                });
        file.filter(Kubeconfig::isEmpty)
                .ifPresent(path -> {
                    throw unconfigured(path + " names no context: it is empty");
                });
        Config config;
        try {
            config =
                    file.isPresent()
                            ? Config.fromKubeconfig(context.orElse(null), file.get().toFile())
                            : Config.autoConfigure(context.orElse(null));
        } catch (RuntimeException e) {
            String name =
                    file.map(Path::toString)
                            .orElseGet(() -> String.join(", ", Config.getKubeconfigFilenames()));
            throw new ClusterException(
                    Kind.UNCONFIGURED,
                    name + " is no kubeconfig: " + oneLine(String.valueOf(e.getMessage())),
                    e);
        }
        List<String> names = config.getContexts().stream().map(NamedContext::getName).toList();
        if (names.isEmpty() && (file.isPresent() || !isElsewhere())) {
            throw unconfigured(
                    file.map(path -> path + " names no context: it is no kubeconfig")
                            .orElseGet(() ->
                                    "no cluster to talk to: %s says nothing, and this is no pod; name a kubeconfig with --kubeconfig or KUBECONFIG, or use --sandbox"
                                            .formatted(
                                                    String.join(
                                                            ", ",
                                                            Config.getKubeconfigFilenames()))));
        }
        context.filter(wanted -> !names.contains(wanted))
                .ifPresent(wanted -> {
                    throw unconfigured(
                            "the kubeconfig has no context '%s'; it has %s"
                                    .formatted(wanted, String.join(", ", names)));
                });
        return config;
    }

    private static boolean isEmpty(Path file) {
        try {
            return Files.size(file) == 0;
        } catch (IOException e) {
            throw new ClusterException(Kind.UNCONFIGURED, "cannot read kubeconfig " + file, e);
        }
    }

    /** Tell whether the environment says where the API server is. */
    private static boolean isElsewhere() {
        return System.getenv("KUBERNETES_SERVICE_HOST") != null
                || System.getenv("KUBERNETES_MASTER") != null
                || System.getProperty(Config.KUBERNETES_MASTER_SYSTEM_PROPERTY) != null;
    }

    private static ClusterException unconfigured(String message) {
        return new ClusterException(Kind.UNCONFIGURED, message);
    }

    /** Return what was wrong, from whatever the library made of it. */
    static String words(Throwable problem) {
        Throwable root = Throwables.getRootCause(problem);
        String message = root.getMessage();
        return root.getClass().getSimpleName() + (message == null ? "" : ": " + oneLine(message));
    }

    private static String oneLine(String text) {
        return ForeignText.oneLine(String.valueOf(text), LONGEST_PROBLEM);
    }
}
