package io.chaosrunner.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.model.Attempt;
import io.chaosrunner.model.Verdict;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.status.StatusEntry;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Tests of {@link SlotEnds}: one slot is summed up over all its iterations. */
class SlotEndsTest {
    private final SlotEnds ends = new SlotEnds();

    private void end(int iteration, int attempt, Verdict verdict, String detail) {
        ends.heard(
                new RunNotice.Ended(
                        new Attempt(0, 0, iteration, attempt, Instant.EPOCH, Optional.empty()),
                        "cpu-hog",
                        "j",
                        "p",
                        StatusEntry.completed("cpu-hog", "p", verdict),
                        Duration.ZERO,
                        detail));
    }

    @Test
    void anIterationThatPassesDoesNotHideWhyAnEarlierOneFailed() {
        end(1, 1, Verdict.FAIL, "OOMKilled");
        end(2, 1, Verdict.PASS, "");
        end(3, 1, Verdict.PASS, "kept for its logs");

        assertThat(ends.reason()).isEqualTo("OOMKilled");
        assertThat(ends.tally()).isEqualTo("2 of 3 passed");
    }

    @Test
    void theLastReasonThatThereIsCounts() {
        end(1, 1, Verdict.FAIL, "OOMKilled");
        end(2, 1, Verdict.ERROR, "evicted");
        end(3, 1, Verdict.FAIL, "");

        assertThat(ends.reason()).isEqualTo("evicted");
    }

    @Test
    void aRetryTakesTheReasonOfWhatItRepeatsAway() {
        end(1, 1, Verdict.FAIL, "OOMKilled");
        end(1, 2, Verdict.PASS, "");

        assertThat(ends.reason()).isEmpty();
        assertThat(ends.tally()).isEmpty();
    }

    @Test
    void whereIterationsAreUnknownNothingIsCounted() {
        end(2, 1, Verdict.PASS, "");
        end(3, 1, Verdict.FAIL, "no probe passed");

        assertThat(ends.tally()).isEmpty();
        assertThat(ends.reason()).isEqualTo("no probe passed");
    }
}
