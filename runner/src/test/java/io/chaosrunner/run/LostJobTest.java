package io.chaosrunner.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.claim.Claim.State;
import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.model.RunEnd;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.testing.EngineWorld;
import io.chaosrunner.testing.TamperedCluster;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** What a process finds that takes up a run, if somebody acted while no process looked. */
@Execution(ExecutionMode.CONCURRENT)
class LostJobTest {

    private static RunBench start(EngineWorld world, Caller caller) {
        var bench = new RunBench(world, caller);
        var result = bench.begin();
        bench.untilRunning("a");
        RunBench.until(() -> world.entries().getFirst().equals("a: Running/Awaited"));
        bench.leave("killed");
        RunBench.finished(result);
        return bench;
    }

    private static RunBench again(EngineWorld world, Caller caller) {
        return new RunBench(world, caller, world.connect(), "process-2");
    }

    private static void deleteTheJob(EngineWorld world) {
        world.delete(Resource.JOBS, world.names(Resource.JOBS).getFirst());
        RunBench.until(() -> world.names(Resource.JOBS).isEmpty());
    }

    private static void forgetThatItRan(EngineWorld world) {
        world.edit(
                """
                {'status': {'experiments': [
                  {'name': 'a', 'status': 'Waiting for Job Creation', 'verdict': 'N/A',
                   'experimentPod': 'Yet to be launched', 'runner': 'e-runner'},
                  {'name': 'b', 'status': 'Waiting for Job Creation', 'verdict': 'N/A',
                   'experimentPod': 'Yet to be launched', 'runner': 'e-runner'}]}}
                """);
    }

    private static List<String> launched(RunBench bench) {
        return bench.notices.stream()
                .filter(RunNotice.Launched.class::isInstance)
                .map(notice -> ((RunNotice.Launched) notice).experiment())
                .toList();
    }

    @Test
    void whatWasSeenRunningIsNotLaunchedAgain() {
        var world = EngineWorld.start().listing("a", "b").script("a", "hang no-result");
        try (var first = start(world, Caller.OPERATOR)) {
            deleteTheJob(world);
            RunBench.until(() -> world.names(Resource.PODS).isEmpty());
            var second = again(world, Caller.OPERATOR);
            second.run();
            assertThat(launched(second)).containsExactly("b");
            assertThat(world.entries()).containsExactly("a: Skipped/Fail", "b: Completed/Pass");
            assertThat(world.message("ChaosContainerWatchNotPermitted"))
                    .contains("while no runner looked");
            assertThat(world.claim().log()).hasSize(2);
        }
    }

    /** The entry names the pod, but it is not there to tell anything. */
    @Test
    void thatAPodWasDeletedMeanwhileIsHeardFromItsJobAndItsHelperGoes() {
        var world = EngineWorld.start().listing("a", "b").script("a", "hang helper no-result");
        try (var first = start(world, Caller.OPERATOR)) {
            RunBench.until(() -> world.names(Resource.PODS).size() == 2);
            world.names(Resource.PODS).stream()
                    .filter(name -> !name.contains("helper"))
                    .forEach(name -> world.delete(Resource.PODS, name));
            RunBench.until(() -> world.names(Resource.PODS).size() == 1);
            var second = again(world, Caller.OPERATOR);
            second.run();
            assertThat(launched(second)).containsExactly("a", "b");
            assertThat(world.entries()).containsExactly("a: Skipped/Fail", "b: Completed/Pass");
            assertThat(world.message("ChaosContainerWatchNotPermitted"))
                    .containsPattern("Job a-\\w+ failed: BackoffLimitExceeded");
            assertThat(world.names(Resource.PODS)).hasSize(1).first().asString().startsWith("b-");
        }
    }

    @Test
    void whatMarkedItsResultIsNotLaunchedAgainAndItsHelperGoes() {
        var world = EngineWorld.start().listing("a", "b").script("a", "hang helper");
        try (var first = start(world, Caller.OPERATOR)) {
            RunBench.until(() -> world.names(Resource.PODS).size() == 2);
            deleteTheJob(world);
            RunBench.until(() -> world.names(Resource.PODS).size() == 1);
            forgetThatItRan(world);
            var second = again(world, Caller.OPERATOR);
            second.run();
            assertThat(launched(second)).containsExactly("b");
            assertThat(world.entries().getLast()).isEqualTo("b: Completed/Pass");
            assertThat(world.entries().getFirst()).isNotEqualTo("a: Completed/Pass");
            assertThat(world.names(Resource.PODS)).hasSize(1).first().asString().startsWith("b-");
        }
    }

    @Test
    void whatEndedIsJudgedByItsResult() {
        var world = EngineWorld.start().listing("a", "b").script("a", "verdict=Fail after=5m");
        try (var first = start(world, Caller.OPERATOR)) {
            RunBench.until(() ->
                    world.get(Resource.RESULTS, "e-a")
                            .filter(result -> result.toString().contains("\"Fail\""))
                            .isPresent());
            deleteTheJob(world);
            var second = again(world, Caller.OPERATOR);
            second.run();
            assertThat(launched(second)).containsExactly("b");
            assertThat(world.entries()).containsExactly("a: Completed/Fail", "b: Completed/Pass");
        }
    }

    @Test
    void aPersonsStopIsHeardByWhoTakesTheRunUp() {
        var world = EngineWorld.start().listing("a", "b").script("a", "hang helper");
        try (var first = start(world, Caller.PERSON)) {
            world.edit("{'spec': {'engineState': 'stop'}}");
            var second = again(world, Caller.PERSON_WHO_RESUMES);
            var result = (RunResult.Completed) second.run();
            assertThat(result.end().cause()).isEqualTo(RunEnd.Cause.ABORT);
            assertThat(world.entries())
                    .containsExactly(
                            "a: Forcefully Aborted/Stopped", "b: Forcefully Aborted/Stopped");
            assertThat(world.names(Resource.PODS)).isEmpty();
            assertThat(world.claim().state()).isEqualTo(State.FINISHED);
        }
    }

    @Test
    void aJobThatWasKeptIsToldOfOnce() {
        var world = EngineWorld.start().listing("a", "b").script("b", "hang");
        var first = new RunBench(world, Caller.OPERATOR);
        try (first) {
            var result = first.begin();
            first.untilRunning("b");
            RunBench.until(() -> !world.message("ExperimentJobCleanUp").isEmpty());
            first.leave("killed");
            RunBench.finished(result);
            var second = again(world, Caller.OPERATOR);
            var end = second.begin();
            second.untilRunning("b");
            world.names(Resource.JOBS).stream()
                    .filter(name -> name.startsWith("b-"))
                    .forEach(name -> world.delete(Resource.JOBS, name));
            RunBench.finished(end);
            assertThat(world.events("a")).contains("ExperimentJobCleanUp Normal x1");
            assertThat(world.events("b")).contains("ExperimentJobCleanUp Normal x1");
        }
    }

    @Test
    void whoCannotSeePodsAnyMoreStopsWhatRuns() {
        var world = EngineWorld.start().listing("a", "b").script("a", "hang helper");
        var pods = new AtomicReference<Cluster.Listener>();
        var cluster =
                TamperedCluster.of(
                        world.connect(),
                        (verb, resource, args, call) -> {
                            if (verb.equals("follow") && resource == Resource.PODS) {
                                pods.set((Cluster.Listener) args[5]);
                            }
                            return call.goOn();
                        });
        try (var bench = new RunBench(world, Caller.OPERATOR, cluster, "process-1")) {
            var result = bench.begin();
            bench.untilRunning("a");
            Objects.requireNonNull(pods.get())
                    .unavailable(new ClusterException(Kind.FORBIDDEN, "list pods: 403"));
            assertThat(((RunResult.Completed) RunBench.finished(result)).end().cause())
                    .isEqualTo(RunEnd.Cause.UNWATCHED);
            assertThat(world.entries())
                    .containsExactly(
                            "a: Forcefully Aborted/Stopped", "b: Forcefully Aborted/Stopped");
            assertThat(world.names(Resource.PODS)).isEmpty();
            assertThat(world.message("ChaosRunFailed")).contains("list pods: 403");
        }
    }
}
