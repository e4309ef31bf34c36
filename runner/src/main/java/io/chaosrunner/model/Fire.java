package io.chaosrunner.model;

import static java.util.Objects.requireNonNull;

import java.time.Instant;

/**
 * Identify one moment at which a schedule says that a run is due.
 *
 * @param at the scheduled instant, before any jitter; to the millisecond
 * @param schedule a hash of the schedule that said so
 */
public record Fire(Instant at, String schedule) {
    public Fire {
        requireNonNull(at, "at is null");
        requireNonNull(schedule, "schedule is null");
    }

    @Override
    public String toString() {
        return "fire of " + at;
    }
}
