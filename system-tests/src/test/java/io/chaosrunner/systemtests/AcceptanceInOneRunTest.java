package io.chaosrunner.systemtests;

import static io.chaosrunner.systemtests.Stage.ENGINE;
import static io.chaosrunner.systemtests.Stage.RUNNER;
import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import io.chaosrunner.sandbox.Scenario;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/**
 * One engine that lists an experiment for everything that can go well or wrong with one, run at
 * once; what each becomes is looked at afterwards. The numbers are those of the acceptance list.
 */
@NeedsControlPlane
@Timeout(600)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AcceptanceInOneRunTest {

    private static final String LONG_NAME =
            "an-experiment-" + "of-a-long-name-".repeat(4) + "indeed";
    private static final String PODS_REMOVED = "ExperimentPodsRemoved";
    private static final Map<String, Object> NOTHING = Map.of();

    private final Stage stage;
    private final EngineManifest engine;
    private final String uid;

    AcceptanceInOneRunTest(ControlPlane controlPlane) {
        stage = new Stage(controlPlane);
        engine =
                stage.namespace
                        .newEngine(ENGINE)
                        .account(stage.namespace.powerful())
                        .annotation("chaosrunner.io/execution", "strategy: parallel");
        plays("passes", "verdict=Pass after=1s");
        plays("fails", "verdict=Fail after=100ms");
        plays("errs", "verdict=Error after=100ms");
        plays("says-stopped", "verdict=Stopped after=100ms");
        plays("meshed", "verdict=Pass after=100ms sidecar");
        plays("crashes", "crash after=100ms");
        plays("crashes-after-its-verdict", "crash after=6s");
        plays("stays-pending", "pending=10m", Map.of("statusCheckTimeouts", Map.of("timeout", 2)));
        plays("no-result", "no-result after=100ms");
        plays("late-result", "verdict=Fail late-result=2s after=100ms");
        plays("stale-result", "stale-result after=100ms");
        plays("unfinished-result", "unfinished-result after=100ms");
        engine.experiment("not-there");
        plays("no-path", NOTHING, Map.of("configMaps", List.of(Map.of("name", "settings"))));
        plays("no-name", NOTHING, Map.of("configMaps", List.of(Map.of("mountPath", "/etc/x"))));
        plays("no-config", NOTHING, Map.of("configMaps", List.of(mount("no-such-config"))));
        plays("no-secret", NOTHING, Map.of("secrets", List.of(mount("no-such-secret"))));
        plays("no-command", Map.of("command", List.of()), NOTHING);
        plays("no-args", Map.of("args", List.of()), NOTHING);
        plays("no-labels", Map.of("labels", Map.of()), scenario("after=100ms"));
        plays(LONG_NAME, Map.of("labels", Map.of("name", "long")), scenario("after=100ms"));
        plays("twice", "verdict=Pass after=100ms");
        engine.experiment("twice", "verdict=Fail after=100ms");
        staleResult();
        engine.create();
        uid = stage.uid();

        RunnerPod runner = RunnerPod.create(stage.namespace, ENGINE);
        writeAVerdictBeforeTheCrash();
        runner.awaitCompletion(stage.kubelet);
    }

    @AfterAll
    void close() {
        stage.close();
    }

    private void plays(String experiment, String scenario) {
        plays(experiment, scenario, NOTHING);
    }

    private void plays(String experiment, String scenario, Map<String, Object> components) {
        var all = new HashMap<>(components);
        all.putAll(scenario(scenario));
        plays(experiment, NOTHING, all);
    }

    private void plays(
            String experiment, Map<String, Object> definition, Map<String, Object> components) {
        stage.namespace.experiment(experiment, definition);
        engine.experiment(experiment, components);
    }

    private static Map<String, Object> scenario(String scenario) {
        return Map.of("experimentAnnotations", Map.of(Scenario.ANNOTATION, scenario));
    }

    private static Map<String, Object> mount(String object) {
        return Map.of("name", object, "mountPath", "/etc/" + object);
    }

    /** The verdict of a run that nobody remembers. */
    private void staleResult() {
        GenericKubernetesResource result = Litmus.object("ChaosResult", ENGINE + "-stale-result");
        result.setAdditionalProperty(
                "status",
                Map.of("experimentStatus", Map.of("phase", "Completed", "verdict", "Pass")));
        Litmus.results(stage.namespace.admin(), stage.namespace.name()).create(result);
    }

    private void writeAVerdictBeforeTheCrash() {
        var result =
                Litmus.results(stage.namespace.admin(), stage.namespace.name())
                        .named(ENGINE + "-crashes-after-its-verdict");
        stage.eventually("its result", () -> result.get() != null);
        result.edit(found -> {
            found.setAdditionalProperty(
                    "status",
                    Map.of("experimentStatus", Map.of("phase", "Completed", "verdict", "Fail")));
            return found;
        });
    }

    @Test
    @DisplayName("1: before anything runs each has an entry that waits, in the list's order")
    void entriesBeforeTheStart() {
        JsonNode first =
                stage.namespace
                        .admin()
                        .getKubernetesSerialization()
                        .unmarshal(
                                stage.proxy.calls("patch", "chaosengines").getFirst().body(),
                                JsonNode.class);
        List<Map<String, String>> now = stage.namespace.entries(ENGINE);
        JsonNode then = first.at("/status/experiments");
        assertThat(then.size()).isEqualTo(now.size());
        for (int slot = 0; slot < then.size(); slot++) {
            JsonNode entry = then.get(slot);
            assertThat(entry.path("name").asString()).isEqualTo(now.get(slot).get("name"));
            assertThat(entry.path("runner").asString()).isEqualTo(RUNNER);
            assertThat(entry.path("experimentPod").asString()).isEqualTo("Yet to be launched");
            assertThat(entry.path("status").asString()).isEqualTo("Waiting for Job Creation");
            assertThat(entry.path("verdict").asString()).isEqualTo("N/A");
        }
        assertThat(now).extracting(entry -> entry.get("name")).startsWith("passes", "fails");
        assertThat(now).extracting(entry -> entry.get("name")).endsWith("twice", "twice");
    }

    @ParameterizedTest
    @CsvSource({"passes, Pass", "fails, Fail", "errs, Error", "says-stopped, Stopped"})
    @DisplayName("31, 32: the result's verdict stands in the entry as it is, with the pod's name")
    void verdicts(String experiment, String verdict) {
        assertThat(stage.entry(experiment))
                .containsEntry("status", "Completed")
                .containsEntry("verdict", verdict)
                .containsEntry("runner", RUNNER)
                .containsEntry("experimentPod", pod(experiment).getMetadata().getName());
        assertThat(stage.entry(experiment).get("lastUpdateTime"))
                .matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ");
    }

    @Test
    @DisplayName("34: a mesh proxy that goes on does not keep the experiment from its end")
    void meshSidecar() {
        assertThat(stage.entry("meshed"))
                .containsEntry("status", "Completed")
                .containsEntry("verdict", "Pass");
        assertThat(pod("meshed").getStatus().getPhase()).isEqualTo("Running");
    }

    @Test
    @DisplayName(
            "35: a failed pod without a verdict is Skipped and keeps its Job; the event says why")
    void crashed() {
        assertSkipped("crashes", "ChaosContainerWatchNotPermitted");
        assertThat(job("crashes")).isPresent();
        assertThat(warning("crashes").getMessage()).contains("exit code 1");
    }

    @Test
    @DisplayName("35, differs: a failed pod that wrote its verdict has that verdict")
    void crashedAfterItsVerdict() {
        assertThat(stage.entry("crashes-after-its-verdict"))
                .containsEntry("status", "Completed")
                .containsEntry("verdict", "Fail");
        assertThat(job("crashes-after-its-verdict").orElseThrow().getStatus().getFailed())
                .as("not run again behind the runner's back")
                .isEqualTo(1);
    }

    @Test
    @DisplayName("36, differs: pending beyond the limit is Skipped, and its Job cannot start later")
    void stayedPending() {
        assertSkipped("stays-pending", "ChaosContainerWatchNotPermitted");
        assertThat(job("stays-pending")).isEmpty();
        assertThat(warning("stays-pending").getMessage()).contains("2s");
        assertThat(stage.events("stays-pending"))
                .filteredOn(event -> event.getReason().equals(PODS_REMOVED))
                .singleElement()
                .extracting(Event::getMessage, as(STRING))
                .contains("stays-pending-");
    }

    @ParameterizedTest
    @ValueSource(strings = {"no-result", "stale-result", "unfinished-result"})
    @DisplayName("40, differs: without a verdict of this run it is an Error, told by an event")
    void noVerdict(String experiment) {
        assertThat(stage.entry(experiment))
                .containsEntry("status", "Completed")
                .containsEntry("verdict", "Error");
        assertThat(warning(experiment).getReason()).isEqualTo("ChaosResultMissing");
        assertThat(warning(experiment).getMessage()).contains(ENGINE + "-" + experiment);
        assertThat(reasons(experiment)).endsWith("ExperimentJobCleanUp");
    }

    @Test
    @DisplayName("40, differs: a result that comes late is waited for")
    void lateResult() {
        assertThat(stage.entry("late-result"))
                .containsEntry("status", "Completed")
                .containsEntry("verdict", "Fail");
        assertThat(stage.events("late-result")).extracting(Event::getType).containsOnly("Normal");
    }

    @Test
    @DisplayName("29: a ChaosExperiment that is not there fails alone")
    void notThere() {
        assertThat(stage.entry("not-there"))
                .containsEntry("status", "ChaosExperiment Not Found")
                .containsEntry("experimentPod", "N/A")
                .containsEntry("verdict", "Fail");
        assertThat(warning("not-there").getReason()).isEqualTo("ExperimentNotFound");
        assertThat(warning("not-there").getMessage())
                .startsWith("Experiment Job creation failed, skipping Chaos Experiment: not-there");
        assertThat(job("not-there")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"no-path, mountPath", "no-name, name"})
    @DisplayName("25: a ConfigMap without mountPath or name skips its experiment alone")
    void incompleteMount(String experiment, String named) {
        assertSkipped(experiment, "ExperimentDependencyCheck");
        assertThat(warning(experiment).getMessage()).contains(named);
        assertThat(job(experiment)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"no-config, ConfigMap, no-such-config", "no-secret, Secret, no-such-secret"})
    @DisplayName("26: a ConfigMap or Secret that is not there skips its experiment alone")
    void missingObject(String experiment, String kind, String name) {
        assertSkipped(experiment, "ExperimentDependencyCheck");
        assertThat(warning(experiment).getMessage())
                .contains(kind + " " + stage.namespace.name() + "/" + name + " not found");
        assertThat(job(experiment)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"no-command, command", "no-args, args"})
    @DisplayName("An experiment without command or args is skipped alone, and the event says so")
    void incompleteDefinition(String experiment, String named) {
        assertThat(stage.entry(experiment))
                .containsEntry("status", "Skipped")
                .containsEntry("verdict", "Fail");
        assertThat(warning(experiment).getMessage()).contains("spec.definition." + named);
        assertThat(job(experiment)).isEmpty();
    }

    @Test
    @DisplayName("4, differs: an experiment without labels runs")
    void noLabels() {
        assertThat(stage.entry("no-labels")).containsEntry("verdict", "Pass");
        assertThat(job("no-labels").orElseThrow().getMetadata().getLabels())
                .containsEntry("chaosUID", uid);
    }

    @Test
    @DisplayName("3, differs: a name that is too long for a Job is shortened")
    void longName() {
        assertThat(LONG_NAME).hasSizeGreaterThan(63);
        assertThat(stage.entry(LONG_NAME)).containsEntry("verdict", "Pass");
        assertThat(job(LONG_NAME).orElseThrow().getMetadata().getName())
                .matches("an-experiment-[a-z0-9-]+-[a-z0-9]{6}")
                .hasSizeLessThanOrEqualTo(63);
    }

    @Test
    @DisplayName("23, differs: an experiment listed twice has two entries and two results")
    void listedTwice() {
        assertThat(stage.entries())
                .filteredOn(entry -> entry.startsWith("twice "))
                .containsExactly("twice Completed Pass", "twice Completed Fail");
        assertThat(
                        Litmus.results(stage.namespace.admin(), stage.namespace.name())
                                .all()
                                .list()
                                .getItems())
                .extracting(result -> result.getMetadata().getName())
                .filteredOn(name -> name.startsWith(ENGINE + "-twice"))
                .hasSize(2);
    }

    @Test
    @DisplayName("45: success emits three Normal events in their order")
    void eventsOfSuccess() {
        String job = job("passes").orElseThrow().getMetadata().getName();
        assertThat(stage.events("passes"))
                .extracting(Event::getReason, Event::getType, Event::getCount, Event::getMessage)
                .containsExactly(
                        tuple(
                                "ExperimentDependencyCheck",
                                "Normal",
                                1,
                                "Experiment resources validated for Chaos Experiment: passes"),
                        tuple(
                                "ExperimentJobCreate",
                                "Normal",
                                1,
                                "Experiment Job %s for Chaos Experiment: passes".formatted(job)),
                        tuple(
                                "ExperimentJobCleanUp",
                                "Normal",
                                1,
                                "Experiment Job %s will be retained".formatted(job)));
    }

    @Test
    @DisplayName("44: events are about the engine, and their source is the runner")
    void eventsAreAboutTheEngine() {
        assertThat(stage.events("passes"))
                .hasSize(3)
                .allSatisfy(event -> {
                    assertThat(event.getMetadata().getName())
                            .isEqualTo(event.getReason() + "passes" + uid);
                    assertThat(event.getSource().getComponent()).isEqualTo(RUNNER);
                    var about = event.getInvolvedObject();
                    assertThat(about.getApiVersion()).isEqualTo("litmuschaos.io/v1alpha1");
                    assertThat(about.getKind()).isEqualTo("ChaosEngine");
                    assertThat(about.getName()).isEqualTo(ENGINE);
                    assertThat(about.getNamespace()).isEqualTo(stage.namespace.name());
                    assertThat(about.getUid()).isEqualTo(uid);
                });
    }

    @Test
    @DisplayName("42: without a policy Jobs stay, but for the one that must not start any more")
    void retained() {
        assertThat(job("passes")).isPresent();
        assertThat(job("crashes")).isPresent();
        assertThat(job("no-result")).isPresent();
    }

    @Test
    @DisplayName("15: Jobs are never restarted, use the engine's account, and the engine owns them")
    void jobs() {
        assertThat(stage.namespace.jobs())
                .hasSizeGreaterThan(10)
                .allSatisfy(job -> {
                    var spec = job.getSpec().getTemplate().getSpec();
                    assertThat(spec.getRestartPolicy()).isEqualTo("Never");
                    assertThat(spec.getServiceAccountName()).isEqualTo("powerful");
                    assertThat(job.getSpec().getBackoffLimit()).isZero();
                    assertThat(job.getMetadata().getOwnerReferences())
                            .extracting(
                                    owner -> owner.getUid(), owner -> owner.getBlockOwnerDeletion())
                            .containsExactly(tuple(uid, false));
                });
    }

    @Test
    @DisplayName("Whatever went wrong, nothing waits any more and the runner says no stack trace")
    void nothingWaits() {
        assertThat(stage.namespace.entries(ENGINE))
                .extracting(entry -> entry.get("status"))
                .doesNotContain("Running", "Waiting for Job Creation");
        assertThat(stage.claim().state()).isEqualTo("finished");
        assertThat(stage.kubelet.runner(RUNNER).exitCodes()).containsExactly(0);
        assertThat(stage.story()).doesNotContain("\tat ");
    }

    private void assertSkipped(String experiment, String reason) {
        assertThat(stage.entry(experiment))
                .containsEntry("status", "Skipped")
                .containsEntry("experimentPod", "N/A")
                .containsEntry("verdict", "Fail");
        assertThat(warning(experiment).getReason()).isEqualTo(reason);
    }

    /** The one warning, beside that of what was removed. */
    private Event warning(String experiment) {
        List<Event> warnings =
                stage.events(experiment).stream()
                        .filter(event -> event.getType().equals("Warning"))
                        .filter(event -> !event.getReason().equals(PODS_REMOVED))
                        .toList();
        assertThat(warnings).hasSize(1);
        return warnings.getFirst();
    }

    private List<String> reasons(String experiment) {
        return stage.events(experiment).stream().map(Event::getReason).toList();
    }

    private Optional<Job> job(String experiment) {
        return stage.namespace.jobs().stream()
                .filter(job ->
                        job
                                .getSpec()
                                .getTemplate()
                                .getSpec()
                                .getContainers()
                                .getFirst()
                                .getEnv()
                                .stream()
                                .anyMatch(variable ->
                                        variable.getName().equals("EXPERIMENT_NAME")
                                                && experiment.equals(variable.getValue())))
                .findFirst();
    }

    private Pod pod(String experiment) {
        String job = job(experiment).orElseThrow().getMetadata().getName();
        return stage.namespace.pods("job-name", job).getFirst();
    }
}
