package io.chaosrunner.cli;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** What a run in the sandbox needs of some files: an overlay builds thousands of objects. */
final class SandboxSelection {
    private static final String LITMUS = "litmuschaos.io/";
    private static final Set<String> MOUNTED = Set.of("ConfigMap", "Secret");
    private static final Set<String> ALWAYS = Set.of("Namespace", "ServiceAccount");

    private SandboxSelection() {}

    /** Return Litmus' objects, and what they name. */
    static List<FileObject> of(List<FileObject> objects) {
        var named = new HashSet<String>();
        objects.stream()
                .filter(SandboxSelection::isLitmus)
                .forEach(object -> names(object.json(), named));
        return objects.stream()
                .filter(object ->
                        isLitmus(object)
                                || ALWAYS.contains(object.kind())
                                || (MOUNTED.contains(object.kind())
                                        && named.contains(object.name())))
                .toList();
    }

    private static boolean isLitmus(FileObject object) {
        return object.apiVersion().startsWith(LITMUS);
    }

    private static void names(JsonNode json, Set<String> named) {
        if (json.path("name").isString()) {
            named.add(json.path("name").asString());
        }
        json.forEach(part -> names(part, named));
    }
}
