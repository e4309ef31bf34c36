package io.chaosrunner.strategy;

import static java.util.Objects.requireNonNull;

import java.time.Instant;

/**
 * Where one slot stands.
 *
 * <p>Final classes rather than records, so that a component may be added later. Immutable. Gains no
 * subtypes: a strategy may switch over it.
 */
public sealed interface SlotState {

    /** Mark a slot that was never launched nor skipped. */
    final class Waiting implements SlotState {
        /** The only instance. */
        public static final Waiting WAITING = new Waiting();

        private Waiting() {}

        @Override
        public String toString() {
            return "waiting";
        }
    }

    /** A slot whose execution runs, or waits for a retry. */
    final class Active implements SlotState {
        private final int iteration;
        private final Instant since;

        public Active(int iteration, Instant since) {
            this.iteration = iteration;
            this.since = requireNonNull(since, "since is null");
        }

        /** Return the iteration that is under way, from 1. */
        public int iteration() {
            return iteration;
        }

        /** Return the start of the execution's first attempt. */
        public Instant since() {
            return since;
        }

        @Override
        public String toString() {
            return "active #" + iteration + " since " + since;
        }
    }

    /** A slot by its latest execution, which ended. */
    final class Ended implements SlotState {
        private final int iteration;
        private final Instant since;
        private final Instant at;
        private final Outcome outcome;

        public Ended(int iteration, Instant since, Instant at, Outcome outcome) {
            this.iteration = iteration;
            this.since = requireNonNull(since, "since is null");
            this.at = requireNonNull(at, "at is null");
            this.outcome = requireNonNull(outcome, "outcome is null");
        }

        /** Return the latest iteration, from 1. */
        public int iteration() {
            return iteration;
        }

        /** Return the start of the execution's first attempt. */
        public Instant since() {
            return since;
        }

        /** Return the end of the execution's last attempt as observed, to the millisecond. */
        public Instant at() {
            return at;
        }

        /** Return how the execution ended. */
        public Outcome outcome() {
            return outcome;
        }

        @Override
        public String toString() {
            return "ended #" + iteration + " " + outcome + " at " + at;
        }
    }

    /** A slot that will never be launched in this run. */
    final class Skipped implements SlotState {
        private final String why;

        public Skipped(String why) {
            this.why = requireNonNull(why, "why is null");
        }

        /**
         * Return the reason, as first recorded; after a restart of the runner it may be shortened,
         * or empty.
         */
        public String why() {
            return why;
        }

        @Override
        public String toString() {
            return "skipped: " + why;
        }
    }
}
