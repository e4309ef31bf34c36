package io.chaosrunner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.sandbox.SandboxServer;
import io.chaosrunner.testing.SandboxTexts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An account without rights hears which it lacks, and where it is written what each is for. */
@Timeout(600)
@ResourceLock(Resources.SYSTEM_OUT)
@ResourceLock(Resources.SYSTEM_ERR)
class MissingRightsTest {
    private static final String FILE =
            """
            apiVersion: litmuschaos.io/v1alpha1
            kind: ChaosEngine
            metadata: {name: nginx, namespace: default}
            spec:
              engineState: active
              chaosServiceAccount: chaos
              experiments:
                - {name: pod-delete}
                - {name: pod-cpu}
            ---
            apiVersion: litmuschaos.io/v1alpha1
            kind: ChaosExperiment
            metadata: {name: pod-delete, namespace: default}
            spec:
              definition:
                image: litmuschaos/go-runner:3.20.0
                command: [/bin/bash]
                args: [-c, ./experiments -name pod-delete]
                labels: {name: pod-delete}
                configMaps: [{name: script, mountPath: /mnt}]
            """;

    @TempDir private Path folder;
    private SandboxServer server;
    private Path kubeconfig;
    private Path file;

    @BeforeEach
    void start() throws IOException {
        server = SandboxServer.start(SandboxServer.Options.DEFAULT.withSchemas(new CrdSchemas()));
        kubeconfig = SandboxKubeconfig.in(folder, server.url());
        file = Files.writeString(folder.resolve("engine.yaml"), FILE);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private Said say(String words) {
        return Said.by(
                Stream.concat(
                                Stream.of(words.split(" "))
                                        .map(word -> word.replace("FILE", file.toString())),
                                Stream.of("--kubeconfig=" + kubeconfig))
                        .toArray(String[]::new));
    }

    @ParameterizedTest
    @CsvSource({
        "list, list, 3",
        "get nginx, get, 3",
        "stop nginx, get, 3",
        "wait nginx, get, 3",
        "logs nginx, get, 3",
        "history nginx, get, 3",
        "report nginx, get, 3",
        "trigger nginx, get, 3",
        "backfill nginx --from=2027-01-01T00:00:00Z --until=2027-01-01T01:00:00Z, get, 3",
        "plan nginx, get, 3",
        "next nginx, get, 3",
        "validate nginx, get, 3",
        "run nginx, get, 3",
        "run -f FILE, get, 3"
    })
    void everyCommandSaysWhichRightIsMissingAndWhereItIsExplained(
            String words, String verb, int exitCode) {
        SandboxTexts.load(server, FILE);
        server.forbid("*", "chaosengines");

        Said said = say(words);

        assertThat(said.err())
                .contains(
                        "User \"sandbox\" cannot %s resource \"chaosengines\" in API group \"litmuschaos.io\" in the namespace \"default\""
                                .formatted(verb))
                .contains("docs/permissions.md")
                .doesNotContain("\tat ");
        assertThat(said.exitCode()).isEqualTo(exitCode);
    }

    @Test
    void aDryRunWithoutTheRightToReadEnginesSaysEverythingThatIsMissing() {
        server.forbid("get", "chaosengines");
        server.forbid("create", "jobs");
        server.forbid("list", "pods");

        Said said = say("run --dry-run=server -f FILE");

        assertThat(said.err())
                .contains(
                        "may not get chaosengines in namespace default",
                        "may not create jobs in namespace default",
                        "may not list pods in namespace default",
                        "ChaosExperiment default/pod-cpu does not exist",
                        "ConfigMap default/script does not exist")
                .doesNotContain("\tat ");
        assertThat(said.exitCode()).isEqualTo(2);
    }

    @Test
    void aDryRunOfAStoredEngineThatIsNotReadSaysWhatElseIsMissing() {
        SandboxTexts.load(server, FILE);
        server.forbid("*", "chaosengines");
        server.forbid("get", "chaosexperiments");

        Said said = say("run --dry-run=server nginx");

        assertThat(said.err().lines())
                .anySatisfy(line -> assertThat(line).contains("may not get chaosengines"))
                .anySatisfy(line -> assertThat(line).contains("may not patch chaosengines"))
                .anySatisfy(line -> assertThat(line).contains("may not get chaosexperiments"));
        assertThat(said.exitCode()).isEqualTo(2);
    }

    @Test
    void aDryRunSaysEveryExperimentThatMayNotBeRead() {
        SandboxTexts.load(server, FILE);
        server.forbid("get", "chaosexperiments");

        Said said = say("run --dry-run=server nginx");

        for (String name : List.of("pod-delete", "pod-cpu")) {
            assertThat(said.err()).contains("chaosexperiments/" + name);
        }
        assertThat(said.err()).contains("may not get chaosexperiments", "docs/permissions.md");
        assertThat(said.exitCode()).isEqualTo(2);
    }
}
