package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceBuilder;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@NeedsControlPlane
class ControlPlaneTest {

    private static final PatchContext MERGE = PatchContext.of(PatchType.JSON_MERGE);
    private static final Duration LIMIT = Duration.ofMinutes(3);

    private final KubernetesClient admin;
    private final String namespace;

    ControlPlaneTest(ControlPlane controlPlane) {
        admin = controlPlane.adminClient();
        namespace =
                admin.namespaces()
                        .resource(
                                new NamespaceBuilder()
                                        .withNewMetadata()
                                        .withGenerateName("control-plane-")
                                        .endMetadata()
                                        .build())
                        .create()
                        .getMetadata()
                        .getName();
    }

    @BeforeEach
    void waitForServiceAccount() {
        await().atMost(LIMIT)
                .until(() ->
                        admin.serviceAccounts().inNamespace(namespace).withName("default").get()
                                != null);
    }

    @AfterEach
    void close() {
        admin.namespaces().withName(namespace).delete();
        admin.close();
    }

    @Test
    void servesThePinnedVersion() {
        assertThat(admin.getKubernetesVersion().getGitVersion()).startsWith("v1.34.");
    }

    @Test
    void aJobGetsAPodThatWaitsForAKubelet() {
        create(job("lonely", null));

        Pod pod = podOf("lonely");

        assertThat(pod.getSpec().getNodeName()).isNull();
        assertThat(pod.getStatus().getPhase()).isEqualTo("Pending");
    }

    @Test
    void aJobIsCompleteOnceItsPodIsSaidToHaveSucceeded() {
        create(job("quick", null));

        admin.resource(podOf("quick"))
                .subresource("status")
                .patch(MERGE, "{\"status\":{\"phase\":\"Succeeded\"}}");

        await().atMost(LIMIT).until(() -> hasCondition("quick", "Complete"));
    }

    @Test
    void aJobGoesWithItsOwnerAndTakesItsPodAlong() {
        ConfigMap owner =
                admin.configMaps()
                        .inNamespace(namespace)
                        .resource(
                                new ConfigMapBuilder()
                                        .withNewMetadata()
                                        .withName("owner")
                                        .endMetadata()
                                        .build())
                        .create();
        create(
                job(
                        "owned",
                        new OwnerReferenceBuilder()
                                .withApiVersion("v1")
                                .withKind("ConfigMap")
                                .withName("owner")
                                .withUid(owner.getMetadata().getUid())
                                .build()));
        podOf("owned");

        admin.configMaps().inNamespace(namespace).withName("owner").delete();

        await().atMost(LIMIT).until(() -> jobResource("owned").get() == null);
        await().atMost(LIMIT).until(() -> pods("owned").isEmpty());
    }

    @Test
    void statusWithoutSubresourceIsMergedIntoTheObjectItself() {
        CustomResourceDefinition gadgets = gadgets();
        admin.resource(gadgets).create();
        try {
            await().atMost(LIMIT)
                    .ignoreExceptionsInstanceOf(KubernetesClientException.class)
                    .until(() -> gadget().create() != null);

            gadget().patch(MERGE, "{\"status\":{\"experiments\":[{\"verdict\":\"Awaited\"}]}}");
            gadget().patch(MERGE, "{\"status\":{\"experiments\":[{\"verdict\":\"Pass\"}]}}");

            GenericKubernetesResource now = gadget().get();
            assertThat(now.<Map<String, Object>>get("status"))
                    .isEqualTo(Map.of("experiments", List.of(Map.of("verdict", "Pass"))));
            assertThat(now.getMetadata().getGeneration()).isEqualTo(3);
        } finally {
            admin.resource(gadgets).delete();
        }
    }

    @Test
    void aServiceAccountMayDoOnlyWhatItWasGranted(ControlPlane controlPlane) {
        try (KubernetesClient account = controlPlane.clientFor(namespace, "default")) {
            assertThatExceptionOfType(KubernetesClientException.class)
                    .isThrownBy(() -> account.pods().inNamespace(namespace).list())
                    .matches(refusal -> refusal.getCode() == 403);
        }
    }

    @Test
    void nothingIsLeftBehindWhenTheJvmIsKilled() throws IOException {
        Process jvm =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-cp",
                                System.getProperty("java.class.path"),
                                StartsOneAndWaits.class.getName())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        Path home;
        var processes = new ArrayList<ProcessHandle>();
        try (BufferedReader output = jvm.inputReader(StandardCharsets.UTF_8)) {
            home = Path.of(String.valueOf(output.readLine()));
            try (Stream<ProcessHandle> descendants = jvm.descendants()) {
                descendants.forEach(processes::add);
            }
        } finally {
            jvm.destroyForcibly();
        }

        assertThat(processes).hasSizeGreaterThanOrEqualTo(3);
        await().atMost(LIMIT).until(() -> processes.stream().noneMatch(ProcessHandle::isAlive));
        await().atMost(LIMIT).until(() -> Files.notExists(home));
    }

    /** Start a control plane, say where its files are, and wait to be killed. */
    static final class StartsOneAndWaits {

        public static void main(String[] arguments) throws InterruptedException {
            System.out.println(ControlPlane.start().home());
            Thread.currentThread().join();
        }
    }

    private static Job job(String name, @Nullable OwnerReference owner) {
        return new JobBuilder()
                .withNewMetadata()
                .withName(name)
                .withOwnerReferences(owner == null ? List.of() : List.of(owner))
                .endMetadata()
                .withNewSpec()
                .withBackoffLimit(0)
                .withNewTemplate()
                .withNewSpec()
                .withRestartPolicy("Never")
                .addNewContainer()
                .withName("experiment")
                .withImage("experiment")
                .endContainer()
                .endSpec()
                .endTemplate()
                .endSpec()
                .build();
    }

    private void create(Job job) {
        admin.batch().v1().jobs().inNamespace(namespace).resource(job).create();
    }

    private Resource<Job> jobResource(String name) {
        return admin.batch().v1().jobs().inNamespace(namespace).withName(name);
    }

    private boolean hasCondition(String name, String type) {
        return jobResource(name).get().getStatus().getConditions().stream()
                .anyMatch(c -> c.getType().equals(type) && c.getStatus().equals("True"));
    }

    private List<Pod> pods(String job) {
        return admin.pods().inNamespace(namespace).withLabel("job-name", job).list().getItems();
    }

    private Pod podOf(String job) {
        return await().atMost(LIMIT).until(() -> pods(job), pods -> pods.size() == 1).getFirst();
    }

    private Resource<GenericKubernetesResource> gadget() {
        return admin.resource(
                new GenericKubernetesResourceBuilder()
                        .withApiVersion("tests.chaosrunner.io/v1")
                        .withKind("Gadget")
                        .withNewMetadata()
                        .withName("one")
                        .withNamespace(namespace)
                        .endMetadata()
                        .build());
    }

    private static CustomResourceDefinition gadgets() {
        return new CustomResourceDefinitionBuilder()
                .withNewMetadata()
                .withName("gadgets.tests.chaosrunner.io")
                .endMetadata()
                .withNewSpec()
                .withGroup("tests.chaosrunner.io")
                .withScope("Namespaced")
                .withNewNames()
                .withKind("Gadget")
                .withPlural("gadgets")
                .withSingular("gadget")
                .endNames()
                .addNewVersion()
                .withName("v1")
                .withServed(true)
                .withStorage(true)
                .withNewSchema()
                .withNewOpenAPIV3Schema()
                .withType("object")
                .withXKubernetesPreserveUnknownFields(true)
                .endOpenAPIV3Schema()
                .endSchema()
                .endVersion()
                .endSpec()
                .build();
    }
}
