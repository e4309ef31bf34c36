package io.chaosrunner.systemtests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Give a process what leads it to the API server, as environment variables. */
final class PodAccess {
    private PodAccess() {}

    /**
     * Give what a kubelet gives to a pod of a service account.
     *
     * <p>A process cannot have files where a pod has its token, so a variable says where they are;
     * there is no kubeconfig, not even in the home folder.
     */
    static Map<String, String> ofServiceAccount(
            ControlPlane controlPlane, String namespace, String serviceAccount, Path folder) {
        write(folder.resolve("token"), controlPlane.tokenFor(namespace, serviceAccount));
        write(folder.resolve("ca.crt"), controlPlane.caPem());
        return Map.of(
                "KUBERNETES_SERVICE_HOST",
                "127.0.0.1",
                "KUBERNETES_SERVICE_PORT",
                Integer.toString(controlPlane.port()),
                "CHAOS_RUNNER_SERVICE_ACCOUNT",
                folder.toString(),
                "HOME",
                folder.toString());
    }

    /** Give a kubeconfig. */
    static Map<String, String> ofKubeconfig(String kubeconfig, Path folder) {
        return Map.of("KUBECONFIG", write(folder.resolve("kubeconfig"), kubeconfig).toString());
    }

    private static Path write(Path file, String text) {
        try {
            Files.createDirectories(file.getParent());
            return Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
