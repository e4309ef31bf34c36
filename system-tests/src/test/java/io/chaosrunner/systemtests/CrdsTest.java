package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.systemtests.SchemaSamples.Sample;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.JsonPointer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Tests of {@code deploy/crds} on a real API server, alone and beside Litmus' own definitions. */
@NeedsControlPlane
class CrdsTest {

    private static final String METADATA = "metadata";
    private static final String API = "/apis/litmuschaos.io/v1alpha1/namespaces/default/";

    private static final Map<String, String> KINDS =
            Map.of(
                    "ChaosEngine", "chaosengines",
                    "ChaosExperiment", "chaosexperiments",
                    "ChaosResult", "chaosresults",
                    "ChaosSchedule", "chaosschedules");

    private final KubernetesClient admin;

    CrdsTest(ControlPlane controlPlane) {
        admin = controlPlane.adminClient();
    }

    @AfterEach
    void close() {
        admin.close();
    }

    /** Each value tells what must become of its field. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                """
                kind: ChaosEngine
                unknown: dropped
                spec:
                  strategy: {any: [{depth: kept}]}
                  monitoring: true
                  appinfo: {appns: default, applabel: app=a, appkind: '', unknown: dropped}
                  selectors:
                    unknown: dropped
                    workloads: [{kind: deployment, namespace: a, names: b, unknown: dropped}]
                  components:
                    monitor: dropped
                    runner:
                      unknown: {any: {depth: kept}}
                      args: [-kubeconfig, kept]
                      command: [kept]
                      imagePullPolicy: kept
                      imagePullSecrets: [{name: kept}]
                      nodeSelector: {a: kept}
                      configMaps: [{name: a, mountPath: /a, unknown: kept}]
                      secrets: [{name: a, mountPath: /a, unknown: kept}]
                      resources: {limits: {memory: 128Mi}}
                      type: go
                      runnerAnnotations: {a: kept}
                      runnerLabels: {a: kept}
                      tolerations: [{key: a, operator: Exists, unknown: dropped}]
                    sidecar:
                      - image: a
                        unknown: dropped
                        env: [{name: A, value: b, unknown: dropped}]
                        envFrom: [{configMapRef: {name: a, unknown: dropped}, unknown: dropped}]
                        secrets: [{name: a, mountPath: /a, unknown: dropped}]
                  experiments:
                    - name: pod-delete
                      unknown: dropped
                      spec:
                        rank: dropped
                        unknown: dropped
                        components:
                          unknown: {any: {depth: kept}}
                          resources: {requests: {cpu: 100m}}
                          experimentImagePullSecrets: [{name: kept}]
                          experimentAnnotations: {a: kept}
                          experimentImage: kept
                          nodeSelector: {a: kept}
                          configMaps: [{name: a, mountPath: /a, data: dropped}]
                          secrets: [{name: a, mountPath: /a, data: dropped}]
                          tolerations: [{key: a, unknown: dropped}]
                          statusCheckTimeouts: {delay: 1, timeout: 2, unknown: dropped}
                          env:
                            - name: A
                              unknown: dropped
                              valueFrom: {fieldRef: {fieldPath: metadata.name, unknown: dropped}}
                        probe:
                          - name: a
                            type: cmdProbe
                            mode: Edge
                            unknown: dropped
                            runProperties: {probeTimeout: 1s, interval: 1s, unknown: dropped}
                            cmdProbe/inputs:
                              command: a
                              unknown: dropped
                              comparator: {type: int, criteria: a, value: b, unknown: dropped}
                              source: {image: a, volumes: [{name: a, ephemeral: kept}]}
                status:
                  unknown: {any: {depth: kept}}
                  experiments: [{name: pod-delete, unknown: kept}]
                """,
                """
                kind: ChaosExperiment
                unknown: dropped
                description: {any: kept}
                spec:
                  unknown: dropped
                  definition:
                    unknown: {any: {depth: kept}}
                    experimentAnnotations: {a: kept}
                    labels: {any: kept}
                    env: [{name: A, value: b, unknown: dropped}]
                    permissions: [{apiGroups: [], resources: [], verbs: [], unknown: dropped}]
                    configMaps: [{name: a, mountPath: /a, unknown: dropped}]
                    secrets: [{name: a, mountPath: /a, unknown: dropped}]
                    hostFileVolumes:
                      - {name: a, mountPath: /a, nodePath: /b, type: kept, unknown: dropped}
                    securityContext: {podSecurityContext: {runAsUser: 1000}, unknown: kept}
                status: {unknown: kept}
                """,
                """
                kind: ChaosResult
                unknown: dropped
                spec: {engine: a, unknown: {any: {depth: kept}}}
                status: {experimentStatus: {verdict: Pass, unknown: kept}, unknown: kept}
                """,
                """
                kind: ChaosSchedule
                unknown: dropped
                spec:
                  unknown: {any: {depth: kept}}
                  schedule:
                    unknown: dropped
                    repeat:
                      unknown: dropped
                      timeRange: {startTime: '2030-01-01T00:00:00Z', unknown: dropped}
                      properties: {minChaosInterval: {hour: {everyNthHour: 2}}, unknown: dropped}
                      workDays: {includedDays: Mon-Wed, unknown: dropped}
                  engineTemplateSpec:
                    unknown: dropped
                    monitoring: dropped
                    components: {unknown: dropped, runner: {args: [kept]}}
                    experiments: [{name: a, spec: {rank: dropped, components: {unknown: kept}}}]
                status: {unknown: {any: {depth: kept}}}
                """
            })
    void unknownFieldsAreKeptOrDroppedFieldByField(String yaml) {
        ObjectNode object = read(yaml);

        ObjectNode stored = store(object, "fields");

        removeDropped(object);
        for (String part : List.of("description", "spec", "status", "unknown")) {
            assertThat(stored.path(part)).isEqualTo(object.path(part));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{engineState: bogus}",
                "{engineState: ''}",
                "{engineState: 1}",
                "{jobCleanUpPolicy: bogus}",
                "{jobCleanUpPolicy: ''}",
                "{appinfo: {appkind: pod}}",
                "{appinfo: app=a}",
                "{selectors: {}}",
                "{selectors: {pods: [], workloads: []}}",
                "{selectors: {workloads: [{kind: deployment, namespace: a, names: b, labels: c}]}}",
                "{components: {runner: {type: java}}}",
                "{components: {sidecar: [{secrets: [{name: a}]}]}}",
                "{experiments: [{spec: {components: {env: [{value: a}]}}}]}",
                "{experiments: [{spec: {components: {statusCheckTimeouts: {delay: '1'}}}}]}",
                "{experiments: [{spec: {probe: [{name: a, type: httpProbe, mode: SOT}]}}]}",
                "{experiments: [{spec: {probe: [{name: a, type: httpProbe, mode: Once, runProperties: {probeTimeout: 1s, interval: 1s}}]}}]}",
                "{experiments: [{spec: {probe: [{name: a, type: httpProbe, mode: SOT, runProperties: {probeTimeout: 1s}}]}}]}",
            })
    void anEngineThatCannotBeMeantIsRefused(String spec) {
        assertThat(tryOut(admin, engine(spec)).code()).isEqualTo(422);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{engineState: stop, jobCleanUpPolicy: retain}",
                "{appinfo: {appkind: ''}}",
                "{appinfo: {appkind: rollout}}",
                "{selectors: {pods: [{names: a, namespace: b}]}}",
                "{components: {runner: {type: go}}}",
                "{experiments: []}",
            })
    void anEngineIsAcceptedAsLitmusDoes(String spec) {
        ObjectNode engine = engine(spec);

        assertThat(tryOut(admin, engine).object().path("spec")).isEqualTo(engine.path("spec"));
    }

    @Test
    void statusIsPartOfTheObjectAndNoSubresource() {
        for (String kind : KINDS.keySet()) {
            ObjectNode object = read("kind: " + kind + "\nspec: {}\nstatus: {a: b}");

            ObjectNode stored = store(object, "with-status");

            assertThat(stored.path("status")).isEqualTo(object.path("status"));
            String path = path(object) + "/with-status/status";
            assertThat(call(admin, "GET", path, null).code()).isEqualTo(404);
        }
    }

    @Test
    void aSchedulesTemplateIsAnEnginesSpec() {
        JsonNode engine = schema(admin, "chaosengines").at("/properties/spec");
        JsonNode template =
                schema(admin, "chaosschedules")
                        .at("/properties/spec/properties/engineTemplateSpec");

        assertThat(template.path("properties")).isEqualTo(engine.path("properties"));
    }

    /** Strictly, so that a misspelt field is told and not dropped. */
    @TestFactory
    Stream<DynamicTest> everyExampleIsAccepted() throws IOException {
        Path examples = ControlPlaneBinaries.sourceRoot().resolve("examples");
        var tests = new ArrayList<DynamicTest>();
        if (Files.isDirectory(examples)) {
            try (Stream<Path> files = Files.walk(examples)) {
                for (Path file : files.filter(f -> f.toString().endsWith(".yaml")).toList()) {
                    for (ObjectNode object : litmusObjects(file)) {
                        String name = examples.relativize(file) + ": " + title(object);
                        tests.add(DynamicTest.dynamicTest(name, () -> accept(object)));
                    }
                }
            }
        }
        return tests.stream();
    }

    /** Field by field, whole and broken, everything that either side's schema knows. */
    @Test
    @EnabledIf(
            value = "io.chaosrunner.systemtests.LitmusCrdsTest#areHere",
            disabledReason = "no Litmus CRDs in ../shared/crds: there is nothing to compare with")
    void whatLitmusAcceptsIsAcceptedAndStoredTheSame() {
        var keptHere = new TreeSet<String>();
        var acceptedHere = new TreeSet<String>();
        var different = new ArrayList<String>();
        try (KubernetesClient theirs = ControlPlane.sharedWithLitmusCrds().adminClient()) {
            Set<Sample> samples = samples(theirs);
            assertThat(samples).hasSizeGreaterThan(1000);
            List<Comparison> comparisons =
                    samples.parallelStream()
                            .map(sample ->
                                    new Comparison(
                                            sample.object().path("kind").asString(),
                                            sample.what(),
                                            tryOut(theirs, sample.object()),
                                            tryOut(admin, sample.object())))
                            .toList();
            for (Comparison each : comparisons) {
                int their = each.theirs().code();
                int our = each.ours().code();
                if (their == 201 && our == 201) {
                    SchemaSamples.differences(each.theirs().object(), each.ours().object())
                            .forEach(place -> keptHere.add(each.kind() + " " + inSchema(place)));
                } else if (their == 422 && our == 201) {
                    acceptedHere.add(each.kind() + " " + each.what());
                } else if (their != 422 || our != 422) {
                    different.add(each.toString());
                }
            }
        }

        assertThat(different).isEmpty();
        assertThat(keptHere)
                .containsExactly(
                        "ChaosEngine /spec/components/runner/runnerAnnotations/unknown",
                        "ChaosEngine /spec/experiments[]/spec/probe[]/cmdProbe~1inputs/source/volumes[]/",
                        "ChaosExperiment /spec/definition/hostFileVolumes[]/type",
                        "ChaosSchedule /spec/engineTemplateSpec/components/runner/runnerAnnotations/unknown",
                        "ChaosSchedule /spec/engineTemplateSpec/experiments[]/spec/probe[]/cmdProbe~1inputs/source/volumes[]/");
        assertThat(acceptedHere)
                .isNotEmpty()
                .allMatch(what -> what.contains("/resourceFieldRef/divisor: "));
    }

    /** What both sides said to one object. */
    private record Comparison(String kind, String what, Answer theirs, Answer ours) {}

    /** Name a field by its place in the schema; all kinds of volumes are one. */
    private static String inSchema(JsonPointer place) {
        return place.toString().replace("/0", "[]").replaceFirst("/volumes\\[].*", "/volumes[]/");
    }

    /** Objects by both sides' schemas: neither may know a field that the other does not. */
    private Set<Sample> samples(KubernetesClient theirs) {
        // The template is an engine's spec, compared there; volumes are any that Kubernetes knows.
        Set<String> untouched = Set.of("engineTemplateSpec", "volumes");
        var result = new LinkedHashSet<Sample>();
        KINDS.forEach((kind, plural) -> {
            var samples = new ArrayList<Sample>();
            for (KubernetesClient side : List.of(theirs, admin)) {
                JsonNode schema = schema(side, plural);
                samples.addAll(SchemaSamples.complete(schema));
                samples.addAll(SchemaSamples.broken(schema, untouched));
            }
            samples.forEach(sample -> sample.object().put("kind", kind));
            result.addAll(samples);
        });
        return result;
    }

    private JsonNode schema(KubernetesClient client, String plural) {
        String path =
                "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/"
                        + plural
                        + ".litmuschaos.io";
        JsonNode schema =
                call(client, "GET", path, null)
                        .object()
                        .at("/spec/versions/0/schema/openAPIV3Schema");
        ((ObjectNode) schema.path("properties")).remove(List.of("apiVersion", "kind", METADATA));
        return schema;
    }

    private List<ObjectNode> litmusObjects(Path file) throws IOException {
        return Stream.of(Files.readString(file).split("(?m)^---\\s*$"))
                .filter(document -> document.contains("apiVersion: litmuschaos.io/"))
                .map(this::read)
                .toList();
    }

    private static String title(ObjectNode object) {
        return object.path("kind").asString() + " " + object.at("/metadata/name").asString();
    }

    private void accept(ObjectNode object) {
        ((ObjectNode) object.path(METADATA)).put("namespace", "default");
        String path = path(object) + "?dryRun=All&fieldValidation=Strict";
        assertThat(call(admin, "POST", path, object)).matches(answer -> answer.code() == 201);
    }

    /** Create an object and read it again. */
    private ObjectNode store(ObjectNode object, String name) {
        String path = path(object);
        call(admin, "DELETE", path + "/" + name, null);
        Answer created = call(admin, "POST", path, named(object, name));
        assertThat(created).matches(answer -> answer.code() == 201);
        return call(admin, "GET", path + "/" + name, null).object();
    }

    /** Create an object without storing it; the answer is what would be stored. */
    private Answer tryOut(KubernetesClient client, ObjectNode object) {
        Answer answer = call(client, "POST", path(object) + "?dryRun=All", named(object, "tried"));
        answer.object().remove(METADATA);
        return answer;
    }

    /** What the server said: the object, or why not. */
    private record Answer(int code, ObjectNode object) {}

    private Answer call(
            KubernetesClient client, String method, String path, @Nullable ObjectNode payload) {
        try {
            ObjectNode object = read(client.raw(path, method, payload));
            return new Answer(method.equals("POST") ? 201 : 200, object);
        } catch (KubernetesClientException e) {
            ObjectNode why = JsonNodeFactory.instance.objectNode();
            return new Answer(e.getCode(), why.put("message", e.getMessage()));
        }
    }

    private static void removeDropped(JsonNode tree) {
        if (tree instanceof ObjectNode object) {
            object.removeIf(value -> value.asString("").equals("dropped"));
        }
        tree.forEach(CrdsTest::removeDropped);
    }

    private static String path(ObjectNode object) {
        return API + KINDS.get(object.path("kind").asString());
    }

    private ObjectNode engine(String spec) {
        return read("kind: ChaosEngine\nspec: " + spec);
    }

    private ObjectNode read(String yaml) {
        return admin.getKubernetesSerialization().unmarshal(yaml, ObjectNode.class);
    }

    private static ObjectNode named(ObjectNode object, String name) {
        ObjectNode named = object.deepCopy();
        named.put("apiVersion", "litmuschaos.io/v1alpha1").putObject(METADATA).put("name", name);
        return named;
    }
}
