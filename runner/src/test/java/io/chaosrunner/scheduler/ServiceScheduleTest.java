package io.chaosrunner.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.FireLedger;
import io.chaosrunner.claim.FireLedger.Skipped;
import io.chaosrunner.claim.Trigger;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.config.Allowed;
import io.chaosrunner.control.HolidayLists;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.job.RunnerJob;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.Fire;
import io.chaosrunner.model.RunId;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.sandbox.SandboxServer.Request;
import io.chaosrunner.schedule.EngineSchedule;
import io.chaosrunner.schedule.ScheduleSpec;
import io.chaosrunner.scheduler.ServiceSchedule.Move;
import io.chaosrunner.status.RunListener;
import io.chaosrunner.status.StatusEntry;
import io.chaosrunner.testing.EngineWorld;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Tests of {@link ServiceSchedule}: what it decides to do with an engine, and what it does. */
class ServiceScheduleTest {
    private static final Instant CREATED = Instant.parse("2026-03-02T10:00:00Z");
    private static final String HOURLY = "every: 1h";

    /** What is only decided asks nobody. */
    private static final Cluster NOBODY = Fabric8Cluster.connect("http://localhost:9");

    private final List<String> heard = new CopyOnWriteArrayList<>();

    /** What was told as values. */
    private final List<String> told = new CopyOnWriteArrayList<>();

    private final List<Duration> late = new CopyOnWriteArrayList<>();
    private final Bells bells = new Bells();
    private ServiceLaunch launch = ServiceLaunch.DIRECT;
    private Bulkhead bulkhead = Bulkhead.ofProcessors(heard::add);
    private Places places = new Places(4);
    private volatile Instant now = CREATED;
    private Allowed allowed = Allowed.ANYTHING;
    private Optional<Authors.Review> review = Optional.empty();

    @AfterEach
    void computeNothingMore() {
        bulkhead.close();
    }

    @Test
    void anEngineWithoutAScheduleIsLeftAlone() {
        assertThat(words(engine("", Optional.empty(), "", "stop"))).isEqualTo("rest");
    }

    @Test
    void aFireStartsARunWhenItIsDueAndNotBefore() {
        Engine engine = held(claim("idle", "2026-03-02T10:00:00Z"));
        now = CREATED.plusSeconds(3599);
        assertThat(words(engine)).isEqualTo("rest until 2026-03-02T11:00:00Z");

        now = CREATED.plusSeconds(3600);
        assertThat(words(engine)).isEqualTo("begin 2026-03-02T11:00:00Z");
    }

    @Test
    void theFirstFireIsTheEnginesCreation() {
        assertThat(words(engine(HOURLY, Optional.empty(), "", "stop")))
                .isEqualTo("begin 2026-03-02T10:00:00Z");
    }

    @Test
    void anEngineThatNeedsTooMuchComputingIsSaidOnceAndPutAsideForLongerAndLonger() {
        bulkhead.close();
        // As much as its schedule's reading took, whatever that was.
        var clock = new AtomicLong();
        bulkhead = new Bulkhead(2, Duration.ofNanos(1), _ -> clock.addAndGet(1_000), heard::add);
        try (EngineWorld world = world(costly());
                Cluster cluster = world.connect()) {
            var driven =
                    new ServiceSchedule(driving(cluster, clock(), "schedule/1"), world.engine());
            List<Instant> again = new ArrayList<>();
            var lane =
                    new KeyedWorker(
                            "lane",
                            new Alarms() {
                                @Override
                                public void set(String name, Instant at, Runnable ring) {
                                    again.add(at);
                                    now = at;
                                    if (again.size() < 12) {
                                        ring.run();
                                    }
                                }

                                @Override
                                public void cancel(String name) {}

                                @Override
                                public void close() {}
                            },
                            clock(),
                            driven,
                            heard::add);
            lane.start();
            await().atMost(Duration.ofMinutes(2)).until(() -> again.size() >= 12);
            lane.close();

            List<Duration> pauses =
                    IntStream.range(1, again.size())
                            .mapToObj(i -> Duration.between(again.get(i - 1), again.get(i)))
                            .toList();
            assertThat(pauses).isSorted().startsWith(Duration.ofSeconds(10));
            assertThat(pauses.getLast()).isEqualTo(Duration.ofMinutes(16));
            assertThat(heard).singleElement().asString().contains("put aside");
            assertThat(world.list(Resource.EVENTS)).hasSize(1);
            assertThat(world.list(Resource.JOBS)).isEmpty();
        }
    }

    /** A fire each odd minute, and each odd minute is shut. */
    private static String costly() {
        return "{cron: \\\"0 1/2 * * * ?\\\", hours: \\\"%s\\\"}"
                .formatted(
                        IntStream.range(0, 720)
                                .mapToObj(i ->
                                        "%02d:%02d-%02d:%02d"
                                                .formatted(
                                                        i / 30, i % 30 * 2, i / 30, i % 30 * 2 + 1))
                                .collect(Collectors.joining(",")));
    }

    @Test
    void firesThatNobodyStartedAreSkippedWithTheReason() {
        now = CREATED.plus(Duration.ofMinutes(150));

        assertThat(words(held(claim("idle", "2026-03-02T10:00:00Z"))))
                .isEqualTo(
                        "skip 2 from 2026-03-02T11:00:00Z: missed: nothing started it within 5m");
    }

    @Test
    void aRunThatAProcessOfTheServiceLeftIsTakenUp() {
        assertThat(words(held(running("schedule/1/x")))).isEqualTo("resume");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "every: never", "{nonsense: true}", "["})
    void aRunThatAProcessOfTheServiceLeftIsTakenUpWhateverBecameOfTheSchedule(String schedule) {
        Claim left = running("schedule/1/x");
        assertThat(words(engine(schedule, Optional.of(left), "", "stop"))).isEqualTo("resume");
        assertThat(words(engine(schedule, Optional.of(running("laptop/1/x")), "", "stop")))
                .as("a person's is not")
                .isNotEqualTo("resume");
        assertThat(words(engine(schedule, Optional.of(left.finished(now, "done")), "", "stop")))
                .as("one that is over is not")
                .isNotEqualTo("resume");
    }

    @Test
    void aRunThatWasLeftIsEndedThoughItsScheduleWasRemovedMeanwhile() {
        try (EngineWorld world = world("now: true").script("a", "after=500s");
                Cluster dying = world.connect();
                Cluster cluster = world.connect()) {
            leaveARunBehind(world, dying);

            world.edit("{'metadata': {'annotations': {'chaosrunner.io/schedule': null}}}");
            ServiceSchedule next = driven(world.engine(), cluster, "schedule/2");
            CompletableFuture<Void> taken =
                    CompletableFuture.runAsync(next::step, task -> Thread.ofVirtual().start(task));
            await().atMost(Duration.ofMinutes(2))
                    .until(() -> world.claim().instance().equals("schedule/2"));
            world.edit("{'spec': {'engineState': 'active'}}");
            next.saw(world.engine());
            taken.join();

            assertThat(world.claim().state()).isEqualTo(Claim.State.FINISHED);
            assertThat(world.list(Resource.JOBS)).hasSizeLessThanOrEqualTo(1);
            assertThat(next.step()).as("nothing follows").isEmpty();
        }
    }

    /** A process of the service begins a run, and ends. */
    private void leaveARunBehind(EngineWorld world, Cluster dying) {
        ServiceSchedule first = driven(world.engine(), dying, "schedule/1");
        CompletableFuture<Void> run =
                CompletableFuture.runAsync(first::step, task -> Thread.ofVirtual().start(task));
        await().atMost(Duration.ofMinutes(2))
                .until(() -> world.entries().contains("a: Running/Awaited"));
        first.leave();
        run.join();
    }

    @Test
    void aRunThatAProcessOfTheServiceLeftIsTakenUpThoughItsScheduleIsTooCostly() {
        var clock = new AtomicLong();
        try (EngineWorld world = world("now: true").script("a", "after=500s");
                Cluster dying = world.connect();
                Cluster cluster = world.connect()) {
            leaveARunBehind(world, dying);

            bulkhead.close();
            bulkhead =
                    new Bulkhead(2, Duration.ofNanos(1), _ -> clock.addAndGet(1_000), heard::add);
            world.edit(
                    "{'metadata': {'annotations': {'chaosrunner.io/schedule': '%s'}}}"
                            .formatted(costly()));
            ServiceSchedule next = driven(world.engine(), cluster, "schedule/2");
            CompletableFuture<Void> taken =
                    CompletableFuture.runAsync(next::step, task -> Thread.ofVirtual().start(task));
            await().atMost(Duration.ofMinutes(2))
                    .until(() -> world.claim().instance().equals("schedule/2"));
            next.leave();
            taken.join();
        }
    }

    @Test
    void aRunOfAPodIsLookedAfterWhoeverLaunchesAndTheServicesOwnGoesToAPodWherePodsRun() {
        assertThat(words(held(running("schedule-pod/1/x")))).isEqualTo("attend run 1");
        launch = ServiceLaunch.POD;
        assertThat(words(held(running("schedule-pod/1/x")))).isEqualTo("attend run 1");
        assertThat(words(held(running("schedule/1/x")))).isEqualTo("attend run 1");
        assertThat(words(held(running("laptop/1/x")))).startsWith("rest until");
    }

    @Test
    void aRunOfAPodIsReplacedOnceByTheNextFire() {
        String schedule = HOURLY + "\noverlap: replace";
        Engine engine =
                engine(
                        schedule,
                        Optional.of(
                                claim(
                                        "schedule-pod/1/x",
                                        Claim.State.RUNNING,
                                        "",
                                        "",
                                        "2026-03-02T10:00:00Z",
                                        schedule)),
                        "",
                        "stop");
        launch = ServiceLaunch.POD;
        assertThat(words(engine)).isEqualTo("attend run 1 until 2026-03-02T11:00:00Z");
        now = CREATED.plusSeconds(3600);
        assertThat(words(engine)).isEqualTo("replace for 2026-03-02T11:00:00Z");
        annotate(engine, EngineSchedule.REPLACED, "id");
        assertThat(words(engine)).isEqualTo("attend run 1");
    }

    @Test
    void aRunOfAPersonIsTheirs() {
        Engine engine = held(running("laptop/1/x"));
        assertThat(words(engine)).isEqualTo("rest until 2026-03-02T11:00:00Z");

        now = CREATED.plusSeconds(3600);
        assertThat(words(engine))
                .startsWith("await run 1 of process laptop/1/x is going on")
                .contains("chaos-runner stop e -n n");
    }

    @Test
    void whatTheOperatorRunsIsLeftAlone() {
        now = CREATED.plusSeconds(3600);

        assertThat(words(engine(HOURLY, Optional.of(running("pod/1/x")), "initialized", "active")))
                .isEqualTo("rest");
    }

    @Test
    void theOperatorsRunIsStoppedWhereTheNextFireReplacesIt() {
        Engine engine =
                engine(
                        HOURLY + "\\noverlap: replace",
                        Optional.of(
                                claim(
                                        "pod/1/x",
                                        Claim.State.RUNNING,
                                        "",
                                        "",
                                        "2026-03-02T10:00:00Z",
                                        HOURLY + "\noverlap: replace")),
                        "initialized",
                        "active");
        now = CREATED.plusSeconds(3600);
        assertThat(words(engine)).as("its own runner follows the schedule").isEqualTo("rest");

        now = CREATED;
        handOver(engine, HOURLY + "\noverlap: replace");
        assertThat(words(engine)).isEqualTo("rest until 2026-03-02T11:00:00Z");

        now = CREATED.plusSeconds(3600);
        assertThat(words(engine)).isEqualTo("replace for 2026-03-02T11:00:00Z");
    }

    @ParameterizedTest
    @ValueSource(strings = {"suspend: true", "maxRuns: 1", "until: 2026-03-02T10:30:00Z"})
    void aRunThatNoFireFollowsIsNotReplaced(String end) {
        String schedule = HOURLY + "\noverlap: replace\n" + end;
        Claim running =
                claim("pod/1/x", Claim.State.RUNNING, "", "", "2026-03-02T10:00:00Z", schedule);
        now = CREATED.plusSeconds(3600);
        Engine engine = engine(schedule, Optional.of(running), "initialized", "active");
        handOver(engine, schedule);

        assertThat(words(engine)).isEqualTo("rest");
    }

    @Test
    void aScheduleThatWasEditedDuringARunOfTheOperatorsReplacesItByNothing() {
        String edited = "every: 5m\noverlap: replace";
        now = CREATED.plusSeconds(1200);
        Engine engine = engine(edited, Optional.of(running("pod/1/x")), "initialized", "active");
        handOver(engine, HOURLY);

        assertThat(words(engine)).isEqualTo("rest");
    }

    @Test
    void whatTheOperatorStoppedForAFireIsNoReasonToWaitForAHuman() {
        now = CREATED.plusSeconds(3600);
        Claim running = running("pod/1/x");
        Engine engine = engine(HOURLY, Optional.of(running), "stopped", "stop");
        String launchedByOperator =
                running.text().replace("\"engineState\":\"stop\"", "\"engineState\":\"active\"");
        annotate(engine, Claim.ANNOTATION, launchedByOperator);
        annotate(engine, EngineSchedule.REPLACED, "id");
        ((ObjectNode) engine.statusEntries().getFirst())
                .put("status", "Forcefully Aborted")
                .put("verdict", "Stopped");
        assertThat(words(engine)).isEqualTo("begin 2026-03-02T11:00:00Z");

        annotate(engine, EngineSchedule.REPLACED, "an earlier run");
        assertThat(words(engine)).isEqualTo("skip 1 from 2026-03-02T11:00:00Z: suspended");
    }

    private static void handOver(Engine engine, String schedule) {
        annotate(
                engine,
                FireLedger.HANDED_OVER,
                FireLedger.handOver(
                        new Fire(Instant.parse("2026-03-02T10:00:00Z"), hash(schedule))));
    }

    private static void annotate(Engine engine, String name, String value) {
        ((ObjectNode) engine.json().path("metadata").path("annotations")).put(name, value);
    }

    @Test
    void aRunOfTheServiceIsReplacedUnlessItsScheduleIsSuspendedMeanwhile() {
        try (EngineWorld world = world("every: 1h\\noverlap: replace").script("a", "after=500s");
                Cluster cluster = world.connect()) {
            ServiceSchedule driven = driven(world.engine(), cluster, "schedule/1");
            CompletableFuture<Void> run =
                    CompletableFuture.runAsync(
                            driven::step, task -> Thread.ofVirtual().start(task));
            await().atMost(Duration.ofMinutes(2))
                    .until(() -> world.entries().contains("a: Running/Awaited"));

            edit(world, driven, "suspend: true");
            bells.ring();
            await().until(bells::isSet);
            assertThat(run).isNotDone();
            assertThat(world.claim().state()).isEqualTo(Claim.State.RUNNING);

            edit(world, driven, "suspend: false");
            bells.ring();
            run.join();
            assertThat(world.claim().ending()).isEqualTo("replaced");
            assertThat(world.claim().reason()).startsWith(DirectRun.REPLACED);
        }
    }

    private static void edit(EngineWorld world, ServiceSchedule driven, String line) {
        world.edit(
                "{'metadata': {'annotations': {'chaosrunner.io/schedule': 'every: 1h\\noverlap: replace\\n%s'}}}"
                        .formatted(line));
        driven.saw(world.engine());
    }

    @Test
    void aFireThatTheOperatorsRunnerDoesNotClaimIsTakenBack() {
        Engine engine = held(claim("idle", "2026-03-02T10:00:00Z"), "active");
        ((ObjectNode) engine.json().path("metadata").path("annotations"))
                .put(
                        FireLedger.HANDED_OVER,
                        FireLedger.handOver(
                                new Fire(Instant.parse("2026-03-02T11:00:00Z"), hash(HOURLY))));
        now = CREATED.plusSeconds(3600);
        ServiceSchedule driven = driven(engine);
        assertThat(words(driven.move(engine))).isEqualTo("rest until 2026-03-02T11:04:00Z");

        now = now.plus(Duration.ofMinutes(4));
        assertThat(words(driven.move(engine))).isEqualTo("take back 2026-03-02T11:00:00Z");
    }

    @Test
    void aRunThatAHumanStoppedSuspendsTheSchedule() {
        now = CREATED.plusSeconds(3600);
        Claim stopped =
                claim(
                        "schedule/1/x",
                        Claim.State.FINISHED,
                        "abort",
                        "the engine says stop",
                        "2026-03-02T10:00:00Z",
                        HOURLY);

        assertThat(words(held(stopped))).isEqualTo("suspend: the engine says stop");
        assertThat(words(held(stopped.suspendingSchedule())))
                .as("whoever removed the annotation lets it go on")
                .isEqualTo("begin 2026-03-02T11:00:00Z");
    }

    @Test
    void howLongTheReasonIsDecidesNothing() {
        now = CREATED.plusSeconds(3600);
        Claim stopped =
                claim(
                        "schedule/1/x",
                        Claim.State.FINISHED,
                        "abort",
                        DirectRun.REPLACED + "fire of " + "x".repeat(600),
                        "2026-03-02T10:00:00Z",
                        HOURLY);

        assertThat(words(held(stopped))).startsWith("suspend: ");
        assertThat(words(held(stopped.suspendingSchedule())))
                .isEqualTo("begin 2026-03-02T11:00:00Z");
    }

    @Test
    void aRunThatNobodyCouldWatchSuspendsNothing() {
        now = CREATED.plusSeconds(3600);

        assertThat(
                        words(
                                held(
                                        claim(
                                                "schedule/1/x",
                                                Claim.State.FINISHED,
                                                "unwatched",
                                                "pods cannot be followed any more",
                                                "2026-03-02T10:00:00Z",
                                                HOURLY))))
                .isEqualTo("begin 2026-03-02T11:00:00Z");
    }

    @Test
    void aRunThatTheNextFireReplacedSuspendsNothing() {
        now = CREATED.plusSeconds(3600);

        assertThat(
                        words(
                                held(
                                        claim(
                                                "schedule/1/x",
                                                Claim.State.FINISHED,
                                                "replaced",
                                                "of whatever",
                                                "2026-03-02T10:00:00Z",
                                                HOURLY))))
                .isEqualTo("begin 2026-03-02T11:00:00Z");
    }

    @Test
    void aTimeOfAnEntryThatIsNoneSaysNothingOfTheRunsEnd() {
        now = CREATED.plusSeconds(3600);
        Engine engine = held(claim("idle", "2026-03-02T10:00:00Z"));
        ((ObjectNode) engine.statusEntries().getFirst()).put("lastUpdateTime", "yesterday");

        assertThat(words(engine)).isEqualTo("begin 2026-03-02T11:00:00Z");
    }

    @Test
    void whileItIsSuspendedFiresAreSkipped() {
        now = CREATED.plusSeconds(3600);
        Engine engine = held(claim("idle", "2026-03-02T10:00:00Z"));
        ((ObjectNode) engine.json().path("metadata").path("annotations"))
                .put(EngineSchedule.SUSPENDED, "run 1 was stopped");

        assertThat(words(engine)).isEqualTo("skip 1 from 2026-03-02T11:00:00Z: suspended");
        assertThat(
                        words(
                                engine(
                                        HOURLY,
                                        Optional.of(claim("idle", "2026-03-02T10:00:00Z")),
                                        "stopped",
                                        "stop")))
                .isEqualTo("skip 1 from 2026-03-02T11:00:00Z: suspended");
    }

    @Test
    void aScheduleThatWasChangedCountsFromWhenItIsSeen() {
        assertThat(
                        words(
                                engine(
                                        "every: 5m",
                                        Optional.of(claim("idle", "2026-03-02T10:00:00Z")),
                                        "",
                                        "stop")))
                .isEqualTo("count");
    }

    @Test
    void anUnusableScheduleIsRefused() {
        assertThat(words(engine("every: never", Optional.empty(), "", "stop")))
                .startsWith("refuse: schedule.every");
    }

    @Test
    void aFireIsRunAndSettledByTheClaim() {
        try (EngineWorld world = world("now: true");
                Cluster cluster = world.connect()) {
            driven(world.engine(), cluster, "schedule/1").step();

            assertThat(world.entries()).containsExactly("a: Completed/Pass");
            assertThat(world.claim().fires().started().map(Fire::at))
                    .contains(world.engine().created());
            assertThat(world.engine().engineState()).isEqualTo("stop");
        }
    }

    @Test
    void twoProcessesThatBothBelieveToLeadStartAFireOnce() {
        try (EngineWorld world = world("now: true");
                Cluster one = world.connect();
                Cluster other = world.connect()) {
            Engine seen = world.engine();

            Stream.of(driven(seen, one, "schedule/1"), driven(seen, other, "schedule/2"))
                    // Not the common pool, which the HTTP client needs.
                    .map(driven ->
                            CompletableFuture.runAsync(
                                    driven::step, task -> Thread.ofVirtual().start(task)))
                    .toList()
                    .forEach(CompletableFuture::join);

            assertThat(world.list(Resource.JOBS)).hasSize(1);
            assertThat(world.claim().run().number()).isEqualTo(1);
            assertThat(world.entries()).containsExactly("a: Completed/Pass");
        }
    }

    @Test
    void aSkipIsRecordedBeforeAnythingHasRun() {
        try (EngineWorld world = world("now: true\\nsuspend: true");
                Cluster cluster = world.connect()) {
            driven(world.engine(), cluster, "schedule/1").step();

            assertThat(world.claim().isOfRun()).isFalse();
            assertThat(world.claim().fires().skipped())
                    .extracting(Skipped::reason)
                    .containsExactly("suspended");
            assertThat(world.list(Resource.JOBS)).isEmpty();
            assertThat(heard).anyMatch(line -> line.startsWith("fire-skipped"));
            assertThat(told).containsExactly("skipped 1 SUSPENDED");
        }
    }

    @Test
    void aFireAndTheEndOfItsRunAreToldOnceByWhoSawThem() {
        try (EngineWorld world = world("now: true");
                Cluster cluster = world.connect()) {
            ServiceSchedule driven = driven(world.engine(), cluster, "schedule/1");
            driven.step();
            driven.step();
            driven.step();

            assertThat(told).containsExactly("fired SCHEDULE", "ended 1 [PASS]");
            assertThat(late).allMatch(each -> !each.isNegative());

            // Another process comes to an engine whose run is over.
            driven(world.engine(), cluster, "schedule/2").step();
            assertThat(told).hasSize(2);
        }
    }

    @Test
    void aFireThatIsHandedToAPodIsToldOnceThoughItsJobIsMadeAgain() {
        try (EngineWorld world = world("now: true");
                Cluster cluster = world.connect()) {
            launch = ServiceLaunch.POD;
            ServiceSchedule driven = driven(world.engine(), cluster, "schedule/1");
            driven.step();
            String job = world.names(Resource.JOBS).getFirst();
            world.delete(Resource.JOBS, job);
            driven.step();

            assertThat(world.names(Resource.JOBS)).containsExactly(job);
            assertThat(told).containsExactly("fired SCHEDULE");
        }
    }

    /** A GitLab runner beside an engine {@code gitlab} is such a pod. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{'labels': {'app': 'e', 'app.kubernetes.io/component': 'chaos-runner'}}",
                "{'labels': {'chaosUID': 'of-another-engine'}}",
            })
    void aStrangersPodThatHasTheNameOfTheRunnerIsLeftAloneAndNothingIsHandedOver(String metadata) {
        try (EngineWorld world = world("now: true").load(runner(metadata));
                Cluster cluster = world.connect()) {
            launch = ServiceLaunch.OPERATOR;
            ServiceSchedule driven = driven(world.engine(), cluster, "schedule/1");

            assertThat(driven.step()).isPresent();

            assertThat(world.names(Resource.PODS)).containsExactly("e-runner");
            assertThat(world.engine().engineState()).isEqualTo("stop");
            assertThat(world.engine().annotation(FireLedger.HANDED_OVER)).isEmpty();
            assertThat(world.message("ChaosScheduleRefused"))
                    .contains("pod n/e-runner does not belong to ChaosEngine n/e");
            assertThat(world.count("delete", "pods")).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'labels': {'chaosUID': 'THIS'}}",
                "{'ownerReferences': [{'apiVersion': 'litmuschaos.io/v1alpha1', 'kind': 'ChaosEngine',"
                        + " 'name': 'e', 'uid': 'THIS', 'controller': true}]}",
            })
    void theLastRunnerOfThisEngineMakesWayForTheNext(String metadata) {
        try (EngineWorld world = world("now: true");
                Cluster cluster = world.connect()) {
            world.load(runner(metadata.replace("THIS", world.engine().uid())));
            launch = ServiceLaunch.OPERATOR;
            ServiceSchedule driven = driven(world.engine(), cluster, "schedule/1");

            driven.step();
            await().atMost(Duration.ofMinutes(2)).until(() -> world.names(Resource.PODS).isEmpty());
            driven.step();

            assertThat(world.engine().annotation(FireLedger.HANDED_OVER)).isPresent();
            assertThat(world.engine().engineState()).isEqualTo("active");
        }
    }

    @Test
    void aFireThatWaitsForAPlaceCostsTheApiServerNothingAndIsMissedInTheEnd() {
        try (EngineWorld world = world("every: 1h");
                Cluster cluster = world.connect()) {
            places = new Places(1);
            EngineRef other = new EngineRef("other", "e");
            Places.Place held = places.take(other, () -> {}).orElseThrow();
            Clock clock = clock();
            now = world.engine().created();
            var driven = new ServiceSchedule(driving(cluster, clock, "schedule/1"), world.engine());
            var woken = new CopyOnWriteArrayList<String>();
            driven.wokenBy(() -> woken.add("e"));

            assertThat(driven.step()).contains(now.plusSeconds(5));
            assertThat(driven.step()).isPresent();
            assertThat(world.requests()).isEmpty();
            assertThat(heard).singleElement().asString().startsWith("waiting a fire is due");
            held.close();
            assertThat(woken).containsExactly("e");

            held = places.takeUp(other);
            now = now.plus(Duration.ofMinutes(6));
            driven.step();

            assertThat(world.claim().fires().skipped())
                    .singleElement()
                    .extracting(Skipped::reason)
                    .asString()
                    .startsWith("missed");
            held.close();
            assertThat(places.take(other, () -> {})).as("nobody waits any more").isPresent();
        }
    }

    @Test
    void aRunOfTheServiceHasADeadlineUnlessItsEngineHasOne() {
        try (EngineWorld world = world("now: true");
                Cluster cluster = world.connect()) {
            driven(world.engine(), cluster, "schedule/1").step();
            assertThat(world.claim().execution().path("deadline").asString("")).isEqualTo("21600s");
        }
        try (EngineWorld world = world("now: true");
                Cluster cluster = world.connect()) {
            world.edit(
                    "{'metadata': {'annotations': {'chaosrunner.io/execution': 'deadline: 7h'}}}");
            driven(world.engine(), cluster, "schedule/1").step();
            assertThat(world.claim().execution().path("deadline").asString("")).isEqualTo("7h");
        }
    }

    @Test
    void anEngineThatNamesWhatIsNotAllowedIsNotHandedToTheOperator() {
        try (EngineWorld world = world("now: true");
                Cluster cluster = world.connect()) {
            launch = ServiceLaunch.OPERATOR;
            allowed = Allowed.of(List.of("chaos-*"), List.of());
            driven(world.engine(), cluster, "schedule/1").step();

            assertThat(world.engine().annotation(FireLedger.HANDED_OVER)).isEmpty();
            assertThat(world.engine().engineState()).isEqualTo("stop");
            assertThat(world.message("ChaosScheduleRefused"))
                    .contains("spec.chaosServiceAccount: service account 'sa' is not allowed");
        }
    }

    @ParameterizedTest
    @EnumSource(ServiceLaunch.class)
    void aFireOfAnAuthorWhoMayNotDoWhatItWouldDoStartsNoRunAndIsRecordedWithTheReason(
            ServiceLaunch by) {
        try (EngineWorld world = world("every: 1h");
                Cluster cluster = world.connect()) {
            launch = by;
            review = Optional.of((author, namespace) -> false);
            author(world, "bob");
            ServiceSchedule driven = driven(world.engine(), cluster, "schedule/1");
            driven.step();
            driven.saw(world.engine());
            driven.step();

            assertThat(world.claim().fires().skipped())
                    .singleElement()
                    .satisfies(skipped ->
                            assertThat(skipped.reason())
                                    .contains("its author 'bob' may not create pods"));
            assertThat(world.message("ChaosScheduleRefused"))
                    .contains("its author 'bob' may not create pods in namespace n");
            assertThat(heard).anyMatch(line -> line.startsWith("fire-skipped"));
            assertThat(world.list(Resource.JOBS)).isEmpty();
            assertThat(world.engine().annotation(FireLedger.HANDED_OVER)).isEmpty();
            assertThat(world.engine().engineState()).isEqualTo("stop");
        }
    }

    @ParameterizedTest
    @EnumSource(ServiceLaunch.class)
    void aRequestForARunIsDeclinedWhereTheAuthorMayNotDoWhatItWouldDo(ServiceLaunch by) {
        try (EngineWorld world = world("every: 1h\\nsuspend: true");
                Cluster cluster = world.connect()) {
            launch = by;
            review = Optional.of((author, namespace) -> false);
            author(world, "bob");
            Instant at = Instant.now();
            var trigger = new Trigger("once", at, at.plusSeconds(600), "", "jane", "", true);
            ObjectNode asking = EngineWorld.json("{}");
            asking.withObject("metadata")
                    .withObject("annotations")
                    .put(Trigger.ANNOTATION, trigger.text());
            cluster.patch(Resource.ENGINES, "n", "e", Cluster.PatchType.MERGE, asking);
            ServiceSchedule driven = driven(world.engine(), cluster, "schedule/1");
            for (int i = 0; i < 5; i++) {
                driven.step();
                driven.saw(world.engine());
            }

            assertThat(world.claim().fires().answers().toString())
                    .contains("once")
                    .contains("its author 'bob' may not create pods");
            assertThat(world.list(Resource.JOBS)).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(ServiceLaunch.class)
    void aFireWaitsWhileItIsNotKnownWhatItsAuthorMayDo(ServiceLaunch by) {
        try (EngineWorld world = world("now: true");
                Cluster cluster = world.connect()) {
            launch = by;
            var knows = new AtomicBoolean();
            review =
                    Optional.of((author, namespace) -> {
                        if (!knows.get()) {
                            throw new ClusterException(Kind.SERVER, "the webhook is down");
                        }
                        return true;
                    });
            author(world, "jane");
            ServiceSchedule driven = driven(world.engine(), cluster, "schedule/1");
            driven.step();

            assertThat(driven.isSetBack()).isTrue();
            assertThat(world.engine().annotation(Claim.ANNOTATION)).isEmpty();
            assertThat(world.list(Resource.JOBS)).isEmpty();
            assertThat(world.engine().annotation(FireLedger.HANDED_OVER)).isEmpty();
            assertThat(world.message("ChaosScheduleRefused"))
                    .contains("not known whether the author 'jane' may create pods")
                    .contains("the webhook is down");

            knows.set(true);
            driven.step();
            assertThat(driven.isSetBack()).isFalse();
            switch (by) {
                case DIRECT -> assertThat(world.entries()).containsExactly("a: Completed/Pass");
                case POD -> assertThat(world.list(Resource.JOBS)).hasSize(1);
                case OPERATOR ->
                        assertThat(world.engine().annotation(FireLedger.HANDED_OVER)).isPresent();
            }
        }
    }

    private static void author(EngineWorld world, String user) {
        world.edit(
                "{'metadata': {'annotations': {'chaosrunner.io/author': '%s'}}}".formatted(user));
    }

    private static ObjectNode runner(String metadata) {
        ObjectNode pod =
                EngineWorld.json(
                        "{'apiVersion': 'v1', 'kind': 'Pod', 'spec': {'containers': [{'name': 'c',"
                                + " 'image': 'gitlab'}]}}");
        ObjectNode all = EngineWorld.json(metadata);
        pod.set("metadata", all.put("name", "e-runner").put("namespace", "n"));
        return pod;
    }

    @Test
    void theReasonOfARefusalIsAnEventOnTheEngine() {
        try (EngineWorld world = world("every: never");
                Cluster cluster = world.connect()) {
            driven(world.engine(), cluster, "schedule/1").step();

            assertThat(world.message("ChaosScheduleRefused")).contains("schedule.every");
            assertThat(world.list(Resource.JOBS)).isEmpty();
        }
    }

    // ---- Edits --------------------------------------------------------------------------------

    @Test
    void firesDuringARunAreRecordedByTheScheduleTheyBelongToAlsoIfItIsEditedMeanwhile() {
        String before = "every: 10m";
        Claim running =
                claim("schedule/1/x", Claim.State.RUNNING, "", "", "2026-03-02T10:00:00Z", before);
        Engine begun = engine(before, Optional.of(running), "", "stop");
        ServiceSchedule driven = driven(begun);
        assertThat(words(driven.move(begun))).isEqualTo("resume");

        now = CREATED.plus(Duration.ofMinutes(35));
        Claim over = running.finished(now, "done");
        Engine edited = engine("every: 7m", Optional.of(over), "", "stop");
        Move skip = driven.move(edited);
        assertThat(words(skip))
                .isEqualTo("skip 3 from 2026-03-02T10:10:00Z: run 1 was still going on");

        Claim settled = ((Move.Skip) skip).schedule().skipping(skipped(skip), "me", now);
        assertThat(words(driven.move(engine("every: 7m", Optional.of(settled), "", "stop"))))
                .isEqualTo("count");
    }

    @Test
    void aFireThatWaitsForItsJitterOrForItsHoursIsRecordedWhenItsScheduleIsEdited() {
        String before = "{cron: 0 12 * * *, hours: 9-17, missed: runOnce}";
        Claim settled = claim("idle", Claim.State.FINISHED, "", "", "2026-03-02T10:00:00Z", before);
        now = Instant.parse("2026-03-02T22:00:00Z");
        Engine engine = engine(before, Optional.of(settled), "", "stop");
        ServiceSchedule driven = driven(engine);
        assertThat(words(driven.move(engine))).isEqualTo("rest until 2026-03-03T09:00:00Z");

        assertThat(words(driven.move(engine(HOURLY, Optional.of(settled), "", "stop"))))
                .isEqualTo("skip 1 from 2026-03-02T12:00:00Z: the schedule was changed");
    }

    @Test
    void whatWasDueWhileItWasSuspendedIsNotRunWhenTheSuspensionEnds() {
        String often = "every: 10s";
        Claim idle = claim("idle", Claim.State.FINISHED, "", "", "2026-03-02T10:00:00Z", often);
        now = CREATED.plusSeconds(5);
        Engine suspended = engine(often + "\\nsuspend: true", Optional.of(idle), "", "stop");
        ServiceSchedule driven = driven(suspended);
        driven.move(suspended);

        now = CREATED.plusSeconds(58);
        Engine freed = engine(often, Optional.of(idle), "", "stop");
        assertThat(words(driven.move(freed)))
                .isEqualTo("skip 5 from 2026-03-02T10:00:10Z: suspended");
    }

    @Test
    void anEngineThatRanAlreadyRunsOnceWhenItsScheduleSaysNow() {
        now = CREATED.plusSeconds(7200);
        Engine engine =
                engine("now: true", Optional.of(claim("idle", "2026-03-02T10:00:00Z")), "", "stop");
        assertThat(words(engine)).isEqualTo("begin 2026-03-02T12:00:00Z");

        Claim ran =
                claim("idle", Claim.State.FINISHED, "", "", "2026-03-02T12:00:00Z", "now: true");
        assertThat(words(engine("now: true", Optional.of(ran), "", "stop")))
                .isEqualTo("end: no fire is left");
    }

    @Test
    void anEngineThatIsToRunNowRunsWhenItsSuspensionEnds() {
        now = CREATED.plusSeconds(7200);
        String suspended = "now: true\nsuspend: true";
        Engine engine = engine(suspended, Optional.empty(), "", "stop");
        Move skip = driven(engine).move(engine);
        assertThat(words(skip)).isEqualTo("skip 1 from 2026-03-02T10:00:00Z: suspended");

        Claim skipped = ((Move.Skip) skip).schedule().skipping(skipped(skip), "me", now);
        assertThat(words(engine(suspended, Optional.of(skipped), "", "stop")))
                .isEqualTo("end: no fire is left");
        assertThat(words(engine("now: true", Optional.of(skipped), "", "stop")))
                .isEqualTo("begin 2026-03-02T12:00:00Z");
    }

    private static List<Skipped> skipped(Move skip) {
        return ((Move.Skip) skip).fires();
    }

    @Test
    void aFireThatWaitsForPodsStartsNothingIfItsScheduleIsSuspendedMeanwhile() {
        try (EngineWorld world = world("every: 1h");
                Cluster cluster = world.connect()) {
            world.onRequest(
                    once(
                            "pods",
                            () ->
                                    world.edit(
                                            "{'metadata': {'annotations': {'chaosrunner.io/schedule': '{every: 1h, suspend: true}'}}}")));
            ServiceSchedule driven = driven(world.engine(), cluster, "schedule/1");
            driven.step();

            assertThat(world.list(Resource.JOBS)).isEmpty();
            assertThat(world.engine().annotation(Claim.ANNOTATION)).isEmpty();
            assertThat(heard).contains("not-started suspended");

            driven.step();
            assertThat(world.claim().fires().skipped())
                    .extracting(Skipped::reason)
                    .containsExactly("suspended");
            assertThat(world.list(Resource.JOBS)).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "every: 1h,                                        600, missed: nothing started it within 5m",
        "'{every: 1h, startingDeadline: 30s}',             60,  missed: nothing started it within 30s",
        "'{every: 24h, exclude: [{from: %s, until: %s}]}', 200, too late: excluded",
        "'{every: 24h, until: %s}',                        200, too late: until has passed",
    })
    void aFireThatWaitsForPodsStartsNothingWhereItIsTooLate(
            String schedule, int seconds, String why) {
        try (EngineWorld world = world("every: 1h");
                Cluster cluster = world.connect()) {
            Instant created = world.engine().created();
            world.edit(
                    "{'metadata': {'annotations': {'chaosrunner.io/schedule': '%s'}}}"
                            .formatted(
                                    schedule.formatted(
                                            created.plusSeconds(150), created.plusSeconds(300))));
            now = created;
            world.onRequest(once("pods", () -> now = created.plusSeconds(seconds)));
            var driven =
                    new ServiceSchedule(driving(cluster, clock(), "schedule/1"), world.engine());
            driven.step();

            assertThat(world.list(Resource.JOBS)).isEmpty();
            assertThat(heard).contains("not-started " + why);

            driven.step();
            assertThat(world.claim().fires().skipped())
                    .extracting(Skipped::reason)
                    .containsExactly(why);
        }
    }

    /** Act at the first request for a resource. */
    private static Consumer<Request> once(String resource, Runnable act) {
        var done = new AtomicBoolean();
        return request -> {
            if (request.resource().equals(resource) && !done.getAndSet(true)) {
                act.run();
            }
        };
    }

    // ---- Props --------------------------------------------------------------------------------

    private static EngineWorld world(String schedule) {
        return EngineWorld.start()
                .engineWith(
                        "{'metadata': {'annotations': {'chaosrunner.io/schedule': '%s'}}, 'spec': {'engineState': 'stop'}, 'status': {'engineStatus': ''}}"
                                .formatted(schedule),
                        "a");
    }

    private ServiceSchedule driven(Engine engine) {
        return new ServiceSchedule(driving(NOBODY, clock(), "schedule/me"), engine);
    }

    private ServiceSchedule driven(Engine engine, Cluster cluster, String process) {
        return new ServiceSchedule(driving(cluster, Clock.systemUTC(), process), engine);
    }

    private Clock clock() {
        return new Clock() {
            @Override
            public ZoneOffset getZone() {
                return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(java.time.ZoneId zone) {
                return this;
            }

            @Override
            public Instant instant() {
                return now;
            }
        };
    }

    private SchedulerContext driving(Cluster cluster, Clock clock, String process) {
        return new SchedulerContext(
                cluster,
                StrategyCatalogue.load(Optional.empty()),
                clock,
                launch,
                Optional.of(new RunnerJob("runner:1", "chaos-runner", List.of(), Map.of())),
                process,
                places,
                bulkhead,
                new HolidayLists(cluster, clock),
                Optional.of(Duration.ofHours(6)),
                allowed,
                new Authors(review, clock),
                bells,
                new ServiceListener() {
                    @Override
                    public RunListener run(EngineRef engine) {
                        return notice -> {};
                    }

                    @Override
                    public synchronized void note(EngineRef engine, String event, String message) {
                        heard.add(event + " " + message);
                    }

                    @Override
                    public void note(String event, String message) {}

                    @Override
                    public void fired(EngineRef engine, Fire fire, Instant planned, Instant at) {
                        told.add("fired %s".formatted(fire.cause().kind()));
                        late.add(Duration.between(planned, at));
                    }

                    @Override
                    public void skipped(EngineRef engine, Skipped fires) {
                        told.add("skipped %d %s".formatted(fires.count(), fires.cause()));
                    }

                    @Override
                    public void ended(EngineRef engine, Claim claim, List<StatusEntry> entries) {
                        told.add(
                                "ended %d %s"
                                        .formatted(
                                                claim.run().number(),
                                                entries.stream()
                                                        .map(StatusEntry::verdict)
                                                        .toList()));
                    }
                });
    }

    private static Engine held(Claim claim) {
        return held(claim, "stop");
    }

    private static Engine held(Claim claim, String state) {
        return engine(HOURLY, Optional.of(claim), "", state);
    }

    private static Engine engine(
            String schedule, Optional<Claim> claim, String status, String state) {
        ObjectNode json = JsonMapper.shared().createObjectNode();
        ObjectNode metadata = json.putObject("metadata");
        metadata.put("name", "e").put("namespace", "n").put("uid", "u");
        metadata.put("creationTimestamp", CREATED.toString());
        ObjectNode annotations = metadata.putObject("annotations");
        if (!schedule.isEmpty()) {
            annotations.put(ScheduleSpec.ANNOTATION, schedule.replace("\\n", "\n"));
        }
        json.putObject("spec").put("engineState", state);
        ObjectNode engineStatus = json.putObject("status").put("engineStatus", status);
        claim.ifPresent(held -> {
            annotations.put(Claim.ANNOTATION, held.text());
            boolean over = held.state() == Claim.State.FINISHED;
            engineStatus
                    .putArray("experiments")
                    .addObject()
                    .put("name", "a")
                    .put("status", over ? "Completed" : "Running")
                    .put("verdict", over ? "Pass" : "Awaited");
        });
        return new Engine(json);
    }

    private static Claim claim(String process, String settled) {
        return claim(process, Claim.State.FINISHED, "", "done", settled, HOURLY);
    }

    private static Claim running(String process) {
        return claim(process, Claim.State.RUNNING, "", "", "2026-03-02T10:00:00Z", HOURLY);
    }

    private static Claim claim(
            String process,
            Claim.State state,
            String ending,
            String reason,
            String settled,
            String schedule) {
        return new Claim(
                new RunId(1, "id"),
                process,
                Instant.parse(settled),
                1,
                JsonMapper.shared().createObjectNode(),
                state,
                reason,
                ending,
                1,
                List.of(),
                Map.of(),
                "stop",
                FireLedger.NONE.next(
                        Optional.of(new Fire(Instant.parse(settled), hash(schedule)))));
    }

    private static String hash(String schedule) {
        return ScheduleSpec.of(Optional.of(schedule), Map.of(), CREATED).orElseThrow().hash();
    }

    private String words(Engine engine) {
        return words(driven(engine).move(engine));
    }

    private static String words(Move move) {
        return switch (move) {
            case Move.Rest(Optional<Instant> until) ->
                    until.map(at -> "rest until " + at).orElse("rest");
            case Move.Refuse(String why) -> "refuse: " + why;
            case Move.Skip(var schedule, List<Skipped> fires) ->
                    "skip %d from %s: %s"
                            .formatted(
                                    fires.getFirst().count(),
                                    fires.getFirst().from(),
                                    fires.getFirst().reason());
            case Move.Await(String whose) -> "await " + whose;
            case Move.Count _ -> "count";
            case Move.Stop(var schedule, String why) -> "stop: " + why;
            case Move.Suspend(var schedule, String why) -> "suspend: " + why;
            case Move.Begin(var schedule, Fire fire) -> "begin " + fire.at();
            case Move.Resume _ -> "resume";
            case Move.Attend(Claim claim, Optional<Instant> until) ->
                    "attend run %d%s"
                            .formatted(
                                    claim.run().number(),
                                    until.map(at -> " until " + at).orElse(""));
            case Move.Replace(var schedule, Fire fire) -> "replace for " + fire.at();
            case Move.TakeBack(Fire fire) -> "take back " + fire.at();
            case Move.Decline(var schedule, var answer) -> "decline: " + answer.why();
            case Move.End(String why) -> "end: " + why;
        };
    }
}
