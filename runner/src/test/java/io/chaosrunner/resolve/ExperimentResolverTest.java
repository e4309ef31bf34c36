package io.chaosrunner.resolve;

import static io.chaosrunner.resolve.Manifests.engine;
import static io.chaosrunner.resolve.Manifests.engineWithComponents;
import static io.chaosrunner.resolve.Manifests.experiment;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chaosrunner.crd.Engine;
import io.chaosrunner.crd.Experiment;
import io.chaosrunner.resolve.Resolution.Invalid;
import io.chaosrunner.resolve.Resolution.NotFound;
import io.chaosrunner.resolve.Resolution.Resolved;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.ObjectNode;

class ExperimentResolverTest {
    @Test
    @DisplayName("29: a ChaosExperiment that does not exist is named, with what to do")
    void notFound() {
        Resolution resolution =
                ExperimentResolver.resolve(engine(), 0, null, RunnerEnvironment.of(engine()));

        assertThat(resolution)
                .isEqualTo(
                        new NotFound(
                                "ChaosExperiment n/pod-delete not found, listed as spec.experiments[0] of ChaosEngine n/e; install it or remove it from the list"));
    }

    @Test
    @DisplayName("A slot the engine does not have is a bug of the caller")
    void noSuchSlot() {
        assertThatThrownBy(() ->
                        ExperimentResolver.resolve(
                                engine(), 1, experiment(), RunnerEnvironment.of(engine())))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    @DisplayName("Neither engine nor ChaosExperiment is changed")
    void sourcesUnchanged() {
        Engine engine = engineWithComponents("{env: [{name: A, value: a}], resources: {}}");
        Experiment experiment = experiment("env: [{name: A, value: b}]");
        ObjectNode engineBefore = engine.json().deepCopy();
        var experimentBefore = experiment.json().deepCopy();

        resolve(engine, experiment);

        assertThat(engine.json()).isEqualTo(engineBefore);
        assertThat(experiment.json()).isEqualTo(experimentBefore);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text",
                "[]",
                "{env: text, configMaps: text, secrets: {a: b}}",
                "{env: {a: b}, experimentAnnotations: [a], statusCheckTimeouts: [1]}",
                "{env: [null, [a]], configMaps: [null, text], statusCheckTimeouts: {delay: soon}}",
                "{experimentImage: [a], experimentAnnotations: {a: null, b: 1, c: {}}}"
            })
    @DisplayName("Nothing in an engine or a ChaosExperiment is too odd to be read")
    void total(String odd) {
        Engine engine =
                engine(
                        """
                        metadata: {annotations: {sidecar/enabled: 'true'}}
                        spec:
                          components: {sidecar: [%1$s, {image: i, env: %1$s, envFrom: %1$s}]}
                          selectors: %1$s
                          appinfo: %1$s
                          defaultHealthCheck: %1$s
                          terminationGracePeriodSeconds: %1$s
                          experiments: [{name: pod-delete, spec: {components: %1$s}}]
                        """
                                .formatted(odd));
        Experiment experiment =
                experiment(
                        """
                        labels: %1$s
                        env: %1$s
                        args: %1$s
                        securityContext: %1$s
                        hostPID: %1$s
                        hostFileVolumes: %1$s
                        """
                                .formatted(odd));

        assertThat(resolve(engine, experiment)).isInstanceOf(Invalid.class);
    }

    @Nested
    class Problems {
        @Test
        @DisplayName("All problems are told at once, under the reason of the first check")
        void allAtOnce() {
            Engine engine =
                    engine(
                            """
                            metadata: {annotations: {sidecar/enabled: 'true'}}
                            spec:
                              chaosServiceAccount: ''
                              components: {sidecar: [{secrets: [{name: s}]}]}
                              experiments:
                              - name: pod-delete
                                spec:
                                  components:
                                    env: [{value: x}]
                                    statusCheckTimeouts: {delay: -1}
                                    configMaps: [{name: c}]
                            """);
            Experiment experiment =
                    experiment(
                            """
                            image: ''
                            command: []
                            args: null
                            hostFileVolumes: [{name: h}]
                            """);

            Invalid invalid = (Invalid) resolve(engine, experiment);

            assertThat(invalid.reason()).isEqualTo("EnvParseError");
            String entry = "ChaosEngine n/e: spec.experiments[0].spec.components.";
            String definition = "ChaosExperiment n/pod-delete: spec.definition.";
            String sidecar = "ChaosEngine n/e: spec.components.sidecar[0].";
            assertThat(invalid.problems())
                    .map(FieldProblem::toString)
                    .containsExactly(
                            entry
                                    + "statusCheckTimeouts.delay is -1; give a number of seconds above 0",
                            entry + "env[0].name is empty; name the variable",
                            sidecar + "image is empty; name an image",
                            sidecar
                                    + "secrets[0].mountPath is empty (s); fill it in or remove the entry",
                            definition
                                    + "image is empty; set it, or set "
                                    + entry
                                    + "experimentImage",
                            definition
                                    + "command is empty; Litmus experiments need both command and args, say command: [/bin/bash] and args: [-c, ./experiments -name pod-delete]",
                            definition
                                    + "args is empty; Litmus experiments need both command and args, say command: [/bin/bash] and args: [-c, ./experiments -name pod-delete]",
                            "ChaosEngine n/e: spec.chaosServiceAccount is empty (CHAOS_SVC_ACC); name the service account of the experiments",
                            entry
                                    + "configMaps[0].mountPath is empty (c); fill it in or remove the entry",
                            definition
                                    + "hostFileVolumes[0].mountPath is empty (h); fill it in or remove the entry",
                            definition
                                    + "hostFileVolumes[0].nodePath is empty (h); fill it in or remove the entry");
        }

        @ParameterizedTest
        @ValueSource(strings = {"image: ''", "command: null", "command: []", "args: null"})
        @DisplayName("Without image, command or args Litmus launches nothing either")
        void mandatory(String piece) {
            Invalid invalid = (Invalid) resolve(engine(), experiment(piece));

            assertThat(invalid.reason()).isEqualTo("ExperimentDependencyCheck");
            assertThat(invalid.problems()).hasSize(1);
        }

        @Test
        @DisplayName("A ChaosExperiment without a definition is a list of problems, not a crash")
        void noDefinition() {
            var empty = new Experiment(Manifests.yaml("metadata: {name: pod-delete}"));

            assertThat(((Invalid) resolve(engine(), empty)).problems()).hasSize(3);
        }
    }

    @Nested
    class Warnings {
        @ParameterizedTest
        @DisplayName("An INSTANCE_ID that leads to no ChaosResult is told")
        @CsvSource(
                quoteCharacter = '"',
                value = {
                    "\"value: I1\", refuses",
                    "\"value: a_b\", refuses",
                    "\"value: $(CHAOS_UID)\", refers to another variable",
                    "\"valueFrom: {fieldRef: {fieldPath: metadata.name}}\", no literal value"
                })
        void instanceId(String value, String warning) {
            Engine engine = engineWithComponents("env: [{name: INSTANCE_ID, %s}]".formatted(value));

            assertThat(((Resolved) resolve(engine, experiment())).warnings())
                    .singleElement()
                    .asString()
                    .contains(warning);
        }

        @Test
        @DisplayName("An INSTANCE_ID without a literal is replaced where there must be one")
        void replaced() {
            Engine engine =
                    engine(
                            """
                            spec:
                              experiments:
                              - name: pod-delete
                                spec:
                                  components:
                                    env:
                                    - name: INSTANCE_ID
                                      valueFrom: {fieldRef: {fieldPath: metadata.name}}
                              - {name: pod-delete}
                            """);

            Resolved resolved = (Resolved) resolve(engine, experiment());

            assertThat(resolved.spec().resultName()).isEqualTo("e-pod-delete-s0");
            assertThat(resolved.warnings())
                    .singleElement()
                    .asString()
                    .contains("INSTANCE_ID has no literal value and is replaced");
        }

        @Test
        @DisplayName("Usually there is none")
        void none() {
            assertThat(((Resolved) resolve(engine(), experiment())).warnings()).isEmpty();
        }
    }

    private static Resolution resolve(Engine engine, Experiment experiment) {
        return ExperimentResolver.resolve(engine, 0, experiment, RunnerEnvironment.of(engine));
    }
}
