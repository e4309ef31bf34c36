package io.chaosrunner.cluster;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Objects as this process wrote them last: those written longest ago are forgotten first. Safe for
 * use by several threads.
 */
final class LastWritten {
    /** In characters, most of which take a byte. */
    private static final int ROOM = 4 << 20;

    private static final int LARGEST = 64 << 10;

    private final JsonMapper mapper = JsonMapper.shared();
    private final Map<Key, String> texts = new LinkedHashMap<>();
    private int size;

    private record Key(Resource resource, String namespace, String name) {
        static Key of(Resource resource, JsonNode object) {
            JsonNode metadata = object.path("metadata");
            return new Key(
                    resource,
                    metadata.path("namespace").asString(""),
                    metadata.path("name").asString(""));
        }
    }

    /** Remember an object as it was stored. */
    void put(Resource resource, ObjectNode stored) {
        String text = mapper.writeValueAsString(stored);
        synchronized (this) {
            forget(resource, stored);
            if (text.length() > LARGEST) {
                return;
            }
            texts.put(Key.of(resource, stored), text);
            size += text.length();
            for (var oldest = texts.values().iterator(); size > ROOM; ) {
                size -= oldest.next().length();
                oldest.remove();
            }
        }
    }

    synchronized void forget(Resource resource, ObjectNode object) {
        String text = texts.remove(Key.of(resource, object));
        size -= text == null ? 0 : text.length();
    }

    Optional<ObjectNode> get(Resource resource, String namespace, String name) {
        String text;
        synchronized (this) {
            text = texts.get(new Key(resource, namespace, name));
        }
        return Optional.ofNullable(text).map(each -> (ObjectNode) mapper.readTree(each));
    }
}
