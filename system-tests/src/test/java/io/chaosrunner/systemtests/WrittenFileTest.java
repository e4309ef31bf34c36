package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.systemtests.TerminalProcess.Said;
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

/** What stands in the file is what runs, or the API server's refusal is told. */
@NeedsControlPlane
@Timeout(600)
@Execution(ExecutionMode.CONCURRENT)
class WrittenFileTest {

    private static final String FILE =
            """
            apiVersion: litmuschaos.io/v1alpha1
            kind: ChaosEngine
            metadata: {name: engine-nginx}
            spec:
              engineState: active
              chaosServiceAccount: chaos
              experiments:
                - name: pod-delete
                  spec: &common
                    components:
                      env:
                        - {name: TARGET_PODS, value: canary-0}
                      configMaps: [{name: script, mountPath: /mnt}]
                - name: pod-delete
                  spec:
                    <<: *common
            ---
            apiVersion: litmuschaos.io/v1alpha1
            kind: ChaosExperiment
            metadata:
              name: pod-delete
              resourceVersion: "4711"
              uid: 7f1d1a4e-0000-4000-8000-000000000001
              creationTimestamp: "2026-01-01T00:00:00Z"
              generation: 1
            spec:
              definition:
                image: litmuschaos/go-runner:3.20.0
                command: [/bin/bash]
                args: [-c, ./experiments -name pod-delete]
                labels: {name: pod-delete}
            ---
            apiVersion: v1
            kind: ServiceAccount
            metadata: {name: chaos}
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: script}
            data: {run.sh: x}
            """;

    private final Stage stage;
    private final Path folder;
    private final List<TerminalProcess> processes = new ArrayList<>();

    WrittenFileTest(ControlPlane controlPlane, @TempDir Path folder) {
        stage = new Stage(controlPlane);
        this.folder = folder;
    }

    @AfterEach
    void close() {
        processes.forEach(TerminalProcess::close);
        stage.close();
    }

    private Said say(String... arguments) {
        String kubeconfig =
                stage.namespace
                        .controlPlane()
                        .adminKubeconfig()
                        .replace("namespace: default", "namespace: " + stage.namespace.name());
        TerminalProcess process = TerminalProcess.start(folder, kubeconfig, arguments);
        processes.add(process);
        return process.end();
    }

    private String file(String part, String written) {
        assertThat(FILE).contains(part);
        try {
            return Files.writeString(folder.resolve("engine.yaml"), FILE.replace(part, written))
                    .toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<String> targets() {
        return stage.namespace.jobs().stream()
                .flatMap(job ->
                        job
                                .getSpec()
                                .getTemplate()
                                .getSpec()
                                .getContainers()
                                .getFirst()
                                .getEnv()
                                .stream())
                .filter(variable -> variable.getName().equals("TARGET_PODS"))
                .map(variable -> variable.getValue())
                .toList();
    }

    @Test
    void aFieldThatTheApiServerWouldDropIsRefused() {
        Said said = say("run", "-f", file("value: canary-0", "VALUE: canary-0"));

        assertThat(said.exitCode()).as(said.toString()).isEqualTo(2);
        assertThat(said.err())
                .contains("unknown field \"spec.experiments[0].spec.components.env[0].VALUE\"")
                .contains("engine.yaml:" + lineOf("TARGET_PODS") + ": ChaosEngine ");
        assertThat(stage.namespace.jobs()).isEmpty();
    }

    @Test
    void whatIsRefusedOfAnotherObjectIsPlacedToo() {
        Said field =
                say(
                        "run",
                        "-f",
                        file("metadata: {name: chaos}", "metadata: {name: chaos, lables: {}}"));
        Said value = say("run", "-f", file("data: {run.sh", "data: {'a b': x, run.sh"));
        Said type = say("run", "-f", file("data: {run.sh", "data: {x: 5, run.sh"));

        assertThat(field.err())
                .contains("engine.yaml:" + lineOf("metadata: {name: chaos}") + ": ServiceAccount ");
        assertThat(value.err()).contains("engine.yaml:" + lineOf("data: {run.sh") + ": ConfigMap ");
        assertThat(type.err()).contains("engine.yaml:" + lineOf("data: {run.sh") + ": ConfigMap ");
        assertThat(List.of(field.exitCode(), value.exitCode(), type.exitCode())).containsOnly(2);
    }

    private static int lineOf(String part) {
        return 1
                + (int)
                        FILE.substring(0, FILE.indexOf(part))
                                .chars()
                                .filter(c -> c == '\n')
                                .count();
    }

    @Test
    void anExportedObjectIsStoredAndAMergedVariableArrives() {
        Said said = say("run", "-f", file("name: engine-nginx", "name: engine-nginx"));

        assertThat(said.exitCode()).as(said.toString()).isZero();
        assertThat(targets()).containsExactly("canary-0", "canary-0");
    }

    @Test
    void nothingIsInjectedWhileSomethingIsMissing() {
        String file =
                file(
                        "    - name: pod-delete\n      spec:\n        <<",
                        "    - name: pod-cpu\n      spec:\n        <<");
        assertThat(FILE).isNotEqualTo(file);

        Said said = say("run", "-f", file);

        assertThat(said.exitCode()).as(said.toString()).isEqualTo(2);
        assertThat(said.err())
                .contains(
                        "ChaosExperiment %s/pod-cpu does not exist"
                                .formatted(stage.namespace.name()))
                .contains("--skip-missing");
        assertThat(stage.namespace.jobs()).isEmpty();
        said = say("run", "-f", file, "--skip-missing");
        assertThat(said.exitCode()).as(said.toString()).isEqualTo(1);
        assertThat(stage.namespace.jobs()).hasSize(1);
    }

    @Test
    void whatTheApiServerWarnsOfIsShown() {
        warnOfPods();

        Said said = say("run", "-f", file("name: engine-nginx", "name: engine-nginx"));

        assertThat(said.out()).contains("The API server warns: would violate PodSecurity");
    }

    private void warnOfPods() {
        stage.namespace
                .admin()
                .namespaces()
                .withName(stage.namespace.name())
                .edit(namespace -> {
                    namespace
                            .getMetadata()
                            .getLabels()
                            .put("pod-security.kubernetes.io/warn", "restricted");
                    return namespace;
                });
    }

    @Test
    void aDryRunStoresNothingAndSaysWhatIsMissing() {
        Said said =
                say(
                        "run",
                        "--dry-run=server",
                        "-f",
                        file("name: script, mount", "name: other, mount"));

        assertThat(said.exitCode()).as(said.toString()).isEqualTo(2);
        assertThat(said.err())
                .contains("ConfigMap %s/other does not exist".formatted(stage.namespace.name()));
        assertThat(said.out()).contains("would be created");
        assertThat(stage.namespace.jobs()).isEmpty();
        assertThat(say("list").out()).doesNotContain("engine-nginx");
    }

    @Test
    void aDryRunAsksAboutFieldsAndQuota() {
        stage.namespace.admin().resource(quota()).create();
        Said said =
                say("run", "--dry-run=server", "-f", file("value: canary-0", "VALUE: canary-0"));
        assertThat(said.exitCode()).isEqualTo(2);
        assertThat(said.err().lines().filter(line -> line.contains("unknown field")))
                .as("of the engine, and not again of Jobs and pods: " + said)
                .hasSize(1)
                .allMatch(line -> line.contains("VALUE"));
        stage.eventually(
                "the quota",
                () -> {
                    Said again =
                            say(
                                    "run",
                                    "--dry-run=server",
                                    "-f",
                                    file("kind: ChaosEngine", "kind: ChaosEngine"));
                    return again.exitCode() == 2 && again.err().contains("exceeded quota: none");
                });
        assertThat(stage.namespace.jobs()).isEmpty();
    }

    private ResourceQuota quota() {
        return new ResourceQuotaBuilder()
                .withNewMetadata()
                .withName("none")
                .withNamespace(stage.namespace.name())
                .endMetadata()
                .withNewSpec()
                .withHard(Map.of("count/jobs.batch", new Quantity("0")))
                .endSpec()
                .build();
    }
}
