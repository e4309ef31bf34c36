package io.chaosrunner.status;

import io.chaosrunner.crd.Engine;
import io.chaosrunner.model.RunId;
import io.chaosrunner.status.Claim.State;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Engines and claims to test with. */
final class Engines {
    static final Instant NOW = Instant.parse("2026-03-01T10:00:07.900Z");

    private Engines() {}

    static ObjectNode json(String text) {
        return (ObjectNode) JsonMapper.shared().readTree(text.replace('\'', '"'));
    }

    static JsonNode tree(String text) {
        return JsonMapper.shared().readTree(text.replace('\'', '"'));
    }

    /** An engine {@code e} with fields that nobody knows, and the operator's. */
    static Engine engine() {
        return new Engine(
                json(
                        """
                        {'apiVersion': 'litmuschaos.io/v1alpha1', 'kind': 'ChaosEngine',
                         'metadata': {'name': 'e', 'namespace': 'n', 'uid': 'U', 'resourceVersion': '7',
                                      'annotations': {'team': 'x'}},
                         'spec': {'engineState': 'active', 'unknown': {'kept': [1, 2]}},
                         'status': {'engineStatus': 'initialized', 'tomorrow': true}}
                        """));
    }

    static Claim claim(State state) {
        return new Claim(
                new RunId(3, "abc"),
                "me",
                Instant.parse("2026-03-01T10:00:00.123Z"),
                42,
                json("{'strategy': 'sequential'}"),
                state,
                "",
                "",
                1,
                List.of(),
                Map.of(),
                "active",
                Fires.NONE);
    }

    /** An engine held by a claim, with these entries. */
    static Engine held(Claim claim, StatusEntry... entries) {
        ObjectNode json = engine().json();
        ((ObjectNode) json.path("metadata").path("annotations"))
                .put(Claim.ANNOTATION, claim.text());
        var list = ((ObjectNode) json.path("status")).putArray("experiments");
        for (StatusEntry entry : entries) {
            list.add(entry.json("e-runner", NOW));
        }
        return new Engine(json);
    }
}
