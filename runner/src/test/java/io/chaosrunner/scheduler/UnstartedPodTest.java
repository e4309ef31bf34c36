package io.chaosrunner.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.claim.FireLedger.Skipped;
import io.chaosrunner.claim.Trigger;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.job.RunnerJob;
import io.chaosrunner.model.Fire;
import io.chaosrunner.testing.EngineWorld;
import io.chaosrunner.testing.TamperedCluster;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.ObjectNode;

/** Tests of pods that do not come, or begin nothing. */
class UnstartedPodTest extends PodStage {
    @Test
    void aFireWhosePodDoesNotStartIsSkippedSaidAndTheNextOneIsTriedAgain() {
        try (EngineWorld world = world("every: 1h").script("", "image-pull-error");
                Cluster cluster = world.connect()) {
            ServiceSchedule driven = driven(world.engine(), cluster, "schedule/1");
            driven.step();
            await().atMost(LIMIT)
                    .until(() -> world.list(Resource.PODS).toString().contains("ImagePullBackOff"));
            assertThat(driven.step()).isPresent();
            assertThat(runners(world)).hasSize(1);

            service.ahead = Duration.ofMinutes(4).plusSeconds(2);
            driven.step();

            assertThat(world.claim().isOfRun()).isFalse();
            assertThat(world.claim().fires().skipped())
                    .extracting(Skipped::reason)
                    .containsExactly("its pod did not start within 4m");
            assertThat(world.message("ChaosScheduleRefused"))
                    .contains("its pod did not start within 4m")
                    .contains("ImagePullBackOff");
            await().atMost(LIMIT).until(() -> runners(world).isEmpty());

            service.ahead = Duration.ofMinutes(61);
            driven.step();
            assertThat(runners(world)).hasSize(1);
        }
    }

    @Test
    void aRequestWhosePodDoesNotStartIsAnswered() {
        try (EngineWorld world = world("every: 24h").script("", "image-pull-error");
                Cluster cluster = world.connect()) {
            ServiceSchedule driven = driven(world.engine(), cluster, "schedule/1");
            driven.step();
            pod(world, cluster, fire(world), "1").run();
            Instant at = Instant.now();
            world.edit(
                    "{'metadata': {'annotations': {'chaosrunner.io/trigger': '%s'}}}"
                            .formatted(
                                    new Trigger(
                                                    "t1",
                                                    at,
                                                    at.plusSeconds(3000),
                                                    world.claim().run().id(),
                                                    "me",
                                                    "",
                                                    false)
                                            .text()
                                            .replace("\"", "\\\"")));
            driven.saw(world.engine());
            driven.step();
            assertThat(fire(world).cause().id()).isEqualTo("t1");

            service.ahead = Duration.ofMinutes(5);
            driven.step();

            assertThat(world.claim().fires().answer("t1").orElseThrow().why())
                    .isEqualTo("its pod did not start within 4m");
        }
    }

    @Test
    void aFireWhosePodFailsBeforeItBeginsIsSkipped() {
        try (EngineWorld world = world("every: 1h").script("", "hang");
                Cluster cluster = world.connect()) {
            ServiceSchedule driven = driven(world.engine(), cluster, "schedule/1");
            driven.step();
            fail(world, runner(world));

            driven.step();

            assertThat(world.claim().fires().skipped())
                    .extracting(Skipped::reason)
                    .containsExactly(
                            "its pod failed before it began (DeadlineExceeded: Job was active longer than sp…");
            await().atMost(LIMIT).until(() -> runners(world).isEmpty());
        }
    }

    @Test
    void aPodThatBeginsNothingIsTriedAgainButNotAtOnce() {
        try (EngineWorld world = world("every: 1h").script("", "after=1s");
                Cluster cluster = world.connect()) {
            ServiceSchedule driven = driven(world.engine(), cluster, "schedule/1");
            driven.step();
            await().atMost(LIMIT)
                    .until(() ->
                            RunnerJob.read(runner(world)).state()
                                    instanceof RunnerJob.State.Complete);

            driven.step();
            assertThat(driven.isSetBack()).isTrue();
            assertThat(runners(world)).isEmpty();
            driven.step();
            assertThat(driven.isSetBack()).isFalse();
            assertThat(runners(world)).hasSize(1);
        }
    }

    /** Its run begins and ends between two requests of who looks. */
    @ParameterizedTest
    @ValueSource(strings = {"after=1s", "hang"})
    void whatAPodBeganMeanwhileIsSeenBeforeItsJobIsSaidToHaveBegunNothing(String scenario) {
        try (EngineWorld world = world("every: 1h").script("", scenario);
                Cluster cluster = world.connect();
                Cluster inPod = world.connect()) {
            ServiceSchedule driven = driven(world.engine(), cluster, "schedule/1");
            driven.step();
            Fire fire = fire(world);
            var isBegun = new AtomicBoolean();
            Cluster late =
                    TamperedCluster.of(
                            cluster,
                            (verb, resource, args, call) -> {
                                boolean looks = verb.equals("get") && resource == Resource.JOBS;
                                if (looks && !isBegun.getAndSet(true)) {
                                    pod(world, inPod, fire, "1").run();
                                    if (scenario.equals("hang")) {
                                        fail(world, runner(world));
                                    }
                                    await().atMost(LIMIT)
                                            .until(() -> RunnerJob.read(runner(world)).hasEnded());
                                }
                                return call.goOn();
                            });
            driven(world.engine(), late, "schedule/2").step();

            assertThat(isBegun).isTrue();
            assertThat(world.claim().fires().started()).contains(fire);
            assertThat(world.claim().fires().skipped()).isEmpty();
            assertThat(service.heard).noneMatch(line -> line.startsWith("not-started"));
            assertThat(runners(world)).as("its logs are kept").hasSize(1);
        }
    }

    @Test
    void aJobOfSomebodyElseThatHasTheNameIsSaidAndLeftAloneAndItsFireComesAfterIt() {
        try (EngineWorld world = world("every: 1h").script("", "hang");
                Cluster cluster = world.connect()) {
            ServiceSchedule driven = driven(world.engine(), cluster, "schedule/1");
            driven.step();
            ObjectNode job = runner(world);
            String name = job.at("/metadata/name").asString("");
            world.delete(Resource.JOBS, name);
            await().atMost(LIMIT).until(() -> world.get(Resource.JOBS, name).isEmpty());
            ObjectNode strangers = job.deepCopy();
            strangers.withObject("/metadata").removeAll().put("name", name).put("namespace", "n");
            strangers.withObject("/spec/template/metadata").removeAll();
            cluster.create(Resource.JOBS, "n", strangers);
            service.heard.clear();

            driven.step();
            assertThat(driven.isSetBack()).isTrue();
            assertThat(service.heard)
                    .singleElement(STRING)
                    .startsWith("schedule-refused ")
                    .contains("is taken", "kubectl describe job " + name);
            assertThat(world.get(Resource.JOBS, name)).isPresent();

            world.delete(Resource.JOBS, name);
            await().atMost(LIMIT).until(() -> world.get(Resource.JOBS, name).isEmpty());
            driven.step();
            assertThat(runners(world)).hasSize(1);
        }
    }

    @Test
    void aJobThatDoesNotGoIsSaidAndNotLookedAtWithoutEnd() {
        try (EngineWorld world = world("{every: 1h, startingDeadline: 1h}").script("", "hang");
                Cluster cluster = world.connect()) {
            ServiceSchedule driven = driven(world.engine(), cluster, "schedule/1");
            driven.step();
            String name = runner(world).at("/metadata/name").asString("");
            cluster.patch(
                    Resource.JOBS,
                    "n",
                    name,
                    Cluster.PatchType.MERGE,
                    EngineWorld.json("{'metadata': {'finalizers': ['example.com/held']}}"));
            world.delete(Resource.JOBS, name);
            await().atMost(LIMIT).until(() -> runners(world).isEmpty());

            assertThat(driven.step()).isPresent();
            assertThat(driven.isSetBack()).isFalse();

            service.ahead = Duration.ofMinutes(5);
            service.heard.clear();
            driven.step();
            assertThat(driven.isSetBack()).isTrue();
            assertThat(service.heard)
                    .singleElement(STRING)
                    .contains("is being deleted and does not go", name);
        }
    }
}
