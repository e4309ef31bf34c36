package io.chaosrunner.status;

import static java.util.Objects.requireNonNull;

import io.chaosrunner.model.Verdict;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Where one experiment stands, as one entry of ChaosEngine {@code status.experiments}.
 *
 * @param name the ChaosExperiment
 * @param pod name of the experiment's pod, or one of Litmus' placeholders
 * @param status one of the words below
 * @param verdict the verdict
 */
public record StatusEntry(String name, String pod, String status, Verdict verdict) {
    /** Not launched so far. */
    public static final String WAITING = "Waiting for Job Creation";

    /** The experiment's pod runs. */
    public static final String RUNNING = "Running";

    /** The experiment ended, and its verdict was read. */
    public static final String COMPLETED = "Completed";

    /** The experiment was not run, or not to its end. */
    public static final String SKIPPED = "Skipped";

    /** There is no such ChaosExperiment. */
    public static final String NOT_FOUND = "ChaosExperiment Not Found";

    /** The run was aborted; the operator writes this too, and its word stands. */
    public static final String ABORTED = "Forcefully Aborted";

    private static final String NO_POD_YET = "Yet to be launched";
    private static final String NO_POD = "N/A";

    public StatusEntry {
        requireNonNull(name, "name is null");
        requireNonNull(pod, "pod is null");
        requireNonNull(status, "status is null");
        requireNonNull(verdict, "verdict is null");
    }

    /** Return the entry of an experiment that waits for its turn. */
    public static StatusEntry waiting(String name) {
        return new StatusEntry(name, NO_POD_YET, WAITING, Verdict.NOT_APPLICABLE);
    }

    /** Return the entry of an experiment whose pod runs. */
    public static StatusEntry running(String name, String pod) {
        return new StatusEntry(name, pod, RUNNING, Verdict.AWAITED);
    }

    /** Return the entry of an experiment that ended with a verdict. */
    public static StatusEntry completed(String name, String pod, Verdict verdict) {
        return new StatusEntry(name, pod.isEmpty() ? NO_POD : pod, COMPLETED, verdict);
    }

    /** Return the entry of an experiment that could not be run, or not to its end. */
    public static StatusEntry failedToRun(String name) {
        return new StatusEntry(name, NO_POD, SKIPPED, Verdict.FAIL);
    }

    /** Return the entry of an experiment that the strategy left out: no failure. */
    public static StatusEntry leftOut(String name) {
        return new StatusEntry(name, NO_POD, SKIPPED, Verdict.NOT_APPLICABLE);
    }

    /** Return the entry of an experiment that does not exist. */
    public static StatusEntry notFound(String name) {
        return new StatusEntry(name, NO_POD, NOT_FOUND, Verdict.FAIL);
    }

    /** Tell whether the experiment is still to be launched. */
    public boolean isWaiting() {
        return status.equals(WAITING);
    }

    /** Tell whether the experiment runs, as far as the engine says. */
    public boolean isRunning() {
        return status.equals(RUNNING);
    }

    /** Return this entry as an abort leaves it: what waits or runs is aborted, the rest stands. */
    public StatusEntry aborted() {
        return status.equals(WAITING) || isRunning()
                ? new StatusEntry(name, pod, ABORTED, Verdict.STOPPED)
                : this;
    }

    /** Read an entry; unknown verdicts count as awaited. */
    public static StatusEntry read(JsonNode json) {
        return new StatusEntry(
                json.path("name").asString(""),
                json.path("experimentPod").asString(""),
                json.path("status").asString(""),
                Verdict.ofWord(json.path("verdict").asString("")).orElse(Verdict.AWAITED));
    }

    /**
     * Write the entry.
     *
     * @param runner name of the runner's pod
     * @param now time of the write; whole seconds are kept
     */
    public ObjectNode json(String runner, Instant now) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("name", name)
                .put("runner", runner)
                .put("experimentPod", pod)
                .put("status", status)
                .put("verdict", verdict.word())
                .put("lastUpdateTime", now.truncatedTo(ChronoUnit.SECONDS).toString());
    }
}
