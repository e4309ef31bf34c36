package io.chaosrunner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.sandbox.SandboxServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every way to name a kubeconfig, for every command that talks to a cluster. */
class KubeconfigOptionTest {
    @TempDir Path folder;

    @ParameterizedTest
    @CsvSource({
        "list, -kubeconfig FILE",
        "list, -kubeconfig=FILE",
        "list, --kubeconfig FILE",
        "list, --kubeconfig=FILE",
        "stop e, -kubeconfig FILE",
        "stop e, --kubeconfig=FILE",
        "wait e, -kubeconfig FILE",
        "wait e, --kubeconfig=FILE",
        "history e, -kubeconfig FILE",
        "history e, --kubeconfig=FILE",
        "run e, -kubeconfig FILE",
        "run e, --kubeconfig=FILE"
    })
    void theNamedClusterIsAsked(String command, String option) throws IOException {
        var asked = new CopyOnWriteArrayList<SandboxServer.Request>();
        try (SandboxServer server =
                SandboxServer.start(
                        SandboxServer.Options.DEFAULT
                                .withSchemas(new CrdSchemas())
                                .withObserver(asked::add))) {
            Path file = Files.writeString(folder.resolve("config"), kubeconfig(server.url()));
            List<String> words = List.of(command.split(" "));
            List<String> named = List.of(option.replace("FILE", file.toString()).split(" "));

            // Before the command as well as after it.
            for (boolean first : new boolean[] {true, false}) {
                asked.clear();
                var args = new ArrayList<String>(first ? named : words);
                args.addAll(first ? words : named);

                ChaosRunner.execute(args.toArray(String[]::new));

                assertThat(asked)
                        .as(String.join(" ", args))
                        .anyMatch(request -> request.resource().equals("chaosengines"));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"list", "stop e", "wait e", "history e", "run e"})
    void aFileThatIsNotThereIsNamed(String command) {
        var args = new ArrayList<>(List.of(command.split(" ")));
        args.add("-kubeconfig=" + folder.resolve("no"));

        assertThat(ChaosRunner.execute(args.toArray(String[]::new))).isIn(2, 3);
    }

    private static String kubeconfig(String url) {
        return """
        apiVersion: v1
        kind: Config
        clusters: [{name: c, cluster: {server: %s}}]
        users: [{name: u, user: {}}]
        contexts: [{name: x, context: {cluster: c, user: u, namespace: here}}]
        current-context: x
        """
                .formatted(url);
    }
}
