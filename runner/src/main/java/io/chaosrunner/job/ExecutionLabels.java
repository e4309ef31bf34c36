package io.chaosrunner.job;

import io.chaosrunner.model.ExecutionId;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import tools.jackson.databind.JsonNode;

/**
 * The labels by which Jobs and pods belong to an execution.
 *
 * <p>Experiments copy the labels of their pod to helper pods and to the ChaosResult, so these are
 * found and recognised the same way.
 */
public final class ExecutionLabels {
    /** Uid of the engine; the operator finds by it what to abort. */
    public static final String CHAOS_UID = "chaosUID";

    /** Id of the run. */
    public static final String RUN = "chaosrunner.io/run";

    /** Index in {@code spec.experiments}, from 0. */
    public static final String SLOT = "chaosrunner.io/slot";

    /** Execution of the slot, from 1. */
    public static final String ITERATION = "chaosrunner.io/iteration";

    /** Try of the execution, from 1. */
    public static final String ATTEMPT = "chaosrunner.io/attempt";

    /** Number of the run; for people, no part of the identity. */
    public static final String RUN_NUMBER = "chaosrunner.io/run-number";

    /** Name of the strategy; for people, no part of the identity. */
    public static final String STRATEGY = "chaosrunner.io/strategy";

    private static final int LIMIT = 63;
    private static final Pattern VALID =
            Pattern.compile("[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?");

    private ExecutionLabels() {}

    /**
     * Return the five labels that are the identity.
     *
     * @throws IllegalArgumentException if engine uid or run id is no label value: it could not be
     *     read back
     */
    public static Map<String, String> of(ExecutionId execution) {
        var labels = new LinkedHashMap<String, String>();
        labels.put(CHAOS_UID, valid(execution.engineUid()));
        labels.put(RUN, valid(execution.runId()));
        labels.put(SLOT, Integer.toString(execution.slot()));
        labels.put(ITERATION, Integer.toString(execution.iteration()));
        labels.put(ATTEMPT, Integer.toString(execution.attempt()));
        return labels;
    }

    /** Read the identity from an object's labels; empty unless all five are there and sound. */
    public static Optional<ExecutionId> read(JsonNode object) {
        JsonNode labels = object.path("metadata").path("labels");
        String engineUid = labels.path(CHAOS_UID).asString("");
        String runId = labels.path(RUN).asString("");
        if (engineUid.isEmpty() || runId.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(
                    new ExecutionId(
                            engineUid,
                            runId,
                            Integer.parseInt(labels.path(SLOT).asString("")),
                            Integer.parseInt(labels.path(ITERATION).asString("")),
                            Integer.parseInt(labels.path(ATTEMPT).asString(""))));
        } catch (IllegalArgumentException e) {
            // Somebody else's labels, or ours edited: not an execution of ours.
            return Optional.empty();
        }
    }

    /** Return the label selector of one execution's objects, helper pods included. */
    public static String selector(ExecutionId execution) {
        return join(of(execution));
    }

    /** Return the label selector of one run's objects. */
    public static String selectorOfRun(String engineUid, String runId) {
        var labels = new LinkedHashMap<String, String>();
        labels.put(CHAOS_UID, valid(engineUid));
        labels.put(RUN, valid(runId));
        return join(labels);
    }

    /** Return the label selector of everything of one engine, the runner's own pod included. */
    public static String selectorOfEngine(String engineUid) {
        return CHAOS_UID + "=" + valid(engineUid);
    }

    /** Return the label selector of one engine's objects that belong to none of these runs. */
    public static String selectorOfOtherRuns(String engineUid, LongStream numbers) {
        return "%s,%s,%s notin (%s)"
                .formatted(
                        selectorOfEngine(engineUid),
                        RUN_NUMBER,
                        RUN_NUMBER,
                        numbers.mapToObj(Long::toString).collect(Collectors.joining(",")));
    }

    /** Read the number of the run that an object belongs to; empty unless it says so soundly. */
    public static OptionalLong runNumber(JsonNode object) {
        String number = object.path("metadata").path("labels").path(RUN_NUMBER).asString("");
        try {
            return OptionalLong.of(Long.parseLong(number));
        } catch (NumberFormatException e) {
            return OptionalLong.empty();
        }
    }

    /** Makes a label value of any text; for people only, as it cannot be read back. */
    static String sanitize(String text) {
        String cut = text.replaceAll("[^-A-Za-z0-9_.]", "_");
        cut = cut.substring(0, Math.min(cut.length(), LIMIT));
        return cut.replaceAll("^[-_.]+|[-_.]+$", "");
    }

    private static String valid(String value) {
        if (!VALID.matcher(value).matches()) {
            throw new IllegalArgumentException("not a label value: " + value);
        }
        return value;
    }

    private static String join(Map<String, String> labels) {
        return labels.entrySet().stream()
                .map(label -> label.getKey() + "=" + label.getValue())
                .collect(Collectors.joining(","));
    }
}
