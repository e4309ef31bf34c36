package io.chaosrunner.scheduler;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.FireLedger;
import io.chaosrunner.claim.FireLedger.Skipped;
import io.chaosrunner.claim.Trigger;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.Fire;
import io.chaosrunner.sandbox.SandboxServer.Request;
import io.chaosrunner.testing.EngineWorld;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.node.ObjectNode;

/** Tests of what the service does with an engine in a cluster. */
class ServiceScheduleTest extends ServiceStage {
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

    @Test
    void whileEnginesAreHeardOfNoneIsReadBeforeARunClaimsIt() {
        try (EngineWorld world = world("now: true");
                Cluster cluster = world.connect()) {
            ServiceSchedule driven = driven(world.engine(), cluster, "schedule/1");
            driven.hearingBy(() -> true);
            int before = world.requests().size();

            driven.step();

            assertThat(world.claim().state()).isEqualTo(Claim.State.FINISHED);
            assertThat(
                            world.requests().stream()
                                    .skip(before)
                                    .filter(each -> each.resource().equals("chaosengines"))
                                    .map(each -> each.verb())
                                    .limit(1))
                    .containsExactly("patch");
        }
    }

    @Test
    void podsAreReadOnceBeforeARun() {
        try (EngineWorld world = world("now: true");
                Cluster cluster = world.connect()) {
            driven(world.engine(), cluster, "schedule/1").step();

            List<String> before =
                    world.requests().stream()
                            .map(each -> each.verb() + " " + each.resource())
                            .takeWhile(each -> !each.equals("create jobs"))
                            .toList();
            assertThat(before).containsOnlyOnce("list pods");
            assertThat(before.indexOf("list pods"))
                    .isLessThan(before.indexOf("patch chaosengines"));
        }
    }

    /** The news of it is on its way: the claim is refused, and the engine read. */
    @Test
    void aFireOfAnEngineThatChangedUnheardIsDecidedOnWhatIsStored() {
        try (EngineWorld world = world("now: true");
                Cluster cluster = world.connect()) {
            ServiceSchedule driven = driven(world.engine(), cluster, "schedule/1");
            driven.hearingBy(() -> true);
            world.edit("{'metadata': {'annotations': {'chaosrunner.io/schedule': null}}}");

            driven.step();
            driven.step();

            assertThat(world.list(Resource.JOBS)).isEmpty();
            assertThat(heard).anyMatch(each -> each.startsWith("not-started"));
            long read = world.count("get", "chaosengines");
            driven.step();
            assertThat(world.count("get", "chaosengines")).isEqualTo(read);
        }
    }

    /** An active engine is the operator's to run: none is claimed before it is stopped for it. */
    @Test
    void anEngineThatBecameActiveUnheardIsReadiedAgainBeforeItsRun() {
        try (EngineWorld world = world("now: true");
                Cluster cluster = world.connect()) {
            ServiceSchedule driven = driven(world.engine(), cluster, "schedule/1");
            driven.hearingBy(() -> true);
            world.edit("{'spec': {'engineState': 'active'}}");

            driven.step();
            driven.step();

            assertThat(world.claim().state()).isEqualTo(Claim.State.FINISHED);
            assertThat(world.claim().engineState()).isEqualTo("stop");
            assertThat(world.engine().engineState()).isEqualTo("stop");
        }
    }

    @Test
    void anEngineThatTheOperatorTookUnheardStartsNoRunHere() {
        try (EngineWorld world = world("now: true");
                Cluster cluster = world.connect()) {
            ServiceSchedule driven = driven(world.engine(), cluster, "schedule/1");
            driven.hearingBy(() -> true);
            world.edit(
                    "{'spec': {'engineState': 'active'}, 'status': {'engineStatus': 'initialized'}}");

            driven.step();
            driven.step();

            assertThat(world.list(Resource.JOBS)).isEmpty();
            assertThat(Claim.of(world.engine())).isEmpty();
        }
    }

    @Test
    void anEngineThatLostItsOwnDeadlineUnheardHasTheServicesOne() {
        try (EngineWorld world = world("now: true");
                Cluster cluster = world.connect()) {
            world.edit(
                    "{'metadata': {'annotations': {'chaosrunner.io/execution': 'deadline: 1h'}}}");
            ServiceSchedule driven = driven(world.engine(), cluster, "schedule/1");
            driven.hearingBy(() -> true);
            world.edit("{'metadata': {'annotations': {'chaosrunner.io/execution': null}}}");

            driven.step();
            driven.step();

            assertThat(world.claim().execution().path("deadline").asString("")).isEqualTo("21600s");
        }
    }

    /** They may be of a run that somebody began unheard, which goes on. */
    @Test
    void podsAreWaitedForOnlyOnceTheEngineWasRead() throws Exception {
        try (EngineWorld world = world("now: true");
                Cluster cluster = world.connect()) {
            ServiceSchedule driven = driven(world.engine(), cluster, "schedule/1");
            driven.hearingBy(() -> true);
            ObjectNode pod =
                    runner("{'labels': {'chaosUID': '%s'}}".formatted(world.engine().uid()));
            pod.withObject("metadata").put("name", "theirs");
            world.load(pod);
            world.edit("{'metadata': {'annotations': {'chaosrunner.io/schedule': null}}}");

            CompletableFuture.runAsync(
                            () -> {
                                driven.step();
                                driven.step();
                            },
                            task -> Thread.ofVirtual().start(task))
                    .get(30, TimeUnit.SECONDS);

            assertThat(world.count("get", "chaosengines")).isOne();
            assertThat(Claim.of(world.engine())).isEmpty();
        }
    }

    /** The fire was due when a place was asked for, and is missed when it is decided again. */
    @Test
    void whatStartsNoRunIsDecidedOnTheEngineAsRead() {
        try (EngineWorld world = world("every: 1h");
                Cluster cluster = world.connect()) {
            now = world.engine().created();
            var driven =
                    new ServiceSchedule(driving(cluster, clock(), "schedule/1"), world.engine());
            driven.hearingBy(() -> {
                now = now.plus(Duration.ofMinutes(10));
                return true;
            });

            driven.step();

            assertThat(heard).anyMatch(each -> each.startsWith("fire-skipped"));
            assertThat(world.count("get", "chaosengines")).isOne();
        }
    }

    @Test
    void anEngineThatWentUnheardStartsNoRun() {
        try (EngineWorld world = world("now: true");
                Cluster cluster = world.connect()) {
            ServiceSchedule driven = driven(world.engine(), cluster, "schedule/1");
            driven.hearingBy(() -> true);
            world.delete(Resource.ENGINES, EngineWorld.ENGINE.name());

            assertThat(driven.step()).isEmpty();
            assertThat(world.list(Resource.JOBS)).isEmpty();
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

    @ParameterizedTest
    @EnumSource(ServiceLaunch.class)
    void anEngineMadeAnewWhileTheAuthorOfTheOldOneIsAskedAboutIsLeftAlone(ServiceLaunch by) {
        try (EngineWorld world = world("now: true");
                Cluster cluster = world.connect()) {
            launch = by;
            var put = new AtomicReference<Engine>();
            review =
                    Optional.of((author, namespace) -> {
                        if (author.user().equals("jane")) {
                            put.set(putInItsPlace(world, "bob"));
                        }
                        return author.user().equals("jane");
                    });
            author(world, "jane");
            try {
                driven(world.engine(), cluster, "schedule/1").step();
            } catch (ClusterException e) {
                // What was decided on is gone.
                assertThat(e.kind()).isEqualTo(Kind.NOT_FOUND);
            }

            assertThat(world.engine().json()).isEqualTo(requireNonNull(put.get()).json());
            assertThat(world.list(Resource.JOBS)).isEmpty();
        }
    }

    @Test
    void anEngineMadeAnewWhenTheOldOneIsAboutToBeClaimedIsLeftAlone() {
        try (EngineWorld world = world("now: true");
                Cluster cluster = world.connect()) {
            review = Optional.of((author, namespace) -> true);
            author(world, "jane");
            Engine janes = world.engine();
            var put = new AtomicReference<Engine>();
            world.onRequest(atTheFirstClaim(() -> put.set(putInItsPlace(world, "jane"))));
            driven(janes, cluster, "schedule/1").step();

            assertThat(world.engine().json()).isEqualTo(requireNonNull(put.get()).json());
            assertThat(world.list(Resource.JOBS)).isEmpty();
            assertThat(heard).contains("left ChaosEngine n/e was made anew");
        }
    }

    @Test
    void anEngineWhoseAuthorChangesWhenItIsAboutToBeClaimedStartsNothing() {
        try (EngineWorld world = world("now: true");
                Cluster cluster = world.connect()) {
            review = Optional.of((author, namespace) -> author.user().equals("jane"));
            author(world, "jane");
            Engine janes = world.engine();
            world.onRequest(atTheFirstClaim(() -> author(world, "bob")));
            driven(janes, cluster, "schedule/1").step();

            assertThat(world.list(Resource.JOBS)).isEmpty();
            assertThat(world.engine().annotation(Claim.ANNOTATION)).isEmpty();
            assertThat(heard)
                    .anyMatch(line -> line.startsWith("not-started its author 'bob' may not"));
        }
    }

    @ParameterizedTest
    @EnumSource(ServiceLaunch.class)
    void aClaimThatIsWrittenWhileTheAuthorIsAskedAboutStays(ServiceLaunch by) {
        try (EngineWorld world = world("now: true");
                Cluster cluster = world.connect()) {
            launch = by;
            author(world, "bob");
            var driven = new AtomicReference<ServiceSchedule>();
            Claim theirs =
                    claim("process-2", Claim.State.RUNNING, "", "", CREATED.toString(), HOURLY);
            review =
                    Optional.of((author, namespace) -> {
                        ObjectNode claiming = EngineWorld.json("{}");
                        claiming.withObject("metadata")
                                .withObject("annotations")
                                .put(Claim.ANNOTATION, theirs.text());
                        cluster.patch(
                                Resource.ENGINES, "n", "e", Cluster.PatchType.MERGE, claiming);
                        // As the watch tells it.
                        requireNonNull(driven.get()).saw(world.engine());
                        return false;
                    });
            ServiceSchedule one = driven(world.engine(), cluster, "schedule/1");
            driven.set(one);
            one.step();

            assertThat(world.claim()).isEqualTo(theirs);
            assertThat(heard).noneMatch(line -> line.startsWith("fire-skipped"));
        }
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

    @Test
    void aFireThatWaitsForPodsStartsNothingIfItsScheduleIsSuspendedMeanwhile() {
        try (EngineWorld world = world("every: 1h");
                Cluster cluster = world.connect()) {
            world.onRequest(
                    once(
                            "pods",
                            () ->
                                    world.edit(
                                            "{'metadata': {'annotations':"
                                                    + " {'chaosrunner.io/schedule': '{every: 1h,"
                                                    + " suspend: true}'}}}")));
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
        "every: 1h,                                        600, missed: nothing started it within"
                + " 5m",
        "'{every: 1h, startingDeadline: 30s}',             60,  missed: nothing started it within"
                + " 30s",
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

    /** Delete the engine and store one of the same name. */
    private static Engine putInItsPlace(EngineWorld world, String author) {
        world.delete(Resource.ENGINES, "e");
        world.engineWith(
                "{'metadata': {'annotations': {'chaosrunner.io/schedule': 'now: true', 'chaosrunner.io/author': '%s'}}, 'spec': {'engineState': 'stop', 'chaosServiceAccount': 'evil'}, 'status': {'engineStatus': ''}}"
                        .formatted(author),
                "a");
        return world.engine();
    }

    private static Consumer<Request> atTheFirstClaim(Runnable act) {
        var done = new AtomicBoolean();
        return request -> {
            if (request.verb().equals("patch")
                    && request.resource().equals(Resource.ENGINES.plural())
                    && done.compareAndSet(false, true)) {
                act.run();
            }
        };
    }

    private static void author(EngineWorld world, String user) {
        world.edit(
                "{'metadata': {'annotations': {'chaosrunner.io/author': '%s'}}}".formatted(user));
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
}
