package io.chaosrunner.cluster;

import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.config.KubernetesYaml;
import io.chaosrunner.config.KubernetesYaml.Document;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A map of a text in YAML or JSON that may hold secrets: what is wrong is said by line and name,
 * never by value. An empty text, and null, is as if it was not there.
 */
final class Tree {
    private final ObjectNode map;
    private final String where;

    private Tree(ObjectNode map, String where) {
        this.map = map;
        this.where = where;
    }

    /** Return one that holds nothing. */
    static Tree empty() {
        return new Tree(JsonNodeFactory.instance.objectNode(), "");
    }

    /**
     * Read the first document of a text, as kubectl does.
     *
     * @param what names the text
     * @throws ClusterException if it cannot be read
     */
    static Tree parse(String text, String what) {
        var documents = new ArrayList<Document>();
        try {
            KubernetesYaml.read(
                    new StringReader(text), KubernetesYaml.Limits.OF_FILES, documents::add);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (documents.isEmpty()) {
            return empty();
        }
        return switch (documents.getFirst()) {
            case Document.Read read when read.json() instanceof ObjectNode map -> new Tree(map, "");
            case Document.Read _ -> throw wrong(what + " is no map of names and values");
            case Document.Unreadable unreadable ->
                    throw wrong(
                            "%s cannot be read as YAML: see line %d"
                                    .formatted(what, unreadable.line()));
        };
    }

    boolean isEmpty() {
        return map.isEmpty();
    }

    boolean has(String name) {
        return !at(name).isNull();
    }

    private JsonNode at(String name) {
        JsonNode value = map.get(name);
        return value == null ? JsonNodeFactory.instance.nullNode() : value;
    }

    Optional<String> text(String name) {
        JsonNode value = at(name);
        if (value.isNull()) {
            return Optional.empty();
        }
        if (!value.isString()) {
            throw wrong(where + name + " must be a text; put it in quotes");
        }
        return Optional.of(usable(value, name)).filter(text -> !text.isEmpty());
    }

    boolean flag(String name) {
        JsonNode value = at(name);
        if (!value.isNull() && !value.isBoolean()) {
            throw wrong(where + name + " must be true or false");
        }
        return value.asBoolean(false);
    }

    Optional<Tree> map(String name) {
        return switch (at(name)) {
            case ObjectNode inner -> Optional.of(new Tree(inner, where + name + "."));
            case JsonNode value when value.isNull() -> Optional.empty();
            default -> throw wrong(where + name + " must be a map of names and values");
        };
    }

    List<Tree> maps(String name) {
        var maps = new ArrayList<Tree>();
        for (JsonNode each : list(name)) {
            if (!(each instanceof ObjectNode inner)) {
                throw wrong(where + name + " must be a list of maps");
            }
            maps.add(new Tree(inner, "%s%s[%d].".formatted(where, name, maps.size())));
        }
        return maps;
    }

    List<String> texts(String name) {
        var texts = new ArrayList<String>();
        for (JsonNode each : list(name)) {
            if (!each.isString()) {
                throw wrong(where + name + " must be a list of texts; put each in quotes");
            }
            texts.add(usable(each, name));
        }
        return texts;
    }

    /** No path, header, argument or variable may hold a NUL. */
    private String usable(JsonNode value, String name) {
        String text = value.asString();
        if (text.indexOf('\0') >= 0) {
            throw wrong(where + name + " holds a character that ends a text (NUL)");
        }
        return text;
    }

    private JsonNode list(String name) {
        JsonNode value = at(name);
        if (!value.isNull() && !value.isArray()) {
            throw wrong(where + name + " must be a list");
        }
        return value;
    }

    /** Return lists of texts by name, in the order of the text. */
    Map<String, List<String>> textsByName(String name) {
        var texts = new LinkedHashMap<String, List<String>>();
        map(name)
                .ifPresent(inner ->
                        inner.map.propertyNames().forEach(key -> texts.put(key, inner.texts(key))));
        return texts;
    }

    /** Return a part as it is. */
    JsonNode json(String name) {
        return at(name);
    }

    private static ClusterException wrong(String message) {
        return new ClusterException(Kind.UNCONFIGURED, message);
    }
}
