package io.chaosrunner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.sandbox.SandboxServer;
import io.chaosrunner.testing.SandboxTexts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;

/** Nothing is injected until everything that an engine names is there. */
@Timeout(600)
@ResourceLock(Resources.SYSTEM_OUT)
@ResourceLock(Resources.SYSTEM_ERR)
class MissingObjectsTest {
    private static final String FILE =
            """
            apiVersion: litmuschaos.io/v1alpha1
            kind: ChaosEngine
            metadata: {name: nginx, namespace: default, annotations: {sidecar/enabled: "true"}}
            spec:
              engineState: active
              chaosServiceAccount: chaos
              components:
                sidecar:
                  - image: busybox
                    envFrom: [{configMapRef: {name: imported}}, {secretRef: {name: kept, optional: true}}]
                    env: [{name: E, valueFrom: {secretKeyRef: {name: beside, key: k}}}]
              experiments:
                - name: pod-cpu
                - name: pod-delete
                  spec:
                    components:
                      env:
                        - {name: A, valueFrom: {secretKeyRef: {name: password, key: k}}}
                        - {name: B, valueFrom: {configMapKeyRef: {name: settings, key: k}}}
                        - {name: C, valueFrom: {configMapKeyRef: {name: optional, key: k, optional: true}}}
                        - {name: D, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
                        - {name: CHAOS_SERVICE_ACCOUNT, value: helpers}
            ---
            apiVersion: litmuschaos.io/v1alpha1
            kind: ChaosExperiment
            metadata: {name: pod-delete, namespace: default}
            spec:
              definition:
                image: litmuschaos/go-runner:3.20.0
                command: [/bin/bash]
                args: [-c, ./experiments]
                labels: {name: any}
            ---
            apiVersion: litmuschaos.io/v1alpha1
            kind: ChaosExperiment
            metadata: {name: pod-cpu, namespace: default}
            spec:
              definition:
                image: litmuschaos/go-runner:3.20.0
                command: [/bin/bash]
                args: [-c, ./experiments]
                labels: {name: any}
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

    private Said run(String... more) {
        var words = new ArrayList<>(List.of("run", "-f", file.toString()));
        words.addAll(List.of(more));
        words.add("--kubeconfig=" + kubeconfig);
        return Said.by(words.toArray(String[]::new));
    }

    @Test
    void whatVariablesAndHelpersNeedIsSoughtBeforeAnythingRuns() {
        Said said = run();

        assertThat(said.exitCode()).as(said.toString()).isEqualTo(2);
        assertThat(said.err())
                .contains("nothing is launched")
                .contains("Secret default/password does not exist, and pod-delete needs it")
                .contains("ConfigMap default/settings does not exist, and pod-delete needs it")
                .contains("ConfigMap default/imported does not exist, and pod-cpu needs it")
                .contains("Secret default/beside does not exist, and pod-cpu needs it")
                .contains("ServiceAccount default/helpers does not exist, and pod-delete needs it")
                .doesNotContain("optional")
                .doesNotContain("kept");
        assertThat(said.out()).contains("Warning: ServiceAccount default/chaos does not exist");
    }

    @Test
    void aDryRunSaysTheSame() {
        assertThat(run("--dry-run=server").err())
                .contains("Secret default/password does not exist")
                .contains("ServiceAccount default/helpers does not exist")
                .contains("ServiceAccount default/chaos does not exist");
    }

    @Test
    void whatIsThereIsNotMissed() {
        for (String name : new String[] {"password", "beside"}) {
            SandboxTexts.load(
                    server,
                    "{apiVersion: v1, kind: Secret, metadata: {name: %s, namespace: default}}"
                            .formatted(name));
        }
        for (String name : new String[] {"settings", "imported"}) {
            SandboxTexts.load(
                    server,
                    "{apiVersion: v1, kind: ConfigMap, metadata: {name: %s, namespace: default}}"
                            .formatted(name));
        }
        SandboxTexts.load(
                server,
                "{apiVersion: v1, kind: ServiceAccount, metadata: {name: helpers, namespace: default}}");

        Said said = run();

        assertThat(said.exitCode()).as(said.toString()).isZero();
    }

    @Test
    void aPlanForAClusterThatIsNamedAsksItAboutTheFile() throws IOException {
        Files.writeString(file, FILE.replace("value: helpers", "VALUE: helpers"));

        Said there = Said.by("plan", "-f", file.toString(), "--kubeconfig=" + kubeconfig);
        Said here = Said.by("plan", "-f", file.toString());

        assertThat(there.exitCode()).as(there.toString()).isEqualTo(2);
        assertThat(there.err())
                .contains("unknown field \"spec.experiments[1].spec.components.env[4].VALUE\"");
        assertThat(here.exitCode()).as(here.toString()).isZero();
    }

    @Test
    void anEngineThatIsThereAlreadyIsAskedAboutAsTheFileHasIt() throws IOException {
        SandboxTexts.load(server, FILE);
        Files.writeString(file, FILE.replace("value: helpers", "VALUE: helpers"));

        Said plan = Said.by("plan", "-f", file.toString(), "--kubeconfig=" + kubeconfig);
        Said dryRun = run("--dry-run=server");

        for (Said said : List.of(plan, dryRun)) {
            assertThat(said.exitCode()).as(said.toString()).isEqualTo(2);
            assertThat(said.err()).contains("env[4].VALUE\"");
            assertThat(said.out()).doesNotContain("would be made");
        }
    }
}
