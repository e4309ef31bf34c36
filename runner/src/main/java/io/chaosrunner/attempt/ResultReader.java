package io.chaosrunner.attempt;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Result;
import io.chaosrunner.job.ExecutionLabels;
import io.chaosrunner.job.LaunchedJob;
import io.chaosrunner.model.ExecutionId;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.node.ObjectNode;

/** A reader of what an experiment says of itself, and only if it says it of this very execution. */
public final class ResultReader {
    private static final Duration PAUSE = Duration.ofMillis(250);

    private final Cluster cluster;
    private final String namespace;
    private final ResultWatch watch;

    public ResultReader(Cluster cluster, String namespace, ResultWatch watch) {
        this.cluster = cluster;
        this.namespace = namespace;
        this.watch = watch;
    }

    /**
     * Wait for the last word of an experiment whose container ended.
     *
     * @param patience how long to wait for it
     * @return empty if it did not come
     */
    Optional<Result> lastWord(ExecutionId execution, LaunchedJob job, Duration patience) {
        // What bears the execution's own labels is its own, under the name that was expected.
        Optional<Result> heard =
                watch.lastWord(execution).filter(result -> result.name().equals(job.resultName()));
        if (heard.isPresent()) {
            return heard;
        }
        long end = System.nanoTime() + patience.toNanos();
        while (true) {
            Optional<ObjectNode> found = cluster.get(Resource.RESULTS, namespace, job.resultName());
            if (found.isPresent()) {
                Result result = new Result(found.get());
                if (result.isTerminal() && isFresh(result, execution, job)) {
                    return Optional.of(result);
                }
            }
            if (System.nanoTime() >= end) {
                return Optional.empty();
            }
            try {
                TimeUnit.MILLISECONDS.sleep(PAUSE.toMillis());
            } catch (InterruptedException e) {
                throw ClusterException.interrupted();
            }
        }
    }

    /**
     * Experiments copy their pod's labels to the result, so the identity decides: what another
     * execution wrote, however late, is not ours. A result that bears none was written in another
     * way, as an aborted experiment does: then it must have changed since the launch.
     */
    private static boolean isFresh(Result result, ExecutionId execution, LaunchedJob job) {
        return ExecutionLabels.read(result.json())
                .map(execution::equals)
                .orElseGet(() -> !result.version().equals(job.resultBefore()));
    }
}
