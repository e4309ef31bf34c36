package io.chaosrunner.crd;

import io.chaosrunner.strategy.Parameters;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The structural schema of one CRD: find what the API server refuses, and what it drops without a
 * word. Knows as much of OpenAPI as our CRDs use.
 */
public final class Schema {
    private static final Pattern WORDS = Pattern.compile("\\^\\(([\\w|]+)\\)\\??\\$");
    private static final Set<String> EVERY_OBJECT = Set.of("apiVersion", "kind", "metadata");

    /**
     * Fields of every object's metadata, by their types; what is inside labels is checked apart.
     */
    private static final Map<String, String> METADATA =
            Map.ofEntries(
                    Map.entry("name", "string"),
                    Map.entry("generateName", "string"),
                    Map.entry("namespace", "string"),
                    Map.entry("labels", "object"),
                    Map.entry("annotations", "object"),
                    Map.entry("finalizers", "array"),
                    Map.entry("ownerReferences", "array"),
                    Map.entry("managedFields", "array"),
                    Map.entry("uid", "string"),
                    Map.entry("resourceVersion", "string"),
                    Map.entry("generation", "integer"),
                    Map.entry("creationTimestamp", "string"),
                    Map.entry("deletionTimestamp", "string"),
                    Map.entry("deletionGracePeriodSeconds", "integer"),
                    Map.entry("selfLink", "string"));

    /** Hears what is wrong with an object. */
    public interface Findings {
        /**
         * Hear what the API server refuses.
         *
         * @param text goes on where the path ends
         */
        void error(String path, String text);

        /** Hear of a field that the schema does not know, and no place keeps. */
        default void unknown(String path, String text) {
            error(path, text);
        }

        /** Hear of a field that is stored, and has no effect. */
        void warning(String path, String text);

        /** Return what to write in quotes where a value must be text; empty if unknown. */
        default Optional<String> asText(String path) {
            return Optional.empty();
        }
    }

    private final JsonNode root;
    private final Map<String, Set<String>> known;

    private Schema(JsonNode root, Map<String, Set<String>> known) {
        this.root = root;
        this.known = known;
    }

    /**
     * Read one of our CRDs.
     *
     * @param plural such as {@code chaosengines}
     * @param known what Litmus knows where the schema keeps every field, by path without indexes
     */
    public static Schema ofCrd(String plural, Map<String, Set<String>> known) {
        try (InputStream in = Schema.class.getResourceAsStream("/crds/" + plural + ".yaml")) {
            if (in == null) {
                throw new IllegalStateException("no CRD of " + plural + " on the class path");
            }
            JsonNode crd =
                    JsonMapper.shared()
                            .valueToTree(
                                    new Load(LoadSettings.builder().build())
                                            .loadFromInputStream(in));
            JsonNode version = crd.path("spec").path("versions").path(0);
            return new Schema(version.path("schema").path("openAPIV3Schema"), known);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Find what is wrong with an object. */
    public void check(JsonNode object, Findings findings) {
        checkMetadata(object.path("metadata"), findings);
        check(object, root, "", findings);
    }

    private static void checkMetadata(JsonNode metadata, Findings findings) {
        if (metadata.isMissingNode() || metadata.isNull()) {
            return;
        }
        String complaint = complaint(metadata, "object", "", Optional.empty());
        if (!complaint.isEmpty()) {
            findings.error("metadata", complaint);
            return;
        }
        for (Map.Entry<String, JsonNode> field : metadata.properties()) {
            String at = child("metadata", field.getKey());
            String type = METADATA.getOrDefault(field.getKey(), "");
            if (type.isEmpty()) {
                findings.unknown(
                        at,
                        " is no field: the API server refuses it"
                                + choice(field.getKey(), METADATA.keySet()));
            } else if (!field.getValue().isNull()) {
                String wrong = complaint(field.getValue(), type, "", findings.asText(at));
                if (!wrong.isEmpty()) {
                    findings.error(at, wrong);
                }
            }
        }
    }

    private void check(JsonNode value, JsonNode schema, String path, Findings findings) {
        String complaint = complaint(value, schema, findings.asText(path));
        if (!complaint.isEmpty()) {
            findings.error(path, complaint);
            return;
        }
        if (value.isObject()) {
            checkFields(value, schema, path, findings);
        } else if (value.isArray()) {
            for (int i = 0; i < value.size(); i++) {
                check(value.path(i), schema.path("items"), path + "[" + i + "]", findings);
            }
        } else if (value.isString()) {
            checkText(value.asString(), schema, path, findings);
        }
    }

    private void checkFields(JsonNode value, JsonNode schema, String path, Findings findings) {
        JsonNode fields = schema.path("properties");
        for (Map.Entry<String, JsonNode> field : value.properties()) {
            String at = child(path, field.getKey());
            if (path.isEmpty() && EVERY_OBJECT.contains(field.getKey())) {
                continue;
            }
            if (fields.has(field.getKey())) {
                check(field.getValue(), fields.path(field.getKey()), at, findings);
            } else if (schema.path("additionalProperties").isObject()) {
                check(field.getValue(), schema.path("additionalProperties"), at, findings);
            } else if (!keepsAll(schema)) {
                var names = new TreeSet<>(fields.propertyNames());
                if (path.isEmpty()) {
                    names.addAll(EVERY_OBJECT);
                }
                findings.unknown(
                        at,
                        " is no field: the API server refuses it" + choice(field.getKey(), names));
            } else {
                warnOfUnknown(field.getKey(), path, at, findings);
            }
        }
        for (JsonNode name : schema.path("required")) {
            if (!value.has(name.asString())) {
                findings.error(child(path, name.asString()), " is missing; fill it in");
            }
        }
        int least = schema.path("minProperties").asInt(0);
        if (value.size() < least) {
            findings.error(path, " is empty; it needs one of " + names(fields));
        }
        checkOneOf(value, schema.path("oneOf"), path, findings);
    }

    private static void checkOneOf(
            JsonNode value, JsonNode choices, String path, Findings findings) {
        var names = new ArrayList<String>();
        choices.forEach(choice -> names.add(choice.path("required").path(0).asString("")));
        List<String> given = names.stream().filter(value::has).toList();
        if (!names.isEmpty() && given.size() != 1) {
            findings.error(
                    path,
                    given.isEmpty()
                            ? " needs one of " + String.join(", ", names)
                            : " has both " + String.join(" and ", given) + "; keep one of them");
        }
    }

    private static void checkText(String text, JsonNode schema, String path, Findings findings) {
        String pattern = schema.path("pattern").asString("");
        if (text.length() < schema.path("minLength").asInt(0)) {
            findings.error(path, " is empty; fill it in");
        } else if (!pattern.isEmpty() && !Pattern.compile(pattern).matcher(text).find()) {
            Matcher words = WORDS.matcher(pattern);
            findings.error(
                    path,
                    words.matches()
                            ? ": '"
                                    + text
                                    + "' is"
                                    + noneOf(text, List.of(words.group(1).split("\\|")))
                            : ": '" + text + "' does not match " + pattern);
        }
    }

    private static String noneOf(String text, List<String> words) {
        String none = words.size() == 1 ? " not " : " none of ";
        return none + String.join(", ", words) + meant(text, words);
    }

    /** Returns what is wrong with the type of a value; empty if nothing is. */
    private static String complaint(JsonNode value, JsonNode schema, Optional<String> written) {
        String type = schema.path("type").asString("");
        if (value.isNull()) {
            return type.isEmpty() ? "" : " has no value; give it one or remove the line";
        }
        if (schema.path("x-kubernetes-int-or-string").asBoolean(false)) {
            return value.isIntegralNumber() || value.isString()
                    ? ""
                    : " must be text or a whole number, but is " + describe(value);
        }
        return complaint(value, type, schema.path("pattern").asString(""), written);
    }

    /** Say how a value is made a text, or what else to write where that would not be one either. */
    private static String asText(String text, String pattern) {
        Matcher listed = WORDS.matcher(pattern);
        List<String> words =
                listed.matches() ? List.of(listed.group(1).split("\\|")) : List.of(text);
        return words.contains(text)
                ? "; put it in quotes: \"" + text + "\""
                : "; write " + String.join(" or ", words);
    }

    private static String complaint(
            JsonNode value, String type, String pattern, Optional<String> written) {
        boolean fits =
                switch (type) {
                    case "object" -> value.isObject();
                    case "array" -> value.isArray();
                    case "string" -> value.isString();
                    case "boolean" -> value.isBoolean();
                    case "integer" -> value.isIntegralNumber();
                    case "number" -> value.isNumber();
                    default -> true;
                };
        if (fits) {
            return "";
        }
        String wanted =
                switch (type) {
                    case "object" -> "keys and values";
                    case "array" -> "a list";
                    case "string" -> "text";
                    case "boolean" -> "true or false";
                    default -> "a whole number";
                };
        String advice =
                type.equals("string") && value.isValueNode()
                        ? asText(written.orElse(value.asString("")), pattern)
                        : "";
        return " must be " + wanted + ", but is " + describe(value) + advice;
    }

    private static String describe(JsonNode value) {
        return value.isObject()
                ? "a map"
                : value.isArray()
                        ? "a list"
                        : value.isString()
                                ? "the text '" + value.asString() + "'"
                                : value.toString();
    }

    private void warnOfUnknown(String name, String path, String at, Findings findings) {
        Set<String> names = known.get(path.replaceAll("\\[\\d+]", "[]"));
        if (names != null && !names.contains(name)) {
            findings.warning(
                    at, " is unknown to Litmus: the operator erases it" + choice(name, names));
        }
    }

    private static boolean keepsAll(JsonNode schema) {
        return schema.path("x-kubernetes-preserve-unknown-fields").asBoolean(false)
                || !schema.has("properties");
    }

    private static String choice(String name, Set<String> names) {
        String meant = meant(name, names);
        return meant.isEmpty()
                ? "; remove it, or use one of " + String.join(", ", new TreeSet<>(names))
                : meant;
    }

    private static String meant(String word, Collection<String> words) {
        return Parameters.nearest(word, words)
                .map(near -> "; did you mean '" + near + "'?")
                .orElse("");
    }

    private static String names(JsonNode fields) {
        return fields.propertyNames().stream().sorted().collect(Collectors.joining(", "));
    }

    /** Return a path one step further: a key that is no plain word is written in brackets. */
    public static String child(String path, String name) {
        if (!name.matches("[\\w/-]+")) {
            return path + "[" + name + "]";
        }
        return path.isEmpty() ? name : path + "." + name;
    }
}
