package io.chaosrunner.config;

import io.chaosrunner.strategy.InvalidParameters.Problem;
import java.io.Serial;
import java.util.List;
import java.util.stream.Collectors;

/** Report every problem of a configuration at once. */
public final class InvalidConfiguration extends RuntimeException {
    @Serial private static final long serialVersionUID = 1L;

    private final transient List<Problem> problems;

    /**
     * @param problems at least one
     */
    public InvalidConfiguration(List<Problem> problems) {
        super(problems.stream().map(Problem::toString).collect(Collectors.joining("; ")));
        this.problems = List.copyOf(problems);
    }

    /** Return every problem, in the order found. */
    public List<Problem> problems() {
        return problems;
    }
}
