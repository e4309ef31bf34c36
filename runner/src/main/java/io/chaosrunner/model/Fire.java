package io.chaosrunner.model;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.Locale;

/**
 * One moment at which a run of a schedule is due.
 *
 * @param at the scheduled instant, before any jitter; to the millisecond
 * @param schedule a hash of the schedule that said so
 * @param cause what made it fire
 */
public record Fire(Instant at, String schedule, Cause cause) {
    /** The first year of any fire. */
    public static final int FIRST_YEAR = 1970;

    /** The last year of any fire. */
    public static final int LAST_YEAR = 2099;

    public Fire {
        requireNonNull(at, "at is null");
        requireNonNull(schedule, "schedule is null");
        requireNonNull(cause, "cause is null");
    }

    /** Identify a fire of a schedule that has nothing more to say about it. */
    public Fire(Instant at, String schedule) {
        this(at, schedule, Cause.SCHEDULE);
    }

    @Override
    public String toString() {
        return switch (cause.kind()) {
            case SCHEDULE -> "fire of " + at;
            case TRIGGER -> "trigger of " + at;
            case BACKFILL -> "backfilled fire of " + at;
        };
    }

    /**
     * What made a fire.
     *
     * @param kind whose doing it is
     * @param id names the request of a person; empty if it is the schedule's
     * @param by who asked, as they said; empty if it is the schedule's
     * @param note what there is to say about it, for people
     */
    public record Cause(Kind kind, String id, String by, String note) {
        /** The clock, and nothing more to say. */
        public static final Cause SCHEDULE = new Cause(Kind.SCHEDULE, "", "", "");

        public Cause {
            requireNonNull(kind, "kind is null");
            requireNonNull(id, "id is null");
            requireNonNull(by, "by is null");
            requireNonNull(note, "note is null");
        }
    }

    /** Whose doing a fire is. */
    public enum Kind {
        /** The schedule's own. */
        SCHEDULE,
        /** A person asked for a run at once, which counts. */
        TRIGGER,
        /** A person asked for the run of a fire that is past. */
        BACKFILL;

        /** Return its name in records. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
