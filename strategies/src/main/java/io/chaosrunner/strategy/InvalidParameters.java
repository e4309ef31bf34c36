package io.chaosrunner.strategy;

import java.io.Serial;
import java.util.List;
import java.util.stream.Collectors;

/** Report every unusable parameter of a strategy at once. */
public final class InvalidParameters extends RuntimeException {
    @Serial private static final long serialVersionUID = 1L;

    private final transient List<Problem> problems;

    /**
     * @param problems at least one
     */
    public InvalidParameters(List<Problem> problems) {
        super(problems.stream().map(Problem::toString).collect(Collectors.joining("; ")));
        if (problems.isEmpty()) {
            throw new IllegalArgumentException("no problem given");
        }
        this.problems = List.copyOf(problems);
    }

    /** Return every problem, in the order found. */
    public List<Problem> problems() {
        return problems;
    }

    /**
     * Say what is wrong with one value.
     *
     * @param path where it stands, such as {@code dependencies.b[0]}
     * @param message what was given, what is allowed, and what to write instead
     */
    public record Problem(String path, String message) {
        @Override
        public String toString() {
            return path + ": " + message;
        }
    }
}
