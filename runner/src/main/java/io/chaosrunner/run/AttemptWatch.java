package io.chaosrunner.run;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Cluster.Following;
import io.chaosrunner.cluster.Cluster.Selection;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.job.ExecutionLabels;
import io.chaosrunner.job.JobState;
import io.chaosrunner.job.PodState;
import io.chaosrunner.model.ExecutionId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Watch the Jobs and pods of a run, and say of each attempt when it runs and how it ends.
 *
 * <p>One watch for each kind, whatever the number of attempts. Owned by the run's thread.
 */
final class AttemptWatch implements AutoCloseable {
    private static final Duration POLL_PODS = Duration.ofSeconds(1);
    private static final Duration POLL_JOBS = Duration.ofSeconds(5);

    private final RunContext context;
    private final Map<ExecutionId, LiveAttempt> live;
    private final Listener listener;
    private final Consumer<ClusterException> blind;
    private final List<Following> followings = new ArrayList<>();

    /** Pods seen before it was known which Job was created for their attempt. */
    private final Map<ExecutionId, Map<String, ObjectNode>> early = new HashMap<>();

    /** Hear what becomes of attempts. */
    interface Listener {
        /** Its pod runs. */
        void runs(LiveAttempt each);

        /** Its experiment ended by itself, and well as far as the pod can tell. */
        void succeeded(LiveAttempt each, Instant at);

        /** Its experiment ended, and not well. */
        void failed(LiveAttempt each, Instant at, String why);

        /** It may still run where nobody sees it, and was waited for long enough. */
        void unseen(LiveAttempt each, String why);

        /** Its pod did not start in time, or never can. */
        void didNotStart(LiveAttempt each, String why);
    }

    /**
     * @param live the attempts that hold a place; others are of no interest
     * @param blind hears if pods cannot be followed any more
     */
    AttemptWatch(
            RunContext context,
            Map<ExecutionId, LiveAttempt> live,
            Listener listener,
            Consumer<ClusterException> blind) {
        this.context = context;
        this.live = live;
        this.listener = listener;
        this.blind = blind;
    }

    /** Begin to watch the objects of a run. */
    void follow(Engine engine, String runId) {
        var ofRun = new Selection.Labelled(ExecutionLabels.selectorOfRun(engine.uid(), runId));
        follow(engine, Resource.PODS, ofRun, POLL_PODS, this::onPod, this::onPodGone, true);
        follow(engine, Resource.JOBS, ofRun, POLL_JOBS, this::onJob, this::onJobGone, false);
    }

    private void follow(
            Engine engine,
            Resource resource,
            Selection selection,
            Duration pollEvery,
            Consumer<ObjectNode> present,
            Consumer<ObjectNode> gone,
            boolean required) {
        followings.add(
                context.cluster.follow(
                        resource,
                        engine.namespace(),
                        selection,
                        pollEvery,
                        new Cluster.Listener() {
                            @Override
                            public void present(ObjectNode object) {
                                context.mailbox.add(() -> present.accept(object));
                            }

                            @Override
                            public void gone(ObjectNode object) {
                                context.mailbox.add(() -> gone.accept(object));
                            }

                            @Override
                            public void unavailable(ClusterException why) {
                                if (required) {
                                    context.mailbox.add(() -> blind.accept(why));
                                }
                            }
                        }));
    }

    /** Watch an attempt from now on: its Job is known. */
    void watch(LiveAttempt each, LiveJob job) {
        each.job(job);
        each.phase = LiveAttempt.Phase.WATCHED;
        each.pendingUntil = context.now().plus(job.pendingLimit());
        Map<String, ObjectNode> pods = early.remove(each.id);
        if (pods != null) {
            pods.values().forEach(this::onPod);
        }
    }

    /** Return when {@link #check} must be called at the latest. */
    Optional<Instant> nextCheck() {
        var times = new ArrayList<Instant>();
        for (LiveAttempt each : live.values()) {
            if (each.isWatched()) {
                if (!each.runs) {
                    times.add(each.pendingUntil);
                }
                if (each.suspectUntil != null) {
                    times.add(each.suspectUntil);
                }
            }
        }
        return times.stream().min(Comparator.naturalOrder());
    }

    /** Give up what has been waited for long enough. */
    void check() {
        Instant now = context.now();
        for (LiveAttempt each : List.copyOf(live.values())) {
            if (!each.isWatched()) {
                continue;
            }
            if (each.suspectUntil != null && !now.isBefore(each.suspectUntil)) {
                if (each.jobComplete) {
                    listener.succeeded(each, now);
                } else if (each.unseen) {
                    listener.unseen(each, each.suspicion);
                } else {
                    listener.failed(each, now, each.suspicion);
                }
            } else if (!each.runs && !now.isBefore(each.pendingUntil)) {
                listener.didNotStart(each, overdue(each));
            }
        }
    }

    private static String overdue(LiveAttempt each) {
        String what =
                each.pod.isEmpty()
                        ? "Job %s has no pod".formatted(each.jobName())
                        : "pod %s does not run".formatted(each.pod);
        return "%s after %d s%s"
                .formatted(what, each.job().pendingLimit().toSeconds(), afterColon(each.suspicion));
    }

    private void onPod(ObjectNode pod) {
        LiveAttempt each = ExecutionLabels.read(pod).map(live::get).orElse(null);
        if (each == null) {
            return;
        }
        if (each.phase == LiveAttempt.Phase.LAUNCHING) {
            early.computeIfAbsent(each.id, id -> new HashMap<>()).put(uid(pod), pod);
            return;
        }
        if (!each.isWatched() || !each.job().controls(pod)) {
            return;
        }
        each.pod = pod.path("metadata").path("name").asString("");
        switch (PodState.of(pod, each.jobName())) {
            case PodState.Running(Instant since) -> {
                // The node answers again.
                each.suspectUntil = null;
                each.unseen = false;
                if (!each.runs) {
                    each.runs = true;
                    listener.runs(each);
                }
            }
            case PodState.Finished finished -> finished(each, finished);
            case PodState.Failed(String reason, String message, Instant at) ->
                    listener.failed(
                            each,
                            at,
                            "pod %s failed: %s".formatted(each.pod, words(reason, message)));
            case PodState.Pending(String reason, String message, boolean hopeless) -> {
                each.suspicion = words(reason, message);
                if (hopeless) {
                    listener.didNotStart(
                            each, "pod %s cannot start: %s".formatted(each.pod, each.suspicion));
                }
            }
            case PodState.Deleting(String reason, String message) ->
                    loseSight(each, "pod %s was deleted", words(reason, message));
            case PodState.Unknown(String reason, String message) ->
                    loseSight(each, "pod %s: its node does not answer", words(reason, message));
        }
    }

    private void loseSight(LiveAttempt each, String what, String detail) {
        each.unseen = true;
        suspect(each, what.formatted(each.pod) + afterColon(detail), context.patience.deletion());
    }

    private void finished(LiveAttempt each, PodState.Finished finished) {
        if (finished.succeeded()) {
            listener.succeeded(each, finished.at());
        } else {
            listener.failed(
                    each,
                    finished.at(),
                    "pod %s ended with exit code %d%s"
                            .formatted(
                                    each.pod,
                                    finished.exitCode(),
                                    afterColon(words(finished.reason(), finished.message()))));
        }
    }

    private void onPodGone(ObjectNode pod) {
        LiveAttempt each = ExecutionLabels.read(pod).map(live::get).orElse(null);
        if (each == null) {
            return;
        }
        Map<String, ObjectNode> pods = early.get(each.id);
        if (pods != null) {
            pods.remove(uid(pod));
        }
        if (!each.isWatched() || !each.job().controls(pod)) {
            return;
        }
        if (PodState.of(pod, each.jobName()) instanceof PodState.Finished finished) {
            finished(each, finished);
        } else {
            each.unseen = false;
            suspect(each, "pod %s was deleted".formatted(each.pod), context.patience.podLag());
        }
    }

    private void onJob(ObjectNode json) {
        LiveAttempt each = watched(json);
        if (each == null) {
            return;
        }
        switch (JobState.of(json)) {
            case JobState.Failed(String reason, String message, Instant at) ->
                    suspect(
                            each,
                            "Job %s failed: %s".formatted(each.jobName(), words(reason, message)),
                            context.patience.podLag());
            case JobState.Complete() -> {
                // Its pod may be gone already, and with it the only one who would have told.
                each.jobComplete = true;
                suspect(each, "", context.patience.podLag());
            }
            case JobState.Active() -> {}
            case JobState.Deleted() -> {}
        }
    }

    private void onJobGone(ObjectNode json) {
        LiveAttempt each = watched(json);
        if (each != null) {
            suspect(
                    each,
                    "Job %s was deleted".formatted(each.jobName()),
                    context.patience.podLag());
        }
    }

    private @Nullable LiveAttempt watched(ObjectNode json) {
        return ExecutionLabels.read(json)
                .map(live::get)
                .filter(LiveAttempt::isWatched)
                .orElse(null);
    }

    /** Something is wrong, but the pod's own last word may still be on its way. */
    private void suspect(LiveAttempt each, String why, Duration patience) {
        Instant until = context.now().plus(patience);
        if (each.suspectUntil == null || until.isBefore(each.suspectUntil)) {
            each.suspectUntil = until;
            each.suspicion = why;
        }
    }

    private static String words(String reason, String message) {
        if (reason.isEmpty() || message.isEmpty()) {
            return reason + message;
        }
        return reason + " (" + message + ")";
    }

    private static String afterColon(String words) {
        return words.isEmpty() ? "" : ": " + words;
    }

    private static String uid(ObjectNode object) {
        return object.path("metadata").path("uid").asString("");
    }

    @Override
    public void close() {
        followings.forEach(Following::close);
    }
}
