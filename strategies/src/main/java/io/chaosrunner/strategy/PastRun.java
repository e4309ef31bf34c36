package io.chaosrunner.strategy;

import java.time.Instant;
import java.util.List;

/**
 * A summary of one earlier run of the same engine.
 *
 * @param number the run's number, from 1
 * @param start when it first started
 * @param executions its executions in launch order
 */
public record PastRun(long number, Instant start, List<Execution> executions) {
    public PastRun {
        executions = List.copyOf(executions);
    }
}
