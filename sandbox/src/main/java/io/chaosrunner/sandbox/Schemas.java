package io.chaosrunner.sandbox;

import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the CRDs of custom kinds refuse. Whoever starts a sandbox knows its CRDs; asked for what is
 * created or replaced strictly.
 */
@FunctionalInterface
public interface Schemas {
    /** No schema is known, so that every field is kept. */
    Schemas NONE = (plural, object) -> List.of();

    /**
     * What is wrong with one field.
     *
     * @param unknown whether the schema does not know it; otherwise its value is wrong
     * @param text goes on where the path ends
     */
    record Problem(String path, boolean unknown, String text) {}

    /**
     * Return what is wrong with an object.
     *
     * @param plural of its kind, such as {@code chaosengines}
     */
    List<Problem> problems(String plural, ObjectNode object);
}
