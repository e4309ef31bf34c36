package io.chaosrunner.systemtests;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import tools.jackson.core.JsonPointer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Make objects from a CRD's schema: complete ones, with every field the schema knows and one at
 * every level that it does not know, and small ones that are wrong in a single place.
 */
final class SchemaSamples {

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    /** Name of the field that no schema knows. */
    private static final String UNKNOWN = "unknown";

    /** Enough to see each side of every "one of" in the Litmus schemas. */
    private static final int VARIANTS = 3;

    /** One of them matches, whatever the pattern in the Litmus schemas. */
    private static final List<String> WORDS =
            List.of(
                    "text",
                    "active",
                    "delete",
                    "deployment",
                    "go",
                    "Cluster",
                    "httpProbe",
                    "SOT",
                    "present",
                    "int",
                    "Mon",
                    "1");

    private SchemaSamples() {}

    /** An object, and what is particular about it. */
    record Sample(String what, ObjectNode object) {}

    /** Return complete objects that together have every field. */
    static List<Sample> complete(JsonNode schema) {
        return IntStream.range(0, VARIANTS)
                .mapToObj(variant -> new Sample("complete " + variant, object(schema, variant)))
                .toList();
    }

    /**
     * Return objects that have one field each, with what it needs, where that field is missing,
     * null, empty or of a wrong type or content.
     *
     * @param untouched names of fields that are only missing or valid, with all below them
     */
    static List<Sample> broken(JsonNode schema, Set<String> untouched) {
        var result = new ArrayList<Sample>();
        for (String name : schema.path("properties").propertyNames()) {
            brokenField(schema, name, untouched, "/" + name)
                    .forEach((what, object) -> result.add(new Sample(what, object)));
        }
        return result;
    }

    /** Return where two trees differ; what is below a difference is not looked at. */
    static Set<JsonPointer> differences(JsonNode one, JsonNode other) {
        var result = new LinkedHashSet<JsonPointer>();
        differences(one, other, JsonPointer.empty(), result);
        return result;
    }

    private static JsonNode valid(JsonNode schema, int variant) {
        return switch (schema.path("type").asString("")) {
            case "string" -> JSON.stringNode(word(schema));
            case "integer" -> JSON.numberNode(1);
            case "boolean" -> JSON.booleanNode(true);
            case "array" -> JSON.arrayNode().add(valid(schema.path("items"), variant));
            case "object" -> object(schema, variant);
            // Any, or a number as text.
            case "" -> JSON.stringNode("1");
            default -> throw new IllegalArgumentException("no sample for " + schema);
        };
    }

    private static String word(JsonNode schema) {
        if (schema.path("format").asString("").equals("date-time")) {
            return "2030-01-01T00:00:00Z";
        }
        Pattern pattern = Pattern.compile(schema.path("pattern").asString(""));
        return WORDS.stream()
                .filter(word -> pattern.matcher(word).find())
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no word for " + pattern));
    }

    private static ObjectNode object(JsonNode schema, int variant) {
        ObjectNode result = JSON.objectNode();
        JsonNode values = schema.path("additionalProperties");
        if (values.isObject()) {
            return result.set("any", valid(values, variant));
        }
        schema.path("properties")
                .forEachEntry((name, property) -> result.set(name, valid(property, variant)));
        List<String> choices = choices(schema);
        for (int i = 0; i < choices.size(); i++) {
            if (i != variant % choices.size()) {
                result.remove(choices.get(i));
            }
        }
        return result.set(UNKNOWN, JSON.objectNode().set("deep", JSON.arrayNode().add("down")));
    }

    /** Return the fields of which an object has exactly one. */
    private static List<String> choices(JsonNode schema) {
        return schema.path("maxProperties").asInt(0) == 1
                ? List.copyOf(schema.path("properties").propertyNames())
                : schema.path("oneOf")
                        .valueStream()
                        .map(choice -> choice.path("required").path(0).asString())
                        .toList();
    }

    /** Return objects with what they need and one field, which is missing or broken somewhere. */
    private static Map<String, ObjectNode> brokenField(
            JsonNode schema, String name, Set<String> untouched, String place) {
        ObjectNode whole = withField(schema, name);
        var result = new LinkedHashMap<String, ObjectNode>();
        result.put("no " + place, (ObjectNode) whole.deepCopy().without(name));
        if (!untouched.contains(name)) {
            JsonNode property = schema.path("properties").path(name);
            broken(property, untouched, place)
                    .forEach((what, value) -> {
                        ObjectNode object = whole.deepCopy();
                        result.put(what, object.set(name, value));
                    });
        }
        return result;
    }

    /** Return values that are broken in one place. */
    private static Map<String, JsonNode> broken(
            JsonNode schema, Set<String> untouched, String place) {
        var result = new LinkedHashMap<String, JsonNode>();
        Stream<JsonNode> wrong =
                switch (schema.path("type").asString("")) {
                    case "string" ->
                            Stream.of(
                                    JSON.stringNode(""),
                                    JSON.stringNode("bogus"),
                                    JSON.numberNode(7));
                    case "integer" -> Stream.of(JSON.stringNode("7"), JSON.numberNode(7.5));
                    case "boolean" -> Stream.of(JSON.stringNode("true"));
                    case "array" -> Stream.of(JSON.stringNode("bogus"), JSON.arrayNode());
                    case "object" -> Stream.of(JSON.stringNode("bogus"), JSON.objectNode());
                    default -> Stream.of(JSON.arrayNode(), JSON.stringNode("bogus"));
                };
        Stream.concat(wrong, Stream.of(JSON.nullNode()))
                .forEach(value -> result.put(place + ": " + value, value));
        if (schema.path("items").isObject()) {
            broken(schema.path("items"), untouched, place + "[]")
                    .forEach((what, item) -> result.put(what, JSON.arrayNode().add(item)));
        }
        JsonNode values = schema.path("additionalProperties");
        if (values.isObject()) {
            broken(values, untouched, place + "/any")
                    .forEach(
                            (what, value) -> result.put(what, JSON.objectNode().set("any", value)));
        }
        for (String name : schema.path("properties").propertyNames()) {
            result.putAll(brokenField(schema, name, untouched, place + "/" + name));
        }
        return result;
    }

    /** Return the smallest valid object that has a field. */
    private static ObjectNode withField(JsonNode schema, String name) {
        var needed = new HashSet<String>(Set.of(name));
        schema.path("required").forEach(field -> needed.add(field.asString()));
        List<String> choices = choices(schema);
        if (!choices.isEmpty() && !choices.contains(name)) {
            needed.add(choices.getFirst());
        }
        ObjectNode result = JSON.objectNode();
        for (String field : needed) {
            result.set(field, valid(schema.path("properties").path(field), 0));
        }
        return result;
    }

    private static void differences(
            JsonNode one, JsonNode other, JsonPointer here, Set<JsonPointer> found) {
        if (one.isObject() && other.isObject()) {
            var names = new LinkedHashSet<>(one.propertyNames());
            names.addAll(other.propertyNames());
            for (String name : names) {
                differences(one.path(name), other.path(name), here.appendProperty(name), found);
            }
        } else if (one.isArray() && other.isArray() && one.size() == other.size()) {
            for (int i = 0; i < one.size(); i++) {
                differences(one.path(i), other.path(i), here.appendIndex(i), found);
            }
        } else if (!one.equals(other)) {
            found.add(here);
        }
    }
}
