package io.chaosrunner.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.strategy.Parameters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TimeWordsTest {
    private static final Instant NOW = Instant.parse("2027-01-31T09:00:00Z");

    /** A number that is made a duration where it is written. */
    private static final Pattern HAND_MADE =
            Pattern.compile("%[.0-9]*[df] ?(?:s|ms|min|seconds|minutes)\\b|\\+ \" ?m?s[,;\"]");

    /** A clock beside each line, settings that are written, and the memory that Java is given. */
    private static final List<String> OTHER_THINGS =
            List.of(
                    "ProgressLines.java",
                    "RunRequest.java",
                    "ScheduleReader.java",
                    "Document.java",
                    "ChaosScheduleSettings.java",
                    "TimeWords.java");

    @ParameterizedTest
    @CsvSource({
        "0, 0s",
        "-5000, 0s",
        "1, 1ms",
        "250, 250ms",
        "1000, 1s",
        "1500, 1.5s",
        "1050, 1.05s",
        "59999, 59.999s",
        "60000, 1m",
        "90500, 1m30s",
        "3600000, 1h",
        "5400000, 1h30m",
        "86400000, 1d",
        "93784000, 1d2h3m4s"
    })
    void aDurationIsToldAsSettingsHaveIt(long millis, String words) {
        assertThat(TimeWords.of(Duration.ofMillis(millis))).isEqualTo(words);
    }

    @ParameterizedTest
    @CsvSource({"1s", "1m", "1m30s", "1h30m", "2d", "250ms", "1d2h3m4s"})
    void whatIsToldCanBeWrittenIntoSettings(String words) {
        assertThat(Parameters.duration(words).map(TimeWords::of)).hasValue(words);
    }

    @ParameterizedTest
    @CsvSource({
        "0, now",
        "999, now",
        "1000, 1s ago",
        "-1000, in 1s",
        "-90000, in 1m",
        "5400000, 1h ago",
        "172800000, 2d ago"
    })
    void anInstantIsToldByHowFarAwayItIs(long millisAgo, String words) {
        assertThat(TimeWords.relative(NOW.minusMillis(millisAgo), NOW)).isEqualTo(words);
    }

    @ParameterizedTest
    @CsvSource({"-90999, (in 1m)", "0, (now)", "86400000, (1d ago)"})
    void anInstantIsToldToTheSecondWithHowFarAwayItIs(long millisAgo, String away) {
        Instant instant = NOW.minusMillis(millisAgo);

        assertThat(TimeWords.at(instant, NOW))
                .isEqualTo(instant.truncatedTo(ChronoUnit.SECONDS) + " " + away);
    }

    @ParameterizedTest
    @CsvSource({"0, 0s", "500, 500ms", "1500, 1s500ms", "60500, 1m500ms", "5400000, 1h30m"})
    void aSettingIsWrittenExactly(long millis, String written) {
        assertThat(TimeWords.setting(Duration.ofMillis(millis))).isEqualTo(written);
        assertThat(Parameters.duration(written)).contains(Duration.ofMillis(millis));
    }

    @Test
    void nobodyElseMakesWordsOfDurations() throws IOException {
        for (String sources : List.of("src/main/java", "../sandbox/src/main/java")) {
            try (Stream<Path> files = Files.walk(Path.of(sources))) {
                for (Path file : files.filter(each -> each.toString().endsWith(".java")).toList()) {
                    if (!OTHER_THINGS.contains(file.getFileName().toString())) {
                        assertThat(Files.readString(file).lines())
                                .as(file.toString())
                                .noneMatch(line -> HAND_MADE.matcher(line).find());
                    }
                }
            }
        }
    }
}
