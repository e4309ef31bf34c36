package io.chaosrunner.status;

import io.chaosrunner.model.Attempt;
import io.chaosrunner.model.RunEnd;
import io.chaosrunner.model.RunId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** What a run just did; gathers into the audit log, the terminal and the report. */
public sealed interface RunNotice {

    /**
     * The engine was taken: a run begins, or is taken up again.
     *
     * @param waitsFor the experiments that an experiment's condition names, by its name; as the
     *     settings have them, for who draws the run
     */
    record Started(
            RunId run,
            String strategy,
            long seed,
            List<String> experiments,
            boolean resumed,
            Map<String, List<String>> waitsFor)
            implements RunNotice {
        /** Tell of a run in which nothing waits for anything. */
        public Started(
                RunId run, String strategy, long seed, List<String> experiments, boolean resumed) {
            this(run, strategy, seed, experiments, resumed, Map.of());
        }
    }

    /** Nothing can be done before something else happens; {@code why} says what. */
    record Waiting(String why) implements RunNotice {}

    /** A time was set at which the run goes on. */
    record Next(Instant at, String why) implements RunNotice {}

    /** A Job was created, or one that exists already was adopted. */
    record Launched(Attempt attempt, String experiment, String job, String why, boolean adopted)
            implements RunNotice {}

    /** An experiment's pod runs. */
    record Running(Attempt attempt, String experiment, String job, String pod)
            implements RunNotice {}

    /**
     * An attempt is over.
     *
     * @param took from the decided start until its end was known
     * @param detail what went wrong, for people; empty if nothing did
     */
    record Ended(
            Attempt attempt,
            String experiment,
            String job,
            String pod,
            StatusEntry entry,
            Duration took,
            String detail)
            implements RunNotice {
        public Ended {
            // Whoever looks on may go by another clock than the process that runs.
            took = took.isNegative() ? Duration.ZERO : took;
        }
    }

    /** A slot will never be launched in this run. */
    record Skipped(int slot, String experiment, String why) implements RunNotice {}

    /** An attempt is being stopped. */
    record Stopping(Attempt attempt, String experiment, String job, String why)
            implements RunNotice {}

    /** A Job was deleted, or kept. */
    record CleanedUp(Attempt attempt, String experiment, String job, boolean deleted)
            implements RunNotice {}

    /**
     * The engine was written.
     *
     * @param commits how many changes, each of which belongs together, the write held
     */
    record Wrote(int commits) implements RunNotice {}

    /** Something is not as it should be; the run goes on. */
    record Warning(String message) implements RunNotice {}

    /** The run is over. */
    record Finished(RunEnd end, List<StatusEntry> entries) implements RunNotice {}
}
