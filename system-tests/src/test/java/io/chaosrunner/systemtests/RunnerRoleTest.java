package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** Tests of {@code deploy/rbac}: each Role grants what its use asks for, and no more. */
@NeedsControlPlane
@Timeout(600)
class RunnerRoleTest {

    private static final Path ROLES = Path.of("deploy", "rbac");

    private final ControlPlane controlPlane;
    private final TestNamespace namespace;

    RunnerRoleTest(ControlPlane controlPlane) {
        this.controlPlane = controlPlane;
        namespace = TestNamespace.create(controlPlane);
    }

    @AfterEach
    void close() {
        namespace.close();
    }

    static Stream<Arguments> roles() {
        return Stream.of(
                Arguments.of(
                        "runner.yaml",
                        "chaos-runner",
                        List.of(
                                "chaosengines get patch watch",
                                "chaosexperiments get list",
                                "chaosresults get list watch",
                                "jobs create get list delete",
                                "pods list watch delete",
                                "events create get update list",
                                "configmaps get create update")),
                Arguments.of(
                        "least.yaml",
                        "chaos-runner-least",
                        List.of(
                                "chaosengines get patch",
                                "chaosexperiments get",
                                "chaosresults get",
                                "jobs create",
                                "pods list")),
                Arguments.of(
                        "terminal.yaml",
                        "chaos-runner-terminal",
                        List.of(
                                "chaosengines get list watch create update patch",
                                "chaosexperiments get list create update",
                                "chaosresults get list watch",
                                "jobs create get list watch delete",
                                "pods get list watch delete",
                                "pods/log get",
                                "events create get update list",
                                "configmaps get create update")),
                Arguments.of(
                        "monitoring.yaml",
                        "chaos-exporter",
                        List.of(
                                "chaosengines get list watch",
                                "chaosexperiments get list watch",
                                "chaosresults get list watch",
                                "events get list watch")));
    }

    @ParameterizedTest
    @MethodSource("roles")
    void theAccountMayDoWhatItsUseNeedsAndNoMore(String file, String account, List<String> rights)
            throws IOException {
        apply(file);
        TestNamespace.eventually(() -> !rights(account).isEmpty());

        assertThat(rights(account))
                .containsExactlyInAnyOrderElementsOf(
                        rights.stream().flatMap(RunnerRoleTest::each).toList());
    }

    @Test
    void noRoleIsForgottenHere() throws IOException {
        try (Stream<Path> files = Files.list(ControlPlaneBinaries.sourceRoot().resolve(ROLES))) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .filteredOn(name -> !name.equals("kustomization.yaml"))
                    .containsExactlyInAnyOrderElementsOf(
                            roles().map(role -> (String) role.get()[0]).toList());
        }
    }

    @Test
    void aRunUnderRunnerYamlMissesNoRight() throws IOException {
        apply("runner.yaml");

        String story = run("chaos-runner", "delete");

        assertThat(namespace.jobs()).isEmpty();
        assertThat(namespace.events("modest-runner")).hasSize(6);
        assertThat(story).contains("event=run-finished").doesNotContain("forbidden");
    }

    @Test
    void aRunUnderLeastYamlHasItsVerdictsAndKeepsItsJobs() throws IOException {
        apply("least.yaml");

        String story = run("chaos-runner-least", "delete");

        assertThat(namespace.jobs()).hasSize(2);
        assertThat(namespace.events("modest-runner")).isEmpty();
        assertThat(story).contains("event=run-finished");
    }

    @Test
    void aRunUnderMonitoringYamlLaunchesTheExporter() throws IOException {
        apply("runner.yaml");
        apply("monitoring.yaml");

        String story =
                run(
                        namespace
                                .newEngine("modest")
                                .annotation(
                                        "chaosrunner.io/monitoring",
                                        "serviceAccount: chaos-exporter"),
                        "chaos-runner",
                        "retain");

        assertThat(
                        namespace
                                .admin()
                                .apps()
                                .deployments()
                                .inNamespace(namespace.name())
                                .withName("modest-monitor")
                                .require()
                                .getSpec()
                                .getTemplate()
                                .getSpec()
                                .getServiceAccountName())
                .isEqualTo("chaos-exporter");
        assertThat(story).doesNotContain("no monitoring").doesNotContain("forbidden");
    }

    @Test
    void aRunAtATerminalUnderTerminalYamlMissesNoRight() throws Exception {
        apply("terminal.yaml");
        namespace.podDeleteSa();
        Path folder = namespace.folder("terminal");
        Path manifests =
                Files.writeString(
                        folder.resolve("engine.yaml"),
                        """
                        apiVersion: litmuschaos.io/v1alpha1
                        kind: ChaosExperiment
                        metadata: {name: pod-delete}
                        spec:
                          definition:
                            image: litmuschaos/go-runner:latest
                            command: [/bin/bash]
                            args: [-c, ./experiments -name pod-delete]
                            labels: {name: pod-delete}
                        ---
                        apiVersion: litmuschaos.io/v1alpha1
                        kind: ChaosEngine
                        metadata: {name: modest}
                        spec:
                          chaosServiceAccount: pod-delete-sa
                          jobCleanUpPolicy: delete
                          experiments: [{name: pod-delete}]
                        """);
        Path kubeconfig =
                Files.writeString(
                        folder.resolve("kubeconfig"),
                        controlPlane.kubeconfigFor(namespace.name(), "chaos-runner-terminal"));

        Path output = folder.resolve("output");
        int exitCode;
        try (FakeKubelet kubelet = FakeKubelet.start(namespace)) {
            assertThat(kubelet).isNotNull();
            exitCode =
                    RunnerProgram.process(
                                    "-kubeconfig=" + kubeconfig,
                                    "run",
                                    "--launch=direct",
                                    "-f",
                                    manifests.toString())
                            .redirectErrorStream(true)
                            .redirectOutput(output.toFile())
                            .start()
                            .waitFor();
        }

        assertThat(exitCode).as(Files.readString(output)).isZero();
        assertThat(namespace.entries("modest"))
                .extracting(entry -> entry.get("verdict"))
                .containsExactly("Pass");
        assertThat(namespace.jobs()).isEmpty();
        assertThat(Files.readString(output)).doesNotContain("forbidden");
    }

    /** Run two experiments as the operator would; returns what the runner said. */
    private String run(String account, String cleanUp) {
        return run(namespace.newEngine("modest"), account, cleanUp);
    }

    private String run(EngineManifest engine, String account, String cleanUp) {
        namespace.experiment("pod-delete");
        namespace.experiment("pod-cpu-hog");
        engine.account(account)
                .cleanUp(cleanUp)
                .experiment("pod-delete")
                .experiment("pod-cpu-hog")
                .create();
        String story;
        try (FakeKubelet kubelet = FakeKubelet.start(namespace)) {
            RunnerPod runner = RunnerPod.create(namespace, "modest");
            runner.awaitCompletion(kubelet);
            story = kubelet.runner(runner.name()).output();
        }
        assertThat(namespace.entries("modest"))
                .extracting(entry -> entry.get("verdict"))
                .as(story)
                .containsExactly("Pass", "Pass");
        return story;
    }

    private void apply(String file) throws IOException {
        Path path = ControlPlaneBinaries.sourceRoot().resolve(ROLES).resolve(file);
        try (var role = Files.newInputStream(path)) {
            for (HasMetadata object : namespace.admin().load(role).items()) {
                if (object instanceof RoleBinding binding) {
                    binding.getSubjects()
                            .forEach(subject -> subject.setNamespace(namespace.name()));
                }
                namespace.admin().resource(object).inNamespace(namespace.name()).create();
            }
        }
    }

    private static Stream<String> each(String rule) {
        List<String> words = List.of(rule.split(" "));
        return words.stream().skip(1).map(verb -> verb + " " + words.getFirst());
    }

    private Set<String> rights(String name) {
        var question =
                Map.of(
                        "apiVersion", "authorization.k8s.io/v1",
                        "kind", "SelfSubjectRulesReview",
                        "spec", Map.of("namespace", namespace.name()));
        var rights = new TreeSet<String>();
        try (KubernetesClient account = controlPlane.clientFor(namespace.name(), name)) {
            String answer =
                    account.raw(
                            "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
                            "POST",
                            question);
            JsonNode review =
                    account.getKubernetesSerialization().unmarshal(answer, JsonNode.class);
            for (JsonNode rule : review.at("/status/resourceRules")) {
                // Every account may ask about itself.
                if (!rule.at("/apiGroups/0").asString("").startsWith("auth")) {
                    for (JsonNode verb : rule.path("verbs")) {
                        for (JsonNode resource : rule.path("resources")) {
                            rights.add(verb.asString() + " " + resource.asString());
                        }
                    }
                }
            }
        }
        return rights;
    }
}
