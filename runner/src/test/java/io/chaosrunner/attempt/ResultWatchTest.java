package io.chaosrunner.attempt;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Cluster.Following;
import io.chaosrunner.cluster.Cluster.Listener;
import io.chaosrunner.cluster.Cluster.Pace;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.crd.Result;
import io.chaosrunner.job.ExecutionLabels;
import io.chaosrunner.job.LaunchedJob;
import io.chaosrunner.model.ExecutionId;
import io.chaosrunner.testing.EngineWorld;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
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

    @Test
    void aWatchThatWasCutIsOpenedAgainSoonAndOneThatIsForbiddenNeverMore() {
        var followed = new Followed();
        watch.follow(followed.cluster(), "n", "run=run");

        followed.listener().watching();
        followed.listener().watchEnded();
        assertThat(followed.pace().untilNext(Duration.ZERO, false))
                .isBetween(Duration.ofSeconds(1), Duration.ofSeconds(10));
        assertThat(followed.pace().untilNext(Duration.ofSeconds(10), false))
                .isLessThanOrEqualTo(Duration.ZERO);

        followed.listener().polling(new ClusterException(Kind.FORBIDDEN, "not allowed"));
        assertThat(followed.pace().untilNext(Duration.ofSeconds(10), false))
                .isGreaterThan(Duration.ofHours(1));
    }

    @Test
    void nobodyWaitsForWhatAWatchThatWasCutCannotTell() {
        var followed = new Followed();
        watch.follow(followed.cluster(), "n", "run=run");
        followed.listener().watching();
        followed.listener().watchEnded();

        long began = System.nanoTime();
        for (int i = 0; i < 200; i++) {
            assertThat(watch.lastWord(execution(i))).isEmpty();
        }

        // Were each waited for, it would take 30 s.
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(20));
    }

    /** Keeps how results are followed. */
    private static final class Followed {
        private @Nullable Pace pace;
        private @Nullable Listener listener;

        Cluster cluster() {
            return (Cluster)
                    Proxy.newProxyInstance(
                            Cluster.class.getClassLoader(),
                            new Class<?>[] {Cluster.class},
                            (_, method, arguments) -> {
                                assertThat(method.getName()).isEqualTo("follow");
                                pace = (Pace) arguments[4];
                                listener = (Listener) arguments[5];
                                return (Following) () -> {};
                            });
        }

        Pace pace() {
            return Objects.requireNonNull(pace);
        }

        Listener listener() {
            return Objects.requireNonNull(listener);
        }
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
