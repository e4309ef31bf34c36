package io.chaosrunner.systemtests;

import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Tests of {@code deploy/helm/chaos-runner} as Helm renders it: it says what kustomize says. */
@NeedsTools
@Timeout(600)
class HelmChartTest {

    private static final Path CHART = Path.of("deploy", "helm", "chaos-runner");
    private static final String SERVICE = "chaos-runner-schedule";

    private static final JsonNode ITS_PODS =
            JsonMapper.shared()
                    .valueToTree(
                            Map.of(
                                    "app.kubernetes.io/name", "chaos-runner",
                                    "app.kubernetes.io/instance", "chaos-runner",
                                    "app.kubernetes.io/component", "schedule"));
    private static final JsonNode DEPLOYS_PODS =
            JsonMapper.shared().valueToTree(Map.of("app.kubernetes.io/name", SERVICE));

    /** As deploy/schedules has it. */
    private static final String IMAGE = "registry.example.com/chaos-runner";

    /** Everything that can be set, set. */
    private static final String ALL =
            """
            image: {repository: "registry.test:5000/chaos/runner", tag: "1.0", digest: "sha256:%s", pullPolicy: Always}
            imagePullSecrets: [{name: pull}]
            extraLabels: {team: "on", app.kubernetes.io/name: theirs, "1": "2"}
            fullnameOverride: drills
            schedule:
              replicas: 3
              namespaces: [shop, "123"]
              launch: operator
              mostRuns: 1000000
              runDeadline: 1h30m
              allowedServiceAccounts: [chaos-*, litmus]
              allowedImages: ["registry.test:5000/*"]
              requireAuthor: true
              heap: 512m
              env: [{name: OTEL_EXPORTER_OTLP_ENDPOINT, value: "https://otel:4317"}]
              serviceAccount: {name: "0", annotations: {iam: "true"}}
              plugins: {configMap: "7"}
              podAnnotations: {n: "1"}
              nodeSelector: {kubernetes.io/os: linux}
              tolerations: [{operator: Exists}]
              priorityClassName: high
              affinity: {nodeAffinity: {}}
              startupProbe: {periodSeconds: 1, failureThreshold: 99}
              podDisruptionBudget: {minAvailable: 2}
              networkPolicy: {ingress: [{from: [{podSelector: {}}]}]}
            accounts:
              runner: {namespaces: [shop]}
              least: {create: true, namespaces: [shop, "123"]}
              terminal: {create: true}
              exporter: {create: true}
            """
                    .formatted("0123456789abcdef".repeat(4));

    @TempDir private Path home;

    // ---- One truth

    @Test
    void itsDefaultsAreWhatKustomizeGives() {
        Map<String, JsonNode> kustomized = kustomized(Path.of("deploy", "schedules"));
        kustomized.putAll(kustomized(Path.of("deploy", "rbac")));

        same(rendered("default"), kustomized);
    }

    @Test
    void allNamespacesIsWhatSchedulesEverywhereGives() {
        Map<String, JsonNode> kustomized = kustomized(Path.of("deploy", "schedules-everywhere"));

        same(
                rendered(
                        "default",
                        "schedule.allNamespaces=true",
                        "schedule.launch=pod",
                        "accounts.runner.create=false"),
                kustomized);
    }

    @Test
    void launchByPodsIsWhatSchedulesPodsGives() {
        Map<String, JsonNode> kustomized = kustomized(Path.of("deploy", "schedules-pods"));
        kustomized.putAll(kustomized(Path.of("deploy", "rbac")));

        same(rendered("default", "schedule.launch=pod"), kustomized);
    }

    @Test
    void podsOfRunsHaveTheServicesImageAndTheAccountThatTheChartMakes() {
        JsonNode container =
                object(
                                rendered(
                                        "default",
                                        "schedule.launch=pod",
                                        "accounts.runner.name=drills",
                                        "image.tag=v7"),
                                "Deployment default/" + SERVICE)
                        .at("/spec/template/spec/containers/0");

        assertThat(texts(container.get("args"))).contains("--runner-account=drills");
        assertThat(container.at("/env/1/value")).isEqualTo(container.get("image"));
    }

    @ParameterizedTest
    @CsvSource({
        "runner, runner.yaml",
        "least, least.yaml",
        "terminal, terminal.yaml",
        "exporter, monitoring.yaml"
    })
    void eachUseIsGrantedWhatTheFileOfThatUseGrants(String use, String file) throws IOException {
        Path folder = Files.createDirectory(home.resolve("use"));
        Files.copy(
                ControlPlaneBinaries.sourceRoot().resolve("deploy/rbac").resolve(file),
                folder.resolve(file));
        Files.writeString(
                folder.resolve("kustomization.yaml"),
                "{namespace: default, resources: [%s]}".formatted(file));
        Map<String, JsonNode> granted = kustomized(folder);

        same(
                rendered(
                        "default",
                        "schedule.enabled=false",
                        "accounts.runner.create=false",
                        "accounts.%s.create=true".formatted(use)),
                granted);
    }

    private static void same(Map<String, JsonNode> chart, Map<String, JsonNode> kustomized) {
        assertThat(chart.keySet()).isEqualTo(kustomized.keySet());
        chart.forEach((name, object) ->
                assertThat(object)
                        .as(name + ", made from " + CHART.resolve("templates"))
                        .isEqualTo(kustomized.get(name)));
    }

    @Test
    void noUseOfTheFolderIsForgotten() throws IOException {
        try (Stream<Path> files =
                Files.list(ControlPlaneBinaries.sourceRoot().resolve("deploy/rbac"))) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder(
                            "kustomization.yaml",
                            "runner.yaml",
                            "least.yaml",
                            "terminal.yaml",
                            "monitoring.yaml");
        }
    }

    @Test
    void itsKindsAreThoseOfTheFolder() throws IOException {
        Path crds = ControlPlaneBinaries.sourceRoot().resolve("deploy/crds");
        assertThat(contents(ControlPlaneBinaries.sourceRoot().resolve(CHART).resolve("crds")))
                .as("cp deploy/crds/chaos*.yaml deploy/helm/chaos-runner/crds/")
                .isEqualTo(contents(crds));
    }

    // ---- What is set

    @Test
    void everythingThatCanBeSetIsWhereItBelongs() throws IOException {
        Path values = Files.writeString(home.resolve("all.yaml"), ALL);
        Map<String, JsonNode> objects =
                objects(
                        helm(
                                        "template",
                                        "r",
                                        CHART.toString(),
                                        "-n",
                                        "ops",
                                        "-f",
                                        values.toString())
                                .good());

        JsonNode deployment = object(objects, "Deployment ops/drills-schedule");
        JsonNode pod = deployment.at("/spec/template");
        JsonNode container = pod.at("/spec/containers/0");
        assertThat(container.get("image").asString())
                .isEqualTo(
                        "registry.test:5000/chaos/runner@sha256:" + "0123456789abcdef".repeat(4));
        assertThat(texts(container.get("args")))
                .containsExactly(
                        "schedule",
                        "--launch=operator",
                        "--namespace=shop",
                        "--namespace=123",
                        "--lease=drills-schedule",
                        "--most-runs=1000000",
                        "--run-deadline=1h30m",
                        "--allowed-service-accounts=chaos-*,litmus",
                        "--allowed-images=registry.test:5000/*",
                        "--require-author");
        assertThat(container.at("/env/0/value").asString()).isEqualTo("512m");
        assertThat(container.at("/env/1/value").asString()).isEqualTo("https://otel:4317");
        assertThat(container.at("/startupProbe/failureThreshold").asInt()).isEqualTo(99);
        assertThat(container.at("/volumeMounts/0/mountPath").asString())
                .isEqualTo("/opt/chaos-runner/plugins");
        assertThat(pod.at("/spec/volumes/0/configMap/name")).isEqualTo(text("7"));
        assertThat(pod.at("/spec/serviceAccountName")).isEqualTo(text("0"));
        assertThat(pod.at("/spec/affinity").propertyNames()).containsExactly("nodeAffinity");
        // What tells the pods apart is ours, whatever the labels say.
        JsonNode labels = pod.at("/metadata/labels");
        assertThat(labels.get("app.kubernetes.io/name")).isEqualTo(text("chaos-runner"));
        assertThat(labels.get("team")).isEqualTo(text("on"));
        deployment
                .at("/spec/selector/matchLabels")
                .properties()
                .forEach(label ->
                        assertThat(labels.get(label.getKey())).isEqualTo(label.getValue()));
        assertThat(objects.values())
                .allSatisfy(object ->
                        assertThat(object.at("/metadata/labels/team")).isEqualTo(text("on")));
        assertThat(objects)
                .containsKeys(
                        "RoleBinding shop/drills-schedule",
                        "RoleBinding 123/drills-schedule",
                        "ServiceAccount ops/0",
                        "Role 123/chaos-runner-least",
                        "Role ops/chaos-runner-terminal",
                        "Role ops/chaos-exporter",
                        "Role ops/chaos-runner-monitoring",
                        "Role shop/chaos-runner");
        // The release's own namespace has no engines to drive then.
        assertThat(objects).doesNotContainKey("RoleBinding ops/drills-schedule");
        assertThat(
                        texts(
                                object(objects, "Role ops/drills-schedule-lease")
                                        .at("/rules/1/resourceNames")))
                .containsExactly("drills-schedule");
        helm("lint", "--strict", CHART.toString(), "-f", values.toString()).good();
    }

    @Test
    void whoRequiresAuthorsMayAskAboutThem() throws IOException {
        String role = "ClusterRole /" + SERVICE;
        JsonNode granted =
                object(rendered("default", "schedule.requireAuthor=true"), role).get("rules");
        JsonNode before = object(rendered("default"), role).get("rules");
        JsonNode author =
                object(
                                objects(
                                        Files.readString(
                                                ControlPlaneBinaries.sourceRoot()
                                                        .resolve("deploy/schedules/author.yaml"))),
                                "ClusterRole /chaos-runner-schedule-author")
                        .at("/rules/0");

        assertThat(granted.get(granted.size() - 1)).isEqualTo(author);
        assertThat(granted).hasSize(before.size() + 1);
    }

    @Test
    void strategiesComeFromAnImageToo() {
        JsonNode pod =
                object(
                                rendered(
                                        "default",
                                        "schedule.plugins.image.reference=registry.test/strategies:1"),
                                "Deployment default/" + SERVICE)
                        .at("/spec/template/spec");

        assertThat(pod.at("/volumes/0/image/reference"))
                .isEqualTo(text("registry.test/strategies:1"));
        assertThat(pod.at("/containers/0/volumeMounts/0/name"))
                .isEqualTo(pod.at("/volumes/0/name"));
    }

    @Test
    void aServiceMonitorFindsWhatTheReplicasCount() {
        Map<String, JsonNode> all =
                objects(
                        template(
                                        "default",
                                        "schedule.serviceMonitor.enabled=true",
                                        "schedule.serviceMonitor.interval=15s",
                                        "schedule.serviceMonitor.labels.release=stack")
                                .good()
                                .replace(SERVICE + "-default", SERVICE));
        JsonNode monitor = object(all, "ServiceMonitor default/" + SERVICE);
        JsonNode service = object(all, "Service default/" + SERVICE);
        JsonNode container =
                object(all, "Deployment default/" + SERVICE).at("/spec/template/spec/containers/0");

        assertThat(monitor.at("/metadata/labels/release").asString()).isEqualTo("stack");
        assertThat(monitor.at("/spec/endpoints/0/path").asString()).isEqualTo("/metrics");
        assertThat(monitor.at("/spec/endpoints/0/interval").asString()).isEqualTo("15s");
        assertThat(monitor.at("/spec/endpoints/0/port"))
                .isEqualTo(service.at("/spec/ports/0/name"));
        monitor.at("/spec/selector/matchLabels")
                .properties()
                .forEach(label ->
                        assertThat(service.at("/metadata/labels").get(label.getKey()))
                                .as(label.getKey())
                                .isEqualTo(label.getValue()));
        assertThat(service.at("/spec/selector")).isEqualTo(ITS_PODS);
        assertThat(service.at("/spec/ports/0/targetPort")).isEqualTo(container.at("/ports/0/name"));
    }

    @Test
    void oneReplicaIsNotKeptFromADrain() {
        assertThat(rendered("default", "schedule.replicas=1"))
                .doesNotContainKey("PodDisruptionBudget default/" + SERVICE);
    }

    @Test
    void twoReleasesOfOneNameDoNotMeet() {
        Predicate<JsonNode> ofTheCluster = object -> !metadata(object).has("namespace");
        Set<String> one = names("one", ofTheCluster);
        Set<String> other = names("other", ofTheCluster);

        assertThat(one).isNotEmpty().doesNotContainAnyElementsOf(other);
    }

    // ---- What is refused

    @ParameterizedTest
    @ValueSource(
            strings = {
                "schedule.replica=3",
                "schedules.replicas=3",
                "image.repo=x",
                "accounts.admin.create=true",
                "accounts.runner.namespace=shop",
                "schedule.launch=both",
                "schedule.mostRuns=0",
                "schedule.heap=lots",
                "schedule.startupProbe.period=3",
                "schedule.runDeadline=soon",
                "schedule.namespaces={Shop}",
                "schedule.allowedImages={a\\,b}",
                "image.digest=sha256:12",
                "image.repository=registry.test/runner:1.0"
            })
    void aValueThatThereIsNotIsRefusedByName(String setting) {
        ToolProgram.Said said = template("default", setting);

        assertThat(said.exitCode()).isNotZero();
        assertThat(Stream.of(setting.replaceFirst("=.*", "").split("\\.")))
                .anyMatch(said.err()::contains);
    }

    @Test
    void withoutAnImageItSaysWhichValueNamesOne() {
        ToolProgram.Said said = helm("template", "r", CHART.toString());

        assertThat(said.exitCode()).isNotZero();
        assertThat(said.err()).contains("set image.repository to the image that you built");
        helm("template", "r", CHART.toString(), "--set", "schedule.enabled=false").good();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "schedule.plugins.configMap=a,schedule.plugins.image.reference=b",
                "schedule.allNamespaces=true,schedule.namespaces={a}",
                "schedule.podDisruptionBudget.minAvailable=2"
            })
    void valuesThatDoNotGoTogetherAreRefused(String settings) {
        ToolProgram.Said said = template("default", settings);

        assertThat(said.exitCode()).isNotZero();
        assertThat(said.err()).contains("schedule.");
    }

    @Test
    void whatMayBeSetIsToldInTheValues() throws IOException {
        Path chart = ControlPlaneBinaries.sourceRoot().resolve(CHART);
        String values = Files.readString(chart.resolve("values.yaml"));
        var untold = new TreeSet<String>();
        properties(
                JsonMapper.shared().readTree(chart.resolve("values.schema.json")),
                untold,
                name -> !values.contains(name + ":"));
        // Of Kubernetes, and Helm's own.
        untold.removeAll(
                Set.of(
                        "global",
                        "initialDelaySeconds",
                        "successThreshold",
                        "terminationGracePeriodSeconds"));

        assertThat(untold).isEmpty();
    }

    private static void properties(JsonNode schema, Set<String> found, Predicate<String> wanted) {
        schema.path("properties")
                .properties()
                .forEach(property -> {
                    if (wanted.test(property.getKey())) {
                        found.add(property.getKey());
                    }
                    properties(property.getValue(), found, wanted);
                });
    }

    // ---- Rendering

    private ToolProgram.Said helm(String... arguments) {
        return ToolProgram.HELM.run(home, List.of(arguments));
    }

    private ToolProgram.Said template(String namespace, String... settings) {
        var arguments =
                new ArrayList<>(
                        List.of("template", "chaos-runner", CHART.toString(), "-n", namespace));
        arguments.addAll(List.of("--set", "image.repository=" + IMAGE));
        for (String setting : settings) {
            arguments.addAll(List.of("--set", setting));
        }
        return ToolProgram.HELM.run(home, arguments);
    }

    /**
     * What the chart gives, spelled as deploy has it: Helm tells objects apart by more labels, and
     * by the namespace in names of the cluster.
     */
    private static JsonNode object(Map<String, JsonNode> objects, String name) {
        return requireNonNull(objects.get(name), () -> name + " is not among " + objects.keySet());
    }

    private Map<String, JsonNode> rendered(String namespace, String... settings) {
        Map<String, JsonNode> objects =
                objects(
                        template(namespace, settings)
                                .good()
                                .replace(SERVICE + "-" + namespace, SERVICE));
        objects.values()
                .forEach(object -> {
                    metadata(object).remove("labels");
                    respell(object);
                });
        return objects;
    }

    /** Name the service's pods by the one label of deploy; leave out what is the default anyway. */
    private static void respell(JsonNode tree) {
        if (tree.path("imagePullPolicy").asString("").equals("IfNotPresent")) {
            ((ObjectNode) tree).remove("imagePullPolicy");
        }
        for (String labels : List.of("matchLabels", "labels")) {
            if (tree.path(labels).equals(ITS_PODS)) {
                ((ObjectNode) tree).set(labels, DEPLOYS_PODS);
            }
        }
        tree.forEach(HelmChartTest::respell);
    }

    private Map<String, JsonNode> kustomized(Path folder) {
        Map<String, JsonNode> objects =
                objects(
                        ToolProgram.KUBECTL
                                .run(home, List.of("kustomize", folder.toString()))
                                .good());
        objects.values().forEach(object -> metadata(object).remove("labels"));
        return objects;
    }

    private Set<String> names(String namespace, Predicate<JsonNode> wanted) {
        return objects(template(namespace).good()).values().stream()
                .filter(wanted)
                .map(object -> metadata(object).get("name").asString())
                .collect(toCollection(TreeSet::new));
    }

    /**
     * The objects of some YAML by kind, namespace and name; labels and selectors are compared
     * apart.
     */
    private static Map<String, JsonNode> objects(String yaml) {
        var objects = new TreeMap<String, JsonNode>();
        var serialization = new KubernetesSerialization();
        for (String document : yaml.split("(?m)^---$")) {
            Object tree = serialization.unmarshal(document, Object.class);
            if (tree != null) {
                JsonNode object = JsonMapper.shared().valueToTree(tree);
                objects.put(
                        "%s %s/%s"
                                .formatted(
                                        object.get("kind").asString(),
                                        metadata(object).path("namespace").asString(""),
                                        metadata(object).get("name").asString()),
                        object);
            }
        }
        return objects;
    }

    private static ObjectNode metadata(JsonNode object) {
        return (ObjectNode) object.get("metadata");
    }

    private static Map<String, String> contents(Path folder) throws IOException {
        var contents = new TreeMap<String, String>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(path -> !path.endsWith("kustomization.yaml")).toList()) {
                contents.put(file.getFileName().toString(), Files.readString(file));
            }
        }
        return contents;
    }

    private static JsonNode text(String text) {
        return JsonMapper.shared().valueToTree(text);
    }

    private static List<String> texts(JsonNode array) {
        return array.valueStream().map(JsonNode::asString).toList();
    }
}
