package io.chaosrunner.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.FireLedger;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.job.RunnerJob;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.Fire;
import io.chaosrunner.testing.EngineWorld;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

/** Tests of what is removed of Jobs that carried out runs. */
class LeftRunnerJobsTest extends PodStage {
    @Test
    void jobsThatNobodyWaitsForAreRemovedAndStrangersAreNot() {
        try (EngineWorld world = world("now: true").script("", "hang");
                Cluster cluster = world.connect()) {
            ServiceSchedule driven = driven(world.engine(), cluster, "schedule/1");
            driven.step();
            Fire fire = fire(world);
            pod(world, cluster, fire, "1").run();
            assertThat(world.claim().state()).isEqualTo(Claim.State.FINISHED);
            String uid = world.engine().uid();
            EngineRef ref = EngineWorld.ENGINE;
            Fire future = new Fire(Instant.now().plusSeconds(3600), fire.schedule());
            cluster.create(Resource.JOBS, "n", PODS.of(ref, uid, FireLedger.handOver(future)));
            ObjectNode strangers = PODS.of(ref, "another", FireLedger.handOver(fire));
            strangers.withObject("metadata").remove("ownerReferences");
            strangers.withObject("/spec/template/metadata").removeAll();
            cluster.create(Resource.JOBS, "n", strangers);
            driven.saw(world.engine());
            driven.sawRunner(true);

            Optional<Instant> again = driven.step();
            service.ahead = Duration.ofMinutes(2);
            driven.step();

            await().atMost(LIMIT).until(() -> runners(world).size() == 2);
            assertThat(again).as("what may yet be waited for is looked at later").isPresent();
            service.ahead = Duration.ofMinutes(13);
            driven.step();
            await().atMost(LIMIT).until(() -> runners(world).size() == 1);
            assertThat(runner(world).at("/metadata/labels/" + "chaosrunner.io~1runner-of"))
                    .asString()
                    .contains("another");
        }
    }

    @Test
    void logsOfTheLastPodsAreKeptAndOfNoMore() {
        try (EngineWorld world = world("now: true").script("", "after=1s");
                Cluster cluster = world.connect()) {
            driven(world.engine(), cluster, "schedule/1").step();
            Fire fire = fire(world);
            pod(world, cluster, fire, "1").run();
            for (int i = 1; i < 6; i++) {
                cluster.create(
                        Resource.JOBS,
                        "n",
                        PODS.of(
                                EngineWorld.ENGINE,
                                world.engine().uid(),
                                FireLedger.handOver(
                                        new Fire(
                                                fire.at().minusSeconds(60L * i),
                                                fire.schedule()))));
            }
            await().atMost(LIMIT)
                    .until(() ->
                            runners(world).stream()
                                    .map(RunnerJob::read)
                                    .noneMatch(RunnerJob.Made::isUnfinished));
            ServiceSchedule driven = driven(world.engine(), cluster, "schedule/2");
            driven.sawRunner(true);
            driven.step();

            await().atMost(LIMIT).until(() -> runners(world).size() == 3);
        }
    }
}
