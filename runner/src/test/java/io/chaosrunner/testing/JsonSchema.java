package io.chaosrunner.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.StringNode;

/**
 * A JSON Schema of draft 7, as far as those in {@code docs/schemas} go: a keyword that is not known
 * here is an error of the schema.
 */
public record JsonSchema(JsonNode root) {
    private static final Set<String> WORDS =
            Set.of("$schema", "$id", "title", "description", "default", "definitions");

    /** Read one of {@code docs/schemas}. */
    public static JsonSchema named(String name) {
        try {
            return new JsonSchema(
                    JsonMapper.shared()
                            .readTree(Files.readString(Path.of("../docs/schemas").resolve(name))));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public boolean accepts(JsonNode value) {
        return accepts(value, root);
    }

    private boolean accepts(JsonNode value, JsonNode schema) {
        if (schema.isBoolean()) {
            return schema.booleanValue();
        }
        for (Map.Entry<String, JsonNode> keyword : schema.properties()) {
            if (!keeps(value, keyword.getKey(), keyword.getValue(), schema)) {
                return false;
            }
        }
        return true;
    }

    private boolean keeps(JsonNode value, String keyword, JsonNode says, JsonNode schema) {
        return switch (keyword) {
            case "$ref" -> accepts(value, root.at(says.stringValue().substring(1)));
            case "type" -> isOf(value, says);
            case "const" -> value.equals(says);
            case "enum" -> each(says).anyMatch(value::equals);
            case "minimum" -> !value.isNumber() || value.doubleValue() >= says.doubleValue();
            case "maximum" -> !value.isNumber() || value.doubleValue() <= says.doubleValue();
            case "exclusiveMinimum" ->
                    !value.isNumber() || value.doubleValue() > says.doubleValue();
            case "minLength" ->
                    !value.isString() || value.stringValue().length() >= says.intValue();
            case "pattern" ->
                    !value.isString()
                            || Pattern.compile(says.stringValue())
                                    .matcher(value.stringValue())
                                    .find();
            case "minItems" -> !value.isArray() || value.size() >= says.intValue();
            case "maxItems" -> !value.isArray() || value.size() <= says.intValue();
            case "minProperties" -> !value.isObject() || value.size() >= says.intValue();
            case "items" -> !value.isArray() || each(value).allMatch(item -> accepts(item, says));
            case "required" ->
                    !value.isObject() || each(says).allMatch(name -> value.has(name.stringValue()));
            case "properties" ->
                    !value.isObject()
                            || says.properties().stream()
                                    .filter(field -> value.has(field.getKey()))
                                    .allMatch(field ->
                                            accepts(value.get(field.getKey()), field.getValue()));
            case "additionalProperties" ->
                    !value.isObject()
                            || value.properties().stream()
                                    .filter(field -> !schema.path("properties").has(field.getKey()))
                                    .allMatch(field -> accepts(field.getValue(), says));
            case "propertyNames" ->
                    !value.isObject()
                            || value.propertyNames().stream()
                                    .allMatch(name -> accepts(StringNode.valueOf(name), says));
            case "not" -> !accepts(value, says);
            case "allOf" -> each(says).allMatch(one -> accepts(value, one));
            case "anyOf" -> each(says).anyMatch(one -> accepts(value, one));
            case "oneOf" -> each(says).filter(one -> accepts(value, one)).count() == 1;
            case "if" -> !accepts(value, says) || accepts(value, schema.path("then"));
            case "then" -> true;
            default -> {
                if (!WORDS.contains(keyword)) {
                    throw new IllegalArgumentException("keyword " + keyword);
                }
                yield true;
            }
        };
    }

    private static boolean isOf(JsonNode value, JsonNode types) {
        return types.isArray()
                ? each(types).anyMatch(type -> isOf(value, type))
                : switch (types.stringValue()) {
                    case "object" -> value.isObject();
                    case "array" -> value.isArray();
                    case "string" -> value.isString();
                    case "boolean" -> value.isBoolean();
                    case "integer" -> value.isIntegralNumber();
                    case "number" -> value.isNumber();
                    default -> throw new IllegalArgumentException("type " + types);
                };
    }

    private static Stream<JsonNode> each(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false);
    }
}
