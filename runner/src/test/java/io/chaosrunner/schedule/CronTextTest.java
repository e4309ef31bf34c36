package io.chaosrunner.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CronTextTest {

    @ParameterizedTest(name = "{0} is {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "*/5 * * * *           | 0 */5 * * * ?",
                "0 9 * * 1-5           | 0 0 9 ? * 2-6",
                "0 9 * * MON-FRI       | 0 0 9 ? * 2-6",
                "0 9 * * 0             | 0 0 9 ? * 1",
                "0 9 * * 7             | 0 0 9 ? * 1",
                "0 9 * * sun           | 0 0 9 ? * 1",
                "0 9 * * 5-7           | 0 0 9 ? * 6-1",
                "0 9 * * 0-7           | 0 0 9 ? * 1-7",
                "0 9 * * 0-6           | 0 0 9 ? * 1-7",
                "0 9 * * 1-5/2         | 0 0 9 ? * 2-6/2",
                "0 9 * * 1,3,7         | 0 0 9 ? * 2,4,1",
                "0 9 1 jan,jul *       | 0 0 9 1 1,7 ?",
                "0 9 1 * ?             | 0 0 9 1 * ?",
                "@hourly               | 0 0 * * * ?",
                "@weekly               | 0 0 0 ? * 1",
                "0 0 9 ? * MON-FRI     | 0 0 9 ? * 2-6",
                "0 0 9 ? * MON-FRI/2   | 0 0 9 ? * 2-6/2",
                "0 0 9 LW * ?          | 0 0 9 LW * ?",
                "0 0 9 L-3 * ? 2027    | 0 0 9 L-3 * ? 2027",
                "0 0 9 ? * FRI#2       | 0 0 9 ? * 6#2",
                "0 0 9 ? * 6L          | 0 0 9 ? * 6L",
                "0  0 9 ? *   MON      | 0 0 9 ? * 2"
            })
    void anExpressionIsReadAsQuartzNeedsIt(String written, String quartz) throws CronText.Fault {
        assertThat(CronText.of(written).quartz()).containsExactly(quartz);
    }

    @Test
    void twoKindsOfDayInCrontabMeanEither() throws CronText.Fault {
        assertThat(CronText.of("0 9 13 * 5").quartz())
                .containsExactly("0 0 9 13 * ?", "0 0 9 ? * 6");
    }

    @ParameterizedTest
    @ValueSource(strings = {"*/5 * * * *", "0 0/20 * ? * *", "0 0 0/1 * * ?", "30 * * * MON"})
    void anOpenHourMeansElapsedTime(String written) throws CronText.Fault {
        assertThat(CronText.of(written).everyHour()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0 9 * * *", "0 0 0/2 * * ?", "0 0 8-18 ? * *"})
    void aNamedHourMeansATimeOfDay(String written) throws CronText.Fault {
        assertThat(CronText.of(written).everyHour()).isFalse();
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "0 61 * * * ?          | '61' at position 3 is not a minute (0-59)",
                "0 0,15,75 * * * ?     | '75' at position 8 is not a minute (0-59)",
                "61 * * * *            | '61' at position 1 is not a minute (0-59)",
                "0 0 25 * * ?          | '25' at position 5 is not a hour (0-23)",
                "0 0 9 32 * ?          | '32' at position 7 is not a day of month",
                "0 0 9 ? 13 *          | '13' at position 9 is not a month (1-12 or JAN-DEC)",
                "0 9 * * 8             | '8' at position 9 is not a day of week (0-7 with 0 and 7 for Sunday",
                "0 0 9 ? * 8           | '8' at position 11 is not a day of week (1-7 with 1 for Sunday",
                "0 0 9 ? * MONN        | 'MONN' at position 11 is not a day of week",
                "0 0 9 ? * MON,FRY     | 'FRY' at position 15 is not a day of week",
                "0 0 9 1 JUM ?         | 'JUM' at position 9 is not a month",
                "0 0/0 9 * * ?         | '0/0' at position 3 is not a minute",
                "0 0/ 9 * * ?          | '0/' at position 3 is not a minute",
                "0 1,,2 9 * * ?        | '' at position 5 is not a minute",
                "0 0 9 ? * MON#6       | 'MON#6' at position 11 is not a day of week",
                "0 0 9 * * MON-FRI     | '*' at position 7 (day of month): one of day of month and day of week must be ?",
                "* * * * * *           | '*' at position 11 (day of week): one of day of month and day of week must be ?",
                "0 0 9 1 * MON         | '1' at position 7 (day of month): one of day of month and day of week must be ?",
                "0 0 9 ? * ?           | '?' at position 11 (day of week): only one of the two days can be ?",
                "0 9 */2 * 1           | '*/2' at position 5 (day of month): beside the other kind of day",
                "0 9 * *               | has 4 fields; write 5",
                "0 9 * * * * * *       | has 8 fields; write 5",
                "foo                   | has 1 fields; write 5",
                "@fortnightly          | is none of @annually, @daily"
            })
    void aFaultIsToldWithItsPosition(String written, String message) {
        assertThatThrownBy(() -> CronText.of(written))
                .isInstanceOf(CronText.Fault.class)
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0 61 * * * ?",
                "61 * * * *",
                "0 0 25 ? * MON",
                "0 0 9 32 * ?",
                "0 9 32 * *",
                "0 0 9 ? 13 *",
                "0 9 * * 8",
                "0 0 9 * * MON-FRI",
                "0 0 9 1 * MON",
                "0 0 9 ? * ?",
                "0 9 */2 * 1",
                "0 61 25 * * ?",
                "0 0 9 ? * FOO",
                "0 9 * *"
            })
    void theExampleInAMessageWorks(String written) {
        assertThatThrownBy(() -> CronText.of(written))
                .satisfies(e -> {
                    Matcher example =
                            Pattern.compile("an example that works: \"(.*)\"")
                                    .matcher(e.getMessage());
                    assertThat(example.find()).isTrue();
                    assertThat(CronText.of(example.group(1)).quartz()).isNotEmpty();
                });
    }

    @Test
    void anExampleKeepsWhatIsRight() {
        assertThatThrownBy(() -> CronText.of("0 0 25 ? * MON"))
                .hasMessageContaining("\"0 0 9 ? * MON\"");
        assertThatThrownBy(() -> CronText.of("0 0 9 * * MON-FRI"))
                .hasMessageContaining("\"0 0 9 ? * MON-FRI\"");
    }

    @Test
    void aMisspeltDayIsRecognised() {
        assertThatThrownBy(() -> CronText.of("0 9 * * MOM"))
                .hasMessageContaining("did you mean MON?");
    }
}
