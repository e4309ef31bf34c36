package io.chaosrunner.claim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chaosrunner.claim.LoggedAttempt.Mark;
import io.chaosrunner.strategy.Outcome;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LoggedAttemptTest {
    private static final Instant RUN_START = Instant.parse("2026-03-01T10:00:00.123Z");

    @Test
    void anEndIsKeptToTheMillisecond() {
        var attempt =
                new LoggedAttempt(
                        7,
                        3,
                        2,
                        4,
                        RUN_START.plusMillis(1_001),
                        RUN_START.plusMillis(1_218),
                        Outcome.ERROR,
                        Mark.FINAL);
        assertThat(attempt.text(RUN_START)).isEqualTo("7.3.rt:61E!.2.4");
        assertThat(LoggedAttempt.read("7.3.rt:61E!.2.4", RUN_START)).isEqualTo(attempt);
    }

    @ParameterizedTest
    @CsvSource({
        "0..z.1S, 2026-03-01T10:00:01Z",
        "0..rs.aP, 2026-03-01T10:00:11Z",
        "0..rs:0P, 2026-03-01T10:00:01.123Z",
        "0..rs:-1P, 2026-03-01T10:00:01.122Z"
    })
    void earlierVersionsLoggedSecondsFromTheStartsWholeSecond(String text, Instant end) {
        assertThat(LoggedAttempt.read(text, RUN_START).end()).isEqualTo(end);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ":",
                "0",
                "0.",
                "0..",
                "0..:",
                "0..rs:",
                "0..rs:P",
                "0..rs:1X",
                "0:0:0:1P."
            })
    void whatIsNoAttemptIsRefused(String text) {
        assertThatThrownBy(() -> LoggedAttempt.read(text, RUN_START))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
