package io.chaosrunner.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class QuartzAlarmsTest {
    private static final Instant LATER = Instant.parse("2099-01-01T00:00:00Z");

    private final List<String> failures = new CopyOnWriteArrayList<>();
    private final QuartzAlarms alarms = new QuartzAlarms(failures::add);

    @AfterEach
    void keepTheTimeNoMore() {
        alarms.close();
        assertThat(failures).isEmpty();
    }

    /** Where a lane ends its turn as its own next time comes, and many do. */
    @Test
    void alarmsAreSetAndCancelledJustAsTheOnesBeforeThemRing() throws InterruptedException {
        var lanes = new ArrayList<Thread>();
        for (int lane = 0; lane < 40; lane++) {
            String name = "lane " + lane;
            var random = new Random(lane);
            lanes.add(
                    Thread.ofVirtual()
                            .start(() -> {
                                try {
                                    for (int i = 0; i < 1_500; i++) {
                                        var rings = new Semaphore(0);
                                        Instant soon =
                                                Instant.now().plusMillis(random.nextInt(-2, 6));
                                        alarms.set(name, soon, rings::release);
                                        if (random.nextInt(4) == 0) {
                                            alarms.cancel(name);
                                        } else {
                                            rings.tryAcquire(
                                                    random.nextInt(6), TimeUnit.MILLISECONDS);
                                        }
                                    }
                                    var last = new CountDownLatch(1);
                                    alarms.set(name, Instant.now(), last::countDown);
                                    last.await();
                                } catch (RuntimeException | InterruptedException e) {
                                    failures.add(String.valueOf(e));
                                }
                            }));
        }
        for (Thread lane : lanes) {
            lane.join();
        }
        assertThat(failures).isEmpty();
    }

    @Test
    void anAlarmIsReplacedWhileItRings() throws InterruptedException {
        var rings = new CountDownLatch(1);
        var replaced = new CountDownLatch(1);
        var rung = new CountDownLatch(1);
        alarms.set(
                "a",
                Instant.EPOCH,
                () -> {
                    rings.countDown();
                    await().until(() -> replaced.getCount() == 0);
                });
        rings.await();
        alarms.set("a", Instant.now(), rung::countDown);
        replaced.countDown();
        rung.await();
    }

    @Test
    void theLastAlarmOfEachNameRingsOnce() {
        Set<String> rung = ConcurrentHashMap.newKeySet();
        var twice = new AtomicInteger();
        for (int i = 0; i < 200; i++) {
            String name = "alarm " + i;
            alarms.set(name, LATER, () -> failures.add(name + " was replaced"));
            alarms.set(
                    name,
                    Instant.EPOCH,
                    () -> {
                        if (!rung.add(name)) {
                            twice.incrementAndGet();
                        }
                    });
        }
        await().until(() -> rung.size() == 200);
        assertThat(twice).hasValue(0);
    }

    @Test
    void whatRingsMaySetItselfAnew() {
        var rung = new AtomicInteger();
        alarms.set(
                "a",
                Instant.now(),
                new Runnable() {
                    @Override
                    public void run() {
                        if (rung.incrementAndGet() < 50) {
                            alarms.set("a", Instant.now(), this);
                        }
                    }
                });
        await().until(() -> rung.get() == 50);
    }
}
