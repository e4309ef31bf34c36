package io.chaosrunner.cli;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The fields that an API server has named as wrong. A field is known by its name and what stands
 * beside it: Jobs hold copies of what engines and experiments say, at other paths.
 */
final class ToldFields {
    private record Field(JsonNode around, String name) {}

    private final Set<Field> told = new HashSet<>();

    /**
     * Remember fields of an object.
     *
     * @param paths such as {@code spec.experiments[0].name}
     */
    void add(ObjectNode object, List<String> paths) {
        paths.forEach(path -> at(object, path).forEach(told::add));
    }

    /** Tell whether there are such fields, and nothing is new about any of them. */
    boolean cover(ObjectNode object, List<String> paths) {
        return !paths.isEmpty()
                && paths.stream().allMatch(path -> at(object, path).anyMatch(told::contains));
    }

    /** A list without an index, as Go's decoder names it, stands for each of its items. */
    private static Stream<Field> at(ObjectNode object, String path) {
        int last = path.lastIndexOf('.');
        Stream<JsonNode> around = Stream.of(object);
        if (last > 0) {
            for (String name : path.substring(0, last).split("[.\\[]")) {
                around = around.flatMap(node -> below(node, name));
            }
        }
        String name = path.substring(last + 1);
        return around.flatMap(ToldFields::items)
                .filter(JsonNode::isObject)
                .map(node -> new Field(node, name));
    }

    private static Stream<JsonNode> below(JsonNode node, String name) {
        if (name.endsWith("]")) {
            String index = name.substring(0, name.length() - 1);
            return node.isArray() && index.matches("[0-9]{1,6}")
                    ? node.optional(Integer.parseInt(index)).stream()
                    : Stream.empty();
        }
        return items(node).flatMap(each -> each.optional(name).stream());
    }

    private static Stream<JsonNode> items(JsonNode node) {
        return node.isArray() ? node.valueStream() : Stream.of(node);
    }
}
