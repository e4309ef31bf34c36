package io.chaosrunner.model;

import java.util.Locale;
import java.util.Optional;

/**
 * Why a run launches nothing more.
 *
 * @param cause who ended it
 * @param why one line
 */
public record RunEnd(Cause cause, String why) {

    /** Who ended a run. */
    public enum Cause {
        /** The plan has nothing more to launch. */
        PLAN,
        /** The plan says that the run failed. */
        PLAN_FAILED,
        /** The plan broke a rule. */
        BROKEN_STRATEGY,
        /** An experiment did not pass, and the run's limits say stop. */
        FAILURE,
        /** The run's record on the engine has no room for another launch. */
        RECORD_FULL,
        /** What an experiment left behind cannot be removed. */
        LEFT_BEHIND,
        /** The deadline came. */
        DEADLINE,
        /** Somebody asked: at the terminal, on the engine, or with {@code chaos-runner stop}. */
        ABORT,
        /** The next fire of its schedule was due. */
        REPLACED,
        /** What runs could not be watched any more. */
        UNWATCHED;

        /** Return how it is written in the claim. */
        public String word() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }

        /** Read what is written in a claim; empty if it is none of these words. */
        public static Optional<Cause> of(String word) {
            for (Cause cause : values()) {
                if (cause.word().equals(word)) {
                    return Optional.of(cause);
                }
            }
            return Optional.empty();
        }

        /** Tell whether the run was cut short, so that what waits is neither run nor judged. */
        public boolean isAbort() {
            return this == ABORT || this == REPLACED || this == UNWATCHED;
        }
    }

    /** Tell whether no retry follows and the plan is not asked again. */
    public boolean isStopping() {
        return cause != Cause.PLAN && cause != Cause.PLAN_FAILED;
    }

    /** Tell whether the record must keep it; a plan that is done says so again when asked. */
    public boolean isRecorded() {
        return cause != Cause.PLAN;
    }

    /** Tell whether what still runs is stopped too. */
    public boolean stopsRunning() {
        return cause == Cause.DEADLINE || cause.isAbort();
    }
}
