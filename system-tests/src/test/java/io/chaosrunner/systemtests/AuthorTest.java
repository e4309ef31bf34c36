package io.chaosrunner.systemtests;

import static io.chaosrunner.systemtests.TestNamespace.rule;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.run.RunResult;
import io.chaosrunner.sandbox.Scenario;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Engines that name their author, under {@code deploy/policies/author}, and the scheduling service
 * with {@code --require-author} under its own Role and {@code deploy/schedules/author.yaml}.
 *
 * <p>Everybody may write engines and schedules; jane and the group sre may create pods as well.
 */
@NeedsControlPlane
@Timeout(600)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AuthorTest {
    private static final String AUTHOR = "chaosrunner.io/author";
    private static final String GROUPS = "chaosrunner.io/author-groups";
    private static final String SERVICE = "chaos-runner-schedule";

    private final ServiceStage stage;
    private final TestNamespace namespace;
    private final KubernetesClient admin;
    private final Policies policies;
    private final Manifests manifests;
    private final List<KubernetesClient> clients = new ArrayList<>();

    AuthorTest(ControlPlane controlPlane) {
        stage = new ServiceStage(controlPlane);
        namespace = stage.namespace;
        admin = namespace.admin();
        policies = new Policies(namespace);
        manifests = new Manifests(namespace);
    }

    @BeforeAll
    void begin() {
        grant(
                "writers",
                "Group",
                "writers",
                rule("litmuschaos.io", "*", "create", "get", "list", "patch", "update", "delete"));
        grant("jane-pods", "User", "jane", rule("", "pods", "create"));
        grant("sre-pods", "Group", "sre", rule("", "pods", "create"));
        policies.apply("author/policy.yaml");
        manifests.apply("deploy/schedules/rbac.yaml");
        manifests.apply("deploy/schedules/author.yaml");
        KubernetesClient first = as("first");
        GenericKubernetesResource engine = object("ChaosEngine", "", Map.of());
        engine.getMetadata().setGenerateName("first-");
        await().atMost(Duration.ofMinutes(2))
                .until(
                        () -> refusal(() -> Litmus.engines(first, namespace.name()).create(engine)),
                        said -> said.contains(AUTHOR));
        stage.serviceOf(SERVICE, "--require-author");
    }

    @AfterAll
    void end() {
        clients.forEach(KubernetesClient::close);
        policies.close();
        manifests.close();
        stage.close();
    }

    // ---- What the API server lets in -----------------------------------------------------------

    @Test
    void theApiServerFindsNothingWrongWithThePolicy() {
        assertThat(policies.warnings()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "ChaosEngine, '', '', 'annotation chaosrunner.io/author must be there and be bob'",
        "ChaosEngine, jane, '', 'annotation chaosrunner.io/author must be there and be bob'",
        "ChaosEngine, 'bob ', '', 'annotation chaosrunner.io/author must be there and be bob'",
        "ChaosEngine, bob, sre, 'that bob is not in: sre'",
        "ChaosEngine, bob, 'writers,system:masters', 'that bob is not in: system:masters'",
        "ChaosSchedule, '', '', 'annotation chaosrunner.io/author must be there and be bob'",
        "ChaosSchedule, jane, '', 'annotation chaosrunner.io/author must be there and be bob'",
    })
    void whoeverWritesAnEngineNamesHimselfAndHisOwnGroups(
            String kind, String author, String groups, String why) {
        assertThatThrownBy(
                        () -> create(as("bob"), kind, "forged", "now: true", notes(author, groups)))
                .hasMessageContaining(why);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'metadata':{'annotations':{'chaosrunner.io/author':'bob'}}}",
                "{'metadata':{'annotations':{'chaosrunner.io/author':null}}}",
                "{'metadata':{'annotations':null}}",
                "{'metadata':{'annotations':{'chaosrunner.io/author-groups':'writers'}}}",
            })
    void theAuthorStaysAlsoForTheAuthor(String patch) {
        String name = once("authors");

        assertThatThrownBy(() -> edit(as("bob"), name, patch)).hasMessageContaining("stay as they");
        assertThatThrownBy(() -> edit(as("jane"), name, patch))
                .hasMessageContaining("stay as they are");
    }

    @Test
    void anAuthorCannotBeAddedLater() {
        // As one that was stored before the policy.
        create(as(service()), "older", "{every: 1h, suspend: true}", Map.of());

        assertThatThrownBy(() ->
                        edit(
                                as("jane"),
                                "older",
                                "{'metadata':{'annotations':{'chaosrunner.io/author':'jane'}}}"))
                .hasMessageContaining("cannot be added later");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'spec':{'chaosServiceAccount':'admin'}}",
                "{'spec':{'chaosServiceAccount':null}}",
                "{'spec':{'components':{'runner':{'image':'evil'}}}}",
                "{'spec':{'engineState':'stop','experiments':[]}}",
                "{'metadata':{'labels':{'kueue.x-k8s.io/queue-name':'theirs'}}}",
                "{'metadata':{'labels':{'made-by':null}}}",
                "{'metadata':{'labels':null},'spec':{'engineState':'stop'}}",
                "{'metadata':{'annotations':{'chaosrunner.io/schedule':'every: 1s'}}}",
                "{'metadata':{'annotations':{'chaosrunner.io/schedule':null}}}",
                "{'metadata':{'annotations':{'chaosrunner.io/execution':'strategy: parallel'}}}",
                "{'metadata':{'annotations':{'chaosrunner.io/monitoring':'serviceAccount: admin'}}}",
                "{'metadata':{'annotations':{'chaosrunner.io/schedule-anchor':'2020-01-01T00:00:00Z'}}}",
            })
    void nobodyButTheAuthorChangesWhatRuns(String patch) {
        String name = once("kept");

        assertThatThrownBy(() -> edit(as("bob"), name, patch))
                .hasMessageContaining("only its author jane changes what it runs");
    }

    @Test
    void theAuthorChangesWhatRuns() {
        String name = once("edited");

        GenericKubernetesResource edited =
                edit(
                        as("jane"),
                        name,
                        "{'metadata':{'annotations':{'chaosrunner.io/schedule':'every: 2h'},'labels':{'made-by':'jane'}},'spec':{'chaosServiceAccount':'other'}}");

        assertThat(edited.<String>get("spec", "chaosServiceAccount")).isEqualTo("other");
        assertThat(edited.getMetadata().getAnnotations())
                .containsEntry("chaosrunner.io/schedule", "every: 2h");
        assertThat(edited.getMetadata().getLabels()).containsEntry("made-by", "jane");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'spec':{'engineState':'stop'}}",
                "{'spec':{'engineState':'active'}}",
                "{'metadata':{'annotations':{'chaosrunner.io/stop':'x','chaosrunner.io/trigger':'x'}}}",
                "{'metadata':{'annotations':{'chaosrunner.io/suspended':'2026-01-01T00:00:00Z'},'labels':{'made-by':'test'}}}",
            })
    void othersStopItAndHaveItRunAndSuspendIt(String patch) {
        String name = once("others");

        assertThat(edit(as("bob"), name, patch)).isNotNull();
    }

    @Test
    void aScheduleIsStoppedByOthersAndChangedByItsAuthorOnly() {
        create(as("jane"), "ChaosSchedule", "plan", "", notes("jane", ""));
        var schedules = Litmus.schedules(as("bob"), namespace.name());

        assertThatThrownBy(() ->
                        schedules
                                .named("plan")
                                .patch(
                                        merge(),
                                        "{\"spec\":{\"engineTemplateSpec\":{\"chaosServiceAccount\":\"admin\"}}}"))
                .hasMessageContaining("only its author jane changes what it runs");
        assertThat(
                        schedules
                                .named("plan")
                                .patch(merge(), "{\"spec\":{\"scheduleState\":\"halt\"}}")
                                .<String>get("spec", "scheduleState"))
                .isEqualTo("halt");
    }

    @Test
    void whoMayLaunchNothingWritesNoClaim() {
        create(as("bob"), "claimed", "every: 1h", notes("bob", ""));
        String claim = "{'metadata':{'annotations':{'chaosrunner.io/run':'{}'}}}";

        assertThatThrownBy(() -> edit(as("bob"), "claimed", claim))
                .hasMessageContaining("annotation chaosrunner.io/run is written by runs");
        assertThatThrownBy(
                        () -> {
                            Map<String, String> notes = new HashMap<>(notes("bob", ""));
                            notes.put("chaosrunner.io/run", "{}");
                            create(as("bob"), "born-claimed", "every: 1h", notes);
                        })
                .hasMessageContaining("annotation chaosrunner.io/run is written by runs");
    }

    @Test
    void whoMayLaunchNothingWritesNoExperiment() {
        GenericKubernetesResource experiment = Litmus.object("ChaosExperiment", "of-bob");
        experiment.setAdditionalProperty("spec", Map.of("definition", Map.of("image", "evil")));

        assertThatThrownBy(() -> Litmus.experiments(as("bob"), namespace.name()).create(experiment))
                .hasMessageContaining("a ChaosExperiment has pods made");
        assertThatThrownBy(() ->
                        Litmus.experiments(as("bob"), namespace.name())
                                .named("pod-delete")
                                .patch(merge(), "{\"spec\":{\"definition\":{\"image\":\"evil\"}}}"))
                .hasMessageContaining("a ChaosExperiment has pods made");
        assertThat(Litmus.experiments(as("jane"), namespace.name()).create(experiment)).isNotNull();
    }

    // ---- What the service starts ---------------------------------------------------------------

    @Test
    void anEngineRunsWhoseAuthorMayCreatePods() {
        create(as("jane"), "allowed", "now: true", notes("jane", ""));

        stage.eventually(() -> verdicts("allowed").equals(List.of("Pass")));
    }

    @Test
    void anEngineDoesNotRunWhoseAuthorMayNotUntilTheyMay() {
        create(as("carl"), "refused", "every: 2s", notes("carl", ""));

        stage.eventually(() -> skipped("refused").contains("its author 'carl' may not create"));
        assertThat(stage.number("refused")).isZero();
        stage.eventually(() ->
                namespace.events("refused-runner").stream()
                        .filter(event -> event.getReason().equals("ChaosScheduleRefused"))
                        .anyMatch(event -> event.getMessage().contains("'carl' may not create")));

        grant("carl-pods", "User", "carl", rule("", "pods", "create"));
        stage.eventually(() -> stage.number("refused") > 0);
    }

    @Test
    void anEngineRunsNoMoreWhoseAuthorHasLostTheRight() {
        grant("dora-pods", "User", "dora", rule("", "pods", "create"));
        create(as("dora"), "lost", "every: 2s", notes("dora", ""));
        stage.eventually(() -> stage.number("lost") > 0);

        admin.rbac().roleBindings().inNamespace(namespace.name()).withName("dora-pods").delete();

        stage.eventually(() -> skipped("lost").contains("its author 'dora' may not create pods"));
    }

    @Test
    void aRightOfAGroupCountsIfTheGroupIsRecorded() {
        create(as("ann", "sre"), "by-group", "now: true", notes("ann", "sre"));
        create(as("ann", "sre"), "unsaid", "every: 2s", notes("ann", ""));

        stage.eventually(() -> verdicts("by-group").equals(List.of("Pass")));
        stage.eventually(() -> skipped("unsaid").contains("its author 'ann' may not create pods"));
    }

    @Test
    void anEngineWithoutAnAuthorDoesNotRun() {
        // As one that was stored before the policy.
        create(as(service()), "nobodys", "every: 2s", Map.of());

        stage.eventually(() -> skipped("nobodys").contains("names no author"));
        assertThat(stage.number("nobodys")).isZero();
    }

    @Test
    void theEngineOfAScheduleIsThatOfItsAuthor() {
        create(as("jane"), "ChaosSchedule", "janes", "", notes("jane", ""));
        create(as("bob"), "ChaosSchedule", "bobs", "", notes("bob", ""));

        stage.eventually(() -> stage.engine("janes").isObject());
        assertThat(stage.engine("janes").at("/metadata/annotations").path(AUTHOR).asString(""))
                .isEqualTo("jane");
        stage.eventually(() -> verdicts("janes").equals(List.of("Pass")));
        stage.eventually(() -> skipped("bobs").contains("its author 'bob' may not create pods"));
        assertThat(stage.number("bobs")).isZero();
    }

    @Test
    void anEngineThatSomebodyPutsInThePlaceOfASchedulesIsNotItsAuthors() {
        GenericKubernetesResource plan = object("ChaosSchedule", "", notes("jane", ""));
        plan.getMetadata().setName("taken");
        Map<String, Object> spec = new HashMap<>(plan.<Map<String, Object>>get("spec"));
        spec.put("scheduleState", "stop");
        plan.setAdditionalProperty("spec", spec);
        GenericKubernetesResource schedule =
                Litmus.schedules(as("jane"), namespace.name()).create(plan);
        GenericKubernetesResource engine = object("ChaosEngine", "", notes("bob", ""));
        engine.getMetadata().setName("taken");
        engine.getMetadata()
                .setOwnerReferences(
                        List.of(
                                new OwnerReferenceBuilder()
                                        .withApiVersion(schedule.getApiVersion())
                                        .withKind("ChaosSchedule")
                                        .withName("taken")
                                        .withUid(schedule.getMetadata().getUid())
                                        .build()));
        Litmus.engines(as("bob"), namespace.name()).create(engine);

        Litmus.schedules(as("jane"), namespace.name())
                .named("taken")
                .patch(merge(), "{\"spec\":{\"scheduleState\":\"active\"}}");

        stage.eventually(() ->
                stage.story()
                        .contains(
                                "ChaosEngine %s/taken has another author than this ChaosSchedule"
                                        .formatted(namespace.name())));
        assertThat(stage.engine("taken").at("/metadata/annotations").path(AUTHOR).asString(""))
                .isEqualTo("bob");
        assertThat(stage.number("taken")).isZero();
    }

    // ---- What runs itself ----------------------------------------------------------------------

    @Test
    void aRunUnderTheRunnersOwnAccountWritesAllThatItMust() throws IOException {
        manifests.apply("deploy/rbac/runner.yaml");
        create(as("jane"), Stage.ENGINE, "", notes("jane", ""));
        Path kubeconfig =
                Files.writeString(
                        namespace.folder("runner").resolve("kubeconfig"),
                        namespace.controlPlane().kubeconfigFor(namespace.name(), "chaos-runner"));

        try (Fabric8Cluster cluster = Fabric8Cluster.connect(kubeconfig)) {
            assertThat(RunHere.begin(cluster, namespace).result().join())
                    .isInstanceOf(RunResult.Completed.class);
        }

        assertThat(verdicts(Stage.ENGINE)).containsExactly("Pass");
        assertThat(stage.engine(Stage.ENGINE).at("/metadata/annotations").propertyNames())
                .contains("chaosrunner.io/run");
    }

    // ---- Props --------------------------------------------------------------------------------

    private String service() {
        return "system:serviceaccount:%s:%s".formatted(namespace.name(), SERVICE);
    }

    /** Grant rights in the namespace, and wait for nothing. */
    private void grant(String name, String kind, String subject, PolicyRule rule) {
        admin.rbac()
                .roles()
                .inNamespace(namespace.name())
                .resource(
                        new RoleBuilder()
                                .withNewMetadata()
                                .withName(name)
                                .endMetadata()
                                .withRules(rule)
                                .build())
                .create();
        admin.rbac()
                .roleBindings()
                .inNamespace(namespace.name())
                .resource(
                        new RoleBindingBuilder()
                                .withNewMetadata()
                                .withName(name)
                                .endMetadata()
                                .addNewSubject()
                                .withApiGroup("rbac.authorization.k8s.io")
                                .withKind(kind)
                                .withName(subject)
                                .endSubject()
                                .withNewRoleRef()
                                .withApiGroup("rbac.authorization.k8s.io")
                                .withKind("Role")
                                .withName(name)
                                .endRoleRef()
                                .build())
                .create();
    }

    /** Act as a person who may write engines, and is in these groups as well. */
    private KubernetesClient as(String user, String... groups) {
        var all = new ArrayList<>(List.of(groups));
        all.add("writers");
        KubernetesClient client =
                new KubernetesClientBuilder()
                        .withConfig(
                                new ConfigBuilder(admin.getConfiguration())
                                        .withImpersonateUsername(user)
                                        .withImpersonateGroups(all.toArray(String[]::new))
                                        .build())
                        .build();
        clients.add(client);
        return client;
    }

    private static Map<String, String> notes(String author, String groups) {
        var notes = new HashMap<String, String>();
        if (!author.isEmpty()) {
            notes.put(AUTHOR, author);
        }
        if (!groups.isEmpty()) {
            notes.put(GROUPS, groups);
        }
        return notes;
    }

    /** Store an engine of jane's that does nothing by itself. */
    private String once(String prefix) {
        GenericKubernetesResource engine =
                object("ChaosEngine", "{every: 1h, suspend: true}", notes("jane", ""));
        engine.getMetadata().setGenerateName(prefix + "-");
        engine.getMetadata().setLabels(Map.of("made-by", "test"));
        return Litmus.engines(as("jane"), namespace.name()).create(engine).getMetadata().getName();
    }

    private GenericKubernetesResource create(
            KubernetesClient client, String name, String schedule, Map<String, String> notes) {
        return create(client, "ChaosEngine", name, schedule, notes);
    }

    private GenericKubernetesResource create(
            KubernetesClient client,
            String kind,
            String name,
            String schedule,
            Map<String, String> notes) {
        GenericKubernetesResource object = object(kind, schedule, notes);
        object.getMetadata().setName(name);
        return kind.equals("ChaosEngine")
                ? Litmus.engines(client, namespace.name()).create(object)
                : Litmus.schedules(client, namespace.name()).create(object);
    }

    private static GenericKubernetesResource object(
            String kind, String schedule, Map<String, String> notes) {
        var annotations = new HashMap<>(notes);
        if (!schedule.isEmpty()) {
            annotations.put(ServiceStage.SCHEDULE, schedule);
        }
        Map<String, Object> spec =
                Map.of(
                        "chaosServiceAccount",
                        "powerful",
                        "engineState",
                        "stop",
                        "experiments",
                        List.of(
                                Map.of(
                                        "name",
                                        "pod-delete",
                                        "spec",
                                        Map.of(
                                                "components",
                                                Map.of(
                                                        "experimentAnnotations",
                                                        Map.of(
                                                                Scenario.ANNOTATION,
                                                                "after=100ms"))))));
        GenericKubernetesResource object = Litmus.object(kind, "");
        object.getMetadata().setName(null);
        object.getMetadata().setAnnotations(annotations);
        object.setAdditionalProperty(
                "spec",
                kind.equals("ChaosEngine")
                        ? spec
                        : Map.of("schedule", Map.of("now", true), "engineTemplateSpec", spec));
        return object;
    }

    private GenericKubernetesResource edit(KubernetesClient client, String name, String patch) {
        return Litmus.engines(client, namespace.name())
                .named(name)
                .patch(merge(), patch.replace('\'', '"'));
    }

    private static PatchContext merge() {
        return PatchContext.of(PatchType.JSON_MERGE);
    }

    /** Do it; return why the API server does not, or nothing. */
    private static String refusal(Runnable act) {
        try {
            act.run();
            return "";
        } catch (KubernetesClientException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private List<String> verdicts(String engine) {
        return namespace.entries(engine).stream().map(entry -> entry.get("verdict")).toList();
    }

    /** Return why fires of an engine started no run. */
    private String skipped(String engine) {
        return stage.claim(engine).map(claim -> claim.fires().skipped().toString()).orElse("");
    }
}
