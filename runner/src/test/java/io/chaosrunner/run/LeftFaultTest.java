package io.chaosrunner.run;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.attempt.WaitLimits;
import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.engine.ChaosPods;
import io.chaosrunner.job.ExecutionLabels;
import io.chaosrunner.model.RunEnd;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.testing.EngineWorld;
import io.chaosrunner.testing.TamperedCluster;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.node.ObjectNode;

/**
 * Helper pods carry the fault and outlive their experiment: however that ends, they are gone before
 * anything says that it is over, and before anything else begins.
 */
@Execution(ExecutionMode.CONCURRENT)
class LeftFaultTest {

    /** Watches at every call of a run whether something that is over still injects. */
    private static final class Law {
        private final EngineWorld world;
        final List<String> broken = new CopyOnWriteArrayList<>();

        Law(EngineWorld world) {
            this.world = world;
            world.onRequest(request -> {
                String call = request.verb() + " " + request.resource();
                if (call.equals("create jobs") || call.equals("patch chaosengines")) {
                    check(call);
                }
            });
        }

        private void check(String when) {
            // The engine first: what is over must have been over before.
            Engine engine = world.engine();
            Optional<Claim> claim = Claim.of(engine);
            List<String> entries =
                    engine.statusEntries().stream()
                            .map(entry -> entry.path("status").asString())
                            .toList();
            List<ObjectNode> living =
                    world.list(Resource.PODS).stream().filter(ChaosPods::isLive).toList();
            for (ObjectNode pod : living) {
                String name = pod.path("metadata").path("name").asString();
                if (claim.filter(c -> c.state() == Claim.State.FINISHED).isPresent()) {
                    broken.add("%s lives in a finished run, at %s".formatted(name, when));
                }
                ExecutionLabels.read(pod)
                        .filter(id -> id.slot() < entries.size())
                        .map(id -> entries.get(id.slot()))
                        .filter(entry -> !entry.contains("Running") && !entry.contains("Waiting"))
                        .ifPresent(entry ->
                                broken.add(
                                        "%s lives, and its entry says %s, at %s"
                                                .formatted(name, entry, when)));
                boolean next = when.equals("create jobs") && name.startsWith("a-");
                if (next && entries.size() > 1) {
                    broken.add("%s lives when the next is launched".formatted(name));
                }
            }
        }

        void holds() {
            check("the end");
            assertThat(broken).isEmpty();
        }
    }

    private static EngineWorld world(String policy, String... experiments) {
        return EngineWorld.start()
                .engineWith("{'spec': {'jobCleanUpPolicy': '%s'}}".formatted(policy), experiments);
    }

    private static List<String> helpers(EngineWorld world) {
        return world.names(Resource.PODS).stream().filter(name -> name.contains("helper")).toList();
    }

    @ParameterizedTest(name = "{0} under {1}: {2}")
    @CsvSource({
        "oom helper, retain, Skipped/Fail",
        "oom helper, delete, Skipped/Fail",
        "crash helper, retain, Skipped/Fail",
        "crash helper, delete, Skipped/Fail",
        "evicted helper, retain, Skipped/Fail",
        "evicted helper, delete, Skipped/Fail",
        "deleted helper, retain, Completed/Stopped",
        "deleted helper, delete, Completed/Stopped",
        "force-deleted helper, retain, Skipped/Fail",
        "force-deleted helper, delete, Skipped/Fail",
        "abandon no-result, retain, Completed/Error",
        "abandon unfinished-result, delete, Completed/Error",
        "abandon verdict=Pass, retain, Completed/Pass",
        "abandon verdict=Fail, delete, Completed/Fail"
    })
    void theFaultIsGoneBeforeItsEntryEndsAndBeforeTheNextBegins(
            String scenario, String policy, String entry) {
        var world = world(policy, "a", "b").script("a", scenario);
        try (RunBench bench = new RunBench(world, Caller.OPERATOR)) {
            var law = new Law(world);
            RunResult result = bench.run();

            assertThat(result).isInstanceOf(RunResult.Completed.class);
            law.holds();
            assertThat(world.entries()).containsExactly("a: " + entry, "b: Completed/Pass");
            assertThat(helpers(world)).isEmpty();
            assertThat(world.message("ExperimentPodsRemoved")).contains("a-helper-");
            assertThat(world.events("b")).noneMatch(event -> event.contains("PodsRemoved"));
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"oom helper", "crash helper", "abandon no-result", "abandon"})
    void theJobAndThePodThatEndedStayUnderRetain(String scenario) {
        var world = world("retain", "a").script("a", scenario);
        try (RunBench bench = new RunBench(world, Caller.OPERATOR)) {
            bench.run();
            assertThat(world.names(Resource.JOBS)).hasSize(1);
            assertThat(world.names(Resource.PODS)).hasSize(1);
            assertThat(world.message("ExperimentJobCleanUp")).contains("will be retained");
        }
    }

    @Test
    void aHelperOnItsWayOutIsWaitedForAndNotRemoved() {
        var world = world("retain", "a", "b").script("a", "helper");
        try (RunBench bench = new RunBench(world, Caller.OPERATOR)) {
            var law = new Law(world);
            bench.run();
            law.holds();
            assertThat(world.message("ExperimentPodsRemoved")).isEmpty();
            assertThat(world.count("delete", "pods")).isZero();
        }
    }

    /** The garbage collector may be quicker than whoever looks after a Job's deletion. */
    @Test
    void aPodThatItsJobTakesWithItIsNamedToo() {
        var world =
                EngineWorld.start()
                        .engineWith(
                                """
                                {'spec': {'experiments': [
                                  {'name': 'a', 'spec': {'components':
                                    {'statusCheckTimeouts': {'timeout': 1}}}}]}}
                                """)
                        .script("a", "image-pull-error");
        var cluster =
                TamperedCluster.of(
                        world.connect(),
                        (verb, resource, args, call) -> {
                            Object answer = call.goOn();
                            if (resource == Resource.JOBS && verb.equals("delete")) {
                                world.names(Resource.PODS).stream()
                                        .filter(name -> name.startsWith("a-"))
                                        .forEach(name -> world.delete(Resource.PODS, name));
                                RunBench.until(() ->
                                        world.names(Resource.PODS).stream()
                                                .noneMatch(name -> name.startsWith("a-")));
                            }
                            return answer;
                        });
        try (RunBench bench = new RunBench(world, Caller.OPERATOR, cluster, "process-1")) {
            assertThat(bench.run()).isInstanceOf(RunResult.Completed.class);
            assertThat(world.entries()).containsExactly("a: Skipped/Fail");
            assertThat(world.message("ExperimentPodsRemoved")).contains("a-");
        }
    }

    @Test
    void theFaultOfANeighbourIsLeftAlone() {
        var world =
                world("retain", "a", "b")
                        .script("a", "oom helper after=1s")
                        .script("b", "hang helper");
        try (RunBench bench = new RunBench(world, Caller.PERSON)) {
            var result = bench.with(Map.of("strategy", "parallel")).begin();
            bench.untilRunning("b");
            RunBench.until(() -> world.entries().contains("a: Skipped/Fail"));
            RunBench.until(() -> !helpers(world).isEmpty());
            assertThat(helpers(world)).hasSize(1).first().asString().startsWith("b-helper");
            assertThat(world.message("ExperimentPodsRemoved"))
                    .contains("a-helper-")
                    .doesNotContain("b-");
            bench.stop("seen enough");
            RunBench.finished(result);
            assertThat(world.entries())
                    .containsExactly("a: Skipped/Fail", "b: Forcefully Aborted/Stopped");
            assertThat(helpers(world)).isEmpty();
        }
    }

    @Test
    void aHelperThatComesAfterItsExperimentEndedIsRemovedToo() {
        var world = world("retain", "a", "b").script("a", "helper").script("b", "hang");
        try (RunBench bench = new RunBench(world, Caller.PERSON)) {
            var result = bench.begin();
            bench.untilRunning("b");
            ObjectNode late =
                    EngineWorld.json(
                            """
                            {'apiVersion': 'v1', 'kind': 'Pod',
                             'metadata': {'name': 'a-helper-late', 'namespace': 'n'},
                             'spec': {'containers': [{'name': 'a', 'image': 'helper'}],
                                      'terminationGracePeriodSeconds': 1}}
                            """);
            ObjectNode labels = late.withObject("/metadata/labels");
            world.list(Resource.PODS).stream()
                    .filter(pod -> pod.path("metadata").path("name").asString().startsWith("a-"))
                    .findFirst()
                    .orElseThrow()
                    .path("metadata")
                    .path("labels")
                    .properties()
                    .forEach(label -> labels.set(label.getKey(), label.getValue()));
            world.load(late);
            RunBench.until(() -> helpers(world).isEmpty());
            assertThat(world.message("ExperimentPodsRemoved")).contains("a-helper-late");
            bench.stop("seen enough");
            RunBench.finished(result);
            assertThat(world.entries())
                    .containsExactly("a: Completed/Pass", "b: Forcefully Aborted/Stopped");
        }
    }

    private static WaitLimits patience(Duration helper, Duration removal) {
        return RunBench.impatient(RunBench.IMPATIENT.refusals(), helper, removal);
    }

    /** Enough to see that what is to go does not. */
    private static final WaitLimits NO_PATIENCE =
            patience(RunBench.IMPATIENT.helper(), Duration.ofSeconds(2));

    /** What is neither an end nor a success: the fault goes on, and so does its entry. */
    private static void staysOpen(EngineWorld world, RunResult result) {
        assertThat(result).isInstanceOf(RunResult.NotOver.class);
        assertThat(((RunResult.NotOver) result).why()).contains("a-helper-");
        assertThat(world.claim().state()).isEqualTo(Claim.State.RUNNING);
        assertThat(world.entries().getFirst())
                .doesNotContain("Completed")
                .doesNotContain("Skipped");
        assertThat(world.names(Resource.JOBS)).noneMatch(name -> name.startsWith("b-"));
        assertThat(world.message("ChaosRunFailed"))
                .contains("pods of experiment a cannot be removed: a-helper-");
    }

    private static void endsWithoutTheRest(EngineWorld world, RunResult result) {
        assertThat(result).isInstanceOf(RunResult.Completed.class);
        assertThat(((RunResult.Completed) result).end().cause())
                .isEqualTo(RunEnd.Cause.LEFT_BEHIND);
        assertThat(world.entries()).containsExactly("a: Skipped/Fail", "b: Skipped/N/A");
        assertThat(world.claim().state()).isEqualTo(Claim.State.FINISHED);
        assertThat(helpers(world)).isEmpty();
    }

    @Test
    void whatMayNotBeRemovedKeepsTheRunOpenUntilItIsGone() {
        var world = world("retain", "a", "b").script("a", "oom helper");
        world.server().forbid("delete", "pods");
        try (RunBench first = new RunBench(world, Caller.OPERATOR).with(NO_PATIENCE)) {
            var law = new Law(world);
            staysOpen(world, first.run());
            assertThat(first.warnings())
                    .filteredOn(warning -> warning.contains("forbidden"))
                    .as("refusals are said once")
                    .hasSize(1);
            world.server().allow("delete", "pods");
            world.delete(Resource.PODS, helpers(world).getFirst());
            RunBench.until(() -> helpers(world).isEmpty());
            endsWithoutTheRest(
                    world,
                    new RunBench(world, Caller.OPERATOR, world.connect(), "process-2").run());
            law.holds();
        }
    }

    @Test
    void whatDoesNotGoKeepsTheRunOpenUntilItIsGone() {
        var world = world("delete", "a", "b").script("a", "oom helper");
        var nodeIsLost = new AtomicBoolean(true);
        var cluster =
                TamperedCluster.of(
                        world.connect(),
                        (verb, resource, args, call) ->
                                verb.equals("delete")
                                                && resource == Resource.PODS
                                                && nodeIsLost.get()
                                        ? null
                                        : call.goOn());
        try (RunBench first =
                new RunBench(world, Caller.OPERATOR, cluster, "process-1").with(NO_PATIENCE)) {
            var law = new Law(world);
            staysOpen(world, first.run());
            nodeIsLost.set(false);
            endsWithoutTheRest(
                    world, new RunBench(world, Caller.OPERATOR, cluster, "process-2").run());
            law.holds();
        }
    }

    /** A kubelet says that the containers ended some time before it lets the pod go. */
    @ParameterizedTest(name = "under {0}")
    @CsvSource({"retain", "delete"})
    void aRemovedHelperWhoseContainersEndedIsSeenGoneToo(String policy) {
        var world = world(policy, "a", "b").script("a", "oom helper");
        var lists = new AtomicInteger();
        var deleted = ConcurrentHashMap.<String>newKeySet();
        var cluster =
                TamperedCluster.of(
                        world.connect(),
                        (verb, resource, args, call) -> {
                            if (resource == Resource.PODS
                                    && verb.equals("delete")
                                    && args[2] instanceof String name
                                    && name.contains("helper")) {
                                deleted.add(name);
                                return null;
                            }
                            Object answer = call.goOn();
                            if (resource == Resource.PODS
                                    && verb.equals("list")
                                    && !deleted.isEmpty()) {
                                if (lists.incrementAndGet() > 3) {
                                    deleted.forEach(name -> world.delete(Resource.PODS, name));
                                    deleted.clear();
                                    return call.goOn();
                                }
                                ((List<?>) requireNonNull(answer))
                                        .forEach(LeftFaultTest::showEnded);
                            }
                            return answer;
                        });
        try (RunBench bench = new RunBench(world, Caller.OPERATOR, cluster, "process-1")) {
            var law = new Law(world);
            assertThat(bench.run()).isInstanceOf(RunResult.Completed.class);
            law.holds();
            assertThat(lists).hasValueGreaterThan(3);
            assertThat(world.entries()).containsExactly("a: Skipped/Fail", "b: Completed/Pass");
        }
    }

    private static void showEnded(Object object) {
        ObjectNode pod = (ObjectNode) object;
        if (pod.path("metadata").path("name").asString().contains("helper")) {
            pod.withObject("metadata").put("deletionTimestamp", "2026-01-01T00:00:00Z");
            pod.withObject("status").put("phase", "Failed");
        }
    }

    @Test
    void aPodThatEndedDoesNotHoldTheRunWhateverHoldsThePod() {
        var world = world("delete", "a", "b").script("a", "hang helper no-result");
        try (RunBench bench =
                new RunBench(world, Caller.OPERATOR)
                        .with(patience(Duration.ZERO, Duration.ofSeconds(5)))) {
            var law = new Law(world);
            var result = bench.begin();
            bench.untilRunning("a");
            RunBench.until(() -> !helpers(world).isEmpty());
            String helper = helpers(world).getFirst();
            world.edit(Resource.PODS, helper, "{'metadata': {'finalizers': ['example.com/hold']}}");
            world.names(Resource.PODS).stream()
                    .filter(name -> !name.equals(helper))
                    .forEach(name -> world.delete(Resource.PODS, name));
            assertThat(RunBench.finished(result)).isInstanceOf(RunResult.Completed.class);
            law.holds();
            assertThat(world.entries()).containsExactly("a: Skipped/Fail", "b: Completed/Pass");
        }
    }

    @Test
    void aStopDoesNotWaitForAHelperToEndByItself() {
        var world = world("retain", "a", "b").script("a", "abandon");
        WaitLimits patient = patience(Duration.ofMinutes(3), Duration.ofMinutes(3));
        try (RunBench bench = new RunBench(world, Caller.PERSON).with(patient)) {
            var result = bench.begin();
            bench.untilTold(RunNotice.Waiting.class);
            bench.stop("enough");
            RunBench.finished(result);
            assertThat(world.entries())
                    .containsExactly("a: Completed/Pass", "b: Forcefully Aborted/Stopped");
            assertThat(helpers(world)).isEmpty();
        }
    }
}
