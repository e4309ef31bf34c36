package io.chaosrunner.attempt;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.crd.Result;
import io.chaosrunner.job.ExecutionLabels;
import io.chaosrunner.job.LaunchedJob;
import io.chaosrunner.model.ExecutionId;
import io.chaosrunner.testing.EngineWorld;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

/** What strangers write beside the results that are expected. */
class ResultWatchTest {
    private static final LaunchedJob JOB =
            new LaunchedJob("a-x", "j", "e-a", "", Duration.ZERO, Optional.empty());

    private final ResultWatch watch = new ResultWatch();

    @Test
    void aResultOfAnotherNameIsNobodysLastWord() {
        try (var world = EngineWorld.start();
                Cluster cluster = world.connect()) {
            var reader = new ResultReader(cluster, "n", watch);
            watch.hear(result("forged", 0));
            assertThat(reader.lastWord(execution(0), JOB, Duration.ZERO)).isEmpty();

            watch.hear(result("forged", 1));
            watch.hear(result("e-a", 1));
            assertThat(reader.lastWord(execution(1), JOB, Duration.ZERO)).isPresent();
        }
    }

    @Test
    void resultsThatNobodyAsksForDoNotFillTheMemory() {
        for (int i = 0; i <= ResultWatch.MOST_HEARD; i++) {
            watch.hear(result("e-a", i));
        }
        assertThat(watch.lastWord(execution(ResultWatch.MOST_HEARD))).isEmpty();
        assertThat(watch.lastWord(execution(0))).isPresent();

        watch.hear(result("e-a", ResultWatch.MOST_HEARD + 1));
        assertThat(watch.lastWord(execution(ResultWatch.MOST_HEARD + 1))).isPresent();
    }

    private static ExecutionId execution(int iteration) {
        return new ExecutionId("uid", "run", 0, 1 + iteration, 1);
    }

    private static Result result(String name, int iteration) {
        ObjectNode json =
                EngineWorld.json(
                        """
                        {'metadata': {'name': '%s', 'labels': {}},
                         'status': {'experimentStatus': {'phase': 'Completed', 'verdict': 'Pass'}}}
                        """
                                .formatted(name));
        json.withObject("/metadata/labels")
                .put(ExecutionLabels.CHAOS_UID, "uid")
                .put(ExecutionLabels.RUN, "run")
                .put(ExecutionLabels.SLOT, "0")
                .put(ExecutionLabels.ITERATION, Integer.toString(1 + iteration))
                .put(ExecutionLabels.ATTEMPT, "1");
        return new Result(json);
    }
}
