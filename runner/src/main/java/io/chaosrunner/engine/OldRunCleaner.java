package io.chaosrunner.engine;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Cluster.Propagation;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.job.ExecutionLabels;
import io.chaosrunner.job.JobState;
import io.chaosrunner.status.RunNotice;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.LongStream;
import tools.jackson.databind.node.ObjectNode;

/**
 * A cleaner of what runs long over have left: a scheduled engine would pile up Jobs for ever,
 * whatever its clean-up policy.
 *
 * <p>For tidiness only: what still runs is left alone, no run waits for it or fails because of it,
 * and what one run does not get to is left to the next.
 */
public final class OldRunCleaner {
    private final Cluster cluster;
    private final Engine engine;
    private final Consumer<RunNotice> notices;

    public OldRunCleaner(Cluster cluster, Engine engine, Consumer<RunNotice> notices) {
        this.cluster = cluster;
        this.engine = engine;
        this.notices = notices;
    }

    /**
     * Remove the Jobs of old runs, and finished pods that have no Job.
     *
     * @param run number of the run that begins
     * @param kept how many runs before it keep theirs
     * @param most how many objects of each kind to remove at most
     */
    public void removeBefore(long run, int kept, int most) {
        long oldest = run - kept;
        if (oldest <= 1) {
            return;
        }
        String selector =
                ExecutionLabels.selectorOfOtherRuns(
                        engine.uid(), LongStream.rangeClosed(oldest, run));
        try {
            remove(
                    Resource.JOBS,
                    selector,
                    oldest,
                    most,
                    job -> engine.owns(job) && !(JobState.of(job) instanceof JobState.Active));
            remove(Resource.PODS, selector, oldest, most, OldRunCleaner::isLeftAlone);
        } catch (ClusterException e) {
            notices.accept(
                    new RunNotice.Warning(
                            "Jobs of runs before run %d are not removed: %s%s"
                                    .formatted(
                                            oldest,
                                            e.getMessage(),
                                            e.kind() == Kind.FORBIDDEN
                                                    ? "; grant list and delete on jobs and pods, or remove them by hand"
                                                    : "; the next run tries again")));
        }
    }

    /** A helper pod has no owner; a Job's pods go with it. */
    private static boolean isLeftAlone(ObjectNode pod) {
        String phase = pod.path("status").path("phase").asString("");
        return pod.path("metadata").path("ownerReferences").isEmpty()
                && (phase.equals("Succeeded") || phase.equals("Failed"));
    }

    private void remove(
            Resource resource,
            String selector,
            long oldest,
            int most,
            Predicate<ObjectNode> removable) {
        List<ObjectNode> old =
                cluster.list(resource, engine.namespace(), selector).stream()
                        .filter(object -> isOlder(object, oldest))
                        .filter(removable)
                        .filter(object ->
                                !object.path("metadata").path("deletionTimestamp").isString())
                        .limit(most)
                        .toList();
        for (ObjectNode object : old) {
            cluster.delete(
                    resource,
                    engine.namespace(),
                    object.path("metadata").path("name").asString(),
                    object.path("metadata").path("uid").asString(),
                    Propagation.BACKGROUND);
        }
    }

    private static boolean isOlder(ObjectNode object, long oldest) {
        OptionalLong number = ExecutionLabels.runNumber(object);
        return number.isPresent() && number.getAsLong() < oldest;
    }
}
