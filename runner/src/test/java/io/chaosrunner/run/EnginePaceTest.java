package io.chaosrunner.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** When an engine is read that cannot be watched: all in virtual time. */
class EnginePaceTest {
    private final AtomicReference<Instant> now =
            new AtomicReference<>(Instant.parse("2026-11-28T10:00:00Z"));
    private final EnginePace pace =
            new EnginePace(
                    new Clock() {
                        @Override
                        public Instant instant() {
                            return Objects.requireNonNull(now.get());
                        }

                        @Override
                        public ZoneOffset getZone() {
                            return ZoneOffset.UTC;
                        }

                        @Override
                        public Clock withZone(java.time.ZoneId zone) {
                            return this;
                        }
                    });

    private void pass(long millis) {
        now.updateAndGet(before -> before.plusMillis(millis));
    }

    private long untilNext() {
        return pace.untilNext(Duration.ZERO, false).toMillis();
    }

    @Test
    void whateverHappensItIsReadWithinTwoSecondsOfWhenItWasSeen() {
        assertThat(untilNext()).isEqualTo(2000);
        pass(1500);
        assertThat(untilNext()).isEqualTo(500);
        pass(500);
        assertThat(untilNext()).isZero();
        pace.reading();
        assertThat(untilNext()).isEqualTo(2000);
    }

    @Test
    void whatAWriteReturnsIsAsGoodAsAReading() {
        pass(1900);
        pace.sees();
        assertThat(untilNext()).isEqualTo(2000);
    }

    @Test
    void theSightNotTheReadingBeforeItSaysWhenItIsDue() {
        pass(1000);
        assertThat(pace.untilNext(Duration.ofHours(1), true)).hasSeconds(1);
    }

    @Test
    void itIsWatchedOnceWatchingIsKnownToWork() {
        assertThat(pace.mayWatch()).isFalse();
        pace.watch();
        assertThat(pace.mayWatch()).isTrue();
    }
}
