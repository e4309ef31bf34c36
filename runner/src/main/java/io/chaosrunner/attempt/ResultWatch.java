package io.chaosrunner.attempt;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Cluster.Following;
import io.chaosrunner.cluster.Cluster.Listing;
import io.chaosrunner.cluster.Cluster.Selection;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Result;
import io.chaosrunner.job.ExecutionLabels;
import io.chaosrunner.model.ExecutionId;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * The last words of a run's experiments, heard by one watch instead of read one by one. Whoever may
 * not watch them reads. Safe for use by several threads.
 */
public final class ResultWatch implements AutoCloseable {
    /** What may not be watched is not read again and again either: whoever needs it reads it. */
    private static final Duration NEVER = Duration.ofDays(1);

    /** A watch that was cut as soon as it was open is tried again after this. */
    private static final Duration AGAIN = Duration.ofSeconds(5);

    /** A result is written before its pod ends, but may come on a slower connection. */
    private static final Duration BEHIND_THE_POD = Duration.ofMillis(150);

    /** Whoever may write results must not fill the memory: what is beyond is read. */
    static final int MOST_HEARD = 1_000;

    /** What was heard and not asked for. */
    private final Map<ExecutionId, Result> heard = new HashMap<>();

    /** The executions of which nothing more is to be known. */
    private final Set<ExecutionId> told = new HashSet<>();

    private boolean watching;
    private volatile boolean mayWatch = true;
    private @Nullable Following following;

    /** Begin to watch the results that bear a run's labels; once at most. */
    public synchronized void follow(Cluster cluster, String namespace, String selector) {
        if (following != null) {
            return;
        }
        following =
                cluster.follow(
                        Resource.RESULTS,
                        namespace,
                        new Selection.Labelled(selector),
                        Listing.NONE,
                        (since, somethingNew) -> (mayWatch ? AGAIN : NEVER).minus(since),
                        new Hearing());
    }

    /** Begin to hear of the results that bear a run's labels where others watch them anyway. */
    public synchronized void overhear(Cluster cluster, String namespace, String selector) {
        if (following == null) {
            following =
                    cluster.overhear(
                                    Resource.RESULTS,
                                    namespace,
                                    new Selection.Labelled(selector),
                                    new Hearing())
                            .orElse(null);
        }
    }

    private final class Hearing implements Cluster.Listener {
        @Override
        public void present(ObjectNode object) {
            hear(new Result(object));
        }

        @Override
        public void gone(ObjectNode object) {}

        @Override
        public void beyondLimits(ObjectNode object, String why) {
            // Whoever reads it is told why.
        }

        @Override
        public void watching() {
            watch(true);
        }

        @Override
        public void watchEnded() {
            watch(false);
        }

        @Override
        public void polling(ClusterException why) {
            mayWatch = false;
            watch(false);
        }

        @Override
        public void unavailable(ClusterException why) {
            watch(false);
        }
    }

    private synchronized void watch(boolean may) {
        watching = may;
        notifyAll();
    }

    synchronized void hear(Result result) {
        Optional<ExecutionId> execution =
                ExecutionLabels.read(result.json()).filter(id -> !told.contains(id));
        boolean hasRoom =
                heard.size() < MOST_HEARD || execution.filter(heard::containsKey).isPresent();
        if (execution.isPresent() && result.isTerminal() && hasRoom) {
            heard.put(execution.get(), result);
            notifyAll();
        }
    }

    /**
     * Return the last word of an experiment whose pod ended, once; empty if it was not heard, and
     * is to be read.
     */
    synchronized Optional<Result> lastWord(ExecutionId execution) {
        long end = System.nanoTime() + BEHIND_THE_POD.toNanos();
        try {
            for (long left = BEHIND_THE_POD.toMillis();
                    watching && !heard.containsKey(execution) && left > 0;
                    left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime())) {
                wait(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        told.add(execution);
        return Optional.ofNullable(heard.remove(execution));
    }

    @Override
    public synchronized void close() {
        if (following != null) {
            following.close();
        }
    }
}
