package io.chaosrunner.job;

import static io.chaosrunner.resolve.Manifests.UID;
import static io.chaosrunner.resolve.Manifests.each;
import static io.chaosrunner.resolve.Manifests.engine;
import static io.chaosrunner.resolve.Manifests.engineWithComponents;
import static io.chaosrunner.resolve.Manifests.experiment;
import static io.chaosrunner.resolve.Manifests.yaml;
import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.crd.Engine;
import io.chaosrunner.crd.Experiment;
import io.chaosrunner.model.ExecutionId;
import io.chaosrunner.model.ExperimentSpec;
import io.chaosrunner.model.RunId;
import io.chaosrunner.resolve.ExperimentResolver;
import io.chaosrunner.resolve.FieldProblem;
import io.chaosrunner.resolve.Resolution;
import io.chaosrunner.resolve.RunnerEnvironment;
import io.chaosrunner.resolve.RunnerEnvironment.Tracing;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/**
 * From engine and ChaosExperiment to Job, against the compatibility list. The number in front of a
 * sentence is the case's; "differs" marks where Litmus does something else on purpose.
 */
class LaunchCompatibilityTest {
    private static final RunId RUN = new RunId(1, "k3f9a2");
    private static final ExecutionId EXECUTION = new ExecutionId(UID, RUN.id(), 0, 1, 1);
    private static final Launch LAUNCH =
            new Launch(Instant.parse("2026-03-01T12:00:00.250Z"), 1, "first in list", "");

    @Nested
    class TheJob {
        @Test
        @DisplayName("3: Job, template and first container share the name pod-delete-xxxxxx in n")
        void name() {
            JsonNode job = job(engine(), experiment());

            String name = job.at("/metadata/name").asString();
            assertThat(name).matches("^pod-delete-[a-z0-9]{6}$");
            assertThat(job.at("/metadata/namespace").asString()).isEqualTo("n");
            assertThat(job.at("/spec/template/metadata/name").asString()).isEqualTo(name);
            assertThat(job.at("/spec/template/metadata/namespace").asString()).isEqualTo("n");
            assertThat(container(job).path("name").asString()).isEqualTo(name);
        }

        @Test
        @DisplayName("4: labels of the ChaosExperiment stand on Job and pod, with chaosUID")
        void labelsOfTheExperiment() {
            JsonNode job = job(engine(), experiment());

            for (JsonNode labels : labels(job)) {
                assertThat(labels.path("name").asString()).isEqualTo("pod-delete");
                assertThat(labels.path("chaosUID").asString()).isEqualTo(UID);
            }
        }

        @Test
        @DisplayName("5: labels of the engine stand on Job and pod")
        void labelsOfTheEngine() {
            JsonNode job = job(engine("metadata: {labels: {team: x, name: mine}}"), experiment());

            for (JsonNode labels : labels(job)) {
                assertThat(labels.path("team").asString()).isEqualTo("x");
                assertThat(labels.path("name").asString()).isEqualTo("mine");
            }
        }

        @Test
        @DisplayName("5, differs: the engine's label chaosUID does not win, or abort would miss it")
        void chaosUidOfAScheduledEngine() {
            JsonNode job =
                    job(engine("metadata: {labels: {chaosUID: uid-of-schedule}}"), experiment());

            for (JsonNode labels : labels(job)) {
                assertThat(labels.path("chaosUID").asString()).isEqualTo(UID);
            }
        }

        @Test
        @DisplayName("4, differs: a ChaosExperiment without labels is launched, not a crash")
        void noLabels() {
            JsonNode job = job(engine(), experiment("labels: null"));

            assertThat(job.at("/metadata/labels/chaosUID").asString()).isEqualTo(UID);
        }

        @Test
        @DisplayName("8: experimentAnnotations stand on Job and pod, the ChaosExperiment's nowhere")
        void annotations() {
            JsonNode job =
                    job(
                            engineWithComponents("experimentAnnotations: {k: v}"),
                            experiment("experimentAnnotations: {from: experiment}"));

            assertThat(job.at("/metadata/annotations/k").asString()).isEqualTo("v");
            assertThat(job.at("/metadata/annotations").has("from")).isFalse();
            assertThat(job.at("/spec/template/metadata/annotations/k").asString()).isEqualTo("v");
            assertThat(job.at("/spec/template/metadata/annotations").has("from")).isFalse();
        }

        @Test
        @DisplayName("8, differs: Job and pod tell how the launch was decided")
        void ownAnnotations() {
            JsonNode job = job(engine(), experiment());

            assertThat(job.at("/metadata/annotations").propertyNames())
                    .containsExactlyInAnyOrder(
                            "chaosrunner.io/start",
                            "chaosrunner.io/ordinal",
                            "chaosrunner.io/why",
                            "chaosrunner.io/result-before");
            assertThat(job.at("/spec/template/metadata/annotations"))
                    .isEqualTo(job.at("/metadata/annotations"));
        }

        @Test
        @DisplayName("15: the pod is never restarted and uses the service account sa")
        void neverRestarted() {
            JsonNode pod = pod(job(engine(), experiment()));

            assertThat(pod.path("restartPolicy").asString()).isEqualTo("Never");
            assertThat(pod.path("serviceAccountName").asString()).isEqualTo("sa");
        }

        @Test
        @DisplayName("15, differs: the engine owns the Job without blocking its own deletion")
        void owner() {
            JsonNode owners = job(engine(), experiment()).at("/metadata/ownerReferences");

            assertThat(owners).hasSize(1);
            assertThat(owners.path(0))
                    .isEqualTo(
                            yaml(
                                    """
                                    apiVersion: litmuschaos.io/v1alpha1
                                    kind: ChaosEngine
                                    name: e
                                    uid: %s
                                    blockOwnerDeletion: false
                                    """
                                            .formatted(UID)));
        }
    }

    @Nested
    class TheContainer {
        @Test
        @DisplayName("6: the pull policy is Always by default, for the experiment's helpers too")
        void pullPolicyByDefault() {
            JsonNode job = job(engine(), experiment());

            assertThat(container(job).path("imagePullPolicy").asString()).isEqualTo("Always");
            assertThat(env(job)).containsEntry("LIB_IMAGE_PULL_POLICY", "Always");
        }

        @Test
        @DisplayName("6: the ChaosExperiment's pull policy is used for both")
        void pullPolicy() {
            JsonNode job = job(engine(), experiment("imagePullPolicy: IfNotPresent"));

            assertThat(container(job).path("imagePullPolicy").asString()).isEqualTo("IfNotPresent");
            assertThat(env(job)).containsEntry("LIB_IMAGE_PULL_POLICY", "IfNotPresent");
        }

        @Test
        @DisplayName("7: the engine's experimentImage wins over the ChaosExperiment's image")
        void image() {
            assertThat(container(job(engine(), experiment())).path("image").asString())
                    .isEqualTo("chaos/go-runner:3.18.0");
            Engine engine = engineWithComponents("experimentImage: mirror/go-runner:dev");
            assertThat(container(job(engine, experiment())).path("image").asString())
                    .isEqualTo("mirror/go-runner:dev");
        }

        @Test
        @DisplayName("9: resources of the engine's entry are copied; absent means none")
        void resources() {
            Engine engine =
                    engineWithComponents(
                            """
                            resources:
                              limits: {cpu: 500m, memory: 256Mi}
                              claims: [{name: unknown-to-old-types}]
                            """);

            assertThat(container(job(engine, experiment())).path("resources"))
                    .isEqualTo(
                            yaml(
                                    """
                                    limits: {cpu: 500m, memory: 256Mi}
                                    claims: [{name: unknown-to-old-types}]
                                    """));
            assertThat(container(job(engine(), experiment())).has("resources")).isFalse();
        }

        @Test
        @DisplayName("12: both security contexts are copied")
        void securityContexts() {
            JsonNode job =
                    job(
                            engine(),
                            experiment(
                                    """
                                    securityContext:
                                      podSecurityContext: {runAsUser: 1000}
                                      containerSecurityContext: {privileged: true}
                                    """));

            assertThat(pod(job).path("securityContext")).isEqualTo(yaml("runAsUser: 1000"));
            assertThat(container(job).path("securityContext")).isEqualTo(yaml("privileged: true"));
        }

        @ParameterizedTest
        @ValueSource(strings = {"{}", "{podSecurityContext: {}, containerSecurityContext: {}}"})
        @DisplayName("12: empty security contexts are left out")
        void emptySecurityContexts(String context) {
            JsonNode job = job(engine(), experiment("securityContext: " + context));

            assertThat(pod(job).has("securityContext")).isFalse();
            assertThat(container(job).has("securityContext")).isFalse();
        }
    }

    @Nested
    class ThePod {
        @Test
        @DisplayName("10: experimentImagePullSecrets are copied")
        void imagePullSecrets() {
            Engine engine = engineWithComponents("experimentImagePullSecrets: [{name: s}]");

            assertThat(each(pod(job(engine, experiment())).path("imagePullSecrets"), "name"))
                    .containsExactly("s");
        }

        @Test
        @DisplayName("10, 11, differs: empty lists mean none, they are no error")
        void emptyLists() {
            Engine engine =
                    engineWithComponents(
                            "{experimentImagePullSecrets: [], tolerations: [], nodeSelector: {}}");

            assertThat(pod(job(engine, experiment())).propertyNames())
                    .doesNotContain("imagePullSecrets", "tolerations", "nodeSelector");
        }

        @Test
        @DisplayName("11: nodeSelector and tolerations are copied verbatim")
        void placement() {
            String components =
                    """
                    nodeSelector: {kubernetes.io/hostname: node-1}
                    tolerations:
                    - {key: chaos, operator: Exists, effect: NoExecute, tolerationSeconds: 30}
                    """;
            JsonNode pod = pod(job(engineWithComponents(components), experiment()));

            assertThat(pod.path("nodeSelector")).isEqualTo(yaml(components).path("nodeSelector"));
            assertThat(pod.path("tolerations")).isEqualTo(yaml(components).path("tolerations"));
        }

        @Test
        @DisplayName("13: hostPID is set when true, absent when false")
        void hostPid() {
            JsonNode with = pod(job(engine(), experiment("hostPID: true")));
            assertThat(with.path("hostPID").asBoolean()).isTrue();
            assertThat(pod(job(engine(), experiment("hostPID: false"))).has("hostPID")).isFalse();
            assertThat(pod(job(engine(), experiment())).has("hostPID")).isFalse();
        }

        @Test
        @DisplayName("14: a grace period of 45 s is set on the pod and told in the environment")
        void gracePeriod() {
            JsonNode job = job(engine("spec: {terminationGracePeriodSeconds: 45}"), experiment());

            assertThat(pod(job).path("terminationGracePeriodSeconds").asInt()).isEqualTo(45);
            assertThat(env(job)).containsEntry("TERMINATION_GRACE_PERIOD_SECONDS", "45");
        }

        @Test
        @DisplayName("14: without a grace period the pod has none, and the environment says 0")
        void noGracePeriod() {
            JsonNode job = job(engine(), experiment());

            assertThat(pod(job).has("terminationGracePeriodSeconds")).isFalse();
            assertThat(env(job)).containsEntry("TERMINATION_GRACE_PERIOD_SECONDS", "0");
        }
    }

    @Nested
    class TheEnvironment {
        @Test
        @DisplayName("16: the engine's variable replaces the ChaosExperiment's; others are kept")
        void precedence() {
            JsonNode job =
                    job(
                            engineWithComponents("env: [{name: A, value: '2'}]"),
                            experiment(
                                    """
                                    env:
                                    - {name: A, value: '1'}
                                    - {name: B, value: b}
                                    - {name: C, valueFrom: {secretKeyRef: {name: s, key: k}}}
                                    """));

            List<String> names = each(container(job).path("env"), "name");
            assertThat(names).containsOnlyOnce("A").containsSubsequence("A", "B", "C");
            assertThat(env(job)).containsEntry("A", "2").containsEntry("B", "b");
            assertThat(variable(job, "C"))
                    .isEqualTo(yaml("{name: C, valueFrom: {secretKeyRef: {name: s, key: k}}}"));
        }

        @Test
        @DisplayName("16: the engine may replace a literal by a reference, and the other way round")
        void wholeVariables() {
            JsonNode job =
                    job(
                            engineWithComponents(
                                    """
                                    env:
                                    - {name: A, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
                                    - {name: B, value: literal}
                                    """),
                            experiment(
                                    """
                                    env:
                                    - {name: A, value: literal}
                                    - {name: B, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
                                    """));

            assertThat(variable(job, "A").has("value")).isFalse();
            assertThat(variable(job, "B")).isEqualTo(yaml("{name: B, value: literal}"));
        }

        @Test
        @DisplayName("17: DEFAULT_HEALTH_CHECK of the ChaosExperiment wins over the engine's flag")
        void healthCheck() {
            Engine engine = engine("spec: {defaultHealthCheck: true}");

            assertThat(env(job(engine, experiment())))
                    .containsEntry("DEFAULT_HEALTH_CHECK", "true");
            Experiment experiment =
                    experiment("env: [{name: DEFAULT_HEALTH_CHECK, value: 'false'}]");
            assertThat(env(job(engine, experiment))).containsEntry("DEFAULT_HEALTH_CHECK", "false");
        }

        @Test
        @DisplayName("18: without defaultHealthCheck there is no health check")
        void noHealthCheck() {
            assertThat(env(job(engine(), experiment())))
                    .containsEntry("DEFAULT_HEALTH_CHECK", "false");
        }

        @Test
        @DisplayName("19: nobody overrides STATUS_CHECK_TIMEOUT by env, and a warning says so")
        void statusCheckByEnv() {
            Engine engine = engineWithComponents("env: [{name: STATUS_CHECK_TIMEOUT, value: '5'}]");

            assertThat(env(job(engine, experiment()))).containsEntry("STATUS_CHECK_TIMEOUT", "180");
            assertThat(resolved(engine, 0, experiment()).warnings())
                    .map(FieldProblem::toString)
                    .containsExactly(
                            "ChaosEngine n/e: spec.experiments[0].spec.components.env[0]: STATUS_CHECK_TIMEOUT has no effect; set statusCheckTimeouts.timeout instead");
        }

        @ParameterizedTest
        @DisplayName("19: delay and timeout are defaulted one by one")
        @CsvSource(
                quoteCharacter = '"',
                value = {
                    "{}, 2, 180",
                    "{delay: 7}, 7, 180",
                    "{timeout: 60}, 2, 60",
                    "\"{delay: 5, timeout: 90}\", 5, 90",
                    "\"{delay: 0, timeout: 0}\", 2, 180",
                    "{timeout: 1}, 2, 1"
                })
        void statusCheck(String given, String delay, String timeout) {
            JsonNode job = job(engineWithComponents("statusCheckTimeouts: " + given), experiment());

            assertThat(env(job))
                    .containsEntry("STATUS_CHECK_DELAY", delay)
                    .containsEntry("STATUS_CHECK_TIMEOUT", timeout);
        }

        @Test
        @DisplayName("20: JOB_CLEANUP_POLICY is there even when empty, and cannot be overridden")
        void cleanUpPolicy() {
            Engine engine = engineWithComponents("env: [{name: JOB_CLEANUP_POLICY, value: x}]");

            assertThat(env(job(engine, experiment()))).containsEntry("JOB_CLEANUP_POLICY", "");
            Engine delete = engine("spec: {jobCleanUpPolicy: delete}");
            assertThat(env(job(delete, experiment())))
                    .containsEntry("JOB_CLEANUP_POLICY", "delete");
        }

        @Test
        @DisplayName("21: POD_NAME is the pod's name, and each name stands once")
        void podName() {
            JsonNode job =
                    job(
                            engineWithComponents("env: [{name: POD_NAME, value: mine}]"),
                            experiment("env: [{name: A, value: a}, {name: A, value: b}]"));

            assertThat(variable(job, "POD_NAME").at("/valueFrom/fieldRef"))
                    .isEqualTo(yaml("{apiVersion: v1, fieldPath: metadata.name}"));
            assertThat(each(container(job).path("env"), "name")).doesNotHaveDuplicates();
        }

        @Test
        @DisplayName("22: TARGETS and AUXILIARY_APPINFO are absent when empty")
        void emptyVariables() {
            assertThat(env(job(engine(), experiment())))
                    .doesNotContainKeys("TARGETS", "AUXILIARY_APPINFO")
                    .containsEntry("CHAOSENGINE", "e")
                    .containsEntry("CHAOS_NAMESPACE", "n")
                    .containsEntry("CHAOS_UID", UID)
                    .containsEntry("EXPERIMENT_NAME", "pod-delete")
                    .containsEntry("CHAOS_SERVICE_ACCOUNT", "sa");
        }

        @Test
        @DisplayName("23: INSTANCE_ID of the engine is part of the result's name")
        void instanceId() {
            Engine engine = engineWithComponents("env: [{name: INSTANCE_ID, value: i1}]");

            assertThat(spec(engine, 0, experiment()).resultName()).isEqualTo("e-pod-delete-i1");
            assertThat(spec(engine(), 0, experiment()).resultName()).isEqualTo("e-pod-delete");
        }

        @Test
        @DisplayName("23, differs: INSTANCE_ID of the ChaosExperiment is, too")
        void instanceIdOfTheExperiment() {
            Experiment experiment = experiment("env: [{name: INSTANCE_ID, value: i0}]");

            assertThat(spec(engine(), 0, experiment).resultName()).isEqualTo("e-pod-delete-i0");
            Engine engine = engineWithComponents("env: [{name: INSTANCE_ID, value: i1}]");
            assertThat(spec(engine, 0, experiment).resultName()).isEqualTo("e-pod-delete-i1");
        }

        @Test
        @DisplayName("49: trace context and endpoint are passed on")
        void tracing() {
            String parent =
                    "{\"traceparent\":\"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\"}";

            assertThat(env(traced(new Tracing("otel:4317", parent))))
                    .containsEntry("OTEL_EXPORTER_OTLP_ENDPOINT", "otel:4317")
                    .containsEntry("TRACE_PARENT", parent);
        }

        @Test
        @DisplayName("49: without an endpoint there is no trace context; a huge one is dropped")
        void noTracing() {
            assertThat(env(traced(new Tracing("", "{}"))))
                    .doesNotContainKeys("OTEL_EXPORTER_OTLP_ENDPOINT", "TRACE_PARENT");
            assertThat(env(traced(new Tracing("otel:4317", "x".repeat(1024)))))
                    .doesNotContainKey("TRACE_PARENT");
        }

        private JsonNode traced(Tracing tracing) {
            var environment = RunnerEnvironment.of(engine()).withTracing(tracing);
            var resolution = ExperimentResolver.resolve(engine(), 0, experiment(), environment);
            return LaunchCompatibilityTest.job(((Resolution.Resolved) resolution).spec());
        }
    }

    @Nested
    class TheVolumes {
        @ParameterizedTest
        @ValueSource(strings = {"configMaps", "secrets"})
        @DisplayName("24, 27: the engine moves c and adds d; volumes are named after the objects")
        void merge(String kind) {
            JsonNode job =
                    job(
                            engineWithComponents(
                                    kind
                                            + ": [{name: d, mountPath: /z}, {name: c, mountPath: /y}]"),
                            experiment(kind + ": [{name: c, mountPath: /x}]"));

            assertThat(container(job).path("volumeMounts"))
                    .containsExactly(
                            yaml("{name: c, mountPath: /y}"), yaml("{name: d, mountPath: /z}"));
            String source =
                    kind.equals("secrets")
                            ? "{name: %1$s, secret: {secretName: %1$s, defaultMode: 420}}"
                            : "{name: %1$s, configMap: {name: %1$s, defaultMode: 420}}";
            assertThat(pod(job).path("volumes"))
                    .containsExactly(yaml(source.formatted("c")), yaml(source.formatted("d")));
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "configMaps: [{name: c}]",
                    "configMaps: [{mountPath: /x}]",
                    "configMaps: [{name: c, mountPath: ''}]",
                    "secrets: [{name: c}]",
                    "secrets: [{mountPath: /x}]"
                })
        @DisplayName("25, 27: a mount without name or path fails ExperimentDependencyCheck")
        void incompleteMount(String piece) {
            assertThat(invalid(engine(), experiment(piece)).reason())
                    .isEqualTo("ExperimentDependencyCheck");
            assertThat(invalid(engineWithComponents(piece), experiment()).reason())
                    .isEqualTo("ExperimentDependencyCheck");
        }

        @Test
        @DisplayName("26: the spec names every ConfigMap and Secret that must exist, each once")
        void required() {
            ExperimentSpec spec =
                    spec(
                            engineWithComponents("secrets: [{name: s2, mountPath: /2}]"),
                            0,
                            experiment(
                                    """
                                    configMaps: [{name: c, mountPath: /x}, {name: c, mountPath: /y}]
                                    secrets: [{name: s1, mountPath: /1}]
                                    """));

            assertThat(spec.configMaps()).containsExactly("c");
            assertThat(spec.secrets()).containsExactly("s1", "s2");
        }

        @Test
        @DisplayName("28: a host file becomes a volume of type File")
        void hostFile() {
            JsonNode job =
                    job(
                            engine(),
                            experiment(
                                    "hostFileVolumes: [{name: h, mountPath: /m, nodePath: /n}]"));

            assertThat(pod(job).path("volumes"))
                    .containsExactly(yaml("{name: h, hostPath: {path: /n, type: File}}"));
            assertThat(container(job).path("volumeMounts"))
                    .containsExactly(yaml("{name: h, mountPath: /m}"));
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "{mountPath: /m, nodePath: /n}",
                    "{name: h, nodePath: /n}",
                    "{name: h, mountPath: /m}"
                })
        @DisplayName("28: a host file without name, mountPath or nodePath is not launched")
        void incompleteHostFile(String file) {
            var invalid = invalid(engine(), experiment("hostFileVolumes: [" + file + "]"));

            assertThat(invalid.reason()).isEqualTo("ExperimentDependencyCheck");
            assertThat(invalid.problems()).hasSize(1);
        }

        @Test
        @DisplayName("24, differs: a name with dots gets a volume name that Kubernetes accepts")
        void dots() {
            JsonNode job =
                    job(engine(), experiment("configMaps: [{name: app.conf.d, mountPath: /x}]"));

            JsonNode volume = pod(job).path("volumes").path(0);
            assertThat(volume.path("name").asString()).matches("app-conf-d-[a-z0-9]{6}");
            assertThat(volume.at("/configMap/name").asString()).isEqualTo("app.conf.d");
            assertThat(container(job).at("/volumeMounts/0/name")).isEqualTo(volume.path("name"));
        }

        @Test
        @DisplayName("24, differs: ConfigMap and Secret of one name are two volumes")
        void sameName() {
            JsonNode job =
                    job(
                            engine(),
                            experiment(
                                    """
                                    configMaps: [{name: c, mountPath: /x}]
                                    secrets: [{name: c, mountPath: /y}]
                                    """));

            assertThat(pod(job).path("volumes").path(0))
                    .isEqualTo(yaml("{name: c, configMap: {name: c, defaultMode: 420}}"));
            JsonNode secret = pod(job).path("volumes").path(1);
            assertThat(secret.path("name").asString()).matches("c-[a-z0-9]{6}");
            assertThat(secret.at("/secret/secretName").asString()).isEqualTo("c");
            assertThat(each(container(job).path("volumeMounts"), "name"))
                    .containsExactly("c", secret.path("name").asString());
        }
    }

    @Nested
    class TheSidecars {
        private static final String ENABLED = "metadata: {annotations: {sidecar/enabled: 'true'}}";

        @Test
        @DisplayName("46: an enabled sidecar is a second container with its three variables")
        void sidecar() {
            Engine engine =
                    engine(
                            ENABLED,
                            """
                            spec:
                              components:
                                sidecar:
                                - image: chaos/collector:1
                                  env: [{name: MODE, value: fast}]
                                  envFrom: [{configMapRef: {name: collector}}]
                            """);
            JsonNode job = job(engine, experiment());

            JsonNode sidecar = pod(job).path("containers").path(1);
            String name = job.at("/metadata/name").asString();
            assertThat(sidecar.path("name").asString()).matches(name + "-sidecar-[a-z0-9]{6}");
            assertThat(sidecar.path("image").asString()).isEqualTo("chaos/collector:1");
            assertThat(sidecar.path("imagePullPolicy").asString()).isEqualTo("IfNotPresent");
            assertThat(sidecar.path("env"))
                    .containsExactly(
                            yaml("{name: MODE, value: fast}"),
                            yaml(
                                    "{name: POD_NAME, valueFrom: {fieldRef: {apiVersion: v1, fieldPath: metadata.name}}}"),
                            yaml(
                                    "{name: POD_NAMESPACE, valueFrom: {fieldRef: {apiVersion: v1, fieldPath: metadata.namespace}}}"),
                            yaml("{name: MAIN_CONTAINER, value: %s}".formatted(name)));
            assertThat(sidecar.path("envFrom"))
                    .containsExactly(yaml("{configMapRef: {name: collector}}"));
        }

        @Test
        @DisplayName("46: sidecars get the experiment's resources and their own pull policy")
        void resources() {
            Engine engine =
                    engine(
                            ENABLED,
                            """
                            spec:
                              components: {sidecar: [{image: i, imagePullPolicy: Always}]}
                              experiments:
                              - name: pod-delete
                                spec: {components: {resources: {limits: {cpu: 100m}}}}
                            """);
            JsonNode sidecar = pod(job(engine, experiment())).path("containers").path(1);

            assertThat(sidecar.path("resources")).isEqualTo(yaml("limits: {cpu: 100m}"));
            assertThat(sidecar.path("imagePullPolicy").asString()).isEqualTo("Always");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {"metadata: {}", "metadata: {annotations: {sidecar/enabled: 'false'}}"})
        @DisplayName("47: without the annotation, or with \"false\", there is no sidecar")
        void disabled(String metadata) {
            Engine engine = engine(metadata, "spec: {components: {sidecar: [{image: i}]}}");

            assertThat(pod(job(engine, experiment())).path("containers")).hasSize(1);
        }

        @Test
        @DisplayName("47: enabled with an empty list fails SideCarPatchError")
        void enabledButEmpty() {
            var invalid = invalid(engine(ENABLED), experiment());

            assertThat(invalid.reason()).isEqualTo("SideCarPatchError");
            assertThat(invalid.problems())
                    .map(FieldProblem::toString)
                    .containsExactly(
                            "ChaosEngine n/e: spec.components.sidecar is empty, but annotation sidecar/enabled asks for sidecars; list one or set the annotation to \"false\"");
        }

        @Test
        @DisplayName("48: two sidecars sharing a secret have one volume and two mounts")
        void sharedSecret() {
            Engine engine =
                    engine(
                            ENABLED,
                            """
                            spec:
                              components:
                                sidecar:
                                - {image: a, secrets: [{name: s, mountPath: /a}]}
                                - {image: b, secrets: [{name: s, mountPath: /b}]}
                            """);
            JsonNode pod = pod(job(engine, experiment()));

            assertThat(pod.path("volumes"))
                    .containsExactly(yaml("{name: s, secret: {secretName: s, defaultMode: 420}}"));
            assertThat(pod.at("/containers/1/volumeMounts/0"))
                    .isEqualTo(yaml("{name: s, mountPath: /a}"));
            assertThat(pod.at("/containers/2/volumeMounts/0"))
                    .isEqualTo(yaml("{name: s, mountPath: /b}"));
            assertThat(each(pod.path("containers"), "name")).doesNotHaveDuplicates();
        }

        @Test
        @DisplayName("48, differs: a secret shared with the experiment is one volume, too")
        void secretSharedWithTheExperiment() {
            Engine engine =
                    engine(
                            ENABLED,
                            "spec: {components: {sidecar: [{image: a, secrets: [{name: s, mountPath: /a}]}]}}");
            Experiment experiment = experiment("secrets: [{name: s, mountPath: /x}]");

            assertThat(pod(job(engine, experiment)).path("volumes")).hasSize(1);
            assertThat(spec(engine, 0, experiment).secrets()).containsExactly("s");
        }
    }

    @Nested
    class AnExperimentListedTwice {
        private final Engine engine =
                engine(
                        """
                        spec:
                          experiments:
                          - name: pod-delete
                            spec:
                              components:
                                env: [{name: A, value: first}, {name: INSTANCE_ID, value: i1}]
                                configMaps: [{name: c, mountPath: /first}]
                          - {name: other}
                          - name: pod-delete
                            spec:
                              components:
                                env: [{name: A, value: second}]
                                experimentAnnotations: {entry: second}
                        """);

        @Test
        @DisplayName("16, differs: each entry uses its own components")
        void ownComponents() {
            JsonNode first = job(spec(engine, 0, experiment()));
            JsonNode second = job(spec(engine, 2, experiment()));

            assertThat(env(first)).containsEntry("A", "first");
            assertThat(env(second)).containsEntry("A", "second");
            assertThat(pod(first).path("volumes")).hasSize(1);
            assertThat(pod(second).has("volumes")).isFalse();
            assertThat(first.at("/metadata/annotations").has("entry")).isFalse();
            assertThat(second.at("/metadata/annotations/entry").asString()).isEqualTo("second");
        }

        @Test
        @DisplayName("23, differs: each entry writes a result of its own")
        void ownResult() {
            assertThat(spec(engine, 0, experiment()).resultName()).isEqualTo("e-pod-delete-i1-s0");
            assertThat(spec(engine, 2, experiment()).resultName()).isEqualTo("e-pod-delete-s2");
            assertThat(env(job(spec(engine, 0, experiment()))))
                    .containsEntry("INSTANCE_ID", "i1-s0");
            assertThat(env(job(spec(engine, 2, experiment())))).containsEntry("INSTANCE_ID", "s2");
        }

        @Test
        @DisplayName("23: another experiment in the list keeps its INSTANCE_ID as it is")
        void others() {
            assertThat(spec(engine, 1, experiment()).resultName()).isEqualTo("e-other");
        }
    }

    private static JsonNode job(Engine engine, Experiment experiment) {
        return job(spec(engine, 0, experiment));
    }

    private static JsonNode job(ExperimentSpec spec) {
        return new JobFactory(RUN, "sequential", null).job(spec, EXECUTION, LAUNCH, 0);
    }

    private static ExperimentSpec spec(Engine engine, int slot, Experiment experiment) {
        return resolved(engine, slot, experiment).spec();
    }

    private static Resolution.Resolved resolved(Engine engine, int slot, Experiment experiment) {
        Resolution resolution =
                ExperimentResolver.resolve(engine, slot, experiment, RunnerEnvironment.of(engine));
        assertThat(resolution).isInstanceOf(Resolution.Resolved.class);
        return (Resolution.Resolved) resolution;
    }

    private static Resolution.Invalid invalid(Engine engine, Experiment experiment) {
        Resolution resolution =
                ExperimentResolver.resolve(engine, 0, experiment, RunnerEnvironment.of(engine));
        assertThat(resolution).isInstanceOf(Resolution.Invalid.class);
        return (Resolution.Invalid) resolution;
    }

    private static JsonNode pod(JsonNode job) {
        return job.at("/spec/template/spec");
    }

    private static JsonNode container(JsonNode job) {
        return pod(job).path("containers").path(0);
    }

    private static List<JsonNode> labels(JsonNode job) {
        return List.of(job.at("/metadata/labels"), job.at("/spec/template/metadata/labels"));
    }

    private static JsonNode variable(JsonNode job, String name) {
        return container(job)
                .path("env")
                .valueStream()
                .filter(variable -> variable.path("name").asString().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static Map<String, String> env(JsonNode job) {
        var literals = new LinkedHashMap<String, String>();
        for (JsonNode variable : container(job).path("env")) {
            literals.put(variable.path("name").asString(), variable.path("value").asString(""));
        }
        return literals;
    }
}
