package io.chaosrunner.schedule;

import io.chaosrunner.strategy.InvalidParameters;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The schedule of one object, read again and again and looked into only when it has changed: to
 * find that a schedule never fires takes a search through all its years. Not thread-safe.
 */
public final class ScheduleReading {
    private @Nullable Words last;
    private Optional<ScheduleSpec> spec = Optional.empty();
    private @Nullable Timetable timetable;
    private @Nullable InvalidParameters refusal;
    private int readings;

    /** All that a schedule is read from. */
    private record Words(Optional<String> written, Map<String, ?> flags, Instant anchor) {}

    /**
     * Read a schedule as {@link ScheduleSpec#of(Optional, Map, Instant)} does.
     *
     * @throws InvalidParameters listing every problem, not only the first
     */
    Optional<ScheduleSpec> of(Optional<String> written, Map<String, ?> flags, Instant anchor) {
        var words = new Words(written, flags, anchor);
        if (!words.equals(last)) {
            readings++;
            refusal = null;
            timetable = null;
            try {
                spec = ScheduleSpec.of(written, flags, anchor);
            } catch (InvalidParameters e) {
                refusal = e;
            }
            last = words;
        }
        if (refusal != null) {
            throw refusal;
        }
        return spec;
    }

    /**
     * Return the timetable of the schedule that was read last.
     *
     * @param known that schedule, with the policy and the name that count for its engine
     */
    Timetable timetable(ScheduleSpec known, Instant anchor, long seed) {
        Timetable made = timetable == null ? Timetable.of(known, anchor, seed) : timetable;
        timetable = made;
        return made.of(known);
    }

    /** Return how often it was looked into. */
    int readings() {
        return readings;
    }
}
