package io.chaosrunner.attempt;

import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.crd.Result;
import io.chaosrunner.engine.EventWriter;
import io.chaosrunner.job.LaunchedJob;
import io.chaosrunner.model.Attempt;
import io.chaosrunner.model.ExecutionId;
import io.chaosrunner.model.Verdict;
import io.chaosrunner.status.EngineEvent;
import io.chaosrunner.status.StatusEntry;
import io.chaosrunner.strategy.Outcome;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** How an attempt ended. The experiment's own word counts most; without it, why it failed. */
public final class VerdictReader {
    private final ResultReader results;
    private final EventWriter events;

    public VerdictReader(ResultReader results, EventWriter events) {
        this.results = results;
        this.events = events;
    }

    /**
     * Wait for the result and conclude.
     *
     * @param at when the attempt ended
     * @param failure why its pod failed; empty if it did not
     * @param patience how long to wait for the result
     */
    Conclusion judge(LiveAttempt each, Instant at, String failure, Duration patience) {
        Optional<Result> result;
        String unreadable = "";
        try {
            result = results.lastWord(each.id, each.job(), patience);
        } catch (ClusterException e) {
            if (e.isTransient()) {
                throw e;
            }
            result = Optional.empty();
            unreadable = String.valueOf(e.getMessage());
        }
        if (result.isPresent()) {
            Verdict verdict = result.get().verdict().orElse(Verdict.ERROR);
            return new Conclusion(
                    StatusEntry.completed(each.experiment, each.pod, verdict),
                    new Attempt.End(at, Conclusion.outcome(verdict), true),
                    result.get().failure(),
                    failure.isEmpty());
        }
        return failure.isEmpty() ? withoutResult(each, at, unreadable) : failed(each, at, failure);
    }

    /** Tell whether an experiment that ended left a last word; no if its result cannot be read. */
    boolean saidAnything(ExecutionId execution, LaunchedJob job) {
        try {
            return results.lastWord(execution, job, Duration.ZERO).isPresent();
        } catch (ClusterException e) {
            if (e.isTransient()) {
                throw e;
            }
            return false;
        }
    }

    private Conclusion withoutResult(LiveAttempt each, Instant at, String unreadable) {
        String why =
                unreadable.isEmpty()
                        ? "ChaosResult %s did not come; is the experiment's image right?"
                                .formatted(each.job().resultName())
                        : unreadable;
        events.emit(new EngineEvent(EngineEvent.RESULT_MISSING, true, each.experiment, why));
        return new Conclusion(
                StatusEntry.completed(each.experiment, each.pod, Verdict.ERROR),
                new Attempt.End(at, Outcome.ERROR, true),
                why);
    }

    /** Conclude that an attempt never really ran. */
    Conclusion failed(LiveAttempt each, Instant at, String why) {
        events.emit(
                new EngineEvent(
                        EngineEvent.WATCH,
                        true,
                        each.experiment,
                        "Experiment Job creation failed, skipping Chaos Experiment: %s (%s)"
                                .formatted(each.experiment, why)));
        return new Conclusion(
                StatusEntry.failedToRun(each.experiment),
                new Attempt.End(at, Outcome.ERROR, true),
                why);
    }
}
