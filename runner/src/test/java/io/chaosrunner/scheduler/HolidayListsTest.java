package io.chaosrunner.scheduler;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.FireLedger.Skipped;
import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.claim.Trigger;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Cluster.PatchType;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.control.Backfilling;
import io.chaosrunner.control.HolidayLists;
import io.chaosrunner.control.Triggering;
import io.chaosrunner.control.Triggering.Wish;
import io.chaosrunner.holidays.HolidayList;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.run.EngineRun;
import io.chaosrunner.run.RunRequest;
import io.chaosrunner.run.RunResult;
import io.chaosrunner.schedule.EngineSchedule;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.testing.EngineWorld;
import io.chaosrunner.testing.TamperedCluster;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Lists of holidays that schedules share, from the ConfigMap to the run that does not start. */
@Timeout(300)
class HolidayListsTest {
    /** The last fire was some minutes ago, and the next is most of an hour away. */
    private static final Instant FIRST =
            Instant.now().truncatedTo(ChronoUnit.SECONDS).minus(Duration.ofMinutes(121));

    private static final Instant FOURTH = FIRST.plus(Duration.ofHours(3));

    private static final String RUN_ONCE = "missed: runOnce\\n";

    private static final String REPLACE = RUN_ONCE + "overlap: replace\\n";

    private final Serving service = new Serving();

    @AfterEach
    void computeNothingMore() {
        service.close();
    }

    private volatile boolean broken;

    private final List<String> calls = new CopyOnWriteArrayList<>();

    @Test
    void aRunStartsOnADayThatIsNotListedAfterOneReadingOfTheList() {
        try (EngineWorld world = world(RUN_ONCE);
                Cluster cluster = counting(world.connect())) {
            store(cluster, "2000-01-01 Long ago");

            serve(world, cluster);

            assertThat(world.entries()).containsExactly("a: Completed/Pass");
            assertThat(calls.stream().filter("get office"::equals)).hasSize(1);
        }
    }

    @Test
    void whoHasNoListReadsNone() {
        try (EngineWorld world = world(RUN_ONCE, "");
                Cluster cluster = counting(world.connect())) {
            serve(world, cluster);

            assertThat(world.entries()).containsExactly("a: Completed/Pass");
            assertThat(calls).noneMatch(call -> call.endsWith(" office"));
        }
    }

    @Test
    void aFireOfAHolidayIsRecordedAsSkippedByTheNameOfTheDay() {
        try (EngineWorld world = world(RUN_ONCE);
                Cluster cluster = world.connect()) {
            store(cluster, days("Fête"));

            serve(world, cluster);

            assertThat(world.list(Resource.JOBS)).isEmpty();
            assertThat(world.claim().fires().skipped())
                    .extracting(Skipped::count, Skipped::reason)
                    .containsExactly(tuple(3L, "holiday: Fête (office)"));
        }
    }

    @Test
    void whileTheListIsMissingNothingStartsAndThenTheRunDoes() {
        try (EngineWorld world = world(RUN_ONCE);
                Cluster cluster = world.connect()) {
            ServiceSchedule driven = service.driven(world.engine(), cluster, "schedule/1");
            Optional<Instant> again = stepped(driven, world, 3);

            assertThat(again)
                    .hasValueSatisfying(at ->
                            assertThat(Duration.between(Instant.now(), at))
                                    .isBetween(Duration.ofSeconds(10), Duration.ofSeconds(31)));
            assertThat(world.list(Resource.JOBS)).isEmpty();
            assertThat(service.heard)
                    .filteredOn(line -> line.startsWith("holidays-unknown"))
                    .containsExactly(
                            "holidays-unknown holidays are not known: ConfigMap office: there is none in namespace n");
            assertThat(world.list(Resource.EVENTS).toString())
                    .contains("nothing is launched: holidays are not known");

            store(cluster, "2000-01-01");
            serve(world, cluster);
            assertThat(world.entries()).containsExactly("a: Completed/Pass");
        }
    }

    @Test
    void aFireIsSkippedWithTheReasonWhenTheListStaysDamagedUntilItIsMissed() {
        try (EngineWorld world = world("startingDeadline: 1s\\n" + RUN_ONCE);
                Cluster cluster = world.connect()) {
            store(cluster, "tomorrow");

            serve(world, cluster);

            assertThat(world.list(Resource.JOBS)).isEmpty();
            assertThat(world.claim().fires().skipped())
                    .extracting(Skipped::reason)
                    .containsOnly(
                            "holidays are not known: ConfigMap office: list: line 1: 'tomorrow' is not a dat…");
        }
    }

    @Test
    void whoMayNotReadTheListIsToldWhichRightIsMissing() {
        try (EngineWorld world = world(RUN_ONCE);
                Cluster cluster = failing(world.connect(), ClusterException.Kind.FORBIDDEN)) {
            serve(world, cluster);

            assertThat(world.list(Resource.JOBS)).isEmpty();
            assertThat(service.heard.toString())
                    .contains("this account may not get configmaps in namespace n");
        }
    }

    /** Between the decision and the claim pods of an earlier run may be waited for. */
    @Test
    void aDayThatIsListedBeforeTheClaimKeepsTheRunFromStarting() {
        try (EngineWorld world = world(RUN_ONCE);
                Cluster cluster = world.connect()) {
            store(cluster, "2000-01-01");
            EngineSchedule schedule = EngineSchedule.of(world.engine()).orElseThrow();
            Instant now = Instant.now();
            var fire = schedule.timetable().fire(FIRST);
            var lists = new HolidayLists(cluster, Clock.systemUTC());

            assertThat(
                            EngineSchedule.objection(
                                    world.engine(), Map.of(), fire, lists::knowing, now))
                    .isEmpty();
            replace(cluster, days("Fête"));
            assertThat(
                            EngineSchedule.objection(
                                    world.engine(),
                                    Map.of(),
                                    fire,
                                    new HolidayLists(cluster, Clock.systemUTC())::knowing,
                                    now))
                    .contains("holiday: Fête (office)");
        }
    }

    @Test
    void aListIsReadAgainAfterTwoSecondsAndParsedAgainOnlyIfItChanged() {
        try (EngineWorld world = world(RUN_ONCE);
                Cluster cluster = counting(world.connect())) {
            store(cluster, "2026-05-01");
            var now = new Instant[] {FIRST};
            var lists =
                    new HolidayLists(
                            cluster,
                            new Clock() {
                                @Override
                                public ZoneOffset getZone() {
                                    return ZoneOffset.UTC;
                                }

                                @Override
                                public Clock withZone(ZoneId zone) {
                                    return this;
                                }

                                @Override
                                public Instant instant() {
                                    return now[0];
                                }
                            });
            HolidayList first = read(lists);
            assertThat(read(lists)).isSameAs(first);
            assertThat(calls.stream().filter("get office"::equals)).hasSize(1);

            now[0] = FIRST.plusSeconds(2);
            assertThat(read(lists)).isSameAs(first);
            assertThat(calls.stream().filter("get office"::equals)).hasSize(2);

            replace(cluster, "2026-05-02");
            now[0] = FIRST.plusSeconds(1);
            assertThat(read(lists)).as("a clock that was put back").isNotEqualTo(first);
        }
    }

    @Test
    void listsThatNameTooManyDaysTogetherAreNotKnownAndSayWhy() {
        try (EngineWorld world = world(RUN_ONCE);
                Cluster cluster = world.connect()) {
            List<String> names = List.of("one", "three", "two");
            names.forEach(name -> cluster.create(Resource.CONFIG_MAPS, "n", list(name, 20_000)));
            Map<String, HolidayList> lists =
                    new HolidayLists(cluster, Clock.systemUTC()).read("n", names).lists();

            assertThat(lists.get("one")).isInstanceOf(HolidayList.Days.class);
            assertThat(lists.get("three")).isInstanceOf(HolidayList.Days.class);
            assertThat(lists.get("two"))
                    .isInstanceOfSatisfying(
                            HolidayList.Unknown.class,
                            unknown ->
                                    assertThat(unknown.why())
                                            .startsWith(
                                                    "ConfigMap two: the lists of this schedule name more than 50,000 days together"));
        }
    }

    @Test
    void ofLongListsOnlySomeAreRememberedAndShortOnesAreAll() {
        try (EngineWorld world = world(RUN_ONCE);
                Cluster cluster = counting(world.connect())) {
            var lists = new HolidayLists(cluster, service.clock());
            var first = new HashMap<String, HolidayList>();
            List<String> names = List.of("a", "b", "c", "d", "short", "e");
            for (String name : names) {
                cluster.create(
                        Resource.CONFIG_MAPS, "n", list(name, name.equals("short") ? 1 : 15_000));
                first.putAll(lists.read("n", List.of(name)).lists());
            }

            service.ahead = Duration.ofSeconds(3);
            for (String name : List.of("short", "e", "d", "c")) {
                assertThat(lists.read("n", List.of(name)).lists().get(name))
                        .isSameAs(first.get(name));
            }
            assertThat(lists.read("n", List.of("a")).lists().get("a"))
                    .isEqualTo(first.get("a"))
                    .isNotSameAs(first.get("a"));
        }
    }

    /** A list that takes long to parse. */
    private static final class LongList extends ObjectNode {
        private static final long serialVersionUID = 1L;
        private final transient CountDownLatch parsing = new CountDownLatch(1);
        private final transient CountDownLatch parsed = new CountDownLatch(1);

        LongList() {
            super(JsonNodeFactory.instance);
            setAll(list("2000-01-01"));
        }

        @Override
        public JsonNode path(String field) {
            if (field.equals("binaryData")) {
                parsing.countDown();
                await().atMost(Duration.ofMinutes(2)).until(() -> parsed.getCount() == 0);
            }
            return super.path(field);
        }
    }

    @Test
    void whileAListIsParsedOthersAreReadAllTheSame() {
        try (EngineWorld world = world(RUN_ONCE);
                Cluster cluster = world.connect()) {
            store(cluster, "2000-01-01");
            var slow = new LongList();
            var lists =
                    new HolidayLists(
                            TamperedCluster.of(
                                    cluster,
                                    (verb, resource, args, call) ->
                                            verb.equals("get") && "slow".equals(args[2])
                                                    ? Optional.of(slow)
                                                    : call.goOn()),
                            service.clock());
            var first =
                    CompletableFuture.supplyAsync(
                            () -> lists.read("m", List.of("slow")).lists(),
                            task -> Thread.ofVirtual().start(task));
            await().until(() -> slow.parsing.getCount() == 0);

            var other =
                    CompletableFuture.supplyAsync(
                            () -> read(lists), task -> Thread.ofVirtual().start(task));
            try {
                await().atMost(Duration.ofSeconds(30)).until(other::isDone);
            } finally {
                slow.parsed.countDown();
            }
            assertThat(other.join()).isInstanceOf(HolidayList.Days.class);
            assertThat(first.join().get("slow")).isInstanceOf(HolidayList.Days.class);
        }
    }

    private static ObjectNode list(String name, int days) {
        ObjectNode list =
                list(
                        IntStream.range(0, days)
                                .mapToObj(day -> LocalDate.EPOCH.plusDays(day).toString())
                                .collect(joining("\n")));
        list.withObject("metadata").put("name", name);
        return list;
    }

    @Test
    void aRequestOnAHolidayIsDeclinedByTheCommandAndByTheService() {
        try (EngineWorld world = world("");
                Cluster cluster = world.connect()) {
            store(cluster, days("Fête"));
            Wish wish = new Wish(Optional.of("r"), "me", "", false, Duration.ofSeconds(60));
            Triggering.Outcome declined = new Triggering.Outcome.Declined("holiday: Fête (office)");

            assertThat(triggering(cluster).trigger(EngineWorld.ENGINE, wish, true))
                    .isEqualTo(declined);

            // Whoever may not read the list asks, and the service answers.
            Cluster blind = failing(world.connect(), ClusterException.Kind.FORBIDDEN);
            var asked =
                    CompletableFuture.supplyAsync(
                            () -> triggering(blind).trigger(EngineWorld.ENGINE, wish, false));
            await().atMost(Duration.ofMinutes(1))
                    .until(() -> world.engine().annotation(Trigger.ANNOTATION).isPresent());
            serve(world, cluster);
            assertThat(asked.join()).isEqualTo(declined);
            assertThat(world.list(Resource.JOBS)).isEmpty();
        }
    }

    @Test
    void aBackfillLeavesOutFiresOfHolidaysAndIsRefusedWhereTheyAreNotKnown() {
        try (EngineWorld world = world("");
                Cluster cluster = world.connect()) {
            serve(world, cluster);
            var backfilling = new Backfilling(cluster, Clock.systemUTC());
            assertThat(backfilling.backfill(EngineWorld.ENGINE, FIRST, Instant.now(), "me", true))
                    .isInstanceOfSatisfying(
                            Backfilling.Outcome.Declined.class,
                            none ->
                                    assertThat(none.why())
                                            .startsWith(
                                                    "it is not known which fires were on holidays: ConfigMap office"));
            store(cluster, days("Fête"));
            assertThat(
                            new Backfilling(cluster, Clock.systemUTC())
                                    .backfill(EngineWorld.ENGINE, FIRST, Instant.now(), "me", true))
                    .isInstanceOfSatisfying(
                            Backfilling.Outcome.Declined.class,
                            none -> assertThat(none.why()).startsWith("no fire from"));
        }
    }

    @Test
    void aFireWhoseHolidaysAreNotKnownIsTriedAgainUntilItReplacesTheServicesRun() {
        try (EngineWorld world = world(REPLACE).script("a", "after=500s");
                Cluster cluster = world.connect()) {
            store(cluster, "2000-01-01");
            ServiceSchedule driven = service.driven(world.engine(), cluster, "schedule/1");
            // The fires before are recorded by a step of their own.
            replacedOnceTheListIsMended(world, cluster, () -> stepped(driven, world, 2));
        }
    }

    @Test
    void aFireWhoseHolidaysAreNotKnownIsTriedAgainUntilItReplacesThePodsRun() {
        try (EngineWorld world = world(REPLACE).script("a", "after=500s");
                Cluster cluster = world.connect()) {
            store(cluster, "2000-01-01");
            replacedOnceTheListIsMended(
                    world, cluster, onceInAPod(world, cluster, new ArrayList<>())::run);
        }
    }

    @Test
    void aBugMeetsOneRequestOrFireOnlyAndIsToldWhileTheRunGoesOn() {
        try (EngineWorld world = world(REPLACE).script("a", "after=500s");
                Cluster cluster = broken(world.connect())) {
            store(cluster, "2000-01-01");
            var told = new CopyOnWriteArrayList<RunNotice>();
            PodSchedule schedule = onceInAPod(world, cluster, told);
            CompletableFuture<Void> run = running(world, schedule::run);
            service.ahead = Duration.between(Instant.now(), FOURTH).plusSeconds(5);

            broken = true;
            var trigger =
                    new Trigger(
                            "t",
                            FOURTH,
                            FOURTH.plusSeconds(600),
                            world.claim().run().id(),
                            "me",
                            "",
                            false);
            ObjectNode patch = JsonMapper.shared().createObjectNode();
            patch.putObject("metadata")
                    .putObject("annotations")
                    .put(Trigger.ANNOTATION, trigger.text());
            cluster.patch(Resource.ENGINES, "n", "e", PatchType.MERGE, patch);
            await().until(() -> told.toString().contains("a request to run now does not end"));
            service.bells.ring();
            await().until(() ->
                    told.toString().contains("the fire of %s does not end".formatted(FOURTH)));
            assertThat(run).isNotDone();

            broken = false;
            service.bells.ring();
            run.join();
            assertThat(world.claim().ending()).isEqualTo("replaced");
        }
    }

    private CompletableFuture<Void> running(EngineWorld world, Runnable runs) {
        CompletableFuture<Void> run =
                CompletableFuture.runAsync(runs, task -> Thread.ofVirtual().start(task));
        await().atMost(Duration.ofSeconds(30))
                .until(() -> run.isDone() || world.entries().contains("a: Running/Awaited"));
        return run;
    }

    /** The runner in a pod of its own, which leaves after one run. */
    private PodSchedule onceInAPod(EngineWorld world, Cluster cluster, List<RunNotice> told) {
        world.edit("{'spec': {'engineState': 'active'}}");
        RunRequest request =
                new RunRequest(
                                EngineWorld.ENGINE,
                                Caller.PERSON,
                                Optional.empty(),
                                Optional.empty(),
                                Map.of(),
                                "p")
                        .seeing(world.engine());
        return new PodSchedule(
                cluster,
                request,
                Map.of(),
                one -> {
                    var run =
                            new EngineRun(
                                    cluster,
                                    one,
                                    StrategyCatalogue.onClassPath(),
                                    service.clock(),
                                    notice -> {});
                    return new DirectRun.Run() {
                        @Override
                        public RunResult run() {
                            run.run();
                            return new RunResult.Left("seen", false);
                        }

                        @Override
                        public void replace(String why) {
                            run.replace(why);
                        }

                        @Override
                        public void leave(String why) {
                            run.leave(why);
                        }
                    };
                },
                service.clock(),
                told::add,
                service.bells,
                PodSchedule.Pauses.USUAL);
    }

    private void replacedOnceTheListIsMended(EngineWorld world, Cluster cluster, Runnable runs) {
        CompletableFuture<Void> run = running(world, runs);
        service.ahead = Duration.between(Instant.now(), FOURTH).plusSeconds(5);

        replace(cluster, "tomorrow");
        service.bells.ring();
        await().until(service.bells::isSet);
        assertThat(service.bells.times().values())
                .singleElement()
                .satisfies(at ->
                        assertThat(Duration.between(FOURTH, at)).isLessThan(Duration.ofMinutes(5)));
        assertThat(run).isNotDone();
        assertThat(world.claim().state()).isEqualTo(Claim.State.RUNNING);

        replace(cluster, "2000-01-01");
        service.ahead = service.ahead.plusSeconds(65);
        service.bells.ring();
        run.join();
        assertThat(world.claim().ending()).isEqualTo("replaced");
        assertThat(world.claim().reason()).contains(FOURTH.toString());
    }

    private static HolidayList read(HolidayLists lists) {
        return Objects.requireNonNull(lists.read("n", List.of("office")).lists().get("office"));
    }

    private static Triggering triggering(Cluster cluster) {
        return new Triggering(cluster, Clock.systemUTC(), Duration.ofMillis(20), none -> {});
    }

    /** All days from the first fire to the day after. */
    private static String days(String name) {
        return IntStream.range(0, 4)
                .mapToObj(day ->
                        LocalDate.ofInstant(FIRST, ZoneOffset.UTC).plusDays(day) + " " + name)
                .collect(Collectors.joining("\n"));
    }

    private static ObjectNode list(String text) {
        var json = JsonMapper.shared().createObjectNode();
        json.put("apiVersion", "v1").put("kind", "ConfigMap");
        json.putObject("metadata").put("name", "office").put("namespace", "n");
        json.putObject("data").put("list", text);
        return json;
    }

    private static void store(Cluster cluster, String text) {
        cluster.create(Resource.CONFIG_MAPS, "n", list(text));
    }

    private static void replace(Cluster cluster, String text) {
        ObjectNode stored = cluster.get(Resource.CONFIG_MAPS, "n", "office").orElseThrow();
        stored.putObject("data").put("list", text);
        cluster.replace(Resource.CONFIG_MAPS, stored);
    }

    private void serve(EngineWorld world, Cluster cluster) {
        stepped(service.driven(world.engine(), cluster, "schedule/1"), world, 5);
    }

    private static Optional<Instant> stepped(ServiceSchedule driven, EngineWorld world, int most) {
        var at = new ArrayList<Optional<Instant>>();
        for (int i = 0; i < most; i++) {
            at.add(driven.step());
            driven.saw(world.engine());
        }
        return at.getLast();
    }

    private static EngineWorld world(String settings) {
        return world(settings, "holidays: office\\n");
    }

    private static EngineWorld world(String settings, String holidays) {
        return EngineWorld.start()
                .engineWith(
                        "{'metadata': {'annotations': {'chaosrunner.io/schedule': 'every: 1h\\nfrom: %s\\n%s%s'}}, 'spec': {'engineState': 'stop'}, 'status': {'engineStatus': ''}}"
                                .formatted(FIRST, settings, holidays),
                        "a");
    }

    private Cluster counting(Cluster cluster) {
        return intercepting(cluster, Optional::empty);
    }

    private Cluster failing(Cluster cluster, ClusterException.Kind kind) {
        return intercepting(cluster, () -> Optional.of(new ClusterException(kind, "refused")));
    }

    private Cluster broken(Cluster cluster) {
        return intercepting(
                cluster,
                () -> broken ? Optional.of(new IllegalStateException("a bug")) : Optional.empty());
    }

    private Cluster intercepting(Cluster cluster, Supplier<Optional<RuntimeException>> failure) {
        return (Cluster)
                Proxy.newProxyInstance(
                        Cluster.class.getClassLoader(),
                        new Class<?>[] {Cluster.class},
                        (proxy, method, arguments) -> {
                            if (method.getName().equals("get")) {
                                calls.add("get " + arguments[2]);
                                Optional<RuntimeException> why = failure.get();
                                if (why.isPresent() && arguments[2].equals("office")) {
                                    throw why.get();
                                }
                            }
                            try {
                                return method.invoke(cluster, arguments);
                            } catch (InvocationTargetException e) {
                                throw e.getCause();
                            }
                        });
    }
}
