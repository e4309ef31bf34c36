package io.chaosrunner.attempt;

import io.chaosrunner.claim.LoggedAttempt;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.engine.PodRemover.Extent;
import io.chaosrunner.job.EventWords;
import io.chaosrunner.job.LaunchedJob;
import io.chaosrunner.model.ExecutionId;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** What other threads tell the run's thread of attempts: what they saw, and what they have done. */
public sealed interface AttemptMessage {
    /** What was seen of pods, Jobs and events; for {@link PodWatch}. */
    sealed interface Sight extends AttemptMessage {}

    /** Pods as they are now, and pods that are gone. */
    record PodsSeen(List<ObjectNode> present, List<ObjectNode> gone) implements Sight {}

    /** Pods are watched from now on. */
    record PodsWatched() implements Sight {}

    /** Pods cannot be followed any more. */
    record PodsLost(ClusterException why) implements Sight {}

    /**
     * The Jobs of the run.
     *
     * @param jobs absent if they could not be read
     * @param mayLook whether it is worth asking for them again
     * @param asked the attempts about which they were asked
     */
    record JobsSeen(Optional<List<ObjectNode>> jobs, boolean mayLook, List<LiveAttempt> asked)
            implements Sight {}

    /**
     * What events say of an attempt.
     *
     * @param words absent if they say nothing, or could not be read
     * @param mayList whether it is worth asking for events again
     * @param ofDeletion whether it was asked who deleted the pod, and not why there is none
     */
    record EventsRead(
            LiveAttempt attempt, Optional<EventWords> words, boolean mayList, boolean ofDeletion)
            implements Sight {}

    /** What was done to end an attempt; for {@link AttemptEnding}. */
    sealed interface Done extends AttemptMessage {}

    /**
     * It is known how an attempt ended.
     *
     * @param removeAll whether what is left of it is removed, however it ended
     */
    record Judged(LiveAttempt attempt, Conclusion conclusion, boolean removeAll) implements Done {}

    /** What there was of an attempt was removed. */
    sealed interface Removal extends Done {
        LiveAttempt attempt();

        /** Return the names of what lives on all the same; none if nothing does. */
        List<String> left();
    }

    /**
     * What there was of an attempt that is over was removed.
     *
     * @param conclusion how it ended
     */
    record Removed(LiveAttempt attempt, Extent extent, Conclusion conclusion, List<String> left)
            implements Removal {}

    /**
     * A removal that a restart broke off is over.
     *
     * @param logged how the attempt ended, as an earlier process recorded it
     */
    record RemovedAgain(LiveAttempt attempt, LoggedAttempt logged, List<String> left)
            implements Removal {}

    /** The engine holds that an attempt is being stopped: what there is of it may go. */
    record StopStored(LiveAttempt attempt, Conclusion conclusion) implements Done {}

    /** The engine holds how an attempt ended. */
    record EndStored(LoggedAttempt logged) implements Done {}

    /** The engine holds how an attempt ended, so that its Job may go. */
    record CleanUpDue(LiveAttempt attempt, LaunchedJob job) implements Done {}

    /** Pods were removed of an execution that was over. */
    record StrayRemoved(ExecutionId execution) implements Done {}

    /** It is known what the entry of an attempt says that an earlier process did not record. */
    record Remembered(LiveAttempt attempt, Conclusion conclusion) implements Done {}

    /** The Job of an attempt that is over was deleted, or kept. */
    record CleanedUp(LiveAttempt attempt, LaunchedJob job, boolean deleted) implements Done {}
}
