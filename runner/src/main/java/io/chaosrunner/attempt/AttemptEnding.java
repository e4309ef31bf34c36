package io.chaosrunner.attempt;

import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.joining;

import io.chaosrunner.attempt.LiveAttempt.Phase;
import io.chaosrunner.claim.LoggedAttempt;
import io.chaosrunner.claim.LoggedAttempt.Mark;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.engine.EngineWriter;
import io.chaosrunner.engine.EventWriter;
import io.chaosrunner.engine.PodRemover;
import io.chaosrunner.engine.PodRemover.Extent;
import io.chaosrunner.job.LaunchedJob;
import io.chaosrunner.machine.RunMachine;
import io.chaosrunner.machine.RunState;
import io.chaosrunner.model.Attempt;
import io.chaosrunner.model.ExecutionId;
import io.chaosrunner.model.TimeWords;
import io.chaosrunner.model.Verdict;
import io.chaosrunner.status.EngineEvent;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.status.StatusEntry;
import io.chaosrunner.strategy.Outcome;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The end of attempts: their results are read, what must go is removed, how they ended is logged
 * and written, and they are cleaned up.
 *
 * <p>Always in this order: what a restart must know is stored first, then Jobs and pods go, then
 * the final word is written. Owned by the run's thread.
 */
public final class AttemptEnding {
    /**
     * As many ends travel with a Job, and its pod: some 4 KiB each at most. More are left only
     * where the engine cannot be written for a while.
     */
    static final int MOST_UNSTORED = 150;

    private final AttemptContext context;
    private final VerdictReader judge;
    private final EngineWriter writer;
    private final EventWriter events;
    private final PodRemover remover;
    private final StatusTable entries;
    private final PodCensus census;
    private final boolean retainOnFailure;

    /** Executions that are over, and of which nothing may live. */
    private final Set<ExecutionId> over = new HashSet<>();

    /** Those of them of which something is being removed all the same. */
    private final Set<ExecutionId> strays = new HashSet<>();

    /** Ends that the loop knows, and that the engine does not hold yet. */
    private final Set<LoggedAttempt> unstored = new LinkedHashSet<>();

    /** What the entry of a slot says if the retry of its last attempt does not come. */
    private final Map<Integer, StatusEntry> failures = new HashMap<>();

    /**
     * What the run knows that ends of attempts depend on.
     *
     * @param engine the engine as last seen
     * @param aborting whether everything is being stopped
     */
    public record Situation(Engine engine, boolean aborting, RunMachine machine, RunState state) {
        /** Tell whether an attempt that ends like this is followed by another. */
        boolean isRetried(Attempt attempt, Attempt.End end) {
            return machine.isRetried(state, attempt, end);
        }
    }

    /** What the run does next about an attempt. */
    public sealed interface Next {
        Next NOTHING = new Nothing();

        /** Nothing: the attempt goes on, or its end is being found out. */
        record Nothing() implements Next {}

        /**
         * The attempt is over, and holds no place any more.
         *
         * @param doubtful whether it ended in a way that may leave pods which nobody has seen yet
         */
        record Ended(LiveAttempt attempt, Attempt.End end, boolean doubtful) implements Next {}

        /**
         * What the attempt left lives on, for as long as removing it may take.
         *
         * @param left names it
         * @param removal what did not succeed; {@link #removeOnceMore} tries it again
         */
        record LivesOn(LiveAttempt attempt, List<String> left, AttemptMessage.Removal removal)
                implements Next {}
    }

    public AttemptEnding(
            AttemptContext context,
            VerdictReader judge,
            EngineWriter writer,
            EventWriter events,
            PodRemover remover,
            StatusTable entries,
            PodCensus census,
            boolean retainOnFailure) {
        this.context = context;
        this.judge = judge;
        this.writer = writer;
        this.events = events;
        this.remover = remover;
        this.entries = entries;
        this.census = census;
        this.retainOnFailure = retainOnFailure;
    }

    // ---- What the watch saw ------------------------------------------------------------------

    /** Heed what the watch saw of attempts. */
    public Next on(PodNews.OfAttempt news, Situation now) {
        switch (news) {
            case PodNews.Waits(LiveAttempt each, String why) ->
                    context.tell(new RunNotice.Waiting(why));
            case PodNews.Runs(LiveAttempt each) -> runs(each);
            case PodNews.Succeeded(LiveAttempt each, Instant at) ->
                    judge(each, at, "", context.patience.result());
            case PodNews.Failed(LiveAttempt each, Instant at, String why) ->
                    judge(each, at, why, context.patience.resultAfterCrash());
            case PodNews.Unseen(LiveAttempt each, String why) -> unseen(each, why);
            case PodNews.DidNotStart(LiveAttempt each, String why) -> didNotStart(each, why);
            case PodNews.HelpersEnded(LiveAttempt each) -> {
                return conclude(each, requireNonNull(each.conclusion), now);
            }
            case PodNews.HelpersStay(LiveAttempt each) -> helpersStay(each);
            case PodNews.Stray(ExecutionId execution) -> stray(execution);
        }
        return Next.NOTHING;
    }

    private void runs(LiveAttempt each) {
        StatusEntry running = StatusEntry.running(each.experiment, each.pod);
        entries.set(each.slot(), running);
        writer.entry(each.slot(), running);
        context.tell(
                new RunNotice.Running(each.attempt, each.experiment, each.jobName(), each.pod));
    }

    private void judge(LiveAttempt each, Instant at, String failure, Duration patience) {
        each.phase = Phase.JUDGED;
        Instant ended = context.ended(each.attempt, at);
        context.work(() ->
                new AttemptMessage.Judged(
                        each, judge.judge(each, ended, failure, patience), false));
    }

    /** Go on after what was done. */
    public Next on(AttemptMessage.Done done, Situation now) {
        switch (done) {
            case AttemptMessage.Judged(
                            LiveAttempt each,
                            Conclusion conclusion,
                            boolean removeAll) -> {
                return judged(each, conclusion, removeAll, now);
            }
            case AttemptMessage.Removal removal -> {
                return removal.left().isEmpty()
                        ? removed(removal, now)
                        : new Next.LivesOn(removal.attempt(), removal.left(), removal);
            }
            case AttemptMessage.StopStored(LiveAttempt each, Conclusion conclusion) ->
                    remove(each, Extent.ALL, conclusion);
            case AttemptMessage.EndStored(LoggedAttempt logged) -> unstored.remove(logged);
            case AttemptMessage.CleanUpDue(LiveAttempt each, LaunchedJob job) ->
                    cleanUp(each, job, now.engine());
            case AttemptMessage.StrayRemoved(ExecutionId execution) -> strays.remove(execution);
            case AttemptMessage.Remembered(LiveAttempt each, Conclusion conclusion) ->
                    recordEntry(each, conclusion);
            case AttemptMessage.CleanedUp(LiveAttempt each, LaunchedJob job, boolean deleted) ->
                    context.tell(
                            new RunNotice.CleanedUp(
                                    each.attempt, each.experiment, job.name(), deleted));
        }
        return Next.NOTHING;
    }

    private Next judged(LiveAttempt each, Conclusion conclusion, boolean removeAll, Situation now) {
        if (removeAll || now.isRetried(each.attempt, conclusion.end())) {
            concludeAfterRemoval(each, conclusion);
        } else if (conclusion.normal()) {
            return linger(each, conclusion, now);
        } else if (each.over) {
            concludeWithoutFault(each, conclusion);
        } else {
            concludeAfterRemoval(each, conclusion);
        }
        return Next.NOTHING;
    }

    /** An experiment that ended well takes its helpers down itself; they may need a moment. */
    private Next linger(LiveAttempt each, Conclusion conclusion, Situation now) {
        if (census.isEmpty(each.id)) {
            return conclude(each, conclusion, now);
        }
        each.conclusion = conclusion;
        if (now.aborting()) {
            helpersStay(each);
            return Next.NOTHING;
        }
        Duration grace = max(context.patience.helper(), census.grace(each.id));
        grace = min(grace, context.patience.removal());
        each.phase = Phase.LINGERING;
        each.lingersSince = context.now();
        each.lingerUntil = each.lingersSince.plus(grace);
        context.tell(
                new RunNotice.Waiting(
                        "experiment %s ended, its helper pods have %s to end too: %s"
                                .formatted(
                                        each.experiment,
                                        TimeWords.of(grace),
                                        PodRemover.inWords(census.names(each.id)))));
        return Next.NOTHING;
    }

    private void helpersStay(LiveAttempt each) {
        concludeWithoutFault(each, requireNonNull(each.conclusion));
    }

    private static Duration max(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? other : one;
    }

    private static Duration min(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    /** It must not start after we stopped looking, so it is removed. */
    private void didNotStart(LiveAttempt each, String why) {
        each.phase = Phase.JUDGED;
        Instant at = context.observedNow();
        context.work(() -> new AttemptMessage.Judged(each, judge.failed(each, at, why), true));
    }

    /** It ran while nobody looked, and its Job is gone. */
    public void lost(LiveAttempt each, LaunchedJob job) {
        each.job(job);
        unseen(each, "Job %s was deleted while no runner looked".formatted(job.name()));
    }

    /** What is left of it is removed: a node that comes back must not go on with it. */
    private void unseen(LiveAttempt each, String why) {
        each.phase = Phase.JUDGED;
        Instant at = context.observedNow();
        context.work(() ->
                new AttemptMessage.Judged(
                        each,
                        judge.judge(each, at, why, context.patience.resultAfterCrash()),
                        true));
    }

    /** There is no Job, and another try would not change that. */
    public Next neverRan(LiveAttempt each, StatusEntry entry, String why, Situation now) {
        var end = new Attempt.End(context.observedNow(), Outcome.ERROR, false);
        return conclude(each, new Conclusion(entry, end, why), now);
    }

    /** There is no Job, because everything, or this attempt, is being stopped. */
    public Next withheld(LiveAttempt each, Situation now) {
        Attempt.End end = stoppedNow();
        return now.aborting()
                ? new Next.Ended(each, end, false)
                : conclude(each, new Conclusion(stoppedEntry(each, now), end, each.stopWhy), now);
    }

    // ---- Stopping ----------------------------------------------------------------------------

    /** Stop an attempt; one that is being launched is stopped when its Job is known. */
    public void stop(LiveAttempt each, String why, Situation now) {
        if (each.phase == Phase.REMOVED || each.phase == Phase.JUDGED) {
            return;
        }
        if (each.phase == Phase.LINGERING) {
            helpersStay(each);
            return;
        }
        each.stopWhy = why;
        if (each.isWatched()) {
            context.tell(
                    new RunNotice.Stopping(each.attempt, each.experiment, each.jobName(), why));
            concludeAfterRemoval(each, new Conclusion(stoppedEntry(each, now), stoppedNow(), why));
        }
    }

    private StatusEntry stoppedEntry(LiveAttempt each, Situation now) {
        return now.aborting()
                ? entries.of(each.slot()).aborted()
                : StatusEntry.completed(each.experiment, each.pod, Verdict.STOPPED);
    }

    private Attempt.End stoppedNow() {
        return new Attempt.End(context.observedNow(), Outcome.STOPPED, false);
    }

    /** A stop came before the retry that was promised: the last failure is the final word. */
    public void giveUpRetry(Attempt attempt, Situation now) {
        int slot = attempt.slot();
        StatusEntry before = entries.of(slot);
        StatusEntry entry = failures.get(slot);
        if (entry == null) {
            entry =
                    before.isRunning()
                            ? StatusEntry.completed(before.name(), before.pod(), Verdict.ERROR)
                            : StatusEntry.failedToRun(before.name());
        }
        entries.set(slot, now.aborting() ? before.aborted() : entry);
        writer.entry(slot, entries.of(slot));
    }

    // ---- Removing ----------------------------------------------------------------------------

    /** Log the end, so that a restart launches nothing twice; remove its pods; then go on. */
    private void concludeAfterRemoval(LiveAttempt each, Conclusion conclusion) {
        each.phase = Phase.REMOVED;
        LoggedAttempt logged = logged(each, conclusion.end(), Mark.BEING_STOPPED);
        writer.claim(claim -> claim.with(logged));
        context.onceStored(writer.ask(), new AttemptMessage.StopStored(each, conclusion));
    }

    /**
     * Remove what lives, and nothing else: its Job makes no other pod, and whether that stays is
     * the clean-up policy's. Until the end is logged its Job tells a restart all there is to know.
     */
    private void concludeWithoutFault(LiveAttempt each, Conclusion conclusion) {
        each.phase = Phase.REMOVED;
        remove(each, Extent.LIVING, conclusion);
    }

    /** Finish a removal that a restart broke off. */
    public void removeAgain(LiveAttempt each, LoggedAttempt logged) {
        each.phase = Phase.REMOVED;
        context.work(
                () -> new AttemptMessage.RemovedAgain(each, logged, remaining(each, Extent.ALL)));
    }

    private Conclusion remembered(LiveAttempt each, LoggedAttempt logged, Situation now) {
        Verdict verdict = Verdict.of(logged.outcome());
        StatusEntry entry =
                switch (logged.outcome()) {
                    case ERROR -> StatusEntry.failedToRun(each.experiment);
                    case STOPPED -> stoppedEntry(each, now);
                    case PASSED, FAILED ->
                            StatusEntry.completed(each.experiment, each.pod, verdict);
                };
        return new Conclusion(
                entry,
                LiveAttempt.end(logged),
                "it ended as %s before the runner was restarted".formatted(verdict.word()));
    }

    /** Remove, see it gone, and only then go on: what lives on may inject. */
    private void remove(LiveAttempt each, Extent extent, Conclusion conclusion) {
        context.work(() ->
                new AttemptMessage.Removed(each, extent, conclusion, remaining(each, extent)));
    }

    /** Try again to remove what lives on. */
    public void removeOnceMore(AttemptMessage.Removal removal) {
        switch (removal) {
            case AttemptMessage.Removed(
                            LiveAttempt each,
                            Extent extent,
                            Conclusion conclusion,
                            List<String> _) ->
                    remove(each, extent, conclusion);
            case AttemptMessage.RemovedAgain(
                            LiveAttempt each,
                            LoggedAttempt logged,
                            List<String> _) ->
                    removeAgain(each, logged);
        }
    }

    private Next removed(AttemptMessage.Removal removal, Situation now) {
        LiveAttempt each = removal.attempt();
        each.stuck = false;
        return switch (removal) {
            case AttemptMessage.Removed removed -> {
                each.gone = removed.extent() == Extent.ALL;
                yield conclude(each, removed.conclusion(), now);
            }
            case AttemptMessage.RemovedAgain removed -> {
                each.gone = true;
                yield conclude(each, remembered(each, removed.logged(), now), now);
            }
        };
    }

    /** Remove what there is of an attempt; names what lives on all the same. */
    private List<String> remaining(LiveAttempt each, Extent extent) {
        return each.stopWhy.isEmpty()
                ? remover.remove(each.id, extent, names -> sayRemoved(each.experiment, names))
                : remover.remove(each.id, extent);
    }

    /**
     * Tell of pods that are removed though nobody asked to stop.
     *
     * @param experiment whose they are; empty if they are only known to be the run's
     */
    public void sayRemoved(String experiment, List<String> names) {
        String message =
                "removing pods of %s that live on after its end: %s"
                        .formatted(
                                experiment.isEmpty() ? "the run" : "experiment " + experiment,
                                PodRemover.inWords(names));
        context.tell(new RunNotice.Warning(message));
        events.emit(new EngineEvent(EngineEvent.PODS_REMOVED, true, experiment, message));
    }

    /** Nothing of an execution may live from now on. */
    public void watchOver(LiveAttempt each) {
        over.add(each.id);
    }

    /** An experiment that was killed may have had a helper's creation under way. */
    private void stray(ExecutionId execution) {
        // Of executions that are not over another process may know more than this one.
        if (!over.contains(execution) || !strays.add(execution)) {
            return;
        }
        String experiment = entries.of(execution.slot()).name();
        context.work(() -> {
            remover.remove(execution, Extent.LIVING, names -> sayRemoved(experiment, names));
            return new AttemptMessage.StrayRemoved(execution);
        });
    }

    // ---- Concluding --------------------------------------------------------------------------

    private Next conclude(LiveAttempt each, Conclusion conclusion, Situation now) {
        int slot = each.slot();
        Attempt.End end = conclusion.end();
        watchOver(each);
        context.tell(
                new RunNotice.Ended(
                        each.attempt.ended(end),
                        each.experiment,
                        each.jobName(),
                        each.pod,
                        conclusion.entry(),
                        Duration.between(each.attempt.start(), context.now()),
                        conclusion.detail()));
        boolean noRetry = end.outcome() == Outcome.ERROR && !end.retry();
        LoggedAttempt logged = logged(each, end, noRetry ? Mark.FINAL : Mark.PLAIN);
        var ended = new Next.Ended(each, end, !conclusion.normal() && each.hasJob());
        if (now.isRetried(each.attempt, end)) {
            // The entry stays as it is: the experiment goes on.
            failures.put(slot, conclusion.entry());
            log(logged);
            return ended;
        }
        failures.remove(slot);
        each.passed = end.outcome() == Outcome.PASSED;
        StatusEntry entry = entries.overIterations(slot, conclusion);
        entries.set(slot, entry);
        writer.entry(slot, entry);
        log(logged);
        if (each.hasJob()) {
            context.onceStored(writer.ask(), new AttemptMessage.CleanUpDue(each, each.job()));
        }
        return ended;
    }

    private void log(LoggedAttempt logged) {
        writer.claim(claim -> claim.with(logged));
        unstored.add(logged);
        context.onceStored(writer.ask(), new AttemptMessage.EndStored(logged));
    }

    /** Tell whether a Job can carry the ends that the engine does not hold yet. */
    public boolean mayTravel() {
        return unstored.size() <= MOST_UNSTORED;
    }

    /** Return the ends that the engine does not hold yet, as a Job carries them. */
    public String unstoredEnds(Instant runStart) {
        return unstored.stream().map(end -> end.text(runStart)).collect(joining(" "));
    }

    /**
     * Record an end that an earlier process knew and did not store: a Job that was launched after
     * it tells of it. Nothing of the attempt lived then, or nothing had been launched.
     *
     * @param job the attempt's Job, if it is still there
     */
    public void recordAgain(
            LiveAttempt each, LoggedAttempt logged, Optional<LaunchedJob> job, Situation now) {
        log(logged);
        if (now.isRetried(each.attempt, LiveAttempt.end(logged))) {
            return;
        }
        entries.note(each.slot(), logged.outcome());
        Conclusion remembered = remembered(each, logged, now);
        if (logged.outcome() != Outcome.ERROR || job.isEmpty()) {
            recordEntry(each, remembered);
            return;
        }
        // Whether it said so itself makes another entry, and its result is there to tell.
        context.work(() ->
                new AttemptMessage.Remembered(
                        each,
                        judge.saidAnything(each.id, job.get())
                                ? new Conclusion(
                                        StatusEntry.completed(
                                                each.experiment, each.pod, Verdict.ERROR),
                                        remembered.end(),
                                        remembered.detail())
                                : remembered));
    }

    private void recordEntry(LiveAttempt each, Conclusion conclusion) {
        StatusEntry entry = entries.overIterations(each.slot(), conclusion);
        if (entries.isLast(each.attempt)) {
            entries.set(each.slot(), entry);
            writer.entry(each.slot(), entry);
        }
    }

    private static LoggedAttempt logged(LiveAttempt each, Attempt.End end, Mark mark) {
        return new LoggedAttempt(
                each.attempt.ordinal(),
                each.attempt.slot(),
                each.attempt.iteration(),
                each.attempt.attempt(),
                each.attempt.start(),
                end.at(),
                end.outcome(),
                mark,
                each.why);
    }

    /** Delete a Job that an earlier process had no time to; one that is kept was told of. */
    public void cleanUpAgain(LiveAttempt each, LaunchedJob job, Engine engine) {
        if (mustGo(each, job, engine)) {
            context.onceStored(writer.ask(), new AttemptMessage.CleanUpDue(each, job));
        }
    }

    /** Tell whether a Job is to be deleted, as the engine says by now. */
    private boolean mustGo(LiveAttempt each, LaunchedJob job, Engine engine) {
        boolean spared = retainOnFailure && !each.passed;
        return engine.jobCleanUpPolicy().equals("delete") && !spared && !job.uid().isEmpty();
    }

    /** Keep or delete the Job; its end is stored already. */
    private void cleanUp(LiveAttempt each, LaunchedJob job, Engine engine) {
        String policy = engine.jobCleanUpPolicy();
        boolean delete = mustGo(each, job, engine);
        if (!policy.isEmpty() && !policy.equals("delete") && !policy.equals("retain")) {
            context.tell(
                    new RunNotice.Warning(
                            "jobCleanUpPolicy '%s' is neither delete nor retain; Job %s is kept"
                                    .formatted(policy, job.name())));
        }
        context.work(() -> {
            boolean deleted = each.gone || (delete && remover.delete(job));
            String message =
                    deleted
                            ? "Experiment Job: %s will be deleted"
                            : "Experiment Job %s will be retained";
            events.emit(
                    new EngineEvent(
                            EngineEvent.JOB_CLEAN_UP,
                            false,
                            each.experiment,
                            message.formatted(job.name())));
            return new AttemptMessage.CleanedUp(each, job, deleted);
        });
    }
}
