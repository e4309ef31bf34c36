package io.chaosrunner.sandbox;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The creation of an object of somebody's file, in words that name the place of each fault. */
record Loading(
        SandboxServer server,
        StrictFields strictly,
        UnaryOperator<String> place,
        ObjectNode object) {
    private static final Set<String> NOT_NEEDED =
            Set.of(
                    "rbac.authorization.k8s.io/v1",
                    "apiextensions.k8s.io/v1",
                    "policy/v1",
                    "networking.k8s.io/v1");

    /** Create it; return why that failed. */
    List<String> problems() {
        String apiVersion = Json.text(object, "apiVersion");
        String kind = Json.text(object, "kind");
        if (apiVersion.isEmpty() || kind.isEmpty()) {
            return List.of(place.apply("") + ": apiVersion and kind are required");
        }
        Optional<ApiResource> resource = ApiResource.ofKind(apiVersion, kind);
        if (resource.isEmpty()) {
            return NOT_NEEDED.contains(apiVersion)
                    ? List.of()
                    : List.of(
                            place.apply("")
                                    + ": the sandbox does not serve "
                                    + kind
                                    + " of "
                                    + apiVersion);
        }
        String name = kind + " " + Json.text(object, "metadata", "name");
        try {
            strictly.check(resource.get(), object);
            List<String> unplayable = unplayable(name);
            if (unplayable.isEmpty()) {
                String given = Json.text(object, "metadata", "namespace");
                String namespace =
                        !resource.get().namespaced ? "" : given.isEmpty() ? "default" : given;
                server.create(resource.get(), namespace, object);
            }
            return unplayable;
        } catch (StatusError e) {
            String at = place.apply(e.fields().stream().findFirst().orElse(""));
            return List.of("%s: %s: %s".formatted(at, name, e.getMessage()));
        }
    }

    /** Return the scenarios of an engine that cannot be played. */
    private List<String> unplayable(String name) {
        List<String> problems = new ArrayList<>();
        int index = 0;
        for (JsonNode experiment : Json.items(object.path("spec"), "experiments")) {
            String scenario =
                    Json.text(
                            experiment,
                            "spec",
                            "components",
                            "experimentAnnotations",
                            Scenario.ANNOTATION);
            String entry = "spec.experiments[" + index++ + "]";
            String at =
                    place.apply(
                            entry
                                    + ".spec.components.experimentAnnotations["
                                    + Scenario.ANNOTATION
                                    + "]");
            Scenario.problems(scenario)
                    .forEach(problem ->
                            problems.add("%s: %s: %s: %s".formatted(at, name, entry, problem)));
        }
        return problems;
    }
}
