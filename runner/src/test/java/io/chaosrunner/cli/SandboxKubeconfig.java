package io.chaosrunner.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A kubeconfig that leads to a sandbox, in the namespace {@code default}. */
final class SandboxKubeconfig {
    private SandboxKubeconfig() {}

    /** Write one into a folder. */
    static Path in(Path folder, String url) throws IOException {
        return Files.writeString(folder.resolve("config"), text(url));
    }

    static String text(String url) {
        return """
        apiVersion: v1
        kind: Config
        current-context: here
        clusters: [{name: here, cluster: {server: "%s"}}]
        users: [{name: me, user: {token: none}}]
        contexts: [{name: here, context: {cluster: here, user: me, namespace: default}}]
        """
                .formatted(url);
    }
}
