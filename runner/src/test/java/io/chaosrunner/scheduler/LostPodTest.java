package io.chaosrunner.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.model.Fire;
import io.chaosrunner.run.EngineRun;
import io.chaosrunner.run.RunResult;
import io.chaosrunner.testing.EngineWorld;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests of runs that lose their pods. */
class LostPodTest extends PodStage {
    @Test
    void aRunWhoseJobWasDeletedIsTakenUpByAnotherPodAndBeginsOnce() {
        try (EngineWorld world = world("every: 1h").script("a", "hang").script("", "hang");
                Cluster cluster = world.connect();
                Cluster first = world.connect();
                Cluster second = world.connect()) {
            ServiceSchedule driven = driven(world.engine(), cluster, "schedule/1");
            driven.step();
            Fire fire = fire(world);
            EngineRun run = pod(world, first, fire, "1");
            CompletableFuture<RunResult> result = start(run);
            await().atMost(LIMIT).until(() -> world.entries().contains("a: Running/Awaited"));
            world.delete(Resource.JOBS, runner(world).at("/metadata/name").asString(""));
            await().atMost(LIMIT).until(() -> runners(world).isEmpty());
            run.leave("terminated");
            result.join();

            driven.saw(world.engine());
            driven.step();
            assertThat(runners(world)).hasSize(1);
            assertThat(fire(world)).isEqualTo(fire);
            EngineRun next = pod(world, second, fire, "2");
            CompletableFuture<RunResult> taken = start(next);
            await().atMost(LIMIT).until(() -> world.claim().instance().equals("schedule-pod/2"));
            next.stop("enough");
            taken.join();

            assertThat(experiments(world)).hasSizeLessThanOrEqualTo(1);
            assertThat(world.claim().run().number()).isEqualTo(1);
            assertThat(world.claim().state()).isEqualTo(Claim.State.FINISHED);
        }
    }

    @Test
    void aRunWhoseJobGaveUpIsTakenUpByANewOne() {
        try (EngineWorld world = world("every: 1h").script("a", "hang").script("", "hang");
                Cluster cluster = world.connect();
                Cluster first = world.connect()) {
            ServiceSchedule driven = driven(world.engine(), cluster, "schedule/1");
            driven.step();
            EngineRun run = pod(world, first, fire(world), "1");
            CompletableFuture<RunResult> result = start(run);
            await().atMost(LIMIT).until(() -> world.entries().contains("a: Running/Awaited"));
            run.leave("terminated");
            result.join();
            String uid = runner(world).at("/metadata/uid").asString("");
            fail(world, runner(world));

            driven.saw(world.engine());
            driven.step();
            assertThat(driven.isSetBack()).isTrue();
            await().atMost(LIMIT).until(() -> runners(world).isEmpty());
            driven.step();

            assertThat(runner(world).at("/metadata/uid").asString("")).isNotEqualTo(uid);
            assertThat(world.claim().fires().skipped()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "every: 1h", "["})
    void aRunThatTheServiceItselfLeftGoesToAPodWhateverBecameOfItsSchedule(String schedule) {
        try (EngineWorld world = world("every: 1h").script("a", "hang").script("", "hang");
                Cluster cluster = world.connect();
                Cluster inPod = world.connect()) {
            service.launch = ServiceLaunch.DIRECT;
            ServiceSchedule before = driven(world.engine(), cluster, "schedule/1");
            CompletableFuture<Void> run =
                    CompletableFuture.runAsync(
                            before::step, task -> Thread.ofVirtual().start(task));
            await().atMost(LIMIT).until(() -> world.entries().contains("a: Running/Awaited"));
            before.leave();
            run.join();
            world.edit(
                    schedule.isEmpty()
                            ? "{'metadata': {'annotations': {'chaosrunner.io/schedule': null}}}"
                            : "{'metadata': {'annotations': {'chaosrunner.io/schedule': '%s'}}}"
                                    .formatted(schedule));

            service.launch = ServiceLaunch.POD;
            driven(world.engine(), cluster, "schedule/2").step();
            EngineRun next = pod(world, inPod, fire(world), "2");
            CompletableFuture<RunResult> taken = start(next);
            await().atMost(LIMIT).until(() -> world.claim().instance().equals("schedule-pod/2"));
            next.stop("enough");
            taken.join();

            assertThat(world.claim().run().number()).isEqualTo(1);
        }
    }

    @Test
    void aServiceThatRunsItselfAgainWaitsForThePodThatStillRuns() {
        try (EngineWorld world = world("every: 1h").script("a", "hang").script("", "hang");
                Cluster cluster = world.connect();
                Cluster inPod = world.connect()) {
            driven(world.engine(), cluster, "schedule/1").step();
            EngineRun run = pod(world, inPod, fire(world), "1");
            CompletableFuture<RunResult> result = start(run);
            await().atMost(LIMIT).until(() -> world.entries().contains("a: Running/Awaited"));

            service.launch = ServiceLaunch.DIRECT;
            ServiceSchedule direct = driven(world.engine(), cluster, "schedule/2");
            direct.step();
            assertThat(world.claim().instance()).isEqualTo("schedule-pod/1");

            run.leave("terminated");
            result.join();
            world.delete(Resource.JOBS, runner(world).at("/metadata/name").asString(""));
            await().atMost(LIMIT).until(() -> runners(world).isEmpty());
            direct.saw(world.engine());
            CompletableFuture<Void> taken =
                    CompletableFuture.runAsync(
                            direct::step, task -> Thread.ofVirtual().start(task));
            await().atMost(LIMIT).until(() -> world.claim().instance().equals("schedule/2"));
            direct.leave();
            taken.join();
        }
    }

    @Test
    void aFireEndsTheRunOfAPodWhereItReplacesIt() {
        try (EngineWorld world =
                        world("every: 1h\\noverlap: replace")
                                .script("a", "hang")
                                .script("", "hang");
                Cluster cluster = world.connect();
                Cluster inPod = world.connect()) {
            ServiceSchedule driven = driven(world.engine(), cluster, "schedule/1");
            driven.step();
            CompletableFuture<RunResult> result = start(pod(world, inPod, fire(world), "1"));
            await().atMost(LIMIT).until(() -> world.entries().contains("a: Running/Awaited"));

            driven.saw(world.engine());
            assertThat(driven.step()).isPresent();
            assertThat(result).isNotDone();
            service.ahead = Duration.ofMinutes(61);
            driven.step();

            assertThat(result.join()).isInstanceOf(RunResult.Completed.class);
            assertThat(world.claim().ending()).isEqualTo("replaced");
            driven.saw(world.engine());
            driven.step();
            assertThat(runners(world)).as("the next one's").hasSize(2);
            assertThat(world.engine().annotation("chaosrunner.io/suspended")).isEmpty();
        }
    }
}
