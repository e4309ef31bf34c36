package io.chaosrunner.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.FireLedger.Skipped;
import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.model.Fire;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.run.EngineRun;
import io.chaosrunner.run.RunRequest;
import io.chaosrunner.run.RunResult;
import io.chaosrunner.testing.EngineWorld;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Tests of a fire for which a pod comes. */
class PodLaunchTest extends PodStage {
    // ---- A fire ------------------------------------------------------------------------------

    @Test
    void aPodOfTheNamespacesOwnAccountComesForAFire() {
        try (EngineWorld world = world("now: true");
                Cluster cluster = world.connect()) {
            ServiceSchedule driven = driven(world.engine(), cluster, "schedule/1");
            driven.step();

            ObjectNode job = runner(world);
            JsonNode pod = job.at("/spec/template/spec");
            assertThat(pod.path("serviceAccountName").asString("")).isEqualTo("chaos-runner");
            assertThat(pod.at("/containers/0/image").asString(""))
                    .isEqualTo("registry.test/chaos-runner:1");
            assertThat(pod.at("/containers/0/args/0").asString(""))
                    .isEqualTo("--allowed-images=a,b");
            assertThat(job.at("/metadata/ownerReferences/0/uid").asString(""))
                    .isEqualTo(world.engine().uid());
            assertThat(job.at("/metadata/namespace").asString("")).isEqualTo("n");
            assertThat(job.at("/spec/template/metadata/labels").propertyNames())
                    .as("nothing that removes experiments finds it")
                    .doesNotContain("chaosUID", "chaosrunner.io/run", "app");
            assertThat(world.engine().annotation(Claim.ANNOTATION)).isEmpty();
            assertThat(world.engine().engineState()).isEqualTo("stop");
            assertThat(service.heard).anyMatch(line -> line.startsWith("fire-handed-over"));
        }
    }

    @Test
    void oneFireMeetsOneJobHoweverOftenAndWhoeverLooks() {
        try (EngineWorld world = world("now: true").script("", "hang");
                Cluster one = world.connect();
                Cluster other = world.connect()) {
            Engine seen = world.engine();
            Stream.of(driven(seen, one, "schedule/1"), driven(seen, other, "schedule/2"))
                    .map(driven ->
                            CompletableFuture.runAsync(
                                    () -> {
                                        driven.step();
                                        driven.step();
                                    },
                                    task -> Thread.ofVirtual().start(task)))
                    .toList()
                    .forEach(CompletableFuture::join);

            assertThat(runners(world)).hasSize(1);
        }
    }

    @Test
    void thePodBeginsTheRunAndTheServiceLooksOn() {
        try (EngineWorld world = world("every: 1h").script("a", "hang").script("", "hang");
                Cluster cluster = world.connect();
                Cluster inPod = world.connect()) {
            ServiceSchedule driven = driven(world.engine(), cluster, "schedule/1");
            driven.step();
            Fire fire = fire(world);
            EngineRun run = pod(world, inPod, fire, "1");
            CompletableFuture<RunResult> result = start(run);
            await().atMost(LIMIT).until(() -> world.entries().contains("a: Running/Awaited"));

            driven.saw(world.engine());
            assertThat(driven.step()).isPresent();

            assertThat(world.claim().fires().started()).contains(fire);
            assertThat(world.claim().instance()).isEqualTo("schedule-pod/1");
            assertThat(runners(world)).hasSize(1);
            assertThat(experiments(world)).hasSize(1);
            assertThat(world.claim().execution().path("deadline").asString("")).isEqualTo("21600s");
            run.stop("enough");
            assertThat(result.join()).isInstanceOf(RunResult.Completed.class);
        }
    }

    @Test
    void twoPodsOfOneFireBeginItsRunOnce() {
        try (EngineWorld world = world("now: true").script("a", "after=10s");
                Cluster cluster = world.connect();
                Cluster one = world.connect();
                Cluster other = world.connect()) {
            driven(world.engine(), cluster, "schedule/1").step();
            Fire fire = fire(world);

            List<CompletableFuture<RunResult>> both =
                    List.of(start(pod(world, one, fire, "1")), start(pod(world, other, fire, "2")));
            both.forEach(CompletableFuture::join);

            assertThat(experiments(world)).hasSize(1);
            assertThat(world.claim().run().number()).isEqualTo(1);
            assertThat(world.entries()).containsExactly("a: Completed/Pass");
        }
    }

    @Test
    void aPodThatComesWhenItsFireIsSettledDoesNothing() {
        try (EngineWorld world = world("now: true");
                Cluster cluster = world.connect()) {
            driven(world.engine(), cluster, "schedule/1").step();
            Fire fire = fire(world);
            pod(world, cluster, fire, "1").run();
            Claim before = world.claim();

            assertThat(pod(world, cluster, fire, "2").run())
                    .isInstanceOf(RunResult.AlreadyFinished.class);
            assertThat(world.claim()).isEqualTo(before);
            assertThat(experiments(world)).hasSize(1);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "laptop/1/x,   true,  a person's run of the same fire",
        "schedule/1/x, false, the service's run of another fire",
        "pod/1/x,      false, the operator's",
    })
    void aPodLeavesEveryRunAloneThatIsNotItsFires(String instance, boolean sameFire, String whose) {
        try (EngineWorld world = world("every: 1h").script("a", "hang");
                Cluster cluster = world.connect();
                Cluster theirs = world.connect()) {
            driven(world.engine(), cluster, "schedule/1").step();
            Fire fire = fire(world);
            EngineRun run =
                    new EngineRun(
                            theirs,
                            new RunRequest(
                                            EngineWorld.ENGINE,
                                            Caller.PERSON,
                                            Optional.empty(),
                                            Optional.empty(),
                                            Map.of(),
                                            instance)
                                    .firedBy(
                                            sameFire
                                                    ? fire
                                                    : new Fire(
                                                            fire.at().minusSeconds(60),
                                                            fire.schedule())),
                            StrategyCatalogue.load(Optional.empty()),
                            Clock.systemUTC(),
                            notice -> {});
            CompletableFuture<RunResult> theirResult = start(run);
            await().atMost(LIMIT).until(() -> world.entries().contains("a: Running/Awaited"));

            assertThat(pod(world, cluster, fire, "1").run())
                    .as(whose)
                    .isInstanceOf(RunResult.Refused.class);
            assertThat(world.claim().instance()).isEqualTo(instance);
            run.stop("enough");
            theirResult.join();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'metadata': {'annotations': {'chaosrunner.io/schedule': null}}}",
                "{'metadata': {'annotations': {'chaosrunner.io/schedule': 'every: 2h'}}}",
                "{'metadata': {'annotations': {'chaosrunner.io/schedule': 'now: true\\nsuspend: true'}}}",
                "{'metadata': {'annotations': {'chaosrunner.io/schedule': '['}}}",
                "{'metadata': {'annotations': {'chaosrunner.io/suspended': 'by hand'}}}",
                "{'spec': {'engineState': 'active'}}",
                "{'status': {'engineStatus': 'initialized'}}",
            })
    void aPodLooksAgainWhetherItsFireStillStartsARun(String edit) {
        try (EngineWorld world = world("now: true");
                Cluster cluster = world.connect()) {
            driven(world.engine(), cluster, "schedule/1").step();
            Fire fire = fire(world);
            world.edit(edit);

            assertThat(pod(world, cluster, fire, "1").run()).isInstanceOf(RunResult.NotDue.class);
            assertThat(experiments(world)).isEmpty();
            assertThat(world.engine().annotation(Claim.ANNOTATION)).isEmpty();
        }
    }

    @Test
    void aPodLeavesAnEngineAloneThatWasMadeAnewBeforeItsRunIsClaimed() {
        try (EngineWorld world = world("every: 1h").script("", "hang");
                Cluster cluster = world.connect();
                Cluster inPod = world.connect()) {
            driven(world.engine(), cluster, "schedule/1").step();
            EngineRun run = pod(world, inPod, fire(world), "1");
            world.delete(Resource.ENGINES, "e");
            world.listing("a");
            Engine other = world.engine();

            assertThat(start(run).join())
                    .isEqualTo(new RunResult.Left("ChaosEngine n/e was made anew", false));
            assertThat(world.engine().json()).isEqualTo(other.json());
            assertThat(experiments(world)).isEmpty();
        }
    }

    // ---- Death between two steps -------------------------------------------------------------

    @ParameterizedTest
    @CsvSource({"1, false", "1, true", "2, false", "2, true", "3, false", "3, true"})
    void aServiceThatDiesAtAnyWriteIsFollowedByOneThatLosesAndDoublesNothing(
            int write, boolean after) {
        try (EngineWorld world = world("every: 1h").script("", "image-pull-error");
                Cluster cluster = world.connect();
                Cluster inPod = world.connect()) {
            Cluster dying = Serving.killingAtAnyWrite(cluster, write, after);
            for (String process : List.of("schedule/1", "schedule/2", "schedule/3")) {
                ServiceSchedule driven =
                        driven(
                                world.engine(),
                                process.equals("schedule/1") ? dying : cluster,
                                process);
                try {
                    driven.step();
                    service.ahead = Duration.ofMinutes(4).plusSeconds(2);
                    driven.step();
                } catch (Serving.Killed e) {
                    // The next one follows.
                }
                driven.sawRunner(true);
            }
            // Whatever pod came at last finds the fire settled, or its run to begin.
            for (ObjectNode job : runners(world)) {
                pod(world, inPod, fire(job), "late").run();
            }

            Claim claim = world.claim();
            long skipped = claim.fires().skipped().stream().mapToLong(Skipped::count).sum();
            assertThat(skipped + (claim.isOfRun() ? 1 : 0)).isEqualTo(1);
            assertThat(experiments(world)).hasSize(claim.isOfRun() ? 1 : 0);
        }
    }
}
