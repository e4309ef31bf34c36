package io.chaosrunner.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests of {@link LongLived}: work that fails is begun again, and somebody is told. */
@Timeout(120)
class LongLivedTest {
    private final List<String> told = new ArrayList<>();
    private final AtomicInteger begun = new AtomicInteger();

    @Test
    void workThatEndsIsOver() {
        var work = new LongLived("the watch", begun::incrementAndGet, told::add);
        work.run();

        assertThat(begun).hasValue(1);
        assertThat(told).isEmpty();
        assertThat(work.trouble()).isEmpty();
    }

    @Test
    void workThatFailsIsBegunAgainAndIsInTroubleForAWhile() {
        var work =
                new LongLived(
                        "the watch",
                        () -> {
                            if (begun.incrementAndGet() == 1) {
                                throw new StackOverflowError("deep");
                            }
                        },
                        told::add);
        work.run();

        assertThat(begun).hasValue(2);
        assertThat(told)
                .singleElement()
                .asString()
                .contains("the watch failed (1 times lately)")
                .contains("StackOverflowError: deep");
        assertThat(work.trouble()).contains(told.getFirst());
    }

    @Test
    void whoeverIsToldMayFailToo() {
        var work =
                new LongLived(
                        "the watch",
                        () -> {
                            if (begun.incrementAndGet() == 1) {
                                throw new IllegalStateException("first");
                            }
                        },
                        why -> {
                            throw new IllegalStateException("second");
                        });
        work.run();

        assertThat(begun).hasValue(2);
    }

    @Test
    void aFailureAfterItsCloseIsTheEnd() throws InterruptedException {
        var going = new CountDownLatch(1);
        var end = new CountDownLatch(1);
        var work =
                new LongLived(
                        "the watch",
                        () -> {
                            begun.incrementAndGet();
                            going.countDown();
                            awaitUninterruptibly(end);
                            throw new IllegalStateException("interrupted");
                        },
                        told::add);
        Thread thread = Thread.ofPlatform().start(work);
        going.await();

        work.close();
        end.countDown();
        thread.join(TimeUnit.MINUTES.toMillis(1));

        assertThat(thread.isAlive()).isFalse();
        assertThat(begun).hasValue(1);
        assertThat(told).isEmpty();
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
