package io.chaosrunner.strategy;

import java.util.List;

/**
 * The decision on when each experiment of one engine run starts.
 *
 * <p>Found by {@link java.util.ServiceLoader}: an implementation is public, has a public
 * constructor without arguments, is stateless and safe for use by several threads.
 */
public interface ExecutionStrategy {

    /** Return the name users write; it matches {@code [a-z][a-z0-9-]*} and is unique. */
    String name();

    /** Return one line that says what this strategy does; empty by default. */
    default String description() {
        return "";
    }

    /** Describe the parameters this strategy reads; none by default. Unknown ones are refused. */
    default List<Parameter> parameters() {
        return List.of();
    }

    /**
     * Plan one run.
     *
     * @param request everything the plan may depend on
     * @return the plan; its decisions are a function of this request and of progress
     * @throws InvalidParameters with every problem at once, if a parameter is unusable
     */
    ExecutionPlan plan(StrategyRequest request);
}
