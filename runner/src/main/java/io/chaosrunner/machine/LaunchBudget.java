package io.chaosrunner.machine;

import io.chaosrunner.machine.RunState.Draft;
import io.chaosrunner.model.RunLimits;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** How many launches the limits of a run allow, and when they allow more. */
record LaunchBudget(RunLimits limits) {

    /** Return how many launches every limit allows now. */
    int of(Draft draft) {
        if (!paceIsOpen(draft)) {
            return 0;
        }
        int free =
                Math.max(
                        0,
                        Math.min(
                                limits.maxParallel() - draft.active,
                                limits.mostLaunches() - draft.attempts.size()));
        return limits.startToStart().isZero() ? free : Math.min(1, free);
    }

    /** Tell whether the run's record holds no more launches. */
    boolean isFull(Draft draft) {
        return draft.attempts.size() >= limits.mostLaunches();
    }

    boolean paceIsOpen(Draft draft) {
        return paceOpens(draft.lastStart, draft.lastEnd).filter(draft.now::isBefore).isEmpty();
    }

    /** Return when the pace allows the next launch, if it ever forbade one. */
    Optional<Instant> paceOpens(@Nullable Instant lastStart, @Nullable Instant lastEnd) {
        return Stream.of(
                        after(lastStart, limits.startToStart()),
                        after(lastEnd, limits.endToStart()))
                .flatMap(Optional::stream)
                .max(Comparator.naturalOrder());
    }

    private static Optional<Instant> after(@Nullable Instant instant, Duration distance) {
        return instant == null || distance.isZero()
                ? Optional.empty()
                : Optional.of(instant.plus(distance));
    }
}
