package io.chaosrunner.run;

import static io.chaosrunner.run.RunBench.cause;
import static io.chaosrunner.run.RunBench.operator;
import static io.chaosrunner.run.RunBench.person;
import static io.chaosrunner.run.RunBench.until;
import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.claim.Claim.State;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.model.RunEnd;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.testing.EngineWorld;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Whole runs that are stopped, against the sandbox, over HTTP; they mostly wait, so they do it
 * together.
 */
@Execution(ExecutionMode.CONCURRENT)
class StoppedRunTest {
    private static final String ABORTED_BY_THE_OPERATOR =
            """
            {'status': {'experiments': [
              {'name': 'a', 'status': 'Forcefully Aborted', 'verdict': 'Stopped'},
              {'name': 'b', 'status': 'of the operator'}]}}
            """;

    @Test
    void aPersonsStopRemovesWhatRunsAndOnlyThenSaysSo() {
        var world = EngineWorld.start().listing("a", "b").script("a", "hang helper");
        try (RunBench bench = person(world)) {
            var result = bench.begin();
            bench.untilRunning("a");
            until(() -> world.names(Resource.PODS).size() == 2);
            List<Integer> podsAtTheEnd = new CopyOnWriteArrayList<>();
            world.onRequest(request -> {
                if (request.verb().equals("patch") && world.names(Resource.PODS).isEmpty()) {
                    podsAtTheEnd.add(0);
                }
            });
            bench.stop("Ctrl-C");
            assertThat(cause(RunBench.finished(result))).isEqualTo(RunEnd.Cause.ABORT);
            assertThat(world.entries())
                    .containsExactly(
                            "a: Forcefully Aborted/Stopped", "b: Forcefully Aborted/Stopped");
            assertThat(world.names(Resource.PODS)).isEmpty();
            assertThat(world.names(Resource.JOBS)).isEmpty();
            assertThat(podsAtTheEnd).isNotEmpty();
            assertThat(world.claim().state()).isEqualTo(State.FINISHED);
        }
    }

    @Test
    void anEditOfEngineStateStopsAPersonsRun() {
        var world = EngineWorld.start().listing("a", "b").script("a", "hang");
        try (RunBench bench = person(world)) {
            var result = bench.begin();
            bench.untilRunning("a");
            world.edit("{'spec': {'engineState': 'stop'}}");
            assertThat(cause(RunBench.finished(result))).isEqualTo(RunEnd.Cause.ABORT);
            assertThat(bench.launches()).isEqualTo(1);
        }
    }

    @Test
    @DisplayName("53: under the operator nothing more is launched and the status is left alone")
    void theOperatorsStop() {
        var world = EngineWorld.start().listing("a", "b").script("a", "hang");
        try (RunBench bench = operator(world)) {
            var result = bench.begin();
            bench.untilRunning("a");
            until(() -> world.entries().getFirst().contains("Running"));
            world.edit("{'spec': {'engineState': 'stop'}}");
            bench.untilTold(RunNotice.Waiting.class);
            List<String> before = world.entries();
            assertThat(RunBench.finished(result))
                    .isEqualTo(new RunResult.Left("the operator ends this run", true));
            assertThat(world.entries()).isEqualTo(before);
            assertThat(bench.launches()).isEqualTo(1);
        }
    }

    @Test
    void anEngineWhoseEntriesAreTakenAwayEndsItsRun() {
        var world = EngineWorld.start().listing("a", "b").script("a", "hang helper");
        try (RunBench bench = operator(world)) {
            var result = bench.begin();
            bench.untilRunning("a");
            until(() -> world.entries().getFirst().contains("Running"));
            world.edit("{'status': {'experiments': null}}");
            assertThat(RunBench.finished(result))
                    .isEqualTo(
                            new RunResult.Left(
                                    "the engine's status was reset: it has 0 entries instead"
                                            + " of 2; what ran was removed",
                                    false));
            assertThat(bench.launches()).isEqualTo(1);
            assertThat(world.entries()).isEmpty();
            assertThat(world.names(Resource.PODS)).isEmpty();
            assertThat(world.names(Resource.JOBS)).isEmpty();
        }
    }

    @Test
    void anEngineWhoseEntriesSomebodyAbortsEndsItsRun() {
        var world = EngineWorld.start().listing("a", "b").script("a", "hang helper");
        try (RunBench bench = operator(world)) {
            var result = bench.begin();
            bench.untilRunning("a");
            until(() -> world.entries().getFirst().contains("Running"));
            world.edit(ABORTED_BY_THE_OPERATOR);
            assertThat(RunBench.finished(result))
                    .isEqualTo(
                            new RunResult.Left(
                                    "the operator aborted the run; what ran was removed", false));
            assertThat(bench.launches()).isEqualTo(1);
            assertThat(world.entries())
                    .containsExactly("a: Forcefully Aborted/Stopped", "b: of the operator/");
            assertThat(world.names(Resource.PODS)).isEmpty();
            assertThat(world.names(Resource.JOBS)).isEmpty();
        }
    }

    @Test
    void entriesAbortedBetweenCheckAndCreationWithdrawTheJob() {
        var world = EngineWorld.start().listing("a", "b");
        try (RunBench bench = operator(world)) {
            world.onRequest(request -> {
                if (request.verb().equals("create") && request.resource().equals("jobs")) {
                    world.edit(ABORTED_BY_THE_OPERATOR);
                }
            });
            assertThat(bench.run()).isInstanceOf(RunResult.Left.class);
            assertThat(world.names(Resource.JOBS)).isEmpty();
            assertThat(world.names(Resource.PODS)).isEmpty();
        }
    }

    @Test
    void entriesTakenAwayBetweenCheckAndCreationWithdrawTheJob() {
        var world = EngineWorld.start().listing("a");
        try (RunBench bench = operator(world)) {
            world.onRequest(request -> {
                if (request.verb().equals("create") && request.resource().equals("jobs")) {
                    world.edit("{'status': {'experiments': null}}");
                }
            });
            assertThat(bench.run()).isInstanceOf(RunResult.Left.class);
            assertThat(world.names(Resource.JOBS)).isEmpty();
            assertThat(world.names(Resource.PODS)).isEmpty();
            assertThat(world.entries()).isEmpty();
        }
    }

    @Test
    void aStopBetweenCheckAndCreationWithdrawsTheJob() {
        var world = EngineWorld.start().listing("a");
        try (RunBench bench = person(world)) {
            world.onRequest(request -> {
                if (request.verb().equals("create") && request.resource().equals("jobs")) {
                    world.edit("{'spec': {'engineState': 'stop'}}");
                }
            });
            assertThat(cause(bench.run())).isEqualTo(RunEnd.Cause.ABORT);
            assertThat(world.names(Resource.JOBS)).isEmpty();
            assertThat(world.names(Resource.PODS)).isEmpty();
            assertThat(world.entries()).containsExactly("a: Forcefully Aborted/Stopped");
        }
    }

    @Test
    void leavingWritesAndLaunchesNothingMore() {
        var world = EngineWorld.start().listing("a", "b").script("a", "after=30s");
        try (RunBench bench = operator(world)) {
            var result = bench.begin();
            bench.untilRunning("a");
            // The last request of all that look after it; from then on it is quiet.
            RunBench.until(() -> world.count("watch", "chaosengines") == 1);
            bench.leave("SIGTERM");
            assertThat(RunBench.finished(result)).isEqualTo(new RunResult.Left("SIGTERM", true));
            int requests = world.requests().size();
            assertThat(world.names(Resource.JOBS)).hasSize(1);
            assertThat(world.requests()).hasSize(requests);
        }
    }

    @Test
    @DisplayName("53: leaving while a Job is being created does not leave the Job behind")
    void leavingDuringACreationWithdrawsTheJobIfTheEngineSaysStop() {
        var world = EngineWorld.start().listing("a").script("a", "after=30s");
        try (RunBench bench = operator(world)) {
            var result = new CompletableFuture<RunResult>();
            world.onRequest(request -> {
                if (request.verb().equals("create") && request.resource().equals("jobs")) {
                    world.edit("{'spec': {'engineState': 'stop'}}");
                    bench.leave("SIGTERM");
                    // The creation is slow: a runner that does not wait for it is gone by then.
                    try {
                        result.get(500, TimeUnit.MILLISECONDS);
                    } catch (TimeoutException e) {
                        // It waits.
                    } catch (InterruptedException | ExecutionException e) {
                        throw new IllegalStateException(e);
                    }
                }
            });
            bench.begin().thenAccept(result::complete);
            assertThat(RunBench.finished(result)).isInstanceOf(RunResult.Left.class);
            until(() -> world.count("create", "jobs") == 1);
            assertThat(world.names(Resource.JOBS)).isEmpty();
            assertThat(world.names(Resource.PODS)).isEmpty();
        }
    }

    /** A world in which a pod of the run before is left. */
    private EngineWorld worldWithAnOldPod() {
        var world = EngineWorld.start().listing("a");
        world.load(
                EngineWorld.json(
                        """
                        {'apiVersion': 'v1', 'kind': 'Pod',
                         'metadata': {'name': 'old', 'namespace': 'n', 'labels': {'chaosUID': '%s'}},
                         'spec': {'containers': [{'name': 'c', 'image': 'i'}]}}
                        """
                                .formatted(world.engine().uid())));
        return world;
    }

    @Test
    void leavingBeforeTheStartWritesNothing() {
        var world = worldWithAnOldPod();
        try (RunBench bench = operator(world)) {
            var result = bench.begin();
            bench.untilTold(RunNotice.Waiting.class);
            bench.leave("SIGTERM");
            assertThat(RunBench.finished(result)).isEqualTo(new RunResult.Left("SIGTERM", true));
            assertThat(world.count("patch", "chaosengines")).isZero();
        }
    }

    @Test
    void aRunThatWaitsForThemIsNotReplaced() {
        var world = worldWithAnOldPod();
        try (RunBench bench = operator(world)) {
            var result = bench.begin();
            bench.untilTold(RunNotice.Waiting.class);
            bench.replace("the next fire came");
            world.delete(Resource.PODS, "old");
            assertThat(RunBench.finished(result)).isInstanceOf(RunResult.Completed.class);
            assertThat(world.entries()).containsExactly("a: Completed/Pass");
        }
    }

    @Test
    void theLastRunsPodsGoFirst() {
        var world = worldWithAnOldPod();
        try (RunBench bench = operator(world)) {
            var result = bench.begin();
            bench.untilTold(RunNotice.Waiting.class);
            assertThat(world.names(Resource.JOBS)).isEmpty();
            world.delete(Resource.PODS, "old");
            RunBench.finished(result);
            assertThat(world.entries()).containsExactly("a: Completed/Pass");
        }
    }
}
