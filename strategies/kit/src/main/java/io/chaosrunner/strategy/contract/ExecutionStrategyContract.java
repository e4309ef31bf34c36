package io.chaosrunner.strategy.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.chaosrunner.strategy.Decision;
import io.chaosrunner.strategy.Draws;
import io.chaosrunner.strategy.Execution;
import io.chaosrunner.strategy.ExecutionPlan;
import io.chaosrunner.strategy.ExecutionStrategy;
import io.chaosrunner.strategy.Limits;
import io.chaosrunner.strategy.Outcome;
import io.chaosrunner.strategy.Parameter;
import io.chaosrunner.strategy.Parameters;
import io.chaosrunner.strategy.PastRun;
import io.chaosrunner.strategy.contract.SimulatedRun.Attempt;
import io.chaosrunner.strategy.contract.SimulatedRun.Skip;
import io.chaosrunner.strategy.contract.SimulatedRun.Turn;
import io.chaosrunner.strategy.contract.SimulatedRun.View;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The proof that a strategy keeps every law of the SPI; extend it, and say which strategy.
 *
 * <pre>{@code
 * class CanaryFirstTest extends ExecutionStrategyContract {
 *     @Override
 *     protected ExecutionStrategy strategy() {
 *         return new CanaryFirst();
 *     }
 *
 *     @Override
 *     protected Parameters parameters(List<String> experiments, Draws draws) {
 *         return Parameters.of(Map.of("canary", experiments.getFirst()));
 *     }
 * }
 * }</pre>
 *
 * <p>Each law is tried on many cases made from a fixed seed: one to twelve slots, some of them of
 * one experiment, any outcomes and durations, caps, deadlines, retries and crashes. A failure names
 * the case and shows the request; the same case fails again until it is mended.
 */
@Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
public abstract class ExecutionStrategyContract {
    private static final List<String> EXPERIMENTS =
            List.of(
                    "pod-delete",
                    "container-kill",
                    "pod-network-loss",
                    "pod-network-latency",
                    "pod-cpu-hog",
                    "pod-memory-hog",
                    "node-drain",
                    "node-cpu-hog",
                    "disk-fill",
                    "kubelet-service-kill",
                    "pod-dns-error",
                    "pod-io-stress");

    /** Return the strategy to prove; called for each case. */
    protected abstract ExecutionStrategy strategy();

    /**
     * Make parameters the strategy accepts for these experiments; none by default.
     *
     * @param experiments names in engine order; some may be listed more than once
     * @param draws randomness of this case, so that parameters can vary
     */
    protected Parameters parameters(List<String> experiments, Draws draws) {
        return Parameters.none();
    }

    /** Return how many cases to try for each law; 1,000 by default. */
    protected int cases() {
        return 1_000;
    }

    @Test
    void strategyIsDescribedForUsers() {
        ExecutionStrategy strategy = strategy();
        assertTrue(
                strategy.name().matches("[a-z][a-z0-9-]*"),
                () -> "a name is [a-z][a-z0-9-]*, but is '" + strategy.name() + "'");
        assertFalse(strategy.description().isBlank(), "describe the strategy in one line");
        var names = new HashSet<String>();
        for (Parameter parameter : strategy.parameters()) {
            assertTrue(
                    names.add(parameter.name()), () -> "two parameters named " + parameter.name());
            assertFalse(parameter.doc().isBlank(), () -> "document " + parameter.name());
        }
        forEachCase(scenario ->
                scenario.parameters()
                        .tree()
                        .keySet()
                        .forEach(key ->
                                assertTrue(
                                        names.contains(key),
                                        () -> key + " is missing in parameters()")));
    }

    @Test
    void strategyIsFoundByItsServiceLine() {
        Class<?> type = strategy().getClass();
        assertTrue(
                ServiceLoader.load(ExecutionStrategy.class).stream()
                        .anyMatch(provider -> provider.type().equals(type)),
                () ->
                        type.getName()
                                + " is not listed in META-INF/services/"
                                + ExecutionStrategy.class.getName());
    }

    /** Laws 5 and 6. */
    @Test
    void everyDecisionIsValidAndEverySlotEndsInOneState() {
        forEachCase(scenario -> SimulatedRun.of(scenario, strategy()));
    }

    /** Law 1. */
    @Test
    void freshPlanAnswersLikeAUsedOne() {
        forEachCase(scenario -> SimulatedRun.of(scenario, strategy(), new Purity(scenario)));
    }

    /** Law 2. */
    @Test
    void sameRequestInTheSameWorldGivesTheSameRun() {
        forEachCase(scenario ->
                assertEquals(
                        SimulatedRun.of(scenario, strategy()).story(),
                        SimulatedRun.of(scenario, strategy()).story(),
                        "law 2: same request and world, another run"));
    }

    /** Law 3. */
    @Test
    void answerHoldsUntilSomethingHappens() {
        forEachCase(scenario -> SimulatedRun.of(scenario, strategy(), new Stability(scenario)));
    }

    /** Law 4. */
    @Test
    void crashThatLosesNoTimeChangesNothing() {
        forEachCase(scenario -> {
            SimulatedRun whole = SimulatedRun.of(scenario, strategy());
            List<String> outcome = whole.outcome();
            Draws draws = Draws.seeded(scenario.seed()).named("crash");
            for (int k = 0; k < 4; k++) {
                Crash crash = Crash.in(whole, draws.at(k));
                SimulatedRun resumed =
                        crash.resume(scenario, strategy(), SimulatedRun.Witness.NONE, 0);
                assertEquals(
                        outcome,
                        resumed.outcome(),
                        () -> "law 4: another run after a crash at " + crash);
                if (resumed.stopped()) {
                    continue; // before the plan could say again that it was done
                }
                assertEquals(
                        whole.end().map(Decision.End::failed),
                        resumed.end().map(Decision.End::failed),
                        () -> "law 4: another end after a crash at " + crash);
            }
        });
    }

    /** Law 4, second part. */
    @Test
    void crashThatLosesTimeKeepsEveryOtherLaw() {
        forEachCase(scenario -> {
            SimulatedRun whole = SimulatedRun.of(scenario, strategy());
            Draws draws = Draws.seeded(scenario.seed()).named("late");
            for (int k = 0; k < 2; k++) {
                Crash crash = Crash.in(whole, draws.at(k));
                int lost = 1 + draws.below(draws.below(2, 10) == 0 ? 3_000 : 900_000, k);
                try {
                    crash.resume(scenario, strategy(), new Purity(scenario), lost);
                } catch (AssertionError broken) {
                    throw new AssertionError(
                            "%s%nafter %d ms were lost in a crash at %s"
                                    .formatted(broken.getMessage(), lost, crash),
                            broken);
                }
            }
        });
    }

    private void forEachCase(Consumer<Scenario> law) {
        for (int k = 0; k < cases(); k++) {
            Scenario scenario = scenario(k);
            try {
                law.accept(scenario);
            } catch (AssertionError | RuntimeException broken) {
                throw new AssertionError(
                        "%s%ncase %d of strategy %s: experiments %s, parameters %s, %s"
                                .formatted(
                                        broken.getMessage(),
                                        k,
                                        strategy().name(),
                                        scenario.experiments(),
                                        scenario.parameters(),
                                        scenario.limits()),
                        broken);
            }
        }
    }

    private Scenario scenario(int number) {
        Draws draws = Draws.seeded(number).named("case");
        int slots = 1 + draws.below(draws.below(4, 0) == 0 ? 3 : 12, 1);
        int names = 1 + draws.below(draws.below(3, 2) == 0 ? slots : EXPERIMENTS.size(), 3);
        List<String> experiments =
                IntStream.range(0, slots)
                        .mapToObj(i ->
                                names < slots
                                        ? EXPERIMENTS.get(draws.below(names, 100 + i))
                                        : EXPERIMENTS.get(i))
                        .toList();
        return new Scenario(
                experiments,
                parameters(experiments, draws.named("parameters")),
                draws.bits(4),
                history(slots, draws.named("history")),
                world(draws.named("world")),
                new Scenario.RunLimits(
                        draws.below(2, 5) == 0 ? Integer.MAX_VALUE : 1 + draws.below(4, 6),
                        draws.below(6, 7) == 0 ? Duration.ofSeconds(1 + draws.below(900, 8)) : null,
                        draws.below(6, 9) == 0,
                        draws.below(3, 10),
                        Duration.ofMillis(draws.below(2, 11) == 0 ? 0 : draws.below(90_000, 12))));
    }

    private static Scenario.World world(Draws draws) {
        int pattern = draws.below(3, 0);
        int passing = 1 + draws.below(9, 1);
        return (slot, iteration, attempt) -> {
            Draws own = draws.at(slot).at(iteration).at(attempt);
            Outcome outcome =
                    own.below(10, 0) < passing
                            ? Outcome.PASSED
                            : Outcome.values()[own.below(Outcome.values().length, 1)];
            int millis =
                    switch (pattern) {
                        // Many ends at one instant, short runs, and anything.
                        case 0 -> 30_000 * (1 + own.below(3, 2));
                        case 1 -> own.below(2_500, 2);
                        default -> own.below(300_000, 2);
                    };
            return new Scenario.Fate(Duration.ofMillis(millis), outcome);
        };
    }

    private static List<PastRun> history(int slots, Draws draws) {
        return IntStream.range(0, draws.below(3, 0))
                .mapToObj(run -> {
                    Instant start = Scenario.START.minus(Duration.ofDays(9 - run));
                    return new PastRun(
                            run + 1,
                            start,
                            IntStream.range(0, slots)
                                    .filter(slot -> draws.below(2, 10 * slot + run) == 0)
                                    .mapToObj(slot -> past(slot, start))
                                    .toList());
                })
                .toList();
    }

    private static Execution past(int slot, Instant start) {
        var end = new Execution.End(start.plusSeconds(60), Outcome.PASSED);
        return new Execution(slot, 1, start, Optional.of(end));
    }

    /** Law 1: a plan is a function of request and progress. */
    private final class Purity implements SimulatedRun.Witness {
        private final Scenario scenario;
        private final ExecutionStrategy strategy = strategy();
        private final List<View> asked = new ArrayList<>();
        private final List<String> answers = new ArrayList<>();

        private Purity(Scenario scenario) {
            this.scenario = scenario;
        }

        @Override
        public void decided(ExecutionPlan plan, View progress, Decision decision) {
            String answer = decision.toString();
            same(answer, plan.next(progress), "asked twice", progress);

            if (Draws.seeded(asked.size()).below(4, scenario.seed()) == 0) {
                strangerAsks();
            }
            ExecutionPlan fresh = strategy.plan(scenario.request());
            same(answer, fresh.next(progress), "asked of a fresh plan", progress);
            assertEquals(
                    text(plan.limits()), text(fresh.limits()), "law 1: limits() is not constant");

            asked.add(progress);
            answers.add(answer);
            int earlier = Draws.seeded(scenario.seed()).below(asked.size(), asked.size());
            same(
                    answers.get(earlier),
                    plan.next(asked.get(earlier)),
                    "asked about an older progress",
                    asked.get(earlier));
            same(answer, plan.next(progress), "asked again after an older progress", progress);
        }

        @Override
        public void waits(ExecutionPlan plan, View progress, Decision decision, Instant until) {}

        /** Plan and ask for another run: strategies are stateless. */
        private void strangerAsks() {
            Scenario other = scenario((int) (scenario.seed() & 0xff));
            SimulatedRun.of(other, strategy);
        }

        private void same(String answer, Decision again, String how, View progress) {
            assertEquals(answer, String.valueOf(again), () -> "law 1: " + how + ", " + progress);
        }

        private static String text(Limits limits) {
            return List.of(
                            limits.maxParallel(),
                            limits.startToStart(),
                            limits.endToStart(),
                            limits.mayRepeat())
                    .toString();
        }
    }

    /** Law 3: as long as nothing happens, the answer stays as it is until the wake it named. */
    private static final class Stability implements SimulatedRun.Witness {
        private final Draws draws;
        private long asked;

        private Stability(Scenario scenario) {
            draws = Draws.seeded(scenario.seed()).named("stability");
        }

        @Override
        public void decided(ExecutionPlan plan, View progress, Decision decision) {}

        @Override
        public void waits(ExecutionPlan plan, View progress, Decision decision, Instant until) {
            long millis = Duration.between(progress.now(), until).toMillis();
            long anywhere = (long) (draws.unit(asked++) * millis);
            Stream.of(anywhere, millis - 1)
                    .filter(after -> after > 0)
                    .forEach(after -> {
                        View later = progress.later(progress.now().plusMillis(after));
                        assertEquals(
                                decision.toString(),
                                String.valueOf(plan.next(later)),
                                () ->
                                        "law 3: asked %d ms later, before anything happened, %s"
                                                .formatted(after, progress));
                    });
        }
    }

    /** Cut a run off in the middle of one turn, some of its commands carried out. */
    private record Crash(Instant at, List<Attempt> attempts, List<Skip> skips, String text) {

        static Crash in(SimulatedRun run, Draws draws) {
            int index = draws.below(run.turns().size(), 0);
            Turn turn = run.turns().get(index);
            boolean last = index == run.turns().size() - 1;
            int attempts = last ? run.attempts().size() : run.turns().get(index + 1).attempts();
            int skips = last ? run.skips().size() : run.turns().get(index + 1).skips();
            List<Attempt> kept = new ArrayList<>(run.attempts().subList(0, turn.attempts()));
            run.attempts().subList(turn.attempts(), attempts).stream()
                    .filter(attempt -> draws.below(2, 1_000 + kept.size() + attempt.slot()) == 0)
                    .toList()
                    .forEach(kept::add);
            List<Skip> written = new ArrayList<>(run.skips().subList(0, turn.skips()));
            run.skips().subList(turn.skips(), skips).stream()
                    .filter(skip -> draws.below(2, 1_000_000 + skip.slot()) == 0)
                    .forEach(written::add);
            String text =
                    "%s, with %d of %d launches and %d of %d skips of that instant carried out"
                            .formatted(
                                    turn.now(),
                                    kept.size() - turn.attempts(),
                                    attempts - turn.attempts(),
                                    written.size() - turn.skips(),
                                    skips - turn.skips());
            return new Crash(turn.now(), kept, written, text);
        }

        SimulatedRun resume(
                Scenario scenario,
                ExecutionStrategy strategy,
                SimulatedRun.Witness witness,
                int lostMillis) {
            return SimulatedRun.resume(
                    scenario, strategy, witness, at.plusMillis(lostMillis), attempts, skips);
        }

        @Override
        public String toString() {
            return text;
        }
    }
}
