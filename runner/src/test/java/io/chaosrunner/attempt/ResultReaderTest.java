package io.chaosrunner.attempt;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.cluster.Resource;
import io.chaosrunner.job.ExecutionLabels;
import io.chaosrunner.job.LaunchedJob;
import io.chaosrunner.model.ExecutionId;
import io.chaosrunner.testing.EngineWorld;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;

/** Which ChaosResult counts as an execution's own. */
class ResultReaderTest {
    private static final ExecutionId OURS = new ExecutionId("uid", "run2", 0, 1, 2);

    @ParameterizedTest(name = "labels of {0}, changed since the launch: {1}, {2}/{3}: counts: {4}")
    @CsvSource({
        // Whoever copies labels is believed, whatever the version.
        "uid run2 0 1 2,   true,  Completed, Pass,    true",
        "uid run2 0 1 2,   false, Completed, Pass,    true",
        "uid run2 0 1 2,   true,  Stopped,   Stopped, true",
        // It has begun, but said nothing yet.
        "uid run2 0 1 2,   true,  Running,   Awaited, false",
        "uid run2 0 1 2,   true,  Completed, Awaited, false",
        // Another attempt, iteration, slot, run or engine may write late: never ours.
        "uid run2 0 1 1,   true,  Completed, Pass,    false",
        "uid run2 0 2 2,   true,  Completed, Pass,    false",
        "uid run2 1 1 2,   true,  Completed, Pass,    false",
        "uid run1 0 1 2,   true,  Completed, Pass,    false",
        "uid2 run2 0 1 2,  true,  Completed, Pass,    false",
        "uid run1 0 1 2,   false, Completed, Pass,    false",
        // An aborted experiment writes chaosUID alone; other SDKs may write nothing.
        "uid,              true,  Stopped,   Stopped, true",
        "uid,              false, Stopped,   Stopped, false",
        "'',               true,  Completed, Fail,    true",
        "'',               false, Completed, Fail,    false",
        "'',               true,  Running,   Awaited, false",
        // Part of an identity is none.
        "uid run1,         true,  Completed, Pass,    true",
        "uid run2 0 1 odd, false, Completed, Pass,    false",
    })
    void fresh(String labels, boolean changed, String phase, String verdict, boolean counts) {
        try (var world = EngineWorld.start()) {
            var result =
                    EngineWorld.json(
                            """
                            {'apiVersion': 'litmuschaos.io/v1alpha1', 'kind': 'ChaosResult',
                             'metadata': {'name': 'e-a', 'namespace': 'n', 'labels': {}},
                             'status': {'experimentStatus': {'phase': '%s', 'verdict': '%s'}}}
                            """
                                    .formatted(phase, verdict));
            String[] keys = {
                ExecutionLabels.CHAOS_UID,
                ExecutionLabels.RUN,
                ExecutionLabels.SLOT,
                ExecutionLabels.ITERATION,
                ExecutionLabels.ATTEMPT
            };
            String[] values = labels.split(" ");
            for (int i = 0; i < values.length && !labels.isEmpty(); i++) {
                result.withObject("/metadata/labels").put(keys[i], values[i]);
            }
            world.load(JsonMapper.shared().valueToTree(result));
            var metadata = world.get(Resource.RESULTS, "e-a").orElseThrow().path("metadata");
            String version =
                    metadata.path("uid").asString()
                            + ":"
                            + metadata.path("resourceVersion").asString();
            var job =
                    new LaunchedJob(
                            "a-x",
                            "j",
                            "e-a",
                            changed ? "" : version,
                            Duration.ZERO,
                            Optional.empty());

            assertThat(
                            new ResultReader(world.connect(), "n", new ResultWatch())
                                    .lastWord(OURS, job, Duration.ZERO))
                    .matches(answer -> answer.isPresent() == counts);
        }
    }
}
