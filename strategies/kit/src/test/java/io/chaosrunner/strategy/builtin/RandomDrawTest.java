package io.chaosrunner.strategy.builtin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.chaosrunner.strategy.Draws;
import io.chaosrunner.strategy.ExecutionStrategy;
import io.chaosrunner.strategy.InvalidParameters;
import io.chaosrunner.strategy.Outcome;
import io.chaosrunner.strategy.Parameters;
import io.chaosrunner.strategy.contract.ExecutionStrategyContract;
import io.chaosrunner.strategy.contract.Scenario;
import io.chaosrunner.strategy.contract.SimulatedRun;
import io.chaosrunner.strategy.contract.SimulatedRun.Attempt;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class RandomDrawTest extends ExecutionStrategyContract {
    private static final Scenario FOUR = Scenario.of("a", "b", "c", "d").seed(7);

    @Override
    protected ExecutionStrategy strategy() {
        return new RandomDraw();
    }

    @Override
    protected Parameters parameters(List<String> experiments, Draws draws) {
        var tree = new LinkedHashMap<String, Object>();
        boolean shuffle = draws.below(5, 0) == 0;
        if (shuffle) {
            tree.put("shuffle", true);
        } else if (draws.below(3, 1) > 0) {
            tree.put("iterations", 1 + draws.below(25, 2));
        }
        if (draws.below(2, 4) == 0) {
            tree.put("minInterval", (1 + draws.below(90, 5)) + "s");
        }
        if (tree.containsKey("iterations")
                && !tree.containsKey("minInterval")
                && draws.below(2, 13) == 0) {
            // Some gaps round to nothing: several picks start at one instant, and others do not.
            tree.put("meanInterval", "1ms");
        } else if (draws.below(2, 6) == 0) {
            tree.put("meanInterval", (90 + draws.below(90, 7)) + "s");
            tree.put("distribution", draws.below(2, 8) == 0 ? "uniform" : "exponential");
        }
        if ((tree.containsKey("minInterval") || tree.containsKey("meanInterval"))
                && draws.below(3, 9) == 0) {
            tree.put("from", "end");
        }
        if (tree.keySet().stream().noneMatch(Set.of("iterations", "shuffle")::contains)
                || draws.below(3, 3) == 0) {
            // Without intervals a window is filled to the brim: keep the run short enough to check.
            boolean paced = tree.containsKey("minInterval") || tree.containsKey("meanInterval");
            tree.put("window", paced ? "20m" : "20s");
        }
        if (draws.below(2, 10) == 0) {
            tree.put("weights", Map.of(experiments.getFirst(), 3.5));
        }
        if (!shuffle && draws.below(3, 11) == 0) {
            tree.put("replacement", false);
        }
        if (experiments.size() > 1 && draws.below(3, 12) == 0) {
            tree.put("noRepeat", true);
        }
        return Parameters.of(tree);
    }

    private static SimulatedRun run(Scenario scenario, Map<String, ?> parameters) {
        return SimulatedRun.of(scenario.parameters(parameters), new RandomDraw());
    }

    private static List<Integer> picks(SimulatedRun run) {
        return run.attempts().stream().map(Attempt::slot).toList();
    }

    @Nested
    class Bounds {
        @Test
        void iterationsCountLaunches() {
            var run = run(FOUR, Map.of("iterations", 20));
            assertThat(run.attempts()).hasSize(20);
            assertThat(run.end())
                    .hasValueSatisfying(
                            end -> assertThat(end.why()).isEqualTo("all 20 iterations are drawn"));
        }

        @Test
        void experimentNeverDrawnIsSkippedAtTheEnd() {
            assertThat(run(FOUR, Map.of("iterations", 1)).skips())
                    .hasSize(3)
                    .allSatisfy(
                            skip -> assertThat(skip.why()).isEqualTo("all 1 iterations are drawn"));
        }

        @Test
        void nothingStartsAtOrAfterTheEndOfTheWindow() {
            var end = Scenario.START.plus(Duration.ofMinutes(10));
            var evenly = run(FOUR, Map.of("window", "10m", "minInterval", "2m"));
            assertThat(evenly.attempts()).hasSize(5);
            assertThat(evenly.skips()).allSatisfy(skip -> assertThat(skip.at()).isBefore(end));
            for (int seed = 0; seed < 50; seed++) {
                var run = run(FOUR.seed(seed), Map.of("window", "10m", "meanInterval", "1m"));
                assertThat(run.attempts())
                        .isNotEmpty()
                        .allSatisfy(attempt -> assertThat(attempt.start()).isBefore(end));
            }
        }

        @Test
        void windowAloneRunsBackToBack() {
            var run = run(FOUR.maxParallel(1), Map.of("window", "10m"));
            assertThat(run.attempts()).hasSize(10);
        }

        @Test
        void shuffleRunsEachOnceInRandomOrder() {
            var orders = new ArrayList<List<Integer>>();
            for (int seed = 0; seed < 100; seed++) {
                var run = run(FOUR.seed(seed).maxParallel(1), Map.of("shuffle", true));
                assertThat(picks(run)).containsExactlyInAnyOrder(0, 1, 2, 3);
                orders.add(picks(run));
            }
            assertThat(orders.stream().distinct()).hasSizeGreaterThan(20);
        }
    }

    @Nested
    class Intervals {
        @Test
        void minimumAloneIsTheIntervalFromStartToStart() {
            var run = run(FOUR, Map.of("iterations", 3, "minInterval", "90s"));
            assertThat(starts(run)).containsExactly(0L, 90_000L, 180_000L);
        }

        @Test
        void intervalFromTheEndRunsOneAtATime() {
            var run = run(FOUR, Map.of("iterations", 3, "minInterval", "30s", "from", "end"));
            assertThat(starts(run)).containsExactly(0L, 90_000L, 180_000L);
        }

        @Test
        void experimentStillRunningDelaysItsPickButChangesNone() {
            var one = Scenario.of("a", "b").seed(3);
            Map<String, ?> parameters = Map.of("iterations", 12, "minInterval", "10s");
            var quick = one.ends("a", "1s", Outcome.PASSED).ends("b", "1s", Outcome.FAILED);
            assertThat(picks(run(one, parameters))).isEqualTo(picks(run(quick, parameters)));
            assertThat(starts(run(one, parameters))).isNotEqualTo(starts(run(quick, parameters)));
        }

        private List<Long> starts(SimulatedRun run) {
            return run.attempts().stream()
                    .map(a -> Duration.between(Scenario.START, a.start()).toMillis())
                    .toList();
        }
    }

    @Nested
    class Replay {
        private final Map<String, ?> parameters =
                Map.of(
                        "iterations",
                        12,
                        "minInterval",
                        "10s",
                        "meanInterval",
                        "1m",
                        "noRepeat",
                        true);

        @Test
        void sameSeedGivesTheSameRunAndAnotherAnother() {
            assertThat(run(FOUR, parameters).story()).isEqualTo(run(FOUR, parameters).story());
            assertThat(run(FOUR, parameters).story())
                    .isNotEqualTo(run(FOUR.seed(8), parameters).story());
        }

        @Test
        void timeLostInCrashChangesNoPick() {
            for (int seed = 0; seed < 200; seed++) {
                Scenario scenario = FOUR.seed(seed).parameters(parameters);
                assertThat(picks(SimulatedRun.of(scenario, strategy())))
                        .isEqualTo(picks(interrupted(scenario)));
            }
        }

        /** Resume after each third of the launches, minutes later. */
        private SimulatedRun interrupted(Scenario scenario) {
            var run = SimulatedRun.of(scenario, strategy());
            for (int kept = 4; kept < 12; kept += 4) {
                List<Attempt> recorded = List.copyOf(run.attempts().subList(0, kept));
                run =
                        SimulatedRun.resume(
                                scenario,
                                strategy(),
                                recorded.getLast().end().plusSeconds(300),
                                recorded);
            }
            return run;
        }

        /** A crash between two creations kept the second, of an experiment that ran before. */
        @Test
        void holeIsFilledAtOnceThoughALaterPickOfThatExperimentIsNewer() {
            int tried = 0;
            for (int seed = 0; seed < 500; seed++) {
                Scenario scenario =
                        Scenario.of("a", "b")
                                .seed(seed)
                                .ends("a", "10s", Outcome.PASSED)
                                .parameters(Map.of("iterations", 4, "meanInterval", "1ms"));
                var whole = SimulatedRun.of(scenario, strategy());
                Attempt hole = whole.attempts().get(2);
                Attempt kept = whole.attempts().get(3);
                if (picks(whole).equals(List.of(1, 0, 1, 0)) && hole.start().equals(kept.start())) {
                    var recorded = List.of(whole.attempts().get(0), whole.attempts().get(1), kept);
                    var resumed = SimulatedRun.resume(scenario, strategy(), hole.start(), recorded);
                    assertThat(resumed.attempts().get(3).slot()).isEqualTo(hole.slot());
                    assertThat(resumed.attempts().get(3).start()).isEqualTo(hole.start());
                    tried++;
                }
            }
            assertThat(tried).isPositive();
        }

        @Test
        void otherDrawsOfOneSeedAreFrozen() {
            Scenario eight = Scenario.of("a", "b", "c", "d", "e", "f", "g", "h").seed(2026);
            assertThat(picks(run(eight, Map.of("shuffle", true, "weights", Map.of("h", 5)))))
                    .containsExactly(3, 5, 7, 0, 1, 4, 2, 6);
            assertThat(
                            run(
                                            FOUR,
                                            Map.of(
                                                    "iterations", 3,
                                                    "meanInterval", "1m",
                                                    "distribution", "uniform"))
                                    .story())
                    .containsExactly(
                            "0.0 launch d: draw 1",
                            "18.724 launch a: draw 2, gap 18s724ms",
                            "84.981 skip c: all 3 iterations are drawn",
                            "84.981 launch b: draw 3, gap 1m6s257ms");
        }

        /** Fails when an algorithm changes unnoticed: recorded runs would no longer replay. */
        @Test
        void decisionsOfOneSeedAreFrozen() {
            assertThat(run(FOUR, parameters).story())
                    .containsExactly(
                            "0.0 launch d: draw 1",
                            "18.482 launch a: draw 2, gap 18s482ms",
                            "68.646 launch b: draw 3, gap 50s164ms",
                            "158.217 launch c: draw 4, gap 1m29s571ms",
                            "170.392 launch b #2: draw 5, gap 12s175ms",
                            "196.505 launch a #2: draw 6, gap 26s113ms",
                            "232.787 launch b #3: draw 7, gap 36s282ms",
                            "258.17 launch c #2: draw 8, gap 25s383ms",
                            "339.505 launch d #2: draw 9, gap 1m21s335ms",
                            "399.669 launch a #3: draw 10, gap 1m164ms",
                            "597.133 launch c #3: draw 11, gap 3m17s464ms",
                            "616.567 launch d #3: draw 12, gap 19s434ms");
        }
    }

    @Nested
    class BadInput {
        private List<String> problems(Scenario scenario, Map<String, ?> parameters) {
            var caught = new ArrayList<String>();
            assertThatExceptionOfType(InvalidParameters.class)
                    .isThrownBy(
                            () -> new RandomDraw().plan(scenario.parameters(parameters).request()))
                    .satisfies(invalid ->
                            invalid.problems().forEach(problem -> caught.add(problem.toString())));
            return caught;
        }

        @Test
        void unboundedRunIsRefused() {
            assertThat(problems(FOUR, Map.of("minInterval", "5m")))
                    .containsExactly(
                            "iterations: a random run needs a bound: give iterations, window or"
                                    + " shuffle: true");
        }

        @Test
        void windowShorterThanTheMinimumIsRefused() {
            assertThat(problems(FOUR, Map.of("window", "4m30s", "minInterval", "5m")))
                    .containsExactly(
                            "window: '4m30s' is shorter than minInterval '5m', so only one"
                                    + " experiment could start");
        }

        @Test
        void weightsOfUnknownExperimentsAreRefused() {
            Scenario real = Scenario.of("pod-delete", "disk-fill");
            var weights = new LinkedHashMap<String, Object>();
            weights.put("pod-deltee", 2);
            weights.put("disk-fill", -1);
            weights.put("disk-fill#1", "much");
            assertThat(problems(real, Map.of("shuffle", true, "weights", weights)))
                    .containsExactlyInAnyOrder(
                            "weights.disk-fill: '-1' is not a positive number",
                            "weights.disk-fill#1: 'much' is not a positive number",
                            "weights.pod-deltee: no experiment 'pod-deltee' is listed; did you mean"
                                    + " 'pod-delete'?");
        }

        @Test
        void everyProblemIsReportedAtOnce() {
            var parameters = new LinkedHashMap<String, Object>();
            parameters.put("iterations", 0);
            parameters.put("window", "soon");
            parameters.put("shuffle", "yes");
            parameters.put("meanInterval", "1m");
            parameters.put("minInterval", "2m");
            parameters.put("distribution", "exponentail");
            parameters.put("from", "ends");
            assertThat(problems(FOUR, parameters))
                    .containsExactly(
                            "iterations: '0' is not a whole number of at least 1",
                            "window: 'soon' is not a positive duration; write 90s, 10m or 1h30m",
                            "shuffle: 'yes' is neither true nor false",
                            "distribution: 'exponentail' is none of exponential, uniform; did you"
                                    + " mean 'exponential'?",
                            "from: 'ends' is none of start, end; did you mean 'end'?",
                            "meanInterval: '1m' is shorter than minInterval '2m'");
        }

        @Test
        void contradictionsAreRefused() {
            assertThat(
                            problems(
                                    FOUR,
                                    Map.of("shuffle", true, "iterations", 3, "replacement", true)))
                    .containsExactly(
                            "iterations: '3' contradicts shuffle: true, which runs each experiment"
                                    + " once",
                            "replacement: 'true' contradicts shuffle: true, which runs each"
                                    + " experiment once");
            assertThat(problems(Scenario.of("a"), Map.of("iterations", 2, "noRepeat", true)))
                    .containsExactly("noRepeat: 'true' needs at least two experiments");
            assertThat(
                            problems(
                                    FOUR,
                                    Map.of(
                                            "iterations",
                                            2,
                                            "from",
                                            "end",
                                            "distribution",
                                            "uniform")))
                    .containsExactly(
                            "distribution: has no effect without meanInterval",
                            "from: has no effect without minInterval or meanInterval");
        }
    }
}
