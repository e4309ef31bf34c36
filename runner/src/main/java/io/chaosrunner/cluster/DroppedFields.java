package io.chaosrunner.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** What an API server did not store of what it was given. */
final class DroppedFields {
    /** More would be an object of another kind. */
    private static final int MOST = 20;

    private DroppedFields() {}

    /**
     * Returns the paths of the fields that are missing in what is stored.
     *
     * <p>What admission added or changed is none of them; nor is what has no value, or an empty
     * one: Go leaves {@code ""}, {@code 0} and {@code false} out where they mean nothing.
     */
    static List<String> fields(JsonNode written, JsonNode stored, String path) {
        var missing = new ArrayList<String>();
        collect(written, stored, path, missing);
        return missing;
    }

    private static void collect(
            JsonNode written, JsonNode stored, String path, List<String> missing) {
        if (written.isObject() && stored.isObject()) {
            for (Map.Entry<String, JsonNode> field : written.properties()) {
                String at = path + "." + field.getKey();
                JsonNode there = stored.path(field.getKey());
                if (!there.isMissingNode()) {
                    collect(field.getValue(), there, at, missing);
                } else if (!isEmpty(field.getValue()) && missing.size() < MOST) {
                    missing.add(at);
                }
            }
        } else if (written.isArray() && stored.isArray() && written.size() == stored.size()) {
            for (int i = 0; i < written.size(); i++) {
                collect(written.path(i), stored.path(i), path + "[" + i + "]", missing);
            }
        }
    }

    private static boolean isEmpty(JsonNode value) {
        return value.isContainer()
                ? value.isEmpty()
                : value.isNull()
                        || (value.isString() && value.asString().isEmpty())
                        || (value.isBoolean() && !value.asBoolean())
                        || (value.isNumber() && value.asDouble() == 0);
    }
}
