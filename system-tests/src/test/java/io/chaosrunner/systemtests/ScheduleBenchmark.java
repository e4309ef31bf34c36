package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.schedule.ScheduleSpec;
import io.chaosrunner.schedule.Timetable;
import io.chaosrunner.scheduler.QuartzAlarms;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Measure the scheduling service on the real API server. Prints figures and asserts none of them.
 *
 * <p>Not part of the tests: run it by {@code -Dtest=ScheduleBenchmark} on a machine that does
 * nothing else.
 */
@NeedsControlPlane
class ScheduleBenchmark {
    private static final int SCHEDULES = Integer.getInteger("chaosrunner.bench.schedules", 500);
    private static final int TRIGGERS = Integer.getInteger("chaosrunner.bench.triggers", 10_000);
    private static final Duration EVERY = Duration.ofMinutes(2);
    private static final int FIRES = 2;
    private static final Duration LIMIT = EVERY.multipliedBy(FIRES + 2);
    private static final int TAKEOVERS = 5;

    /** Leaves out the larger of the runs by the minute. */
    private static final int MOST_EACH_MINUTE = Integer.getInteger("chaosrunner.bench.most", 50);

    private static final Duration BEFORE_FIRST = Duration.ofSeconds(50);
    private static final Duration SETTLE = Duration.ofSeconds(5);
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Duration SAMPLE = Duration.ofMillis(500);

    private final ControlPlane controlPlane;

    ScheduleBenchmark(ControlPlane controlPlane) {
        this.controlPlane = controlPlane;
    }

    /** From the scheduled instant to the start that the claim records, and to its arrival here. */
    @Test
    void manySchedulesFire() {
        try (var stage = new ServiceStage(controlPlane)) {
            Map<String, Long> starts = new ConcurrentHashMap<>();
            Map<String, Long> arrivals = new ConcurrentHashMap<>();
            try (var informer =
                    Litmus.engines(stage.namespace.admin(), stage.namespace.name())
                            .all()
                            .inform(new Onlooker(stage, starts, arrivals))) {
                IntStream.range(0, SCHEDULES)
                        .parallel()
                        .forEach(i ->
                                stage.engine(
                                        "engine-" + i,
                                        "{every: %ds, from: '%s'}"
                                                .formatted(
                                                        EVERY.toSeconds(),
                                                        Instant.now()
                                                                .plusMillis(
                                                                        60_000
                                                                                + i
                                                                                        * EVERY
                                                                                                .toMillis()
                                                                                        / SCHEDULES)),
                                        "after=1s"));
                stage.service();
                await().atMost(LIMIT).until(() -> arrivals.size() >= SCHEDULES * FIRES);
                informer.stop();
            }
            print(SCHEDULES, "start", starts);
            print(SCHEDULES, "seen", arrivals);
        }
    }

    /** What each fire costs the API server, and what it costs that nothing fires. */
    @ParameterizedTest
    @ValueSource(ints = {20, 50})
    void manyFireEachMinute(int schedules) throws Exception {
        assumeThat(schedules).isLessThanOrEqualTo(MOST_EACH_MINUTE);
        try (ControlPlane audited = ControlPlane.startAudited();
                var stage = new ServiceStage(audited)) {
            Map<String, Instant> pods = new ConcurrentHashMap<>();
            try (var informer =
                    stage.namespace
                            .admin()
                            .pods()
                            .inNamespace(stage.namespace.name())
                            .inform(new PodOnlooker(pods))) {
                Instant first = Instant.now().plus(BEFORE_FIRST).truncatedTo(ChronoUnit.SECONDS);
                IntStream.range(0, schedules)
                        .forEach(i ->
                                stage.engine(
                                        "engine-" + i,
                                        "{every: 60s, from: '%s'}".formatted(first),
                                        "after=1s"));
                ServiceProcess service = stage.service();
                stage.eventually(service::leads);
                Instant idle = Instant.now().plus(SETTLE);
                long[] most = service.size();
                Instant last = first.plus(MINUTE.multipliedBy(FIRES)).minusSeconds(2);
                await().pollInterval(SAMPLE)
                        .atMost(Duration.between(Instant.now(), last).plus(MINUTE))
                        .until(() -> {
                            long[] now = service.size();
                            most[0] = Math.max(most[0], now[0]);
                            most[1] = Math.max(most[1], now[1]);
                            return !Instant.now().isBefore(last);
                        });
                informer.stop();
                var log = new AuditLog(audited, stage.namespace);
                Instant end = first.minusSeconds(1);
                Map<String, Integer> idly = log.calls(each -> isWithin(idle, end, each));
                Map<String, Integer> firing = log.calls(each -> !each.received().isBefore(end));
                Map<String, Long> delays = new TreeMap<>();
                pods.forEach((pod, at) ->
                        delays.put(
                                pod, Duration.between(first, at).toMillis() % MINUTE.toMillis()));
                print(schedules, "pod created", delays);
                double minutes = Duration.between(idle, end).toMillis() / 60_000.0;
                System.out.printf(
                        "  idle: %.1f calls a minute %s%n  %.1f calls a fire %s%n  most watches at once %s; most threads %d, %d MB resident%n  %s%n",
                        sum(idly) / minutes,
                        idly,
                        (sum(firing) - sum(idly) / minutes * FIRES) / pods.size(),
                        firing,
                        log.mostWatches(),
                        most[0],
                        most[1],
                        service.output()
                                .lines()
                                .filter(line ->
                                        line.contains("leads-no-more") || line.contains("streams"))
                                .toList());
            }
        }
    }

    private static boolean isWithin(Instant begin, Instant end, AuditLog.Request request) {
        return !request.received().isBefore(begin) && request.received().isBefore(end);
    }

    private static int sum(Map<String, Integer> calls) {
        return calls.values().stream().mapToInt(Integer::intValue).sum();
    }

    private record PodOnlooker(Map<String, Instant> seen) implements ResourceEventHandler<Pod> {
        @Override
        public void onAdd(Pod pod) {
            seen.putIfAbsent(pod.getMetadata().getName(), Instant.now());
        }

        @Override
        public void onUpdate(Pod before, Pod now) {}

        @Override
        public void onDelete(Pod pod, boolean unknown) {}
    }

    private static void print(int schedules, String what, Map<String, Long> millis) {
        List<Long> sorted = millis.values().stream().sorted().toList();
        System.out.printf(
                "%d schedules, %d fires: fire to %s p50 %d ms, p99 %d ms, most %d ms%n",
                schedules,
                sorted.size(),
                what,
                sorted.get(sorted.size() / 2),
                sorted.get((int) Math.ceil(sorted.size() * 0.99) - 1),
                sorted.getLast());
    }

    @Test
    void manyTriggersAreLoaded() throws InterruptedException {
        long before = usedKiB();
        long began = System.nanoTime();
        var rung = new CountDownLatch(1);
        Instant anchor = Instant.now();
        try (var alarms = new QuartzAlarms()) {
            for (int i = 0; i < TRIGGERS; i++) {
                ScheduleSpec spec =
                        ScheduleSpec.of(
                                        Optional.of("cron: '%d 3 * * *'".formatted(i % 60)),
                                        Map.of(),
                                        anchor)
                                .orElseThrow();
                Timetable timetable = Timetable.of(spec, anchor, i);
                alarms.set("engine " + i, timetable.next(anchor).orElseThrow(), () -> {});
            }
            alarms.set("now", Instant.now(), rung::countDown);
            rung.await();
            Duration took = Duration.ofNanos(System.nanoTime() - began);
            System.out.printf(
                    "%d schedules read and set in %d ms, until the first alarm rang; %d KiB%n",
                    TRIGGERS, took.toMillis(), usedKiB() - before);
        }
    }

    @Test
    void aLeaderIsKilled() {
        for (int i = 0; i < TAKEOVERS; i++) {
            try (var stage = new ServiceStage(controlPlane)) {
                ServiceProcess first = stage.service();
                stage.eventually(first::leads);
                ServiceProcess second = stage.service();
                stage.eventually(() -> second.output().contains("event=standing-by"));
                long killed = System.nanoTime();
                first.kill();
                stage.eventually(second::leads);
                System.out.printf(
                        "killed: the stand-by leads after %d ms%n",
                        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - killed));
                ServiceProcess third = stage.service();
                stage.eventually(() -> third.output().contains("event=standing-by"));
                long ended = System.nanoTime();
                second.end();
                stage.eventually(third::leads);
                System.out.printf(
                        "asked to end: the stand-by leads after %d ms%n",
                        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - ended));
            }
        }
    }

    private static long usedKiB() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return (runtime.totalMemory() - runtime.freeMemory()) / 1024;
    }

    private record Onlooker(
            ServiceStage stage, Map<String, Long> starts, Map<String, Long> arrivals)
            implements ResourceEventHandler<GenericKubernetesResource> {
        @Override
        public void onAdd(GenericKubernetesResource object) {
            Instant now = Instant.now();
            String json = stage.namespace.admin().getKubernetesSerialization().asJson(object);
            Claim.of(new Engine((ObjectNode) JsonMapper.shared().readTree(json)))
                    .filter(Claim::isOfRun)
                    .ifPresent(claim ->
                            claim.fires()
                                    .started()
                                    .ifPresent(fire -> {
                                        starts.put(
                                                claim.run().id(),
                                                Duration.between(fire.at(), claim.runStart())
                                                        .toMillis());
                                        arrivals.putIfAbsent(
                                                claim.run().id(),
                                                Duration.between(fire.at(), now).toMillis());
                                    }));
        }

        @Override
        public void onUpdate(GenericKubernetesResource before, GenericKubernetesResource now) {
            onAdd(now);
        }

        @Override
        public void onDelete(GenericKubernetesResource object, boolean unknown) {}
    }
}
