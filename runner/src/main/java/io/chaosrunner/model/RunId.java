package io.chaosrunner.model;

import static java.util.Objects.requireNonNull;

/**
 * Identify one run of an engine.
 *
 * @param number 1, 2, 3 … for people; may repeat when an engine is re-created; 0 before the first
 * @param id random; what identity hangs on
 */
public record RunId(long number, String id) {
    /** Stands where no run was started so far. */
    public static final RunId NONE_YET = new RunId(0, "none");

    public RunId {
        requireNonNull(id, "id is null");
        if (number < 0) {
            throw new IllegalArgumentException("run number must be at least 0, but is " + number);
        }
    }

    @Override
    public String toString() {
        return "run " + number + " (" + id + ")";
    }
}
