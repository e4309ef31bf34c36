package io.chaosrunner.systemtests;

import static io.chaosrunner.systemtests.Stage.ENGINE;
import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.systemtests.TerminalProcess.Said;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import tools.jackson.databind.json.JsonMapper;

/** The program as a person at a terminal uses it, with real processes and real signals. */
@NeedsControlPlane
@Timeout(600)
@Execution(ExecutionMode.CONCURRENT)
class TerminalTest {

    private static final String FILE =
            """
            apiVersion: litmuschaos.io/v1alpha1
            kind: ChaosEngine
            metadata:
              name: engine-nginx
            spec:
              engineState: active
              appinfo: {appns: default, applabel: app=nginx, appkind: deployment}
              chaosServiceAccount: chaos
              jobCleanUpPolicy: retain
              experiments:
                - name: pod-delete
                  spec:
                    components:
                      configMaps: [{name: script, mountPath: /mnt}]
                      secrets: [{name: password, mountPath: /secret}]
                      env: [{name: TOKEN, value: MARKER-engine}]
                      experimentAnnotations:
                        sandbox.chaosrunner.io/scenario: SCENARIO
            ---
            apiVersion: litmuschaos.io/v1alpha1
            kind: ChaosExperiment
            metadata:
              name: pod-delete
            spec:
              definition:
                image: litmuschaos/go-runner:3.20.0
                command: [/bin/bash]
                args: [-c, ./experiments -name pod-delete]
                env: [{name: OTHER_TOKEN, value: MARKER-experiment}]
                labels: {name: pod-delete}
                nonsense: the API server erases this
            ---
            apiVersion: v1
            kind: ServiceAccount
            metadata: {name: chaos}
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: Role
            metadata: {name: chaos}
            rules:
              - {apiGroups: ['*'], resources: ['*'], verbs: ['*']}
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata: {name: chaos}
            subjects: [{kind: ServiceAccount, name: chaos, namespace: NAMESPACE}]
            roleRef: {kind: Role, name: chaos, apiGroup: rbac.authorization.k8s.io}
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: script}
            data: {run.sh: MARKER-config-map}
            ---
            apiVersion: v1
            kind: Secret
            metadata: {name: password}
            stringData: {password: MARKER-secret}
            """;

    private final Stage stage;
    private final Path folder;
    private final List<TerminalProcess> processes = new ArrayList<>();

    TerminalTest(ControlPlane controlPlane, @TempDir Path folder) {
        stage = new Stage(controlPlane);
        this.folder = folder;
    }

    @AfterEach
    void close() {
        processes.forEach(TerminalProcess::close);
        stage.close();
    }

    private TerminalProcess begin(String... arguments) {
        String kubeconfig =
                stage.namespace
                        .controlPlane()
                        .adminKubeconfig()
                        .replace("namespace: default", "namespace: " + stage.namespace.name());
        TerminalProcess process = TerminalProcess.start(folder, kubeconfig, arguments);
        processes.add(process);
        return process;
    }

    private Said say(String... arguments) {
        return begin(arguments).end();
    }

    private String file(String scenario) {
        try {
            return Files.writeString(
                            folder.resolve("engine.yaml"),
                            FILE.replace("SCENARIO", scenario)
                                    .replace("NAMESPACE", stage.namespace.name()))
                    .toString();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private void awaitHelper() {
        stage.eventually(
                "the helper",
                () ->
                        stage.entries().contains("pod-delete Running Awaited")
                                && !stage.helpers().isEmpty());
    }

    @Test
    void aFileIsRunBesideAnOperatorThatLeavesItAlone() {
        stage.operate();
        String file = file("after=200ms");

        Said first = say("run", "-f", file);
        Said second = say("run", "-f", file);

        assertThat(first.exitCode()).as(first.all()).isEqualTo(0);
        assertThat(first.out())
                .contains("Role %s/chaos created".formatted(stage.namespace.name()))
                .contains("ChaosEngine %s/engine-nginx created".formatted(stage.namespace.name()));
        assertThat(second.exitCode()).as(second.all()).isEqualTo(0);
        assertThat(second.out()).doesNotContain("created", "differs", "made as").contains("run 2:");
        assertThat(stage.engineStatus()).isEmpty();
        assertThat(stage.podNames()).doesNotContain(Stage.RUNNER);
        assertThat(stage.operatorsEvents()).isEmpty();
    }

    @Test
    void whatTheClusterHasInsteadOfTheFileIsNamedAndNothingIsLaunched() throws IOException {
        String file = file("after=200ms");
        assertThat(say("run", "-f", file).exitCode()).isEqualTo(0);
        Path other =
                Files.writeString(
                        folder.resolve("other.yaml"),
                        Files.readString(Path.of(file))
                                .replace("MARKER-config-map", "MARKER-other")
                                .replace("MARKER-secret", "MARKER-other")
                                .replace("verbs: ['*']", "verbs: [get]"));

        Said said = say("run", "-f", other.toString());

        assertThat(said.exitCode()).isEqualTo(3);
        assertThat(said.err())
                .contains("chaos differs in rules[0].verbs[0]")
                .contains("script differs in data[run.sh]")
                .contains("password differs in data.password")
                .doesNotContain("MARKER");
        assertThat(stage.claim().number()).isEqualTo(1);
    }

    @Test
    void ctrlCOnceStopsAndSeesTheHelperGone() {
        TerminalProcess run = begin("run", "-f", file("hang helper"));
        awaitHelper();

        run.signal("INT");

        Said said = run.end();
        assertThat(said.exitCode()).as(said.all()).isEqualTo(4);
        assertThat(said.out()).contains("interrupted: stopping", "once more to leave now");
        assertThat(stage.entries()).containsExactly("pod-delete Forcefully Aborted Stopped");
        assertThat(stage.podNames()).isEmpty();
        assertThat(stage.claim().state()).isEqualTo("finished");
    }

    @Test
    void ctrlCTwiceLeavesWhatRunsAndAStopFromElsewhereRemovesIt() {
        TerminalProcess run = begin("run", "-f", file("hang helper"));
        awaitHelper();
        // Held by a finalizer, so that the first Ctrl-C has something to wait for.
        stage.hold(stage.helpers().getFirst());
        run.signal("INT");
        stage.eventually("the word", () -> run.hasSaid("interrupted: stopping"));

        run.signal("INT");

        Said said = run.end();
        assertThat(said.exitCode()).isEqualTo(130);
        assertThat(said.err())
                .contains("left; what runs goes on")
                .contains("chaos-runner stop engine-nginx -n " + stage.namespace.name())
                .contains("--resume");
        assertThat(stage.helpers()).hasSize(1);
        TerminalProcess stop = begin("stop", ENGINE, "--force");
        stage.eventually("the word", () -> stop.hasSaid("until these are gone"));
        stage.release(stage.helpers().getFirst());
        assertThat(stop.end().exitCode()).as(stop.end().all()).isEqualTo(0);
        assertThat(stage.entries()).containsExactly("pod-delete Forcefully Aborted Stopped");
        assertThat(stage.podNames()).isEmpty();
    }

    @Test
    void theRunOfAKilledProcessIsRefusedThenTakenUp() {
        TerminalProcess run = begin("run", "-f", file("after=1h"));
        stage.eventually("it runs", () -> stage.entries().contains("pod-delete Running Awaited"));
        run.kill();

        Said refused = say("run", ENGINE);
        stage.kubelet.endExperiments();
        Said resumed = say("run", ENGINE, "--resume");

        assertThat(refused.exitCode()).isEqualTo(3);
        assertThat(refused.err()).contains("owned by process", "--resume");
        assertThat(resumed.exitCode()).as(resumed.all()).isEqualTo(0);
        assertThat(stage.namespace.jobs()).hasSize(1);
    }

    @Test
    void aStopEndsTheRunOfAKilledProcess() {
        TerminalProcess run = begin("run", "-f", file("hang helper"));
        awaitHelper();
        run.kill();

        Said said = say("stop", ENGINE);

        assertThat(said.exitCode()).as(said.all()).isEqualTo(0);
        assertThat(said.out()).contains("does not answer: its run is taken over");
        assertThat(stage.entries()).containsExactly("pod-delete Forcefully Aborted Stopped");
        assertThat(stage.podNames()).isEmpty();
    }

    @Test
    void underTheOperatorTheSameIsShownTwice() {
        stage.operate();
        String file = file("after=200ms then verdict=Fail after=200ms");

        Said first = say("run", "-f", file, "--launch=operator");
        Said second = say("run", ENGINE, "--launch=operator", "-o", "json");

        assertThat(first.exitCode()).as(first.all()).isEqualTo(0);
        assertThat(first.out()).contains("run 1:", "as Job pod-delete-", "1 of 1 passed");
        assertThat(second.exitCode()).as(second.all()).isEqualTo(1);
        assertThat(second.out().lines().map(line -> JsonMapper.shared().readTree(line)))
                .extracting(line -> line.path("event").asString())
                .contains("run-started", "job-created", "ended", "run-finished")
                .endsWith("summary");
        stage.eventually("the operator's word", () -> stage.engineStatus().equals("completed"));
        assertThat(say("wait", ENGINE).exitCode()).isEqualTo(1);
    }

    @Test
    void underTheOperatorCtrlCAndStopAreTheOperatorsToDo() {
        stage.operate();
        TerminalProcess run = begin("run", "-f", file("hang helper"), "--launch=operator");
        awaitHelper();
        assertThat(say("run", ENGINE).err()).contains("is being run by the chaos-operator");

        run.signal("INT");

        Said said = run.end();
        assertThat(said.exitCode()).as(said.all()).isEqualTo(4);
        assertThat(stage.engineStatus()).isEqualTo("stopped");
        assertThat(stage.podNames()).isEmpty();

        begin("run", ENGINE, "--launch=operator");
        awaitHelper();
        Said stopped = say("stop", ENGINE);
        assertThat(stopped.exitCode()).as(stopped.all()).isEqualTo(0);
        assertThat(stage.engineStatus()).isEqualTo("stopped");
        assertThat(stage.podNames()).isEmpty();
    }

    @Test
    void aPersonWithoutRightsIsTold() {
        String account = stage.namespace.account("nobody", TestNamespace.rule("", "pods", "get"));
        String kubeconfig =
                stage.namespace.controlPlane().kubeconfigFor(stage.namespace.name(), account);
        for (List<String> command :
                List.of(List.of("run", ENGINE), List.of("list"), List.of("stop", ENGINE))) {
            Said said =
                    TerminalProcess.start(folder, kubeconfig, command.toArray(String[]::new)).end();

            assertThat(said.exitCode()).isEqualTo(3);
            assertThat(said.err()).contains("forbidden", "chaosengines").doesNotContain("\tat ");
        }
    }

    @Test
    void noValueOfASecretIsEverSaid() throws IOException {
        Path audit = folder.resolve("audit.jsonl");
        Said lines =
                say("run", "-f", file("after=200ms verdict=Fail"), "--audit", audit.toString());
        Said json = say("run", ENGINE, "-o", "json");
        stage.operate();
        Said followed = say("run", ENGINE, "--launch=operator");

        assertThat(lines.exitCode()).as(lines.all()).isEqualTo(1);
        assertThat(Files.readString(audit)).contains("job-created", "job-retained", "summary");
        var engine = Litmus.read(stage.namespace, "chaosengines", ENGINE);
        String everything =
                String.join(
                        "\n",
                        lines.all(),
                        json.all(),
                        followed.all(),
                        stage.story(),
                        Files.readString(audit),
                        engine.path("status").toString(),
                        engine.at("/metadata/annotations").toString(),
                        stage.namespace
                                .admin()
                                .v1()
                                .events()
                                .inNamespace(stage.namespace.name())
                                .list()
                                .toString());
        assertThat(everything).contains("pod-delete").doesNotContain("MARKER");
    }
}
