package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.util.List;
import java.util.Map;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@NeedsControlPlane
@Timeout(600)
class FirstRunTest {

    private static final String ENGINE = "engine-nginx";

    private final TestNamespace namespace;
    private final FakeKubelet kubelet;

    FirstRunTest(ControlPlane controlPlane) {
        namespace = TestNamespace.create(controlPlane);
        kubelet = FakeKubelet.start(namespace);
    }

    @AfterEach
    void close() {
        try (namespace;
                kubelet) {
            assertThat(kubelet).isNotNull();
        }
    }

    @Test
    @DisplayName("55: without a kubeconfig the runner goes by its pod's service account")
    void anEngineWithTwoExperimentsEndsWithBothVerdicts() {
        create(namespace.podDeleteSa(), "retain");

        run();

        assertBothVerdicts();
        assertThat(claim()).contains("\"state\":\"finished\"");
        assertThat(engineStatus()).isEqualTo("initialized");
    }

    @Test
    @DisplayName("3, 4: names and labels of the Jobs are what Litmus expects")
    void jobsAreWhatLitmusExpects() {
        create(namespace.podDeleteSa(), "retain");

        run();

        String uid = namespace.engine(ENGINE).getMetadata().getUid();
        assertThat(namespace.jobs())
                .extracting(job -> job.getMetadata().getName())
                .satisfiesExactlyInAnyOrder(
                        name -> assertThat(name).matches("pod-delete-[a-z0-9]{6}"),
                        name -> assertThat(name).matches("pod-cpu-hog-[a-z0-9]{6}"));
        for (Job job : namespace.jobs()) {
            assertThat(job.getMetadata().getLabels())
                    .containsEntry("chaosUID", uid)
                    .containsEntry("app.kubernetes.io/part-of", "litmus");
            assertThat(job.getSpec().getTemplate().getSpec().getServiceAccountName())
                    .isEqualTo("pod-delete-sa");
        }
        for (Pod pod : experimentPods()) {
            assertThat(pod.getMetadata().getLabels()).containsEntry("chaosUID", uid);
        }
    }

    @Test
    @DisplayName("42: retained Jobs stay")
    void retainedJobsStay() {
        create(namespace.podDeleteSa(), "retain");

        run();

        assertThat(namespace.jobs()).hasSize(2);
        assertThat(experimentPods()).hasSize(2);
        assertThat(messages("ExperimentJobCleanUp"))
                .hasSize(2)
                .allMatch(message -> message.matches("Experiment Job .* will be retained"));
    }

    @Test
    @DisplayName("41: deleted Jobs go with their pods")
    void deletedJobsGoWithTheirPods() {
        create(namespace.podDeleteSa(), "delete");

        run();

        assertBothVerdicts();
        TestNamespace.eventually(() -> namespace.jobs().isEmpty() && experimentPods().isEmpty());
        assertThat(messages("ExperimentJobCleanUp"))
                .hasSize(2)
                .allMatch(message -> message.matches("Experiment Job: .* will be deleted"));
    }

    @Test
    @DisplayName("44, 45: each experiment emits its three events in order")
    void eachExperimentEmitsItsThreeEventsInOrder() {
        create(namespace.podDeleteSa(), "retain");

        run();

        String uid = namespace.engine(ENGINE).getMetadata().getUid();
        for (String experiment : List.of("pod-delete", "pod-cpu-hog")) {
            assertThat(namespace.events(ENGINE + "-runner"))
                    .filteredOn(event -> event.getMessage().contains(experiment))
                    .extracting(
                            event -> event.getMetadata().getName(),
                            Event::getReason,
                            Event::getType,
                            Event::getCount)
                    .containsExactly(
                            normal("ExperimentDependencyCheck", experiment, uid),
                            normal("ExperimentJobCreate", experiment, uid),
                            normal("ExperimentJobCleanUp", experiment, uid));
        }
        assertThat(namespace.events(ENGINE + "-runner")).hasSize(6);
        assertThat(namespace.events(ENGINE + "-runner"))
                .allSatisfy(event -> {
                    assertThat(event.getInvolvedObject().getKind()).isEqualTo("ChaosEngine");
                    assertThat(event.getInvolvedObject().getName()).isEqualTo(ENGINE);
                    assertThat(event.getInvolvedObject().getUid()).isEqualTo(uid);
                });
    }

    @Test
    void theLogTellsTheStory() {
        create(namespace.podDeleteSa(), "retain");

        run();

        assertThat(kubelet.runner(ENGINE + "-runner").output().lines())
                .anyMatch(line -> line.contains("event=run-started"))
                .anyMatch(line -> line.contains("event=job-created"))
                .anyMatch(line -> line.contains("verdict=Fail"))
                .anyMatch(line -> line.contains("event=run-finished"));
    }

    @Test
    @DisplayName("50: an account that may only get and list is enough")
    void anAccountThatMayNotWatchIsEnough() {
        create(namespace.getListOnly(), "delete");

        run();

        assertBothVerdicts();
        TestNamespace.eventually(() -> namespace.jobs().isEmpty());
    }

    @Test
    @DisplayName("50: the rights of the Go runner are enough")
    void theRightsOfTheGoRunnerAreEnough() {
        create(namespace.leastPrivileged(), "delete");

        run();

        assertBothVerdicts();
        TestNamespace.eventually(() -> namespace.jobs().isEmpty());
    }

    private void create(String account, String cleanUp) {
        namespace.experiment("pod-delete");
        namespace.experiment("pod-cpu-hog");
        namespace
                .newEngine(ENGINE)
                .account(account)
                .cleanUp(cleanUp)
                .experiment("pod-delete", "verdict=Pass after=300ms")
                .experiment("pod-cpu-hog", "verdict=Fail after=300ms")
                .create();
    }

    private void run() {
        RunnerPod.create(namespace, ENGINE).awaitCompletion(kubelet);
        assertThat(kubelet.runner(ENGINE + "-runner").exitCodes()).containsExactly(0);
    }

    private void assertBothVerdicts() {
        List<Map<String, String>> entries = namespace.entries(ENGINE);
        assertThat(entries)
                .extracting(
                        entry -> entry.get("name"),
                        entry -> entry.get("runner"),
                        entry -> entry.get("status"),
                        entry -> entry.get("verdict"))
                .containsExactly(
                        tuple("pod-delete", ENGINE + "-runner", "Completed", "Pass"),
                        tuple("pod-cpu-hog", ENGINE + "-runner", "Completed", "Fail"));
        assertThat(entries.get(0).get("experimentPod"))
                .matches("pod-delete-[a-z0-9]{6}-[a-z0-9]{5}");
        assertThat(entries.get(1).get("experimentPod"))
                .matches("pod-cpu-hog-[a-z0-9]{6}-[a-z0-9]{5}");
    }

    private static Tuple normal(String reason, String experiment, String uid) {
        return tuple(reason + experiment + uid, reason, "Normal", 1);
    }

    private List<Pod> experimentPods() {
        return namespace.pods().stream()
                .filter(pod -> !pod.getMetadata().getName().equals(ENGINE + "-runner"))
                .toList();
    }

    private List<String> messages(String reason) {
        return namespace.events(ENGINE + "-runner").stream()
                .filter(event -> event.getReason().equals(reason))
                .map(Event::getMessage)
                .toList();
    }

    private String claim() {
        return namespace
                .engine(ENGINE)
                .getMetadata()
                .getAnnotations()
                .getOrDefault("chaosrunner.io/run", "none");
    }

    private String engineStatus() {
        return namespace.engine(ENGINE).<String>get("status", "engineStatus");
    }
}
