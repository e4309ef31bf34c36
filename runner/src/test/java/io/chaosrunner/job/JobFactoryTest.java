package io.chaosrunner.job;

import static io.chaosrunner.resolve.Manifests.UID;
import static io.chaosrunner.resolve.Manifests.each;
import static io.chaosrunner.resolve.Manifests.engineWithComponents;
import static io.chaosrunner.resolve.Manifests.experiment;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chaosrunner.crd.Engine;
import io.chaosrunner.crd.Experiment;
import io.chaosrunner.model.ExecutionId;
import io.chaosrunner.model.ExperimentSpec;
import io.chaosrunner.model.RunId;
import io.chaosrunner.resolve.ExperimentResolver;
import io.chaosrunner.resolve.Resolution.Resolved;
import io.chaosrunner.resolve.RunnerEnvironment;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

class JobFactoryTest {
    private static final RunId RUN = new RunId(1, "k3f9a2");
    private static final ExecutionId EXECUTION = new ExecutionId(UID, RUN.id(), 0, 1, 1);
    private static final Launch LAUNCH =
            new Launch(Instant.parse("2026-03-01T12:00:00Z"), 1, "", "");

    @Test
    @DisplayName("The same execution gives the same Job; a salt changes its names only")
    void deterministic() {
        ExperimentSpec spec = spec(engineWithComponents("{}"), experiment());

        ObjectNode first = job(spec, null, 0);
        assertThat(job(spec, null, 0)).isEqualTo(first);
        ObjectNode salted = job(spec, null, 1);
        String name = first.at("/metadata/name").asString();
        String saltedName = salted.at("/metadata/name").asString();
        assertThat(salted.toString().replace(saltedName, name)).isEqualTo(first.toString());
    }

    @Test
    @DisplayName("A Job can be changed without changing engine or ChaosExperiment")
    void sharesNothing() {
        Engine engine =
                engineWithComponents(
                        """
                        env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: k}}}]
                        resources: {limits: {cpu: 1m}}
                        tolerations: [{key: a}]
                        nodeSelector: {a: b}
                        experimentImagePullSecrets: [{name: s}]
                        """);
        Experiment experiment =
                experiment(
                        """
                        securityContext:
                          podSecurityContext: {sysctls: [{name: a, value: b}]}
                          containerSecurityContext: {capabilities: {add: [A]}}
                        """);
        String engineBefore = engine.json().toString();
        String experimentBefore = experiment.json().toString();

        empty(job(spec(engine, experiment), null, 0));

        assertThat(engine.json()).hasToString(engineBefore);
        assertThat(experiment.json()).hasToString(experimentBefore);
    }

    @ParameterizedTest
    @CsvSource({"PT10M, 630", "PT1S, 31", "PT1.001S, 32", "PT0.001S, 31"})
    @DisplayName("The Job's deadline is half a minute behind the runner's, in whole seconds")
    void deadline(Duration timeout, long seconds) {
        ExperimentSpec spec = spec(engineWithComponents("{}"), experiment());

        assertThat(job(spec, timeout, 0).at("/spec/activeDeadlineSeconds").asLong())
                .isEqualTo(seconds);
        assertThat(job(spec, null, 0).path("spec").has("activeDeadlineSeconds")).isFalse();
    }

    @Test
    @DisplayName("An execution of another run is a bug of the caller")
    void foreignRun() {
        ExperimentSpec spec = spec(engineWithComponents("{}"), experiment());
        var foreign = new ExecutionId(UID, "other", 0, 1, 1);

        assertThatThrownBy(() -> new JobFactory(RUN, "dag", null).job(spec, foreign, LAUNCH, 0))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    @DisplayName("Volumes of one wished name are told apart by what they hold")
    void volumeNames() {
        Experiment experiment =
                experiment(
                        """
                        configMaps: [{name: v, mountPath: /1}, {name: v, mountPath: /2}]
                        secrets: [{name: v, mountPath: /3}]
                        hostFileVolumes:
                        - {name: v, mountPath: /4, nodePath: /a}
                        - {name: v, mountPath: /5, nodePath: /b}
                        - {name: v, mountPath: /6, nodePath: /b}
                        - {name: UPPER_case.name, mountPath: /7, nodePath: /c}
                        - {name: '..', mountPath: /8, nodePath: /d}
                        """);
        JsonNode pod =
                job(spec(engineWithComponents("{}"), experiment), null, 0)
                        .at("/spec/template/spec");

        List<String> names = each(pod.path("volumes"), "name");
        assertThat(names)
                .hasSize(6)
                .doesNotHaveDuplicates()
                .allMatch(name -> name.matches("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"))
                .startsWith("v");
        List<String> mounted = each(pod.at("/containers/0/volumeMounts"), "name");
        assertThat(mounted)
                .containsExactly(
                        names.get(0),
                        names.get(0),
                        names.get(1),
                        names.get(2),
                        names.get(3),
                        names.get(3),
                        names.get(4),
                        names.get(5));
    }

    private static void empty(JsonNode node) {
        node.forEach(JobFactoryTest::empty);
        switch (node) {
            case ObjectNode object -> object.removeAll();
            case ArrayNode array -> array.removeAll();
            default -> {
                // Values cannot be changed.
            }
        }
    }

    private static ObjectNode job(ExperimentSpec spec, @Nullable Duration timeout, int salt) {
        return new JobFactory(RUN, "sequential", timeout).job(spec, EXECUTION, LAUNCH, salt);
    }

    private static ExperimentSpec spec(Engine engine, Experiment experiment) {
        var resolution =
                ExperimentResolver.resolve(engine, 0, experiment, RunnerEnvironment.of(engine));
        return ((Resolved) resolution).spec();
    }
}
