package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Tests of {@code deploy/rbac/runner.yaml}: it grants what a run asks for, and no more. */
@NeedsControlPlane
class RunnerRoleTest {

    private static final Path ROLE = Path.of("deploy", "rbac", "runner.yaml");
    private static final String ACCOUNT = "chaos-runner";

    private final ControlPlane controlPlane;
    private final TestNamespace namespace;

    RunnerRoleTest(ControlPlane controlPlane) {
        this.controlPlane = controlPlane;
        namespace = TestNamespace.create(controlPlane);
    }

    @BeforeEach
    void apply() throws IOException {
        try (var role = Files.newInputStream(ControlPlaneBinaries.sourceRoot().resolve(ROLE))) {
            for (HasMetadata object : namespace.admin().load(role).items()) {
                if (object instanceof RoleBinding binding) {
                    binding.getSubjects().getFirst().setNamespace(namespace.name());
                }
                namespace.admin().resource(object).inNamespace(namespace.name()).create();
            }
        }
        TestNamespace.eventually(() -> !rights().isEmpty());
    }

    @AfterEach
    void close() {
        namespace.close();
    }

    @Test
    void theAccountMayDoWhatARunNeedsAndNoMore() {
        assertThat(rights())
                .containsExactlyInAnyOrder(
                        "get chaosengines",
                        "patch chaosengines",
                        "watch chaosengines",
                        "get chaosexperiments",
                        "get chaosresults",
                        "create jobs",
                        "get jobs",
                        "list jobs",
                        "watch jobs",
                        "delete jobs",
                        "list pods",
                        "watch pods",
                        "delete pods",
                        "create events",
                        "get events",
                        "update events",
                        "get configmaps",
                        "create configmaps",
                        "update configmaps");
    }

    @Test
    void aRunUnderThatAccountMissesNoRight() {
        namespace.experiment("pod-delete");
        namespace.experiment("pod-cpu-hog");
        namespace
                .newEngine("modest")
                .account(ACCOUNT)
                .cleanUp("delete")
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
                .containsExactly("Pass", "Pass");
        assertThat(namespace.jobs()).isEmpty();
        assertThat(namespace.events("modest-runner")).hasSize(6);
        assertThat(story).contains("event=run-finished").doesNotContain("forbidden");
    }

    private Set<String> rights() {
        var question =
                Map.of(
                        "apiVersion", "authorization.k8s.io/v1",
                        "kind", "SelfSubjectRulesReview",
                        "spec", Map.of("namespace", namespace.name()));
        var rights = new TreeSet<String>();
        try (KubernetesClient account = controlPlane.clientFor(namespace.name(), ACCOUNT)) {
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
