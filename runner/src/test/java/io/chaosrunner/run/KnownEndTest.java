package io.chaosrunner.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.claim.LoggedAttempt.Mark;
import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.sandbox.SandboxServer.Options;
import io.chaosrunner.testing.EngineWorld;
import io.chaosrunner.testing.TamperedCluster;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/**
 * A process that dies after it launched what follows from an end, and before it stored that end.
 */
class KnownEndTest {

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
