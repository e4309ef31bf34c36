package io.chaosrunner.attempt;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.function.LongSupplier;

/**
 * The time within one run: that of the wall clock at its begin, and from then on what a monotonic
 * clock adds. Somebody who sets the wall clock neither holds a run up nor hurries it.
 *
 * <p>Safe for use by several threads.
 */
public final class SteadyClock extends Clock {
    /** What lies further ahead was not written by any clock. */
    private static final Duration LONGEST_STEP = Duration.ofDays(36_500);

    private final LongSupplier nanos;
    private final long begin;
    private volatile Instant anchor;

    private SteadyClock(Instant anchor, LongSupplier nanos) {
        this.anchor = anchor;
        this.nanos = nanos;
        begin = nanos.getAsLong();
    }

    /** Begin with the time of another clock. */
    static SteadyClock startingWith(Clock wall) {
        return startingWith(wall, System::nanoTime);
    }

    static SteadyClock startingWith(Clock wall, LongSupplier nanos) {
        return new SteadyClock(wall.instant(), nanos);
    }

    /**
     * Be no earlier than something that has happened: the process that recorded it may have gone by
     * a clock that was ahead.
     */
    public synchronized void reach(Instant happened) {
        Duration behind = Duration.between(instant(), happened);
        if (!behind.isNegative() && behind.compareTo(LONGEST_STEP) < 0) {
            anchor = anchor.plus(behind);
        }
    }

    @Override
    public Instant instant() {
        return anchor.plusNanos(nanos.getAsLong() - begin);
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        throw new UnsupportedOperationException("runs know no zones");
    }
}
