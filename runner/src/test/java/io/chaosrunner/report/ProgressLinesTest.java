package io.chaosrunner.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.model.Attempt;
import io.chaosrunner.model.Verdict;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.status.StatusEntry;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ProgressLinesTest {
    private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");

    private static String line(StatusEntry entry, Duration took) {
        var bytes = new ByteArrayOutputStream();
        var lines =
                new ProgressLines(
                        new PrintStream(bytes, true, StandardCharsets.UTF_8),
                        Clock.fixed(NOON, ZoneOffset.UTC));
        lines.heard(
                new RunNotice.Ended(
                        new Attempt(0, 0, 1, 1, NOON, Optional.empty()),
                        entry.name(),
                        "",
                        entry.pod(),
                        entry,
                        took,
                        ""));
        return bytes.toString(StandardCharsets.UTF_8).strip();
    }

    @Test
    void anEndSaysAfterHowLong() {
        assertThat(
                        line(
                                StatusEntry.completed("cpu-hog", "cpu-hog-p", Verdict.PASS),
                                Duration.ofMillis(3_210)))
                .isEqualTo("0.0s  Pass     cpu-hog, Completed after 3.2s");
    }

    @Test
    void whatNeverRanHasNoDuration() {
        assertThat(line(StatusEntry.waiting("cpu-hog").aborted(), Duration.ZERO))
                .isEqualTo("0.0s  Stopped  cpu-hog, Forcefully Aborted");
    }
}
