package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Tests of {@code deploy/policies}: what the API server refuses because of them, and what not. */
@NeedsControlPlane
@Timeout(600)
class PoliciesTest {
    private static final String AUTHOR = "chaosrunner.io/author";
    private static final String CLAIM =
            "{\"metadata\":{\"annotations\":{\"chaosrunner.io/run\":\"x\"}}}";
    private static final String SOUND =
            """
            {"chaosServiceAccount":"chaos-sa","engineState":"stop","experiments":[{"name":"a",\
            "spec":{"components":{"experimentImage":"registry.example.com/go-runner:1",\
            "env":[{"name":"LIB_IMAGE","value":"registry.example.com/lib:1"}]}}}]}\
            """;

    private final TestNamespace namespace;
    private final KubernetesClient admin;
    private final Policies policies;

    PoliciesTest(ControlPlane controlPlane) {
        namespace = TestNamespace.create(controlPlane);
        admin = namespace.admin();
        policies = new Policies(namespace);
    }

    @BeforeEach
    void apply() {
        List.of("engines.yaml", "jobs.yaml").forEach(policies::apply);
        await().atMost(Duration.ofMinutes(2))
                .ignoreException(KubernetesClientException.class)
                .until(() -> refusal(job("default", "docker.io/x")).isPresent());
        await().atMost(Duration.ofMinutes(2))
                .until(() ->
                        refusal(engine("first", SOUND.replace("chaos-sa", "admin"))).isPresent());
    }

    @AfterEach
    void remove() {
        try (namespace) {
            policies.close();
        }
    }

    @Test
    void theApiServerFindsNothingWrongWithThem() {
        assertThat(policies.warnings()).isEmpty();
    }

    @Test
    void whatIsAllowedIsStored() {
        assertThat(refusal(engine("sound", SOUND))).isEmpty();
        assertThat(refusal(job("chaos-sa", "registry.example.com/x"))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "chaos-sa, admin, chaosServiceAccount 'admin' is not allowed here",
        "chaos-sa, chaos-sa:x, is not allowed here",
        "'\"chaosServiceAccount\":\"chaos-sa\",', '', chaosServiceAccount '' is not allowed here",
        "registry.example.com/go-runner:1, docker.io/evil, images docker.io/evil are not allowed",
        "registry.example.com/go-runner:1, registry-example.com/x, are not allowed here",
        "registry.example.com/lib:1, docker.io/lib, a LIB_IMAGE is not allowed here",
        "'\"engineState\"', '\"components\":{\"sidecar\":[{\"image\":\"docker.io/s\"}]},\"engineState\"', images docker.io/s are",
        "'\"engineState\"', '\"components\":{\"runner\":{\"image\":\"docker.io/r\"}},\"engineState\"', images docker.io/r are",
    })
    void anEngineThatNamesWhatIsNotAllowedIsRefused(String sound, String changed, String why) {
        assertThat(refusal(engine("e", SOUND.replace(sound, changed))))
                .hasValueSatisfying(said -> assertThat(said).contains(why));
    }

    @Test
    void aScheduleIsBoundedLikeTheEngineThatItMakes() {
        ObjectNode schedule = engine("s", "{}");
        schedule.put("kind", "ChaosSchedule");
        schedule.withObject("spec")
                .set(
                        "engineTemplateSpec",
                        JsonMapper.shared().readTree(SOUND.replace("chaos-sa", "admin")));
        schedule.withObject("spec").withObject("schedule").put("now", true);

        assertThat(refusal(schedule))
                .hasValueSatisfying(
                        said -> assertThat(said).contains("'admin' is not allowed here"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"image\":\"docker.io/x\"",
                "\"image\":\"registry.example.com/x\",\"env\":[{\"name\":\"LIB_IMAGE\",\"value\":\"docker.io/l\"}]",
            })
    void anExperimentsImageIsBounded(String definition) {
        ObjectNode experiment = engine("x", "{\"definition\":{%s}}".formatted(definition));
        experiment.put("kind", "ChaosExperiment");

        assertThat(refusal(experiment))
                .hasValueSatisfying(said ->
                        assertThat(said).contains("docker.io/").contains("are not allowed here"));
    }

    @ParameterizedTest
    @CsvSource({
        "admin, registry.example.com/x, service account 'admin' is not allowed here",
        "chaos-sa, docker.io/x, images docker.io/x are not allowed here",
    })
    void aJobOfAnExperimentIsBounded(String account, String image, String why) {
        assertThat(refusal(job(account, image)))
                .hasValueSatisfying(said -> assertThat(said).contains(why));
    }

    @ParameterizedTest
    @CsvSource({
        "admin, registry.example.com/x, service account 'admin' is not allowed here",
        "chaos-sa, docker.io/x, images docker.io/x are not allowed here",
        "'', registry.example.com/x, service account '' is not allowed here",
        "chaos-sa, registry.example.com/x, ",
    })
    void anExporterIsBoundLikeAnExperiment(String account, String image, @Nullable String why) {
        assertThat(refusal(exporter(account, image)).orElse(""))
                .contains(why == null ? "" : why)
                .matches(said -> said.isEmpty() == (why == null));
    }

    @Test
    void aJobOfNobodysChaosIsLeftAlone() {
        ObjectNode job = job("admin", "docker.io/x");
        job.withObject("metadata").remove("labels");

        assertThat(refusal(job)).isEmpty();
    }

    @Test
    void whoeverRecordsTheAuthorRecordsHimself() {
        ObjectNode forged = engine("forged", SOUND);
        forged.withObject("metadata")
                .withObject("annotations")
                .put("chaosrunner.io/author", "boss");
        assertThat(refusal(forged))
                .hasValueSatisfying(said ->
                        assertThat(said).contains("annotation chaosrunner.io/author must be"));

        assertThat(refusal(engine("later", SOUND))).isEmpty();
        assertThatThrownBy(() ->
                        edit(
                                "later",
                                "{\"metadata\":{\"annotations\":{\"chaosrunner.io/author\":\"boss\"}}}"))
                .hasMessageContaining("cannot be added later");
    }

    @Test
    void theServiceMakesAnEngineForItsAuthorAndDrivesThatOfAnother() {
        ObjectNode janes = engine("janes", SOUND);
        janes.withObject("metadata").withObject("annotations").put(AUTHOR, "jane");

        try (KubernetesClient service = as(account("chaos-runner-schedule"))) {
            assertThat(refusal(service, janes)).isEmpty();
            assertThat(edit(service, "janes", CLAIM).getMetadata().getAnnotations())
                    .containsEntry(AUTHOR, "jane")
                    .containsEntry("chaosrunner.io/run", "x");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"chaos-runner", "litmus"})
    void runnersAndTheOperatorDriveAnEngineOfAnyAuthorButChangeItNot(String account) {
        ObjectNode janes = engine("janes", SOUND);
        janes.withObject("metadata").withObject("annotations").put(AUTHOR, "jane");
        try (KubernetesClient jane = as("jane");
                KubernetesClient runner = as(account(account))) {
            assertThat(refusal(jane, janes)).isEmpty();

            assertThat(edit(runner, "janes", CLAIM).getMetadata().getAnnotations())
                    .containsEntry(AUTHOR, "jane")
                    .containsEntry("chaosrunner.io/run", "x");
            assertThat(
                            edit(runner, "janes", "{\"status\":{\"engineStatus\":\"initialized\"}}")
                                    .<String>get("status", "engineStatus"))
                    .isEqualTo("initialized");
            assertThatThrownBy(() ->
                            edit(
                                    runner,
                                    "janes",
                                    "{\"metadata\":{\"annotations\":{\"chaosrunner.io/author\":\"boss\"}}}"))
                    .hasMessageContaining("stays as it is");
        }
    }

    @Test
    void anEngineThatWasThereBeforeCanBeStoppedAndWrittenButNotMadeWorse() {
        policies.close();
        await().atMost(Duration.ofMinutes(2))
                .until(() -> refusal(engine("old", SOUND.replace("chaos-sa", "admin"))).isEmpty());
        apply();

        GenericKubernetesResource stopped =
                edit(
                        "old",
                        "{\"spec\":{\"engineState\":\"active\"},\"metadata\":{\"annotations\":{\"chaosrunner.io/run\":\"x\"}}}");
        assertThat(stopped.getMetadata().getAnnotations()).containsKey("chaosrunner.io/run");
        assertThatThrownBy(() -> edit("old", "{\"spec\":{\"chaosServiceAccount\":\"other\"}}"))
                .hasMessageContaining("'other' is not allowed here");
    }

    private GenericKubernetesResource edit(String name, String patch) {
        return edit(admin, name, patch);
    }

    private GenericKubernetesResource edit(KubernetesClient client, String name, String patch) {
        return Litmus.engines(client, namespace.name())
                .named(name)
                .patch(PatchContext.of(PatchType.JSON_MERGE), patch);
    }

    // ---- Props --------------------------------------------------------------------------------

    private String account(String name) {
        return "system:serviceaccount:%s:%s".formatted(namespace.name(), name);
    }

    /** Act as somebody whom RBAC forbids nothing. */
    private KubernetesClient as(String user) {
        return new KubernetesClientBuilder()
                .withConfig(
                        new ConfigBuilder(admin.getConfiguration())
                                .withImpersonateUsername(user)
                                .withImpersonateGroups("system:masters")
                                .build())
                .build();
    }

    private ObjectNode engine(String name, String spec) {
        ObjectNode engine = JsonMapper.shared().createObjectNode();
        engine.put("apiVersion", "litmuschaos.io/v1alpha1").put("kind", "ChaosEngine");
        engine.withObject("metadata").put("name", name);
        engine.set("spec", JsonMapper.shared().readTree(spec));
        return engine;
    }

    private ObjectNode job(String account, String image) {
        return (ObjectNode)
                JsonMapper.shared()
                        .readTree(
                                """
                                {"apiVersion":"batch/v1","kind":"Job","metadata":{"generateName":"j-",\
                                "labels":{"chaosUID":"u"}},"spec":{"suspend":true,"template":{"spec":{\
                                "restartPolicy":"Never","serviceAccountName":"%s","containers":[{\
                                "name":"c","image":"%s"}]}}}}\
                                """
                                        .formatted(account, image));
    }

    private ObjectNode exporter(String account, String image) {
        return (ObjectNode)
                JsonMapper.shared()
                        .readTree(
                                """
                                {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"generateName":"d-",\
                                "labels":{"monitorFor":"e"}},"spec":{"replicas":0,"selector":{"matchLabels":\
                                {"monitorFor":"e"}},"template":{"metadata":{"labels":{"monitorFor":"e"}},\
                                "spec":{"serviceAccountName":"%s","containers":[{"name":"c","image":"%s"}]}}}}\
                                """
                                        .formatted(account, image));
    }

    /** Store it; return why the API server does not. */
    private Optional<String> refusal(ObjectNode object) {
        return refusal(admin, object);
    }

    private Optional<String> refusal(KubernetesClient client, ObjectNode object) {
        String plural = object.path("kind").asString().toLowerCase(Locale.ROOT) + "s";
        String api = object.path("apiVersion").asString();
        String path =
                api.startsWith("litmus")
                        ? Litmus.path(namespace.name(), plural, "")
                        : "/apis/%s/namespaces/%s/%s".formatted(api, namespace.name(), plural);
        try {
            client.raw(path, "POST", object.toString());
            return Optional.empty();
        } catch (KubernetesClientException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }
}
