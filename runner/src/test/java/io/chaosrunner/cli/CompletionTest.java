package io.chaosrunner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.sandbox.SandboxServer;
import io.chaosrunner.testing.SandboxTexts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a shell is told could stand at its cursor. */
@ResourceLock(Resources.SYSTEM_OUT)
@ResourceLock(Resources.SYSTEM_ERR)
class CompletionTest {
    private static final String ENGINE =
            """
            apiVersion: litmuschaos.io/v1alpha1
            kind: ChaosEngine
            metadata: {name: %s, namespace: %s}
            spec:
              engineState: stop
              chaosServiceAccount: chaos
              experiments: [{name: pod-delete}, {name: node-drain}]
            """;

    @TempDir private Path folder;

    private List<String> complete(String... words) {
        var all = new ArrayList<>(List.of("__complete", "--"));
        all.addAll(List.of(words));
        Said said = Said.by(all.toArray(String[]::new));
        assertThat(said.exitCode()).isZero();
        assertThat(said.err()).isEmpty();
        return said.out().lines().toList();
    }

    @Test
    void commandsOptionsAndTheirValues() {
        assertThat(complete("va")).containsExactly("validate");
        assertThat(complete("")).contains("run", "list", "help").doesNotContain("__complete");
        assertThat(complete("run", "--la")).containsExactly("--launch");
        assertThat(complete("run", "--launch", "")).containsExactly("direct", "operator");
        assertThat(complete("run", "--launch=o")).containsExactly("--launch=operator");
        assertThat(complete("run", "--launch", "=", "o")).containsExactly("operator");
        assertThat(complete("run", "--launch", "=")).containsExactly("direct", "operator");
        assertThat(complete("completion", "")).containsExactly("bash", "fish", "zsh");
        assertThat(complete("help", "pl")).containsExactly("plan");
        assertThat(complete("plan", "-f", "examples/")).containsExactly("@files");
        assertThat(complete("list", "-")).contains("--all-namespaces").doesNotContain("--plugins");
        assertThat(complete("--context")).containsExactly("--context");
    }

    @Test
    void whatIsNotUnderstoodHasNoAnswer() {
        assertThat(complete("fly", "")).isNotNull();
        assertThat(complete("run", "--fly", "")).isNotNull();
        assertThat(complete("run", "--fly=", "")).isNotNull();
        assertThat(complete()).isEmpty();
        assertThat(complete("=", "=")).isEmpty();
    }

    @Test
    void namesComeFromTheClusterThatTheLineNames() throws IOException {
        try (SandboxServer server =
                SandboxServer.start(SandboxServer.Options.DEFAULT.withSchemas(new CrdSchemas()))) {
            SandboxTexts.load(server, ENGINE.formatted("nginx", "default"));
            SandboxTexts.load(server, ENGINE.formatted("redis", "payments"));
            String kubeconfig = kubeconfig(server.url());

            assertThat(complete("--kubeconfig", kubeconfig, "stop", "")).containsExactly("nginx");
            assertThat(complete("stop", "--kubeconfig=" + kubeconfig, "-n", "payments", "r"))
                    .containsExactly("redis");
            assertThat(complete("list", "--kubeconfig", kubeconfig, "-n", "pay"))
                    .containsExactly("payments");
            assertThat(complete("list", "--kubeconfig", kubeconfig, "--context", ""))
                    .containsExactly("here");
        }
    }

    @Test
    void aClusterThatDoesNotAnswerHasNoNames() throws IOException {
        assertThat(complete("--kubeconfig", kubeconfig("http://127.0.0.1:1"), "stop", ""))
                .isEmpty();
        assertThat(complete("--kubeconfig", folder.resolve("none").toString(), "stop", ""))
                .isEmpty();
    }

    private String kubeconfig(String url) throws IOException {
        return SandboxKubeconfig.in(folder, url).toString();
    }

    @ParameterizedTest
    @CsvSource({"bash, complete -F", "zsh, compdef", "fish, complete -c"})
    void aShellGetsAScriptThatAsksTheProgram(String shell, String word) {
        Said said = Said.by("completion", shell);

        assertThat(said.exitCode()).isZero();
        assertThat(said.out()).contains(word).contains("__complete --");
    }

    @Test
    void bashCompletesByTheScript() throws IOException, InterruptedException {
        Path script =
                Files.writeString(
                        folder.resolve("try"),
                        """
                        chaos-runner() { printf '%%s\\n' "asked:$*" second; }
                        %s
                        COMP_WORDS=(chaos-runner stop 'n'); COMP_CWORD=2
                        _chaos_runner
                        printf '%%s\\n' "${COMPREPLY[@]}"
                        chaos-runner() { printf '%%s\\n' @files; }
                        COMP_WORDS=(chaos-runner plan -f '%s/tr'); COMP_CWORD=3
                        _chaos_runner
                        printf '%%s\\n' "${COMPREPLY[@]}"
                        """
                                .formatted(Said.by("completion", "bash").out(), folder));
        Process bash =
                new ProcessBuilder("bash", script.toString()).redirectErrorStream(true).start();
        String out = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(bash.waitFor()).as(out).isZero();
        assertThat(out.lines())
                .containsExactly("asked:__complete -- stop n", "second", folder + "/try");
    }
}
