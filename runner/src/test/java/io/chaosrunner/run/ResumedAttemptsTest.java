package io.chaosrunner.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.attempt.FoundJob;
import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.FireLedger;
import io.chaosrunner.claim.LoggedAttempt;
import io.chaosrunner.claim.LoggedAttempt.Mark;
import io.chaosrunner.job.Launch;
import io.chaosrunner.job.LaunchedJob;
import io.chaosrunner.machine.Stage;
import io.chaosrunner.model.ExecutionId;
import io.chaosrunner.model.RunId;
import io.chaosrunner.strategy.Outcome;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.JsonNodeFactory;

class ResumedAttemptsTest {

    @Test
    void aRemovalThatWasBegunIsFinished() {
        ResumedAttempts left =
                ResumedAttempts.of(claim(stopped(0, 0, 1)), "uid", List.of(job(0, 0, 1)), 1);
        assertThat(left.broken()).extracting(each -> each.attempt().attempt()).containsExactly(1);
        assertThat(left.over()).isEmpty();
        assertThat(left.running()).isEmpty();
    }

    @Test
    void anAttemptWhoseRetryWasLaunchedIsGoneWhateverTheLogSays() {
        ResumedAttempts left =
                ResumedAttempts.of(claim(stopped(0, 0, 1)), "uid", List.of(job(1, 0, 2)), 1);
        assertThat(left.broken()).isEmpty();
        assertThat(left.over())
                .extracting(each -> each.attempt().end().orElseThrow().outcome())
                .containsExactly(Outcome.ERROR);
        assertThat(left.running()).extracting(each -> each.attempt().attempt()).containsExactly(2);
    }

    @Test
    void whatALaunchFollowedFromIsToldByItsJob() {
        List<LoggedAttempt> told =
                ResumedAttempts.toldByJobs(
                        claim(), List.of(job(0, 0, 1), telling("0..0:a1P"), job(1, 1, 1)), 3);
        assertThat(told)
                .singleElement()
                .returns(0, LoggedAttempt::slot)
                .returns(Outcome.PASSED, LoggedAttempt::outcome)
                .returns(Stage.START.plusMillis(361), LoggedAttempt::end);
    }

    @Test
    void whatTheLogHoldsIsToldByNobodyElseUnlessItWasBeingRemoved() {
        FoundJob telling = telling("0..0:a1E");
        assertThat(ResumedAttempts.toldByJobs(claim(ended(0)), List.of(telling), 3)).isEmpty();
        assertThat(ResumedAttempts.toldByJobs(claim(stopped(0, 0, 1)), List.of(telling), 3))
                .hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                " ",
                "nonsense",
                "0..0:a1P 0..",
                "9..0:a1P",
                "0.7.0:a1P",
                "0..0:a1P~",
                "0..0:zzzzzzzzzzzzP",
                "0..zzzzzzzzzzzz.zzzzzzzzzzzzP"
            })
    void whatNoRunnerWroteIsNotBelieved(String ends) {
        assertThat(ResumedAttempts.toldByJobs(claim(), List.of(telling(ends)), 3)).isEmpty();
    }

    @Test
    void whatJobsTellHasRoomInTheClaim() {
        Claim claim = claim();
        int most = claim.mostAttempts();
        List<FoundJob> jobs =
                IntStream.range(0, 3)
                        .mapToObj(job ->
                                telling(
                                        IntStream.range(1, most)
                                                .mapToObj(i -> end(1 + job * most + i))
                                                .collect(Collectors.joining(" "))))
                        .toList();

        assertThat(ResumedAttempts.toldByJobs(claim, jobs, 3)).hasSize(most);
        assertThat(
                        ResumedAttempts.toldByJobs(
                                claim, List.of(telling((end(1) + " ").repeat(most + 1))), 3))
                .isEmpty();
    }

    private static String end(int iteration) {
        return "0..0:a1P." + Integer.toString(iteration, 36);
    }

    /** The third launch, and what it says of ends before it. */
    private static FoundJob telling(String ends) {
        FoundJob job = job(2, 2, 1);
        Launch launch = job.launch();
        return new FoundJob(
                job.id(), job.job(), new Launch(launch.start(), launch.ordinal(), "why", "", ends));
    }

    private static LoggedAttempt ended(int slot) {
        return new LoggedAttempt(
                slot,
                slot,
                1,
                1,
                Stage.START,
                Stage.START.plusSeconds(5),
                Outcome.PASSED,
                Mark.PLAIN);
    }

    private static LoggedAttempt stopped(int ordinal, int slot, int attempt) {
        return new LoggedAttempt(
                ordinal,
                slot,
                1,
                attempt,
                Stage.START,
                Stage.START.plusSeconds(5),
                Outcome.ERROR,
                Mark.BEING_STOPPED);
    }

    private static FoundJob job(int ordinal, int slot, int attempt) {
        return new FoundJob(
                new ExecutionId("uid", "r", slot, 1, attempt),
                new LaunchedJob(
                        "a-x", "job-uid", "e-a", "", Duration.ofSeconds(180), Optional.empty()),
                new Launch(Stage.START.plusSeconds(9), ordinal, "why", ""));
    }

    private static Claim claim(LoggedAttempt... attempts) {
        Claim claim =
                Claim.begun(
                        new Claim.Start(
                                new RunId(1, "r"),
                                Stage.START,
                                0,
                                JsonNodeFactory.instance.objectNode(),
                                "active"),
                        "process-1",
                        FireLedger.NONE);
        for (LoggedAttempt attempt : attempts) {
            claim = claim.with(attempt);
        }
        return claim;
    }
}
