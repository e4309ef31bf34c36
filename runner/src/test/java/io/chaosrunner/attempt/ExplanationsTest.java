package io.chaosrunner.attempt;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.run.RunBench;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.testing.EngineWorld;
import io.chaosrunner.testing.TamperedCluster;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import tools.jackson.databind.node.ObjectNode;

/** Why a Job has no pod, and who deleted one, is told where anything in the cluster says so. */
@Execution(ExecutionMode.CONCURRENT)
class ExplanationsTest {
    private static final String SHORT_WAIT =
            """
            {'spec': {'experiments': [{'name': 'a', 'spec': {'components': {
               'statusCheckTimeouts': {'timeout': %d}}}}]}}
            """;

    /** Waits so many seconds for pods; of its Jobs this is written otherwise. */
    private static RunBench bench(EngineWorld world, String spec) {
        return new RunBench(
                world,
                Caller.OPERATOR,
                TamperedCluster.of(
                        world.connect(),
                        (verb, resource, args, call) -> {
                            if (resource == Resource.JOBS && verb.equals("create")) {
                                ((ObjectNode) args[2])
                                        .withObject("/spec")
                                        .setAll(EngineWorld.json(spec));
                            }
                            return call.goOn();
                        }),
                "process-1");
    }

    private static EngineWorld world(int seconds) {
        return EngineWorld.start().engineWith(SHORT_WAIT.formatted(seconds), "a");
    }

    private static void tell(EngineWorld world, String kind, ObjectNode of, String reason) {
        ObjectNode event =
                EngineWorld.json(
                        """
                        {'apiVersion': 'v1', 'kind': 'Event', 'type': 'Warning',
                         'metadata': {'name': 'told', 'namespace': 'n'}, 'message': 'words of it',
                         'lastTimestamp': '2026-03-01T12:00:00Z'}
                        """);
        event.put("reason", reason);
        event.putObject("involvedObject")
                .put("kind", kind)
                .put("namespace", "n")
                .put("name", of.path("metadata").path("name").asString())
                .put("uid", of.path("metadata").path("uid").asString());
        world.load(event);
    }

    private static List<String> waiting(RunBench bench) {
        return bench.notices.stream()
                .filter(RunNotice.Waiting.class::isInstance)
                .map(notice -> ((RunNotice.Waiting) notice).why())
                .toList();
    }

    @Test
    void aJobThatMayMakeNoPodTellsTheJobControllersWords() {
        var world = world(4);
        try (RunBench bench = bench(world, "{'parallelism': 0}")) {
            var result = bench.begin();
            RunBench.until(() -> !world.names(Resource.JOBS).isEmpty());
            tell(world, "Job", world.list(Resource.JOBS).getFirst(), "FailedCreate");
            RunBench.finished(result);

            assertThat(world.entries()).containsExactly("a: Skipped/Fail");
            assertThat(world.message("ChaosContainerWatchNotPermitted"))
                    .contains("has no pod after 4s: FailedCreate (words of it)");
            assertThat(waiting(bench))
                    .anySatisfy(why -> assertThat(why).contains("FailedCreate (words of it)"));
        }
    }

    @Test
    void aSuspendedJobSaysSo() {
        var world = world(4);
        try (RunBench bench = bench(world, "{'suspend': true}")) {
            bench.run();

            assertThat(world.entries()).containsExactly("a: Skipped/Fail");
            assertThat(world.message("ChaosContainerWatchNotPermitted"))
                    .contains("is suspended (spec.suspend is true)");
        }
    }

    @Test
    void whoMayNotListEventsIsToldWhereTheyAre() {
        var world = world(4);
        world.server().forbid("list", "events");
        try (RunBench bench = bench(world, "{'parallelism': 0}")) {
            bench.run();

            assertThat(
                            bench.notices.stream()
                                    .filter(RunNotice.Ended.class::isInstance)
                                    .map(Object::toString))
                    .singleElement()
                    .asString()
                    .contains(
                            "this account may not list events (docs/permissions.md), 'kubectl get events -n n");
        }
    }

    @Test
    void whoPreemptedAPodIsTold() {
        var world = EngineWorld.start().listing("a").script("a", "hang no-result");
        try (RunBench bench = new RunBench(world, Caller.OPERATOR)) {
            var result = bench.begin();
            bench.untilRunning("a");
            ObjectNode pod = world.list(Resource.PODS).getFirst();
            tell(world, "Pod", pod, "Preempted");
            deleteAtOnce(world, pod.path("metadata").path("name").asString());
            RunBench.finished(result);

            assertThat(world.message("ChaosContainerWatchNotPermitted"))
                    .contains("was deleted: Preempted (words of it)");
        }
    }

    private static void deleteAtOnce(EngineWorld world, String pod) {
        String path = "/api/v1/namespaces/n/pods/%s?gracePeriodSeconds=0".formatted(pod);
        var request = HttpRequest.newBuilder(URI.create(world.server().url() + path)).DELETE();
        try (var client = HttpClient.newHttpClient()) {
            assertThat(client.send(request.build(), BodyHandlers.ofString()).statusCode())
                    .isEqualTo(200);
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aPodThatEndsBecauseItIsDeletedIsSaidToBeDeleted() {
        var world = EngineWorld.start().listing("a").script("a", "hang no-result");
        try (RunBench bench = new RunBench(world, Caller.OPERATOR)) {
            var result = bench.begin();
            bench.untilRunning("a");
            world.delete(Resource.PODS, world.names(Resource.PODS).getFirst());
            RunBench.finished(result);

            assertThat(world.message("ChaosContainerWatchNotPermitted"))
                    .contains("was deleted, and ended with exit code 1");
        }
    }

    @Test
    void whatGoesWellAsksForNoEvent() {
        var world = EngineWorld.start().listing("a", "b");
        try (RunBench bench = new RunBench(world, Caller.OPERATOR)) {
            bench.run();

            assertThat(world.entries()).containsExactly("a: Completed/Pass", "b: Completed/Pass");
            assertThat(world.count("list", "events")).isZero();
        }
    }
}
