package io.chaosrunner.strategy;

import static java.util.Objects.requireNonNull;

/**
 * One parameter of a strategy: for listing, validation and suggestions.
 *
 * @param name the key users write
 * @param type what its value looks like, such as {@code duration} or {@code list of names}
 * @param defaultValue the value used when it is absent, as text; empty if there is none
 * @param doc one line
 */
public record Parameter(String name, String type, String defaultValue, String doc) {
    public Parameter {
        requireNonNull(name, "name is null");
        requireNonNull(type, "type is null");
        requireNonNull(defaultValue, "defaultValue is null");
        requireNonNull(doc, "doc is null");
    }
}
