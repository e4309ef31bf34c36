package io.chaosrunner.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chaosrunner.claim.Backfill;
import io.chaosrunner.claim.Claim;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.control.Backfilling;
import io.chaosrunner.control.Backfilling.Outcome;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.history.RunHistory;
import io.chaosrunner.model.Fire;
import io.chaosrunner.schedule.EngineSchedule;
import io.chaosrunner.schedule.FirePlan;
import io.chaosrunner.schedule.ScheduleSpec;
import io.chaosrunner.scheduler.Serving.Killed;
import io.chaosrunner.testing.EngineWorld;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Past fires that a person asks for, from the command to the service that runs them. */
@Timeout(300)
class BackfillingTest {
    /** Three fires are past, and the next is half an hour away. */
    private static final Instant FIRST =
            Instant.now().truncatedTo(ChronoUnit.SECONDS).minus(Duration.ofMinutes(150));

    private static final List<Instant> PAST =
            IntStream.range(0, 3).mapToObj(i -> FIRST.plus(Duration.ofHours(i))).toList();

    private final Serving service = new Serving();

    @AfterEach
    void computeNothingMore() {
        service.close();
    }

    @Test
    void pastFiresAreRunOneAfterAnotherEachAsThatFire() {
        try (EngineWorld world = world("");
                Cluster cluster = world.connect()) {
            assertThat(backfill(cluster, true)).isEqualTo(new Outcome.Asked(PAST, 0));
            assertThat(world.engine().annotation(Backfill.ANNOTATION)).isEmpty();
            assertThat(backfill(cluster, false)).isEqualTo(new Outcome.Asked(PAST, 0));

            serve(world, cluster, 3);

            assertThat(fires(world, cluster)).containsExactlyElementsOf(PAST);
            assertThat(world.claim().fires().settled().orElseThrow().at())
                    .isEqualTo(PAST.getLast());
            assertThat(world.claim().fires().runs()).isEqualTo(3);
            assertThat(restsAfter(world, cluster)).isTrue();

            assertThat(backfill(cluster, false))
                    .isInstanceOfSatisfying(
                            Outcome.Declined.class,
                            none -> assertThat(none.why()).contains("(3 have run)"));
        }
    }

    @Test
    void firesThatRanAreLeftOut() {
        try (EngineWorld world = world("");
                Cluster cluster = world.connect()) {
            assertThat(
                            backfilling(cluster)
                                    .backfill(
                                            EngineWorld.ENGINE,
                                            PAST.get(1),
                                            PAST.get(1),
                                            "me",
                                            false))
                    .isEqualTo(new Outcome.Asked(List.of(PAST.get(1)), 0));
            serve(world, cluster, 1);

            assertThat(backfill(cluster, false))
                    .isEqualTo(new Outcome.Asked(List.of(PAST.get(0), PAST.get(2)), 1));
        }
    }

    /** The first write of the engine in a step is the one that claims the run. */
    @ParameterizedTest
    @CsvSource({"false, false, false", "true, true, true", "false, true, false"})
    void aServiceThatIsKilledAtAnyClaimRunsEachFireOnce(
            boolean first, boolean second, boolean third) {
        try (EngineWorld world = world("");
                Cluster cluster = world.connect()) {
            backfill(cluster, false);
            int process = 0;
            for (boolean after : List.of(first, second, third)) {
                String name = "schedule/" + process++;
                assertThatThrownBy(
                                () -> service.step(world, Serving.killing(cluster, 1, after), name))
                        .isInstanceOf(Killed.class);
                service.step(world, cluster, "schedule/" + process++);
            }

            assertThat(fires(world, cluster)).containsExactlyElementsOf(PAST);
            assertThat(world.claim().run().number()).isEqualTo(3);
            assertThat(restsAfter(world, cluster)).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aCommandThatIsKilledAtItsWriteIsRepeatedWithoutHarm(boolean after) {
        try (EngineWorld world = world("");
                Cluster cluster = world.connect()) {
            assertThatThrownBy(() -> backfill(Serving.killing(cluster, 1, after), false))
                    .isInstanceOf(Killed.class);
            Outcome again = backfill(cluster, false);
            assertThat(again instanceof Outcome.Declined).isEqualTo(after);

            serve(world, cluster, 3);
            assertThat(fires(world, cluster)).containsExactlyElementsOf(PAST);
            assertThat(restsAfter(world, cluster)).isTrue();
        }
    }

    @Test
    void whoStopsItIsToldHowManyAreLeftAndNoneOfThemRuns() {
        try (EngineWorld world = world("");
                Cluster cluster = world.connect()) {
            backfill(cluster, false);
            serve(world, cluster, 1);

            assertThat(backfilling(cluster).stop(EngineWorld.ENGINE))
                    .isEqualTo(new Outcome.Stopped(2));
            assertThat(restsAfter(world, cluster)).isTrue();
            assertThat(world.claim().run().number()).isEqualTo(1);
            assertThat(backfilling(cluster).stop(EngineWorld.ENGINE))
                    .isEqualTo(new Outcome.Stopped(0));
            assertThat(backfill(cluster, false))
                    .isEqualTo(new Outcome.Asked(PAST.subList(1, 3), 1));
        }
    }

    @Test
    void aPastFireStartsInsideItsWindowsOnlyAndWaitsForThem() {
        Instant created = Instant.parse("2026-03-02T00:00:00Z");
        String written = "{every: 1h, hours: 9-17}";
        String hash = ScheduleSpec.of(Optional.of(written), Map.of(), created).orElseThrow().hash();
        Instant past = Instant.parse("2026-03-02T10:00:00Z");
        var json = JsonMapper.shared().createObjectNode();
        var metadata = json.putObject("metadata");
        metadata.put("name", "e").put("namespace", "n").put("uid", "u");
        metadata.put("creationTimestamp", created.toString());
        Claim claim =
                Claim.ofNoRun(new Engine(json), "p", created)
                        .beginningSchedule(new Fire(Instant.parse("2026-03-02T16:00:00Z"), hash));
        metadata.putObject("annotations")
                .put(ScheduleSpec.ANNOTATION, written)
                .put(Claim.ANNOTATION, claim.text())
                .put(
                        Backfill.ANNOTATION,
                        new Backfill("b", past, hash, "me", List.of(past)).text());
        EngineSchedule schedule = EngineSchedule.of(new Engine(json)).orElseThrow();

        assertThat(schedule.decide(Instant.parse("2026-03-02T16:30:00Z")))
                .isInstanceOfSatisfying(
                        FirePlan.Step.Launch.class,
                        launch -> assertThat(launch.fire().at()).isEqualTo(past));
        assertThat(schedule.decide(Instant.parse("2026-03-02T18:00:00Z")))
                .isInstanceOfSatisfying(
                        FirePlan.Step.Wait.class,
                        wait -> assertThat(wait.until()).isEqualTo("2026-03-03T09:00:00Z"));
        Fire fire = schedule.backfill(past).orElseThrow();
        assertThat(
                        EngineSchedule.objection(
                                schedule.engine(),
                                Map.of(),
                                fire,
                                UnaryOperator.identity(),
                                Instant.parse("2026-03-02T18:00:00Z")))
                .contains("outside hours");
        assertThat(schedule.backfill(past.plus(Duration.ofHours(24))))
                .as("it was not meant for the day after")
                .isEmpty();
        for (String never :
                List.of("2026-03-02T10:00:01Z", "2026-03-02T08:00:00Z", "2026-03-03T10:00:00Z")) {
            ((ObjectNode) json.path("metadata").path("annotations"))
                    .put(
                            Backfill.ANNOTATION,
                            new Backfill("b", past, hash, "me", List.of(Instant.parse(never)))
                                    .text());
            assertThat(EngineSchedule.of(new Engine(json)).orElseThrow().backfill(past))
                    .as("%s is no past fire", never)
                    .isEmpty();
        }
        ((ObjectNode) json.path("metadata").path("annotations"))
                .put(
                        Backfill.ANNOTATION,
                        new Backfill(
                                        "b",
                                        Instant.parse("2098-01-01T00:00:00Z"),
                                        hash,
                                        "me",
                                        List.of(past))
                                .text());
        assertThat(EngineSchedule.of(new Engine(json)).orElseThrow().backfill(past))
                .as("it would never end")
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"suspend: true", "maxRuns: 1"})
    void whatTheSchedulesOwnerForbidsHolds(String setting) {
        try (EngineWorld world = world("");
                Cluster cluster = world.connect()) {
            backfill(cluster, false);
            if (setting.startsWith("maxRuns")) {
                serve(world, cluster, 1);
            }
            // The same fires: only the policy differs.
            schedule(world, setting);
            long runs = world.claim().fires().started().isPresent() ? 1 : 0;

            for (int i = 0; i < 3; i++) {
                service.step(world, cluster, "schedule/" + i);
            }
            assertThat(world.claim().fires().started().isPresent() ? 1 : 0).isEqualTo(runs);
        }
    }

    @Test
    void afterAnEditOfTheScheduleNothingIsBackfilled() {
        try (EngineWorld world = world("");
                Cluster cluster = world.connect()) {
            backfill(cluster, false);
            world.edit(
                    "{'metadata': {'annotations': {'chaosrunner.io/schedule': 'cron: 0 0 1 1 *'}}}");

            for (int i = 0; i < 3; i++) {
                service.step(world, cluster, "schedule/" + i);
            }
            assertThat(world.claim().isOfRun()).isFalse();
        }
    }

    @Test
    void whatTheHistoryHasForgottenIsNotRunTwice() {
        try (EngineWorld world = world("");
                Cluster cluster = world.connect()) {
            world.edit(
                    "{'metadata': {'annotations': {'chaosrunner.io/execution': '{history: 1}'}}}");
            backfill(cluster, false);
            serve(world, cluster, 3);

            assertThat(backfill(cluster, false))
                    .isInstanceOfSatisfying(
                            Outcome.Declined.class,
                            none ->
                                    assertThat(none.why())
                                            .contains("which fires ran before run 3", "--from"));
        }
    }

    @Test
    void aRunOfAPastFireIsReplacedByTheNextFireNotByAPastOne() {
        try (EngineWorld world = world("overlap: replace");
                Cluster cluster = world.connect()) {
            backfill(cluster, false);
            serve(world, cluster, 1);

            assertThat(service.bells.times())
                    .containsEntry("replace n/e, run 1 here", FIRST.plus(Duration.ofHours(3)));
            assertThat(world.entries()).containsExactly("a: Completed/Pass");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "yes",
                "{}",
                "{\"id\": \"x\", \"at\": \"2026-01-01T00:00:00Z\", \"schedule\": \"h\", \"fires\": []}",
                "{\"id\": \"x\", \"at\": \"2026-01-01T00:00:00Z\", \"schedule\": \"h\", \"fires\": [\"2026-01-02T00:00:00Z\", \"2026-01-01T00:00:00Z\"]}",
                "{\"id\": \"x\", \"at\": \"2026-01-01T00:00:00Z\", \"schedule\": \"h\", \"fires\": {\"a\": 1}}",
            })
    void aRequestThatNobodyCanReadStartsNothing(String written) {
        try (EngineWorld world = world("");
                Cluster cluster = world.connect()) {
            world.edit(
                    "{'metadata': {'annotations': {'chaosrunner.io/backfill': '%s'}}}"
                            .formatted(written.replace("\"", "\\\"")));
            assertThat(restsAfter(world, cluster)).isTrue();
            assertThat(service.heard).anyMatch(line -> line.startsWith("request-unreadable"));
        }
    }

    @Test
    void thereIsAMost() {
        try (EngineWorld world = world("");
                Cluster cluster = world.connect()) {
            world.edit(
                    "{'metadata': {'annotations': {'chaosrunner.io/schedule': 'every: 1m\\nfrom: %s'}}}"
                            .formatted(FIRST)
                            .replace("\n", "\\n"));
            for (int i = 0; i < 3; i++) {
                service.step(world, cluster, "schedule/" + i);
            }

            assertThat(backfill(cluster, false))
                    .isInstanceOfSatisfying(
                            Outcome.Declined.class,
                            none ->
                                    assertThat(none.why())
                                            .contains(
                                                    "more than 100 fires",
                                                    "--until " + FIRST.plusSeconds(99 * 60)));
        }
    }

    // ---- Props --------------------------------------------------------------------------------

    /** The service was there, and the past fires are recorded as missed. */
    private EngineWorld world(String setting) {
        EngineWorld world =
                EngineWorld.start()
                        .engineWith(
                                "{'metadata': {'annotations': {'chaosrunner.io/schedule': '%s'}}, 'spec': {'engineState': 'stop'}, 'status': {'engineStatus': ''}}"
                                        .formatted(written(setting)),
                                "a");
        try (Cluster cluster = world.connect()) {
            service.step(world, cluster, "schedule/first");
        }
        assertThat(world.claim().fires().skipped().getFirst().count()).isEqualTo(3);
        return world;
    }

    private static String written(String setting) {
        return "every: 1h\\nfrom: %s\\n%s".formatted(FIRST, setting);
    }

    private static void schedule(EngineWorld world, String setting) {
        world.edit(
                "{'metadata': {'annotations': {'chaosrunner.io/schedule': '%s'}}}"
                        .formatted(written(setting)));
    }

    private static Backfilling backfilling(Cluster cluster) {
        return new Backfilling(cluster, Clock.systemUTC());
    }

    private static Outcome backfill(Cluster cluster, boolean dryRun) {
        return backfilling(cluster)
                .backfill(EngineWorld.ENGINE, FIRST, Instant.now(), "me", dryRun);
    }

    private void serve(EngineWorld world, Cluster cluster, int runs) {
        for (int i = 0; i < runs; i++) {
            service.step(world, cluster, "schedule/" + i);
        }
    }

    /** Tell whether nothing is done but to wait for the next fire. */
    private boolean restsAfter(EngineWorld world, Cluster cluster) {
        return service.step(world, cluster, "schedule/last")
                .filter(FIRST.plus(Duration.ofHours(3))::equals)
                .isPresent();
    }

    private static List<Instant> fires(EngineWorld world, Cluster cluster) {
        return RunHistory.of(cluster, world.engine()).runs().runs().stream()
                .filter(run -> run.number() > 0)
                .peek(run ->
                        assertThat(run.json().path("cause").path("kind").asString(""))
                                .isEqualTo("backfill"))
                .map(run -> Instant.parse(run.text("fire")))
                .toList();
    }
}
