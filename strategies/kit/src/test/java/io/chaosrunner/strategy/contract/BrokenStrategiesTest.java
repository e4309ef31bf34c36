package io.chaosrunner.strategy.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chaosrunner.strategy.Decision;
import io.chaosrunner.strategy.ExecutionPlan;
import io.chaosrunner.strategy.ExecutionStrategy;
import io.chaosrunner.strategy.Limits;
import io.chaosrunner.strategy.Progress;
import io.chaosrunner.strategy.SlotState;
import io.chaosrunner.strategy.StrategyRequest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Break every law on purpose, one at a time; the kit must catch each, by the test that proves it.
 */
class BrokenStrategiesTest {

    private record Broken(
            String how,
            Function<StrategyRequest, ExecutionPlan> plan,
            Consumer<ExecutionStrategyContract> caughtBy,
            String complaint) {
        @Override
        public String toString() {
            return how;
        }
    }

    @ParameterizedTest
    @MethodSource("broken")
    void kitCatches(Broken broken) {
        var contract = new Contract(broken.plan);
        assertThatThrownBy(() -> broken.caughtBy.accept(contract))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining(broken.complaint)
                .hasMessageContaining("case ");
    }

    static Stream<Broken> broken() {
        Consumer<ExecutionStrategyContract> valid =
                ExecutionStrategyContract::everyDecisionIsValidAndEverySlotEndsInOneState;
        Consumer<ExecutionStrategyContract> pure =
                ExecutionStrategyContract::freshPlanAnswersLikeAUsedOne;
        Consumer<ExecutionStrategyContract> stable =
                ExecutionStrategyContract::answerHoldsUntilSomethingHappens;
        Consumer<ExecutionStrategyContract> crash =
                ExecutionStrategyContract::crashThatLosesNoTimeChangesNothing;
        Consumer<ExecutionStrategyContract> late =
                ExecutionStrategyContract::crashThatLosesTimeKeepsEveryOtherLaw;
        var calls = new AtomicInteger();
        return Stream.of(
                new Broken(
                        "throws once something failed",
                        each(p -> {
                            if (p.executions().stream().anyMatch(e -> e.end().isPresent())) {
                                throw new IllegalStateException("boom");
                            }
                            return first(p);
                        }),
                        valid,
                        "throws java.lang.IllegalStateException: boom"),
                new Broken("answers null", each(p -> nothing()), valid, "answers null"),
                new Broken(
                        "names an unknown slot",
                        each(p -> launch(p.slots())),
                        valid,
                        "names an unknown slot"),
                new Broken(
                        "names one slot twice",
                        each(p -> Decision.choose().launch(0, "a").launch(0, "b").build()),
                        valid,
                        "names one slot twice"),
                new Broken(
                        "gives no reason", each(p -> reason(first(p))), valid, "gives no reason"),
                new Broken(
                        "launches what is active",
                        each(p -> launch(0)),
                        valid,
                        "law 5: launches a slot that is active"),
                new Broken(
                        "launches what ended without declaring that it repeats",
                        each(p -> p.active() > 0 ? Decision.NOTHING : launch(0)),
                        valid,
                        "law 5: launches an ended slot"),
                new Broken(
                        "skips what was launched",
                        each(p ->
                                p.waiting().findAny().isPresent()
                                        ? first(p)
                                        : Decision.choose().skip(0, "late").build()),
                        valid,
                        "skips a slot that is not waiting"),
                new Broken(
                        "forgets the last slot",
                        each(p -> p.waiting().count() > 1 ? first(p) : Decision.NOTHING),
                        valid,
                        "is stuck"),
                new Broken(
                        "repeats for ever",
                        repeating(p -> p.active() > 0 ? Decision.NOTHING : launch(0)),
                        valid,
                        "law 6: the run never ends"),
                new Broken(
                        "launches again after done",
                        each(p ->
                                p.active() == 1 && p.waiting().findAny().isPresent()
                                        ? Decision.choose().done("enough").build()
                                        : first(p)),
                        valid,
                        "law 6: done does not stay done"),
                new Broken(
                        "wakes in the past",
                        each(p ->
                                p.waiting().findAny().isPresent() ? first(p) : wake(p.runStart())),
                        valid,
                        "wakes at or before now"),
                new Broken(
                        "wakes every second for nothing",
                        each(p ->
                                p.now().isBefore(p.runStart().plusSeconds(2_000))
                                        ? wake(p.now().plusSeconds(1))
                                        : first(p)),
                        valid,
                        "1,000 times in a row"),
                new Broken(
                        "lets its wake run away",
                        each(p ->
                                p.active() > 0 && p.waiting().findAny().isPresent()
                                        ? wake(p.now().plusSeconds(10))
                                        : first(p)),
                        stable,
                        "law 3"),
                new Broken(
                        "lets time change its answer without a wake",
                        each(p ->
                                p.active() > 0 && p.now().isBefore(p.runStart().plusSeconds(5))
                                        ? Decision.NOTHING
                                        : first(p)),
                        stable,
                        "law 3"),
                new Broken(
                        "launches only at the very instant it is due",
                        each(BrokenStrategiesTest::onTheDot),
                        late,
                        "is stuck"),
                new Broken(
                        "uses randomness without a seed",
                        each(p -> {
                            List<Integer> waiting = p.waiting().boxed().toList();
                            return waiting.isEmpty()
                                    ? Decision.NOTHING
                                    : launch(waiting.get(new Random().nextInt(waiting.size())));
                        }),
                        pure,
                        "law 1"),
                new Broken(
                        "reads the clock",
                        each(p -> first(p, "" + System.nanoTime())),
                        pure,
                        "law 1"),
                new Broken(
                        "reads the clock rarely",
                        each(p -> first(p, "" + System.nanoTime())),
                        ExecutionStrategyContract::sameRequestInTheSameWorldGivesTheSameRun,
                        "law 2"),
                new Broken(
                        "counts its calls", request -> new Counting(), pure, "law 1: asked twice"),
                new Broken(
                        "shares state between plans",
                        each(p -> first(p, "call " + calls.incrementAndGet() / 2)),
                        pure,
                        "law 1"),
                new Broken(
                        "takes another past for no change",
                        request -> new Stale(),
                        pure,
                        "law 1: asked about an older progress"),
                new Broken(
                        "tells the order in which events came",
                        request -> new Remembering(),
                        pure,
                        "law 1"),
                new Broken(
                        "changes its limits",
                        request ->
                                new Counting() {
                                    @Override
                                    public Decision next(Progress progress) {
                                        calls++;
                                        return first(progress);
                                    }

                                    @Override
                                    public Limits limits() {
                                        return Limits.none().maxParallel(1 + calls);
                                    }
                                },
                        pure,
                        "law 1: limits() is not constant"),
                new Broken(
                        "takes the number of launches for the next slot",
                        each(p ->
                                p.executions().size() < p.slots()
                                        ? launch(p.executions().size())
                                        : Decision.NOTHING),
                        crash,
                        "law 5: launches a slot that is active"),
                new Broken(
                        "tells from its launches what the next ones are",
                        each(BrokenStrategiesTest::pairs),
                        crash,
                        "law 4: another run"));
    }

    @Test
    void nameMustBeOneUsersCanWrite() {
        var contract =
                new Contract(each(BrokenStrategiesTest::first)) {
                    @Override
                    protected ExecutionStrategy strategy() {
                        return new Named("Canary First", r -> p -> first(p));
                    }
                };
        assertThatThrownBy(contract::strategyIsDescribedForUsers)
                .hasMessageContaining("'Canary First'");
    }

    @Test
    void strategyWithoutServiceLineIsCaught() {
        assertThatThrownBy(new Contract(each(p -> first(p)))::strategyIsFoundByItsServiceLine)
                .hasMessageContaining("META-INF/services");
    }

    @Test
    void strategyInOrderIsNotAccused() {
        var contract = new Contract(each(BrokenStrategiesTest::first));
        contract.everyDecisionIsValidAndEverySlotEndsInOneState();
        contract.freshPlanAnswersLikeAUsedOne();
        contract.sameRequestInTheSameWorldGivesTheSameRun();
        contract.answerHoldsUntilSomethingHappens();
        contract.crashThatLosesNoTimeChangesNothing();
        contract.crashThatLosesTimeKeepsEveryOtherLaw();
        assertThat(contract.cases()).isPositive();
    }

    private static Decision first(Progress progress) {
        return first(progress, "next");
    }

    private static Decision first(Progress progress, String why) {
        var decision = Decision.choose();
        progress.waiting().limit(1).forEach(slot -> decision.launch(slot, why));
        return decision.build();
    }

    private static Decision launch(int slot) {
        return Decision.choose().launch(slot, "because").build();
    }

    private static Decision wake(Instant at) {
        return Decision.choose().wakeAt(at, "in a while").build();
    }

    private static Decision reason(Decision decision) {
        var blank = Decision.choose();
        decision.launches().forEach(choice -> blank.launch(choice.slot(), " "));
        return blank.build();
    }

    @SuppressWarnings("NullAway") // what a stranger's code may do
    private static Decision nothing() {
        return null;
    }

    /**
     * Launch the first slot at once, and each other one exactly as many minutes after the start.
     */
    private static Decision onTheDot(Progress progress) {
        int slot = progress.waiting().findFirst().orElse(0);
        Instant due = progress.runStart().plusSeconds(60L * slot);
        if (!(progress.state(slot) instanceof SlotState.Waiting)) {
            return Decision.NOTHING;
        }
        if (due.isAfter(progress.now())) {
            return wake(due);
        }
        return due.equals(progress.now()) ? launch(slot) : Decision.NOTHING;
    }

    /** Launch two at once, then one alone; after half a pair its other half comes late. */
    private static Decision pairs(Progress progress) {
        if (progress.active() > 0) {
            return Decision.NOTHING;
        }
        long launched = progress.slots() - progress.waiting().count();
        var decision = Decision.choose();
        progress.waiting()
                .limit(launched % 3 == 0 ? 2 : 1)
                .forEach(slot -> decision.launch(slot, "in pairs"));
        return decision.build();
    }

    private static Function<StrategyRequest, ExecutionPlan> each(
            Function<Progress, Decision> next) {
        return request -> next::apply;
    }

    private static Function<StrategyRequest, ExecutionPlan> repeating(
            Function<Progress, Decision> next) {
        return request ->
                new ExecutionPlan() {
                    @Override
                    public Decision next(Progress progress) {
                        return next.apply(progress);
                    }

                    @Override
                    public Limits limits() {
                        return Limits.none().repeats();
                    }
                };
    }

    private static class Counting implements ExecutionPlan {
        int calls;

        @Override
        public Decision next(Progress progress) {
            calls++;
            return first(progress, "call " + calls);
        }
    }

    /** Keep a cache that is never rebuilt. */
    private static final class Stale implements ExecutionPlan {
        private final Map<Integer, SlotState> states = new HashMap<>();
        private Progress seen;

        @SuppressWarnings("NullAway") // what a stranger's code may do
        private Stale() {
            seen = null;
        }

        @Override
        public Decision next(Progress progress) {
            if (seen == null) {
                for (int slot = 0; slot < progress.slots(); slot++) {
                    states.put(slot, progress.state(slot));
                }
            } else {
                progress.changesSince(seen)
                        .ifPresent(changed ->
                                changed.forEach(slot -> states.put(slot, progress.state(slot))));
            }
            seen = progress;
            return states.entrySet().stream()
                    .filter(entry -> entry.getValue() instanceof SlotState.Waiting)
                    .findFirst()
                    .map(entry -> launch(entry.getKey()))
                    .orElse(Decision.NOTHING);
        }
    }

    /** Explain from what was seen first, which nobody can tell after a restart. */
    private static final class Remembering implements ExecutionPlan {
        private final List<Integer> ends = new ArrayList<>();

        @Override
        public Decision next(Progress progress) {
            for (int slot = 0; slot < progress.slots(); slot++) {
                if (progress.state(slot) instanceof SlotState.Ended && !ends.contains(slot)) {
                    ends.add(slot);
                }
            }
            return first(progress, "ended in this order: " + ends);
        }
    }

    private record Named(String name, Function<StrategyRequest, ExecutionPlan> planner)
            implements ExecutionStrategy {
        @Override
        public String description() {
            return "broken on purpose";
        }

        @Override
        public ExecutionPlan plan(StrategyRequest request) {
            return planner.apply(request);
        }
    }

    private static class Contract extends ExecutionStrategyContract {
        private final Function<StrategyRequest, ExecutionPlan> planner;

        private Contract(Function<StrategyRequest, ExecutionPlan> planner) {
            this.planner = planner;
        }

        @Override
        protected ExecutionStrategy strategy() {
            return new Named("broken", planner);
        }

        @Override
        protected int cases() {
            return 200;
        }
    }
}
