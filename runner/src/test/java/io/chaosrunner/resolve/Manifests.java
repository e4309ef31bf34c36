package io.chaosrunner.resolve;

import io.chaosrunner.crd.Engine;
import io.chaosrunner.crd.Experiment;
import java.util.List;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Objects for tests: the base case of the compatibility list, changed by pieces of YAML. */
public final class Manifests {
    public static final String UID = "7c9e6679-7425-40de-944b-e07fc1f90ae7";

    private static final JsonMapper JSON = JsonMapper.shared();

    private Manifests() {}

    /** Reads one YAML object. */
    public static ObjectNode yaml(String text) {
        Object loaded = new Load(LoadSettings.builder().build()).loadFromString(text);
        return (ObjectNode) JSON.valueToTree(loaded);
    }

    /** Returns engine {@code n/e} with one entry, pod-delete; pieces replace what they name. */
    public static Engine engine(String... pieces) {
        ObjectNode engine =
                yaml(
                        """
                        apiVersion: litmuschaos.io/v1alpha1
                        kind: ChaosEngine
                        metadata: {name: e, namespace: n, uid: %s}
                        spec:
                          engineState: active
                          chaosServiceAccount: sa
                          experiments: [{name: pod-delete}]
                        """
                                .formatted(UID));
        for (String piece : pieces) {
            merge(engine, yaml(piece));
        }
        return new Engine(engine);
    }

    /** Returns engine {@code n/e} whose only entry has these {@code components}. */
    public static Engine engineWithComponents(String components) {
        Engine engine = engine();
        ObjectNode entry = (ObjectNode) engine.json().path("spec").path("experiments").path(0);
        entry.putObject("spec").set("components", yaml(components));
        return engine;
    }

    /** Returns ChaosExperiment {@code pod-delete}; pieces replace parts of its definition. */
    public static Experiment experiment(String... pieces) {
        ObjectNode experiment =
                yaml(
                        """
                        apiVersion: litmuschaos.io/v1alpha1
                        kind: ChaosExperiment
                        metadata: {name: pod-delete, namespace: n}
                        spec:
                          definition:
                            image: chaos/go-runner:3.18.0
                            command: [/bin/bash]
                            args: [-c, ./experiments -name pod-delete]
                            labels: {name: pod-delete}
                        """);
        for (String piece : pieces) {
            merge((ObjectNode) experiment.path("spec").path("definition"), yaml(piece));
        }
        return new Experiment(experiment);
    }

    /** Merges maps deeply; anything else is replaced, and null removes. */
    private static void merge(ObjectNode into, ObjectNode piece) {
        piece.properties()
                .forEach(field -> {
                    JsonNode old = into.path(field.getKey());
                    if (field.getValue().isNull()) {
                        into.remove(field.getKey());
                    } else if (old instanceof ObjectNode oldMap
                            && field.getValue() instanceof ObjectNode newMap) {
                        merge(oldMap, newMap);
                    } else {
                        into.set(field.getKey(), field.getValue());
                    }
                });
    }

    /** Returns the elements' value of one field, in order. */
    public static List<String> each(JsonNode list, String field) {
        return ((ArrayNode) list).valueStream().map(node -> node.path(field).asString("")).toList();
    }
}
