package io.chaosrunner.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.FireLedger;
import io.chaosrunner.claim.FireLedger.Skipped;
import io.chaosrunner.claim.Owner;
import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.claim.Trigger;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.control.HolidayLists;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.job.RunnerJob;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.Fire;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.run.EngineRun;
import io.chaosrunner.run.RunRequest;
import io.chaosrunner.run.RunResult;
import io.chaosrunner.testing.EngineWorld;
import io.chaosrunner.testing.TamperedCluster;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Tests of the service where pods of their own carry out runs. */
class PodLaunchTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final RunnerJob PODS =
            new RunnerJob(
                    "registry.test/chaos-runner:1",
                    "chaos-runner",
                    List.of("--allowed-images=a,b"),
                    Map.of("CHAOS_RUNNER_LOG_FORMAT", "json"));

    private final Serving service = new Serving();

    PodLaunchTest() {
        service.launch = ServiceLaunch.POD;
        service.pods = Optional.of(PODS);
    }

    @AfterEach
    void computeNothingMore() {
        service.close();
    }

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

    // ---- Pods that do not come ---------------------------------------------------------------

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

    // ---- Runs that lose their pods -----------------------------------------------------------

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

    // ---- What is left ------------------------------------------------------------------------

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

    // ---- Props -------------------------------------------------------------------------------

    private static EngineWorld world(String schedule) {
        return EngineWorld.start()
                .engineWith(
                        "{'metadata': {'annotations': {'chaosrunner.io/schedule': '%s'}}, 'spec': {'engineState': 'stop'}, 'status': {'engineStatus': ''}}"
                                .formatted(schedule),
                        "a");
    }

    private static List<ObjectNode> runners(EngineWorld world) {
        return world.list(Resource.JOBS).stream()
                .filter(job -> RunnerJob.engineOf(job).isPresent())
                .filter(job -> job.at("/metadata/deletionTimestamp").isMissingNode())
                .toList();
    }

    /** The one that is for the latest fire. */
    private static ObjectNode runner(EngineWorld world) {
        return runners(world).stream()
                .max(Comparator.comparing(job -> fire(job).at()))
                .orElseThrow();
    }

    private static List<ObjectNode> experiments(EngineWorld world) {
        return world.list(Resource.JOBS).stream()
                .filter(job -> RunnerJob.engineOf(job).isEmpty())
                .toList();
    }

    private static Fire fire(EngineWorld world) {
        return fire(runner(world));
    }

    /** As its pod is told. */
    private static Fire fire(ObjectNode job) {
        for (JsonNode variable : job.at("/spec/template/spec/containers/0/env")) {
            if (variable.path("name").asString("").equals(RunnerJob.FIRE_VARIABLE)) {
                return FireLedger.handedOver(variable.path("value").asString("")).orElseThrow();
            }
        }
        throw new AssertionError("no fire in " + job);
    }

    /** Let a Job give up, as its controller does in the end. */
    private static void fail(EngineWorld world, ObjectNode job) {
        String name = job.at("/metadata/name").asString("");
        await().atMost(LIMIT)
                .until(() -> {
                    world.edit(
                            Resource.JOBS,
                            name,
                            "{'metadata': {'annotations': {'now': '%s'}}, 'spec': {'activeDeadlineSeconds': 1}}"
                                    .formatted(Instant.now()));
                    return RunnerJob.read(runner(world)).state() instanceof RunnerJob.State.Failed;
                });
    }

    private static CompletableFuture<RunResult> start(EngineRun run) {
        return CompletableFuture.supplyAsync(run::run, task -> Thread.ofVirtual().start(task));
    }

    /** What goes on in a pod; it reads the engine as it is by then. */
    private EngineRun pod(EngineWorld world, Cluster cluster, Fire fire, String name) {
        Clock clock = service.clock();
        return new EngineRun(
                cluster,
                new RunRequest(
                                EngineWorld.ENGINE,
                                Caller.SERVICES_POD,
                                Optional.empty(),
                                Optional.empty(),
                                Map.of(),
                                Owner.SERVICES_POD.name(name))
                        .seeing(world.engine())
                        .firedBy(fire)
                        .endingWithin(Optional.of(Duration.ofHours(6)))
                        .checking(ServicesPod.check(clock, new HolidayLists(cluster, clock))),
                StrategyCatalogue.load(Optional.empty()),
                Clock.systemUTC(),
                notice -> {});
    }

    private ServiceSchedule driven(Engine engine, Cluster cluster, String process) {
        return service.driven(engine, cluster, process);
    }
}
