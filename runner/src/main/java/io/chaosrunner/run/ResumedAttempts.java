package io.chaosrunner.run;

import io.chaosrunner.attempt.FoundJob;
import io.chaosrunner.attempt.LiveAttempt;
import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.LoggedAttempt;
import io.chaosrunner.claim.LoggedAttempt.Mark;
import io.chaosrunner.model.Attempt;
import io.chaosrunner.model.ExecutionId;
import io.chaosrunner.model.RunEnd;
import java.time.DateTimeException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What an earlier process left, sorted from the claim's log and from the Jobs there are. Pure.
 *
 * @param over attempts that ended, in that order, each with its Job if that is still there
 * @param broken attempts whose removal was begun and perhaps not finished
 * @param running attempts of which nothing is logged: they run, or ended unseen
 * @param end why the run launches nothing more, if that was recorded
 */
public record ResumedAttempts(
        List<Left> over, List<Left> broken, List<Left> running, Optional<RunEnd> end) {

    /**
     * One attempt that was left.
     *
     * @param attempt what is known of it, with its end if it is over
     * @param id its identity
     * @param logged what the log says of it, if anything
     * @param job its Job, if it is still there
     */
    record Left(
            Attempt attempt,
            ExecutionId id,
            Optional<LoggedAttempt> logged,
            Optional<FoundJob> job) {}

    /**
     * Return the ends that a claim's log does not hold, though a decision knew them: each Job tells
     * which ones its launch followed from. They are the truth, for they had an effect.
     */
    static List<LoggedAttempt> toldByJobs(Claim claim, List<FoundJob> jobs, int slots) {
        var told = new ArrayList<LoggedAttempt>();
        Set<Which> known =
                claim.log().stream()
                        .filter(end -> end.mark() != Mark.BEING_STOPPED)
                        .map(Which::of)
                        .collect(Collectors.toCollection(HashSet::new));
        for (FoundJob job : jobs) {
            for (LoggedAttempt end : ends(claim, job)) {
                if (end.slot() < slots
                        && end.ordinal() < job.launch().ordinal()
                        && known.size() < claim.mostAttempts()
                        && known.add(Which.of(end))) {
                    told.add(end);
                }
            }
        }
        told.sort(Comparator.comparing(LoggedAttempt::end));
        return told;
    }

    private record Which(int slot, int iteration, int attempt) {
        static Which of(LoggedAttempt end) {
            return new Which(end.slot(), end.iteration(), end.attempt());
        }
    }

    private static List<LoggedAttempt> ends(Claim claim, FoundJob job) {
        if (job.launch().ends().isEmpty()) {
            return List.of();
        }
        try {
            String[] ends = job.launch().ends().split(" ");
            if (ends.length > claim.mostAttempts()) {
                throw new IllegalArgumentException("more ends than a run has attempts");
            }
            return Stream.of(ends)
                    .map(text -> LoggedAttempt.read(text, claim.runStart()))
                    .filter(end -> end.mark() != Mark.BEING_STOPPED)
                    .toList();
        } catch (IllegalArgumentException | DateTimeException | ArithmeticException e) {
            // Somebody edited it: how those attempts ended is found out anew.
            return List.of();
        }
    }

    static ResumedAttempts of(Claim claim, String engineUid, List<FoundJob> jobs, int slots) {
        Map<ExecutionId, FoundJob> byId = new LinkedHashMap<>();
        jobs.forEach(job -> byId.put(job.id(), job));
        var last = new HashMap<Integer, Long>();
        claim.log().forEach(one -> last.merge(one.slot(), (long) one.ordinal(), Math::max));
        jobs.forEach(job -> last.merge(job.id().slot(), job.launch().ordinal(), Math::max));
        var over = new ArrayList<Left>();
        var broken = new ArrayList<Left>();
        for (LoggedAttempt logged : claim.log()) {
            ExecutionId id =
                    new ExecutionId(
                            engineUid,
                            claim.run().id(),
                            logged.slot(),
                            logged.iteration(),
                            logged.attempt());
            Optional<FoundJob> job = Optional.ofNullable(byId.remove(id));
            // A retry is launched once the attempt before is gone, perhaps before that is logged.
            boolean beingRemoved =
                    logged.mark() == Mark.BEING_STOPPED
                            && logged.ordinal() >= last.getOrDefault(logged.slot(), -1L);
            Optional<Attempt.End> end =
                    beingRemoved ? Optional.empty() : Optional.of(LiveAttempt.end(logged));
            var attempt =
                    new Attempt(
                            logged.ordinal(),
                            logged.slot(),
                            logged.iteration(),
                            logged.attempt(),
                            logged.start(),
                            end);
            (beingRemoved ? broken : over).add(new Left(attempt, id, Optional.of(logged), job));
        }
        var running = new ArrayList<Left>();
        for (FoundJob job : byId.values()) {
            ExecutionId id = job.id();
            if (id.slot() < slots) {
                var attempt =
                        new Attempt(
                                (int) job.launch().ordinal(),
                                id.slot(),
                                id.iteration(),
                                id.attempt(),
                                job.launch().start(),
                                Optional.empty());
                running.add(new Left(attempt, id, Optional.empty(), Optional.of(job)));
            }
        }
        return new ResumedAttempts(over, broken, running, end(claim));
    }

    /** Return all attempts as the machine wants to hear of them. */
    List<Attempt> attempts() {
        var all = new ArrayList<Attempt>();
        for (List<Left> part : List.of(over, broken, running)) {
            part.forEach(left -> all.add(left.attempt()));
        }
        return all;
    }

    /** Return why a run launches nothing more, if its record says so. */
    public static Optional<RunEnd> end(Claim claim) {
        return RunEnd.Cause.of(claim.ending()).map(cause -> new RunEnd(cause, claim.reason()));
    }
}
