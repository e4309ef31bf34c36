package io.chaosrunner.attempt;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class SteadyClockTest {
    private static final Instant BEGIN = Instant.parse("2026-03-01T10:00:00Z");

    private final AtomicLong nanos = new AtomicLong(-5);
    private final SteadyClock clock =
            SteadyClock.startingWith(Clock.fixed(BEGIN, ZoneOffset.UTC), nanos::get);

    @Test
    void itGoesOnByTheMonotonicClockAlone() {
        assertThat(clock.instant()).isEqualTo(BEGIN);
        nanos.addAndGet(Duration.ofHours(1).toNanos());
        assertThat(clock.instant()).isEqualTo(BEGIN.plusSeconds(3600));
    }

    @Test
    void itReachesWhatHasHappenedAndGoesOnFromThere() {
        nanos.addAndGet(Duration.ofSeconds(1).toNanos());
        clock.reach(BEGIN.plusSeconds(600));
        assertThat(clock.instant()).isEqualTo(BEGIN.plusSeconds(600));
        nanos.addAndGet(Duration.ofSeconds(1).toNanos());
        assertThat(clock.instant()).isEqualTo(BEGIN.plusSeconds(601));
    }

    @Test
    void itNeverGoesBack() {
        clock.reach(BEGIN.minusSeconds(600));
        assertThat(clock.instant()).isEqualTo(BEGIN);
    }

    @Test
    void itHeedsNoTimeThatNoClockHasWritten() {
        clock.reach(Instant.MAX);
        assertThat(clock.instant()).isEqualTo(BEGIN);
    }
}
