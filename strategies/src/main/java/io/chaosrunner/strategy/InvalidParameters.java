package io.chaosrunner.strategy;

import java.io.Serial;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Every unusable parameter of a strategy, reported at once. */
public final class InvalidParameters extends RuntimeException {
    @Serial private static final long serialVersionUID = 1L;

    /** More than this nobody reads, and whoever writes parameters may make any number. */
    private static final int MOST_LISTED = 100;

    private static final int MOST_IN_MESSAGE = 10;

    private final transient List<Problem> problems;

    /**
     * @param problems at least one; of more than 100 the first 100 are kept, and how many there are
     */
    public InvalidParameters(List<Problem> problems) {
        super(message(problems));
        if (problems.isEmpty()) {
            throw new IllegalArgumentException("no problem given");
        }
        int more = problems.size() - MOST_LISTED;
        this.problems =
                more <= 0
                        ? List.copyOf(problems)
                        : Stream.concat(
                                        problems.stream().limit(MOST_LISTED),
                                        Stream.of(
                                                new Problem(
                                                        "… and %d more".formatted(more),
                                                        "mend these first")))
                                .toList();
    }

    private static String message(List<Problem> problems) {
        String first =
                problems.stream()
                        .limit(MOST_IN_MESSAGE)
                        .map(Problem::toString)
                        .collect(Collectors.joining("; "));
        int more = problems.size() - MOST_IN_MESSAGE;
        return more <= 0 ? first : "%s … and %d more".formatted(first, more);
    }

    /** Return the problems, in the order found. */
    public List<Problem> problems() {
        return problems;
    }

    /**
     * What is wrong with one value.
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
