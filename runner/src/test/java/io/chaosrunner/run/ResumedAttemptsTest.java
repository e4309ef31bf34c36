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
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
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

    private static Claim claim(LoggedAttempt attempt) {
        return new Claim(
                        new RunId(1, "r"),
                        "process-1",
                        Stage.START,
                        0,
                        JsonNodeFactory.instance.objectNode(),
                        Claim.State.RUNNING,
                        "",
                        "",
                        1,
                        List.of(),
                        Map.of(),
                        "active",
                        FireLedger.NONE)
                .with(attempt);
    }
}
