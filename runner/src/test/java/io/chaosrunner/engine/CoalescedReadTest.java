package io.chaosrunner.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class CoalescedReadTest {

    @Test
    void whoAsksAloneReadsAlone() {
        var readings = new AtomicInteger();
        var shared = new CoalescedRead<>(readings::incrementAndGet);
        assertThat(List.of(shared.read(), shared.read(), shared.read())).containsExactly(1, 2, 3);
    }

    @Test
    void whoAskDuringAReadingShareTheNextOne() throws InterruptedException {
        var readings = new AtomicInteger();
        var begun = new CountDownLatch(1);
        var answer = new CountDownLatch(1);
        var shared =
                new CoalescedRead<>(() -> {
                    int number = readings.incrementAndGet();
                    begun.countDown();
                    awaitLatch(answer);
                    return number;
                });
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var first = CompletableFuture.supplyAsync(shared::read, threads);
            begun.await();
            var asking = new AtomicInteger();
            var others = new ArrayList<CompletableFuture<Integer>>();
            for (int i = 0; i < 20; i++) {
                others.add(
                        CompletableFuture.supplyAsync(
                                () -> {
                                    asking.incrementAndGet();
                                    return shared.read();
                                },
                                threads));
            }
            await().atMost(Duration.ofMinutes(2)).until(() -> asking.get() == 20);
            answer.countDown();
            assertThat(first.join()).isEqualTo(1);
            // Whoever came so late that the second had begun got a third; nobody got the first.
            assertThat(others).allMatch(other -> other.join() >= 2);
            assertThat(readings.get()).isBetween(2, 4);
        }
    }

    @Test
    void aFailureIsSharedTooAndForgotten() {
        var readings = new AtomicInteger();
        var shared =
                new CoalescedRead<>(() -> {
                    if (readings.incrementAndGet() == 1) {
                        throw new IllegalStateException("no answer");
                    }
                    return "there";
                });
        assertThatThrownBy(shared::read).hasMessage("no answer");
        assertThat(shared.read()).isEqualTo("there");
    }

    private static void awaitLatch(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
