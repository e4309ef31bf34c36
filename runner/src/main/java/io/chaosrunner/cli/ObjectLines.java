package io.chaosrunner.cli;

import io.chaosrunner.config.Lines;
import io.chaosrunner.crd.Schema;
import java.util.List;

/**
 * The file and line of each part of an object that was read from a file.
 *
 * @param path where the object stands in its document, such as {@code items[0].}; empty if it is
 *     all of it
 */
record ObjectLines(String file, Lines.Packed lines, String path) {
    /** Return where a field stands, or the nearest part above it that exists. */
    String place(String field) {
        return places(List.of(field)).getFirst();
    }

    /** Return where fields stand, each place once. */
    List<String> places(List<String> fields) {
        Lines all = lines.unpacked();
        return fields.stream()
                .map(field -> file + ":" + all.line(path + field))
                .distinct()
                .toList();
    }

    /**
     * Return where a problem stands, such as {@code engine.yaml:12}.
     *
     * @param annotation whose YAML the problem is in, unless it names a field of the object
     * @param problem its path
     */
    String place(String annotation, String problem) {
        String text = Schema.child("metadata.annotations", annotation);
        return file + ":" + lines.unpacked().lineOfSetting(path, text, problem);
    }
}
