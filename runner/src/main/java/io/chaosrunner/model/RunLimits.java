package io.chaosrunner.model;

import static java.util.Objects.requireNonNull;

import io.chaosrunner.strategy.Limits;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The bounds of one run: what its user asked for, merged with what its plan declares; the stricter
 * wins.
 *
 * @param maxParallel most executions at once; at least 1
 * @param startToStart least distance between two launches; zero for none
 * @param endToStart least distance from an end to the next launch; zero for none
 * @param repeats whether a slot may run more than once
 * @param deadline longest time from the first start of the run to the last launch; what still runs
 *     then is stopped
 * @param experimentTimeout longest time of one attempt
 * @param stopOnFailure whether the first outcome that is not Pass ends the launching
 * @param retries how many attempts may follow one that ended in Error; 0 for none
 * @param backoff time from a failed attempt's end to the next attempt, doubled for each further one
 * @param mostLaunches how many attempts there may be in all; the run's record holds no more
 */
public record RunLimits(
        int maxParallel,
        Duration startToStart,
        Duration endToStart,
        boolean repeats,
        Optional<Duration> deadline,
        Optional<Duration> experimentTimeout,
        boolean stopOnFailure,
        int retries,
        Duration backoff,
        int mostLaunches) {

    /** Nothing is bounded. */
    public static final RunLimits NONE =
            new RunLimits(
                    Integer.MAX_VALUE,
                    Duration.ZERO,
                    Duration.ZERO,
                    false,
                    Optional.empty(),
                    Optional.empty(),
                    false,
                    0,
                    Duration.ofSeconds(10),
                    Integer.MAX_VALUE);

    private static final Duration LONGEST_BACKOFF = Duration.ofMinutes(5);

    /** No run lives to see the end of it, and instants stay in range. */
    private static final Duration LONGEST_DISTANCE = Duration.ofDays(36_500);

    public RunLimits {
        requireNonNull(deadline, "deadline is null");
        requireNonNull(experimentTimeout, "experimentTimeout is null");
        if (maxParallel < 1 || retries < 0) {
            throw new IllegalArgumentException(
                    "maxParallel %d, retries %d".formatted(maxParallel, retries));
        }
    }

    /** Merge with what a plan declares. */
    public RunLimits and(Limits plan) {
        return new RunLimits(
                Math.min(maxParallel, plan.maxParallel().orElse(Integer.MAX_VALUE)),
                longer(startToStart, plan.startToStart()),
                longer(endToStart, plan.endToStart()),
                repeats || plan.mayRepeat(),
                deadline,
                experimentTimeout,
                stopOnFailure,
                retries,
                backoff,
                mostLaunches);
    }

    /** Bound the number of launches. */
    public RunLimits withMostLaunches(int most) {
        return new RunLimits(
                maxParallel,
                startToStart,
                endToStart,
                repeats,
                deadline,
                experimentTimeout,
                stopOnFailure,
                retries,
                backoff,
                most);
    }

    /** Return the time from the end of an attempt, counted from 1, to the next. */
    public Duration backoffAfter(int attempt) {
        Duration doubled = backoff.multipliedBy(1L << Math.min(attempt - 1, 20));
        return Stream.of(doubled, LONGEST_BACKOFF).min(Duration::compareTo).orElseThrow();
    }

    private static Duration longer(Duration ours, Optional<Duration> theirs) {
        return theirs.map(d -> d.compareTo(LONGEST_DISTANCE) > 0 ? LONGEST_DISTANCE : d)
                .filter(d -> d.compareTo(ours) > 0)
                .orElse(ours);
    }
}
