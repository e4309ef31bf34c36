package io.chaosrunner.crd;

import tools.jackson.databind.JsonNode;

/**
 * A view of one entry of a ChaosEngine's {@code spec.experiments}.
 *
 * @param json the entry, as read
 */
public record EngineExperiment(JsonNode json) {

    /** Return the name of the ChaosExperiment. */
    public String name() {
        return json.path("name").asString("");
    }

    /** Return {@code spec.components}: what the engine overrides; missing if there is none. */
    public JsonNode components() {
        return json.path("spec").path("components");
    }
}
