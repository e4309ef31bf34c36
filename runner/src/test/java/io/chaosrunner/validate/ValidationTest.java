package io.chaosrunner.validate;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.config.KubernetesYaml;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.strategy.InvalidParameters.Problem;
import io.chaosrunner.validate.Finding.Severity;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ValidationTest {

    private static final String EXPERIMENT =
            """
            apiVersion: litmuschaos.io/v1alpha1
            kind: ChaosExperiment
            metadata: {name: pod-delete}
            spec:
              definition:
                image: x
                command: [/bin/bash]
                args: [-c, run]
                labels: {name: pod-delete}
            """;

    /** A sound engine, whose parts the tests replace. */
    private static final String ENGINE =
            """
            apiVersion: litmuschaos.io/v1alpha1
            kind: ChaosEngine
            metadata:
              name: e
              annotations: {}
            spec:
              chaosServiceAccount: sa
              appinfo: {}
              components: {}
              experiments:
                - name: pod-delete
                  spec:
                    components: {}
                    probe: []
            """;

    private static Validation validate(String... yaml) {
        return validate(Map.of(), yaml);
    }

    private static Validation validate(Map<String, AnnotationCheck> annotations, String... yaml) {
        var collected = new Validation.Collection();
        for (String text : yaml) {
            try {
                KubernetesYaml.read(
                        new StringReader(text),
                        KubernetesYaml.Limits.OF_FILES,
                        document -> collected.add("f.yaml", false, document));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return collected.validate(
                StrategyCatalogue.onClassPath(),
                annotations,
                Instant.parse("2026-11-28T00:00:00Z"));
    }

    private static List<String> findings(String engine) {
        return validate(engine + "---\n" + EXPERIMENT).findings().stream()
                .map(Finding::toString)
                .toList();
    }

    private static String engine(String part, String replacement) {
        assertThat(ENGINE).contains(part);
        return ENGINE.replace(part, replacement);
    }

    @Test
    void aSoundEngineHasNoFinding() {
        assertThat(findings(ENGINE)).isEmpty();
    }

    @Test
    void aNameThatTheApiServerIsToMakeIsNothingToWarnOf() {
        assertThat(findings(engine("name: e", "generateName: e-"))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                // Fields of the engine.
                "name: e|name: E|4: error: metadata.name: 'E' is no name",
                "name: e|namespace: n.m|4: error: metadata.namespace: 'n.m' is no name",
                "name: e|namespace: n|3: error: metadata.name is missing",
                "annotations: {}|annotations: {a: true}|5: error: metadata.annotations.a must be text, but is true; put it in quotes: \"true\"",
                "annotations: {}|annotations: {a b: x}|5: error: metadata.annotations[a b]: 'a b' is no key",
                "annotations: {}|annotations: {chaosrunner.io/exection: x}|5: warning: metadata.annotations[chaosrunner.io/exection] is unknown, so it has no effect; did you mean 'chaosrunner.io/execution'?",
                "annotations: {}|annotations: {chaosruner.io/execution: x}|5: warning: metadata.annotations[chaosruner.io/execution] has no effect; did you mean 'chaosrunner.io/'?",
                "annotations: {}|annotations: {chaosrunner.io/run: x}|5: warning: metadata.annotations[chaosrunner.io/run] is written by runs",
                "annotations: {}|labels: {a: x y}|5: error: metadata.labels.a: 'x y' is no label",
                "annotations: {}|labels: {chaosUID: x}|5: warning: metadata.labels.chaosUID is replaced",
                "annotations: {}|annotations: {sidecar/enabled: 'true'}|9: error: spec.components.sidecar is empty, but annotation sidecar/enabled asks for sidecars",
                "chaosServiceAccount: sa|jobCleanUpPolicy: delete|6: error: spec.chaosServiceAccount is empty",
                "chaosServiceAccount: sa|chaosServiceAccount: sa@engineState: stopp|8: error: spec.engineState: 'stopp' is none of active, stop; did you mean 'stop'?",
                "chaosServiceAccount: sa|chaosServiceAccount: sa@engineState: stop|8: warning: spec.engineState is stop",
                "chaosServiceAccount: sa|chaosServiceAccount: sa@engineSate: stop|8: warning: spec.engineSate is unknown to Litmus: the operator erases it; did you mean 'engineState'?",
                "chaosServiceAccount: sa|chaosServiceAccount: sa@execution: {}|8: error: spec.execution: is erased by the operator",
                "chaosServiceAccount: sa|chaosServiceAccount: sa@schedule: {}|8: error: spec.schedule: is erased by the operator",
                "chaosServiceAccount: sa|chaosServiceAccount: sa@monitoring: true|8: warning: spec.monitoring is erased by the operator; write the annotation chaosrunner.io/monitoring",
                "chaosServiceAccount: sa|chaosServiceAccount: sa@defaultHealthCheck: 'no'|8: error: spec.defaultHealthCheck must be true or false, but is the text 'no'",
                "chaosServiceAccount: sa|chaosServiceAccount: sa@terminationGracePeriodSeconds: -1|8: error: spec.terminationGracePeriodSeconds must not be negative",
                // The target.
                "appinfo: {}|appinfo: {appkind: deployment}|8: error: spec.appinfo.applabel is empty; give appkind and applabel both",
                "appinfo: {}|appinfo: {applabel: a=b}|8: error: spec.appinfo.appkind is empty",
                "appinfo: {}|appinfo: {appkind: Deployment, applabel: a=b}|8: error: spec.appinfo.appkind: 'Deployment' is none of deployment",
                "appinfo: {}|appinfo: {appnamespace: x}|8: error: spec.appinfo.appnamespace is no field: the API server refuses it",
                "appinfo: {}|appinfo:|8: error: spec.appinfo has no value; give it one or remove the line",
                "appinfo: {}|selectors: {}|8: error: spec.selectors needs one of pods, workloads",
                "appinfo: {}|selectors: {pods: [], workloads: []}|8: error: spec.selectors has both pods and workloads",
                "appinfo: {}|selectors: {pods: [{names: a}]}|8: error: spec.selectors.pods[0].namespace is missing",
                "appinfo: {}|selectors: {workloads: [{kind: deployment, namespace: n}]}|8: error: spec.selectors.workloads[0] needs one of names, labels",
                // Runner and sidecars.
                "components: {}|components: {monitor: {}}|9: error: spec.components.monitor is no field: the API server refuses it",
                "components: {}|components: {runner: {type: java}}|9: error: spec.components.runner.type: 'java' is not go",
                "components: {}|components: {runner: {imge: x}}|9: warning: spec.components.runner.imge is unknown to Litmus: the operator erases it; did you mean 'image'?",
                "components: {}|components: {runner: {configMaps: [{name: c}]}}|9: error: spec.components.runner.configMaps[0].mountPath is empty",
                "components: {}|components: {runner: {resources: {limits: {cpu: 1x}}}}|9: error: spec.components.runner.resources.limits.cpu: '1x' is no quantity",
                "components: {}|components: {runner: {runnerAnnotations: {a: b}}}|9: warning: spec.components.runner.runnerAnnotations is emptied by Litmus' own CRD",
                "components: {}|components: {sidecar: [{image: x}]}|9: warning: spec.components.sidecar has no effect without the annotation sidecar/enabled",
                // One entry.
                "- name: pod-delete|- name: ''|11: error: spec.experiments[0].name is empty",
                "- name: pod-delete|- name: pod-deleet|11: warning: spec.experiments[0].name: ChaosExperiment pod-deleet is in none of the files; did you mean 'pod-delete'?",
                "- name: pod-delete|- name: disk-fill|11: warning: spec.experiments[0].name: ChaosExperiment disk-fill is in none of the files; it must be in the engine's namespace",
                "- name: pod-delete|- name: a-name-of-fifty-seven-letters-is-one-too-long-for-a-job-of|11: warning: spec.experiments[0].name is longer than 56 characters",
                "    components: {}|    rank: 1|13: error: spec.experiments[0].spec.rank is no field: the API server refuses it",
                "    components: {}|    components: {env: [{name: A, value: 60}]}|13: error: spec.experiments[0].spec.components.env[0].value must be text, but is 60; put it in quotes: \"60\"",
                "    components: {}|    components: {env: [{value: x}]}|13: error: spec.experiments[0].spec.components.env[0].name is missing; fill it in",
                "    components: {}|    components: {env: [{name: 1A, value: x}]}|13: error: spec.experiments[0].spec.components.env[0].name: '1A' is no name of a variable",
                "    components: {}|    components: {env: [{name: A, value: x}, {name: A, value: y}]}|13: warning: spec.experiments[0].spec.components.env[1]: A is set in line 13 already",
                "    components: {}|    components: {env: [{name: A, value: x, valueFrom: {}}]}|13: error: spec.experiments[0].spec.components.env[0] has both value and valueFrom",
                "    components: {}|    components: {env: [{name: STATUS_CHECK_DELAY, value: '5'}]}|13: warning: spec.experiments[0].spec.components.env[0]: STATUS_CHECK_DELAY has no effect; set statusCheckTimeouts.delay instead",
                "    components: {}|    components: {configMaps: [{name: c}]}|13: error: spec.experiments[0].spec.components.configMaps[0].mountPath is empty (c)",
                "    components: {}|    components: {secrets: [{mountPath: /c}]}|13: error: spec.experiments[0].spec.components.secrets[0].name is empty",
                "    components: {}|    components: {configMaps: [{name: c, mountPath: /c, data: {}}]}|13: error: spec.experiments[0].spec.components.configMaps[0].data is no field",
                "    components: {}|    components: {configMaps: [{name: c, mountPath: /c}], secrets: [{name: s, mountPath: /c}]}|13: error: spec.experiments[0].spec.components.secrets[0].mountPath: something is mounted at /c already",
                "    components: {}|    components: {tolerations: [{effect: NoShedule}]}|13: error: spec.experiments[0].spec.components.tolerations[0].effect: 'NoShedule' is none of",
                "    components: {}|    components: {statusCheckTimeouts: {delay: -1}}|13: error: spec.experiments[0].spec.components.statusCheckTimeouts.delay is -1",
                "    components: {}|    components: {experimentAnnotation: {}}|13: warning: spec.experiments[0].spec.components.experimentAnnotation is unknown to Litmus",
                "    components: {}|    components: {resources: {limit: {cpu: 1}}}|13: warning: spec.experiments[0].spec.components.resources.limit is no field of resources, so the API server drops it; did you mean 'limits'?",
                "components: {}|components: {runner: {resources: {request: {cpu: 1}}}}|9: warning: spec.components.runner.resources.request is no field of resources, so the API server drops it; did you mean 'requests'?",
                "chaosServiceAccount: sa|chaosServiceAccount: sa@engineState: on|8: error: spec.engineState must be text, but is true; write active or stop",
                "chaosServiceAccount: sa|chaosServiceAccount: sa@jobCleanUpPolicy: 1|8: error: spec.jobCleanUpPolicy must be text, but is 1; write delete or retain",
                // Probes.
                "probe: []|probe: [{name: p, type: httpProb, mode: SOT}]|14: error: spec.experiments[0].spec.probe[0].type: 'httpProb' is none of",
                "probe: []|probe: [{name: p, type: cmdProbe, mode: SOT}]|14: error: spec.experiments[0].spec.probe[0].runProperties is missing",
                "probe: []|probe: [{name: p, type: cmdProbe, mode: SOT}]|14: error: spec.experiments[0].spec.probe[0].cmdProbe/inputs is missing; a cmdProbe needs it",
                "probe: []|probe: [{name: p, mode: x}, {name: p, mode: SOT}]|14: error: spec.experiments[0].spec.probe[1].name: probe[0] is named 'p' already",
            })
    void eachProblemIsToldWithItsLine(String part, String replacement, String finding) {
        assertThat(findings(engine(part, replacement.replace("@", "\n  "))))
                .anySatisfy(found -> assertThat(found).startsWith("f.yaml:" + finding));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "name: e|name: 123|4: error: metadata.name must be text, but is 123; put it in quotes: \"123\"",
                "name: e|generateName: 5|4: error: metadata.generateName must be text, but is 5",
                "name: e|name: e@namespace: 7|5: error: metadata.namespace must be text, but is 7",
                "name: e|name: e@lables: {a: b}|5: error: metadata.lables is no field: the API server refuses it; did you mean 'labels'?",
                "name: e|name: e@labels: [a]|5: error: metadata.labels must be keys and values, but is a list",
                "annotations: {}|annotations: text|5: error: metadata.annotations must be keys and values, but is the text 'text'",
                "name: e|name: e@finalizers: a|5: error: metadata.finalizers must be a list",
                "name: e|name: e@clusterName: a|5: error: metadata.clusterName is no field: the API server refuses it; remove it, or use one of"
            })
    void metadataIsCheckedAsTheApiServerDoes(String part, String written, String finding) {
        assertThat(findings(engine(part, written.replace("@", "\n  "))))
                .anySatisfy(found -> assertThat(found).startsWith("f.yaml:" + finding));
    }

    @Test
    void metadataAsKubectlExportsItIsFine() {
        String exported =
                "name: e\n  creationTimestamp: null\n  generation: 3\n  labels:\n  uid: x\n  finalizers: [a/b]\n  managedFields: []\n  ownerReferences: []\n  resourceVersion: '5'\n  selfLink: ''";

        assertThat(findings(engine("name: e", exported))).isEmpty();
    }

    @Test
    void aNameThatTheApiServerMakesIsCutByIt() {
        assertThat(findings(engine("name: e", "generateName: " + "a".repeat(70) + "-"))).isEmpty();
    }

    @Test
    void linesOfABlockScalarAreLinesOfTheFile() {
        String settings =
                """
                annotations:
                    chaosrunner.io/execution: |
                      # what runs when
                      strategy: dag

                      dependencies:
                        pod-delete: [pod-deleet]
                      maxParallel: 0
                      deadlin: 5m
                """;

        assertThat(findings(engine("annotations: {}\n", settings)))
                .containsExactly(
                        "f.yaml:11: error: chaosrunner.io/execution: dependencies.pod-delete[0]: no experiment 'pod-deleet' is listed; did you mean 'pod-delete'?",
                        "f.yaml:12: error: chaosrunner.io/execution: maxParallel: '0' is not a whole number of at least 1",
                        "f.yaml:13: error: chaosrunner.io/execution: deadlin: no such parameter; did you mean 'deadline'?");
    }

    @Test
    void settingsInAQuotedTextAreFoundOnItsLine() {
        assertThat(
                        findings(
                                engine(
                                        "annotations: {}",
                                        "annotations: {chaosrunner.io/execution: \"strategy: dag\\nretries: x\"}")))
                .containsExactly(
                        "f.yaml:5: error: chaosrunner.io/execution: retries: 'x' is not a whole number of at least 0");
    }

    @Test
    void settingsThatAreNoYamlAreFoundWhereTheyCease() {
        String settings =
                """
                annotations:
                    chaosrunner.io/execution: |
                      strategy: dag
                      dependencies: [a
                """;

        assertThat(findings(engine("annotations: {}\n", settings)))
                .singleElement()
                .asString()
                .matches("f\\.yaml:[89]: error: .*execution] is not YAML: expected ',' or ']'.*");
    }

    @Test
    void aCycleIsToldAsAPath() {
        String engine =
                engine(
                                "annotations: {}",
                                "annotations: {chaosrunner.io/execution: '{strategy: dag, dependencies: {a: b, b: a}}'}")
                        .replace(
                                "- name: pod-delete",
                                "- name: a\n    - name: b\n    - name: pod-delete");

        assertThat(findings(engine)).anySatisfy(found -> assertThat(found).contains("a -> b -> a"));
    }

    @Test
    void otherAnnotationsAreCheckedByThoseWhoKnowThem() {
        String engine =
                engine(
                        "annotations: {}\n",
                        "annotations:\n    chaosrunner.io/schedule: |\n      a: 1\n      cron: x\n");
        AnnotationCheck check = (e, text) -> List.of(new Problem("cron", "'x' is no cron"));

        Validation validation =
                validate(Map.of("chaosrunner.io/schedule", check), engine + "---\n" + EXPERIMENT);

        assertThat(validation.findings())
                .map(Finding::toString)
                .containsExactly("f.yaml:8: error: chaosrunner.io/schedule: cron: 'x' is no cron");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "image: x|imge: x|error: spec.definition.image is empty",
                "image: x|imge: x|warning: spec.definition.imge is unknown to Litmus: the operator erases it; did you mean 'image'?",
                "command: [/bin/bash]|command: []|error: spec.definition.command is empty",
                "args: [-c, run]|args: run|error: spec.definition.args must be a list, but is the text 'run'",
                "labels: {name: pod-delete}|labels: {}|warning: spec.definition.labels is empty",
                "labels: {name: pod-delete}|labels: {name: pod delete}|error: spec.definition.labels.name: 'pod delete' is no label",
                "labels: {name: pod-delete}|scope: namespaced|error: spec.definition.scope: 'namespaced' is none of Namespaced, Cluster; did you mean 'Namespaced'?",
                "labels: {name: pod-delete}|imagePullPolicy: always|error: spec.definition.imagePullPolicy: 'always' is none of Always",
                "labels: {name: pod-delete}|configMaps: [{name: c}]|error: spec.definition.configMaps[0].mountPath is missing; fill it in",
                "labels: {name: pod-delete}|hostFileVolumes: [{name: c, mountPath: /c}]|error: spec.definition.hostFileVolumes[0].nodePath is missing; fill it in",
                "labels: {name: pod-delete}|hostFileVolumes: [{name: c, mountPath: /c, nodePath: /c, type: Socket}]|warning: spec.definition.hostFileVolumes[0].type is dropped by Litmus' own CRD",
                "labels: {name: pod-delete}|env: [{name: A}, {name: A}]|warning: spec.definition.env[1]: A is set in line 9 already",
                "labels: {name: pod-delete}|experimentAnnotations: {a: b}|warning: spec.definition.experimentAnnotations has no effect",
            })
    void eachProblemOfAnExperimentIsTold(String part, String replacement, String finding) {
        String experiment = EXPERIMENT.replace(part, replacement);

        // Whether an engine lists it or not.
        for (String yaml : List.of(experiment, ENGINE + "---\n" + experiment)) {
            assertThat(validate(yaml).findings())
                    .map(Finding::toString)
                    .filteredOn(found -> found.contains(finding.replaceAll(" in line .*", "")))
                    .hasSize(1);
        }
    }

    @Test
    void anEnginesImageMendsAnExperimentWithoutOne() {
        String engine = engine("    components: {}", "    components: {experimentImage: mine}");

        Validation validation =
                validate(engine + "---\n" + EXPERIMENT.replace("image: x", "hostPID: false"));

        assertThat(validation.findings()).isEmpty();
    }

    @Test
    void aHostFilesNameIsNoObjectsName() {
        Validation validation =
                validate(
                        EXPERIMENT.replace(
                                "image: x",
                                "image: x\n    hostFileVolumes: [{name: Docker_Sock, mountPath: /s, nodePath: /s}]"));

        assertThat(validation.findings()).isEmpty();
    }

    @Test
    void anExperimentInAnotherNamespaceIsNotTheOneMeant() {
        Validation validation =
                validate(
                        ENGINE.replace("name: e", "{name: e, namespace: a}")
                                        .replace("  annotations: {}\n", "")
                                        .replace("metadata:\n  {", "metadata: {")
                                + "---\n"
                                + EXPERIMENT.replace(
                                        "name: pod-delete}\nspec",
                                        "name: pod-delete, namespace: b}\nspec"));

        assertThat(validation.findings())
                .singleElement()
                .asString()
                .contains(
                        "ChaosExperiment pod-delete is in namespace b, but the engine looks in its own, a");
    }

    @ParameterizedTest
    @ValueSource(strings = {"kind: ChaosEngin", "kind: chaosengine"})
    void aMisspeltKindIsTold(String kind) {
        assertThat(validate(ENGINE.replace("kind: ChaosEngine", kind)).findings())
                .singleElement()
                .asString()
                .endsWith("did you mean 'ChaosEngine'?");
    }

    @Test
    void otherObjectsArePassedOver() {
        Validation validation =
                validate("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: UPPER}\n---\n---\n");

        assertThat(validation.findings()).isEmpty();
        assertThat(validation.objects()).isEmpty();
    }

    @Test
    void objectsBeforeASyntaxErrorAreCheckedAndTheErrorHasItsLine() {
        Validation validation =
                validate(EXPERIMENT.replace("image: x", "hostPID: 1") + "---\na: [1\n");

        assertThat(validation.findings())
                .map(Finding::toString)
                .containsExactly(
                        "f.yaml:5: error: spec.definition.image is empty; set it, or set ChaosEngine /plain: spec.experiments[0].spec.components.experimentImage",
                        "f.yaml:6: error: spec.definition.hostPID must be true or false, but is 1",
                        "f.yaml:12: error: is not YAML: expected ',' or ']', but got <stream end>");
    }

    @Test
    void aKeyWrittenTwiceIsAnError() {
        assertThat(validate("apiVersion: v1\nkind: A\nkind: B\n").findings())
                .singleElement()
                .asString()
                .startsWith("f.yaml:3: error: is not YAML: ")
                .contains("duplicate key kind");
    }

    @Test
    void itemsOfAListAreObjects() {
        String list =
                "apiVersion: v1\nkind: List\nitems:\n- apiVersion: litmuschaos.io/v1alpha1\n"
                        + "  kind: ChaosExperiment\n  metadata: {name: A}\n- 3\n";

        assertThat(validate(list).findings())
                .map(Finding::toString)
                .contains(
                        "f.yaml:6: error: metadata.name: 'A' is no name for Kubernetes; use a-z, 0-9, - and ., with a letter or digit at both ends",
                        "f.yaml:7: error: is no Kubernetes object; expected apiVersion, kind and metadata");
    }

    private static final String SCHEDULE =
            """
            apiVersion: litmuschaos.io/v1alpha1
            kind: ChaosSchedule
            metadata:
              name: monthly
            spec:
              schedule:
                repeat:
                  timeRange: {startTime: "2026-12-01T02:00:00Z"}
                  properties:
                    minChaosInterval: {hour: {everyNthHour: 2}}
              engineTemplateSpec:
                chaosServiceAccount: sa
                experiments:
                  - name: pod-delete
                    spec: {}
            """;

    @Test
    void aSoundScheduleHasNoFinding() {
        Validation validation = validate(SCHEDULE + "---\n" + EXPERIMENT);

        assertThat(validation.findings()).isEmpty();
        assertThat(validation.objects())
                .containsExactly("ChaosExperiment pod-delete", "ChaosSchedule monthly");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{hour: {everyNthHour: 2}}|720h|10: error: spec.schedule.repeat.properties.minChaosInterval: '720h' is no interval; write hour: {everyNthHour: 720}",
                "2026-12-01T02:00:00Z|02:00|8: error: spec.schedule.repeat.timeRange.startTime",
                "    - name: pod-delete|    - nam: pod-delete|14: error: spec.engineTemplateSpec.experiments[0].name is empty",
                "    chaosServiceAccount: sa|    chaosServiceAccount: ${SA}|12: error: spec.engineTemplateSpec.chaosServiceAccount: '${SA}' is no name of a service account",
                "    chaosServiceAccount: sa|    engineSate: active|12: error: spec.engineTemplateSpec.engineSate is no field: the API server refuses it; did you mean 'engineState'?",
                "    schedule:|    shedule:|6: error: spec.shedule: is not read by anybody; did you mean 'schedule'?",
                "  spec:|  scheduleState: x@spec:|error: spec.engineTemplateSpec",
                "name: monthly|name: Monthly|4: error: metadata.name: 'Monthly' is no name",
                "name: monthly|name: monthly@  annotations: {chaosrunner.io/execution: 'strategy: sequentil'}|5: error: chaosrunner.io/execution: strategy:",
                "name: monthly|name: monthly@  annotations: {chaosrunner.io/schedule: 'timeZone: Mars/Phobos'}|error:"
            })
    void eachProblemOfAScheduleIsToldWithItsLine(String part, String written, String finding) {
        String before = part.contains("spec:") ? "" : part.strip();
        String schedule =
                before.isEmpty()
                        ? SCHEDULE.replace("engineTemplateSpec:", "engineTemplateSpc:")
                        : SCHEDULE.replace(before, written.strip().replace("@", "\n"));
        assertThat(schedule).isNotEqualTo(SCHEDULE);

        assertThat(validate(schedule + "---\n" + EXPERIMENT).findings())
                .anySatisfy(found -> assertThat(found.toString()).contains(finding));
    }

    @ParameterizedTest
    @CsvSource({
        "experiments:, engineSate: active\\n    experiments:, engineSate",
        "- name: pod-delete, - name: pod-delete\\n        rnk: 1, rnk",
        "experiments:, components: {runer: {}}\\n    experiments:, runer"
    })
    void oneFaultOfAScheduleIsToldOnce(String part, String written, String field) {
        assertThat(SCHEDULE).contains(part);
        String schedule = SCHEDULE.replace(part, written.replace("\\n", "\n"));

        assertThat(validate(schedule + "---\n" + EXPERIMENT).findings())
                .extracting(Finding::toString)
                .filteredOn(found -> found.contains(field))
                .hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'5'|: '5' is no duration of Go, whose units are ms, s, m and h; write \"5s\"",
                "2sec|write \"2s\"",
                "1d|write \"24h\"",
                "1.5d|write \"36h\"",
                "'1 m'|write \"1m\"",
                "5S|write \"5s\"",
                "soon|write such as \"5s\"",
                "1h30|write such as \"5s\"",
                "P1D|such as",
                "5|must be text, but is 5; put it in quotes: \"5s\"",
                "9999999h|: '9999999h' is longer than Go can hold; write at most \"2562047h\"",
                "2562047h47m16.854775808s|write at most \"2562047h\"",
                "-9999999h|write at most \"2562047h\"",
                "2562048h|write at most \"2562047h\"",
                "1h9223372036s9223372036854775807ns|write at most \"2562047h\"",
                "9223372036854775808ns|write at most \"2562047h\"",
                "99999999999999999999999999999999999s|write at most \"2562047h\"",
                "0.99999999999999999999999h|",
                "2562047h47m16.854775807s|",
                "-2562047h47m16.854775808s|",
                "9223372036854775807ns|",
                "000000000000000000000000000000001h|",
                "200000d|write at most \"2562047h\"",
                "9999999 h|write at most \"2562047h\"",
                "1_000|must be text, but is 1000; put it in quotes: \"1_000\"",
                "5s|",
                "1m30s|",
                "500ms|",
                "'0'|",
                "1.5h|",
                "-1s|",
                "''|"
            },
            quoteCharacter = '`')
    void aDurationOfAProbeIsOneOfGo(String written, String advice) {
        for (String field :
                List.of(
                        "probeTimeout",
                        "interval",
                        "initialDelay",
                        "probePollingInterval",
                        "evaluationTimeout")) {
            String probe =
                    "probe: [{name: p, type: cmdProbe, mode: SOT, cmdProbe/inputs: {command: x, comparator: {type: int, criteria: '>', value: '1'}}, runProperties: {probeTimeout: 1s, interval: 1s, FIELD: VALUE}}]"
                            .replace("1s, FIELD: VALUE", "1s, " + field + ": VALUE")
                            .replace(field + ": 1s, ", "")
                            .replace("VALUE", written);
            List<String> findings = findings(engine("probe: []", probe));
            if (advice == null) {
                assertThat(findings).as(field).isEmpty();
            } else {
                assertThat(findings)
                        .as(field)
                        .singleElement()
                        .asString()
                        .startsWith(
                                "f.yaml:14: error: spec.experiments[0].spec.probe[0].runProperties."
                                        + field)
                        .endsWith(advice.startsWith("such") ? "such as \"5s\"" : advice);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"yes", "on", "y", "No", "OFF", "1e3", "0777", "~"})
    void whatYamlDoesNotReadAsTextIsToldAsItIsWritten(String value) {
        assertThat(
                        findings(
                                engine(
                                        "    components: {}",
                                        "    components: {env: [{name: A, value: "
                                                + value
                                                + "}]}")))
                .singleElement()
                .asString()
                .matches(
                        value.equals("~")
                                ? ".* has no value; give it one or remove the line"
                                : ".* must be text, but is .*; put it in quotes: \""
                                        + value
                                        + "\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"${CHAOS_SA}", "Litmus", "a_b", "a b", "-a", "a.", "{{sa}}"})
    void anAccountThatNobodyCanHaveIsAnError(String name) {
        assertThat(
                        findings(
                                engine(
                                        "chaosServiceAccount: sa",
                                        "chaosServiceAccount: '" + name + "'")))
                .singleElement()
                .asString()
                .startsWith(
                        "f.yaml:7: error: spec.chaosServiceAccount: '"
                                + name
                                + "' is no name of a service account");
    }

    @Test
    void experimentsOfTheClusterAreOneWarning() {
        assertThat(
                        validate(
                                        engine(
                                                "    - name: pod-delete",
                                                "    - name: disk-fill\n    - name: pod-cpu\n    - name: disk-fill\n    - name: pod-delete"))
                                .findings())
                .singleElement()
                .asString()
                .isEqualTo(
                        "f.yaml:11: warning: spec.experiments[0].name: ChaosExperiments disk-fill,"
                                + " pod-cpu, pod-delete are in none of the files; they must be in"
                                + " the engine's namespace");
    }

    @Test
    void allProblemsAreToldEvenWhereTheStrategyIsUnknown() {
        List<String> findings =
                findings(
                        engine(
                                "annotations: {}\n",
                                "annotations:\n    chaosrunner.io/execution: |\n      strategy: parallell\n      maxParallel: 0\n      deadlin: 5m\n      retries: x\n"));

        assertThat(String.join("\n", findings))
                .contains("strategy: ", "maxParallel: '0'", "deadlin", "retries: 'x'");
    }

    @Test
    void anEngineThatIsStoppedAndHasAScheduleIsAsTheScheduleWantsIt() {
        String stopped = ENGINE.replace("sa\n", "sa\n  engineState: stop\n");
        assertThat(stopped).contains("engineState: stop");

        assertThat(findings(stopped)).anyMatch(found -> found.contains("spec.engineState is stop"));
        assertThat(
                        findings(
                                stopped.replace(
                                        "annotations: {}",
                                        "annotations: {chaosrunner.io/schedule: 'every: 1h'}")))
                .noneMatch(found -> found.contains("spec.engineState"));
    }

    @Test
    void anObjectDefinedTwiceIsAnError() {
        Validation validation = validate(EXPERIMENT, EXPERIMENT);

        assertThat(validation.findings())
                .singleElement()
                .asString()
                .contains("ChaosExperiment pod-delete is in f.yaml:1 already");
        assertThat(validation.count(Severity.ERROR)).isEqualTo(1);
    }
}
