package io.chaosrunner.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What one object's failures cost, whatever wakes its lane. */
class KeyedWorkerTest {
    private static final Instant BEGIN = Instant.parse("2026-03-02T12:00:00Z");

    private final BlockingQueue<Instant> alarms = new LinkedBlockingQueue<>();
    private final AtomicInteger steps = new AtomicInteger();
    private volatile Instant now = BEGIN;
    private volatile boolean setBack;
    private final AtomicInteger deaf = new AtomicInteger();
    private volatile Supplier<Optional<Instant>> outcome = () -> Optional.of(now);

    private final Clock clock =
            new Clock() {
                @Override
                public Instant instant() {
                    return now;
                }

                @Override
                public ZoneId getZone() {
                    return ZoneOffset.UTC;
                }

                @Override
                public Clock withZone(ZoneId zone) {
                    return this;
                }
            };

    private final KeyedWorker lane =
            new KeyedWorker(
                    "lane",
                    new Alarms() {
                        @Override
                        public void set(String name, Instant at, Runnable ring) {
                            alarms.add(at);
                        }

                        @Override
                        public void cancel(String name) {}

                        @Override
                        public void close() {}
                    },
                    clock,
                    new KeyedWorker.Step() {
                        @Override
                        public Optional<Instant> step() {
                            steps.incrementAndGet();
                            setBack = false;
                            return outcome.get();
                        }

                        @Override
                        public boolean isSetBack() {
                            return setBack;
                        }

                        @Override
                        public void leave() {}
                    },
                    trouble -> {
                        if (deaf.getAndDecrement() > 0) {
                            throw new StackOverflowError("who is told");
                        }
                    });

    @AfterEach
    void close() {
        lane.close();
    }

    private Duration pause() throws InterruptedException {
        Instant at = alarms.poll(2, TimeUnit.MINUTES);
        assertThat(at).as("an alarm is set").isNotNull();
        return Duration.between(now, at);
    }

    private void setBack() {
        outcome =
                () -> {
                    setBack = true;
                    return Optional.empty();
                };
    }

    private void failing(RuntimeException with) {
        outcome =
                () -> {
                    throw with;
                };
    }

    @Test
    void itsOwnWritesDoNotCutThePauseAfterAFailureShort() throws InterruptedException {
        setBack();
        lane.start();
        assertThat(pause()).isEqualTo(Duration.ofSeconds(5));

        for (int writes = 0; writes < 400; writes++) {
            lane.signal();
            assertThat(pause()).isEqualTo(Duration.ofSeconds(5));
        }
        assertThat(steps).hasValue(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"setback", "refusal", "bug"})
    void thePauseGrowsToAMinute(String kind) throws InterruptedException {
        switch (kind) {
            case "setback" -> setBack();
            case "refusal" -> failing(new ClusterException(Kind.INVALID, "so"));
            default -> failing(new IllegalStateException("so"));
        }
        lane.start();
        List<Duration> pauses = new ArrayList<>();
        for (int failures = 0; failures < 6; failures++) {
            pauses.add(pause());
            now = now.plus(pauses.getLast());
            lane.signal();
        }
        assertThat(pauses)
                .extracting(Duration::toSeconds)
                .containsExactly(5L, 10L, 20L, 40L, 60L, 60L);
    }

    @Test
    void aLaneWhoseFailureCannotEvenBeToldIsBegunAgain() throws InterruptedException {
        deaf.set(2);
        outcome =
                () -> {
                    outcome = () -> Optional.of(now);
                    throw new StackOverflowError("step");
                };
        lane.start();

        assertThat(pause()).isZero();
        assertThat(steps).hasValue(2);
    }

    @Test
    void aStepThatSucceedsInBetweenDoesNotMakeTheNextFailureAFirstOne() throws Exception {
        for (long expected : new long[] {5, 10, 20, 40}) {
            setBack();
            if (expected == 5) {
                lane.start();
            } else {
                lane.signal();
            }
            assertThat(pause()).isEqualTo(Duration.ofSeconds(expected));
            now = now.plusSeconds(expected);
            outcome = () -> Optional.of(now);
            lane.signal();
            assertThat(pause()).isZero();
        }
    }

    @Test
    void aFailureLongAfterTheLastOneIsAFirstOne() throws InterruptedException {
        setBack();
        lane.start();
        pause();
        now = now.plusSeconds(5);
        lane.signal();
        assertThat(pause()).isEqualTo(Duration.ofSeconds(10));
        now = now.plus(Duration.ofHours(1));
        lane.signal();
        assertThat(pause()).isEqualTo(Duration.ofSeconds(5));
    }

    @Test
    void aServerThatCannotBeReachedDoesNotMakeThePauseGrow() throws InterruptedException {
        failing(new ClusterException(Kind.UNREACHABLE, "so"));
        lane.start();
        for (int failures = 0; failures < 5; failures++) {
            assertThat(pause()).isEqualTo(Duration.ofSeconds(5));
            now = now.plusSeconds(5);
            lane.signal();
        }
    }

    @Test
    void somebodysEditIsSeenSoonAndYetNotAtOnce() throws InterruptedException {
        setBack();
        lane.start();
        for (int failures = 0; failures < 5; failures++) {
            now = now.plus(pause());
            lane.signal();
        }
        assertThat(pause()).isEqualTo(Duration.ofMinutes(1));
        int before = steps.get();

        lane.edited();
        assertThat(pause()).isEqualTo(Duration.ofSeconds(5));
        assertThat(steps).hasValue(before);
        now = now.plusSeconds(5);
        outcome = () -> Optional.of(now);
        lane.signal();
        assertThat(pause()).isZero();
        assertThat(steps).hasValue(before + 1);
    }

    /** Its engine's schedule was removed, and is there again: the next lane has begun. */
    @Test
    void aLaneThatIsClosedWhileItSetsItsAlarmLeavesItsSuccessorsAlone() {
        var slow = new SlowAlarms();
        KeyedWorker closed = new KeyedWorker("engine n/e", slow, clock, new Counted(), _ -> {});
        closed.start();
        slow.setting.acquireUninterruptibly();
        closed.retire();
        var steps = new Counted();
        var next = new KeyedWorker("engine n/e", slow.bells, clock, steps, _ -> {});
        next.start();
        await().atMost(Duration.ofMinutes(2)).until(slow.bells::isSet);

        slow.go.release();
        slow.set.acquireUninterruptibly();
        slow.bells.ring();

        await().atMost(Duration.ofMinutes(2))
                .untilAsserted(() -> assertThat(steps.taken).hasValue(2));
        next.close();
    }

    @Test
    void aLaneThatIsClosedWhileItSetsItsAlarmLeavesNone() {
        var slow = new SlowAlarms();
        KeyedWorker closed = new KeyedWorker("engine n/e", slow, clock, new Counted(), _ -> {});
        closed.start();
        slow.setting.acquireUninterruptibly();

        closed.retire();
        slow.go.release();
        slow.set.acquireUninterruptibly();

        await().atMost(Duration.ofMinutes(2)).until(() -> !slow.bells.isSet());
    }

    /** Takes steps, an hour apart. */
    private final class Counted implements KeyedWorker.Step {
        private final AtomicInteger taken = new AtomicInteger();

        @Override
        public Optional<Instant> step() {
            taken.incrementAndGet();
            return Optional.of(now.plus(Duration.ofHours(1)));
        }

        @Override
        public void leave() {}
    }

    /** Sets an alarm when the test says so. */
    private static final class SlowAlarms implements Alarms {
        private final Bells bells = new Bells();
        private final Semaphore setting = new Semaphore(0);
        private final Semaphore go = new Semaphore(0);
        private final Semaphore set = new Semaphore(0);

        @Override
        public void set(String name, Instant at, Runnable ring) {
            setting.release();
            go.acquireUninterruptibly();
            bells.set(name, at, ring);
            set.release();
        }

        @Override
        public void cancel(String name) {
            bells.cancel(name);
        }

        @Override
        public void close() {}
    }
}
