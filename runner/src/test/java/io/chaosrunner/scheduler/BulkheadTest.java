package io.chaosrunner.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.model.EngineRef;
import io.chaosrunner.schedule.ScheduleSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Tests of {@link Bulkhead}: who computes too much waits, and nobody else does. */
class BulkheadTest {
    private static final EngineRef HOSTILE = new EngineRef("hostile", "h");
    private static final EngineRef VICTIM = new EngineRef("victim", "v");

    /** What each thread has computed, as this test says. */
    private final Map<Thread, Long> computed = new ConcurrentHashMap<>();

    private final CountDownLatch end = new CountDownLatch(1);
    private final List<String> told = new CopyOnWriteArrayList<>();
    private final Bulkhead bulkhead =
            new Bulkhead(
                    2,
                    Duration.ofMillis(100),
                    thread -> computed.getOrDefault(thread, 0L),
                    told::add);

    @AfterEach
    void close() {
        end.countDown();
        bulkhead.close();
    }

    @Test
    void whatIsComputedIsTheAnswerAndComputedOnAThreadOfItsOwn() {
        Thread thread = bulkhead.compute(VICTIM, Thread::currentThread);

        assertThat(thread.isVirtual()).isFalse();
        assertThat(thread.getName()).startsWith("compute-");
    }

    @Test
    void whatFailsFailsForWhoeverAskedAndNobodyElse() {
        assertThatThrownBy(() -> bulkhead.compute(VICTIM, BulkheadTest::fails))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("so");
        assertThatThrownBy(() -> bulkhead.compute(VICTIM, () -> deep(1)))
                .isInstanceOf(StackOverflowError.class);

        assertThat(bulkhead.compute(VICTIM, () -> 7)).isEqualTo(7);
        assertThat(bulkhead.trouble()).isEmpty();
    }

    @Test
    void whatOverrunsItsBudgetIsEndedWhateverTheClockSays() {
        assertThatThrownBy(() -> bulkhead.compute(HOSTILE, this::spinsUntilInterrupted))
                .isInstanceOf(Bulkhead.Overrun.class)
                .hasMessageContaining("more than 100ms of computing")
                .hasMessageContaining("put aside");

        assertThat(bulkhead.putAside()).isOne();
        assertThat(bulkhead.compute(HOSTILE, () -> "cheap by now")).isEqualTo("cheap by now");
        assertThat(bulkhead.putAside()).isZero();
    }

    @Test
    void aThreadThatCannotBeEndedIsReplacedAndItsObjectRefusedUntilItIsOver() {
        assertThatThrownBy(() -> bulkhead.compute(HOSTILE, this::spinsWhateverHappens))
                .isInstanceOf(Bulkhead.Overrun.class);

        assertThatThrownBy(() -> bulkhead.compute(HOSTILE, () -> 1))
                .isInstanceOf(Bulkhead.Overrun.class);
        var neighbour = new EngineRef(HOSTILE.namespace(), "neighbour");
        assertThat(bulkhead.compute(neighbour, () -> 2)).isEqualTo(2);
        assertThat(bulkhead.compute(VICTIM, () -> 3)).isEqualTo(3);
        assertThat(bulkhead.trouble()).isEmpty();

        end.countDown();
        await().untilAsserted(() -> assertThat(again(HOSTILE)).hasValue(1));
    }

    private Optional<Integer> again(EngineRef object) {
        try {
            return Optional.of(bulkhead.compute(object, () -> 1));
        } catch (Bulkhead.Overrun e) {
            return Optional.empty();
        }
    }

    @Test
    void threadsThatCannotBeEndedAreSaidWhenThereAreTooMany() {
        for (int i = 0; i < 8; i++) {
            assertThat(bulkhead.trouble()).isEmpty();
            EngineRef object = new EngineRef("hostile", "h" + i);
            assertThatThrownBy(() -> bulkhead.compute(object, this::spinsWhateverHappens))
                    .isInstanceOf(Bulkhead.Overrun.class);
        }
        assertThat(bulkhead.trouble()).hasValueSatisfying(why -> assertThat(why).contains("8"));

        end.countDown();
        await().until(() -> bulkhead.trouble().isEmpty());
    }

    @Test
    void oneNamespaceNeverHasAllThreads() {
        List<CompletableFuture<?>> hostile =
                IntStream.range(0, 50)
                        .mapToObj(i -> later(new EngineRef("hostile", "h" + i), this::waits))
                        .collect(Collectors.toList());

        assertThat(bulkhead.compute(VICTIM, () -> 3)).isEqualTo(3);
        assertThat(hostile).noneMatch(CompletableFuture::isDone);

        end.countDown();
        hostile.forEach(CompletableFuture::join);
    }

    @Test
    void ofSeveralNamespacesThatWaitTheOneIsNextThatHasUsedLeast() {
        List<String> order = new CopyOnWriteArrayList<>();
        var gate = new CountDownLatch(1);
        var holding = List.of(held("a", end), held("b", gate));
        await().until(() -> held.get() == 2);
        List<CompletableFuture<?>> all = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            all.add(queued("greedy", i, order));
        }
        await().until(() -> bulkhead.waiting() == 3);
        all.add(queued("modest", 0, order));
        await().until(() -> bulkhead.waiting() == 4);

        // One thread alone takes them, so that they end in the order in which they begin.
        gate.countDown();
        all.forEach(CompletableFuture::join);

        assertThat(order.indexOf("modest 0")).isLessThanOrEqualTo(1);
        end.countDown();
        holding.forEach(CompletableFuture::join);
    }

    private final AtomicInteger held = new AtomicInteger();

    private CompletableFuture<?> held(String namespace, CountDownLatch gate) {
        return later(
                new EngineRef(namespace, "x"),
                () -> {
                    held.incrementAndGet();
                    return awaited(gate);
                });
    }

    private CompletableFuture<?> queued(String namespace, int i, List<String> order) {
        return later(
                new EngineRef(namespace, "q" + i),
                () -> {
                    computed.merge(Thread.currentThread(), 1_000_000L, Long::sum);
                    return order.add(namespace + " " + i);
                });
    }

    @Test
    void withinANamespaceThoseThatKeptWithinTheirBudgetGoFirst() {
        assertThatThrownBy(() -> bulkhead.compute(HOSTILE, this::spinsUntilInterrupted))
                .isInstanceOf(Bulkhead.Overrun.class);
        List<String> order = new CopyOnWriteArrayList<>();
        var gate = new CountDownLatch(1);
        List<CompletableFuture<?>> all = new ArrayList<>(List.of(held("hostile", gate)));
        await().until(() -> held.get() == 1);
        all.add(later(HOSTILE, () -> order.add("hostile")));
        await().until(() -> bulkhead.waiting() == 1);
        all.add(later(new EngineRef("hostile", "honest"), () -> order.add("honest")));
        await().until(() -> bulkhead.waiting() == 2);

        gate.countDown();
        all.forEach(CompletableFuture::join);

        assertThat(order).containsExactly("honest", "hostile");
    }

    @Test
    void whoeverStillWaitsWhenItIsClosedIsToldSo() {
        var gate = new CountDownLatch(1);
        CompletableFuture<?> running = held("a", gate);
        await().until(() -> held.get() == 1);
        CompletableFuture<?> waiting = later(new EngineRef("a", "y"), () -> 1);
        await().until(() -> bulkhead.waiting() == 1);

        bulkhead.close();

        assertThatThrownBy(waiting::join).hasCauseInstanceOf(CancellationException.class);
        assertThatThrownBy(running::join).hasCauseInstanceOf(CancellationException.class);
        assertThatThrownBy(() -> bulkhead.compute(VICTIM, () -> 1))
                .isInstanceOf(CancellationException.class);
    }

    /** A fire each odd minute, and each odd minute is shut: a search through 130 years. */
    @Test
    void aSearchForAFireThatNeverComesEndsWhenItIsInterrupted() {
        String hours =
                IntStream.range(0, 720)
                        .mapToObj(i ->
                                "%02d:%02d-%02d:%02d"
                                        .formatted(i / 30, i % 30 * 2, i / 30, i % 30 * 2 + 1))
                        .collect(Collectors.joining(","));
        String schedule = "{cron: '0 1/2 * * * ?', hours: '%s'}".formatted(hours);
        Supplier<Object> reading =
                () -> ScheduleSpec.of(Optional.of(schedule), Map.of(), Instant.EPOCH);
        // Of what is not ended by the interruption the thread would be given up, after a minute.
        try (var patient =
                new Bulkhead(
                        2,
                        Duration.ofMinutes(1),
                        thread -> computed.getOrDefault(thread, 0L),
                        told::add)) {
            assertThatThrownBy(() ->
                            patient.compute(
                                    HOSTILE,
                                    () -> {
                                        computed.put(Thread.currentThread(), Long.MAX_VALUE);
                                        return reading.get();
                                    }))
                    .isInstanceOf(Bulkhead.Overrun.class);
            assertThat(patient.compute(HOSTILE, () -> 1)).isEqualTo(1);
        }
    }

    // ---- Props --------------------------------------------------------------------------------

    private <T> CompletableFuture<T> later(EngineRef object, Supplier<T> work) {
        var result = new CompletableFuture<T>();
        Thread.ofVirtual()
                .start(() -> {
                    try {
                        result.complete(bulkhead.compute(object, work));
                    } catch (Throwable e) {
                        result.completeExceptionally(e);
                    }
                });
        return result;
    }

    private static Object fails() {
        throw new IllegalStateException("so");
    }

    private static int deep(int n) {
        // Deeper than any stack.
        return n == Integer.MAX_VALUE ? n : n + deep(n + 1);
    }

    private boolean waits() {
        return awaited(end);
    }

    private static boolean awaited(CountDownLatch latch) {
        try {
            latch.await();
            return true;
        } catch (InterruptedException e) {
            throw new CancellationException();
        }
    }

    private Object spinsUntilInterrupted() {
        computed.merge(Thread.currentThread(), 200_000_000L, Long::sum);
        return awaited(end);
    }

    private Object spinsWhateverHappens() {
        computed.merge(Thread.currentThread(), 200_000_000L, Long::sum);
        while (true) {
            try {
                end.await();
                return 1;
            } catch (InterruptedException e) {
                // As what asks nobody.
            }
        }
    }
}
