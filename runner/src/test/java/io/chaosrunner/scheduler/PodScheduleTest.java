package io.chaosrunner.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.FireLedger.Skipped;
import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.claim.Tally;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Cluster.Following;
import io.chaosrunner.cluster.Cluster.Selection;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.resolve.RunnerEnvironment;
import io.chaosrunner.run.EngineRun;
import io.chaosrunner.run.RunRequest;
import io.chaosrunner.run.RunResult;
import io.chaosrunner.schedule.EngineSchedule;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.testing.EngineWorld;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Whole schedules against the sandbox, over HTTP, with Quartz keeping the time. */
@Execution(ExecutionMode.CONCURRENT)
class PodScheduleTest {
    private static final PodSchedule.Pauses IMPATIENT =
            new PodSchedule.Pauses(Duration.ofSeconds(2), Duration.ofSeconds(2));

    /** Looks at every state the engine ever had, and counts what became of each fire. */
    private static final class Ledger implements Cluster.Listener {
        final Map<Long, Instant> fires = new TreeMap<>();
        private final Map<Long, List<Skipped>> skipped = new LinkedHashMap<>();

        @Override
        public synchronized void present(ObjectNode object) {
            Claim.of(new Engine(object))
                    .ifPresent(claim -> {
                        long run = claim.run().number();
                        claim.fires().started().ifPresent(fire -> fires.put(run, fire.at()));
                        skipped.put(claim.isOfRun() ? run : 0, claim.fires().skipped());
                    });
        }

        @Override
        public void gone(ObjectNode object) {}

        @Override
        public void unavailable(ClusterException why) {}

        synchronized List<Skipped> skipped() {
            return skipped.values().stream().flatMap(List::stream).toList();
        }

        /**
         * Each fire of an interval from the first to the last that is settled is one or the other.
         */
        synchronized void isComplete(Duration interval, Instant created, Instant settled) {
            long settledFires = Duration.between(created, settled).dividedBy(interval) + 1;
            long skips = skipped().stream().mapToLong(Skipped::count).sum();
            assertThat(fires.values()).doesNotHaveDuplicates();
            assertThat(fires.size() + skips)
                    .as("runs %s and skips %s", fires, skipped())
                    .isEqualTo(settledFires);
        }
    }

    /** One process that follows the schedule of the engine. */
    private static final class Process implements AutoCloseable {
        final List<RunNotice> notices = new CopyOnWriteArrayList<>();
        private final Cluster cluster;
        private final QuartzAlarms alarms = new QuartzAlarms();
        private final PodSchedule runs;
        private final CompletableFuture<PodSchedule.End> end = new CompletableFuture<>();

        Process(EngineWorld world) {
            this(world, world.connect());
        }

        Process(EngineWorld world, Cluster cluster) {
            this(world, cluster, PodSchedule.Pauses.USUAL);
        }

        Process(EngineWorld world, Cluster cluster, PodSchedule.Pauses pauses) {
            this.cluster = cluster;
            runs =
                    new PodSchedule(
                            cluster,
                            request(world, "p" + System.identityHashCode(this)),
                            Map.of(),
                            one ->
                                    DirectRun.Run.of(
                                            new EngineRun(
                                                    cluster,
                                                    one,
                                                    StrategyCatalogue.onClassPath(),
                                                    Clock.systemUTC(),
                                                    notices::add)),
                            Clock.systemUTC(),
                            notices::add,
                            alarms,
                            pauses);
            Thread.ofVirtual()
                    .start(() -> {
                        try {
                            end.complete(runs.run());
                        } catch (RuntimeException | Error e) {
                            end.completeExceptionally(e);
                        }
                    });
        }

        PodSchedule.End end() {
            return end.orTimeout(2, TimeUnit.MINUTES).join();
        }

        boolean told(String words) {
            return notices.stream().anyMatch(notice -> notice.toString().contains(words));
        }

        @Override
        public void close() {
            runs.leave("the test is over");
            alarms.close();
            cluster.close();
        }
    }

    private static RunRequest request(EngineWorld world, String process) {
        Engine engine = world.engine();
        return new RunRequest(
                        EngineWorld.ENGINE,
                        Caller.OPERATOR,
                        Optional.empty(),
                        Optional.of(RunnerEnvironment.of(engine)),
                        Map.of(),
                        process)
                .seeing(engine);
    }

    private static EngineWorld world(String schedule) {
        return EngineWorld.start()
                .engineWith(
                        "{'metadata': {'annotations': {'chaosrunner.io/schedule': '%s'}}, 'spec': {'jobCleanUpPolicy': 'delete'}}"
                                .formatted(schedule),
                        "a");
    }

    private static Ledger ledger(EngineWorld world, Cluster onlooker) {
        var ledger = new Ledger();
        Following following =
                onlooker.follow(
                        Resource.ENGINES,
                        "n",
                        new Selection.Named("e"),
                        Duration.ofSeconds(1),
                        ledger);
        assertThat(following).isNotNull();
        return ledger;
    }

    private static void until(BooleanSupplier condition) {
        await().atMost(Duration.ofMinutes(2))
                .pollInterval(Duration.ofMillis(20))
                .until(condition::getAsBoolean);
    }

    private static Instant settled(EngineWorld world) {
        return world.claim().fires().settled().orElseThrow().at();
    }

    @Test
    void eachFireIsARunOfTheSameEngineUntilAllRunsAreDone() {
        try (EngineWorld world = world("{every: 2s, maxRuns: 3}");
                Cluster onlooker = world.connect();
                Process process = new Process(world)) {
            Ledger ledger = ledger(world, onlooker);
            PodSchedule.End end = process.end();

            assertThat(end.over()).contains("maxRuns: 3 runs were started");
            assertThat(end.result()).isInstanceOf(RunResult.AlreadyFinished.class);
            assertThat(world.entries()).containsExactly("a: Completed/Pass");
            assertThat(world.claim().run().number()).isEqualTo(3);
            assertThat(world.claim().runEnd().orElseThrow())
                    .isAfterOrEqualTo(world.claim().log().getLast().start());
            until(() -> ledger.fires.size() == 3);
            ledger.isComplete(Duration.ofSeconds(2), world.engine().created(), settled(world));
        }
    }

    @Test
    void entriesAreResetForEachRun() {
        try (EngineWorld world =
                        world("{every: 2s, maxRuns: 2}")
                                .script("a", "verdict=Fail then verdict=Pass");
                Process process = new Process(world)) {
            until(() -> world.entries().equals(List.of("a: Completed/Fail")));
            until(() -> !world.entries().equals(List.of("a: Completed/Fail")));
            process.end();
            assertThat(world.entries()).containsExactly("a: Completed/Pass");
        }
    }

    @Test
    void aProcessThatDiesIsFollowedByOneThatNeitherRepeatsNorLoses() {
        try (EngineWorld world = world("{every: 2s, maxRuns: 6}");
                Cluster onlooker = world.connect()) {
            Ledger ledger = ledger(world, onlooker);
            int processes = 0;
            Optional<String> over = Optional.empty();
            while (over.isEmpty() && processes < 40) {
                processes++;
                try (Process process = new Process(world)) {
                    long before = world.requests().size();
                    int more = 12 + 7 * processes;
                    until(() -> process.end.isDone() || world.requests().size() > before + more);
                    process.runs.leave("killed");
                    over = process.end().over();
                }
            }
            assertThat(over).contains("maxRuns: 6 runs were started");
            assertThat(processes).isGreaterThan(2);
            assertThat(world.claim().run().number()).isEqualTo(6);
            ledger.isComplete(Duration.ofSeconds(2), world.engine().created(), settled(world));
        }
    }

    @Test
    void aFireDuringARunIsRecordedAsSkipped() {
        try (EngineWorld world = world("{every: 1s, maxRuns: 2}").script("a", "after=150s");
                Cluster onlooker = world.connect();
                Process process = new Process(world)) {
            Ledger ledger = ledger(world, onlooker);
            process.end();
            assertThat(ledger.skipped())
                    .anyMatch(s -> s.reason().equals("run 1 was still going on"));
            ledger.isComplete(Duration.ofSeconds(1), world.engine().created(), settled(world));
        }
    }

    @Test
    void aFireReplacesTheRunThatIsGoingOn() {
        try (EngineWorld world =
                        world("{every: 5s, maxRuns: 2, overlap: replace}")
                                .script("a", "after=500s");
                Process process = new Process(world)) {
            process.end();
            assertThat(world.claim().run().number()).isEqualTo(2);
            assertThat(world.entries()).containsExactly("a: Completed/Pass");
            assertThat(process.told("replaced by the fire of")).isTrue();
        }
    }

    @Test
    void aScheduleIsSuspendedAndGoesOnWhileTheProcessLives() {
        try (EngineWorld world = world("{every: 2s, suspend: true}");
                Cluster onlooker = world.connect();
                Process process = new Process(world)) {
            Ledger ledger = ledger(world, onlooker);
            until(() -> process.told("start no run: suspended"));
            assertThat(world.claim().isOfRun()).isFalse();
            world.edit(
                    "{'metadata': {'annotations': {'chaosrunner.io/schedule': '{every: 2s, maxRuns: 1}'}}}");
            assertThat(process.end().over()).contains("maxRuns: 1 runs were started");
            assertThat(ledger.skipped()).allMatch(s -> s.reason().equals("suspended"));
            ledger.isComplete(Duration.ofSeconds(2), world.engine().created(), settled(world));
        }
    }

    @Test
    void onAHolidayAndWhileItsListIsMissingNothingStartsAndThenTheScheduleGoesOn() {
        try (EngineWorld world = world("{every: 2s, maxRuns: 1, holidays: office}");
                Cluster onlooker = world.connect();
                Process process = new Process(world, world.connect(), IMPATIENT)) {
            Ledger ledger = ledger(world, onlooker);
            until(() ->
                    process.told("nothing is launched: holidays are not known: ConfigMap office"));
            until(() -> process.told("start no run: holidays are not known"));
            assertThat(world.claim().isOfRun()).isFalse();

            ObjectNode list = JsonMapper.shared().createObjectNode();
            list.put("apiVersion", "v1").put("kind", "ConfigMap");
            list.putObject("metadata").put("name", "office").put("namespace", "n");
            LocalDate today = LocalDate.ofInstant(Instant.now(), ZoneOffset.UTC);
            list.putObject("data").put("days", "%s\n%s".formatted(today, today.plusDays(1)));
            onlooker.create(Resource.CONFIG_MAPS, "n", list);
            until(() -> process.told("start no run: holiday: "));
            assertThat(world.claim().isOfRun()).isFalse();

            ObjectNode stored = onlooker.get(Resource.CONFIG_MAPS, "n", "office").orElseThrow();
            stored.putObject("data").put("days", "2000-01-01");
            onlooker.replace(Resource.CONFIG_MAPS, stored);
            assertThat(process.end().over()).contains("maxRuns: 1 runs were started");
            ledger.isComplete(Duration.ofSeconds(2), world.engine().created(), settled(world));
        }
    }

    @Test
    void aScheduleThatAHumanSuspendedWaitsForOne() {
        try (EngineWorld world = world("{every: 2s, maxRuns: 1}")) {
            world.edit("{'metadata': {'annotations': {'chaosrunner.io/suspended': 'by me'}}}");
            try (Process process = new Process(world)) {
                until(() -> process.told("start no run: suspended"));
                assertThat(world.claim().isOfRun()).isFalse();
                world.edit("{'metadata': {'annotations': {'chaosrunner.io/suspended': null}}}");
                assertThat(process.end().over()).contains("maxRuns: 1 runs were started");
            }
            assertThat(world.claim().run().number()).isEqualTo(1);
        }
    }

    @Test
    void anEditedScheduleCountsFromWhenItWasSeen() {
        try (EngineWorld world = world("{every: 1h}");
                Process process = new Process(world)) {
            until(() -> process.told("next run for the fire of"));
            world.edit(
                    "{'metadata': {'annotations': {'chaosrunner.io/schedule': '{every: 1s, maxRuns: 1}'}}}");
            assertThat(process.end().over()).contains("maxRuns: 1 runs were started");
            assertThat(world.claim().run().number()).isEqualTo(2);
            assertThat(world.claim().fires().skipped()).isEmpty();
        }
    }

    @Test
    void aBadScheduleLaunchesNothingAndSaysWhy() {
        try (EngineWorld world = world("{evry: 2s}");
                Process process = new Process(world)) {
            assertThat(process.end().result()).isInstanceOf(RunResult.Misconfigured.class);
            assertThat(world.entries()).containsExactly("a: Skipped/Fail");
            assertThat(world.message("ChaosRunFailed")).contains("did you mean 'every'?");
            assertThat(world.names(Resource.JOBS)).isEmpty();
        }
    }

    @Test
    void aScheduleThatIsSpoiltCanBeMended() {
        try (EngineWorld world = world("{every: 1h}");
                Process process = new Process(world)) {
            until(() -> process.told("next run for the fire of"));
            world.edit(
                    "{'metadata': {'annotations': {'chaosrunner.io/schedule': '{every: soon}'}}}");
            until(() -> process.told("nothing is launched: schedule.every"));
            until(() -> world.message("ChaosRunFailed").contains("schedule.every"));
            world.edit(
                    "{'metadata': {'annotations': {'chaosrunner.io/schedule': '{every: 1h, maxRuns: 1}'}}}");
            assertThat(process.end().over()).contains("maxRuns: 1 runs were started");
        }
    }

    @Test
    void aScheduleStopsWhenARunFails() {
        try (EngineWorld world =
                        world("{every: 1s, stopWhen: failed}")
                                .script("a", "verdict=Pass then verdict=Fail");
                Process process = new Process(world)) {
            assertThat(process.end().over()).contains("stopWhen: run 2 failed");
        }
    }

    @Test
    void aScheduleStopsWhenSoManyRunsInARowFailAndSaysSo() {
        try (EngineWorld world =
                        world("{every: 1s, stopWhen: {failed: 2}}")
                                .script(
                                        "a",
                                        "verdict=Fail then verdict=Pass then verdict=Fail then verdict=Fail");
                Process process = new Process(world)) {
            assertThat(process.end().over())
                    .contains("stopWhen: 2 runs in a row failed, run 4 last");
            assertThat(world.claim().fires().tally()).isEqualTo(new Tally(2, 1, 1, 0));
            assertThat(world.claim().fires().over())
                    .isEqualTo("stopWhen: 2 runs in a row failed, run 4 last");
            assertThat(world.message("ChaosScheduleEnded")).contains("run 4 last");
        }
    }

    @Test
    void aRunThatFailsSuspendsTheScheduleUntilAPersonLetsItGoOn() {
        try (EngineWorld world =
                        world("{every: 1s, pauseOnFailure: true, maxRuns: 2}")
                                .script("a", "verdict=Fail then verdict=Pass");
                Process process = new Process(world)) {
            until(() -> world.engine().annotation(EngineSchedule.SUSPENDED).isPresent());
            assertThat(world.engine().annotation(EngineSchedule.SUSPENDED))
                    .contains(
                            "run 1 failed (pauseOnFailure). Remove this annotation to let the schedule go on.");
            until(() -> {
                var skipped = world.claim().fires().skipped();
                return !skipped.isEmpty() && skipped.getLast().suspended();
            });
            assertThat(world.message("ChaosScheduleSuspended")).contains("run 1 failed");
            assertThat(world.claim().run().number()).isEqualTo(1);

            world.edit("{'metadata': {'annotations': {'chaosrunner.io/suspended': null}}}");
            assertThat(process.end().over()).contains("maxRuns: 2 runs were started");
            assertThat(world.entries()).containsExactly("a: Completed/Pass");
        }
    }

    @Test
    void stopBetweenTwoRunsWaitsForTheOperator() {
        try (EngineWorld world = world("{every: 1h}");
                Process process = new Process(world)) {
            until(() -> process.told("next run for the fire of"));
            world.edit("{'spec': {'engineState': 'stop'}}");
            until(() -> process.told("the operator ends this schedule"));
            assertThat(process.end.isDone()).isFalse();
            process.runs.leave("terminated");
            assertThat(process.end().result())
                    .isEqualTo(new RunResult.Left("the operator ends this schedule", true));
        }
    }

    @Test
    void aDeletedEngineEndsTheSchedule() {
        try (EngineWorld world = world("{every: 1h}");
                Process process = new Process(world)) {
            until(() -> process.told("next run for the fire of"));
            world.delete(Resource.ENGINES, "e");
            assertThat(process.end().result())
                    .isEqualTo(new RunResult.Left("the engine was deleted", false));
        }
    }

    @Test
    void anEngineThatTheOperatorStartsAgainAmidItsScheduleCountsFromNought() {
        // Long enough that the first run is over before the second is due, also where all is slow.
        try (EngineWorld world = world("{every: 10s, maxRuns: 2}")) {
            try (Process process = new Process(world)) {
                until(() -> process.told("next run for the fire of") && world.claim().isOfRun());
                process.runs.leave("terminated");
                process.end();
            }
            long before = world.claim().run().number();
            world.edit("{'status': {'experiments': null}}");
            try (Process process = new Process(world)) {
                assertThat(process.end().over()).contains("maxRuns: 2 runs were started");
            }
            assertThat(world.claim().run().number()).isEqualTo(before + 2);
        }
    }

    @Test
    void anEngineThatIsToRunNowRunsAgainOnlyIfItIsNotSuspended() {
        try (EngineWorld world = world("{now: true}")) {
            for (int run = 1; run <= 2; run++) {
                try (Process process = new Process(world)) {
                    assertThat(process.end().over()).contains("no fire is left");
                }
                assertThat(world.claim().run().number()).isEqualTo(run);
                world.edit("{'status': {'experiments': null}}");
            }
            world.edit("{'metadata': {'annotations': {'chaosrunner.io/suspended': 'by me'}}}");
            try (Process process = new Process(world)) {
                assertThat(process.end().over()).contains("no fire is left");
            }
            assertThat(world.claim().run().number()).isEqualTo(2);
        }
    }

    @Test
    void anEngineThatWasSuspendedWhenItWasToRunRunsWhenItIsStartedOnceMore() {
        try (EngineWorld world = world("{now: true, suspend: true}")) {
            try (Process process = new Process(world)) {
                assertThat(process.end().over()).contains("no fire is left");
            }
            assertThat(world.claim().isOfRun()).isFalse();
            world.edit("{'metadata': {'annotations': {'chaosrunner.io/schedule': '{now: true}'}}}");
            try (Process process = new Process(world)) {
                process.end();
            }
            assertThat(world.claim().run().number()).isEqualTo(1);
            assertThat(world.entries()).containsExactly("a: Completed/Pass");
        }
    }

    @Test
    void aRunThatWaitsUntilItCanBeginOutlastsTheFiresThatWouldReplaceIt() {
        try (EngineWorld world = world("{every: 3s, maxRuns: 3, overlap: replace}");
                Cluster cluster = world.connect();
                QuartzAlarms alarms = new QuartzAlarms()) {
            var told = new CopyOnWriteArrayList<String>();
            var begun = new AtomicInteger();
            var schedule =
                    new PodSchedule(
                            cluster,
                            request(world, "p"),
                            Map.of(),
                            asked -> {
                                var run =
                                        new EngineRun(
                                                cluster,
                                                asked,
                                                StrategyCatalogue.onClassPath(),
                                                Clock.systemUTC(),
                                                notice -> {});
                                return begun.incrementAndGet() == 2
                                        ? new WaitingRun(run, told)
                                        : DirectRun.Run.of(run);
                            },
                            Clock.systemUTC(),
                            notice -> {},
                            alarms,
                            PodSchedule.Pauses.USUAL);

            assertThat(schedule.run().over()).contains("maxRuns: 3 runs were started");
            assertThat(told)
                    .hasSize(2)
                    .allMatch(why -> why.startsWith("replaced by the fire of"))
                    .doesNotHaveDuplicates();
            assertThat(world.claim().run().number()).isEqualTo(3);
            assertThat(world.entries()).containsExactly("a: Completed/Pass");
        }
    }

    /** Begins when two fires have gone by, as one does that waits for pods which are slow to go. */
    private static final class WaitingRun implements DirectRun.Run {
        private final EngineRun run;
        private final List<String> told;
        private final CompletableFuture<Void> begin = new CompletableFuture<>();

        WaitingRun(EngineRun run, List<String> told) {
            this.run = run;
            this.told = told;
        }

        @Override
        public RunResult run() {
            begin.orTimeout(2, TimeUnit.MINUTES).join();
            return run.run();
        }

        @Override
        public void replace(String why) {
            if (told.size() < 2) {
                told.add(why);
            }
            if (told.size() == 2) {
                begin.complete(null);
            }
        }

        @Override
        public void leave(String why) {
            run.leave(why);
        }
    }

    @Test
    void anEngineThatTheOperatorStartsAgainBeginsItsScheduleAnew() {
        try (EngineWorld world = world("{every: 1s, maxRuns: 2}")) {
            try (Process process = new Process(world)) {
                process.end();
            }
            world.edit("{'status': {'experiments': null}}");
            try (Process process = new Process(world)) {
                assertThat(process.end().over()).contains("maxRuns: 2 runs were started");
            }
            assertThat(world.claim().run().number()).isEqualTo(4);
        }
    }
}
