package io.chaosrunner.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.claim.FireLedger;
import io.chaosrunner.claim.Trigger;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.control.Triggering;
import io.chaosrunner.control.Triggering.Outcome;
import io.chaosrunner.control.Triggering.Wish;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.Fire;
import io.chaosrunner.schedule.FirePlan;
import io.chaosrunner.schedule.ScheduleSpec;
import io.chaosrunner.schedule.Timetable;
import io.chaosrunner.testing.EngineWorld;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A person's request for a run at once, from the command to the service that answers it. */
@Timeout(300)
@Execution(ExecutionMode.CONCURRENT)
class TriggeringTest {
    /** Fires once a year, so that nothing else is due. */
    private static final String YEARLY = "cron: 0 0 1 1 *";

    private final Serving service = new Serving();

    @AfterEach
    void computeNothingMore() {
        service.close();
    }

    private final List<String> told = new CopyOnWriteArrayList<>();

    @Test
    void aRequestStartsOneRunThatCountsAndSaysWhoAskedAndWhy() {
        try (EngineWorld world = world(YEARLY);
                Cluster cluster = world.connect()) {
            CompletableFuture<Outcome> command = command(cluster, wish("r1"));
            serve(world, cluster, "schedule/1");

            assertThat(command.join()).isEqualTo(new Outcome.Started("r1", Optional.of(1L)));
            FireLedger fires = world.claim().fires();
            assertThat(fires.runs()).isEqualTo(1);
            assertThat(fires.started().map(Fire::cause))
                    .contains(new Fire.Cause(Fire.Kind.TRIGGER, "r1", "me", "after the release"));
            assertThat(world.get(Resource.CONFIG_MAPS, "e-runs").orElseThrow().toString())
                    .contains("trigger", "after the release");
        }
    }

    @Test
    void aRequestThatIsRepeatedStartsNothing() {
        try (EngineWorld world = world(YEARLY);
                Cluster cluster = world.connect()) {
            CompletableFuture<Outcome> command = command(cluster, wish("r1"));
            serve(world, cluster, "schedule/1");
            command.join();

            assertThat(trigger(cluster, wish("r1"), false))
                    .isEqualTo(new Outcome.Started("r1", Optional.of(1L)));
            // Whoever puts the old request back asks for nothing either.
            world.edit(
                    "{'metadata': {'annotations': {'chaosrunner.io/trigger': '%s'}}}"
                            .formatted(
                                    world.engine()
                                            .annotation(Trigger.ANNOTATION)
                                            .orElseThrow()
                                            .replace("\"", "\\\"")
                                            .replace("'", "")));
            step(world, cluster, "schedule/2");
            assertThat(world.claim().run().number()).isEqualTo(1);
        }
    }

    @Test
    void aCommandWithoutANameWaitsForTheRequestThatAKilledOneLeft() {
        try (EngineWorld world = world(YEARLY);
                Cluster cluster = world.connect()) {
            assertThatThrownBy(() -> trigger(Serving.killing(cluster, 1, true), wish("r1"), false))
                    .isInstanceOf(Serving.Killed.class);

            CompletableFuture<Outcome> again =
                    async(() -> trigger(cluster, wish(Optional.empty(), false, 60), false));
            await().atMost(Duration.ofMinutes(1)).until(() -> !told.isEmpty());
            step(world, cluster, "schedule/1");

            assertThat(again.join()).isEqualTo(new Outcome.Started("r1", Optional.of(1L)));
            assertThat(world.list(Resource.JOBS)).hasSize(1);
        }
    }

    /** The service's first write of the engine is the one that takes the request. */
    @ParameterizedTest
    @CsvSource({"1, false", "1, true"})
    void aServiceThatIsKilledAtTheWriteThatTakesARequestStartsItOnce(int write, boolean after) {
        try (EngineWorld world = world(YEARLY);
                Cluster cluster = world.connect()) {
            CompletableFuture<Outcome> command = command(cluster, wish("r1"));
            awaitRequest(world);
            assertThatThrownBy(
                            () -> step(world, Serving.killing(cluster, write, after), "schedule/1"))
                    .isInstanceOf(Serving.Killed.class);

            serve(world, cluster, "schedule/2");

            assertThat(command.join()).isEqualTo(new Outcome.Started("r1", Optional.of(1L)));
            assertThat(world.list(Resource.JOBS)).hasSize(1);
            assertThat(world.entries()).containsExactly("a: Completed/Pass");
            step(world, cluster, "schedule/3");
            assertThat(world.claim().run().number()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aCommandThatIsKilledAtItsWriteLeavesARequestOrNone(boolean after) {
        try (EngineWorld world = world(YEARLY);
                Cluster cluster = world.connect()) {
            assertThatThrownBy(() -> trigger(Serving.killing(cluster, 1, after), wish("r1"), false))
                    .isInstanceOf(Serving.Killed.class);

            step(world, cluster, "schedule/1");
            assertThat(world.list(Resource.JOBS)).hasSize(after ? 1 : 0);

            CompletableFuture<Outcome> again = command(cluster, wish("r1"));
            serve(world, cluster, "schedule/1");
            assertThat(again.join()).isEqualTo(new Outcome.Started("r1", Optional.of(1L)));
            assertThat(world.list(Resource.JOBS)).hasSize(1);
        }
    }

    @Test
    void whereNobodyTakesARequestItIsWithdrawnAndNothingStartsLater() {
        try (EngineWorld world = world(YEARLY);
                Cluster cluster = world.connect()) {
            assertThat(trigger(cluster, wish(Optional.of("r1"), false, 1), false))
                    .isInstanceOfSatisfying(
                            Outcome.Unanswered.class,
                            none -> assertThat(none.why()).contains("namespace n", "withdrawn"));

            step(world, cluster, "schedule/1");
            assertThat(world.list(Resource.JOBS)).isEmpty();
        }
    }

    @Test
    void aRequestWhoseCommandWasKilledIsNotTakenAfterItsTime() {
        try (EngineWorld world = world(YEARLY);
                Cluster cluster = world.connect()) {
            request(world, "r1", Instant.now().minusSeconds(600), 120, "");

            step(world, cluster, "schedule/1");

            assertThat(world.list(Resource.JOBS)).isEmpty();
            assertThat(world.claim().fires().answers())
                    .containsExactly(new FireLedger.Answer("r1", "nothing started it within 2m"));
            assertThat(service.heard).anyMatch(line -> line.startsWith("trigger-declined"));
            assertThat(world.claim().fires().settled().map(Fire::at)).contains(Instant.EPOCH);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "suspend: true; suspended",
                "suspend: {note: release week}; suspended: release week",
                "days: SOME_OTHER_DAY; not one of the days",
                "from: 2099-01-01; from 2099-01-01T00:00:00Z is to come",
            })
    void whatTheSchedulesOwnerHasForbiddenHoldsUnlessItIsForced(String setting, String why) {
        String otherDay =
                Instant.now()
                        .atZone(java.time.ZoneOffset.UTC)
                        .getDayOfWeek()
                        .plus(3)
                        .toString()
                        .substring(0, 3);
        String schedule = "cron: 0 0 1 * *\\n" + setting.replace("SOME_OTHER_DAY", otherDay);
        try (EngineWorld world = world(schedule);
                Cluster cluster = world.connect()) {
            assertThat(trigger(cluster, wish("r1"), false)).isEqualTo(new Outcome.Declined(why));
            assertThat(trigger(cluster, wish("r1"), true)).isEqualTo(new Outcome.Declined(why));

            Wish forced = wish(Optional.of("r2"), true, 60);
            assertThat(trigger(cluster, forced, true)).isEqualTo(new Outcome.Possible());
            CompletableFuture<Outcome> command = command(cluster, forced);
            serve(world, cluster, "schedule/1");
            assertThat(command.join()).isEqualTo(new Outcome.Started("r2", Optional.of(1L)));
        }
    }

    @Test
    void aSuspensionThatComesBetweenTheRequestAndItsRunHolds() {
        try (EngineWorld world = world(YEARLY);
                Cluster cluster = world.connect()) {
            CompletableFuture<Outcome> command = command(cluster, wish("r1"));
            awaitRequest(world);
            world.edit(
                    "{'metadata': {'annotations': {'chaosrunner.io/schedule': 'cron: 0 0 1 1 *\\nsuspend: true'}}}"
                            .replace("\n", "\\n"));
            step(world, cluster, "schedule/1");

            assertThat(command.join()).isEqualTo(new Outcome.Declined("suspended"));
            assertThat(world.list(Resource.JOBS)).isEmpty();
        }
    }

    @Test
    void whatIsOverStaysOverWhateverIsAskedFor() {
        try (EngineWorld world = world(YEARLY + "\\nmaxRuns: 1");
                Cluster cluster = world.connect()) {
            CompletableFuture<Outcome> command = command(cluster, wish("r1"));
            serve(world, cluster, "schedule/1");
            command.join();

            assertThat(trigger(cluster, wish(Optional.of("r2"), true, 60), false))
                    .isEqualTo(new Outcome.Declined("maxRuns: 1 runs were started"));
        }
    }

    @Test
    void aScheduleThatHasNoFireLeftCanBeTriggered() {
        try (EngineWorld world = world("now: true");
                Cluster cluster = world.connect()) {
            step(world, cluster, "schedule/1");
            CompletableFuture<Outcome> command = command(cluster, wish("r1"));
            serve(world, cluster, "schedule/1");

            assertThat(command.join()).isEqualTo(new Outcome.Started("r1", Optional.of(2L)));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"skip", "queue", "queueAll", "replace"})
    void aRequestDuringARunFollowsTheOverlap(String overlap) {
        try (EngineWorld world =
                        world("now: true\\noverlap: " + overlap).script("a", "after=500s");
                Cluster cluster = world.connect()) {
            ServiceSchedule driven = service.driven(world.engine(), cluster, "schedule/1");
            CompletableFuture<Void> run = async(() -> step(driven));
            await().atMost(Duration.ofMinutes(2))
                    .until(() -> world.entries().contains("a: Running/Awaited"));

            if (overlap.equals("skip")) {
                assertThat(trigger(cluster, wish("r1"), false))
                        .isEqualTo(new Outcome.Declined("run 1 is going on (overlap: skip)"));
                // One that comes between the look and the run's begin is declined after it.
                request(world, "r2", Instant.now(), 120, "");
            } else {
                request(world, "r2", Instant.now(), 120, world.claim().run().id());
            }
            driven.saw(world.engine());
            if (!overlap.equals("replace")) {
                assertThat(run).isNotDone();
                world.edit(
                        "{'metadata': {'annotations': {'chaosrunner.io/stop': '%s'}}}"
                                .formatted(world.claim().run().id()));
                driven.saw(world.engine());
            }
            run.join();
            assertThat(world.claim().ending())
                    .isEqualTo(overlap.equals("replace") ? "replaced" : "abort");
        }
    }

    @Test
    void aRequestThatWaitedForARunIsNotMissedWhileItWaited() {
        Instant begin = Instant.parse("2026-03-02T10:00:00Z");
        var run = new FirePlan.LastRun("run 1", begin, begin.plusSeconds(7200), Optional.empty());
        var situation = new FirePlan.Situation(begin, 1, Optional.of(run));
        Trigger trigger = trigger("r", begin.plusSeconds(60), 120);
        Instant soon = begin.plusSeconds(7300);

        assertThat(objection("overlap: queue", situation, trigger, true, soon)).isEmpty();
        assertThat(objection("overlap: queue", situation, trigger, true, soon.plusSeconds(60)))
                .contains("nothing started it within 2m");
        assertThat(objection("overlap: queue", situation, trigger, false, soon))
                .contains("nothing started it within 2m");
        assertThat(objection("overlap: skip", situation, trigger, true, soon))
                .contains("run 1 was still going on");
    }

    private static Optional<String> objection(
            String setting,
            FirePlan.Situation situation,
            Trigger trigger,
            boolean overlapping,
            Instant now) {
        Instant anchor = Instant.parse("2026-01-01T00:00:00Z");
        ScheduleSpec spec =
                ScheduleSpec.of(Optional.of("every: 24h\n" + setting), java.util.Map.of(), anchor)
                        .orElseThrow();
        return FirePlan.objection(
                Timetable.of(spec, anchor, 0), situation, trigger, overlapping, now);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "yes",
                "[]",
                "{}",
                "{\"id\": \"../x\", \"at\": \"2026-01-01T00:00:00Z\", \"until\": \"2026-01-01T00:01:00Z\"}",
                "{\"id\": \"x\", \"at\": \"2026-01-01T00:00:00Z\", \"until\": \"9026-01-01T00:01:00Z\"}",
                "{\"id\": \"x\", \"at\": \"never\", \"until\": \"2026-01-01T00:01:00Z\"}",
            })
    void aRequestThatNobodyCanReadStartsNothingAndKeepsNoFireFromItsRun(String written) {
        try (EngineWorld world = world("now: true");
                Cluster cluster = world.connect()) {
            world.edit(
                    "{'metadata': {'annotations': {'chaosrunner.io/trigger': '%s'}}}"
                            .formatted(written.replace("\"", "\\'"))
                            .replace("\\'", "\\\""));
            step(world, cluster, "schedule/1");
            step(world, cluster, "schedule/1");

            assertThat(world.claim().run().number()).isEqualTo(1);
            assertThat(world.claim().fires().started().map(Fire::cause))
                    .contains(Fire.Cause.SCHEDULE);
            assertThat(service.heard).anyMatch(line -> line.startsWith("request-unreadable"));
        }
    }

    @Test
    void whatNobodyCouldTriggerIsSaid() {
        try (EngineWorld world = world("every: never");
                Cluster cluster = world.connect()) {
            assertThat(trigger(cluster, wish("r1"), false)).isInstanceOf(Outcome.Unusable.class);
            assertThat(
                            new Triggering(cluster, Clock.systemUTC(), told::add)
                                    .trigger(new EngineRef("n", "other"), wish("r1"), false))
                    .isEqualTo(new Outcome.Missing());
            world.edit("{'metadata': {'annotations': {'chaosrunner.io/schedule': null}}}");
            assertThat(trigger(cluster, wish("r1"), false)).isEqualTo(new Outcome.Unscheduled());
        }
    }

    @Test
    void theOperatorsRunnerIsToldOfTheRequest() {
        Fire fire = trigger("r", Instant.parse("2026-03-02T10:00:00Z"), 60).fire("hash");
        try (EngineWorld world = world(YEARLY)) {
            world.edit(
                    "{'metadata': {'annotations': {'chaosrunner.io/fire': '%s'}}}"
                            .formatted(FireLedger.handOver(fire).replace("\"", "\\\"")));

            assertThat(FireLedger.handedOver(world.engine())).contains(fire);
        }
    }

    // ---- Props --------------------------------------------------------------------------------

    private static EngineWorld world(String schedule) {
        return EngineWorld.start()
                .engineWith(
                        "{'metadata': {'annotations': {'chaosrunner.io/schedule': '%s'}}, 'spec': {'engineState': 'stop'}, 'status': {'engineStatus': ''}}"
                                .formatted(schedule),
                        "a");
    }

    private static Wish wish(String id) {
        return wish(Optional.of(id), false, 60);
    }

    private static Wish wish(Optional<String> id, boolean force, int seconds) {
        return new Wish(id, "me", "after the release", force, Duration.ofSeconds(seconds));
    }

    private static Trigger trigger(String id, Instant at, int seconds) {
        return new Trigger(id, at, at.plusSeconds(seconds), "", "me", "", false);
    }

    private static void request(
            EngineWorld world, String id, Instant at, int seconds, String after) {
        String text = new Trigger(id, at, at.plusSeconds(seconds), after, "me", "", false).text();
        world.edit(
                "{'metadata': {'annotations': {'chaosrunner.io/trigger': '%s'}}}"
                        .formatted(text.replace("\"", "\\\"")));
    }

    private Outcome trigger(Cluster cluster, Wish wish, boolean dryRun) {
        return new Triggering(cluster, Clock.systemUTC(), Duration.ofMillis(20), told::add)
                .trigger(EngineWorld.ENGINE, wish, dryRun);
    }

    private CompletableFuture<Outcome> command(Cluster cluster, Wish wish) {
        CompletableFuture<Outcome> command = async(() -> trigger(cluster, wish, false));
        return command;
    }

    /** Not the common pool, which the HTTP client needs. */
    private static <T> CompletableFuture<T> async(java.util.function.Supplier<T> what) {
        return CompletableFuture.supplyAsync(what, task -> Thread.ofVirtual().start(task));
    }

    private static void awaitRequest(EngineWorld world) {
        await().atMost(Duration.ofMinutes(1))
                .pollInterval(10, TimeUnit.MILLISECONDS)
                .until(() -> world.engine().annotation(Trigger.ANNOTATION).isPresent());
    }

    private void serve(EngineWorld world, Cluster cluster, String process) {
        awaitRequest(world);
        step(world, cluster, process);
    }

    private void step(EngineWorld world, Cluster cluster, String process) {
        service.step(world, cluster, process);
    }

    private static Void step(ServiceSchedule driven) {
        driven.step();
        return null;
    }
}
