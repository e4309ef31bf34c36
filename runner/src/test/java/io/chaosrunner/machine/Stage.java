package io.chaosrunner.machine;

import io.chaosrunner.model.Attempt;
import io.chaosrunner.model.RunEnd;
import io.chaosrunner.model.RunLimits;
import io.chaosrunner.strategy.Decision;
import io.chaosrunner.strategy.Outcome;
import io.chaosrunner.strategy.Progress;
import io.chaosrunner.strategy.Slot;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Drive a {@link RunMachine} by hand: the clock moves only when told, slots are called a, b, c …
 * and commands are read as words.
 */
public final class Stage {
    public static final Instant START = Instant.parse("2026-03-01T10:00:00Z");
    static final Function<Progress, Decision> IN_ORDER =
            progress ->
                    progress.waiting()
                            .mapToObj(slot -> Decision.choose().launch(slot, "next").build())
                            .findFirst()
                            .orElse(Decision.NOTHING);
    static final Function<Progress, Decision> ALL_AT_ONCE =
            progress -> {
                var decision = Decision.choose();
                progress.waiting().forEach(slot -> decision.launch(slot, "all"));
                return decision.build();
            };

    final RunMachine machine;
    final List<String> log = new ArrayList<>();
    RunState state;
    Instant now = START;

    Stage(int slots, RunLimits limits, Function<Progress, Decision> plan) {
        machine = new RunMachine(slots(slots), START, limits, plan);
        state = machine.begin();
    }

    static List<Slot> slots(int count) {
        return IntStream.range(0, count).mapToObj(i -> new Slot(i, name(i))).toList();
    }

    public static String name(int slot) {
        return slot < 26 ? String.valueOf((char) ('a' + slot)) : "s" + slot;
    }

    /** Let time pass to so many milliseconds after the start, and step. */
    List<String> at(long millis) {
        now = START.plusMillis(millis);
        return step(new RunEvent.TimePassed());
    }

    /** End the running attempt of a slot, now. */
    List<String> end(int slot, Outcome outcome) {
        return step(new RunEvent.AttemptEnded(slot, endNow(outcome)));
    }

    Attempt.End endNow(Outcome outcome) {
        return new Attempt.End(now, outcome, outcome == Outcome.ERROR);
    }

    List<String> stop(String why) {
        return step(new RunEvent.StopRequested(new RunEnd(RunEnd.Cause.ABORT, why)));
    }

    List<String> step(RunEvent event) {
        RunMachine.Step step = machine.step(state, event, now);
        state = step.state();
        List<String> words = step.commands().stream().map(Stage::words).toList();
        log.addAll(words);
        return words;
    }

    /** Return when the machine wants to be stepped, in milliseconds after the start, and why. */
    Optional<String> wake() {
        return machine.wake(state)
                .map(wake -> Duration.between(START, wake.at()).toMillis() + ": " + wake.why());
    }

    static String words(Command command) {
        return switch (command) {
            case Command.Launch(Attempt attempt, String why) ->
                    "launch %s: %s".formatted(words(attempt), why);
            case Command.Skip(int slot, String why) -> "skip %s: %s".formatted(name(slot), why);
            case Command.Stop(Attempt attempt, String why) ->
                    "stop %s: %s".formatted(words(attempt), why);
            case Command.GiveUpRetry(Attempt attempt) -> "no retry of " + words(attempt);
            case Command.Finish(RunEnd end) -> "finish %s: %s".formatted(end.cause(), end.why());
        };
    }

    private static String words(Attempt attempt) {
        String name = name(attempt.slot());
        return attempt.iteration() == 1 && attempt.attempt() == 1
                ? name
                : "%s#%d.%d".formatted(name, attempt.iteration(), attempt.attempt());
    }
}
