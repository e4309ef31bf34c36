package io.chaosrunner.validate;

import io.chaosrunner.model.ForeignText;
import java.util.Locale;

/**
 * What is wrong at one line of a file.
 *
 * @param severity how bad it is
 * @param file as given by the caller
 * @param line from 1
 * @param object such as {@code ChaosEngine litmus/nginx-chaos}; empty if there is none
 * @param path such as {@code spec.experiments[0].name}; empty if it is about the whole object
 * @param message begins with the path, and says what to do
 */
public record Finding(
        Severity severity, String file, int line, String object, String path, String message) {

    /** How bad a finding is. */
    public enum Severity {
        /** The object is refused, or something in it cannot run. */
        ERROR,
        /** What is written has no effect, or perhaps not the one that was meant. */
        WARNING
    }

    /** Return it as a line. */
    @Override
    public String toString() {
        return ForeignText.unbroken(
                "%s:%d: %s: %s"
                        .formatted(file, line, severity.name().toLowerCase(Locale.ROOT), message));
    }
}
