package io.chaosrunner.testing;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.Claim.State;
import io.chaosrunner.claim.FireLedger;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.model.RunId;
import io.chaosrunner.status.StatusEntry;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Engines and claims to test with. */
public final class Engines {
    public static final Instant NOW = Instant.parse("2026-03-01T10:00:07.900Z");

    private Engines() {}

    public static ObjectNode json(String text) {
        return (ObjectNode) JsonMapper.shared().readTree(text.replace('\'', '"'));
    }

    public static JsonNode tree(String text) {
        return JsonMapper.shared().readTree(text.replace('\'', '"'));
    }

    /** An engine {@code e} with fields that nobody knows, and the operator's. */
    public static Engine engine() {
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

    public static Claim claim(State state) {
        return claim(state, FireLedger.NONE);
    }

    /** A claim like it, of a schedule's run. */
    public static Claim claim(State state, FireLedger fires) {
        return new Claim(
                new Claim.Start(
                        new RunId(3, "abc"),
                        Instant.parse("2026-03-01T10:00:00.123Z"),
                        42,
                        json("{'strategy': 'sequential'}"),
                        "active"),
                "me",
                new Claim.Standing(state, "", ""),
                new Claim.Progress(1, List.of(), Map.of()),
                fires);
    }

    /** An engine held by a claim, with these entries. */
    public static Engine held(Claim claim, StatusEntry... entries) {
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
