package io.chaosrunner.scheduler;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.model.Fire;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.run.EngineRun;
import io.chaosrunner.run.RunRequest;
import io.chaosrunner.schedule.EngineSchedule;
import io.chaosrunner.testing.EngineWorld;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The alarms for the fires that end runs, where one run follows another. */
@Timeout(300)
class DirectRunTest {
    private static final Instant FROM =
            Instant.now().truncatedTo(ChronoUnit.SECONDS).minus(Duration.ofMinutes(30));

    private final Serving service = new Serving();
    private final Late alarms = new Late();

    @AfterEach
    void computeNothingMore() {
        service.close();
    }

    /** Alarms of which the one for a given time is set late. */
    private static final class Late implements Alarms {
        private record Alarm(Instant at, Runnable ring) {}

        private final Map<String, Alarm> set = new ConcurrentHashMap<>();
        private final CountDownLatch held = new CountDownLatch(1);
        private final CountDownLatch go = new CountDownLatch(1);
        private final CountDownLatch gone = new CountDownLatch(1);

        @Override
        public void set(String name, Instant at, Runnable ring) {
            boolean late = at.equals(hour(12));
            if (late) {
                held.countDown();
                await().atMost(Duration.ofMinutes(2)).until(() -> go.getCount() == 0);
            }
            set.put(name, new Alarm(at, ring));
            if (late) {
                gone.countDown();
            }
        }

        @Override
        public void cancel(String name) {
            set.remove(name);
        }

        @Override
        public void close() {}

        boolean isSetFor(Instant at) {
            return set.values().stream().anyMatch(alarm -> alarm.at().equals(at));
        }
    }

    /** Computes at once; trouble comes on a thread where a thrown error would be lost. */
    private static final class Carrier implements DirectRun.Carrier {
        private final List<String> troubles = new CopyOnWriteArrayList<>();

        @Override
        public <T> Optional<T> ask(Engine engine, Function<EngineSchedule, Optional<T>> question) {
            return EngineSchedule.of(engine).flatMap(question);
        }

        @Override
        public <T> T compute(Supplier<T> work) {
            return work.get();
        }

        @Override
        public void trouble(String what, Throwable why) {
            troubles.add(what + ": " + why);
        }
    }

    @Test
    void whatIsSetLateForARunThatIsOverTakesNothingFromTheNext() {
        try (EngineWorld world =
                        EngineWorld.start()
                                .engineWith(
                                        "{'metadata': {'annotations': {'chaosrunner.io/schedule': 'every: 1h\\nfrom: %s\\noverlap: replace\\n'}}}"
                                                .formatted(FROM),
                                        "a")
                                .script("a", "hang");
                Cluster cluster = world.connect()) {
            EngineSchedule schedule = EngineSchedule.of(world.engine()).orElseThrow();
            // By now no fire replaces anything.
            world.edit("{'metadata': {'annotations': {'chaosrunner.io/schedule': null}}}");
            Engine now = world.engine();
            var carrier = new Carrier();
            var direct =
                    new DirectRun(EngineWorld.ENGINE, () -> now, carrier, alarms, service.clock());

            EngineRun first = run(cluster);
            CompletableFuture<Void> over = carryOut(direct, first, schedule, hour(10));
            await().until(() -> alarms.isSetFor(hour(11)));
            alarms.set.values().forEach(alarm -> alarm.ring().run());
            await().until(() -> alarms.held.getCount() == 0);
            first.leave("it is enough");
            over.join();
            EngineRun second = run(cluster);
            CompletableFuture<Void> after = carryOut(direct, second, schedule, hour(20));
            await().until(() -> alarms.isSetFor(hour(21)));

            alarms.go.countDown();
            await().until(() -> alarms.gone.getCount() == 0);
            await().untilAsserted(() ->
                    assertThat(alarms.set.values())
                            .extracting(Late.Alarm::at)
                            .containsExactly(hour(21)));

            second.leave("it is enough");
            after.join();
            assertThat(alarms.set).isEmpty();
            assertThat(carrier.troubles).isEmpty();
        }
    }

    private static Instant hour(int number) {
        return FROM.plus(Duration.ofHours(number));
    }

    private static CompletableFuture<Void> carryOut(
            DirectRun direct, EngineRun run, EngineSchedule schedule, Instant fire) {
        return CompletableFuture.runAsync(
                () ->
                        requireNonNull(
                                direct.carryOut(
                                        DirectRun.Run.of(run),
                                        Optional.of(schedule),
                                        Optional.of(new Fire(fire, "fire")))),
                task -> Thread.ofVirtual().start(task));
    }

    private EngineRun run(Cluster cluster) {
        return new EngineRun(
                cluster,
                new RunRequest(
                        EngineWorld.ENGINE,
                        Caller.OPERATOR,
                        Optional.empty(),
                        Optional.empty(),
                        Map.of(),
                        "schedule/1"),
                StrategyCatalogue.onClassPath(),
                service.clock(),
                notice -> {});
    }
}
