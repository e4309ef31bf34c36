package io.chaosrunner.sandbox;

import io.chaosrunner.sandbox.ObjectStore.Key;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a Litmus experiment does inside its container: keeps a ChaosResult, launches a helper pod.
 *
 * <p>Knows its surroundings from the literal environment of its container only, as the real one
 * does. A pod without {@code EXPERIMENT_NAME} has no result.
 */
final class Experiment {
    private static final Set<String> JOB_LABELS =
            Set.of(
                    "job-name",
                    "controller-uid",
                    "batch.kubernetes.io/job-name",
                    "batch.kubernetes.io/controller-uid");
    private static final Map<String, String> PHASES =
            Map.of(
                    "Pass", "Completed",
                    "Fail", "Completed_With_Probe_Failure",
                    "Stopped", "Stopped",
                    "Error", "Error");

    private final ObjectStore store;
    private final Registry registry;
    private final ObjectNode pod;
    private final Map<String, String> env;
    private @Nullable Key helper;

    Experiment(ObjectStore store, Registry registry, ObjectNode pod) {
        this.store = store;
        this.registry = registry;
        this.pod = pod;
        this.env =
                Json.items(pod.path("spec"), "containers").stream()
                        .limit(1)
                        .flatMap(container -> Json.items(container, "env").stream())
                        .filter(variable -> variable.path("value").isString())
                        .collect(
                                Collectors.toMap(
                                        variable -> Json.text(variable, "name"),
                                        variable -> Json.text(variable, "value"),
                                        (first, second) -> second));
    }

    /** Return EXPERIMENT_NAME; empty if this is no experiment. */
    String name() {
        return env("EXPERIMENT_NAME");
    }

    /** Return the ChaosResult's name, which also tells one experiment from the next. */
    String resultName() {
        String engine = env("CHAOSENGINE");
        String instance = env("INSTANCE_ID");
        return (engine.isEmpty() ? "" : engine + "-")
                + name()
                + (instance.isEmpty() ? "" : "-" + instance);
    }

    private String env(String variable) {
        return env.getOrDefault(variable, "");
    }

    /** Begin: the result says Running and Awaited. */
    void begin(Scenario scenario) {
        if (name().isEmpty()) {
            return;
        }
        switch (scenario.result()) {
            case WRITTEN, UNFINISHED -> write("Running", "Awaited", "Awaited", "");
            case NONE, STALE -> {}
        }
        if (scenario.helper()) {
            launchHelper(scenario.ending() == Scenario.Ending.ABANDON);
        }
    }

    /** End by itself: the helper goes, the result gets its verdict. */
    void finish(Scenario scenario) {
        if (name().isEmpty()) {
            return;
        }
        if (scenario.ending() != Scenario.Ending.ABANDON) {
            deleteHelper();
        }
        switch (scenario.result()) {
            case WRITTEN -> {
                String verdict = scenario.verdict();
                int implied = verdict.equals("Pass") ? 100 : 0;
                int probes = scenario.probes() < 0 ? implied : scenario.probes();
                String phase = PHASES.getOrDefault(verdict, "Completed");
                write(phase, verdict, Integer.toString(probes), history(verdict));
            }
            case NONE -> deleteResult();
            case STALE, UNFINISHED -> {}
        }
    }

    /** End on SIGTERM: the result says Stopped, and the helper is left to whoever sent it. */
    void abort(Scenario scenario) {
        if (!name().isEmpty() && scenario.result() == Scenario.Result.WRITTEN) {
            write("Stopped", "Stopped", "0", history("Stopped"));
        }
    }

    private static String history(String verdict) {
        return switch (verdict) {
            case "Pass" -> "passedRuns";
            case "Stopped" -> "stoppedRuns";
            default -> "failedRuns";
        };
    }

    private Key resultKey() {
        return new Key(ApiResource.CHAOS_RESULTS, namespace(), resultName());
    }

    private String namespace() {
        return Json.text(pod, "metadata", "namespace");
    }

    private void write(String phase, String verdict, String probes, String counter) {
        store.atomically(() -> {
            Optional<ObjectNode> old = store.get(resultKey());
            ObjectNode result =
                    old.map(ObjectNode::deepCopy)
                            .orElseGet(() ->
                                    Json.object(
                                            "{'apiVersion':"
                                                    + "'litmuschaos.io/v1alpha1',"
                                                    + "'kind':'ChaosResult'}"));
            ObjectNode metadata = Json.child(result, "metadata");
            metadata.put("name", resultName());
            metadata.set("labels", labels());
            ObjectNode spec = Json.child(result, "spec");
            spec.put("engine", env("CHAOSENGINE"));
            spec.put("experiment", name());
            spec.put("instance", env("INSTANCE_ID"));
            ObjectNode status = Json.child(result, "status");
            ObjectNode experiment = status.putObject("experimentStatus");
            experiment.put("phase", phase);
            experiment.put("verdict", verdict);
            experiment.put("probeSuccessPercentage", probes);
            if (verdict.equals("Error")) {
                experiment.put("failStep", "ChaosInject");
                experiment
                        .putObject("errorOutput")
                        .put("errorCode", "GENERIC_ERROR")
                        .put("reason", "the scenario says so");
            }
            ObjectNode history = Json.child(status, "history");
            for (String name : new String[] {"passedRuns", "failedRuns", "stoppedRuns"}) {
                int more = name.equals(counter) ? 1 : 0;
                history.put(name, history.path(name).asInt(0) + more);
            }
            if (!history.has("targets")) {
                history.putArray("targets");
            }
            if (old.isPresent()) {
                registry.replace(resultKey(), result, false);
            } else {
                registry.create(ApiResource.CHAOS_RESULTS, namespace(), result);
            }
            return true;
        });
    }

    /** The result carries the pod's labels, but its chaosUID is the environment's. */
    private ObjectNode labels() {
        ObjectNode labels = Json.object();
        pod.path("metadata")
                .path("labels")
                .properties()
                .forEach(e -> labels.set(e.getKey(), e.getValue()));
        if (!env("CHAOS_UID").isEmpty()) {
            labels.put("chaosUID", env("CHAOS_UID"));
        }
        return labels;
    }

    private void deleteResult() {
        delete(resultKey());
    }

    private void launchHelper(boolean abandoned) {
        ObjectNode body = Json.object("{'apiVersion':'v1','kind':'Pod'}");
        ObjectNode metadata = body.putObject("metadata");
        metadata.put("generateName", name() + "-helper-");
        ObjectNode labels = labels();
        labels.remove(JOB_LABELS);
        metadata.set("labels", labels);
        ObjectNode spec = body.putObject("spec");
        spec.put("restartPolicy", "Never");
        if (abandoned) {
            spec.put("terminationGracePeriodSeconds", 1);
        }
        JsonNode own = pod.path("spec").path("containers").path(0);
        spec.putArray("containers")
                .addObject()
                .put("name", name())
                .put("image", Json.text(own, "image"));
        ObjectNode created = registry.create(ApiResource.PODS, namespace(), body);
        helper = new Key(ApiResource.PODS, namespace(), Json.text(created, "metadata", "name"));
    }

    private void deleteHelper() {
        if (helper != null) {
            delete(helper);
        }
    }

    private void delete(Key key) {
        try {
            registry.delete(key, DeleteOptions.BACKGROUND);
        } catch (StatusError e) {
            // It is gone already.
            if (e.code() != 404) {
                throw e;
            }
        }
    }
}
