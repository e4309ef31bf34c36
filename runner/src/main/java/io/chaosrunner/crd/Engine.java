package io.chaosrunner.crd;

import io.chaosrunner.model.EngineRef;
import io.chaosrunner.strategy.Parameters;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A view of a ChaosEngine. The tree is never changed through this view.
 *
 * @param json the whole object, as read
 */
public record Engine(ObjectNode json) {
    /** Annotations that runs and schedules write, and nobody else: no file is to bring them. */
    public static final Set<String> WRITTEN_BY_RUNS =
            Set.of(
                    "chaosrunner.io/run",
                    "chaosrunner.io/history",
                    "chaosrunner.io/stop",
                    "chaosrunner.io/fire",
                    "chaosrunner.io/trigger",
                    "chaosrunner.io/backfill",
                    "chaosrunner.io/schedule-anchor",
                    "chaosrunner.io/suspended",
                    "chaosrunner.io/replaced",
                    "chaosrunner.io/template");

    /** Return namespace and name. */
    public EngineRef ref() {
        return new EngineRef(namespace(), name());
    }

    /** Return {@code metadata.name}. */
    public String name() {
        return metadata().path("name").asString("");
    }

    /** Return {@code metadata.namespace}. */
    public String namespace() {
        return metadata().path("namespace").asString("");
    }

    /** Return {@code metadata.uid}. */
    public String uid() {
        return metadata().path("uid").asString("");
    }

    /** Return {@code metadata.resourceVersion}. */
    public String resourceVersion() {
        return metadata().path("resourceVersion").asString("");
    }

    /** Return when the engine was created; the epoch if it is not stored yet. */
    public Instant created() {
        String time = json.path("metadata").path("creationTimestamp").asString("");
        return WrittenTime.read(time).orElse(Instant.EPOCH);
    }

    /** Return one annotation. */
    public Optional<String> annotation(String key) {
        JsonNode value = metadata().path("annotations").path(key);
        return value.isString() ? Optional.of(value.asString()) : Optional.empty();
    }

    /** Return {@code metadata.annotations}; missing if there are none. */
    public JsonNode annotations() {
        return metadata().path("annotations");
    }

    /** Return {@code metadata.labels}; missing if there are none. */
    public JsonNode labels() {
        return metadata().path("labels");
    }

    /** Return {@code spec}; missing if there is none. */
    public JsonNode spec() {
        return json.path("spec");
    }

    /** Tell whether somebody asked to stop: engineState {@code stop}, or the engine is going. */
    public boolean stopRequested() {
        return deleting() || engineState().equals("stop");
    }

    /** Return {@code spec.engineState}; empty counts as active. */
    public String engineState() {
        return spec().path("engineState").asString("");
    }

    /** Return {@code status.engineStatus}, which belongs to the operator. */
    public String engineStatus() {
        return json.path("status").path("engineStatus").asString("");
    }

    /** Tell whether the engine is being deleted. */
    public boolean deleting() {
        return !metadata().path("deletionTimestamp").isMissingNode();
    }

    /** Return {@code spec.jobCleanUpPolicy} as written; empty if absent. */
    public String jobCleanUpPolicy() {
        return spec().path("jobCleanUpPolicy").asString("");
    }

    /** Return {@code spec.experiments}, one slot each. */
    public List<EngineExperiment> experiments() {
        var result = new ArrayList<EngineExperiment>();
        for (JsonNode entry : spec().path("experiments")) {
            result.add(new EngineExperiment(entry));
        }
        return result;
    }

    /**
     * Say that {@code spec.experiments} has nothing to run, and what was written instead.
     *
     * @return what follows the path; empty if experiments are listed
     */
    public Optional<String> nothingListed() {
        if (spec().path("experiments").isArray() && !spec().path("experiments").isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(
                spec().isMissingNode()
                        ? meant("the ChaosEngine", json, "spec")
                                .orElse(" is missing; list the experiments to run")
                        : spec().has("experiments") && !spec().path("experiments").isEmpty()
                                ? " is no list; list the experiments to run"
                                : meant("spec", spec(), "experiments")
                                        .orElse(" is empty; list the experiments to run"));
    }

    /** Return the path of the field that stands where the list of experiments should. */
    public String listPath() {
        return spec().isMissingNode()
                ? near(json, "spec").orElse("spec")
                : "spec." + near(spec(), "experiments").orElse("experiments");
    }

    private static Optional<String> meant(String where, JsonNode object, String field) {
        return near(object, field)
                .map(near ->
                        " is empty; did you mean '%s' instead of '%s' in %s?"
                                .formatted(field, near, where));
    }

    /** Return the field that was probably meant to be another one, which is missing. */
    private static Optional<String> near(JsonNode object, String field) {
        return object.has(field)
                ? Optional.empty()
                : Parameters.nearest(field, object.propertyNames());
    }

    /** Return {@code status.experiments}. */
    public List<JsonNode> statusEntries() {
        var result = new ArrayList<JsonNode>();
        json.path("status").path("experiments").forEach(result::add);
        return result;
    }

    /** Let an engine own an object, which the cluster then removes with it. */
    public static void own(ObjectNode metadata, String engine, String uid) {
        metadata.putArray("ownerReferences")
                .addObject()
                .put("apiVersion", "litmuschaos.io/v1alpha1")
                .put("kind", "ChaosEngine")
                .put("name", engine)
                .put("uid", uid)
                .put("blockOwnerDeletion", false);
    }

    /** Tell whether an object names this very engine as its owner. */
    public boolean owns(JsonNode object) {
        for (JsonNode owner : object.path("metadata").path("ownerReferences")) {
            if (owner.path("uid").asString("").equals(uid())) {
                return true;
            }
        }
        return false;
    }

    private JsonNode metadata() {
        return json.path("metadata");
    }
}
