package io.chaosrunner.sandbox;

import io.chaosrunner.sandbox.StatusError.Cause;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Decode objects as the API server does, and order them as it encodes them. Pure. */
final class Codec {
    private static final List<String> METADATA =
            List.of(
                    "name",
                    "generateName",
                    "namespace",
                    "uid",
                    "resourceVersion",
                    "generation",
                    "creationTimestamp",
                    "deletionTimestamp",
                    "deletionGracePeriodSeconds",
                    "labels",
                    "annotations",
                    "ownerReferences",
                    "finalizers");

    private Codec() {}

    /**
     * Return an object as the server decodes it: type checked, metadata reduced to what exists.
     *
     * @throws StatusError 400 or 422 if it is of another kind or does not decode
     */
    static ObjectNode decoded(ApiResource resource, ObjectNode body) {
        String apiVersion = Json.text(body, "apiVersion");
        String kind = Json.text(body, "kind");
        if (resource.custom()) {
            if (kind.isEmpty()) {
                throw StatusError.badRequest(
                        "the object provided is unrecognized (must be of type "
                                + resource.kind
                                + "): Object 'Kind' is missing in '"
                                + body
                                + "'");
            }
            if (!apiVersion.equals(resource.apiVersion())) {
                throw StatusError.badRequest(
                        "the API version in the data ("
                                + apiVersion
                                + ") does not match the expected API version ("
                                + resource.apiVersion()
                                + ")");
            }
            if (!kind.equals(resource.kind)) {
                throw StatusError.invalid(
                        kind + "." + resource.group,
                        resource.group,
                        kind,
                        Json.text(body, "metadata", "name"),
                        List.of(Cause.invalid("kind", kind, "must be " + resource.kind)));
            }
        } else if ((!kind.isEmpty() && !kind.equals(resource.kind))
                || (!apiVersion.isEmpty() && !apiVersion.equals(resource.apiVersion()))) {
            throw StatusError.badRequest(
                    kind
                            + " in version \""
                            + apiVersion
                            + "\" cannot be handled as a "
                            + resource.kind
                            + ": converting ("
                            + apiVersion
                            + "."
                            + kind
                            + ") to ("
                            + resource.kind
                            + "): unknown conversion");
        }
        ObjectNode object = resource.custom() ? body.deepCopy() : withoutNulls(body);
        object.put("kind", resource.kind);
        object.put("apiVersion", resource.apiVersion());
        if (resource.custom()) {
            object.retain("apiVersion", "kind", "metadata", "spec", "status", "description");
        }
        object.set("metadata", metadata(resource, object.get("metadata")));
        return object;
    }

    private static ObjectNode metadata(ApiResource resource, @Nullable JsonNode given) {
        ObjectNode metadata = Json.object();
        if (given == null || given.isNull()) {
            return metadata;
        }
        if (!(given instanceof ObjectNode source)) {
            throw undecodable(resource, "metadata");
        }
        for (String name : METADATA) {
            JsonNode value = source.get(name);
            if (value == null || value.isNull()) {
                continue;
            }
            boolean fits =
                    switch (name) {
                        case "labels", "annotations" ->
                                value.isObject()
                                        && value.values().stream()
                                                .allMatch(v -> v.isString() || v.isNull());
                        case "ownerReferences" ->
                                value.isArray()
                                        && value.values().stream().allMatch(JsonNode::isObject);
                        case "finalizers" ->
                                value.isArray()
                                        && value.values().stream().allMatch(JsonNode::isString);
                        case "generation", "deletionGracePeriodSeconds" -> value.isIntegralNumber();
                        default -> value.isString();
                    };
            if (!fits) {
                throw undecodable(resource, "metadata." + name);
            }
            if (!(value.isContainer() && value.isEmpty())
                    && !(value.isString() && value.stringValue().isEmpty())) {
                metadata.set(name, value.isObject() ? strings(value) : value.deepCopy());
            }
        }
        return metadata;
    }

    /** A null in a map of strings decodes as the empty string. */
    private static ObjectNode strings(JsonNode map) {
        ObjectNode strings = Json.object();
        map.properties().forEach(e -> strings.put(e.getKey(), e.getValue().asString("")));
        return strings;
    }

    private static StatusError undecodable(ApiResource resource, String field) {
        return StatusError.badRequest(
                resource.kind
                        + " in version \""
                        + resource.version
                        + "\" cannot be handled as a "
                        + resource.kind
                        + ": json: cannot unmarshal into Go struct field ObjectMeta."
                        + field);
    }

    private static ObjectNode withoutNulls(ObjectNode object) {
        ObjectNode kept = Json.object();
        for (Map.Entry<String, JsonNode> member : object.properties()) {
            if (!member.getValue().isNull()) {
                kept.set(member.getKey(), withoutNulls(member.getValue()));
            }
        }
        return kept;
    }

    private static JsonNode withoutNulls(JsonNode value) {
        if (value instanceof ObjectNode object) {
            return withoutNulls(object);
        }
        if (value instanceof ArrayNode array) {
            ArrayNode kept = Json.array();
            array.values().forEach(item -> kept.add(withoutNulls(item)));
            return kept;
        }
        return value;
    }

    /** Put the well-known properties first, for whoever reads the JSON. */
    static ObjectNode ordered(ApiResource resource, ObjectNode object) {
        ObjectNode ordered = Json.object();
        ordered.put("kind", resource.kind);
        ordered.put("apiVersion", resource.apiVersion());
        ObjectNode metadata = ordered.putObject("metadata");
        METADATA.forEach(name -> {
            JsonNode value = object.path("metadata").get(name);
            if (value != null) {
                metadata.set(name, value);
            }
        });
        object.properties().forEach(e -> ordered.putIfAbsent(e.getKey(), e.getValue()));
        return ordered;
    }
}
