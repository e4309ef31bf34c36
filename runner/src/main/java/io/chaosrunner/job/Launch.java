package io.chaosrunner.job;

import static java.util.Objects.requireNonNull;

import io.chaosrunner.crd.WrittenTime;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * How one launch was decided. Job and pod carry it as annotations, so that a resumed run knows what
 * the broken one decided, even if it may read pods only.
 *
 * @param start decided start; kept to the millisecond
 * @param ordinal position among the launches of the run
 * @param why the strategy's reason, for people; may be empty
 * @param resultBefore {@code uid:resourceVersion} of the ChaosResult before the launch; empty if
 *     there was none
 * @param ends what the decision knew of ends that the engine did not hold yet, as the claim's log
 *     writes attempts, parted by spaces; empty if there were none
 */
public record Launch(Instant start, long ordinal, String why, String resultBefore, String ends) {
    /** Decided start, in ISO 8601 with milliseconds. */
    public static final String START = "chaosrunner.io/start";

    /** Position among the launches of the run. */
    public static final String ORDINAL = "chaosrunner.io/ordinal";

    /** The strategy's reason. */
    public static final String WHY = "chaosrunner.io/why";

    /** Version of the ChaosResult before the launch. */
    public static final String RESULT_BEFORE = "chaosrunner.io/result-before";

    /** Ends that were known when the launch was decided, and not stored yet. */
    public static final String ENDS = "chaosrunner.io/ends";

    private static final DateTimeFormatter MILLISECONDS =
            new DateTimeFormatterBuilder().appendInstant(3).toFormatter();

    public Launch {
        start = start.truncatedTo(ChronoUnit.MILLIS);
        requireNonNull(why, "why is null");
        requireNonNull(resultBefore, "resultBefore is null");
        requireNonNull(ends, "ends is null");
    }

    /** Describe a launch whose decision knew no end that was not stored. */
    public Launch(Instant start, long ordinal, String why, String resultBefore) {
        this(start, ordinal, why, resultBefore, "");
    }

    /** Read the annotations of a Job or its pod; empty if it was not launched by us. */
    public static Optional<Launch> read(JsonNode object) {
        JsonNode annotations = object.path("metadata").path("annotations");
        try {
            return Optional.of(
                    new Launch(
                            WrittenTime.parse(annotations.path(START).asString("")),
                            Long.parseLong(annotations.path(ORDINAL).asString("")),
                            annotations.path(WHY).asString(""),
                            annotations.path(RESULT_BEFORE).asString(""),
                            annotations.path(ENDS).asString("")));
        } catch (DateTimeException | NumberFormatException e) {
            // Somebody else's object, or ours edited: there is nothing to rely on.
            return Optional.empty();
        }
    }

    Map<String, String> annotations() {
        var annotations = new LinkedHashMap<String, String>();
        annotations.put(START, MILLISECONDS.format(start));
        annotations.put(ORDINAL, Long.toString(ordinal));
        annotations.put(WHY, why);
        annotations.put(RESULT_BEFORE, resultBefore);
        if (!ends.isEmpty()) {
            annotations.put(ENDS, ends);
        }
        return annotations;
    }
}
