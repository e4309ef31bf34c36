package io.chaosrunner.claim;

import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A count of how the runs of a schedule ended. Runs that somebody stopped count for nothing.
 * Immutable.
 *
 * @param failed how many failed in all
 * @param failedInARow how many of the last ones failed
 * @param passed how many passed in all
 * @param passedInARow how many of the last ones passed
 */
public record Tally(long failed, long failedInARow, long passed, long passedInARow) {
    /** Nothing has ended yet. */
    public static final Tally NONE = new Tally(0, 0, 0, 0);

    /**
     * Return this with one more run.
     *
     * @param outcome whether it passed; empty if somebody stopped it
     */
    public Tally and(Optional<Boolean> outcome) {
        if (outcome.isEmpty()) {
            return this;
        }
        return outcome.get()
                ? new Tally(failed, 0, passed + 1, passedInARow + 1)
                : new Tally(failed + 1, failedInARow + 1, passed, 0);
    }

    static Tally read(JsonNode json) {
        return json.isMissingNode()
                ? NONE
                : new Tally(
                        number(json, "failed"),
                        number(json, "failedInARow"),
                        number(json, "passed"),
                        number(json, "passedInARow"));
    }

    private static long number(JsonNode json, String key) {
        return json.has(key) ? ClaimText.number(json.path(key), 0) : 0;
    }

    void write(ObjectNode json) {
        put(json, "failed", failed);
        put(json, "failedInARow", failedInARow);
        put(json, "passed", passed);
        put(json, "passedInARow", passedInARow);
    }

    private static void put(ObjectNode json, String key, long number) {
        if (number > 0) {
            json.put(key, number);
        }
    }
}
