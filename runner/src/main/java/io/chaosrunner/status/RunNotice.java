package io.chaosrunner.status;

import io.chaosrunner.model.Attempt;
import io.chaosrunner.model.RunEnd;
import io.chaosrunner.model.RunId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/** What a run just did; gathers into the audit log, the terminal and the report. */
public sealed interface RunNotice {

    /**
     * The engine was taken: a run begins, or is taken up again.
     *
     * @param settings of the run as it was planned, for who draws what waits for what; missing if
     *     they are not known
     */
    record Started(
            RunId run,
            String strategy,
            long seed,
            List<String> experiments,
            boolean resumed,
            JsonNode settings)
            implements RunNotice {
        /** Tell of a run whose settings are not known. */
        public Started(
                RunId run, String strategy, long seed, List<String> experiments, boolean resumed) {
            this(run, strategy, seed, experiments, resumed, MissingNode.getInstance());
        }
    }

    /** Nothing can be done before something else happens; {@code why} says what. */
    record Waiting(String why) implements RunNotice {}

    /** A time was set at which the run goes on. */
    record Next(Instant at, String why) implements RunNotice {}

    /**
     * A Job was created, or one that exists already was adopted.
     *
     * @param took from the decided start until its Job was known to exist, by the clock of the
     *     process that runs; empty if it was adopted, or is seen from outside
     */
    record Launched(
            Attempt attempt,
            String experiment,
            String job,
            String why,
            boolean adopted,
            Optional<Duration> took)
            implements RunNotice {
        /** Tell of a Job of which nobody here knows how long it took. */
        public Launched(
                Attempt attempt, String experiment, String job, String why, boolean adopted) {
            this(attempt, experiment, job, why, adopted, Optional.empty());
        }
    }

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
