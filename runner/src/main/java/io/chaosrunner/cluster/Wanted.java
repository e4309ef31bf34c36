package io.chaosrunner.cluster;

import io.chaosrunner.cluster.Cluster.Selection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * Which objects somebody follows, so that it can be told of each here.
 *
 * @param namespace empty if any
 * @param name empty if any
 * @param labels the labels that they bear
 */
record Wanted(String namespace, String name, Map<String, String> labels) {
    Wanted {
        labels = Map.copyOf(labels);
    }

    /** Read a selection; empty for a selector that asks for more than labels of certain values. */
    static Optional<Wanted> of(String namespace, Selection selection) {
        return switch (selection) {
            case Selection.Named(String name) -> Optional.of(new Wanted(namespace, name, Map.of()));
            case Selection.Labelled(String selector) -> {
                var labels = new LinkedHashMap<String, String>();
                for (String term : selector.isEmpty() ? new String[0] : selector.split(",", -1)) {
                    String[] sides = term.split("=", -1);
                    if (sides.length != 2
                            || sides[0].isEmpty()
                            || sides[0].indexOf('!') >= 0
                            || labels.put(sides[0], sides[1]) != null) {
                        yield Optional.empty();
                    }
                }
                yield Optional.of(new Wanted(namespace, "", labels));
            }
        };
    }

    boolean isEverything() {
        return name.isEmpty() && labels.isEmpty();
    }

    /** Tell whether an object is one of them. */
    boolean isMetBy(JsonNode object) {
        JsonNode metadata = object.path("metadata");
        return (namespace.isEmpty() || namespace.equals(metadata.path("namespace").asString("")))
                && (name.isEmpty() || name.equals(metadata.path("name").asString("")))
                && labels.entrySet().stream()
                        .allMatch(each ->
                                each.getValue()
                                        .equals(
                                                metadata.path("labels")
                                                        .path(each.getKey())
                                                        .asString(null)));
    }
}
