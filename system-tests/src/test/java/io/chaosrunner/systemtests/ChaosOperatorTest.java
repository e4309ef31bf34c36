package io.chaosrunner.systemtests;

import static io.chaosrunner.systemtests.Stage.ENGINE;
import static io.chaosrunner.systemtests.Stage.RUNNER;
import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.systemtests.ApiProxy.Call;
import io.chaosrunner.systemtests.ApiProxy.Fault;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The runner as a process under an operator that nobody has changed for it. */
@NeedsControlPlane
@Timeout(600)
@Execution(ExecutionMode.CONCURRENT)
class ChaosOperatorTest {

    private static final int RESTARTS = 3;

    private final Stage stage;

    ChaosOperatorTest(ControlPlane controlPlane) {
        stage = new Stage(controlPlane);
        stage.operate();
        stage.namespace.experiment("pod-delete");
        stage.namespace.experiment("pod-cpu-hog");
    }

    /** One of both, by turns; both with {@code -Pexhaustive}. */
    static List<String> policies() {
        List<String> all = List.of("retain", "delete");
        return Boolean.getBoolean("exhaustive")
                ? all
                : List.of(all.get(Math.floorMod(Integer.getInteger("rotation", 0), 2)));
    }

    @AfterEach
    void close() {
        stage.close();
    }

    @Test
    @DisplayName("57: runner and Job appear, the engine completes; active again and stop end it")
    void fromActiveToStopped() {
        stage.engine()
                .experiment("pod-delete", "after=1s")
                .experiment("pod-cpu-hog", "hang")
                .create();

        stage.eventually(
                "the Job",
                () -> stage.namespace.jobs().stream().anyMatch(ChaosOperatorTest::isPodDelete));
        assertThat(stage.engineStatus()).isEqualTo("initialized");
        assertThat(runner().getStatus().getPhase()).isEqualTo("Running");
        stage.eventually(
                "the second", () -> stage.entries().contains("pod-cpu-hog Running Awaited"));
        stage.patch("{\"spec\":{\"engineState\":\"stop\"}}");
        awaitStatus("stopped");

        assertThat(stage.podNames()).isEmpty();
        assertThat(stage.entries())
                .containsExactly(
                        "pod-delete Completed Pass", "pod-cpu-hog Forcefully Aborted Stopped");
        assertThat(stage.operatorsEvents())
                .containsExactly("ChaosEngineInitialized", "ChaosEngineStopped");
    }

    @ParameterizedTest
    @MethodSource("policies")
    @DisplayName("44, 57: restarted three times after completion, every run is a run of its own")
    void restartedAfterCompletion(String policy) {
        stage.engine()
                .cleanUp(policy)
                .experiment(
                        "pod-delete",
                        "verdict=Pass after=200ms then verdict=Fail after=200ms then verdict=Error"
                                + " after=200ms then verdict=Pass after=200ms")
                .experiment("pod-cpu-hog", "after=100ms helper")
                .create();
        var runs = new ArrayList<Stage.Claim>();
        var verdicts = new ArrayList<String>();

        for (int restart = 0; ; restart++) {
            awaitStatus("completed");
            runs.add(stage.claim());
            assertThat(stage.entries()).last().isEqualTo("pod-cpu-hog Completed Pass");
            verdicts.add(stage.entries().getFirst());
            assertThat(stage.createdJobs()).hasSize(2 * runs.size());
            if (restart == RESTARTS) {
                break;
            }
            stage.patch("{\"spec\":{\"engineState\":\"active\"}}");
            awaitRun(runs.size() + 1);
        }

        assertThat(verdicts)
                .as("no verdict of an earlier run, nothing skipped")
                .containsExactly(
                        "pod-delete Completed Pass",
                        "pod-delete Completed Fail",
                        "pod-delete Completed Error",
                        "pod-delete Completed Pass");
        assertThat(runs).extracting(Stage.Claim::number).containsExactly(1L, 2L, 3L, 4L);
        assertThat(runs).extracting(Stage.Claim::state).containsOnly("finished");
        assertDistinct(runs);
        assertThat(stage.operatorsEvents())
                .filteredOn("ChaosEngineCompleted"::equals)
                .hasSize(RESTARTS + 1);
        assertThat(stage.events("pod-delete"))
                .filteredOn(event -> event.getReason().equals("ExperimentJobCreate"))
                .as("one event, that counts")
                .singleElement()
                .satisfies(event -> {
                    assertThat(event.getCount()).isEqualTo(RESTARTS + 1);
                    assertThat(event.getMessage())
                            .matches("Experiment Job pod-delete-[a-z0-9]{6} for .*: pod-delete");
                });
        if (policy.equals("delete")) {
            stage.eventually("the end of all pods", () -> stage.podNames().isEmpty());
            assertThat(stage.namespace.jobs()).isEmpty();
        } else {
            assertThat(stage.namespace.jobs()).as("those of the last run").hasSize(2);
        }
    }

    @ParameterizedTest
    @MethodSource("policies")
    @DisplayName("53, 57: restarted three times after an abort, every run is a run of its own")
    void restartedAfterAbort(String policy) {
        stage.engine()
                .cleanUp(policy)
                .experiment(
                        "pod-delete",
                        "hang helper then hang helper then hang helper then after=100ms")
                .experiment("pod-cpu-hog", "after=100ms")
                .create();
        var runs = new ArrayList<Stage.Claim>();

        for (int restart = 1; restart <= RESTARTS; restart++) {
            int number = restart;
            awaitRun(number);
            stage.eventually("the fault", () -> isRunning(stage.helpers()));
            stage.eventually(
                    "its entry", () -> stage.entries().contains("pod-delete Running Awaited"));
            runs.add(stage.claim());
            stage.patch("{\"spec\":{\"engineState\":\"stop\"}}");
            awaitStatus("stopped");
            assertThat(stage.podNames()).as("after abort %d", restart).isEmpty();
            assertThat(stage.namespace.jobs()).isEmpty();
            assertThat(stage.createdJobs()).hasSize(restart);
            assertThat(stage.entries())
                    .containsExactly(
                            "pod-delete Forcefully Aborted Stopped",
                            "pod-cpu-hog Forcefully Aborted Stopped");
            stage.patch("{\"spec\":{\"engineState\":\"active\"}}");
        }
        awaitStatus("completed");
        runs.add(stage.claim());

        assertThat(stage.entries())
                .containsExactly("pod-delete Completed Pass", "pod-cpu-hog Completed Pass");
        assertThat(stage.createdJobs()).hasSize(RESTARTS + 2);
        assertThat(runs).extracting(Stage.Claim::number).containsExactly(1L, 2L, 3L, 4L);
        assertDistinct(runs);
        assertThat(stage.operatorsEvents())
                .filteredOn("RestartInProgress"::equals)
                .hasSize(RESTARTS);
    }

    @Test
    @DisplayName("30: an engine deleted while it runs takes runner, Jobs and helpers with it")
    void engineDeleted() {
        stage.engine()
                .experiment("pod-delete", "hang helper")
                .experiment("pod-cpu-hog", "after=100ms")
                .create();
        stage.eventually("the fault", () -> isRunning(stage.helpers()));

        Litmus.engines(stage.namespace.admin(), stage.namespace.name()).named(ENGINE).delete();

        stage.eventually(
                "the end of the engine",
                () -> Litmus.read(stage.namespace, "chaosengines", ENGINE).isMissingNode());
        stage.eventually("the end of all pods", () -> stage.podNames().isEmpty());
        stage.eventually("the end of all Jobs", () -> stage.namespace.jobs().isEmpty());
        assertThat(stage.createdJobs()).hasSize(1);
    }

    @Test
    @DisplayName("56: a runner pod that is deleted is made again, and takes the run up")
    void runnerPodDeleted() {
        stage.engine()
                .experiment("pod-delete", "after=1h")
                .experiment("pod-cpu-hog", "verdict=Fail after=100ms")
                .create();
        stage.eventually("the first", () -> stage.entries().contains("pod-delete Running Awaited"));
        Stage.Claim before = stage.claim();
        String uid = runner().getMetadata().getUid();

        RunnerPod.of(stage.namespace, ENGINE).resource().delete();
        stage.eventually("another pod", () -> hasRunnerOtherThan(uid));
        stage.kubelet.endExperiments();

        awaitStatus("completed");
        assertThat(runner().getMetadata().getUid()).isNotEqualTo(uid);
        assertThat(stage.claim()).isEqualTo(new Stage.Claim(1, before.id(), "finished"));
        assertThat(stage.createdJobs()).hasSize(2);
        assertThat(stage.entries())
                .containsExactly("pod-delete Completed Pass", "pod-cpu-hog Completed Fail");
    }

    @Test
    @DisplayName("56: a runner that is killed is started again, and takes the run up")
    void runnerKilled() {
        stage.engine()
                .experiment("pod-delete", "after=1h")
                .experiment("pod-cpu-hog", "verdict=Fail after=100ms")
                .create();
        stage.eventually("the first", () -> stage.entries().contains("pod-delete Running Awaited"));
        Stage.Claim before = stage.claim();

        stage.kubelet.runner(RUNNER).kill();
        stage.kubelet.endExperiments();

        awaitStatus("completed");
        assertThat(stage.kubelet.runner(RUNNER).exitCodes()).containsExactly(137, 0);
        assertThat(runner().getStatus().getContainerStatuses().getFirst().getRestartCount())
                .isEqualTo(1);
        assertThat(stage.claim()).isEqualTo(new Stage.Claim(1, before.id(), "finished"));
        assertThat(stage.createdJobs()).hasSize(2);
        assertThat(stage.entries())
                .containsExactly("pod-delete Completed Pass", "pod-cpu-hog Completed Fail");
    }

    @Test
    @DisplayName("51: unknown fields are gone before the runner starts; annotations reach it")
    void annotationsSurvive() {
        stage.engine()
                .annotation("chaosrunner.io/execution", "strategy: parallel")
                .spec("execution", Map.of("strategy", "sequential"))
                .spec(
                        "components",
                        Map.of("runner", Map.of("image", "ours", "priorityClassName", "high")))
                .experiment("pod-delete", Map.of("unheardOf", "x"))
                .experiment("pod-cpu-hog")
                .create();
        assertThat(runnerSettings()).containsKey("priorityClassName");

        awaitStatus("completed");

        GenericKubernetesResource engine = stage.namespace.engine(ENGINE);
        assertThat(engine.<Map<String, Object>>get("spec")).doesNotContainKey("execution");
        assertThat(runnerSettings()).containsOnlyKeys("image");
        assertThat(components(engine)).doesNotContainKey("unheardOf");
        assertThat(engine.getMetadata().getAnnotations())
                .containsEntry("chaosrunner.io/execution", "strategy: parallel");
        assertThat(runner().getSpec().getContainers().getFirst().getImage()).isEqualTo("ours");
        assertThat(stage.story()).contains("strategy=parallel").doesNotContain("spec.execution");
        assertThat(stage.entries())
                .containsExactly("pod-delete Completed Pass", "pod-cpu-hog Completed Pass");
    }

    @Test
    @DisplayName(
            "53: after stop the status is the operator's, and what ended before keeps its verdict")
    void theLatePatchWins() {
        stage.namespace.experiment("pod-memory-hog");
        stage.engine()
                .experiment("pod-delete", "verdict=Fail after=100ms")
                .experiment("pod-cpu-hog", "hang")
                .experiment("pod-memory-hog", "after=100ms")
                .create();
        stage.eventually(
                "the second", () -> stage.entries().contains("pod-cpu-hog Running Awaited"));
        GenericKubernetesResource result =
                Litmus.results(stage.namespace.admin(), stage.namespace.name())
                        .named(ENGINE + "-pod-cpu-hog")
                        .edit(found -> {
                            found.getMetadata()
                                    .setAnnotations(Map.of("deployment/nginx", "injected"));
                            return found;
                        });
        assertThat(result.getMetadata().getAnnotations()).hasSize(1);
        int written = engineWrites();

        stage.patch("{\"spec\":{\"engineState\":\"stop\"}}");

        awaitStatus("stopped");
        assertThat(stage.entries())
                .containsExactly(
                        "pod-delete Completed Fail",
                        "pod-cpu-hog Forcefully Aborted Stopped",
                        "pod-memory-hog Forcefully Aborted Stopped");
        assertThat(engineWrites()).as("the runner's writes, none since stop").isEqualTo(written);
        assertThat(stage.createdJobs()).hasSize(2);
        List<Map<String, Object>> targets =
                Litmus.results(stage.namespace.admin(), stage.namespace.name())
                        .named(ENGINE + "-pod-cpu-hog")
                        .get()
                        .get("status", "history", "targets");
        assertThat(targets)
                .containsExactly(
                        Map.of("kind", "deployment", "name", "nginx", "chaosStatus", "injected"));
        assertThat(stage.kubelet.runner(RUNNER).exitCodes())
                .as("not 0, or it would read as completed")
                .containsExactly(143);
    }

    @Test
    @DisplayName("53: a Job whose creation is under way while the operator aborts does not stay")
    void noJobInBetween() {
        stage.proxy.inject(new Fault.Delay(Duration.ofSeconds(4)), 1, "create", "jobs");
        stage.engine().experiment("pod-delete", "hang helper").experiment("pod-cpu-hog").create();
        stage.eventually("the creation", () -> !stage.proxy.calls("create", "jobs").isEmpty());

        stage.patch("{\"spec\":{\"engineState\":\"stop\"}}");

        stage.eventually(
                "the Job", () -> stage.proxy.calls("create", "jobs").getFirst().status() != 0);
        awaitStatus("stopped");
        assertThat(stage.namespace.jobs()).isEmpty();
        assertThat(stage.podNames()).isEmpty();
        assertThat(stage.createdJobs()).hasSize(1);
    }

    @Test
    @DisplayName("29: without the first ChaosExperiment the operator waits, and the run comes late")
    void firstExperimentComesLate() {
        stage.namespace
                .newEngine(ENGINE)
                .account(stage.namespace.podDeleteSa())
                .experiment("pod-network-loss")
                .create();
        stage.eventually(
                "the operator's complaint",
                () -> stage.operatorsEvents().contains("ChaosResourcesOperationFailed"));
        assertThat(stage.podNames()).isEmpty();

        stage.namespace.experiment("pod-network-loss");

        awaitStatus("completed");
        assertThat(stage.entries()).containsExactly("pod-network-loss Completed Pass");
    }

    @Test
    @DisplayName("57: a finalizer that the user sets himself only delays the operator's rewriting")
    void finalizerOfTheUser() {
        GenericKubernetesResource engine =
                stage.engine()
                        .finalizer("example.com/keep")
                        .spec("execution", Map.of("strategy", "dag"))
                        .experiment("pod-delete")
                        .create();
        assertThat(engine.getMetadata().getFinalizers()).containsExactly("example.com/keep");

        awaitStatus("completed");

        assertThat(stage.entries()).containsExactly("pod-delete Skipped Fail");
        assertThat(stage.story()).contains("spec.execution");
        assertThat(stage.namespace.engine(ENGINE).<Map<String, Object>>get("spec"))
                .doesNotContainKey("execution");
        stage.patch("{\"metadata\":{\"finalizers\":null}}");
    }

    private void awaitStatus(String engineStatus) {
        stage.eventually(
                "engineStatus " + engineStatus, () -> stage.engineStatus().equals(engineStatus));
    }

    private void awaitRun(long number) {
        stage.eventually(
                "run " + number,
                () ->
                        stage.namespace
                                        .engine(ENGINE)
                                        .getMetadata()
                                        .getAnnotations()
                                        .containsKey(Stage.Claim.ANNOTATION)
                                && stage.claim().number() == number);
    }

    private static void assertDistinct(List<Stage.Claim> runs) {
        Set<String> ids = new HashSet<>();
        runs.forEach(run -> ids.add(run.id()));
        assertThat(ids).hasSameSizeAs(runs);
    }

    private boolean hasRunnerOtherThan(String uid) {
        Pod pod = RunnerPod.of(stage.namespace, ENGINE).resource().get();
        return pod != null && !pod.getMetadata().getUid().equals(uid);
    }

    private static boolean isPodDelete(Job job) {
        return job.getMetadata().getName().matches("pod-delete-[a-z0-9]{6}");
    }

    private static boolean isRunning(List<Pod> pods) {
        return pods.stream().anyMatch(pod -> pod.getStatus().getPhase().equals("Running"));
    }

    private Pod runner() {
        return RunnerPod.of(stage.namespace, ENGINE).resource().require();
    }

    private int engineWrites() {
        List<Call> calls = stage.proxy.calls("patch", "chaosengines");
        return calls.size() + stage.proxy.calls("update", "chaosengines").size();
    }

    private Map<String, Object> runnerSettings() {
        return stage.namespace.engine(ENGINE).get("spec", "components", "runner");
    }

    private static Map<String, Object> components(GenericKubernetesResource engine) {
        List<Map<String, Object>> experiments = engine.get("spec", "experiments");
        Map<String, Object> components =
                GenericKubernetesResource.get(experiments.getFirst(), "spec", "components");
        return components == null ? Map.of() : components;
    }
}
