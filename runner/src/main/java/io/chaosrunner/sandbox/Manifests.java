package io.chaosrunner.sandbox;

import io.chaosrunner.config.KubernetesYaml;
import io.chaosrunner.config.KubernetesYaml.Limits;
import io.chaosrunner.config.ManifestItem;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What became of a YAML text.
 *
 * @param created what now exists, in the order of the text
 * @param ignored what a cluster needs and the sandbox does not, such as roles and CRDs
 * @param problems what could not be created and why, with source and line
 */
public record Manifests(List<Created> created, List<String> ignored, List<String> problems) {
    private static final Set<String> NOT_NEEDED =
            Set.of(
                    "rbac.authorization.k8s.io/v1",
                    "apiextensions.k8s.io/v1",
                    "policy/v1",
                    "networking.k8s.io/v1");

    /** An object that was created. */
    public record Created(String kind, String namespace, String name) {}

    public Manifests {
        created = List.copyOf(created);
        ignored = List.copyOf(ignored);
        problems = List.copyOf(problems);
    }

    static Manifests load(SandboxServer server, String source, String yaml) {
        List<Created> created = new ArrayList<>();
        List<String> ignored = new ArrayList<>();
        List<String> problems = new ArrayList<>();
        try {
            KubernetesYaml.read(
                    new StringReader(yaml),
                    Limits.OF_FILES,
                    document -> {
                        switch (document) {
                            case KubernetesYaml.Document.Unreadable unreadable ->
                                    problems.add(
                                            source
                                                    + ":"
                                                    + unreadable.line()
                                                    + ": "
                                                    + unreadable.why());
                            case KubernetesYaml.Document.Read read ->
                                    ManifestItem.of(read.json())
                                            .forEach(item ->
                                                    one(
                                                            server,
                                                            path ->
                                                                    source
                                                                            + ":"
                                                                            + read.lines()
                                                                                    .line(
                                                                                            item
                                                                                                            .path()
                                                                                                    + path),
                                                            item.json(),
                                                            created,
                                                            ignored,
                                                            problems));
                        }
                    });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Manifests(created, ignored, problems);
    }

    static Manifests load(SandboxServer server, UnaryOperator<String> place, ObjectNode object) {
        List<Created> created = new ArrayList<>();
        List<String> ignored = new ArrayList<>();
        List<String> problems = new ArrayList<>();
        try {
            Optional<ApiResource> resource =
                    ApiResource.ofKind(Json.text(object, "apiVersion"), Json.text(object, "kind"));
            resource.ifPresent(known -> StrictFields.check(known, object));
            one(server, place, object, created, ignored, problems);
        } catch (StatusError e) {
            problems.add(
                    refused(
                            place,
                            Json.text(object, "kind"),
                            Json.text(object, "metadata", "name"),
                            e));
        }
        return new Manifests(created, ignored, problems);
    }

    private static void one(
            SandboxServer server,
            UnaryOperator<String> place,
            JsonNode document,
            List<Created> created,
            List<String> ignored,
            List<String> problems) {
        String at = place.apply("");
        if (!(document instanceof ObjectNode object)) {
            problems.add(at + ": not an object");
            return;
        }
        String apiVersion = Json.text(object, "apiVersion");
        String kind = Json.text(object, "kind");
        if (apiVersion.isEmpty() || kind.isEmpty()) {
            problems.add(at + ": apiVersion and kind are required");
            return;
        }
        Optional<ApiResource> resource = ApiResource.ofKind(apiVersion, kind);
        String name = Json.text(object, "metadata", "name");
        if (resource.isEmpty()) {
            if (NOT_NEEDED.contains(apiVersion)) {
                ignored.add(at + ": " + kind + " " + name);
            } else {
                problems.add(at + ": the sandbox does not serve " + kind + " of " + apiVersion);
            }
            return;
        }
        List<String> unplayable = unplayable(object, kind + " " + name, place);
        if (!unplayable.isEmpty()) {
            problems.addAll(unplayable);
            return;
        }
        String given = Json.text(object, "metadata", "namespace");
        String namespace = !resource.get().namespaced ? "" : given.isEmpty() ? "default" : given;
        try {
            server.create(resource.get(), namespace, object);
            created.add(new Created(kind, namespace, name));
        } catch (StatusError e) {
            problems.add(refused(place, kind, name, e));
        }
    }

    private static String refused(
            UnaryOperator<String> place, String kind, String name, StatusError e) {
        String at = place.apply(e.fields().stream().findFirst().orElse(""));
        return "%s: %s %s: %s".formatted(at, kind, name, e.getMessage());
    }

    /** Return the scenarios of an engine that cannot be played. */
    private static List<String> unplayable(
            ObjectNode object, String name, UnaryOperator<String> place) {
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
