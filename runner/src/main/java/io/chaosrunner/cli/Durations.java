package io.chaosrunner.cli;

import io.chaosrunner.strategy.Parameters;
import java.time.Duration;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Durations as people write them: {@code 90s}, {@code 10m}, {@code 1h30m}. */
final class Durations {
    private Durations() {}

    static Duration positive(String option, String text, CommandLine command) {
        return Parameters.duration(text)
                .filter(duration -> !duration.isZero())
                .orElseThrow(() ->
                        new ParameterException(
                                command,
                                "%s: '%s' is not a positive duration; write 90s, 10m or 1h30m"
                                        .formatted(option, text)));
    }
}
