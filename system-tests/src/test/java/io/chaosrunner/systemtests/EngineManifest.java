package io.chaosrunner.systemtests;

import io.chaosrunner.sandbox.Scenario;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Write a ChaosEngine step by step. */
final class EngineManifest {

    private final TestNamespace namespace;
    private final GenericKubernetesResource engine;
    private final Map<String, String> annotations = new HashMap<>();
    private final Map<String, String> labels = new HashMap<>();
    private final Map<String, Object> spec = new LinkedHashMap<>();
    private final List<Map<String, Object>> experiments = new ArrayList<>();

    EngineManifest(TestNamespace namespace, String name) {
        this.namespace = namespace;
        this.engine = Litmus.object("ChaosEngine", name);
        spec.put("engineState", "active");
        spec.put(
                "appinfo",
                Map.of(
                        "appns", namespace.name(),
                        "applabel", "app=nginx",
                        "appkind", "deployment"));
    }

    EngineManifest account(String serviceAccount) {
        return spec("chaosServiceAccount", serviceAccount);
    }

    EngineManifest cleanUp(String jobCleanUpPolicy) {
        return spec("jobCleanUpPolicy", jobCleanUpPolicy);
    }

    EngineManifest annotation(String key, String value) {
        annotations.put(key, value);
        return this;
    }

    EngineManifest finalizer(String finalizer) {
        engine.getMetadata().setFinalizers(List.of(finalizer));
        return this;
    }

    EngineManifest label(String key, String value) {
        labels.put(key, value);
        return this;
    }

    EngineManifest spec(String field, Object value) {
        spec.put(field, value);
        return this;
    }

    /** List an experiment that plays the default scenario. */
    EngineManifest experiment(String experiment) {
        return experiment(experiment, Map.of());
    }

    /** List an experiment that plays a scenario. */
    EngineManifest experiment(String experiment, String scenario) {
        return experiment(
                experiment, Map.of("experimentAnnotations", Map.of(Scenario.ANNOTATION, scenario)));
    }

    /** List an experiment with these components. */
    EngineManifest experiment(String experiment, Map<String, Object> components) {
        experiments.add(Map.of("name", experiment, "spec", Map.of("components", components)));
        return this;
    }

    /** Store it; returns what the API server made of it. */
    GenericKubernetesResource create() {
        spec.put("experiments", experiments);
        engine.getMetadata().setAnnotations(annotations);
        engine.getMetadata().setLabels(labels);
        engine.setAdditionalProperty("spec", spec);
        return Litmus.engines(namespace.admin(), namespace.name()).create(engine);
    }
}
