package io.chaosrunner.strategy.builtin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.chaosrunner.strategy.Decision;
import io.chaosrunner.strategy.Draws;
import io.chaosrunner.strategy.Execution;
import io.chaosrunner.strategy.ExecutionStrategy;
import io.chaosrunner.strategy.InvalidParameters;
import io.chaosrunner.strategy.Outcome;
import io.chaosrunner.strategy.Parameters;
import io.chaosrunner.strategy.Progress;
import io.chaosrunner.strategy.SlotState;
import io.chaosrunner.strategy.contract.ExecutionStrategyContract;
import io.chaosrunner.strategy.contract.Scenario;
import io.chaosrunner.strategy.contract.SimulatedRun;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DagTest extends ExecutionStrategyContract {

    @Override
    protected ExecutionStrategy strategy() {
        return new Dag();
    }

    @Override
    protected Parameters parameters(List<String> experiments, Draws draws) {
        var tree = new LinkedHashMap<String, Object>();
        tree.put("dependencies", RandomDag.of(experiments, draws).dependencies());
        if (draws.below(3, 0) == 0) {
            tree.put("onUnmet", "fail");
        }
        return Parameters.of(tree);
    }

    private static List<String> story(Scenario scenario) {
        return SimulatedRun.of(scenario, new Dag()).story();
    }

    private static Scenario dag(Scenario scenario, Map<String, ?> dependencies) {
        return scenario.parameters(Map.of("dependencies", dependencies));
    }

    private static Map<String, String> inOrder(String... keysAndValues) {
        var map = new LinkedHashMap<String, String>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            map.put(keysAndValues[i], keysAndValues[i + 1]);
        }
        return map;
    }

    @Nested
    class Order {
        @Test
        void startsEachTheMomentItsOwnConditionsHold() {
            Scenario diamond =
                    Scenario.of("d", "b", "c", "a", "alone")
                            .ends("b", "10s", Outcome.FAILED)
                            .ends("a", "20s", Outcome.PASSED)
                            .ends("c", "30s", Outcome.ERROR);
            assertThat(
                            story(
                                    dag(
                                            diamond,
                                            Map.of(
                                                    "b", "a",
                                                    "c", List.of("a.passed"),
                                                    "d", List.of("b", "c.errored or c.passed")))))
                    .containsExactly(
                            "0.0 launch a: depends on nothing",
                            "0.0 launch alone: depends on nothing",
                            "20.0 launch b: a passed",
                            "20.0 launch c: a passed",
                            "50.0 launch d: b failed, c ended in error");
        }

        @Test
        void nameAloneMeansFinishedWhateverTheVerdict() {
            for (Outcome outcome : Outcome.values()) {
                Scenario two = Scenario.of("a", "b").ends("a", "10s", outcome);
                assertThat(story(dag(two, Map.of("b", "a"))))
                        .hasSize(2)
                        .last()
                        .asString()
                        .startsWith("10.0 launch b: a ");
            }
        }

        @Test
        void listsAtMostThreeCauses() {
            Scenario five = Scenario.of("a", "b", "c", "d", "e");
            assertThat(story(dag(five, Map.of("e", List.of("a", "b", "c", "d")))))
                    .last()
                    .isEqualTo("60.0 launch e: a passed, b passed, c passed and more");
        }

        @Test
        void readyNodeIsNotForgottenWhileTheCapHoldsItBack() {
            Scenario four = Scenario.of("a", "b", "c", "d").maxParallel(1);
            assertThat(story(dag(four, Map.of("d", "a"))))
                    .containsExactly(
                            "0.0 launch a: depends on nothing",
                            "60.0 launch b: depends on nothing",
                            "120.0 launch c: depends on nothing",
                            "180.0 launch d: a passed");
        }
    }

    @Nested
    class Conditions {
        /** b asks for a; a ends as the outcome says. */
        @ParameterizedTest
        @CsvSource({
            "a.passed, PASSED, true",
            "a.passed, FAILED, false",
            "a.passed, STOPPED, false",
            "a.passed, ERROR, false",
            "a.failed, PASSED, false",
            "a.failed, FAILED, true",
            "a.failed, STOPPED, true",
            "a.failed, ERROR, false",
            "a.errored, FAILED, false",
            "a.errored, ERROR, true",
            "a.finished, ERROR, true",
            "a.finished, STOPPED, true",
            "a, FAILED, true",
            "a.skipped, PASSED, false",
            "not a.passed, FAILED, true",
            "not a.passed, PASSED, false",
            "not not a.passed, PASSED, true",
            "not (a.passed or a.failed), ERROR, true",
            "not (a.passed or a.failed), FAILED, false",
            "not (a.finished and not a.passed), PASSED, true",
            "not (a.finished and not a.passed), FAILED, false",
            "a.passed or a.errored, ERROR, true",
            "a.passed and a.errored, ERROR, false",
            // 'and' binds closer than 'or', and 'not' closer than both.
            "a.errored or a.passed and a.failed, ERROR, true",
            "(a.errored or a.passed) and a.failed, ERROR, false",
            "not a.passed and a.errored, PASSED, false",
            "not a.passed or a.passed, PASSED, true",
        })
        void conditionHoldsOrNot(String condition, Outcome outcome, boolean holds) {
            Scenario two = Scenario.of("a", "b").ends("a", "10s", outcome);
            String last = story(dag(two, Map.of("b", condition))).getLast();
            assertThat(last).startsWith(holds ? "10.0 launch b: a " : "10.0 skip b: needs ");
        }

        @Test
        void skippedExperimentIsOnlySkipped() {
            Scenario one = Scenario.of("a", "s", "b").ends("a", "10s", Outcome.FAILED);
            for (String word : List.of("s", "s.passed", "s.failed", "s.errored", "s.finished")) {
                assertThat(story(dag(one, Map.of("s", "a.passed", "b", word))))
                        .last()
                        .isEqualTo(
                                "10.0 skip b: needs %s, but s was skipped (a failed)"
                                        .formatted(word.equals("s") ? "s.finished" : word));
                assertThat(story(dag(one, Map.of("s", "a.passed", "b", "not " + word))))
                        .last()
                        .isEqualTo("10.0 launch b: s was skipped");
            }
            assertThat(story(dag(one, Map.of("s", "a.passed", "b", "s.skipped"))))
                    .last()
                    .isEqualTo("10.0 launch b: s was skipped");
        }

        @Test
        void conditionIsDecidedAsEarlyAsItsAtomsAllow() {
            Scenario three =
                    Scenario.of("slow", "fast", "b")
                            .ends("slow", "1h", Outcome.PASSED)
                            .ends("fast", "10s", Outcome.PASSED);
            assertThat(story(dag(three, Map.of("b", "slow.passed or fast.passed"))))
                    .last()
                    .isEqualTo("10.0 launch b: fast passed");
            assertThat(story(dag(three, Map.of("b", "slow.passed and fast.failed"))))
                    .last()
                    .isEqualTo("10.0 skip b: needs fast.failed, but fast passed");
        }

        @Test
        void experimentNamesMayHoldDots() {
            Scenario dots =
                    Scenario.of("a.b", "a.b.passed", "c").ends("a.b", "10s", Outcome.FAILED);
            assertThat(story(dag(dots, Map.of("c", "a.b.failed"))))
                    .last()
                    .isEqualTo("10.0 launch c: a.b failed");
            assertThat(story(dag(dots, Map.of("c", "a.b.passed"))))
                    .last()
                    .isEqualTo("60.0 launch c: a.b.passed passed");
        }
    }

    @Nested
    class Unmet {
        private final Scenario chain =
                Scenario.of("a", "b", "c", "d", "free").ends("a", "10s", Outcome.FAILED);
        private final Map<String, ?> needs = Map.of("b", "a.passed", "c", "b", "d", "c.passed");

        @Test
        void skipsAtOnceAndTransitivelyAndNamesTheRoot() {
            assertThat(story(dag(chain, needs)))
                    .containsExactly(
                            "0.0 launch a: depends on nothing",
                            "0.0 launch free: depends on nothing",
                            "10.0 skip b: needs a.passed, but a failed",
                            "10.0 skip c: needs b.finished, but b was skipped (a failed)",
                            "10.0 skip d: needs c.passed, but c was skipped (a failed)");
        }

        @Test
        void reasonNamesTheFirstAtomInWrittenOrder() {
            Scenario both =
                    Scenario.of("a", "b", "c")
                            .ends("a", "10s", Outcome.FAILED)
                            .ends("b", "10s", Outcome.ERROR);
            assertThat(story(dag(both, Map.of("c", List.of("b.passed", "a.passed")))))
                    .last()
                    .isEqualTo("10.0 skip c: needs b.passed, but b ended in error");
            assertThat(story(dag(both, Map.of("c", "not (b.errored or a.failed)"))))
                    .last()
                    .isEqualTo("10.0 skip c: needs not b.errored, but b ended in error");
        }

        @Test
        void failLaunchesNothingMoreAndFailsTheRun() {
            Scenario failing =
                    chain.maxParallel(1)
                            .parameters(Map.of("dependencies", needs, "onUnmet", "fail"));
            var run = SimulatedRun.of(failing, strategy());
            String why = "onUnmet is fail: b needs a.passed, but a failed";
            assertThat(run.story())
                    .containsExactly(
                            "0.0 launch a: depends on nothing",
                            "10.0 skip b: " + why,
                            "10.0 skip c: " + why,
                            "10.0 skip d: " + why,
                            "10.0 skip free: " + why);
            assertThat(run.end()).hasValueSatisfying(end -> assertThat(end.failed()).isTrue());
        }

        /** The record may have cut the reason, or have had no room for it. */
        @ParameterizedTest
        @CsvSource({"onUn…, onUn…", "cut elsewhere, cut elsewhere", "'', onUnmet is fail"})
        void aRunThatWasClosedStaysClosedWhateverIsLeftOfTheReason(String left, String why) {
            Scenario failing = chain.parameters(Map.of("dependencies", needs, "onUnmet", "fail"));
            Decision decision = strategy().plan(failing.request()).next(new Closed(5, left));

            assertThat(decision.launches()).isEmpty();
            assertThat(decision.end()).contains(new Decision.End(true, why));
        }
    }

    /** A run all of whose slots were skipped as it was closed. */
    private record Closed(int slots, String why) implements Progress {
        @Override
        public Instant now() {
            return Scenario.START;
        }

        @Override
        public Instant runStart() {
            return Scenario.START;
        }

        @Override
        public SlotState state(int slot) {
            return new SlotState.Skipped(why);
        }

        @Override
        public int active() {
            return 0;
        }

        @Override
        public int room() {
            return slots;
        }

        @Override
        public IntStream waiting() {
            return IntStream.empty();
        }

        @Override
        public List<Execution> executions() {
            return List.of();
        }

        @Override
        public Optional<IntStream> changesSince(Progress earlier) {
            return Optional.empty();
        }
    }

    @Nested
    class ListedMoreThanOnce {
        private final Scenario twice =
                Scenario.of("a", "a", "b")
                        .world((slot, iteration, attempt) ->
                                new Scenario.Fate(
                                        Duration.ofSeconds(10L * (slot + 1)),
                                        slot == 1 ? Outcome.FAILED : Outcome.PASSED));

        @ParameterizedTest
        @CsvSource({
            "a, 20.0 launch",
            "a.finished, 20.0 launch",
            "a.passed, 20.0 skip",
            "a.failed, 20.0 launch",
            "not a.failed, 20.0 skip",
            "a#1, 10.0 launch",
            "a#1.passed, 10.0 launch",
            "a#2.failed, 20.0 launch",
            "a.errored, 20.0 skip",
        })
        void nameMeansEveryEntryForGoodNewsAndAnyForBad(String condition, String expected) {
            assertThat(story(dag(twice, Map.of("b", condition))))
                    .last()
                    .asString()
                    .startsWith(expected);
        }

        @Test
        void keyMeansEachEntryAndNumberedKeyAddsToIt() {
            Scenario keys = Scenario.of("a", "b", "b").ends("a", "10s", Outcome.PASSED);
            assertThat(story(dag(keys, inOrder("b", "a", "b#2", "b#1"))))
                    .containsExactly(
                            "0.0 launch a: depends on nothing",
                            "10.0 launch b: a passed",
                            "70.0 launch b: a passed, b#1 passed");
        }
    }

    @Nested
    class BadInput {
        private List<String> problems(List<String> experiments, Map<String, ?> parameters) {
            var caught = new ArrayList<String>();
            assertThatExceptionOfType(InvalidParameters.class)
                    .isThrownBy(() ->
                            new Dag()
                                    .plan(
                                            Scenario.of(experiments.toArray(String[]::new))
                                                    .parameters(parameters)
                                                    .request()))
                    .satisfies(invalid ->
                            invalid.problems().forEach(problem -> caught.add(problem.toString())));
            return caught;
        }

        @Test
        void everyProblemIsReportedAtOnceWithItsPath() {
            var dependencies = new LinkedHashMap<String, Object>();
            dependencies.put("pod-delet", List.of("disk-fill"));
            dependencies.put(
                    "disk-fill", List.of("pod-delete.passd", "nothing-like-it", "pod-delete and"));
            assertThat(
                            problems(
                                    List.of("pod-delete", "disk-fill"),
                                    Map.of("dependencies", dependencies, "onUnmet", "skp")))
                    .containsExactly(
                            "dependencies.pod-delet: no experiment 'pod-delet' is listed; did you"
                                    + " mean 'pod-delete'?",
                            "dependencies.disk-fill[0]: 'passd' is none of passed, failed, errored,"
                                    + " skipped, finished; did you mean 'passed'?",
                            "dependencies.disk-fill[1]: no experiment 'nothing-like-it' among"
                                    + " pod-delete, disk-fill",
                            "dependencies.disk-fill[2]: 'pod-delete and': expected a name, but the"
                                    + " condition ends; write for example a.passed and not b.failed",
                            "onUnmet: 'skp' is none of skip, fail; did you mean 'skip'?");
        }

        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                value = {
                    "a &&  b | expected 'and', 'or' or the end, but found '&'",
                    "(a or b | expected ')', but the condition ends",
                    "a) | expected 'and', 'or' or the end, but found ')'",
                    "a b | expected 'and', 'or' or the end, but found 'b'",
                    "or a | expected a name, but found 'or'",
                    "not | expected a name, but the condition ends",
                    "() | expected a name, but found ')'",
                    "'' | expected a name, but the condition ends",
                })
        void malformedConditionIsExplained(String condition, String complaint) {
            assertThat(
                            problems(
                                    List.of("a", "b", "c"),
                                    Map.of("dependencies", Map.of("c", List.of(condition)))))
                    .singleElement()
                    .asString()
                    .startsWith("dependencies.c[0]: '" + condition + "': " + complaint);
        }

        @Test
        void endlessNestingIsRefused() {
            assertThat(
                            problems(
                                    List.of("a", "b"),
                                    Map.of("dependencies", Map.of("b", "(".repeat(100_000) + "a"))))
                    .singleElement()
                    .asString()
                    .endsWith("nested more than 100 deep");
        }

        @Test
        void cycleIsReportedAsPath() {
            assertThat(
                            problems(
                                    List.of("a", "b", "c", "d", "e", "free"),
                                    Map.of(
                                            "dependencies",
                                            Map.of(
                                                    "a",
                                                    "b",
                                                    "b",
                                                    "a.passed",
                                                    "c",
                                                    "a",
                                                    "d",
                                                    "not e",
                                                    "e",
                                                    "d and free"))))
                    .containsExactly(
                            "dependencies: cycle a -> b -> a: each waits for the next",
                            "dependencies: cycle d -> e -> d: each waits for the next");
        }

        @Test
        void experimentThatWaitsForItselfIsCycle() {
            assertThat(problems(List.of("a"), Map.of("dependencies", Map.of("a", "a.passed"))))
                    .containsExactly("dependencies: cycle a -> a: each waits for the next");
            assertThat(problems(List.of("a", "a"), Map.of("dependencies", Map.of("a#1", "a"))))
                    .containsExactly("dependencies: cycle a#1 -> a#1: each waits for the next");
        }

        @Test
        void dependenciesMustBeMap() {
            assertThat(problems(List.of("a"), Map.of("dependencies", List.of("a"))))
                    .containsExactly("dependencies: expected a map, but found '[a]'");
        }
    }

    @Test
    void longChainsAndWideJoinsNeedNoDeepStack() {
        int nodes = 10_000;
        String[] names = IntStream.range(0, nodes).mapToObj(i -> "n" + i).toArray(String[]::new);
        Map<String, String> chain =
                IntStream.range(1, nodes)
                        .boxed()
                        .collect(Collectors.toMap(i -> names[i], i -> names[i - 1] + ".passed"));
        Scenario failing = dag(Scenario.of(names).ends("n0", "1s", Outcome.FAILED), chain);
        assertThat(story(failing))
                .hasSize(nodes)
                .last()
                .isEqualTo("1.0 skip n9999: needs n9998.passed, but n9998 was skipped (n0 failed)");

        List<String> all = IntStream.range(0, nodes - 1).mapToObj(i -> names[i]).toList();
        Scenario join = dag(Scenario.of(names), Map.of(names[nodes - 1], all));
        assertThat(story(join))
                .last()
                .isEqualTo("60.0 launch n9999: n0 passed, n1 passed, n2 passed and more");
    }
}
