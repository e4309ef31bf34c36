package io.chaosrunner.engine;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Cluster.Propagation;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.job.ExecutionLabels;
import io.chaosrunner.job.JobState;
import io.chaosrunner.job.LaunchedJob;
import io.chaosrunner.model.ExecutionId;
import io.chaosrunner.model.TimeWords;
import io.chaosrunner.status.RunNotice;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The removal of Jobs and pods, until they are seen gone.
 *
 * <p>Helper pods carry the fault: they copy the experiment pod's labels and have no owner, so
 * deleting a Job leaves them injecting. What is removed here is found by label, helpers included,
 * and has its grace period to undo what it did.
 */
public final class PodRemover {
    private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
    private static final Duration LAST_PAUSE = Duration.ofSeconds(1);
    private static final int MOST_NAMES = 10;

    private final Cluster cluster;
    private final String namespace;
    private final Consumer<RunNotice> notices;
    private final Duration longest;

    /** What of some objects is to go. */
    public enum Extent {
        /** All of them. */
        ALL,
        /**
         * The pods that have not ended; Jobs, and pods that ended and that nobody deleted, stay.
         */
        LIVING
    }

    /**
     * @param longest how long to wait for what is to go
     */
    public PodRemover(
            Cluster cluster, String namespace, Consumer<RunNotice> notices, Duration longest) {
        this.cluster = cluster;
        this.namespace = namespace;
        this.notices = notices;
        this.longest = longest;
    }

    /**
     * Remove what there is of one execution; returns when it is gone, or after a bounded time.
     *
     * @return what lives all the same; nothing if the fault is gone for certain
     */
    public List<String> remove(ExecutionId execution, Extent extent) {
        return new Removal(ExecutionLabels.selector(execution), extent, Optional.empty())
                .carryOut(() -> true);
    }

    /**
     * Remove what there is of one execution in the same way, and tell what that is.
     *
     * @param removing hears, before they are deleted, the names of pods that live and that nobody
     *     has told to go yet
     */
    public List<String> remove(
            ExecutionId execution, Extent extent, Consumer<List<String>> removing) {
        return new Removal(ExecutionLabels.selector(execution), extent, Optional.of(removing))
                .carryOut(() -> true);
    }

    /**
     * Remove what there is of a whole run, in the same way.
     *
     * @param ours asked again and again, whether it is still ours to remove; once it is not,
     *     nothing more is done, and nothing is returned
     */
    public List<String> removeRun(
            String engineUid,
            String runId,
            Extent extent,
            Optional<Consumer<List<String>>> removing,
            BooleanSupplier ours) {
        return new Removal(ExecutionLabels.selectorOfRun(engineUid, runId), extent, removing)
                .carryOut(ours);
    }

    /** Delete one Job and what it owns, without waiting. */
    public boolean delete(LaunchedJob job) {
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

    /** Return names in one line, the first of them if they are many. */
    public static String inWords(List<String> names) {
        String first = String.join(", ", names.subList(0, Math.min(MOST_NAMES, names.size())));
        return names.size() <= MOST_NAMES
                ? first
                : "%s and %d more".formatted(first, names.size() - MOST_NAMES);
    }

    /** One removal: asked for again and again, until nothing is left to wait for. */
    private final class Removal {
        private final String selector;
        private final Extent extent;
        private final Optional<Consumer<List<String>>> removing;
        private final Set<String> asked = new HashSet<>();
        private final Set<String> warnings = new HashSet<>();
        private final Set<String> living = new LinkedHashSet<>();

        /** What is on its way, though it does nothing any more. */
        private final List<String> going = new ArrayList<>();

        Removal(String selector, Extent extent, Optional<Consumer<List<String>>> removing) {
            this.selector = selector;
            this.extent = extent;
            this.removing = removing;
        }

        List<String> carryOut(BooleanSupplier ours) {
            long end = System.nanoTime() + longest.toNanos();
            Duration pause = FIRST_PAUSE;
            boolean told = false;
            while (ours.getAsBoolean()) {
                living.clear();
                going.clear();
                // Jobs first: a Job that lost its pod makes another.
                if (extent == Extent.ALL) {
                    removeJobs();
                }
                removePods();
                List<String> left = Stream.concat(living.stream(), going.stream()).toList();
                if (left.isEmpty()) {
                    return left;
                }
                if (!told && pause.equals(LAST_PAUSE)) {
                    told = true;
                    notices.accept(new RunNotice.Waiting("until these are gone: " + inWords(left)));
                }
                if (System.nanoTime() > end) {
                    warn(
                            "still there in namespace %s after %s: %s; their nodes may be gone, they may have finalizers, or they may not be deleted: remove them by hand"
                                    .formatted(namespace, TimeWords.of(longest), inWords(left)));
                    return List.copyOf(living);
                }
                pause(pause);
                pause =
                        pause.multipliedBy(2).compareTo(LAST_PAUSE) > 0
                                ? LAST_PAUSE
                                : pause.multipliedBy(2);
            }
            return List.of();
        }

        private void removeJobs() {
            List<ObjectNode> jobs;
            try {
                jobs = cluster.list(Resource.JOBS, namespace, selector);
            } catch (ClusterException e) {
                failIfTransient(e);
                // Accounts need no right to read Jobs; what these do is seen by their pods.
                warn("jobs are not removed: " + e.getMessage());
                return;
            }
            // The garbage collector may be quicker than the next list of pods.
            if (!jobs.isEmpty() && removing.isPresent()) {
                tell(listPods());
            }
            for (ObjectNode job : jobs) {
                if (isGoing(job) || delete(Resource.JOBS, job)) {
                    going.add(name(job));
                } else if (JobState.of(job) instanceof JobState.Active) {
                    living.add(name(job));
                }
            }
        }

        private List<ObjectNode> listPods() {
            try {
                return cluster.list(Resource.PODS, namespace, selector);
            } catch (ClusterException e) {
                failIfTransient(e);
                warn("pods are not removed: " + e.getMessage());
                living.add("pods that cannot be listed");
                return List.of();
            }
        }

        private void tell(List<ObjectNode> pods) {
            List<String> unasked =
                    pods.stream()
                            .filter(pod -> ChaosPods.isLive(pod) && !isGoing(pod))
                            .map(PodRemover::name)
                            .filter(asked::add)
                            .toList();
            if (!unasked.isEmpty()) {
                removing.ifPresent(hears -> hears.accept(unasked));
            }
        }

        private void removePods() {
            List<ObjectNode> pods = listPods();
            tell(pods);
            for (ObjectNode pod : pods) {
                boolean lives = ChaosPods.isLive(pod);
                if (!lives && !isGoing(pod) && extent == Extent.LIVING) {
                    continue;
                }
                boolean goes = isGoing(pod) || delete(Resource.PODS, pod);
                if (lives) {
                    living.add(name(pod));
                } else if (goes) {
                    going.add(name(pod));
                }
            }
        }

        /** Tell one object to go; false if that was refused. */
        private boolean delete(Resource resource, ObjectNode object) {
            try {
                cluster.delete(
                        resource,
                        namespace,
                        name(object),
                        object.path("metadata").path("uid").asString(),
                        Propagation.BACKGROUND);
                return true;
            } catch (ClusterException e) {
                failIfTransient(e);
                warn(
                        "%s %s is not removed: %s"
                                .formatted(resource.plural(), name(object), e.getMessage()));
                return false;
            }
        }

        /** A refusal is no end of it: the right may come back, and pods end by themselves. */
        private static void failIfTransient(ClusterException e) {
            if (e.isTransient()) {
                throw e;
            }
        }

        /** What is refused again and again is said once. */
        private void warn(String message) {
            if (warnings.add(message)) {
                notices.accept(new RunNotice.Warning(message));
            }
        }
    }

    private static boolean isGoing(JsonNode object) {
        return object.path("metadata").path("deletionTimestamp").isString();
    }

    private static String name(JsonNode object) {
        return object.path("metadata").path("name").asString();
    }

    private static void pause(Duration duration) {
        try {
            TimeUnit.MILLISECONDS.sleep(duration.toMillis());
        } catch (InterruptedException e) {
            throw ClusterException.interrupted();
        }
    }
}
