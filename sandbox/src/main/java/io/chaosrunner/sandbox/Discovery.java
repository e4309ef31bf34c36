package io.chaosrunner.sandbox;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What is served, so that clients which ask first find it. */
final class Discovery {
    private static final List<String> VERBS =
            List.of(
                    "create",
                    "delete",
                    "deletecollection",
                    "get",
                    "list",
                    "patch",
                    "update",
                    "watch");

    private Discovery() {}

    static ObjectNode version() {
        return Json.object(
                "{'major':'1','minor':'34','gitVersion':'v1.34.0+sandbox','gitCommit':'',"
                        + "'gitTreeState':'clean','buildDate':'1970-01-01T00:00:00Z',"
                        + "'goVersion':'','compiler':'','platform':'sandbox'}");
    }

    /** Return the document at {@code /api}, {@code /apis} or a group or version below. */
    static Optional<ObjectNode> at(List<String> path) {
        if (path.equals(List.of("api"))) {
            return Optional.of(Json.object("{'kind':'APIVersions','versions':['v1']}"));
        }
        if (path.getFirst().equals("api")) {
            return resources("", path.get(1));
        }
        return switch (path.size()) {
            case 1 -> {
                ObjectNode list = Json.object("{'kind':'APIGroupList','apiVersion':'v1'}");
                ArrayNode groups = list.putArray("groups");
                groupVersions()
                        .filter(gv -> !gv.group.isEmpty())
                        .forEach(gv -> groups.add(group(gv)));
                yield Optional.of(list);
            }
            case 2 ->
                    groupVersions()
                            .filter(gv -> gv.group.equals(path.get(1)))
                            .findFirst()
                            .map(gv ->
                                    Json.object("{'kind':'APIGroup','apiVersion':'v1'}")
                                            .setAll(group(gv)));
            default -> resources(path.get(1), path.get(2));
        };
    }

    static boolean serves(String group, String version) {
        return groupVersions().anyMatch(r -> r.group.equals(group) && r.version.equals(version));
    }

    /** Return one resource of each group and version. */
    private static Stream<ApiResource> groupVersions() {
        List<ApiResource> all = List.of(ApiResource.values());
        return all.stream()
                .filter(r ->
                        all.stream()
                                .filter(o -> o.apiVersion().equals(r.apiVersion()))
                                .findFirst()
                                .equals(Optional.of(r)));
    }

    private static ObjectNode group(ApiResource resource) {
        ObjectNode version =
                Json.object()
                        .put("groupVersion", resource.apiVersion())
                        .put("version", resource.version);
        ObjectNode group = Json.object().put("name", resource.group);
        group.putArray("versions").add(version);
        return group.set("preferredVersion", version);
    }

    private static Optional<ObjectNode> resources(String group, String version) {
        if (!serves(group, version)) {
            return Optional.empty();
        }
        ObjectNode list = Json.object("{'kind':'APIResourceList','apiVersion':'v1'}");
        list.put("groupVersion", group.isEmpty() ? version : group + "/" + version);
        ArrayNode resources = list.putArray("resources");
        Arrays.stream(ApiResource.values())
                .filter(r -> r.group.equals(group) && r.version.equals(version))
                .forEach(r -> {
                    resources.add(resource(r, r.plural, VERBS));
                    if (r.statusSubresource) {
                        resources.add(
                                resource(
                                        r,
                                        r.plural + "/status",
                                        List.of("get", "patch", "update")));
                    }
                });
        return Optional.of(list);
    }

    private static ObjectNode resource(ApiResource resource, String name, List<String> verbs) {
        ObjectNode described =
                Json.object()
                        .put("name", name)
                        .put("singularName", resource.kind.toLowerCase(java.util.Locale.ROOT))
                        .put("namespaced", resource.namespaced)
                        .put("kind", resource.kind);
        ArrayNode array = described.putArray("verbs");
        verbs.forEach(array::add);
        return described;
    }
}
