package io.chaosrunner.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.cluster.SharedCluster;
import io.chaosrunner.history.RunRecords;
import io.chaosrunner.job.ExecutionLabels;
import io.chaosrunner.sandbox.SandboxServer.Options;
import io.chaosrunner.testing.EngineWorld;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

/** What one process asks the API server for that carries out one run after another. */
class SharedRunsTest {
    private final EngineWorld world =
            EngineWorld.start(Options.DEFAULT.withSpeed(300)).listing("a");
    private final SharedCluster cluster = new SharedCluster(world.connect(), ExecutionLabels.RUN);

    @AfterEach
    void close() {
        cluster.close();
        world.close();
    }

    private RunBench run() {
        RunBench bench = new RunBench(world, Caller.PERSON, cluster, "process");
        assertThat(bench.run()).isInstanceOf(RunResult.Completed.class);
        return bench;
    }

    /** Return what a further run asks for, by verb and resource. */
    private Map<String, Integer> callsOf(Runnable run) {
        int before = world.requests().size();
        run.run();
        Map<String, Integer> calls = new TreeMap<>();
        world.requests()
                .subList(before, world.requests().size())
                .forEach(each -> calls.merge(each.verb() + " " + each.resource(), 1, Integer::sum));
        return calls;
    }

    @Test
    void aFurtherRunReadsNoEventAndNoHistoryAndOpensNoWatchOfPods() {
        run();
        run();

        Map<String, Integer> calls = callsOf(this::run);

        assertThat(calls)
                .doesNotContainKeys("create events", "get events", "get configmaps", "watch pods")
                .doesNotContainKeys("list chaosresults", "watch chaosresults")
                .containsEntry("get chaosresults", 1)
                .containsEntry("update configmaps", 1)
                .containsEntry("create jobs", 1);
        List<ObjectNode> events = world.list(Resource.EVENTS);
        assertThat(calls.get("update events")).isEqualTo(events.size());
        assertThat(events).extracting(each -> each.path("count").asInt()).containsOnly(3);
        assertThat(numbers()).containsExactly(1, 2, 3);
    }

    @Test
    void anEventWhoseTimeIsOverIsWrittenAnew() {
        run();
        List<ObjectNode> before = world.list(Resource.EVENTS);
        before.forEach(each -> world.delete(Resource.EVENTS, name(each)));

        RunBench again = run();

        assertThat(world.list(Resource.EVENTS)).hasSameSizeAs(before);
        assertThat(again.notices.toString()).doesNotContain("was not written");
    }

    @Test
    void anEventThatSomebodyElseCountedIsCountedOn() {
        run();
        for (ObjectNode each : world.list(Resource.EVENTS)) {
            world.edit(Resource.EVENTS, name(each), "{\"count\": 41}");
        }

        run();

        assertThat(world.list(Resource.EVENTS))
                .extracting(each -> each.path("count").asInt())
                .containsOnly(42);
    }

    @Test
    void aHistoryThatSomebodyRemovedIsBegunAgain() {
        run();
        run();
        world.delete(Resource.CONFIG_MAPS, "e-runs");

        RunBench again = run();

        assertThat(numbers()).containsExactly(3);
        assertThat(again.notices.toString()).doesNotContain("only a summary");
    }

    @Test
    void whatSomebodyWroteIntoTheHistorysConfigMapStays() {
        run();
        world.edit(Resource.CONFIG_MAPS, "e-runs", "{\"data\": {\"mine\": \"kept\"}}");

        run();

        assertThat(numbers()).containsExactly(1, 2);
        assertThat(
                        world.get(Resource.CONFIG_MAPS, "e-runs")
                                .orElseThrow()
                                .at("/data/mine")
                                .asString())
                .isEqualTo("kept");
    }

    private List<Integer> numbers() {
        ObjectNode map = world.get(Resource.CONFIG_MAPS, "e-runs").orElseThrow();
        return RunRecords.read(map.at("/data/runs.json").asString()).orElseThrow().runs().stream()
                .map(each -> (int) each.number())
                .toList();
    }

    private static String name(ObjectNode object) {
        return object.at("/metadata/name").asString();
    }
}
