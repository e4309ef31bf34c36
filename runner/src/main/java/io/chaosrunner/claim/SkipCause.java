package io.chaosrunner.claim;

import java.util.Locale;

/** Why fires started no run, as a value: the reason beside it is for people. */
public enum SkipCause {
    /** A run was still going on. */
    OVERLAP,
    /** A later fire was due as well, or more fires waited than may. */
    LATER_FIRE,
    /** Nothing started it in time. */
    MISSED,
    /** The schedule was suspended. */
    SUSPENDED,
    /** A holiday. */
    HOLIDAY,
    /** It is not known whether it is a holiday. */
    HOLIDAY_UNKNOWN,
    /** Too late, and outside the days and hours of the schedule by then. */
    CLOSED,
    /** The schedule was changed. */
    CHANGED,
    /** The pod that was to carry out the run did not come. */
    NO_POD,
    /** Whoever wrote the engine may not launch what it names. */
    FORBIDDEN,
    /** Several of these, or recorded by an earlier version. */
    OTHER;

    /** Return its name in records and metrics. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Read a name; {@link #OTHER} if it is none of these. */
    static SkipCause of(String word) {
        for (SkipCause cause : values()) {
            if (cause.word().equals(word)) {
                return cause;
            }
        }
        return OTHER;
    }
}
