package io.chaosrunner.crd;

import io.chaosrunner.model.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * View a ChaosResult.
 *
 * @param json the whole object, as read
 */
public record Result(JsonNode json) {

    /** Return the name of the object; empty if it has none. */
    public String name() {
        return json.path("metadata").path("name").asString("");
    }

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

    /** Return the step that failed, in the words of the experiment; empty if none did. */
    public String failStep() {
        String step = experimentStatus().path("failStep").asString("");
        if (!step.isEmpty() && !step.equals("N/A") && !step.equals("Awaited")) {
            return step;
        }
        String code = experimentStatus().path("errorOutput").path("errorCode").asString("");
        String reason = failure();
        return code.isEmpty() || reason.isEmpty() ? code + reason : code + ": " + reason;
    }

    /** Return the probes that failed, each with what it says of itself. */
    public List<String> failedProbes() {
        var failed = new ArrayList<String>();
        for (JsonNode probe : json.path("status").path("probeStatuses")) {
            JsonNode status = probe.path("status");
            if (status.path("verdict").asString("").equals("Failed")) {
                String said = status.path("description").asString("");
                String name = probe.path("name").asString("");
                failed.add(said.isEmpty() ? name : name + ": " + said);
            }
        }
        return failed;
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
