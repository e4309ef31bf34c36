package io.chaosrunner.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * One object of a file, packed: what an overlay builds is tens of megabytes, and an engine needs
 * little of it.
 *
 * @param place file and line, such as {@code engine.yaml:12}
 */
record FileObject(
        String place,
        String apiVersion,
        String kind,
        String namespace,
        String name,
        byte[] packed,
        Optional<ObjectLines> lines) {
    private static final String SUFFIX_LETTERS = "bcdfghjklmnpqrstvwxz2456789";
    private static final int SUFFIX = 5;
    private static final int LONGEST_PREFIX = 58;

    static FileObject of(String place, ObjectNode object) {
        return of(place, object, Optional.empty());
    }

    /**
     * @param lines where its parts stand; empty if that is not kept
     */
    static FileObject of(String place, ObjectNode object, Optional<ObjectLines> lines) {
        return new FileObject(
                place,
                object.path("apiVersion").asString(""),
                object.path("kind").asString(""),
                object.path("metadata").path("namespace").asString(""),
                object.path("metadata").path("name").asString(""),
                packed(object),
                lines);
    }

    private static byte[] packed(ObjectNode object) {
        var bytes = new ByteArrayOutputStream();
        try (var out = new DeflaterOutputStream(bytes)) {
            JsonMapper.shared().writeValue(out, object);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    ObjectNode json() {
        return (ObjectNode)
                JsonMapper.shared()
                        .readTree(new InflaterInputStream(new ByteArrayInputStream(packed)));
    }

    /** Return where a field stands, as far as that is known; the empty path is all of it. */
    String place(String field) {
        return places(List.of(field)).getFirst();
    }

    /** Return where fields stand, each place once; where it stands itself if there are none. */
    List<String> places(List<String> fields) {
        return lines.filter(_ -> !fields.isEmpty())
                .map(each -> each.places(fields))
                .orElse(List.of(place));
    }

    boolean is(String kind) {
        return this.kind.equals(kind);
    }

    boolean isEngine() {
        return is("ChaosEngine");
    }

    FileObject in(String otherNamespace) {
        ObjectNode object = json();
        object.withObject("metadata").put("namespace", otherNamespace);
        return of(place, object, lines);
    }

    /** Name an object that has only {@code generateName}, as the API server would. */
    FileObject named(Random random) {
        if (!name.isEmpty()) {
            return this;
        }
        ObjectNode object = json();
        String prefix = object.path("metadata").path("generateName").asString("");
        var named = new StringBuilder(prefix);
        named.setLength(Math.min(LONGEST_PREFIX, prefix.length()));
        for (int i = 0; i < SUFFIX; i++) {
            named.append(SUFFIX_LETTERS.charAt(random.nextInt(SUFFIX_LETTERS.length())));
        }
        object.withObject("metadata").put("name", named.toString());
        return of(place, object, lines);
    }

    @Override
    public boolean equals(Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }

    /** Return kind, namespace and name, as messages have them. */
    @Override
    public String toString() {
        return kind + " " + (namespace.isEmpty() ? "" : namespace + "/") + name;
    }
}
