package io.chaosrunner.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.config.Allowed;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.testing.EngineWorld;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs of engines that name accounts and images which are not allowed. */
class AllowedPodsTest {
    private static final Allowed ALLOWED = Allowed.of(List.of("sa"), List.of("good/*"));

    private final List<String> heard = new CopyOnWriteArrayList<>();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'spec': {'chaosServiceAccount': 'cluster-admin'}}",
                "{'spec': {'components': {'sidecar': [{'image': 'evil/1'}]}}}",
                "{'spec': {'experiments': [{'name': 'a', 'spec': {'components': {'experimentImage': 'evil/1'}}}]}}",
            })
    void anEngineThatNamesOthersLaunchesNothingAndSaysWhy(String part) {
        try (EngineWorld world = EngineWorld.start().engineWith(part, "a");
                Cluster cluster = world.connect()) {
            image(world, "good/go-runner");

            assertThat(run(world, cluster, ALLOWED)).isInstanceOf(RunResult.Misconfigured.class);

            assertThat(world.list(Resource.JOBS)).isEmpty();
            assertThat(world.claim().reason()).contains("is not allowed here");
            assertThat(events(world)).contains("not allowed here");
        }
    }

    @Test
    void anExperimentOfAnImageThatIsNotAllowedMakesTheRunMisconfigured() {
        try (EngineWorld world = EngineWorld.start().listing("a");
                Cluster cluster = world.connect()) {
            image(world, "evil/1");

            assertThat(run(world, cluster, ALLOWED))
                    .isInstanceOfSatisfying(
                            RunResult.Misconfigured.class,
                            misconfigured ->
                                    assertThat(misconfigured.problems().toString())
                                            .contains("ChaosExperiment a: image 'evil/1'"));
            assertThat(world.list(Resource.JOBS)).isEmpty();
        }
    }

    @Test
    void anImageThatWasChangedDuringTheRunIsNotLaunched() {
        try (EngineWorld world = EngineWorld.start().script("a", "after=2s").listing("a", "b");
                Cluster cluster = world.connect()) {
            image(world, "good/1");
            world.edit(Resource.EXPERIMENTS, "b", "{'spec': {'definition': {'image': 'good/1'}}}");
            world.onRequest(request -> {
                if (request.verb().equals("create") && request.resource().equals("jobs")) {
                    world.onRequest(again -> {});
                    world.edit(
                            Resource.EXPERIMENTS,
                            "b",
                            "{'spec': {'definition': {'image': 'evil/1'}}}");
                }
            });

            assertThat(run(world, cluster, ALLOWED)).isInstanceOf(RunResult.Completed.class);

            assertThat(world.list(Resource.JOBS)).hasSize(1);
            assertThat(world.entries().getFirst()).isEqualTo("a: Completed/Pass");
            assertThat(events(world)).contains("image 'evil/1' is not allowed here");
        }
    }

    @Test
    void helperPodsAreBoundToo() {
        try (EngineWorld world =
                        EngineWorld.start()
                                .engineWith(
                                        "{'spec': {'experiments': [{'name': 'a', 'spec': {'components': {'env':"
                                                + " [{'name': 'LIB_IMAGE', 'value': 'evil/1'}]}}}]}}",
                                        "a");
                Cluster cluster = world.connect()) {
            image(world, "good/1");

            run(world, cluster, ALLOWED);

            assertThat(world.list(Resource.JOBS)).isEmpty();
            assertThat(events(world)).contains("image 'evil/1' is not allowed here");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{image: good/x, serviceAccount: cluster-admin} | service account 'cluster-admin' is not allowed",
                "{image: evil/x, serviceAccount: sa}            | image 'evil/x' is not allowed here",
                "{serviceAccount: SA, image: good/x}            | service account 'SA' is not allowed here",
                "true                                           | image 'litmuschaos/chaos-exporter:latest' is not",
            })
    void noEngineChoosesAnExporterOfAnotherAccountOrImage(String monitoring, String why) {
        try (EngineWorld world =
                        EngineWorld.start()
                                .engineWith(
                                        "{'metadata': {'annotations': {'chaosrunner.io/monitoring': '%s'}}}"
                                                .formatted(monitoring),
                                        "a");
                Cluster cluster = world.connect()) {
            image(world, "good/1");

            assertThat(run(world, cluster, ALLOWED)).isInstanceOf(RunResult.Completed.class);

            assertThat(world.list(Resource.DEPLOYMENTS)).isEmpty();
            assertThat(world.list(Resource.SERVICES)).isEmpty();
            assertThat(String.join("\n", heard)).contains(why);
            assertThat(world.entries()).containsExactly("a: Completed/Pass");
        }
    }

    @Test
    void anExporterOfTheEnginesOwnAccountIsBoundToo() {
        try (EngineWorld world =
                        EngineWorld.start()
                                .engineWith(
                                        "{'spec': {'chaosServiceAccount': '', 'monitoring': true}}",
                                        "a");
                Cluster cluster = world.connect()) {
            image(world, "good/1");

            run(world, cluster, Allowed.of(List.of("sa"), List.of()));

            assertThat(world.list(Resource.DEPLOYMENTS)).isEmpty();
        }
    }

    @Test
    void anExporterThatIsAllowedIsMade() {
        try (EngineWorld world =
                        EngineWorld.start()
                                .engineWith(
                                        "{'metadata': {'annotations': {'chaosrunner.io/monitoring': '{image: good/x}'}}}",
                                        "a");
                Cluster cluster = world.connect()) {
            image(world, "good/1");

            run(world, cluster, ALLOWED);

            assertThat(world.get(Resource.DEPLOYMENTS, "e-monitor").orElseThrow().toString())
                    .contains("\"serviceAccountName\":\"sa\"")
                    .contains("\"image\":\"good/x\"");
        }
    }

    @Test
    void whatIsAllowedRuns() {
        try (EngineWorld world = EngineWorld.start().listing("a");
                Cluster cluster = world.connect()) {
            image(world, "good/go-runner:3");

            assertThat(run(world, cluster, ALLOWED)).isInstanceOf(RunResult.Completed.class);
            assertThat(world.entries()).containsExactly("a: Completed/Pass");
        }
    }

    private static String events(EngineWorld world) {
        return world.list(Resource.EVENTS).toString();
    }

    private static void image(EngineWorld world, String image) {
        world.edit(
                Resource.EXPERIMENTS,
                "a",
                "{'spec': {'definition': {'image': '%s'}}}".formatted(image));
    }

    private RunResult run(EngineWorld world, Cluster cluster, Allowed allowed) {
        return new EngineRun(
                        cluster,
                        new RunRequest(
                                        EngineWorld.ENGINE,
                                        Caller.OPERATOR,
                                        Optional.empty(),
                                        Optional.empty(),
                                        Map.of(),
                                        "p")
                                .within(allowed),
                        StrategyCatalogue.load(Optional.empty()),
                        Clock.systemUTC(),
                        notice -> heard.add(notice.toString()))
                .run();
    }
}
