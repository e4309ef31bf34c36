package io.chaosrunner.job;

import static io.chaosrunner.resolve.Manifests.yaml;
import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.job.PodState.Deleting;
import io.chaosrunner.job.PodState.Failed;
import io.chaosrunner.job.PodState.Finished;
import io.chaosrunner.job.PodState.Pending;
import io.chaosrunner.job.PodState.Running;
import io.chaosrunner.job.PodState.Unknown;
import java.time.Instant;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.MissingNode;

class PodStateTest {
    private static final String JOB = "pod-delete-x7f3q2";
    private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
    private static final Instant AFTER_NOON = NOON.plusSeconds(1);

    static Stream<Arguments> pods() {
        return Stream.of(
                Arguments.of("31: a pod without status", "{}", new Pending("", "", false)),
                Arguments.of(
                        "36: a pod nobody has looked at",
                        "status: {phase: Pending}",
                        new Pending("", "", false)),
                Arguments.of(
                        "36: a pod that fits no node",
                        """
                        status:
                          phase: Pending
                          conditions:
                          - {type: PodScheduled, status: 'False', reason: Unschedulable,
                             message: 0/3 nodes are available}
                        """,
                        new Pending("Unschedulable", "0/3 nodes are available", false)),
                Arguments.of(
                        "36: a container being created",
                        """
                        status:
                          phase: Pending
                          conditions: [{type: PodScheduled, status: 'True'}]
                          containerStatuses:
                          - {name: pod-delete-x7f3q2, state: {waiting: {reason: ContainerCreating}}}
                        """,
                        new Pending("ContainerCreating", "", false)),
                Arguments.of(
                        "36: an init container whose image is not there",
                        """
                        status:
                          phase: Pending
                          initContainerStatuses:
                          - name: istio-init
                            state: {waiting: {reason: ImagePullBackOff, message: Back-off}}
                          containerStatuses:
                          - {name: pod-delete-x7f3q2, state: {waiting: {reason: PodInitializing}}}
                        """,
                        new Pending("ImagePullBackOff", "Back-off", false)),
                Arguments.of(
                        "33: a running container",
                        """
                        status:
                          phase: Running
                          containerStatuses:
                          - name: pod-delete-x7f3q2
                            state: {running: {startedAt: '2026-03-01T12:00:00Z'}}
                        """,
                        new Running(NOON)),
                Arguments.of(
                        "33, differs: Running before any container is listed is no end",
                        """
                        status:
                          phase: Running
                          startTime: '2026-03-01T12:00:00Z'
                          containerStatuses: []
                        """,
                        new Running(NOON)),
                Arguments.of(
                        "33: a sidecar that ended is not the experiment",
                        """
                        status:
                          phase: Running
                          containerStatuses:
                          - name: pod-delete-x7f3q2-sidecar-abc123
                            state: {terminated: {exitCode: 0, finishedAt: '2026-03-01T12:00:00Z'}}
                          - name: pod-delete-x7f3q2
                            state: {running: {startedAt: '2026-03-01T12:00:00Z'}}
                        """,
                        new Running(NOON)),
                Arguments.of(
                        "31: a succeeded pod",
                        """
                        status:
                          phase: Succeeded
                          containerStatuses:
                          - name: pod-delete-x7f3q2
                            state:
                              terminated: {exitCode: 0, reason: Completed,
                                           finishedAt: '2026-03-01T12:00:00Z'}
                        """,
                        new Finished(0, "Completed", "", AFTER_NOON)),
                Arguments.of(
                        "31: a succeeded pod that lists no containers",
                        """
                        status:
                          phase: Succeeded
                          conditions:
                          - {type: Initialized, lastTransitionTime: '2026-03-01T11:00:00Z'}
                          - {type: Ready, lastTransitionTime: '2026-03-01T12:00:00Z'}
                        """,
                        new Finished(0, "Completed", "", AFTER_NOON)),
                Arguments.of(
                        "34: the experiment ended, istio-proxy lives on",
                        """
                        status:
                          phase: Running
                          containerStatuses:
                          - {name: istio-proxy, state: {running: {}}}
                          - name: pod-delete-x7f3q2
                            state:
                              terminated: {exitCode: 0, reason: Completed,
                                           finishedAt: '2026-03-01T12:00:00Z'}
                        """,
                        new Finished(0, "Completed", "", AFTER_NOON)),
                Arguments.of(
                        "34, differs: the experiment ended, our own sidecar lives on",
                        """
                        status:
                          phase: Running
                          containerStatuses:
                          - name: pod-delete-x7f3q2
                            state:
                              terminated: {exitCode: 0, reason: Completed,
                                           finishedAt: '2026-03-01T12:00:00Z'}
                          - {name: pod-delete-x7f3q2-sidecar-abc123, state: {running: {}}}
                        """,
                        new Finished(0, "Completed", "", AFTER_NOON)),
                Arguments.of(
                        "35: a failed experiment",
                        """
                        status:
                          phase: Failed
                          containerStatuses:
                          - name: pod-delete-x7f3q2
                            state:
                              terminated: {exitCode: 1, reason: Error, message: panic,
                                           finishedAt: '2026-03-01T12:00:00Z'}
                        """,
                        new Finished(1, "Error", "panic", AFTER_NOON)),
                Arguments.of(
                        "35: a failed pod whose experiment went well: only the sidecar failed",
                        """
                        status:
                          phase: Failed
                          reason: Evicted
                          containerStatuses:
                          - name: pod-delete-x7f3q2
                            state:
                              terminated: {exitCode: 0, reason: Completed,
                                           finishedAt: '2026-03-01T12:00:00Z'}
                          - {name: other, state: {terminated: {exitCode: 1}}}
                        """,
                        new Finished(0, "Completed", "", AFTER_NOON)),
                Arguments.of(
                        "35: a container that could not start: the runtime writes 1970",
                        """
                        status:
                          phase: Failed
                          containerStatuses:
                          - name: pod-delete-x7f3q2
                            state:
                              terminated: {exitCode: 128, reason: StartError,
                                           startedAt: '1970-01-01T00:00:00Z',
                                           finishedAt: '2026-03-01T12:00:00Z'}
                        """,
                        new Finished(128, "StartError", "", AFTER_NOON)),
                Arguments.of(
                        "35: an evicted pod with its container",
                        """
                        status:
                          phase: Failed
                          reason: Evicted
                          message: The node was low on resource memory
                          containerStatuses:
                          - name: pod-delete-x7f3q2
                            state:
                              terminated: {exitCode: 137, reason: Error,
                                           finishedAt: '2026-03-01T12:00:00Z'}
                        """,
                        new Finished(
                                137, "Evicted", "The node was low on resource memory", AFTER_NOON)),
                Arguments.of(
                        "35: an evicted pod without container statuses",
                        """
                        metadata: {creationTimestamp: '2026-03-01T11:00:00Z'}
                        status:
                          phase: Failed
                          reason: Evicted
                          message: The node was low on resource memory
                          startTime: '2026-03-01T12:00:00Z'
                        """,
                        new Failed("Evicted", "The node was low on resource memory", AFTER_NOON)),
                Arguments.of(
                        "35: a preempted pod says so in a condition",
                        """
                        status:
                          phase: Failed
                          conditions:
                          - {type: DisruptionTarget, status: 'True', reason: PreemptionByScheduler,
                             message: preempted, lastTransitionTime: '2026-03-01T12:00:00Z'}
                        """,
                        new Failed("PreemptionByScheduler", "preempted", AFTER_NOON)),
                Arguments.of(
                        "35: a pod past its deadline",
                        """
                        status:
                          phase: Failed
                          reason: DeadlineExceeded
                          message: Pod was active on the node longer than the specified deadline
                          startTime: '2026-03-01T12:00:00Z'
                          containerStatuses:
                          - {name: pod-delete-x7f3q2, state: {waiting: {reason: ContainerCreating}}}
                        """,
                        new Failed(
                                "DeadlineExceeded",
                                "Pod was active on the node longer than the specified deadline",
                                AFTER_NOON)),
                Arguments.of(
                        "35: a failed init container",
                        """
                        status:
                          phase: Failed
                          initContainerStatuses:
                          - name: istio-init
                            state:
                              terminated: {exitCode: 1, reason: Error, message: no NET_ADMIN,
                                           finishedAt: '2026-03-01T12:00:00Z'}
                          containerStatuses:
                          - {name: pod-delete-x7f3q2, state: {waiting: {reason: PodInitializing}}}
                        """,
                        new Failed("Error", "no NET_ADMIN", AFTER_NOON)),
                Arguments.of(
                        "35: a failed pod that tells nothing",
                        "status: {phase: Failed, startTime: '2026-03-01T12:00:00Z'}",
                        new Failed("PodFailed", "", AFTER_NOON)),
                Arguments.of(
                        "37: a running pod that is deleted",
                        """
                        metadata: {deletionTimestamp: '2026-03-01T12:00:00Z'}
                        status:
                          phase: Running
                          containerStatuses:
                          - {name: pod-delete-x7f3q2, state: {running: {}}}
                        """,
                        new Deleting("", "")),
                Arguments.of(
                        "37: a running pod that is evicted",
                        """
                        metadata: {deletionTimestamp: '2026-03-01T12:00:00Z'}
                        status:
                          phase: Running
                          conditions:
                          - {type: DisruptionTarget, status: 'True', reason: EvictionByEvictionAPI,
                             message: drained}
                        """,
                        new Deleting("EvictionByEvictionAPI", "drained")),
                Arguments.of(
                        "37: a deleted pod whose container has ended is at its end",
                        """
                        metadata: {deletionTimestamp: '2026-03-01T12:00:00Z'}
                        status:
                          phase: Running
                          containerStatuses:
                          - name: pod-delete-x7f3q2
                            state:
                              terminated: {exitCode: 143, reason: Error,
                                           finishedAt: '2026-03-01T12:00:00Z'}
                        """,
                        new Finished(143, "Error", "", AFTER_NOON)),
                Arguments.of(
                        "a pod on a lost node",
                        """
                        status:
                          phase: Running
                          reason: NodeLost
                          message: Node node-1 is unresponsive
                          containerStatuses:
                          - {name: pod-delete-x7f3q2, state: {running: {}}}
                        """,
                        new Unknown("NodeLost", "Node node-1 is unresponsive")),
                Arguments.of("phase Unknown", "status: {phase: Unknown}", new Unknown("", "")),
                Arguments.of(
                        "a phase of tomorrow",
                        "status: {phase: Hibernating}",
                        new Unknown("Hibernating", "")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("pods")
    @DisplayName("Pod to state")
    void state(String title, String pod, PodState state) {
        assertThat(PodState.of(yaml(pod), JOB)).as(title).isEqualTo(state);
    }

    @ParameterizedTest(name = "36: {0}, hopeless: {1}")
    @CsvSource({
        "ErrImagePull, false",
        "ImagePullBackOff, false",
        "RegistryUnavailable, false",
        "CreateContainerConfigError, false",
        "CreateContainerError, false",
        "ErrImageNeverPull, true",
        "InvalidImageName, true"
    })
    @DisplayName("36: only what no waiting can mend is hopeless")
    void waiting(String reason, boolean hopeless) {
        var pod =
                yaml(
                        """
                        status:
                          phase: Pending
                          containerStatuses:
                          - {name: %s, state: {waiting: {reason: %s, message: m}}}
                        """
                                .formatted(JOB, reason));

        assertThat(PodState.of(pod, JOB)).isEqualTo(new Pending(reason, "m", hopeless));
    }

    @Test
    @DisplayName("35: a container killed for its memory says so")
    void outOfMemory() {
        var pod =
                yaml(
                        """
                        status:
                          phase: Failed
                          containerStatuses:
                          - name: %s
                            state: {terminated: {exitCode: 137, reason: OOMKilled}}
                        """
                                .formatted(JOB));

        var finished = (Finished) PodState.of(pod, JOB);
        assertThat(finished.outOfMemory()).isTrue();
        assertThat(finished.succeeded()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "2026-03-01T12:00:00Z, 2026-03-01T12:00:01Z",
        "2026-03-01T12:00:00.001Z, 2026-03-01T12:00:01Z",
        "2026-03-01T12:00:00.999999999Z, 2026-03-01T12:00:01Z",
        "2026-03-01T13:00:00+01:00, 2026-03-01T12:00:01Z"
    })
    @DisplayName("An end is the next whole second, as Kubernetes cuts off fractions")
    void end(String finishedAt, Instant end) {
        var pod =
                yaml(
                        """
                        status:
                          containerStatuses:
                          - name: %s
                            state: {terminated: {exitCode: 0, finishedAt: '%s'}}
                        """
                                .formatted(JOB, finishedAt));

        assertThat(((Finished) PodState.of(pod, JOB)).at()).isEqualTo(end);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "status: null",
                "status: text",
                "status: {phase: 3}",
                "status: {containerStatuses: text}",
                "status: {containerStatuses: [text, null, {}]}",
                "status: {containerStatuses: [{name: pod-delete-x7f3q2}]}",
                "status: {containerStatuses: [{name: pod-delete-x7f3q2, state: {}}]}",
                "status: {phase: Succeeded, conditions: text}",
                "status: {phase: Failed, conditions: [text, {lastTransitionTime: soon}]}",
                "{metadata: text, status: {phase: Running}}"
            })
    @DisplayName("Nothing in a pod is too odd to be read")
    void total(String pod) {
        assertThat(PodState.of(yaml(pod), JOB)).isNotNull();
    }

    @Test
    @DisplayName("A pod that is not there is pending")
    void missing() {
        assertThat(PodState.of(MissingNode.getInstance(), JOB))
                .isEqualTo(new Pending("", "", false));
    }

    @ParameterizedTest
    @CsvSource({
        "'[{uid: job-uid, controller: true}]', true",
        "'[{uid: other, controller: true}]', false",
        "'[{uid: job-uid}]', false",
        "'[]', false"
    })
    @DisplayName("38: a pod belongs to the Job that controls it, whatever its labels say")
    void belongsTo(String owners, boolean belongs) {
        var pod =
                yaml(
                        "metadata: {labels: {job-name: %s}, ownerReferences: %s}"
                                .formatted(JOB, owners));

        assertThat(PodState.belongsTo(pod, "job-uid")).isEqualTo(belongs);
    }
}
