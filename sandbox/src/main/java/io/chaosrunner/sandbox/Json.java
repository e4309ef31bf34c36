package io.chaosrunner.sandbox;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** JSON trees the way the API server spells them. */
final class Json {
    static final JsonMapper MAPPER = JsonMapper.shared();

    private Json() {}

    static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    /** Parse one object; used for literals in this room, so a mistake is ours. */
    static ObjectNode object(String json) {
        try {
            return (ObjectNode) MAPPER.readTree(json.replace('\'', '"'));
        } catch (JacksonException e) {
            throw new IllegalArgumentException(json, e);
        }
    }

    static ArrayNode array() {
        return MAPPER.createArrayNode();
    }

    /** Return the text found by walking property names; empty if it is not there or not text. */
    static String text(JsonNode node, String... path) {
        JsonNode at = node;
        for (String name : path) {
            at = at.path(name);
        }
        return at.isString() ? at.stringValue() : "";
    }

    /** Return the object of that name, made if absent or not an object. */
    static ObjectNode child(ObjectNode node, String name) {
        return node.get(name) instanceof ObjectNode found ? found : node.putObject(name);
    }

    /** Return the members of the array of that name; none if it is absent. */
    static List<JsonNode> items(JsonNode node, String name) {
        return node.path(name) instanceof ArrayNode array ? List.copyOf(array.values()) : List.of();
    }

    static @Nullable JsonNode copy(@Nullable JsonNode node) {
        return node == null ? null : node.deepCopy();
    }

    /** Put a value, or remove the property when there is none. */
    static void put(ObjectNode node, String name, @Nullable JsonNode value) {
        if (value == null) {
            node.remove(name);
        } else {
            node.set(name, value);
        }
    }

    /** Return a time as Kubernetes writes it: UTC, whole seconds. */
    static String time(Instant instant) {
        return instant.truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
