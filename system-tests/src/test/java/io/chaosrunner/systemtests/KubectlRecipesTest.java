package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import tools.jackson.databind.JsonNode;

/** What {@code docs/install.md} and {@code deploy/README.md} tell people to do with kubectl. */
@NeedsControlPlane
@NeedsTools
@Timeout(600)
// Both make the one ClusterRole of deploy/schedules.
@ResourceLock("ClusterRole/chaos-runner-schedule")
class KubectlRecipesTest {

    private final ControlPlane controlPlane;
    private final TestNamespace namespace;

    @TempDir private Path home;

    KubectlRecipesTest(ControlPlane controlPlane) {
        this.controlPlane = controlPlane;
        namespace = TestNamespace.create(controlPlane);
    }

    @AfterEach
    void close() {
        namespace.close();
    }

    @Test
    void theOperatorIsToldOfTheImageByOneCommand() throws IOException {
        kubectl("create", "deployment", "chaos-operator-ce", "--image=operator");

        kubectl(
                "set",
                "env",
                "deployment/chaos-operator-ce",
                "-n",
                namespace.name(),
                "CHAOS_RUNNER_IMAGE=YOUR-REGISTRY/chaos-runner:0.1.0");

        assertThat(kubectl("set", "env", "deployment/chaos-operator-ce", "--list"))
                .contains("CHAOS_RUNNER_IMAGE=YOUR-REGISTRY/chaos-runner:0.1.0");
    }

    @Test
    void anOverlayInstallsTheServiceWithAnImageOfItsOwnAndIsDeletedAgain() throws IOException {
        Path overlay = overlay("../deploy/schedules");

        kubectl("apply", "-k", overlay.toString());
        assertThat(
                        kubectl(
                                "get",
                                "deployment/chaos-runner-schedule",
                                "-o",
                                "jsonpath={.spec.template.spec.containers[0].image}"))
                .isEqualTo("YOUR-REGISTRY/chaos-runner:0.1.0");
        String account =
                "system:serviceaccount:%s:chaos-runner-schedule".formatted(namespace.name());
        TestNamespace.eventually(
                () -> mayI(account, "create", "jobs") && mayI(account, "create", "leases"));
        kubectl("delete", "-k", overlay.toString());

        assertThat(
                        kubectl(
                                "get",
                                "deployments,roles,rolebindings,pdb,networkpolicies",
                                "-o",
                                "name"))
                .isEmpty();
    }

    /** What a GitOps controller does over and over: the file is applied again, as it was. */
    @Test
    void ofAnEngineThatRanApplyingTheFileAgainChangesItsStateAndNothingElse() throws IOException {
        namespace.experiment("pod-delete");
        String account = namespace.powerful();
        Path file =
                Files.writeString(
                        home.resolve("engine.yaml"),
                        """
                        apiVersion: litmuschaos.io/v1alpha1
                        kind: ChaosEngine
                        metadata: {name: checkout, annotations: {chaosrunner.io/execution: "strategy: parallel"}}
                        spec:
                          engineState: active
                          chaosServiceAccount: %s
                          experiments: [{name: pod-delete}]
                        """
                                .formatted(account));
        kubectl("apply", "-f", file.toString());
        try (FakeKubelet kubelet = FakeKubelet.start(namespace)) {
            RunnerPod.create(namespace, "checkout").awaitCompletion(kubelet);
        }
        kubectl(
                "patch",
                "chaosengine/checkout",
                "--type=merge",
                "-p",
                "{\"spec\":{\"engineState\":\"stop\"}}");
        JsonNode ran = engine();
        assertThat(ran.at("/metadata/annotations").has("chaosrunner.io/run")).isTrue();

        kubectl("apply", "-f", file.toString());

        JsonNode again = engine();
        assertThat(again.at("/metadata/annotations")).isEqualTo(ran.at("/metadata/annotations"));
        assertThat(again.get("status")).isEqualTo(ran.get("status"));
        // So this, and no other field, is what must not be reconciled.
        assertThat(again.at("/spec/engineState").asString()).isEqualTo("active");
    }

    private JsonNode engine() {
        return Litmus.read(namespace, "chaosengines", "checkout");
    }

    /** As deploy/README.md has it, beside a copy of the folder. */
    private Path overlay(String resource) throws IOException {
        Path deploy = Files.createDirectories(home.resolve("deploy/schedules"));
        Path source = ControlPlaneBinaries.sourceRoot().resolve("deploy/schedules");
        try (var files = Files.list(source)) {
            for (Path file : files.toList()) {
                Files.copy(file, deploy.resolve(file.getFileName()));
            }
        }
        Path overlay = Files.createDirectories(home.resolve("mine"));
        Files.writeString(
                overlay.resolve("kustomization.yaml"),
                """
                namespace: %s
                resources: [%s]
                images: [{name: registry.example.com/chaos-runner, newName: YOUR-REGISTRY/chaos-runner, newTag: 0.1.0}]
                """
                        .formatted(namespace.name(), resource));
        return overlay;
    }

    private boolean mayI(String account, String verb, String resource) {
        return run("auth", "can-i", verb, resource, "--as=" + account).out().startsWith("yes");
    }

    private String kubectl(String... arguments) {
        return run(arguments).good();
    }

    private ToolProgram.Said run(String... arguments) {
        try {
            Path kubeconfig = home.resolve("kubeconfig");
            Files.writeString(
                    kubeconfig,
                    controlPlane
                            .adminKubeconfig()
                            .replaceAll(
                                    "namespace: *\"?default\"?", "namespace: " + namespace.name()));
            var all = new ArrayList<>(List.of(arguments));
            all.add("--kubeconfig=" + kubeconfig);
            return ToolProgram.KUBECTL.run(home, all);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
