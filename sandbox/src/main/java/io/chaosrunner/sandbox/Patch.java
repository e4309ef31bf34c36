package io.chaosrunner.sandbox;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Merge patches (RFC 7386) and JSON patches (RFC 6902), applied.
 *
 * <p>Where the library inside kube-apiserver (evanphx/json-patch) departs from the RFCs, so does
 * this: a merge patch drops nulls from objects inside arrays; {@code test} for null passes on a
 * member that is not there, and {@code copy} of one writes null; {@code replace} creates a missing
 * member; an array index may be negative; {@code add} without a value adds null.
 */
final class Patch {
    private Patch() {}

    /** Return a target with a merge patch applied; neither is changed. */
    static ObjectNode merge(ObjectNode target, ObjectNode patch) {
        ObjectNode merged = target.deepCopy();
        for (Map.Entry<String, JsonNode> member : patch.properties()) {
            String name = member.getKey();
            JsonNode value = member.getValue();
            if (value.isNull()) {
                merged.remove(name);
            } else if (value instanceof ObjectNode change
                    && merged.get(name) instanceof ObjectNode old) {
                merged.set(name, merge(old, change));
            } else {
                merged.set(name, withoutNulls(value));
            }
        }
        return merged;
    }

    private static JsonNode withoutNulls(JsonNode value) {
        if (value instanceof ObjectNode object) {
            ObjectNode kept = Json.object();
            for (Map.Entry<String, JsonNode> member : object.properties()) {
                if (!member.getValue().isNull()) {
                    kept.set(member.getKey(), withoutNulls(member.getValue()));
                }
            }
            return kept;
        }
        if (value instanceof ArrayNode array) {
            ArrayNode kept = Json.array();
            array.values().forEach(item -> kept.add(withoutNulls(item)));
            return kept;
        }
        return value.deepCopy();
    }

    /**
     * Return a target with a JSON patch applied; neither is changed.
     *
     * @throws StatusError 422 if any operation does not apply, {@code test} among them
     */
    static JsonNode apply(JsonNode target, ArrayNode patch) {
        JsonNode[] root = {target.deepCopy()};
        for (JsonNode operation : patch.values()) {
            if (!operation.path("op").isString() || !operation.path("path").isString()) {
                throw StatusError.patchRejected();
            }
            String path = Json.text(operation, "path");
            JsonNode value = operation.get("value");
            switch (Json.text(operation, "op")) {
                case "add" -> add(root, path, value);
                case "remove" -> remove(root, path);
                case "replace" -> replace(root, path, value);
                case "move" -> {
                    String from = from(operation);
                    JsonNode moved = find(root[0], from);
                    remove(root, from);
                    add(root, path, moved);
                }
                case "copy" -> {
                    JsonNode copied = find(root[0], from(operation));
                    add(root, path, copied == null ? null : copied.deepCopy());
                }
                case "test" -> test(root[0], path, value);
                default -> throw StatusError.patchRejected();
            }
        }
        return root[0];
    }

    private static String from(JsonNode operation) {
        if (!operation.path("from").isString()) {
            throw StatusError.patchRejected();
        }
        return Json.text(operation, "from");
    }

    private static void add(JsonNode[] root, String path, @Nullable JsonNode given) {
        JsonNode value = given == null ? NullNode.getInstance() : given.deepCopy();
        if (path.isEmpty()) {
            root[0] = value;
            return;
        }
        String key = last(path);
        switch (parent(root[0], path)) {
            case ObjectNode object -> object.set(key, value);
            case ArrayNode array -> {
                if (key.equals("-")) {
                    array.add(value);
                    return;
                }
                int index = index(key);
                // A negative index counts from the end, where "one past the end" is -1.
                int at = index < 0 ? index + array.size() + 1 : index;
                if (at < 0 || at > array.size()) {
                    throw StatusError.patchRejected();
                }
                array.insert(at, value);
            }
            default -> throw StatusError.patchRejected();
        }
    }

    private static void remove(JsonNode[] root, String path) {
        if (path.isEmpty()) {
            throw StatusError.patchRejected();
        }
        String key = last(path);
        switch (parent(root[0], path)) {
            case ObjectNode object -> {
                if (object.remove(key) == null) {
                    throw StatusError.patchRejected();
                }
            }
            case ArrayNode array -> array.remove(existing(array, key));
            default -> throw StatusError.patchRejected();
        }
    }

    private static void replace(JsonNode[] root, String path, @Nullable JsonNode given) {
        JsonNode value = given == null ? NullNode.getInstance() : given.deepCopy();
        if (path.isEmpty()) {
            root[0] = value;
            return;
        }
        String key = last(path);
        switch (parent(root[0], path)) {
            case ObjectNode object -> object.set(key, value);
            case ArrayNode array -> array.set(existing(array, key), value);
            default -> throw StatusError.patchRejected();
        }
    }

    private static void test(JsonNode root, String path, @Nullable JsonNode given) {
        JsonNode found = find(root, path);
        JsonNode wanted = given == null ? NullNode.getInstance() : given;
        boolean equal = found == null ? wanted.isNull() : found.equals(wanted);
        if (!equal) {
            throw StatusError.patchRejected();
        }
    }

    /** Return what a path names; null if its last step is a member that is not there. */
    private static @Nullable JsonNode find(JsonNode root, String path) {
        if (path.isEmpty()) {
            return root;
        }
        return switch (parent(root, path)) {
            case ObjectNode object -> object.get(last(path));
            case ArrayNode array -> array.get(existing(array, last(path)));
            default -> throw StatusError.patchRejected();
        };
    }

    private static JsonNode parent(JsonNode root, String path) {
        List<String> keys = keys(path);
        JsonNode at = root;
        for (String key : keys.subList(0, keys.size() - 1)) {
            JsonNode next =
                    switch (at) {
                        case ObjectNode object -> object.get(key);
                        case ArrayNode array -> array.get(existing(array, key));
                        default -> null;
                    };
            if (next == null) {
                throw StatusError.patchRejected();
            }
            at = next;
        }
        return at;
    }

    private static String last(String path) {
        return keys(path).getLast();
    }

    private static List<String> keys(String path) {
        List<String> keys = new ArrayList<>();
        for (String key : path.split("/", -1)) {
            keys.add(key.replace("~1", "/").replace("~0", "~"));
        }
        // What stands before the first slash is ignored, whether it is empty or not.
        keys.removeFirst();
        if (keys.isEmpty()) {
            throw StatusError.patchRejected();
        }
        return keys;
    }

    private static int existing(ArrayNode array, String key) {
        int index = index(key);
        int at = index < 0 ? index + array.size() : index;
        if (at < 0 || at >= array.size()) {
            throw StatusError.patchRejected();
        }
        return at;
    }

    private static int index(String key) {
        try {
            return Integer.parseInt(key);
        } catch (NumberFormatException e) {
            throw StatusError.patchRejected();
        }
    }
}
