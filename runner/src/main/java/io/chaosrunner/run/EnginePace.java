package io.chaosrunner.run;

import io.chaosrunner.cluster.Cluster;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;

/**
 * When an engine that cannot be watched is read: within two seconds of when it was last seen,
 * whatever it was seen by, for it may ask to stop. Safe for use by several threads.
 */
final class EnginePace implements Cluster.Pace {
    private static final Duration BETWEEN_SIGHTS = Duration.ofSeconds(2);

    private final Clock clock;
    private volatile Instant seen;
    private volatile boolean mayWatch;

    /** Begin with an engine that is seen now. */
    EnginePace(Clock clock) {
        this.clock = clock;
        seen = clock.instant();
    }

    /** Hear that the engine is seen now, as a write of it or another reading returned it. */
    void sees() {
        seen = clock.instant();
    }

    /** Hear that it may be watched. */
    void watch() {
        mayWatch = true;
    }

    @Override
    public boolean mayWatch() {
        return mayWatch;
    }

    @Override
    public void reading() {
        sees();
    }

    @Override
    public Duration untilNext(Duration since, boolean somethingNew) {
        return Duration.between(clock.instant(), seen.plus(BETWEEN_SIGHTS));
    }
}
