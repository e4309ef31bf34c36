package io.chaosrunner.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.cluster.ClusterException.Kind;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

class RecentReadingsTest {
    private static final long FRESH = RecentReadings.FRESH.toNanos();

    private final AtomicLong nanos = new AtomicLong(7);
    private final AtomicInteger reads = new AtomicInteger();
    private Supplier<Optional<ObjectNode>> answer = () -> Optional.of(object());
    private final RecentReadings readings =
            new RecentReadings(
                    (namespace, name) -> {
                        reads.incrementAndGet();
                        return answer.get();
                    },
                    nanos::get);

    private static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode().put("key", "value");
    }

    @Test
    void whatWasReadIsReadAgainAfterAWhileOnly() {
        assertThat(readings.get("n", "a")).contains(object());
        nanos.addAndGet(FRESH - 1);
        assertThat(readings.get("n", "a")).contains(object());
        assertThat(reads).hasValue(1);

        nanos.addAndGet(1);

        assertThat(readings.get("n", "a")).contains(object());
        assertThat(reads).hasValue(2);
    }

    @Test
    void eachNameOfEachNamespaceIsAnObject() {
        readings.get("n", "a");
        readings.get("n", "b");
        readings.get("m", "a");

        assertThat(reads).hasValue(3);
    }

    @Test
    void whoChangesWhatTheyGotChangesNothingForOthers() {
        readings.get("n", "a").orElseThrow().put("key", "changed");
        readings.get("n", "a").orElseThrow().put("key", "changed");

        assertThat(readings.get("n", "a")).contains(object());
        assertThat(reads).hasValue(1);
    }

    @Test
    void whatIsNotThereIsLookedForEachTime() {
        answer = Optional::empty;
        assertThat(readings.get("n", "a")).isEmpty();
        answer = () -> Optional.of(object());

        assertThat(readings.get("n", "a")).contains(object());
    }

    @Test
    void aFailureIsOfThatReadingAlone() {
        answer =
                () -> {
                    throw new ClusterException(Kind.SERVER, "away");
                };
        assertThatThrownBy(() -> readings.get("n", "a")).isInstanceOf(ClusterException.class);
        answer = () -> Optional.of(object());

        assertThat(readings.get("n", "a")).contains(object());
    }

    @Test
    void whoComesWhileItIsReadWaitsForThat() throws Exception {
        var goOn = new CountDownLatch(1);
        answer =
                () -> {
                    try {
                        goOn.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    return Optional.of(object());
                };
        var first =
                CompletableFuture.supplyAsync(
                        () -> readings.get("n", "a"), Thread::startVirtualThread);
        await().until(() -> reads.get() == 1);
        var second =
                CompletableFuture.supplyAsync(
                        () -> readings.get("n", "a"), Thread::startVirtualThread);

        goOn.countDown();

        assertThat(first.get()).contains(object());
        assertThat(second.get()).contains(object());
        assertThat(reads).hasValue(1);
    }

    @Test
    void amongVeryManyNoneIsRemembered() {
        for (int i = 0; i < 1_000; i++) {
            readings.get("n", "object-" + i);
        }
        readings.get("n", "object-0");
        readings.get("n", "object-999");

        assertThat(reads).hasValue(1_001);
    }
}
