package io.chaosrunner.attempt;

import io.chaosrunner.attempt.AttemptMessage.EventsRead;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.job.EventWords;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import tools.jackson.databind.node.ObjectNode;

/**
 * What events say of why a Job has no pod, and of who deleted a pod: what neither of the two tells
 * itself.
 *
 * <p>Nothing is asked of an attempt whose pod comes and stays. An account that may not list events
 * is told where they can be read. Owned by the run's thread.
 */
final class Explanations {
    private static final Duration POD_IS_MADE = Duration.ofSeconds(5);

    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

    private final AttemptContext context;
    private final Consumer<LiveAttempt> explained;
    private boolean mayList = true;

    /**
     * @param explained hears of an attempt whose cause is known now, or is another
     */
    Explanations(AttemptContext context, Consumer<LiveAttempt> explained) {
        this.context = context;
        this.explained = explained;
    }

    /** Look after an attempt whose Job is known from now on. */
    void watch(LiveAttempt each) {
        each.askAgain = podIsMade(each);
        each.askAt = each.watchedSince.plus(each.askAgain);
    }

    /** Return how soon a Job has a pod, unless something keeps it from making one. */
    static Duration podIsMade(LiveAttempt each) {
        Duration half = each.job().pendingLimit().dividedBy(2);
        return half.compareTo(POD_IS_MADE) < 0 ? half : POD_IS_MADE;
    }

    /** Return when events must be asked about an attempt, if at all. */
    Optional<Instant> next(LiveAttempt each) {
        boolean isWithoutPod =
                each.isWatched() && !each.podSeen && each.suspectUntil == null && mayList;
        return isWithoutPod ? Optional.of(each.askAt) : Optional.empty();
    }

    /** Ask why an attempt's Job has no pod, if that is due. */
    void check(LiveAttempt each, String namespace) {
        Instant now = context.now();
        if (next(each).filter(at -> !now.isBefore(at)).isEmpty()) {
            return;
        }
        Duration pause = each.askAgain.multipliedBy(2);
        each.askAgain = pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE;
        each.askAt = now.plus(each.askAgain);
        String job = each.jobName();
        String uid = each.job().uid();
        context.work(
                () -> read(each, Resource.JOBS, namespace, job, uid, EventWords::ofJobWithoutPod));
    }

    /** Ask who deleted the pod of an attempt, once. */
    void podDeleted(LiveAttempt each, ObjectNode pod) {
        if (each.askedWhoDeleted || !mayList) {
            return;
        }
        each.askedWhoDeleted = true;
        String namespace = pod.path("metadata").path("namespace").asString("");
        String uid = pod.path("metadata").path("uid").asString("");
        String name = each.pod;
        context.work(
                () -> read(each, Resource.PODS, namespace, name, uid, EventWords::ofDeletedPod));
    }

    /** Return where a person finds what this account may not read; empty if it may. */
    String elsewhere(LiveAttempt each, String command) {
        return !mayList && !each.podSeen && each.cause.isEmpty()
                ? "; this account may not list events (docs/permissions.md), "
                        + command
                        + " shows them"
                : "";
    }

    private AttemptMessage read(
            LiveAttempt each,
            Resource resource,
            String namespace,
            String name,
            String uid,
            Function<List<ObjectNode>, Optional<EventWords>> reading) {
        boolean ofDeletion = resource == Resource.PODS;
        try {
            List<ObjectNode> events = context.cluster.eventsOf(resource, namespace, name, uid);
            return new EventsRead(each, reading.apply(events), true, ofDeletion);
        } catch (ClusterException e) {
            // What does not answer is asked again; what is refused will be refused again.
            return new EventsRead(each, Optional.empty(), e.isTransient(), ofDeletion);
        }
    }

    /** Take what events say, if that is still asked. */
    void on(EventsRead read) {
        mayList &= read.mayList();
        LiveAttempt each = read.attempt();
        boolean stillAsked = read.ofDeletion() ? each.suspectUntil != null : !each.podSeen;
        if (each.isWatched() && stillAsked) {
            read.words().ifPresent(said -> explain(each, inWords(said.reason(), said.message())));
        }
    }

    /** Take what was found as the cause of what keeps an attempt, or ended it. */
    void explain(LiveAttempt each, String cause) {
        if (!cause.equals(each.cause)) {
            each.cause = cause;
            explained.accept(each);
        }
    }

    /** Say a reason, and what Kubernetes says about it. */
    static String inWords(String reason, String message) {
        if (reason.isEmpty() || message.isEmpty()) {
            return reason + message;
        }
        return reason + " (" + message + ")";
    }
}
