package io.chaosrunner.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.testing.EngineWorld;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.node.ObjectNode;

/** What clusters do to experiments: each is told in one sentence, and the others run. */
@Execution(ExecutionMode.CONCURRENT)
class FaultsOfTheClusterTest {

    private static RunBench operator(EngineWorld world) {
        return new RunBench(world, Caller.OPERATOR);
    }

    @Test
    void aNodeThatIsLostEndsItsExperimentAndWhatMayRunThereIsRemoved() {
        var world = EngineWorld.start().listing("a", "b").script("a", "hang no-result helper");
        try (RunBench bench = operator(world)) {
            var result = bench.begin();
            bench.untilRunning("a");
            RunBench.until(() -> world.names(Resource.PODS).size() == 2);
            String pod =
                    world.names(Resource.PODS).stream()
                            .filter(name -> !name.contains("helper"))
                            .findFirst()
                            .orElseThrow();
            loseTheNodeOf(pod, world);
            RunBench.finished(result);
            assertThat(world.entries()).containsExactly("a: Skipped/Fail", "b: Completed/Pass");
            assertThat(world.message("ChaosContainerWatchNotPermitted"))
                    .contains("its node does not answer")
                    .contains("NodeLost");
            assertThat(world.names(Resource.PODS)).hasSize(1).first().asString().startsWith("b-");
        }
    }

    /** As the node controller does; status is a subresource of pods. */
    private static void loseTheNodeOf(String pod, EngineWorld world) {
        String path = "/api/v1/namespaces/n/pods/" + pod + "/status";
        var request =
                HttpRequest.newBuilder(URI.create(world.server().url() + path))
                        .header("Content-Type", "application/merge-patch+json")
                        .method(
                                "PATCH",
                                BodyPublishers.ofString(
                                        EngineWorld.json(
                                                        "{'status': {'phase': 'Unknown', 'reason': 'NodeLost'}}")
                                                .toString()))
                        .build();
        try (var client = HttpClient.newHttpClient()) {
            assertThat(client.send(request, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aSecondPodOfAJobIsNoSecondExperiment() {
        var world = EngineWorld.start().listing("a", "b").script("a", "after=4m");
        try (RunBench bench = operator(world)) {
            var result = bench.begin();
            bench.untilRunning("a");
            ObjectNode second = world.list(Resource.PODS).getFirst().deepCopy();
            second.remove("status");
            second.put("apiVersion", "v1").put("kind", "Pod");
            second.withObject("/metadata")
                    .put("name", "a-second")
                    .remove(List.of("uid", "resourceVersion", "creationTimestamp"));
            second.withObject("/spec").remove("nodeName");
            world.load(second);
            RunBench.finished(result);
            assertThat(world.entries()).containsExactly("a: Completed/Pass", "b: Completed/Pass");
            assertThat(world.claim().log()).hasSize(2);
            assertThat(bench.notices.stream().filter(RunNotice.Ended.class::isInstance)).hasSize(2);
        }
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource({
        "get, chaosengines",
        "get, chaosexperiments",
        "list, pods",
        "create, jobs",
        "patch update, chaosengines"
    })
    void whatIsRequiredIsSaidInOneSentenceAndNothingIsLaunched(String verbs, String resource) {
        var world = EngineWorld.start().listing("a", "b");
        for (String verb : verbs.split(" ")) {
            world.server().forbid(verb, resource);
        }
        try (RunBench bench = operator(world)) {
            RunResult result = bench.run();
            assertThat(world.names(Resource.JOBS)).isEmpty();
            String said =
                    result instanceof RunResult.Refused(String why)
                            ? why
                            : world.message("ExperimentDependencyCheck");
            assertThat(said).contains("forbidden").contains(resource).doesNotContain("\n");
            if (result instanceof RunResult.Completed) {
                assertThat(world.entries()).containsExactly("a: Skipped/Fail", "b: Skipped/Fail");
            }
        }
    }

    @ParameterizedTest(name = "without {0} {1}: {2}")
    @CsvSource({
        "watch, chaosengines, Completed/Pass",
        "list, chaosengines, Completed/Pass",
        "patch, chaosengines, Completed/Pass",
        "update, chaosengines, Completed/Pass",
        "get, chaosresults, Completed/Error",
        "get, jobs, Completed/Pass",
        "list, jobs, Completed/Pass",
        "watch, jobs, Completed/Pass",
        "delete, jobs, Completed/Pass",
        "watch, pods, Completed/Pass",
        "delete, pods, Completed/Pass",
        "create, events, Completed/Pass",
        "get, events, Completed/Pass",
        "update, events, Completed/Pass",
        "get, configmaps, Completed/Pass",
        "get, secrets, Completed/Pass"
    })
    void everythingElseIsDoneWithout(String verb, String resource, String entry) {
        var world =
                EngineWorld.start()
                        .engineWith("{'spec': {'jobCleanUpPolicy': 'delete'}}", "a", "b");
        world.server().forbid(verb, resource);
        try (RunBench bench = operator(world)) {
            assertThat(bench.run()).isInstanceOf(RunResult.Completed.class);
            assertThat(world.entries()).containsExactly("a: " + entry, "b: " + entry);
        }
    }
}
