package io.chaosrunner.machine;

import io.chaosrunner.model.Attempt;
import io.chaosrunner.model.RunEnd;
import io.chaosrunner.model.RunLimits;
import io.chaosrunner.strategy.Decision;
import io.chaosrunner.strategy.ExecutionPlan;
import io.chaosrunner.strategy.Outcome;
import io.chaosrunner.strategy.Progress;
import io.chaosrunner.strategy.Slot;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.function.Function;

/**
 * What a run would do, before anything is touched: the very {@link RunMachine}, on a clock that
 * jumps from event to event. Pure: the same request gives the same forecast.
 *
 * @param rows every attempt, in launch order
 * @param skipped the slots that would never be launched, with the reason
 * @param end why the run would be over
 * @param took from the start of the run to its end
 */
public record Forecast(List<Row> rows, List<Skip> skipped, RunEnd end, Duration took) {

    /** More attempts than this are no forecast but a mistake. */
    public static final int MOST_ATTEMPTS = 100_000;

    /**
     * One attempt.
     *
     * @param slot the experiment
     * @param iteration from 1
     * @param attempt from 1
     * @param start since the start of the run
     * @param end since the start of the run
     * @param outcome how it is assumed to end
     * @param why the strategy's reason to launch it
     */
    public record Row(
            Slot slot,
            int iteration,
            int attempt,
            Duration start,
            Duration end,
            Outcome outcome,
            String why) {}

    /** A slot that would never be launched. */
    public record Skip(Slot slot, Duration at, String why) {}

    /** How experiments are assumed to go. */
    public record Assumption(Duration duration, Outcome outcome) {}

    private record Running(Attempt attempt, Instant end, Outcome outcome) {}

    /**
     * Forecast a run.
     *
     * @param start the start of the run; only its distance to the strategy's own instants matters
     * @param assumed how each experiment goes
     */
    public static Forecast of(
            List<Slot> slots,
            ExecutionPlan plan,
            RunLimits limits,
            Instant start,
            Function<Slot, Assumption> assumed) {
        return new Simulation(slots, plan, limits, start, assumed).run();
    }

    /** Mutable only while one forecast is made. */
    private static final class Simulation {
        private final List<Slot> slots;
        private final Instant start;
        private final Function<Slot, Assumption> assumed;
        private final RunMachine machine;
        private final List<Row> rows = new ArrayList<>();
        private final List<Skip> skipped = new ArrayList<>();
        private final Map<Integer, Integer> rowOf = new HashMap<>();
        private final PriorityQueue<Running> running =
                new PriorityQueue<>(
                        Comparator.comparing(Running::end)
                                .thenComparing(each -> each.attempt().ordinal()));
        private RunState state;
        private RunEnd end = new RunEnd(RunEnd.Cause.PLAN, "nothing to do");

        Simulation(
                List<Slot> slots,
                ExecutionPlan plan,
                RunLimits limits,
                Instant start,
                Function<Slot, Assumption> assumed) {
            this.slots = slots;
            this.start = start;
            this.assumed = assumed;
            machine = new RunMachine(slots, start, limits.and(plan.limits()), safe(plan));
            state = machine.begin();
        }

        private static Function<Progress, Decision> safe(ExecutionPlan plan) {
            return progress -> {
                try {
                    return plan.next(progress);
                } catch (RuntimeException e) {
                    throw BrokenPlan.threw(e);
                }
            };
        }

        Forecast run() {
            Instant now = start;
            while (true) {
                RunMachine.Step step = machine.step(state, endedBy(now), now);
                state = step.state();
                for (Command command : step.commands()) {
                    carryOut(command, now);
                }
                if (state.finished || rows.size() >= MOST_ATTEMPTS) {
                    return new Forecast(
                            List.copyOf(rows),
                            List.copyOf(skipped),
                            end,
                            Duration.between(start, now));
                }
                Running first = running.peek();
                var wake = machine.wake(state);
                if (first != null && (wake.isEmpty() || !wake.get().at().isBefore(first.end()))) {
                    now = later(now, first.end());
                } else {
                    // Without a wake and with nothing running the machine would have ended the run.
                    now = later(now, wake.orElseThrow().at());
                }
            }
        }

        /** All ends of one instant come together. */
        private List<RunEvent> endedBy(Instant now) {
            var events = new ArrayList<RunEvent>();
            for (Running each = running.peek();
                    each != null && !each.end().isAfter(now);
                    each = running.peek()) {
                running.remove();
                events.add(
                        new RunEvent.AttemptEnded(
                                each.attempt().slot(),
                                new Attempt.End(each.end(), each.outcome(), true)));
            }
            return events;
        }

        private void carryOut(Command command, Instant now) {
            switch (command) {
                case Command.Launch(Attempt attempt, String why) -> {
                    Slot slot = slots.get(attempt.slot());
                    Assumption how = assumed.apply(slot);
                    rowOf.put(attempt.ordinal(), rows.size());
                    rows.add(
                            row(attempt, attempt.start().plus(how.duration()), how.outcome(), why));
                }
                case Command.Skip(int slot, String why) ->
                        skipped.add(new Skip(slots.get(slot), since(now), why));
                case Command.Stop(Attempt attempt, String why) -> {
                    running.removeIf(each -> each.attempt().ordinal() == attempt.ordinal());
                    Row row = row(attempt, now, Outcome.STOPPED, why);
                    rows.set(Objects.requireNonNull(rowOf.get(attempt.ordinal())), row);
                }
                case Command.GiveUpRetry(Attempt attempt) -> {}
                case Command.Finish(RunEnd why) -> end = why;
            }
        }

        /** Describe an attempt, and have it end at that time. */
        private Row row(Attempt attempt, Instant at, Outcome outcome, String why) {
            Instant end = at.truncatedTo(ChronoUnit.MILLIS);
            running.add(new Running(attempt, end, outcome));
            return new Row(
                    slots.get(attempt.slot()),
                    attempt.iteration(),
                    attempt.attempt(),
                    since(attempt.start()),
                    since(end),
                    outcome,
                    why);
        }

        private Duration since(Instant instant) {
            return Duration.between(start, instant);
        }

        private static Instant later(Instant one, Instant other) {
            return one.isBefore(other) ? other : one;
        }
    }
}
