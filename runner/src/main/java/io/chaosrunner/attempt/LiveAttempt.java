package io.chaosrunner.attempt;

import static java.util.Objects.requireNonNull;

import io.chaosrunner.claim.LoggedAttempt;
import io.chaosrunner.job.ExecutionLabels;
import io.chaosrunner.job.LaunchedJob;
import io.chaosrunner.model.Attempt;
import io.chaosrunner.model.ExecutionId;
import io.chaosrunner.status.StatusEntry;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** One attempt that holds a place, from the command to launch it to its end. */
public final class LiveAttempt {
    /** Where an attempt is. */
    enum Phase {
        /** Its Job is being created. */
        LAUNCHING,
        /** Its pod is watched. */
        WATCHED,
        /** It is over, and its result is being read. */
        JUDGED,
        /** It ended well, and its helper pods have a moment to end too. */
        LINGERING,
        /** Its Job and pods are being removed. */
        REMOVED
    }

    public final Attempt attempt;
    public final ExecutionId id;
    public final String experiment;

    /** The strategy's reason to launch it; empty if it is not known any more. */
    public final String why;

    Phase phase = Phase.LAUNCHING;
    String pod = "";

    /** Whether this process saw its pod: the name may be from the entry of an earlier one. */
    boolean podSeen;

    String image = "";

    /** Whether its pod was seen running. */
    boolean runs;

    /** Since when its pod runs, by this process' clock. */
    Instant runsSince = Instant.MAX;

    /** Since when its Job is known. */
    Instant watchedSince = Instant.MAX;

    /** Since when it ended well, and its helper pods have a moment to end too. */
    Instant lingersSince = Instant.MAX;

    /** Until when its pod must run. */
    Instant pendingUntil = Instant.MAX;

    /** When to say that its pod does not run yet. */
    Instant sayAt = Instant.MAX;

    /** The reasons for it that were said already. */
    final Set<String> said = new HashSet<>();

    /** Until when its pod must explain what looks wrong. */
    @Nullable Instant suspectUntil;

    String suspicion = "";

    /** What its Job, or an event, says of why that is so; empty if nothing does. */
    String cause = "";

    /** What the registry said last of its image; empty if nothing. */
    String registrysWords = "";

    /** When events are asked next why its Job has no pod. */
    Instant askAt = Instant.MAX;

    /** How long after that they are asked again. */
    Duration askAgain = Duration.ZERO;

    /** Whether events were asked who deleted its pod. */
    boolean askedWhoDeleted;

    /** Whether what is suspected is that nobody sees it, though it may still run. */
    boolean unseen;

    /** Whether the Job says that its pod succeeded. */
    boolean jobComplete;

    /** Why it is to be stopped, or empty. */
    public String stopWhy = "";

    /** Whether it ended, and well. */
    public boolean passed;

    /** Whether its Job and pods are gone. */
    boolean gone;

    /** Whether its pod ended and stays, so that its Job makes no other. */
    boolean over;

    /** Whether its pod was there, and is no more. */
    boolean podGone;

    /** How it ended, while its helper pods have a moment to end too. */
    @Nullable Conclusion conclusion;

    /** Until when its helper pods must have ended. */
    Instant lingerUntil = Instant.MAX;

    /** Whether something of it lives on that could not be removed. */
    public boolean stuck;

    private @Nullable LaunchedJob job;

    public LiveAttempt(Attempt attempt, ExecutionId id, String experiment, String why) {
        this.attempt = attempt;
        this.id = id;
        this.experiment = experiment;
        this.why = why;
    }

    public int slot() {
        return attempt.slot();
    }

    boolean isWatched() {
        return phase == Phase.WATCHED;
    }

    public void job(LaunchedJob known) {
        job = known;
    }

    boolean hasJob() {
        return job != null;
    }

    /** Return its Job; only once that is known. */
    public LaunchedJob job() {
        return requireNonNull(job, "job is not known yet");
    }

    /** Tell whether a Job is its own; only once that is known. */
    boolean isOf(JsonNode json) {
        String uid = job().uid();
        return uid.isEmpty()
                ? ExecutionLabels.read(json).filter(id::equals).isPresent()
                : uid.equals(json.path("metadata").path("uid").asString(""));
    }

    String jobName() {
        return job == null ? "" : job.name();
    }

    /** Take the pod's name from the entry that an earlier process wrote. */
    public void podFrom(StatusEntry entry) {
        if (entry.isRunning()) {
            pod = entry.pod();
        }
    }

    /** Return the end of an attempt that an earlier process recorded. */
    public static Attempt.End end(LoggedAttempt logged) {
        return new Attempt.End(
                logged.end(), logged.outcome(), logged.mark() != LoggedAttempt.Mark.FINAL);
    }
}
