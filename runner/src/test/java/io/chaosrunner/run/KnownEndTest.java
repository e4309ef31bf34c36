package io.chaosrunner.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.claim.LoggedAttempt.Mark;
import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.sandbox.SandboxServer.Options;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.testing.EngineWorld;
import io.chaosrunner.testing.TamperedCluster;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/**
 * A process that dies after it launched what follows from an end, and before it stored that end.
 */
class KnownEndTest {
    private static final Map<String, ?> TWICE =
            Map.of("strategy", "random", "iterations", 2, "retries", 0);

    /** More ends than a Job carries. */
    private static final List<String> GATHERED =
            IntStream.range(0, 160).mapToObj(i -> "e" + i).toList();

    @ParameterizedTest
    @CsvSource({
        "retain, verdict=Pass, 0, Completed/Pass",
        "delete, verdict=Fail, 0, Completed/Fail",
        "delete, verdict=Error, 0, Completed/Error",
        "delete, helper verdict=Pass, 0, Completed/Pass",
        "retain, crash then verdict=Pass, 1, Completed/Pass",
    })
    void whatALaunchFollowedFromIsTheTruthForWhoTakesTheRunUp(
            String policy, String scenario, int retries, String entry) {
        try (EngineWorld world =
                EngineWorld.start(Options.DEFAULT.withSpeed(300))
                        .engineWith(
                                "{'spec': {'jobCleanUpPolicy': '%s'}}".formatted(policy), "a", "b")
                        .script("a", scenario)) {
            var every = new EveryJob();
            world.followJobs(every);
            Map<String, ?> settings = Map.of("retries", retries, "retryBackoff", "1ms");

            RunResult first = diesAfterTheSecondJob(world, settings);
            assertThat(first).isNotInstanceOf(RunResult.Completed.class);
            assertThat(world.claim().log())
                    .as("nothing of the end was stored, but that it is being removed")
                    .allMatch(end -> end.mark() == Mark.BEING_STOPPED);
            RunResult second =
                    new RunBench(world, Caller.OPERATOR, world.connect(), "process-2")
                            .with(settings)
                            .run();

            assertThat(second).isInstanceOf(RunResult.Completed.class);
            assertThat(world.entries()).containsExactly("a: " + entry, "b: Completed/Pass");
            every.awaitAll(world);
            assertThat(every.executions())
                    .isEqualTo(
                            retries == 0
                                    ? List.of("0.1.1", "1.1.1")
                                    : List.of("0.1.1", "0.1.2", "1.1.1"));
            assertThat(every.endsKnown(world.claim())).isNotEmpty();
            every.assertEndsStayTrue(world.claim());
            if (policy.equals("delete")) {
                RunBench.until(() -> world.names(Resource.JOBS).isEmpty());
            }
        }
    }

    /** While the engine cannot be written ends gather, and a Job has no room for any number. */
    @Test
    void moreEndsThanAJobCarriesAreStoredBeforeTheNextLaunch() {
        try (EngineWorld world = gathering("last");
                Cluster cluster = world.connect()) {
            var every = new EveryJob();
            world.followJobs(every);
            var stored = new CountDownLatch(1);
            RunBench bench =
                    new RunBench(world, Caller.OPERATOR, storing(cluster, stored), "process-1")
                            .with(lastAfterAll(Map.of()));
            var result = bench.begin();
            untilEndsGathered(bench);
            stored.countDown();
            assertThat(RunBench.finished(result)).isInstanceOf(RunResult.Completed.class);
            every.awaitAll(world);
            assertThat(every.endsKnown(world.claim())).isEmpty();
        }
    }

    @Test
    void whatIsStoppedWhileItWaitsForThemIsNotLaunched() {
        try (EngineWorld world = gathering("last", "long").script("long", "hang");
                Cluster cluster = world.connect()) {
            var stored = new CountDownLatch(1);
            RunBench bench =
                    new RunBench(world, Caller.OPERATOR, storing(cluster, stored), "process-1")
                            .with(lastAfterAll(Map.of("deadline", "10s")));
            var result = bench.begin();
            untilEndsGathered(bench);
            bench.untilTold(RunNotice.Stopping.class);
            stored.countDown();

            assertThat(RunBench.finished(result)).isInstanceOf(RunResult.Completed.class);
            assertThat(world.count("create", "jobs")).isLessThanOrEqualTo(GATHERED.size() + 1);
            assertThat(bench.notices)
                    .noneMatch(notice ->
                            notice instanceof RunNotice.Launched launched
                                    && launched.experiment().equals("last"));
        }
    }

    private static EngineWorld gathering(String... more) {
        return EngineWorld.start(Options.DEFAULT.withSpeed(300))
                .listing(Stream.concat(GATHERED.stream(), Stream.of(more)).toArray(String[]::new));
    }

    private static Map<String, ?> lastAfterAll(Map<String, ?> more) {
        var settings = new HashMap<String, Object>(more);
        settings.put("strategy", "dag");
        settings.put("dependencies", Map.of("last", GATHERED));
        return settings;
    }

    private static void untilEndsGathered(RunBench bench) {
        RunBench.until(() ->
                bench.notices.stream().filter(RunNotice.Ended.class::isInstance).count()
                        >= GATHERED.size());
    }

    /** No end is stored before its time. */
    private static Cluster storing(Cluster cluster, CountDownLatch stored) {
        return TamperedCluster.of(
                cluster,
                (verb, resource, args, call) -> {
                    if (verb.equals("patch")
                            && resource == Resource.ENGINES
                            && logs((JsonNode) args[args.length - 1])) {
                        RunBench.until(() -> stored.getCount() == 0);
                    }
                    return call.goOn();
                });
    }

    /** The second iteration writes the result of the first, which is its only other record. */
    @ParameterizedTest
    @CsvSource({"retain, verdict=Fail", "delete, verdict=Fail", "delete, verdict=Error"})
    void theEndOfAnIterationTravelsWithTheNext(String policy, String scenario) {
        try (EngineWorld world = repeating(policy, scenario + " then verdict=Pass")) {
            var every = new EveryJob();
            world.followJobs(every);

            assertThat(diesAfterTheSecondJob(world, TWICE))
                    .isNotInstanceOf(RunResult.Completed.class);
            assertThat(world.claim().log()).isEmpty();
            RunResult second = takingUp(world, world.connect()).run();

            assertThat(second).isInstanceOf(RunResult.Completed.class);
            assertThat(world.entries())
                    .containsExactly("a: Completed/" + scenario.substring("verdict=".length()));
            every.awaitAll(world);
            assertThat(every.executions()).containsExactly("0.1.1", "0.2.1");
            assertThat(every.endsKnown(world.claim())).hasSize(1);
            every.assertEndsStayTrue(world.claim());
        }
    }

    @Test
    void theEntryOfAnIterationThatRunsIsNotForAnEarlierOneAnyMore() {
        try (EngineWorld world = repeating("retain", "verdict=Error then hang")) {
            diesAfterTheSecondJob(world, TWICE);
            var asked = new CountDownLatch(1);
            Cluster slow =
                    TamperedCluster.of(
                            world.connect(),
                            (verb, resource, args, call) -> {
                                if (verb.equals("get") && resource == Resource.RESULTS) {
                                    RunBench.until(
                                            () -> world.entries().contains("a: Running/Awaited"));
                                    asked.countDown();
                                }
                                return call.goOn();
                            });
            try (RunBench second = takingUp(world, slow)) {
                var result = second.begin();
                RunBench.until(() -> asked.getCount() == 0);
                await().during(Duration.ofMillis(300))
                        .until(() -> world.entries().contains("a: Running/Awaited"));
                second.stop("that is enough");
                RunBench.finished(result);
            }
        }
    }

    private static EngineWorld repeating(String policy, String scenario) {
        return EngineWorld.start(Options.DEFAULT.withSpeed(300))
                .engineWith("{'spec': {'jobCleanUpPolicy': '%s'}}".formatted(policy), "a")
                .script("a", scenario);
    }

    private static RunBench takingUp(EngineWorld world, Cluster cluster) {
        return new RunBench(world, Caller.OPERATOR, cluster, "process-2").with(TWICE);
    }

    /** No write of the engine that logs an end is sent before the second Job was created. */
    private static RunResult diesAfterTheSecondJob(EngineWorld world, Map<String, ?> settings) {
        var jobs = new AtomicInteger();
        var dead = new CountDownLatch(1);
        Cluster mortal =
                TamperedCluster.of(
                        world.connect(),
                        (verb, resource, args, call) -> {
                            boolean logsAnEnd =
                                    verb.equals("patch")
                                            && resource == Resource.ENGINES
                                            && logs((JsonNode) args[args.length - 1]);
                            if (logsAnEnd) {
                                RunBench.until(() -> dead.getCount() == 0);
                            }
                            if (dead.getCount() == 0) {
                                throw new ClusterException(Kind.UNREACHABLE, "dead");
                            }
                            Object answer = call.goOn();
                            if (verb.equals("create")
                                    && resource == Resource.JOBS
                                    && jobs.incrementAndGet() == 2) {
                                dead.countDown();
                                throw new ClusterException(Kind.UNREACHABLE, "dead");
                            }
                            return answer;
                        });
        var bench = new RunBench(world, Caller.OPERATOR, mortal, "process-1").with(settings);
        var result = bench.begin();
        RunBench.until(() -> dead.getCount() == 0);
        bench.leave("killed");
        return RunBench.finished(result);
    }

    /**
     * What is being removed is logged first, marked as such: that is stored before a retry. The
     * patch tests what was before, and then says what is to be.
     */
    private static boolean logs(JsonNode patch) {
        String log = "\\\"log\\\":\\\"";
        String text = patch.toString();
        int begin = text.lastIndexOf(log);
        return begin >= 0
                && !text.substring(begin, text.indexOf('"', begin + log.length())).contains("~");
    }
}
