package io.chaosrunner.testing;

import io.chaosrunner.config.KubernetesYaml;
import io.chaosrunner.config.KubernetesYaml.Document;
import io.chaosrunner.sandbox.SandboxServer;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/** The objects of YAML texts, in a sandbox. */
public final class SandboxTexts {
    private SandboxTexts() {}

    /**
     * Create the objects of a text.
     *
     * @throws IllegalArgumentException if one cannot be created
     */
    public static void load(SandboxServer server, String yaml) {
        try {
            KubernetesYaml.read(
                    new StringReader(yaml),
                    KubernetesYaml.Limits.OF_FILES,
                    document -> load(server, document));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void load(SandboxServer server, Document document) {
        List<String> problems =
                switch (document) {
                    case Document.Read read ->
                            server.load(
                                    field -> read.line() + ": " + field, (ObjectNode) read.json());
                    case Document.Unreadable unreadable -> List.of(unreadable.why());
                };
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(String.join("; ", problems));
        }
    }
}
