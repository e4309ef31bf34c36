package io.chaosrunner.crd;

import tools.jackson.databind.JsonNode;

/**
 * A view of a ChaosExperiment.
 *
 * @param json the whole object, as read
 */
public record Experiment(JsonNode json) {

    /** Return {@code metadata.name}. */
    public String name() {
        return json.path("metadata").path("name").asString("");
    }

    /** Return {@code spec.definition}; missing if there is none. */
    public JsonNode definition() {
        return json.path("spec").path("definition");
    }
}
