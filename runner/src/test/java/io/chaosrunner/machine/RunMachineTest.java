package io.chaosrunner.machine;

import static io.chaosrunner.machine.Stage.ALL_AT_ONCE;
import static io.chaosrunner.machine.Stage.IN_ORDER;
import static io.chaosrunner.machine.Stage.START;
import static io.chaosrunner.strategy.Outcome.ERROR;
import static io.chaosrunner.strategy.Outcome.FAILED;
import static io.chaosrunner.strategy.Outcome.PASSED;
import static io.chaosrunner.strategy.Outcome.STOPPED;
import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.model.Attempt;
import io.chaosrunner.model.RunEnd;
import io.chaosrunner.model.RunLimits;
import io.chaosrunner.run.GuardedPlan;
import io.chaosrunner.strategy.Decision;
import io.chaosrunner.strategy.ExecutionPlan;
import io.chaosrunner.strategy.Limits;
import io.chaosrunner.strategy.Outcome;
import io.chaosrunner.strategy.Progress;
import io.chaosrunner.strategy.SlotState;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The rules of the SPI ("How the runner uses a plan"), one by one. */
class RunMachineTest {
    @Test
    void aWakeThatIsMeantAsNeverIsOneThatCanBeReckonedWith() {
        var stage =
                new Stage(
                        2,
                        RunLimits.NONE,
                        progress ->
                                progress.active() == 0
                                        ? Decision.choose().launch(0, "first").build()
                                        : Decision.choose().wakeAt(Instant.MAX, "never").build());
        stage.at(0);
        Instant wake = stage.machine.wake(stage.state).orElseThrow().at();
        assertThat(wake).isAfter(Stage.START.plus(Duration.ofDays(36_000)));
        assertThat(Duration.between(Stage.START, wake).toMillis()).isPositive();
        assertThat(wake.atZone(ZoneOffset.ofHours(14)).getYear()).isPositive();
    }

    private static final RunLimits NO_LIMITS = RunLimits.NONE;

    private static RunLimits limits(Limits plan) {
        return NO_LIMITS.and(plan);
    }

    private static RunLimits bounded(
            Duration deadline, Duration timeout, boolean stopOnFailure, int retries) {
        return new RunLimits(
                Integer.MAX_VALUE,
                Duration.ZERO,
                Duration.ZERO,
                false,
                Optional.of(deadline).filter(Duration::isPositive),
                Optional.of(timeout).filter(Duration::isPositive),
                stopOnFailure,
                retries,
                Duration.ofSeconds(10),
                Integer.MAX_VALUE);
    }

    private static RunLimits retries(int retries) {
        return bounded(Duration.ZERO, Duration.ZERO, false, retries);
    }

    private static RunLimits deadline(int seconds) {
        return bounded(Duration.ofSeconds(seconds), Duration.ZERO, false, 0);
    }

    /** A plan that answers from a list, then with nothing. */
    private static Function<Progress, Decision> answers(Decision... decisions) {
        Deque<Decision> left = new ArrayDeque<>(List.of(decisions));
        return progress -> left.isEmpty() ? Decision.NOTHING : left.removeFirst();
    }

    private static Decision.Builder choose() {
        return Decision.choose();
    }

    @Nested
    class WhenThePlanIsAsked {
        private final List<String> asked = new ArrayList<>();

        private Stage stage(RunLimits limits, Function<Progress, Decision> plan) {
            return new Stage(
                    3,
                    limits,
                    progress -> {
                        asked.add(
                                "%d: %d active, room %s"
                                        .formatted(
                                                Duration.between(START, progress.now()).toMillis(),
                                                progress.active(),
                                                progress.room()));
                        return plan.apply(progress);
                    });
        }

        @Test
        void itIsAskedAtTheStartAndAgainUntilItChangesNothing() {
            Stage stage = stage(limits(Limits.none().maxParallel(2)), ALL_AT_ONCE);
            assertThat(stage.at(0)).containsExactly("launch a: all", "launch b: all");
            assertThat(asked).containsExactly("0: 0 active, room 2", "0: 2 active, room 0");
        }

        @Test
        void itIsAskedWhenAnExecutionEnds() {
            Stage stage = stage(limits(Limits.none().maxParallel(1)), IN_ORDER);
            stage.at(0);
            asked.clear();
            stage.now = START.plusSeconds(5);
            assertThat(stage.end(0, PASSED)).containsExactly("launch b: next");
            assertThat(asked).first().isEqualTo("5000: 0 active, room 1");
        }

        @Test
        void endsOfOneInstantAreAllInBeforeItIsAsked() {
            Stage stage =
                    new Stage(
                            3,
                            limits(Limits.none()),
                            progress -> {
                                var decision = choose();
                                if (progress.executions().isEmpty()) {
                                    return decision.launch(0, "first").launch(1, "first").build();
                                }
                                long over =
                                        progress.executions().stream()
                                                .filter(each -> each.end().isPresent())
                                                .count();
                                return over > 0 && progress.state(2) == SlotState.Waiting.WAITING
                                        ? decision.launch(2, over + " are over").build()
                                        : Decision.NOTHING;
                            });
            stage.at(0);
            stage.now = START.plusMillis(5_200);
            var end = new Attempt.End(stage.now, PASSED, false);
            assertThat(
                            stage.machine
                                    .step(
                                            stage.state,
                                            List.of(
                                                    new RunEvent.AttemptEnded(1, end),
                                                    new RunEvent.AttemptEnded(0, end)),
                                            stage.now)
                                    .commands())
                    .extracting(Stage::words)
                    .containsExactly("launch c: 2 are over");
        }

        @Test
        void anEndCountsFromItsMillisecond() {
            Stage stage = stage(limits(Limits.none().maxParallel(1)), IN_ORDER);
            stage.at(0);
            stage.now = START.plusMillis(5_217);
            assertThat(stage.end(0, PASSED)).containsExactly("launch b: next");
            assertThat(stage.wake()).isEmpty();
        }

        @Test
        void itIsAskedAtTheTimeItSet() {
            Stage stage =
                    stage(
                            NO_LIMITS,
                            progress ->
                                    progress.now().isBefore(START.plusSeconds(30))
                                            ? choose().wakeAt(START.plusSeconds(30), "tea").build()
                                            : ALL_AT_ONCE.apply(progress));
            stage.at(0);
            assertThat(stage.wake()).hasValue("30000: tea");
            assertThat(stage.at(30_000)).hasSize(3);
        }

        @Test
        void itIsAskedWhenAPaceLimitOpens() {
            Stage stage =
                    stage(limits(Limits.none().startToStart(Duration.ofSeconds(7))), ALL_AT_ONCE);
            assertThat(stage.at(0)).containsExactly("launch a: all");
            assertThat(stage.wake()).hasValue("7000: pace limit opens");
            assertThat(stage.at(6_999)).isEmpty();
            assertThat(stage.at(7_000)).containsExactly("launch b: all");
        }

        @Test
        void timeNeverGoesBack() {
            Stage stage = stage(NO_LIMITS, answers(choose().launch(0, "").build()));
            stage.at(5_000);
            asked.clear();
            stage.at(1_000);
            assertThat(asked).singleElement().asString().startsWith("5000: 1 active");
        }

        @Test
        void itIsNotAskedAfterAStop() {
            Stage stage = stage(NO_LIMITS, ALL_AT_ONCE);
            stage.at(0);
            asked.clear();
            stage.stop("enough");
            stage.end(0, STOPPED);
            assertThat(asked).isEmpty();
        }
    }

    @Nested
    class WhatADecisionMeans {
        @Test
        void skipsComeBeforeLaunchesAndThePlanIsAskedAgainInBetween() {
            Stage stage =
                    new Stage(
                            3,
                            NO_LIMITS,
                            answers(
                                    choose().launch(0, "too early").skip(1, "odd").build(),
                                    choose().launch(2, "now").launch(0, "then").build()));
            assertThat(stage.at(0))
                    .containsExactly("skip b: odd", "launch c: now", "launch a: then");
        }

        @Test
        void whatThereIsNoRoomForIsForgottenNotQueued() {
            Stage stage =
                    new Stage(
                            3,
                            limits(Limits.none().maxParallel(1)),
                            answers(
                                    choose().launch(2, "").launch(1, "").build(),
                                    Decision.NOTHING,
                                    choose().launch(0, "changed its mind").build()));
            assertThat(stage.at(0)).containsExactly("launch c: ");
            assertThat(stage.end(2, PASSED)).containsExactly("launch a: changed its mind");
        }

        @Test
        void doneIsIgnoredWhileALaunchIsRefused() {
            Stage stage =
                    new Stage(
                            3,
                            limits(Limits.none().maxParallel(1)),
                            progress ->
                                    progress.state(1) instanceof SlotState.Waiting
                                            ? choose().launch(
                                                            progress.state(0)
                                                                            instanceof
                                                                            SlotState.Waiting
                                                                    ? 0
                                                                    : 1,
                                                            "")
                                                    .done("two are enough")
                                                    .build()
                                            : Decision.NOTHING);
            assertThat(stage.at(0))
                    .as("done holds at once: nothing was refused")
                    .containsExactly(
                            "launch a: ", "skip b: two are enough", "skip c: two are enough");
            Stage refused =
                    new Stage(
                            3,
                            limits(Limits.none().maxParallel(1)),
                            progress ->
                                    progress.waiting().count() > 1
                                            ? choose().launch(0, "")
                                                    .launch(1, "")
                                                    .done("two are enough")
                                                    .build()
                                            : Decision.NOTHING);
            assertThat(refused.at(0))
                    .as("b was refused, then the plan names a running slot: broken")
                    .startsWith("launch a: ");
        }

        @Test
        void theWakeOfTheLastDecisionReplacesEarlierOnes() {
            Stage stage =
                    new Stage(
                            2,
                            NO_LIMITS,
                            answers(
                                    choose().launch(0, "").build(),
                                    choose().wakeAt(START.plusSeconds(9), "first").build(),
                                    choose().wakeAt(START.plusSeconds(20), "second").build()));
            stage.at(0);
            assertThat(stage.wake()).hasValue("9000: first");
            stage.at(9_000);
            assertThat(stage.wake()).hasValue("20000: second");
        }

        @Test
        void aWakeBesideLaunchesIsIgnoredEvenIfNoneHadRoom() {
            Stage stage =
                    new Stage(
                            2,
                            limits(Limits.none().maxParallel(1)),
                            progress ->
                                    choose().launch(
                                                    (int) progress.waiting().findFirst().orElse(9),
                                                    "")
                                            .wakeAt(START.minusSeconds(1), "long past")
                                            .build());
            assertThat(stage.at(0)).containsExactly("launch a: ");
            assertThat(stage.state.end).isNull();
            assertThat(stage.wake()).isEmpty();
        }

        @Test
        void theEarliestOfSeveralWakesCounts() {
            Decision decision =
                    choose().wakeAt(START.plusSeconds(3), "later")
                            .wakeAt(START.plusSeconds(2), "sooner")
                            .build();
            Stage stage = new Stage(1, NO_LIMITS, progress -> decision);
            stage.at(0);
            assertThat(stage.wake()).hasValue("2000: sooner");
        }
    }

    @Nested
    class WaitingWithoutAReason {
        @Test
        void isFineWhileSomethingRuns() {
            Stage stage = new Stage(2, NO_LIMITS, answers(choose().launch(0, "").build()));
            stage.at(0);
            assertThat(stage.state.end).isNull();
        }

        @Test
        void isFineWhileAPaceLimitIsClosed() {
            Stage stage =
                    new Stage(
                            2,
                            limits(Limits.none().endToStart(Duration.ofSeconds(5))),
                            answers(choose().launch(0, "").build()));
            stage.at(0);
            stage.end(0, PASSED);
            assertThat(stage.state.end).isNull();
        }

        @Test
        void isFineWhileAWakeIsSet() {
            Stage stage =
                    new Stage(
                            2,
                            NO_LIMITS,
                            answers(choose().wakeAt(START.plusSeconds(1), "").build()));
            stage.at(0);
            assertThat(stage.state.end).isNull();
        }

        @Test
        void isTheEndWhenNoSlotWaits() {
            Stage stage = new Stage(1, NO_LIMITS, IN_ORDER);
            stage.at(0);
            assertThat(stage.end(0, PASSED))
                    .containsExactly("finish PLAN: every experiment was launched or skipped");
        }

        @Test
        void isAFaultOtherwise() {
            Stage stage = new Stage(2, NO_LIMITS, progress -> Decision.NOTHING);
            assertThat(stage.at(0))
                    .last()
                    .asString()
                    .startsWith("finish BROKEN_STRATEGY: is stuck: nothing runs");
        }

        @Test
        void anEngineThatListsNothingIsFinishedAtOnce() {
            Stage stage = new Stage(0, NO_LIMITS, IN_ORDER);
            assertThat(stage.at(0)).hasSize(1).first().asString().startsWith("finish PLAN");
        }
    }

    @Nested
    class Limiting {
        @Test
        void maxParallelHolds() {
            Stage stage = new Stage(5, limits(Limits.none().maxParallel(2)), ALL_AT_ONCE);
            assertThat(stage.at(0)).hasSize(2);
            assertThat(stage.end(0, PASSED)).containsExactly("launch c: all");
        }

        @Test
        void theStricterOfPlanAndRunWins() {
            RunLimits run =
                    new RunLimits(
                            3,
                            Duration.ofSeconds(1),
                            Duration.ofSeconds(9),
                            false,
                            Optional.empty(),
                            Optional.empty(),
                            false,
                            0,
                            Duration.ofSeconds(10),
                            Integer.MAX_VALUE);
            RunLimits merged =
                    run.and(
                            Limits.none()
                                    .maxParallel(5)
                                    .startToStart(Duration.ofSeconds(2))
                                    .endToStart(Duration.ofSeconds(4))
                                    .repeats());
            assertThat(merged.maxParallel()).isEqualTo(3);
            assertThat(merged.startToStart()).isEqualTo(Duration.ofSeconds(2));
            assertThat(merged.endToStart()).isEqualTo(Duration.ofSeconds(9));
            assertThat(merged.repeats()).isTrue();
        }

        @Test
        void endToStartCountsFromTheLatestEnd() {
            Stage stage =
                    new Stage(
                            4,
                            limits(Limits.none().maxParallel(2).endToStart(Duration.ofSeconds(5))),
                            ALL_AT_ONCE);
            assertThat(stage.at(0)).hasSize(2);
            stage.now = START.plusSeconds(10);
            assertThat(stage.end(0, PASSED)).isEmpty();
            stage.now = START.plusSeconds(12);
            assertThat(stage.end(1, PASSED)).isEmpty();
            assertThat(stage.at(16_999)).isEmpty();
            assertThat(stage.at(17_000)).hasSize(2);
        }

        @Test
        void anAttemptThatTakesTooLongIsStoppedAndItsEndIsNoRetry() {
            Stage stage =
                    new Stage(
                            2,
                            bounded(Duration.ZERO, Duration.ofSeconds(30), false, 2)
                                    .and(Limits.none().maxParallel(1)),
                            IN_ORDER);
            stage.at(1_000);
            assertThat(stage.wake()).hasValue("31000: time-out of a");
            assertThat(stage.at(31_000))
                    .containsExactly("stop a: experimentTimeout of 30s reached");
            assertThat(stage.at(32_000)).as("told once").isEmpty();
            assertThat(stage.end(0, STOPPED)).containsExactly("launch b: next");
        }

        @Test
        void theDeadlineStopsWhatRunsAndSkipsTheRest() {
            Stage stage = new Stage(3, deadline(60).and(Limits.none().maxParallel(1)), IN_ORDER);
            stage.at(0);
            assertThat(stage.wake()).hasValue("60000: deadline");
            assertThat(stage.at(60_000))
                    .containsExactly(
                            "stop a: deadline of 1m reached",
                            "skip b: deadline of 1m reached",
                            "skip c: deadline of 1m reached");
            assertThat(stage.end(0, STOPPED))
                    .containsExactly("finish DEADLINE: deadline of 1m reached");
        }

        @Test
        void theDeadlineStopsWhatOutlivesAFailureToo() {
            Stage stage =
                    new Stage(
                            3,
                            bounded(Duration.ofSeconds(60), Duration.ZERO, true, 0)
                                    .and(Limits.none().maxParallel(2)),
                            ALL_AT_ONCE);
            stage.at(0);
            stage.end(0, FAILED);
            assertThat(stage.wake()).as("b still runs").hasValue("60000: deadline");
            assertThat(stage.at(60_000)).containsExactly("stop b: deadline of 1m reached");
        }

        @Test
        void aDeadlineThatComesAfterTheLastEndIsNone() {
            Stage stage = new Stage(1, deadline(60), IN_ORDER);
            Attempt ended =
                    new Attempt(
                            0,
                            0,
                            1,
                            1,
                            START,
                            Optional.of(new Attempt.End(START.plusSeconds(9), PASSED, false)));
            stage.state = stage.machine.resume(List.of(ended), Map.of(), Optional.empty());
            assertThat(stage.at(90_000))
                    .containsExactly("finish PLAN: every experiment was launched or skipped");
        }

        @Test
        void aFailureStopsTheLaunchingIfTheUserSaysSo() {
            RunLimits stopOnFailure = bounded(Duration.ZERO, Duration.ZERO, true, 0);
            for (Outcome outcome : List.of(FAILED, ERROR, STOPPED)) {
                Stage stage =
                        new Stage(3, stopOnFailure.and(Limits.none().maxParallel(2)), ALL_AT_ONCE);
                stage.at(0);
                String why =
                        "a ended as %s, and onFailure is stop"
                                .formatted(outcome.name().toLowerCase(Locale.ROOT));
                assertThat(stage.end(0, outcome)).containsExactly("skip c: " + why);
                assertThat(stage.end(1, PASSED)).containsExactly("finish FAILURE: " + why);
            }
        }

        @Test
        void theRecordHoldsABoundedNumberOfLaunches() {
            Stage stage =
                    new Stage(
                            3,
                            NO_LIMITS.withMostLaunches(2).and(Limits.none().maxParallel(1)),
                            IN_ORDER);
            stage.at(0);
            assertThat(stage.end(0, PASSED)).containsExactly("launch b: next", "skip c: " + FULL);
            assertThat(stage.end(1, PASSED)).containsExactly("finish RECORD_FULL: " + FULL);
        }

        private static final String FULL =
                "the record of a run holds 2 launches, and they are used up";

        @Test
        void aRunThatNeedsExactlyTheLaunchesThereAreIsNotBothered() {
            Stage stage = new Stage(2, NO_LIMITS.withMostLaunches(2), ALL_AT_ONCE);
            stage.at(0);
            stage.end(0, PASSED);
            assertThat(stage.end(1, PASSED)).last().asString().startsWith("finish PLAN");
        }
    }

    @Nested
    class Iterating {
        @Test
        void iterationsAreNumberedByTheRunner() {
            Stage stage =
                    new Stage(
                            1,
                            limits(Limits.none().repeats()),
                            progress ->
                                    progress.active() > 0
                                            ? Decision.NOTHING
                                            : progress.executions().size() == 3
                                                    ? choose().done("three").build()
                                                    : choose().launch(0, "again").build());
            assertThat(stage.at(0)).containsExactly("launch a: again");
            assertThat(stage.end(0, PASSED)).containsExactly("launch a#2.1: again");
            assertThat(stage.end(0, FAILED)).containsExactly("launch a#3.1: again");
            assertThat(stage.end(0, PASSED)).containsExactly("finish PLAN: three");
        }
    }

    @Nested
    class Retrying {
        @Test
        void onlyAnErrorIsTriedAgainAndAsOftenAsAllowed() {
            Stage stage = new Stage(1, retries(2), IN_ORDER);
            stage.at(0);
            assertThat(stage.end(0, ERROR)).isEmpty();
            assertThat(stage.wake()).hasValue("10000: retry of a");
            assertThat(stage.at(10_000)).containsExactly("launch a#1.2: retry 1 of 2");
            assertThat(stage.end(0, ERROR)).isEmpty();
            assertThat(stage.wake()).as("the back-off doubles").hasValue("30000: retry of a");
            assertThat(stage.at(30_000)).containsExactly("launch a#1.3: retry 2 of 2");
            assertThat(stage.end(0, ERROR)).hasSize(1).first().asString().startsWith("finish");
        }

        @Test
        void aFailureIsAnAnswerAndIsNotTriedAgain() {
            Stage stage = new Stage(1, retries(2), IN_ORDER);
            stage.at(0);
            assertThat(stage.end(0, FAILED)).first().asString().startsWith("finish");
        }

        @Test
        void anErrorThatWouldNotEndDifferentlyIsNotTriedAgain() {
            Stage stage = new Stage(1, retries(2), IN_ORDER);
            stage.at(0);
            var end = new Attempt.End(START.plusSeconds(1), ERROR, false);
            assertThat(stage.step(new RunEvent.AttemptEnded(0, end)))
                    .first()
                    .asString()
                    .startsWith("finish");
        }

        @Test
        void theBackOffStopsGrowingAtFiveMinutes() {
            assertThat(NO_LIMITS.backoffAfter(1)).isEqualTo(Duration.ofSeconds(10));
            assertThat(NO_LIMITS.backoffAfter(5)).isEqualTo(Duration.ofSeconds(160));
            assertThat(NO_LIMITS.backoffAfter(6)).isEqualTo(Duration.ofMinutes(5));
            assertThat(NO_LIMITS.backoffAfter(1_000)).isEqualTo(Duration.ofMinutes(5));
        }

        @Test
        void aSlotThatWaitsForItsRetryKeepsItsPlace() {
            List<Integer> active = new ArrayList<>();
            Stage stage =
                    new Stage(
                            2,
                            retries(1).and(Limits.none().maxParallel(1)),
                            progress -> {
                                active.add(progress.active());
                                return ALL_AT_ONCE.apply(progress);
                            });
            stage.at(0);
            active.clear();
            assertThat(stage.end(0, ERROR)).isEmpty();
            assertThat(active).containsExactly(1);
        }

        @Test
        void aDueRetryGoesBeforeNewLaunchesAndKeepsThePace() {
            Stage stage =
                    new Stage(
                            3,
                            retries(1)
                                    .and(
                                            Limits.none()
                                                    .maxParallel(2)
                                                    .startToStart(Duration.ofSeconds(15))),
                            ALL_AT_ONCE);
            stage.at(0);
            stage.end(0, ERROR);
            assertThat(stage.wake()).hasValue("15000: pace limit opens");
            assertThat(stage.at(12_000)).as("due, but against the pace").isEmpty();
            assertThat(stage.at(15_000)).containsExactly("launch a#1.2: retry 1 of 1");
            assertThat(stage.at(30_000)).containsExactly("launch b: all");
        }

        @Test
        void doneDoesNotCancelARetry() {
            Stage stage =
                    new Stage(
                            2,
                            retries(1),
                            answers(choose().launch(0, "").done("one is enough").build()));
            assertThat(stage.at(0)).containsExactly("launch a: ", "skip b: one is enough");
            assertThat(stage.end(0, ERROR)).isEmpty();
            assertThat(stage.at(10_000)).containsExactly("launch a#1.2: retry 1 of 1");
            assertThat(stage.end(0, PASSED)).containsExactly("finish PLAN: one is enough");
        }

        @Test
        void stoppingCancelsARetryAndSaysSo() {
            Stage stage = new Stage(1, retries(1), IN_ORDER);
            stage.at(0);
            stage.end(0, ERROR);
            assertThat(stage.stop("enough"))
                    .containsExactly("no retry of a", "finish ABORT: enough");
        }

        @Test
        void aFailureElsewhereCancelsARetryToo() {
            Stage stage = new Stage(2, bounded(Duration.ZERO, Duration.ZERO, true, 1), ALL_AT_ONCE);
            stage.at(0);
            stage.end(0, ERROR);
            assertThat(stage.end(1, FAILED))
                    .containsExactly(
                            "no retry of a",
                            "finish FAILURE: b ended as failed, and onFailure is stop");
        }

        @Test
        void thePlanSeesOnlyTheLastOutcome() {
            List<Object> seen = new ArrayList<>();
            Stage stage =
                    new Stage(
                            2,
                            retries(1),
                            progress -> {
                                seen.add(progress.state(0) + " " + progress.executions().size());
                                return progress.executions().isEmpty()
                                        ? choose().launch(0, "").build()
                                        : Decision.NOTHING;
                            });
            stage.at(0);
            stage.end(0, ERROR);
            stage.at(10_000);
            stage.now = START.plusSeconds(20);
            stage.end(0, PASSED);
            assertThat(seen)
                    .containsExactly(
                            "waiting 0",
                            "active #1 since 2026-03-01T10:00:00Z 1",
                            "active #1 since 2026-03-01T10:00:00Z 1",
                            "active #1 since 2026-03-01T10:00:00Z 1",
                            "ended #1 PASSED at 2026-03-01T10:00:20Z 1");
        }
    }

    @Nested
    class Ending {
        @Test
        void anAbortStopsWhatRunsAndLeavesTheRestWaiting() {
            Stage stage = new Stage(3, limits(Limits.none().maxParallel(2)), ALL_AT_ONCE);
            stage.at(0);
            assertThat(stage.stop("Ctrl-C")).containsExactly("stop a: Ctrl-C", "stop b: Ctrl-C");
            stage.end(0, STOPPED);
            assertThat(stage.end(1, STOPPED)).containsExactly("finish ABORT: Ctrl-C");
            assertThat(stage.state.hasWaiting()).isTrue();
        }

        @Test
        void anAbortOverrulesEveryOtherEnd() {
            Stage stage =
                    new Stage(2, NO_LIMITS, answers(choose().launch(0, "").fail("unmet").build()));
            stage.at(0);
            assertThat(stage.stop("Ctrl-C")).containsExactly("stop a: Ctrl-C");
            assertThat(stage.end(0, STOPPED)).containsExactly("finish ABORT: Ctrl-C");
        }

        @Test
        void aPlanThatFailsTheRunLetsTheRestFinish() {
            Stage stage =
                    new Stage(2, NO_LIMITS, answers(choose().launch(0, "").fail("unmet").build()));
            assertThat(stage.at(0)).containsExactly("launch a: ", "skip b: unmet");
            assertThat(stage.end(0, PASSED)).containsExactly("finish PLAN_FAILED: unmet");
        }

        @Test
        void aPlanThatFailedTheRunHasFailedItAfterARestartToo() {
            Stage stage = new Stage(1, NO_LIMITS, progress -> Decision.NOTHING);
            stage.state =
                    stage.machine.resume(
                            List.of(),
                            Map.of(0, "unmet"),
                            Optional.of(new RunEnd(RunEnd.Cause.PLAN_FAILED, "unmet")));
            assertThat(stage.at(0)).containsExactly("finish PLAN_FAILED: unmet");
        }

        @Test
        void aStrategyThatKillsTheProcessFailsTheRunAndWhatRunsIsWatched() {
            Stage stage = new Stage(2, limits(Limits.none().maxParallel(1)), IN_ORDER);
            stage.at(0);
            assertThat(stage.step(new RunEvent.StrategyFailed("ends the process")))
                    .containsExactly("skip b: the strategy broke a rule: ends the process");
            assertThat(stage.end(0, PASSED))
                    .containsExactly("finish BROKEN_STRATEGY: ends the process");
        }

        @Test
        void whatComesAfterTheEndChangesNothing() {
            Stage stage = new Stage(1, NO_LIMITS, IN_ORDER);
            stage.at(0);
            stage.end(0, PASSED);
            assertThat(stage.at(1_000)).isEmpty();
            assertThat(stage.end(0, FAILED)).isEmpty();
            assertThat(stage.stop("late")).isEmpty();
            assertThat(stage.wake()).isEmpty();
        }
    }

    @Nested
    class ABrokenPlan {
        static List<Arguments> plans() {
            Function<Progress, Decision> onlyOnce = answers(choose().launch(0, "").build());
            return List.of(
                    broken("answered null", progress -> none()),
                    broken("named slot 7 of 3", p -> choose().launch(7, "").build()),
                    broken("named slot -1 of 3", p -> choose().skip(-1, "").build()),
                    broken(
                            "named b twice in one decision",
                            p -> choose().launch(1, "").launch(1, "").build()),
                    broken(
                            "named b twice in one decision",
                            p -> choose().launch(1, "").skip(1, "").build()),
                    broken(
                            "launched a, which is active #1 since 2026-03-01T10:00:00Z",
                            p -> choose().launch(0, "").build()),
                    broken(
                            "skipped a, which is active #1 since 2026-03-01T10:00:00Z",
                            p ->
                                    p.active() == 0
                                            ? choose().launch(0, "").build()
                                            : choose().skip(0, "").build()),
                    broken(
                            "launched a, which is skipped: no",
                            p ->
                                    p.state(0) instanceof SlotState.Waiting
                                            ? choose().skip(0, "no").build()
                                            : choose().launch(0, "").build()),
                    broken(
                            "asked to be woken at 2026-03-01T10:00:00Z, which is not after"
                                    + " 2026-03-01T10:00:00Z",
                            p -> choose().wakeAt(p.now(), "").build()),
                    broken(
                            "is stuck: nothing runs, nothing is launched, no wake is set, and"
                                    + " experiments wait",
                            p -> Decision.NOTHING));
        }

        private static Arguments broken(String why, Function<Progress, Decision> plan) {
            return Arguments.of(why, plan);
        }

        @SuppressWarnings("NullAway") // A plug-in may return it, whatever its type says.
        private static Decision none() {
            return null;
        }

        @ParameterizedTest(name = "{0}")
        @MethodSource("plans")
        void endsTheLaunchingAndTheReasonNamesTheRule(
                String why, Function<Progress, Decision> plan) {
            Stage stage = new Stage(3, NO_LIMITS, plan);
            stage.at(0);
            assertThat(stage.state.end).isEqualTo(new RunEnd(RunEnd.Cause.BROKEN_STRATEGY, why));
            assertThat(stage.state.hasWaiting()).isFalse();
        }

        @Test
        void mayNotLaunchAnEndedSlotAgainWithoutSayingSo() {
            Stage stage = new Stage(2, NO_LIMITS, p -> choose().launch(0, "").build());
            Stage polite =
                    new Stage(
                            2,
                            NO_LIMITS,
                            p ->
                                    p.active() > 0
                                            ? Decision.NOTHING
                                            : choose().launch(0, "").build());
            stage.at(0);
            polite.at(0);
            polite.end(0, PASSED);
            assertThat(polite.state.end)
                    .extracting(RunEnd::why)
                    .asString()
                    .startsWith("launched a, which is ended #1 PASSED");
        }

        @Test
        void isWatchedToTheEndOfWhatRuns() {
            Stage stage =
                    new Stage(
                            3,
                            NO_LIMITS,
                            answers(
                                    choose().launch(0, "").build(),
                                    Decision.NOTHING,
                                    choose().launch(99, "").build()));
            stage.at(0);
            assertThat(stage.at(1))
                    .containsExactly(
                            "skip b: the strategy broke a rule: named slot 99 of 3",
                            "skip c: the strategy broke a rule: named slot 99 of 3");
            assertThat(stage.end(0, PASSED))
                    .containsExactly("finish BROKEN_STRATEGY: named slot 99 of 3");
        }

        @Test
        void thatIsWokenAThousandTimesWithoutEffectIsGivenUp() {
            Stage stage =
                    new Stage(
                            1,
                            NO_LIMITS,
                            p -> choose().wakeAt(p.now().plusMillis(1), "soon").build());
            for (int i = 0; i < 1_000; i++) {
                stage.at(i);
                assertThat(stage.state.end).isNull();
            }
            stage.at(1_000);
            assertThat(stage.state.end)
                    .extracting(RunEnd::why)
                    .isEqualTo("was woken 1000 times in a row without effect");
        }

        @Test
        void throwingAnythingIsReportedAsBroken() {
            List<Throwable> all =
                    List.of(
                            new IllegalStateException("oops"),
                            new StackOverflowError(),
                            new NoSuchMethodError("gone"),
                            new OutOfMemoryError("pretended"));
            for (Throwable thrown : all) {
                Stage stage =
                        new Stage(
                                1,
                                NO_LIMITS,
                                guarded(progress -> {
                                    if (thrown instanceof Error error) {
                                        throw error;
                                    }
                                    throw (RuntimeException) thrown;
                                }));
                stage.at(0);
                assertThat(stage.state.end)
                        .extracting(RunEnd::why)
                        .asString()
                        .startsWith("threw " + thrown.getClass().getName());
            }
        }

        @Test
        void isQuotedInShortLinesThatAnybodyMayBeShown() {
            String loud = "\u001b[2J\u202e\n" + "x".repeat(5_000_000);
            Stage stage =
                    new Stage(
                            3,
                            NO_LIMITS,
                            progress ->
                                    progress.waiting().count() == 3
                                            ? Decision.choose().skip(0, loud).build()
                                            : Decision.choose().launch(1, loud).fail(loud).build());
            stage.at(0);

            String shown = "␛[2J\ufffd␊" + "x".repeat(493) + "…";
            assertThat(stage.log)
                    .containsExactly("skip a: " + shown, "launch b: " + shown, "skip c: " + shown);
            assertThat(stage.state.end).extracting(RunEnd::why).isEqualTo(shown);
        }

        @Test
        void thatDoesNotAnswerIsAbandoned() {
            CountDownLatch never = new CountDownLatch(1);
            ExecutionPlan hangs =
                    progress -> {
                        try {
                            never.await();
                        } catch (InterruptedException e) {
                            // It does not even react to this.
                            return Decision.NOTHING;
                        }
                        return Decision.NOTHING;
                    };
            try (var plan = new GuardedPlan(hangs, Duration.ofMillis(20))) {
                Stage stage = new Stage(1, NO_LIMITS, plan);
                stage.at(0);
                assertThat(stage.state.end)
                        .extracting(RunEnd::why)
                        .isEqualTo("did not answer within 20ms");
            }
        }

        private static Function<Progress, Decision> guarded(ExecutionPlan plan) {
            return new GuardedPlan(plan, Duration.ofSeconds(5));
        }
    }

    @Nested
    class WhatAPlanSees {
        @Test
        void changesAreThoseSinceAnAncestor() {
            List<Progress> seen = new ArrayList<>();
            Stage stage =
                    new Stage(
                            3,
                            limits(Limits.none().maxParallel(1)),
                            progress -> {
                                seen.add(progress);
                                return IN_ORDER.apply(progress);
                            });
            stage.at(0);
            stage.end(0, PASSED);
            Progress first = seen.getFirst();
            Progress last = seen.getLast();
            assertThat(last.changesSince(first).orElseThrow().distinct()).containsExactly(0, 1);
            assertThat(last.changesSince(last).orElseThrow()).isEmpty();
            assertThat(first.changesSince(last)).as("the future is no ancestor").isEmpty();
        }

        @Test
        void anotherBranchIsNoAncestor() {
            List<Progress> seen = new ArrayList<>();
            Stage stage =
                    new Stage(
                            3,
                            limits(Limits.none().maxParallel(2)),
                            progress -> {
                                seen.add(progress);
                                return ALL_AT_ONCE.apply(progress);
                            });
            stage.at(0);
            RunState fork = stage.state;
            stage.end(0, PASSED);
            Progress oneBranch = seen.getLast();
            stage.state = fork;
            stage.end(1, FAILED);
            assertThat(seen.getLast().changesSince(oneBranch)).isEmpty();
            assertThat(seen.getLast().state(0)).isInstanceOf(SlotState.Active.class);
        }

        @Test
        void aProgressThatWasKeptDoesNotChange() {
            List<Progress> seen = new ArrayList<>();
            Stage stage =
                    new Stage(
                            200,
                            limits(Limits.none().maxParallel(50)),
                            progress -> {
                                seen.add(progress);
                                return ALL_AT_ONCE.apply(progress);
                            });
            stage.at(0);
            Progress first = seen.getFirst();
            IntStream.range(0, 50).forEach(slot -> stage.end(slot, PASSED));
            assertThat(first.waiting().count()).isEqualTo(200);
            assertThat(first.state(17)).isInstanceOf(SlotState.Waiting.class);
            assertThat(first.executions()).isEmpty();
            assertThat(first.room()).isEqualTo(50);
        }
    }

    @Nested
    class TakingUpARun {
        @Test
        void theFirstFailureInTheLogIsTheReason() {
            Stage stage = new Stage(3, bounded(Duration.ZERO, Duration.ZERO, true, 0), ALL_AT_ONCE);
            var second = ended(1, 1, FAILED, 5);
            var first = ended(0, 0, ERROR, 9);
            stage.state = stage.machine.resume(List.of(second, first), Map.of(), Optional.empty());
            assertThat(stage.at(10_000))
                    .containsExactly(
                            "skip c: b ended as failed, and onFailure is stop",
                            "finish FAILURE: b ended as failed, and onFailure is stop");
        }

        @Test
        void holesInTheOrderOfLaunchesAreFine() {
            Stage stage = new Stage(3, limits(Limits.none().maxParallel(2)), ALL_AT_ONCE);
            stage.state = stage.machine.resume(List.of(running(7, 2)), Map.of(), Optional.empty());
            List<String> words = stage.at(1_000);
            assertThat(words).containsExactly("launch a: all");
            assertThat(stage.state.running(0).orElseThrow().ordinal()).isEqualTo(8);
        }

        @Test
        void aRetryThatWasDueMeanwhileComesAtOnce() {
            Stage stage = new Stage(1, retries(1), IN_ORDER);
            stage.state =
                    stage.machine.resume(
                            List.of(ended(0, 0, ERROR, 5)), Map.of(), Optional.empty());
            assertThat(stage.at(60_000)).containsExactly("launch a#1.2: retry 1 of 1");
        }

        private static Attempt ended(int ordinal, int slot, Outcome outcome, int second) {
            return new Attempt(
                    ordinal,
                    slot,
                    1,
                    1,
                    START,
                    Optional.of(
                            new Attempt.End(START.plusSeconds(second), outcome, outcome == ERROR)));
        }

        private static Attempt running(int ordinal, int slot) {
            return new Attempt(ordinal, slot, 1, 1, START, Optional.empty());
        }
    }

    @Test
    @DisplayName("Work grows in line with the slots: one question and one change per event")
    void workGrowsInLineWithTheSlots() {
        int slots = 10_000;
        int[] asked = new int[1];
        Stage stage =
                new Stage(
                        slots,
                        limits(Limits.none().maxParallel(100)),
                        progress -> {
                            asked[0]++;
                            var decision = choose();
                            progress.waiting()
                                    .limit(progress.room())
                                    .forEach(slot -> decision.launch(slot, ""));
                            return decision.build();
                        });
        stage.at(0);
        int steps = 1;
        for (int slot = 0; slot < slots; slot++) {
            stage.now = stage.now.plusSeconds(1);
            stage.end(slot, PASSED);
            steps++;
        }
        assertThat(stage.state.finished).isTrue();
        assertThat(steps).isEqualTo(slots + 1);
        assertThat(asked[0]).isLessThanOrEqualTo(2 * steps);
        assertThat(stage.log).hasSize(slots + 1);
    }
}
