package io.chaosrunner.crd;

import io.chaosrunner.model.Verdict;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * View a ChaosResult.
 *
 * @param json the whole object, as read
 */
public record Result(JsonNode json) {

    /** Return one label, copied by the experiment from its own pod; empty if absent. */
    public String label(String key) {
        return json.path("metadata").path("labels").path(key).asString("");
    }

    /** Return what identifies this version of the object: {@code uid:resourceVersion}. */
    public String version() {
        JsonNode metadata = json.path("metadata");
        return metadata.path("uid").asString("")
                + ":"
                + metadata.path("resourceVersion").asString("");
    }

    /** Return the verdict; empty if there is none, or the word is unknown. */
    public Optional<Verdict> verdict() {
        return Verdict.ofWord(experimentStatus().path("verdict").asString(""));
    }

    /** Return {@code errorOutput.reason}, or an empty string. */
    public String failure() {
        return experimentStatus().path("errorOutput").path("reason").asString("");
    }

    /** Tell whether the experiment has written its last word. */
    public boolean isTerminal() {
        String phase = experimentStatus().path("phase").asString("");
        return !phase.equals("Running") && verdict().filter(Verdict::isTerminal).isPresent();
    }

    private JsonNode experimentStatus() {
        return json.path("status").path("experimentStatus");
    }
}
