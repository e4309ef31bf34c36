package io.chaosrunner.run;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Cluster.Propagation;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.job.ExecutionLabels;
import io.chaosrunner.job.JobState;
import io.chaosrunner.model.ExecutionId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Remove Jobs and pods, and see them gone.
 *
 * <p>Helper pods carry the fault: they copy the experiment pod's labels and have no owner, so
 * deleting a Job leaves them injecting. What is removed here is found by label, helpers included.
 */
final class Reaper {
    /** As long as the operator waits for the pods of an aborted engine. */
    private static final Duration LONGEST = Duration.ofSeconds(181);

    private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
    private static final Duration LAST_PAUSE = Duration.ofSeconds(1);

    private final Cluster cluster;
    private final String namespace;
    private final Consumer<RunNotice> notices;

    Reaper(Cluster cluster, String namespace, Consumer<RunNotice> notices) {
        this.cluster = cluster;
        this.namespace = namespace;
        this.notices = notices;
    }

    /**
     * Remove one execution's Jobs and pods; returns when they are gone, or cannot be removed: tells
     * whether they were seen gone.
     */
    boolean remove(ExecutionId execution) {
        return removeAll(ExecutionLabels.selector(execution));
    }

    /** Remove everything of one run, in the same way. */
    boolean removeRun(String engineUid, String runId) {
        return removeAll(ExecutionLabels.selectorOfRun(engineUid, runId));
    }

    /** Delete one Job and what it owns, without waiting. */
    boolean delete(LiveJob job) {
        try {
            cluster.delete(Resource.JOBS, namespace, job.name(), job.uid(), Propagation.FOREGROUND);
            return true;
        } catch (ClusterException e) {
            notices.accept(
                    new RunNotice.Warning(
                            "Job %s/%s was not deleted: %s"
                                    .formatted(namespace, job.name(), e.getMessage())));
            return false;
        }
    }

    private boolean removeAll(String selector) {
        long end = System.nanoTime() + LONGEST.toNanos();
        Duration pause = FIRST_PAUSE;
        boolean told = false;
        while (true) {
            // Jobs first: a Job that lost its pod makes another.
            var left = new ArrayList<String>();
            boolean jobsGo = removeOnce(Resource.JOBS, selector, left);
            boolean podsGo = removeOnce(Resource.PODS, selector, left);
            if (left.isEmpty()) {
                return jobsGo && podsGo;
            }
            if (!told && pause.equals(LAST_PAUSE)) {
                told = true;
                notices.accept(
                        new RunNotice.Waiting("until these are gone: " + String.join(", ", left)));
            }
            if (System.nanoTime() > end) {
                notices.accept(
                        new RunNotice.Warning(
                                "pods with labels %s in namespace %s are still there after %d s: their nodes may be gone; remove them by hand"
                                        .formatted(selector, namespace, LONGEST.toSeconds())));
                return false;
            }
            pause(pause);
            pause =
                    pause.multipliedBy(2).compareTo(LAST_PAUSE) > 0
                            ? LAST_PAUSE
                            : pause.multipliedBy(2);
        }
    }

    /**
     * Ask for the removal of what is there; names what is left to wait for, and tells whether there
     * is nothing else that may live.
     */
    private boolean removeOnce(Resource resource, String selector, List<String> left) {
        List<ObjectNode> objects;
        try {
            objects = cluster.list(resource, namespace, selector);
        } catch (ClusterException e) {
            if (e.kind() == Kind.FORBIDDEN) {
                notices.accept(
                        new RunNotice.Warning(
                                "%s are not removed: %s"
                                        .formatted(resource.plural(), e.getMessage())));
                // Accounts need no right to read Jobs; what these do is seen by their pods.
                return resource == Resource.JOBS;
            }
            throw e;
        }
        boolean allGo = true;
        for (ObjectNode object : objects) {
            JsonNode metadata = object.path("metadata");
            String name = metadata.path("name").asString();
            if (metadata.path("deletionTimestamp").isString()) {
                left.add(name);
                continue;
            }
            try {
                cluster.delete(
                        resource,
                        namespace,
                        name,
                        metadata.path("uid").asString(),
                        Propagation.BACKGROUND);
                left.add(name);
            } catch (ClusterException e) {
                if (e.kind() != Kind.FORBIDDEN) {
                    throw e;
                }
                notices.accept(
                        new RunNotice.Warning(
                                "%s %s is not removed: %s"
                                        .formatted(resource.plural(), name, e.getMessage())));
                allGo &= isOver(resource, object);
            }
        }
        return allGo;
    }

    private static boolean isOver(Resource resource, ObjectNode object) {
        return resource == Resource.JOBS
                ? !(JobState.of(object) instanceof JobState.Active)
                : !LivePods.isLive(object);
    }

    private static void pause(Duration duration) {
        try {
            TimeUnit.MILLISECONDS.sleep(duration.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ClusterException(Kind.UNREACHABLE, "interrupted");
        }
    }
}
