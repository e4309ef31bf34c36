package io.chaosrunner.crd;

import io.chaosrunner.model.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import tools.jackson.databind.JsonNode;

/**
 * A view of a ChaosResult.
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

    /**
     * What one probe came to.
     *
     * @param name as the engine names it
     * @param type such as {@code httpProbe}
     * @param mode when it is asked, such as {@code Continuous}
     * @param verdict {@code Passed}, {@code Failed}, {@code N/A} or {@code Awaited}
     * @param description what it says of itself; empty if nothing
     */
    public record Probe(String name, String type, String mode, String verdict, String description) {
        /** Tell whether it failed. */
        public boolean hasFailed() {
            return verdict.equals("Failed");
        }

        /** Tell whether it passed. */
        public boolean hasPassed() {
            return verdict.equals("Passed");
        }
    }

    /** Return the probes, in the experiment's order. */
    public List<Probe> probes() {
        var probes = new ArrayList<Probe>();
        for (JsonNode probe : json.path("status").path("probeStatuses")) {
            JsonNode status = probe.path("status");
            probes.add(
                    new Probe(
                            probe.path("name").asString(""),
                            probe.path("type").asString(""),
                            probe.path("mode").asString(""),
                            status.path("verdict").asString(""),
                            status.path("description").asString("")));
        }
        return probes;
    }

    /** Return the probes that failed, each with what it says of itself. */
    public List<String> failedProbes() {
        return probes().stream()
                .filter(Probe::hasFailed)
                .map(probe ->
                        probe.description().isEmpty()
                                ? probe.name()
                                : probe.name() + ": " + probe.description())
                .toList();
    }

    /** Return how many of a hundred probes passed, in Litmus' count; empty if it does not say. */
    public OptionalInt probeSuccess() {
        String percentage = experimentStatus().path("probeSuccessPercentage").asString("");
        try {
            int number = Integer.parseInt(percentage);
            return number >= 0 && number <= 100 ? OptionalInt.of(number) : OptionalInt.empty();
        } catch (NumberFormatException e) {
            return OptionalInt.empty();
        }
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
