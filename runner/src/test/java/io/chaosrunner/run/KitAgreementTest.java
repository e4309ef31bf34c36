package io.chaosrunner.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.machine.Command;
import io.chaosrunner.machine.RunEvent;
import io.chaosrunner.machine.RunMachine;
import io.chaosrunner.machine.RunState;
import io.chaosrunner.machine.Stage;
import io.chaosrunner.model.Attempt;
import io.chaosrunner.model.RunEnd;
import io.chaosrunner.model.RunLimits;
import io.chaosrunner.strategy.Decision;
import io.chaosrunner.strategy.Draws;
import io.chaosrunner.strategy.ExecutionPlan;
import io.chaosrunner.strategy.ExecutionStrategy;
import io.chaosrunner.strategy.Outcome;
import io.chaosrunner.strategy.Progress;
import io.chaosrunner.strategy.SlotState;
import io.chaosrunner.strategy.StrategyRequest;
import io.chaosrunner.strategy.builtin.Dag;
import io.chaosrunner.strategy.builtin.Parallel;
import io.chaosrunner.strategy.builtin.RandomDraw;
import io.chaosrunner.strategy.builtin.Sequential;
import io.chaosrunner.strategy.contract.Scenario;
import io.chaosrunner.strategy.contract.SimulatedRun;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The conformance kit promises a strategy how it will be asked; the run machine asks. Both must
 * come to the same launches and skips at the same times, or the kit proves nothing.
 */
class KitAgreementTest {
    private static final int CASES = 300;

    /** Launches one more for each odd number of ends it is shown: sees what comes in between. */
    private static final class Counting implements ExecutionStrategy {
        @Override
        public String name() {
            return "counting";
        }

        @Override
        public ExecutionPlan plan(StrategyRequest request) {
            return Counting::next;
        }

        private static Decision next(Progress progress) {
            long over =
                    IntStream.range(0, progress.slots())
                            .filter(slot -> progress.state(slot) instanceof SlotState.Ended)
                            .count();
            int[] waiting = progress.waiting().toArray();
            var decision = Decision.choose();
            for (int slot : waiting) {
                boolean start = progress.active() == 0 || over % 2 == 1;
                if (start && slot < 2 + 2 * over) {
                    decision.launch(slot, over + " are over");
                }
            }
            Decision choice = decision.build();
            return choice.launches().isEmpty() && progress.active() == 0 && waiting.length > 0
                    ? Decision.choose().launch(waiting[0], "nothing runs").build()
                    : choice;
        }
    }

    static Stream<ExecutionStrategy> strategies() {
        return Stream.of(
                new Sequential(), new Parallel(), new Dag(), new RandomDraw(), new Counting());
    }

    @ParameterizedTest
    @MethodSource("strategies")
    void theMachineDecidesAsTheKitSays(ExecutionStrategy strategy) {
        for (int seed = 0; seed < CASES; seed++) {
            Scenario scenario = scenario(strategy, seed);
            SimulatedRun kit = SimulatedRun.of(scenario, strategy);
            var expected = new ArrayList<String>();
            kit.attempts()
                    .forEach(a ->
                            expected.add(launch(a.slot(), a.iteration(), a.attempt(), a.start())));
            kit.skips().forEach(s -> expected.add(skip(s.slot(), s.at(), s.why())));
            assertThat(machine(scenario, strategy))
                    .as("%s, seed %d", strategy.name(), seed)
                    .containsExactlyInAnyOrderElementsOf(expected);
        }
    }

    private static String launch(int slot, int iteration, int attempt, Instant at) {
        return "launch %d.%d.%d at %s".formatted(slot, iteration, attempt, at);
    }

    private static String skip(int slot, Instant at, String why) {
        return "skip %d at %s: %s".formatted(slot, at, why);
    }

    private static Scenario scenario(ExecutionStrategy strategy, int seed) {
        Draws draws = Draws.seeded(seed).named("agreement");
        int slots = 1 + draws.below(8, 0);
        List<String> names = IntStream.range(0, slots).mapToObj(Stage::name).toList();
        return Scenario.of(names.toArray(String[]::new))
                .seed(seed)
                .parameters(parameters(strategy, names, draws))
                .world((slot, iteration, attempt) -> {
                    Draws own = draws.named("world").at(slot).at(iteration).at(attempt);
                    // Few lengths, so that many ends meet; and some that are a millisecond
                    // apart.
                    return new Scenario.Fate(
                            Duration.ofMillis(500L * (1 + own.below(8, 0)) + own.below(2, 1)),
                            Outcome.values()[own.below(Outcome.values().length, 2)]);
                })
                .limits(
                        new Scenario.RunLimits(
                                draws.below(2, 1) == 0 ? Integer.MAX_VALUE : 1 + draws.below(4, 2),
                                null,
                                false,
                                draws.below(2, 3),
                                Duration.ofMillis(draws.below(5_000, 4))));
    }

    private static Map<String, ?> parameters(
            ExecutionStrategy strategy, List<String> names, Draws draws) {
        return switch (strategy) {
            case Dag _ -> {
                var edges = new TreeMap<String, List<String>>();
                String[] conditions = {"%s", "%s.passed", "not %s.failed", "%s.finished"};
                for (int i = 1; i < names.size(); i++) {
                    String before = names.get(draws.below(i, 100 + i));
                    edges.put(
                            names.get(i),
                            List.of(
                                    conditions[draws.below(conditions.length, 200 + i)].formatted(
                                            before)));
                }
                yield Map.of("dependencies", edges);
            }
            case RandomDraw _ ->
                    draws.below(2, 5) == 0
                            ? Map.of("iterations", 12)
                            : Map.of("iterations", 6, "minInterval", "2s", "meanInterval", "5s");
            case Sequential _ when draws.below(2, 6) == 0 -> Map.of("gap", "1s500ms");
            case Parallel _ when draws.below(2, 7) == 0 -> Map.of("stagger", "700ms");
            default -> Map.of();
        };
    }

    private record Running(Attempt attempt, Instant end, Outcome outcome) {}

    /** Run the machine on the kit's world and clock. */
    private static List<String> machine(Scenario scenario, ExecutionStrategy strategy) {
        StrategyRequest request = scenario.request();
        ExecutionPlan plan = strategy.plan(request);
        Function<Progress, Decision> asked = plan::next;
        var machine =
                new RunMachine(
                        request.slots(),
                        Scenario.START,
                        limits(scenario).and(plan.limits()),
                        asked);
        var running =
                new PriorityQueue<Running>(
                        Comparator.comparing(Running::end)
                                .thenComparing(each -> each.attempt().ordinal()));
        var story = new ArrayList<String>();
        RunState state = machine.begin();
        Instant now = Scenario.START;
        while (true) {
            var events = new ArrayList<RunEvent>();
            while (!running.isEmpty() && !running.peek().end().isAfter(now)) {
                Running over = running.remove();
                boolean retry = over.outcome() == Outcome.ERROR;
                events.add(
                        new RunEvent.AttemptEnded(
                                over.attempt().slot(),
                                new Attempt.End(over.end(), over.outcome(), retry)));
            }
            RunMachine.Step step = machine.step(state, events, now);
            state = step.state();
            for (Command command : step.commands()) {
                switch (command) {
                    case Command.Launch(Attempt a, String why) -> {
                        story.add(launch(a.slot(), a.iteration(), a.attempt(), a.start()));
                        running.add(running(scenario, a));
                    }
                    case Command.Skip(int slot, String why) -> story.add(skip(slot, now, why));
                    case Command.Finish(RunEnd end) -> {
                        assertThat(end.cause()).isIn(RunEnd.Cause.PLAN, RunEnd.Cause.PLAN_FAILED);
                        return story;
                    }
                    case Command.Stop _, Command.GiveUpRetry _ ->
                            throw new AssertionError("nobody stopped");
                }
            }
            Instant next =
                    Stream.concat(
                                    machine.wake(state).map(Decision.Wake::at).stream(),
                                    running.stream().map(Running::end))
                            .min(Comparator.naturalOrder())
                            .orElseThrow(() -> new AssertionError("stuck"));
            now = now.isBefore(next) ? next : now;
        }
    }

    private static RunLimits limits(Scenario scenario) {
        Scenario.RunLimits own = scenario.limits();
        return new RunLimits(
                own.maxParallel(),
                Duration.ZERO,
                Duration.ZERO,
                false,
                Optional.empty(),
                Optional.empty(),
                false,
                own.retries(),
                own.backOff(),
                Integer.MAX_VALUE);
    }

    private static Running running(Scenario scenario, Attempt attempt) {
        Scenario.Fate fate =
                scenario.world().fate(attempt.slot(), attempt.iteration(), attempt.attempt());
        return new Running(attempt, attempt.start().plus(fate.length()), fate.outcome());
    }
}
