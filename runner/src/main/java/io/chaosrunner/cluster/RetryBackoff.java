package io.chaosrunner.cluster;

import java.time.Duration;

/**
 * How long to wait before a failed request is tried again.
 *
 * <p>Full jitter: uniform between nothing and a ceiling that doubles ("Exponential Backoff And
 * Jitter", AWS Architecture Blog, 2015), so that runners which failed together do not return
 * together.
 */
public final class RetryBackoff {
    /** How often a request is tried in all. */
    static final int ATTEMPTS = 6;

    private static final long FIRST_CEILING_MILLIS = 200;
    private static final long LAST_CEILING_MILLIS = 4_000;

    private RetryBackoff() {}

    /**
     * @param failed how many tries have failed, from 1
     * @param draw uniform in [0, 1)
     */
    public static Duration pause(int failed, double draw) {
        long ceiling =
                Math.min(LAST_CEILING_MILLIS, FIRST_CEILING_MILLIS << Math.min(failed - 1, 10));
        return Duration.ofMillis((long) (ceiling * draw));
    }
}
