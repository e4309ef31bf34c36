package io.chaosrunner.systemtests;

import static org.awaitility.Awaitility.await;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.schedule.ScheduleSpec;
import io.chaosrunner.schedule.Timetable;
import io.chaosrunner.scheduler.QuartzAlarms;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
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
            print("start", starts);
            print("seen", arrivals);
        }
    }

    private static void print(String what, Map<String, Long> millis) {
        List<Long> sorted = millis.values().stream().sorted().toList();
        System.out.printf(
                "%d schedules, %d fires: fire to %s p50 %d ms, p99 %d ms, most %d ms%n",
                SCHEDULES,
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
