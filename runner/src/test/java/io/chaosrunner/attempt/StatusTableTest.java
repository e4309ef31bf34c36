package io.chaosrunner.attempt;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.model.Attempt;
import io.chaosrunner.model.Verdict;
import io.chaosrunner.status.StatusEntry;
import io.chaosrunner.strategy.Outcome;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class StatusTableTest {

    @Test
    void overIterationsAnEntryNamesThePodWhoseVerdictItShows() {
        var entries = new StatusTable(List.of(StatusEntry.waiting("a")));

        assertThat(ended(entries, "pod-1", Outcome.PASSED)).isEqualTo("pod-1: Pass");
        assertThat(ended(entries, "pod-2", Outcome.FAILED)).isEqualTo("pod-2: Fail");
        assertThat(ended(entries, "pod-3", Outcome.PASSED)).isEqualTo("pod-2: Fail");
        assertThat(ended(entries, "pod-4", Outcome.FAILED)).isEqualTo("pod-4: Fail");
        assertThat(ended(entries, "pod-5", Outcome.PASSED)).isEqualTo("pod-4: Fail");
    }

    private static String ended(StatusTable entries, String pod, Outcome outcome) {
        StatusEntry entry =
                entries.overIterations(
                        0,
                        new Conclusion(
                                StatusEntry.completed("a", pod, Verdict.of(outcome)),
                                new Attempt.End(Instant.EPOCH, outcome, false),
                                ""));
        entries.set(0, entry);
        return entry.pod() + ": " + entry.verdict().word();
    }
}
