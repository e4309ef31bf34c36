package io.chaosrunner.attempt;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.model.Attempt;
import io.chaosrunner.model.Verdict;
import io.chaosrunner.status.StatusEntry;
import io.chaosrunner.strategy.Outcome;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
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

    @Test
    void anEntryIsForTheLastAttemptThatWasLaunched() {
        var entries = new StatusTable(List.of(StatusEntry.waiting("a"), StatusEntry.waiting("b")));
        entries.launched(attempt(3, 0));
        entries.launched(attempt(1, 0));

        assertThat(entries.isLast(attempt(1, 0))).isFalse();
        assertThat(entries.isLast(attempt(3, 0))).isTrue();
        assertThat(entries.isLast(attempt(0, 1))).isTrue();
    }

    private static Attempt attempt(int ordinal, int slot) {
        return new Attempt(ordinal, slot, 1, 1, Instant.EPOCH, Optional.empty());
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
