package io.chaosrunner.resolve;

import static java.util.Objects.requireNonNull;

/**
 * What is wrong with one place of an object.
 *
 * @param object such as {@code ChaosEngine litmus/nginx-chaos}
 * @param path such as {@code spec.experiments[0].name}
 * @param sentence begins with the path, and says what to do
 */
public record FieldProblem(String object, String path, String sentence) {
    public FieldProblem {
        requireNonNull(object, "object is null");
        requireNonNull(path, "path is null");
        requireNonNull(sentence, "sentence is null");
    }

    @Override
    public String toString() {
        return object + ": " + sentence;
    }
}
