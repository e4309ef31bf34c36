package io.chaosrunner.job;

import static io.chaosrunner.resolve.Manifests.yaml;
import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.job.JobState.Active;
import io.chaosrunner.job.JobState.Complete;
import io.chaosrunner.job.JobState.Deleted;
import io.chaosrunner.job.JobState.Failed;
import java.time.Instant;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.node.MissingNode;

class JobStateTest {
    static Stream<Arguments> jobs() {
        return Stream.of(
                Arguments.of("a new Job", "metadata: {name: j}", new Active(false)),
                Arguments.of("a running Job", "status: {active: 1}", new Active(false)),
                Arguments.of("a suspended Job", "spec: {suspend: true}", new Active(true)),
                Arguments.of(
                        "a Job that is not suspended any more",
                        """
                        spec: {suspend: false}
                        status: {conditions: [{type: Suspended, status: 'True'}]}
                        """,
                        new Active(false)),
                Arguments.of(
                        "a condition that is not true",
                        "status: {conditions: [{type: Failed, status: 'False'}]}",
                        new Active(false)),
                Arguments.of(
                        "a complete Job",
                        "status: {conditions: [{type: Complete, status: 'True'}]}",
                        new Complete()),
                Arguments.of(
                        "a Job whose pod failed",
                        """
                        status:
                          conditions:
                          - type: Failed
                            status: 'True'
                            reason: BackoffLimitExceeded
                            message: Job has reached the specified backoff limit
                            lastTransitionTime: '2026-03-01T12:00:00Z'
                        """,
                        new Failed(
                                "BackoffLimitExceeded",
                                "Job has reached the specified backoff limit",
                                Instant.parse("2026-03-01T12:00:01Z"))),
                Arguments.of(
                        "a Job past its deadline whose pod is still going",
                        """
                        status:
                          conditions:
                          - type: FailureTarget
                            status: 'True'
                            reason: DeadlineExceeded
                            message: Job was active longer than specified deadline
                            lastTransitionTime: '2026-03-01T12:00:00Z'
                        """,
                        new Failed(
                                "DeadlineExceeded",
                                "Job was active longer than specified deadline",
                                Instant.parse("2026-03-01T12:00:01Z"))),
                Arguments.of(
                        "a complete Job that is going",
                        """
                        metadata: {deletionTimestamp: '2026-03-01T12:00:00Z'}
                        status: {conditions: [{type: Complete, status: 'True'}]}
                        """,
                        new Deleted()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("jobs")
    @DisplayName("Job to state")
    void state(String title, String job, JobState state) {
        assertThat(JobState.of(yaml(job))).as(title).isEqualTo(state);
    }

    @Test
    @DisplayName("A Job that does not exist is deleted")
    void missing() {
        assertThat(JobState.of(MissingNode.getInstance())).isEqualTo(new Deleted());
    }
}
