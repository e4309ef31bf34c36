package io.chaosrunner.cluster;

import tools.jackson.databind.node.ObjectNode;

/**
 * An object as the API server holds it.
 *
 * @param object as much of it as is read
 * @param flaw why there is more than that, such as {@code is nested more than 200 deep}; empty if
 *     there is not
 */
public record Found(ObjectNode object, String flaw) {
    /** Tell whether this is all of it. */
    public boolean isWhole() {
        return flaw.isEmpty();
    }
}
