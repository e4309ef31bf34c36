package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.systemtests.TerminalProcess.Said;
import io.fabric8.kubernetes.api.model.LimitRangeBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.ResourceQuotaBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Why there is no Job, or no pod of one, is told as the API server and its controllers say it. */
@NeedsControlPlane
@Timeout(600)
@Execution(ExecutionMode.CONCURRENT)
class NoPodTest {
    private static final String FILE =
            """
            apiVersion: litmuschaos.io/v1alpha1
            kind: ChaosEngine
            metadata: {name: e}
            spec:
              engineState: active
              chaosServiceAccount: default
              experiments:
                - name: pod-delete
                  spec:
                    components:
                      statusCheckTimeouts: {timeout: 10}
            ---
            apiVersion: litmuschaos.io/v1alpha1
            kind: ChaosExperiment
            metadata: {name: pod-delete}
            spec:
              definition:
                image: litmuschaos/go-runner:3.20.0
                command: [/bin/bash]
                args: [-c, ./experiments -name pod-delete]
                labels: {name: pod-delete}
            """;

    private final Stage stage;
    private final Path folder;
    private final List<TerminalProcess> processes = new ArrayList<>();

    NoPodTest(ControlPlane controlPlane, @TempDir Path folder) {
        stage = new Stage(controlPlane);
        this.folder = folder;
    }

    @AfterEach
    void close() {
        processes.forEach(TerminalProcess::close);
        stage.close();
    }

    private Said run(String file) {
        String kubeconfig =
                stage.namespace
                        .controlPlane()
                        .adminKubeconfig()
                        .replace("namespace: default", "namespace: " + stage.namespace.name());
        try {
            Path written = Files.writeString(folder.resolve("engine.yaml"), file);
            TerminalProcess process =
                    TerminalProcess.start(folder, kubeconfig, "run", "-f", written.toString());
            processes.add(process);
            return process.end();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void assertSkippedBecause(Said said, String why) {
        assertThat(said.exitCode()).as(said.toString()).isEqualTo(1);
        assertThat(said.out()).contains("Skipped").contains(why);
        assertThat(
                        stage.namespace
                                .admin()
                                .v1()
                                .events()
                                .inNamespace(stage.namespace.name())
                                .list()
                                .getItems())
                .as("the experiment's event")
                .anySatisfy(event -> {
                    assertThat(event.getInvolvedObject().getKind()).isEqualTo("ChaosEngine");
                    assertThat(event.getMessage()).contains(why);
                });
    }

    private void quota(String what, String amount) {
        ResourceQuota quota =
                new ResourceQuotaBuilder()
                        .withNewMetadata()
                        .withName("q")
                        .withNamespace(stage.namespace.name())
                        .endMetadata()
                        .withNewSpec()
                        .withHard(Map.of(what, new Quantity(amount)))
                        .endSpec()
                        .build();
        stage.namespace.admin().resource(quota).create();
        stage.eventually(
                "the quota is counted",
                () -> {
                    ResourceQuota now = stage.namespace.admin().resource(quota).get();
                    return now.getStatus() != null
                            && now.getStatus().getUsed() != null
                            && !now.getStatus().getUsed().isEmpty();
                });
    }

    private void label(String key, String value) {
        stage.namespace
                .admin()
                .namespaces()
                .withName(stage.namespace.name())
                .edit(namespace -> {
                    namespace.getMetadata().getLabels().put(key, value);
                    return namespace;
                });
    }

    @Test
    void aPodThatAQuotaForbids() {
        quota("requests.cpu", "1");

        assertSkippedBecause(run(FILE), "failed quota: q: must specify requests.cpu");
    }

    @Test
    void aPodThatPodSecurityForbids() {
        label("pod-security.kubernetes.io/enforce", "restricted");

        assertSkippedBecause(run(FILE), "violates PodSecurity \"restricted");
    }

    @Test
    void aPodThatALimitRangeForbids() {
        stage.namespace
                .admin()
                .resource(
                        new LimitRangeBuilder()
                                .withNewMetadata()
                                .withName("least")
                                .withNamespace(stage.namespace.name())
                                .endMetadata()
                                .withNewSpec()
                                .addNewLimit()
                                .withType("Container")
                                .withMin(Map.of("memory", new Quantity("1Gi")))
                                .withMaxLimitRequestRatio(Map.of("memory", new Quantity("1")))
                                .endLimit()
                                .endSpec()
                                .build())
                .create();

        assertSkippedBecause(run(FILE), "FailedCreate");
    }

    @Test
    void aPodWhoseServiceAccountIsMissing() {
        Said said = run(FILE.replace("Account: default", "Account: not-there"));

        assertSkippedBecause(said, "serviceaccount \"not-there\" not found");
        assertThat(said.out().lines().takeWhile(line -> !line.contains("launch")))
                .as("said at once, as a pod is waited for")
                .anyMatch(line ->
                        line.contains(
                                "Warning: ServiceAccount %s/not-there does not exist"
                                        .formatted(stage.namespace.name())));
    }

    @Test
    void aJobThatAQuotaForbidsIsNotTheAccountsFault() {
        quota("count/jobs.batch", "0");

        Said said = run(FILE);

        assertSkippedBecause(said, "exceeded quota: q");
        assertThat(said.out()).doesNotContain("account may not");
    }
}
