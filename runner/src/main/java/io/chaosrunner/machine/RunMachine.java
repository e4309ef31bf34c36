package io.chaosrunner.machine;

import io.chaosrunner.machine.RunState.Draft;
import io.chaosrunner.model.Attempt;
import io.chaosrunner.model.RunEnd;
import io.chaosrunner.model.RunEnd.Cause;
import io.chaosrunner.model.RunLimits;
import io.chaosrunner.strategy.Decision;
import io.chaosrunner.strategy.Decision.Choice;
import io.chaosrunner.strategy.Outcome;
import io.chaosrunner.strategy.Progress;
import io.chaosrunner.strategy.Slot;
import io.chaosrunner.strategy.SlotState.Ended;
import io.chaosrunner.strategy.SlotState.Skipped;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * The decisions of a run: a state and an event in, a state and commands out.
 *
 * <p>Pure: no clock, no I/O, no threads. It asks the plan after every event, checks each answer
 * against the rules of the SPI, and keeps the limits. A plan that breaks a rule ends the launching;
 * what runs is watched to its end.
 */
public final class RunMachine {
    private static final int MOST_FRUITLESS_WAKES = 1_000;

    /** No run lives to see it; a plan's own "never" may be beyond what can be reckoned with. */
    private static final Duration NEVER = Duration.ofDays(36_500);

    private final List<Slot> slots;
    private final Instant runStart;
    private final RunLimits limits;
    private final LaunchBudget room;
    private final DecisionRules rules;
    private final Function<Progress, Decision> plan;

    /**
     * @param slots the engine's experiments, in order
     * @param runStart the first start of the run, also after a restart
     * @param limits the run's limits, merged with the plan's
     * @param plan answers what should start now; may throw {@link BrokenPlan}
     */
    public RunMachine(
            List<Slot> slots,
            Instant runStart,
            RunLimits limits,
            Function<Progress, Decision> plan) {
        this.slots = List.copyOf(slots);
        this.runStart = runStart;
        this.limits = limits;
        this.room = new LaunchBudget(limits);
        this.rules = new DecisionRules(this.slots, limits);
        this.plan = plan;
    }

    /** A new state and what to do. */
    public record Step(RunState state, List<Command> commands) {
        public Step {
            commands = List.copyOf(commands);
        }
    }

    /** Return the state of a run that has launched nothing. */
    public RunState begin() {
        return RunState.untouched(slots.size(), runStart);
    }

    /**
     * Return the state of a run that was interrupted.
     *
     * @param attempts what is known to have been launched: first what ended, in that order, then
     *     what runs
     * @param skipped the slots that were skipped, with the recorded reason
     * @param end why the run launches nothing more, if that was recorded
     */
    public RunState resume(
            List<Attempt> attempts, Map<Integer, String> skipped, Optional<RunEnd> end) {
        Draft draft = begin().edit();
        skipped.forEach((slot, why) -> draft.slot(slot, new Skipped(why)));
        for (Attempt attempt :
                attempts.stream().sorted(Comparator.comparingInt(Attempt::ordinal)).toList()) {
            // A later attempt in the log proves that the one before is over.
            draft.retries.removeIf(retry -> retry.slot() == attempt.slot());
            draft.launched(attempt.launchedAgain());
            draft.now = later(draft.now, attempt.start());
            attempt.end().ifPresent(how -> attemptEnded(draft, attempt.slot(), how));
        }
        // The launches that filled the record may have been lost: then there is room again.
        end.filter(e -> e.cause() != Cause.RECORD_FULL || room.isFull(draft))
                .ifPresent(e -> close(draft, e));
        for (Attempt attempt : attempts) {
            if (attempt.end().isPresent() && !mayRetry(attempt, attempt.end().get())) {
                applyStopOnFailure(draft, attempt.slot(), attempt.end().get());
            }
        }
        return draft.freeze();
    }

    /** Decide what happens now; a {@code now} before the state's own counts as the state's own. */
    public Step step(RunState state, RunEvent event, Instant now) {
        return step(state, List.of(event), now);
    }

    /** Decide what happens now that several things happened at once. */
    public Step step(RunState state, List<RunEvent> events, Instant now) {
        var commands = new ArrayList<Command>();
        Draft draft = state.edit();
        draft.now = later(draft.now, now.truncatedTo(ChronoUnit.MILLIS));
        events.forEach(event -> takeIn(state, draft, event));
        Optional<Instant> deadline = limits.deadline().map(runStart::plus);
        boolean somethingLeft = draft.active > 0 || draft.hasWaiting() || limits.repeats();
        if (deadline.isPresent() && somethingLeft && !draft.now.isBefore(deadline.get())) {
            close(
                    draft,
                    new RunEnd(
                            Cause.DEADLINE,
                            "deadline of " + text(limits.deadline().get()) + " reached"));
        }
        stopOverdueAttempts(draft, commands);
        launchDueRetries(draft, commands);
        boolean wokenByPlan = state.wake != null && !draft.now.isBefore(state.wake);
        int before = commands.size();
        askPlan(draft, commands);
        draft.fruitlessWakes =
                wokenByPlan && commands.size() == before && draft.end == null
                        ? draft.fruitlessWakes + 1
                        : 0;
        if (draft.fruitlessWakes >= MOST_FRUITLESS_WAKES) {
            close(
                    draft,
                    new RunEnd(
                            Cause.BROKEN_STRATEGY,
                            "was woken "
                                    + MOST_FRUITLESS_WAKES
                                    + " times in a row without effect"));
        }
        settle(draft, commands);
        return new Step(draft.freeze(), commands);
    }

    private void takeIn(RunState state, Draft draft, RunEvent event) {
        switch (event) {
            case RunEvent.TimePassed() -> {}
            case RunEvent.AttemptEnded(int slot, Attempt.End end) -> {
                if (state.running(slot).isPresent() && !attemptEnded(draft, slot, end)) {
                    applyStopOnFailure(draft, slot, end);
                }
            }
            case RunEvent.StopRequested(RunEnd end) -> close(draft, end);
            case RunEvent.LeftBehind(String why) ->
                    close(draft, new RunEnd(Cause.LEFT_BEHIND, why));
            case RunEvent.StrategyFailed(String why) ->
                    close(draft, new RunEnd(Cause.BROKEN_STRATEGY, why));
        }
    }

    /** Return when the machine wants to be stepped again at the latest, and why. */
    public Optional<Decision.Wake> wake(RunState state) {
        if (state.finished) {
            return Optional.empty();
        }
        var wakes = new ArrayList<Decision.Wake>();
        boolean mayLaunch = state.end == null || !state.end.isStopping();
        if (state.end == null && state.wake != null) {
            wakes.add(new Decision.Wake(state.wake, state.wakeWhy));
        }
        if (state.end == null && (state.hasWaiting() || limits.repeats())) {
            room.paceOpens(state.lastStart, state.lastEnd)
                    .filter(state.now::isBefore)
                    .ifPresent(at -> wakes.add(new Decision.Wake(at, "pace limit opens")));
        }
        if (mayLaunch) {
            for (RunState.Retry retry : state.retries) {
                Instant at =
                        room.paceOpens(state.lastStart, state.lastEnd)
                                .filter(retry.due()::isBefore)
                                .orElse(retry.due());
                wakes.add(new Decision.Wake(at, "retry of " + name(retry.slot())));
            }
        }
        if (state.end == null || !state.end.stopsRunning()) {
            limits.deadline()
                    .ifPresent(d -> wakes.add(new Decision.Wake(runStart.plus(d), "deadline")));
        }
        limits.experimentTimeout().ifPresent(timeout -> nextTimeout(state, timeout, wakes));
        return wakes.stream().min(Comparator.comparing(Decision.Wake::at));
    }

    private void nextTimeout(RunState state, Duration timeout, List<Decision.Wake> wakes) {
        for (int i = state.timedOut; i < state.attempts.size(); i++) {
            Attempt attempt = state.attempts.get(i);
            if (attempt.isRunning()) {
                wakes.add(
                        new Decision.Wake(
                                attempt.start().plus(timeout),
                                "time-out of " + name(attempt.slot())));
                return;
            }
        }
    }

    /** Note an end; returns whether a retry follows, so that the execution goes on. */
    private boolean attemptEnded(Draft draft, int slot, Attempt.End end) {
        draft.attemptEnded(slot, end);
        Attempt attempt = draft.attempts.get(draft.latest.get(slot));
        boolean stopping = draft.end != null && draft.end.isStopping();
        if (mayRetry(attempt, end) && !stopping) {
            Instant due = end.at().plus(limits.backoffAfter(attempt.attempt()));
            draft.retries.add(new RunState.Retry(slot, due));
            return true;
        }
        draft.executionEnded(slot);
        return false;
    }

    /** Tell whether an attempt that ends like this is worth another, and has one left. */
    public boolean mayRetry(Attempt attempt, Attempt.End end) {
        return end.outcome() == Outcome.ERROR
                && end.retry()
                && attempt.attempt() <= limits.retries();
    }

    /** Tell whether an attempt of a slot that ends like this is followed by another. */
    public boolean isRetried(RunState state, Attempt attempt, Attempt.End end) {
        return mayRetry(attempt, end) && (state.end == null || !state.end.isStopping());
    }

    private void applyStopOnFailure(Draft draft, int slot, Attempt.End end) {
        if (limits.stopOnFailure() && end.outcome() != Outcome.PASSED) {
            close(
                    draft,
                    new RunEnd(
                            Cause.FAILURE,
                            name(slot)
                                    + " ended as "
                                    + end.outcome().name().toLowerCase(Locale.ROOT)
                                    + ", and onFailure is stop"));
        }
    }

    /** End the launching; the first reason stands, but a stop overrides a plan that was done. */
    private static void close(Draft draft, RunEnd end) {
        if (draft.end == null
                || (!draft.end.isStopping() && end.isStopping())
                || (!draft.end.stopsRunning() && end.stopsRunning())) {
            draft.end = end;
        }
    }

    private void stopOverdueAttempts(Draft draft, List<Command> commands) {
        if (limits.experimentTimeout().isEmpty()) {
            return;
        }
        Duration timeout = limits.experimentTimeout().get();
        while (draft.timedOut < draft.attempts.size()) {
            Attempt attempt = draft.attempts.get(draft.timedOut);
            if (attempt.isRunning()) {
                if (draft.now.isBefore(attempt.start().plus(timeout))) {
                    return;
                }
                commands.add(
                        new Command.Stop(
                                attempt, "experimentTimeout of " + text(timeout) + " reached"));
            }
            draft.timedOut++;
        }
    }

    private void launchDueRetries(Draft draft, List<Command> commands) {
        if (draft.end != null && draft.end.isStopping()) {
            return;
        }
        List<RunState.Retry> due =
                draft.retries.stream()
                        .filter(retry -> !draft.now.isBefore(retry.due()))
                        .sorted(
                                Comparator.comparing(RunState.Retry::due)
                                        .thenComparing(RunState.Retry::slot))
                        .toList();
        var launched = new HashSet<RunState.Retry>();
        for (RunState.Retry retry : due) {
            if (room.isFull(draft)) {
                close(draft, full());
                break;
            }
            if (!room.paceIsOpen(draft)) {
                break;
            }
            launched.add(retry);
            Attempt failed = draft.attempts.get(draft.latest.get(retry.slot()));
            launch(
                    draft,
                    commands,
                    retry.slot(),
                    failed.iteration(),
                    failed.attempt() + 1,
                    "retry %d of %d".formatted(failed.attempt(), limits.retries()));
        }
        draft.retries.removeIf(launched::contains);
    }

    private void askPlan(Draft draft, List<Command> commands) {
        while (draft.end == null) {
            if (!limits.repeats() && !draft.hasWaiting()) {
                close(draft, new RunEnd(Cause.PLAN, "every experiment was launched or skipped"));
                return;
            }
            try {
                if (!askOnce(draft, commands)) {
                    if (draft.end == null && room.isFull(draft)) {
                        close(draft, full());
                    }
                    return;
                }
            } catch (BrokenPlan broken) {
                close(
                        draft,
                        new RunEnd(Cause.BROKEN_STRATEGY, String.valueOf(broken.getMessage())));
            }
        }
    }

    /** Ask and carry out; returns whether anything changed, so that the plan is asked again. */
    private boolean askOnce(Draft draft, List<Command> commands) {
        RunState state = draft.freeze();
        Progress progress = new RunProgress(state, runStart, room);
        Decision decision = rules.check(plan.apply(progress), draft);
        if (!decision.skips().isEmpty()) {
            for (Choice skip : decision.skips()) {
                skip(draft, commands, skip.slot(), skip.why());
            }
            return true;
        }
        int launched = 0;
        for (Choice choice : decision.launches()) {
            if (room.of(draft) == 0) {
                break;
            }
            int iteration =
                    draft.slots.get(choice.slot()) instanceof Ended e ? e.iteration() + 1 : 1;
            launch(draft, commands, choice.slot(), iteration, 1, choice.why());
            launched++;
        }
        boolean refused = launched < decision.launches().size();
        if (decision.end().isPresent() && !refused) {
            Decision.End end = decision.end().get();
            close(draft, new RunEnd(end.failed() ? Cause.PLAN_FAILED : Cause.PLAN, end.why()));
            return false;
        }
        if (launched > 0) {
            return true;
        }
        // Beside launches that had no room a wake is ignored: whatever makes room asks again.
        Optional<Decision.Wake> wake = refused ? Optional.empty() : decision.wake();
        rules.checkWait(wake, draft);
        draft.wake =
                wake.map(Decision.Wake::at)
                        .map(at -> earlier(at, draft.now.plus(NEVER)))
                        .orElse(null);
        draft.wakeWhy = wake.map(Decision.Wake::why).orElse("");
        return false;
    }

    /** Carry out what an end means, and finish once nothing runs. */
    private void settle(Draft draft, List<Command> commands) {
        RunEnd end = draft.end;
        if (end == null || draft.finished) {
            return;
        }
        if (end.isStopping()) {
            for (RunState.Retry retry : List.copyOf(draft.retries)) {
                draft.executionEnded(retry.slot());
                commands.add(
                        new Command.GiveUpRetry(
                                draft.attempts.get(draft.latest.get(retry.slot()))));
            }
            draft.retries.clear();
        }
        if (end.stopsRunning() && !draft.stopTold) {
            draft.stopTold = true;
            for (Attempt attempt : draft.freeze().running()) {
                commands.add(new Command.Stop(attempt, end.why()));
            }
        }
        // An abort leaves the waiting slots as they are: their entries are not ours to judge.
        if (!end.cause().isAbort()) {
            draft.freeze().waitingSlots().forEach(slot -> skip(draft, commands, slot, reason(end)));
        }
        if (draft.active == 0) {
            draft.finished = true;
            commands.add(new Command.Finish(end));
        }
    }

    private static String reason(RunEnd end) {
        return end.cause() == Cause.BROKEN_STRATEGY
                ? "the strategy broke a rule: " + end.why()
                : end.why();
    }

    private void launch(
            Draft draft, List<Command> commands, int slot, int iteration, int number, String why) {
        int ordinal =
                draft.attempts.isEmpty()
                        ? 0
                        : draft.attempts.get(draft.attempts.size() - 1).ordinal() + 1;
        Attempt attempt =
                new Attempt(ordinal, slot, iteration, number, draft.now, Optional.empty());
        draft.launched(attempt);
        commands.add(new Command.Launch(attempt, why));
    }

    private static void skip(Draft draft, List<Command> commands, int slot, String why) {
        draft.slot(slot, new Skipped(why));
        commands.add(new Command.Skip(slot, why));
    }

    private RunEnd full() {
        return new RunEnd(
                Cause.RECORD_FULL,
                "the record of a run holds %d launches, and they are used up"
                        .formatted(limits.mostLaunches()));
    }

    private String name(int slot) {
        return slots.get(slot).experiment();
    }

    private static Instant earlier(Instant one, Instant other) {
        return one.isAfter(other) ? other : one;
    }

    private static Instant later(Instant one, Instant other) {
        return one.isBefore(other) ? other : one;
    }

    private static String text(Duration duration) {
        return duration.toString().substring(2).toLowerCase(Locale.ROOT);
    }
}
