package io.chaosrunner.systemtests;

import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.PolicyRuleBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/** Hold a namespace of its own for one test: its accounts, manifests and what is in it now. */
final class TestNamespace implements AutoCloseable {

    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final String CORE = "";
    private static final String BATCH = "batch";
    private static final String LITMUS = "litmuschaos.io";

    private final ControlPlane controlPlane;
    private final KubernetesClient admin;
    private final String name;

    private TestNamespace(ControlPlane controlPlane) {
        this.controlPlane = controlPlane;
        this.admin = controlPlane.adminClient();
        this.name =
                admin.namespaces()
                        .resource(
                                new NamespaceBuilder()
                                        .withNewMetadata()
                                        .withGenerateName("test-")
                                        .endMetadata()
                                        .build())
                        .create()
                        .getMetadata()
                        .getName();
    }

    /** Create a namespace with a name of its own. */
    static TestNamespace create(ControlPlane controlPlane) {
        return new TestNamespace(controlPlane);
    }

    String name() {
        return name;
    }

    ControlPlane controlPlane() {
        return controlPlane;
    }

    KubernetesClient admin() {
        return admin;
    }

    /** Make a folder for files of this test; they are kept with the control plane's. */
    Path folder(String purpose) {
        try {
            return Files.createDirectories(controlPlane.home().resolve(name).resolve(purpose));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Delete the namespace with all that is in it, without waiting. */
    @Override
    public void close() {
        admin.namespaces().withName(name).delete();
        admin.close();
    }

    // ---- Service accounts

    /** Grant what the chart of pod-delete grants its account. */
    String podDeleteSa() {
        return account(
                "pod-delete-sa",
                rule(
                        CORE,
                        "pods",
                        "create",
                        "delete",
                        "get",
                        "list",
                        "patch",
                        "update",
                        "deletecollection"),
                rule(CORE, "events", "create", "get", "list", "patch", "update"),
                rule(CORE, "configmaps", "get", "list"),
                rule(CORE, "pods/log", "get", "list", "watch"),
                rule(CORE, "pods/exec", "get", "list", "create"),
                rule(BATCH, "jobs", "create", "list", "get", "delete", "deletecollection"),
                rule(LITMUS, "chaosengines", "create", "list", "get", "patch", "update", "delete"),
                rule(
                        LITMUS,
                        "chaosexperiments",
                        "create",
                        "list",
                        "get",
                        "patch",
                        "update",
                        "delete"),
                rule(LITMUS, "chaosresults", "create", "list", "get", "patch", "update", "delete"));
    }

    /** Grant all that the runner has a use for, but no watch. */
    String getListOnly() {
        return account(
                "get-list-only",
                rule(CORE, "pods", "get", "list", "delete"),
                rule(CORE, "events", "create", "get", "list", "update"),
                rule(CORE, "configmaps", "get", "list"),
                rule(BATCH, "jobs", "create", "get", "list", "delete"),
                rule(LITMUS, "chaosengines", "get", "list", "patch", "update"),
                rule(LITMUS, "chaosexperiments", "get", "list"),
                rule(LITMUS, "chaosresults", "get", "list"));
    }

    /** Grant what the Go runner needs and not one verb more: no watch, no patch, no get of Jobs. */
    String leastPrivileged() {
        return account(
                "least-privileged",
                rule(CORE, "pods", "list"),
                rule(CORE, "events", "create", "get", "update"),
                rule(CORE, "configmaps", "get"),
                rule(BATCH, "jobs", "create", "delete"),
                rule(LITMUS, "chaosengines", "get", "update"),
                rule(LITMUS, "chaosexperiments", "get"),
                rule(LITMUS, "chaosresults", "get"));
    }

    /** Grant everything in the namespace, watch included. */
    String powerful() {
        return account("powerful", rule("*", "*", "*"));
    }

    static PolicyRule rule(String group, String resource, String... verbs) {
        return new PolicyRuleBuilder()
                .withApiGroups(group)
                .withResources(resource)
                .withVerbs(verbs)
                .build();
    }

    /** Create a service account with these rights, and wait until they hold. */
    String account(String account, PolicyRule... rules) {
        admin.serviceAccounts()
                .inNamespace(name)
                .resource(
                        new ServiceAccountBuilder()
                                .withNewMetadata()
                                .withName(account)
                                .endMetadata()
                                .build())
                .create();
        admin.rbac()
                .roles()
                .inNamespace(name)
                .resource(
                        new RoleBuilder()
                                .withNewMetadata()
                                .withName(account)
                                .endMetadata()
                                .withRules(rules)
                                .build())
                .create();
        admin.rbac()
                .roleBindings()
                .inNamespace(name)
                .resource(
                        new RoleBindingBuilder()
                                .withNewMetadata()
                                .withName(account)
                                .endMetadata()
                                .addNewSubject()
                                .withKind("ServiceAccount")
                                .withName(account)
                                .withNamespace(name)
                                .endSubject()
                                .withNewRoleRef()
                                .withApiGroup("rbac.authorization.k8s.io")
                                .withKind("Role")
                                .withName(account)
                                .endRoleRef()
                                .build())
                .create();
        eventually(() -> may(account, rules[rules.length - 1]));
        return account;
    }

    private boolean may(String account, PolicyRule rule) {
        return admin.authorization()
                .v1()
                .subjectAccessReview()
                .create(
                        new SubjectAccessReviewBuilder()
                                .withNewSpec()
                                .withUser("system:serviceaccount:" + name + ":" + account)
                                .withNewResourceAttributes()
                                .withNamespace(name)
                                .withGroup(rule.getApiGroups().getFirst())
                                .withResource(rule.getResources().getFirst())
                                .withVerb(rule.getVerbs().getFirst())
                                .endResourceAttributes()
                                .endSpec()
                                .build())
                .getStatus()
                .getAllowed();
    }

    // ---- Manifests

    /** Create a ChaosExperiment as a chart would. */
    void experiment(String experiment) {
        experiment(experiment, Map.of());
    }

    /** Create a ChaosExperiment with more in its definition, or something else. */
    void experiment(String experiment, Map<String, Object> definition) {
        var all = new java.util.HashMap<String, Object>();
        all.put("image", "litmuschaos/go-runner:latest");
        all.put("imagePullPolicy", "Always");
        all.put("scope", "Namespaced");
        all.put("command", List.of("/bin/bash"));
        all.put("args", List.of("-c", "./experiments -name " + experiment));
        all.put("labels", Map.of("name", experiment, "app.kubernetes.io/part-of", "litmus"));
        all.put("env", List.of(Map.of("name", "TOTAL_CHAOS_DURATION", "value", "15")));
        all.putAll(definition);
        GenericKubernetesResource object = Litmus.object("ChaosExperiment", experiment);
        object.setAdditionalProperty("spec", Map.of("definition", all));
        Litmus.experiments(admin, name).create(object);
    }

    /** Begin a ChaosEngine. */
    EngineManifest newEngine(String engine) {
        return new EngineManifest(this, engine);
    }

    // ---- What is there now

    /** Return what the API server answers to a GET; a missing node if it finds nothing. */
    JsonNode read(String path) {
        String answer = admin.raw(path);
        return answer == null
                ? JsonNodeFactory.instance.missingNode()
                : admin.getKubernetesSerialization().unmarshal(answer, JsonNode.class);
    }

    GenericKubernetesResource engine(String engine) {
        return Litmus.engines(admin, name).named(engine).require();
    }

    /** Return the status entries of an engine; none if nothing wrote any. */
    List<Map<String, String>> entries(String engine) {
        List<Map<String, String>> entries = engine(engine).get("status", "experiments");
        return entries == null ? List.of() : entries;
    }

    List<Job> jobs() {
        return admin.batch().v1().jobs().inNamespace(name).list().getItems();
    }

    List<Pod> pods() {
        return admin.pods().inNamespace(name).list().getItems();
    }

    /** Return the pods with a label. */
    List<Pod> pods(String label, String value) {
        return admin.pods().inNamespace(name).withLabel(label, value).list().getItems();
    }

    /** Return the events that something reported, oldest first. */
    List<Event> events(String component) {
        return admin.v1().events().inNamespace(name).list().getItems().stream()
                .filter(event -> event.getSource() != null)
                .filter(event -> component.equals(event.getSource().getComponent()))
                .sorted(
                        Comparator.comparing(event ->
                                new java.math.BigInteger(event.getMetadata().getResourceVersion())))
                .toList();
    }

    /** Wait until something holds. */
    static void eventually(BooleanSupplier holds) {
        await().atMost(LIMIT).pollInterval(Duration.ofMillis(20)).until(holds::getAsBoolean);
    }
}
