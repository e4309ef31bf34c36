package io.chaosrunner.model;

import static java.util.Objects.requireNonNull;

/**
 * The identity of one run of an engine.
 *
 * @param number 1, 2, 3 … for people; may repeat when an engine is re-created
 * @param id random; what identity hangs on
 */
public record RunId(long number, String id) {
    public RunId {
        requireNonNull(id, "id is null");
        if (number < 1) {
            throw new IllegalArgumentException("run number must be at least 1, but is " + number);
        }
    }

    @Override
    public String toString() {
        return "run " + number + " (" + id + ")";
    }
}
