package io.chaosrunner.systemtests;

import static io.chaosrunner.systemtests.Stage.ENGINE;
import static io.chaosrunner.systemtests.Stage.RUNNER;
import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.testing.KillPoints;
import io.chaosrunner.testing.KillPoints.Point;
import java.util.List;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Kill the runner with SIGKILL around the API calls of a run of two experiments ({@link
 * KillPoints}), and see that the one that is started again gets everything right.
 */
@NeedsControlPlane
@Timeout(1800)
class KillSweepTest {

    /** A run mostly waits: for the JVM, for Jobs to complete. */
    private static final int AT_ONCE = 3;

    @Test
    @DisplayName("56: any call can be the last of a process, and the next one ends the run right")
    void anyCallCanBeTheLastOfAProcess(ControlPlane controlPlane) {
        List<Point> points;
        try (var stage = new Stage(controlPlane)) {
            assertThatTheRunIsRight(stage);
            points = stage.proxy.killPoints();
        }
        var kills = new AtomicInteger();
        var wrong = new ConcurrentSkipListMap<String, Throwable>();
        try (var threads = Executors.newFixedThreadPool(AT_ONCE)) {
            for (Point point : points) {
                threads.execute(() -> {
                    try (var stage = new Stage(controlPlane)) {
                        stage.proxy.killAt(point, () -> stage.kubelet.runner(RUNNER).kill());
                        assertThatTheRunIsRight(stage);
                        if (stage.proxy.hasKilled()) {
                            kills.incrementAndGet();
                        }
                    } catch (RuntimeException | AssertionError e) {
                        wrong.put(point.toString(), e);
                    }
                });
            }
        }
        if (!wrong.isEmpty()) {
            var failure = new AssertionError("killed " + wrong.keySet());
            wrong.values().forEach(failure::addSuppressed);
            throw failure;
        }
        // How often a run asks and writes depends a little on how fast the machine is.
        assertThat(kills).hasValueGreaterThan(points.size() / 2);
    }

    private static void assertThatTheRunIsRight(Stage stage) {
        stage.namespace.experiment("pod-delete");
        stage.namespace.experiment("pod-cpu-hog");
        stage.namespace
                .newEngine(ENGINE)
                .account(stage.namespace.powerful())
                .cleanUp("delete")
                .experiment("pod-delete", "verdict=Pass after=100ms helper")
                .experiment("pod-cpu-hog", "verdict=Fail after=100ms")
                .create();

        stage.run();

        String story = stage.proxy.calls() + "\n" + stage.story();
        assertThat(stage.createdJobs()).as(story).hasSize(2);
        assertThat(stage.entries())
                .as(story)
                .containsExactly("pod-delete Completed Pass", "pod-cpu-hog Completed Fail");
        assertThat(stage.claim().state()).as(story).isEqualTo("finished");
        assertThat(stage.kubelet.runner(RUNNER).exitCodes())
                .as(story)
                .isEqualTo(stage.proxy.hasKilled() ? List.of(137, 0) : List.of(0));
        stage.eventually("the end of all Jobs", () -> stage.namespace.jobs().isEmpty());
        stage.eventually(
                "the end of all pods but the runner's",
                () -> stage.podNames().stream().allMatch(RUNNER::equals));
    }
}
