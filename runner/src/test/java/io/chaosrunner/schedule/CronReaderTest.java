package io.chaosrunner.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.LocalDateTime;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CronReaderTest {

    @ParameterizedTest(name = "{0} is {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "*/5 * * * *           | 0 */5 * * * ?",
                "0 9 * * 1-5           | 0 0 9 ? * 2-6",
                "0 9 * * MON-FRI       | 0 0 9 ? * 2,3,4,5,6",
                "0 9 * * 0             | 0 0 9 ? * 1",
                "0 9 * * 7             | 0 0 9 ? * 1",
                "0 9 * * sun           | 0 0 9 ? * SUN",
                "0 9 * * 5-7           | 0 0 9 ? * 6-1",
                "0 9 * * 0-7           | 0 0 9 ? * 1-7",
                "0 9 * * 0-6           | 0 0 9 ? * SUN-SAT",
                "0 9 * * 1-5/2         | 0 0 9 ? * 2-6/2",
                "0 9 * * */2           | 0 0 9 ? * 1,3,5,7",
                "0 9 * * 7/2           | 0 0 9 ? * 1,3,5,7",
                "0 9 * * 1,3,7         | 0 0 9 ? * 2,4,1",
                "0 9 * * 5L            | 0 0 9 ? * 6L",
                "0 9 * * 7#2           | 0 0 9 ? * SUN#2",
                "0 9 1 jan,jul *       | 0 0 9 1 1,7 ?",
                "0 9 1 * ?             | 0 0 9 1 * ?",
                "@hourly               | 0 0 * * * ?",
                "@weekly               | 0 0 0 ? * 1",
                "0 0 9 ? * MON-FRI/2   | 0 0 9 ? * 2,4,6",
                "0 0 22-2 ? * *        | 0 0 22,23,0,1,2 ? * *",
                "0 50-10/10 9 ? * *    | 0 50,0,10 9 ? * *",
                "0 0 9 28-3 * ?        | 0 0 9 28,29,30,31,1,2,3 * ?",
                "0 0 9 ? NOV-FEB/3 *   | 0 0 9 ? 11,2 *",
                "0 0 9 lw * ?          | 0 0 9 LW * ?",
                "0 0 9 ? * FRI#2       | 0 0 9 ? * 6#2",
                "0 0 9 ? * FRIL        | 0 0 9 ? * 6L",
                "0 0 9 ? * L           | 0 0 9 ? * SAT",
                "0  0 09 ? *   MON     | 0 0 9 ? * 2",
                "0 0 9 ? * * 2098/1    | 0 0 9 ? * * 2098-2099"
            })
    void twoSpellingsMeanTheSame(String one, String other) throws CronReader.Fault {
        assertThat(CronReader.of(one)).isEqualTo(CronReader.of(other));
    }

    @ParameterizedTest(name = "{0} in {1}: {2}")
    @CsvSource(
            delimiter = '|',
            value = {
                "0 9 13 * 5            | 2026-02 | 6,13,20,27",
                "0 9 * * 2,6#3         | 2027-01 | 5,12,16,19,26",
                "0 9 * * MON,FRI#2     | 2027-01 | 4,8,11,18,25",
                "0 9 * * MON#1,MON#3   | 2027-01 | 4,18",
                "0 9 * * SUNL,1#1      | 2027-01 | 4,31",
                "0 9 1,LW,L-3 * *      | 2027-01 | 1,28,29",
                "0 9 1W * *            | 2027-05 | 3",
                "0 9 15W * *           | 2027-05 | 14",
                "0 9 31W * *           | 2027-01 | 29",
                "0 9 31W * *           | 2027-02 | -",
                "0 9 30W * *           | 2027-05 | 31",
                "0 9 LW * *            | 2027-02 | 26",
                "0 9 L-1W * *          | 2027-01 | 29",
                "0 9 L-30 * *          | 2027-01 | 1",
                "0 9 L-30,L-29W * *    | 2027-02 | -",
                "0 9 * * 5#5           | 2027-01 | 29",
                "0 9 * * 5#5           | 2027-02 | -",
                "0 9 29 2 *            | 2028-02 | 29"
            })
    void eachItemOfTheDayCounts(String written, YearMonth month, String days)
            throws CronReader.Fault {
        CronClock cron = CronReader.of(written);
        var found = new ArrayList<String>();
        LocalDateTime next = cron.after(month.atDay(1).atStartOfDay().minusSeconds(1));
        while (next != null && YearMonth.from(next).equals(month)) {
            found.add(String.valueOf(next.getDayOfMonth()));
            next = cron.after(next);
        }
        assertThat(found.isEmpty() ? "-" : String.join(",", found)).isEqualTo(days);
    }

    @Test
    void aDayThatIsMovedKeepsAllItsTimes() throws CronReader.Fault {
        assertThat(CronReader.of("0 9,17 LW * *").after(LocalDateTime.parse("2027-01-04T10:00")))
                .isEqualTo("2027-01-29T09:00:00");
        CronClock first = CronReader.of("0 9,17 1W * *");
        assertThat(first.after(LocalDateTime.parse("2027-05-01T00:00")))
                .isEqualTo("2027-05-03T09:00:00");
        assertThat(first.after(LocalDateTime.parse("2027-05-03T09:00")))
                .isEqualTo("2027-05-03T17:00:00");
    }

    @Test
    void aPartOfASecondSkipsNothing() throws CronReader.Fault {
        assertThat(
                        CronReader.of("0 12 LW * *")
                                .after(LocalDateTime.parse("2027-01-29T11:59:59.999")))
                .isEqualTo("2027-01-29T12:00:00");
        assertThat(
                        CronReader.of("0 12 LW * *")
                                .after(LocalDateTime.parse("2027-01-29T12:00:00.001")))
                .isEqualTo("2027-02-26T12:00:00");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "*/5 * * * *",
                "0 0/20 * ? * *",
                "0 0 0/1 * * ?",
                "30 * * * MON",
                "0 */2 * * *",
                "0 0 0/6 * * ?",
                "0 0-23 * * *",
                "0 0-23/3 * * *"
            })
    void anOpenHourMeansElapsedTime(String written) throws CronReader.Fault {
        assertThat(CronReader.of(written).hoursOpen()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0 9 * * *",
                "0 0,12 * * *",
                "0 0 8-18 ? * *",
                "0 1/2 * * *",
                "0 1-23/2 * * *",
                "0 0-22 * * *"
            })
    void aNamedHourMeansATimeOfDay(String written) throws CronReader.Fault {
        assertThat(CronReader.of(written).hoursOpen()).isFalse();
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "0 61 * * * ?          | '61' at position 3 is not a minute (0-59)",
                "0 0,15,75 * * * ?     | '75' at position 8 is not a minute (0-59)",
                "61 * * * *            | '61' at position 1 is not a minute (0-59)",
                "0 0 25 * * ?          | '25' at position 5 is not an hour (0-23)",
                "0 0 9 32 * ?          | '32' at position 7 is not a day of month",
                "0 0 9 ? 13 *          | '13' at position 9 is not a month (1-12 or JAN-DEC)",
                "0 9 * * 8             | '8' at position 9 is not a day of week (0-7 with 0 and 7"
                        + " for Sunday",
                "0 0 9 ? * 8           | '8' at position 11 is not a day of week (1-7 with 1 for"
                        + " Sunday",
                "0 0 9 ? * MONN        | 'MONN' at position 11 is not a day of week",
                "0 0 9 ? * MON,FRY     | 'FRY' at position 15 is not a day of week",
                "0 0 9 1 JUM ?         | 'JUM' at position 9 is not a month",
                "0 0/0 9 * * ?         | '0/0' at position 3 is not a minute",
                "0 0/ 9 * * ?          | '0/' at position 3 is not a minute",
                "0 1,,2 9 * * ?        | '' at position 5 is not a minute",
                "0 0 9 ? * MON#6       | 'MON#6' at position 11 is not a day of week",
                "0 0 9 * * MON-FRI     | '*' at position 7 (day of month): one of day of month and"
                        + " day of week must be ?",
                "* * * * * *           | '*' at position 11 (day of week): one of day of month and"
                        + " day of week must be ?",
                "0 0 9 1 * MON         | '1' at position 7 (day of month): one of day of month and"
                        + " day of week must be ?",
                "0 0 9 ? * ?           | '?' at position 11 (day of week): only one of the two days"
                        + " can be ?",
                "0 9 */2 * 1           | '*/2' at position 5 (day of month): beside the other kind"
                        + " of day",
                "0 9 * *               | has 4 fields; write 5",
                "0 9 * * * * * *       | has 8 fields; write 5",
                "foo                   | has 1 fields; write 5",
                "@fortnightly          | is none of @annually, @daily",
                "@dayly                | did you mean @daily?",
                "0 9 31 4 *            | '31' at position 5 (day of month): no month '4' has such a"
                        + " day",
                "0 0 9 30 2 ?          | '30' at position 7 (day of month): no month '2' has such a"
                        + " day",
                "0 0 9 29 2 ? 2027     | no month '2' of the years '2027' has such a day",
                "0 0 9 1 1 ? 2100      | '2100' at position 13 is not a year (1970-2099)",
                "0 0 9 1 1 ? 2030-2027 | '2030-2027' at position 13 is not a year"
            })
    void aFaultIsToldWithItsPosition(String written, String message) {
        assertThatThrownBy(() -> CronReader.of(written))
                .isInstanceOf(CronReader.Fault.class)
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
        assertThatThrownBy(() -> CronReader.of(written))
                .satisfies(e -> assertThat(CronReader.of(example(e))).isNotNull());
    }

    @Test
    void anExampleKeepsWhatIsRight() {
        assertThatThrownBy(() -> CronReader.of("0 0 25 ? * MON"))
                .hasMessageContaining("\"0 0 9 ? * MON\"");
        assertThatThrownBy(() -> CronReader.of("0 0 9 * * MON-FRI"))
                .hasMessageContaining("\"0 0 9 ? * MON-FRI\"");
    }

    @Test
    void aMisspeltDayIsRecognised() {
        assertThatThrownBy(() -> CronReader.of("0 9 * * MOM"))
                .hasMessageContaining("did you mean MON?");
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "1.5",
                "1:30",
                "1;5",
                "5*",
                "*5",
                "1!",
                "1%",
                "1+2",
                "1-5-9",
                "1~5",
                "1_5",
                "*-5",
                "5-9.9",
                "*.*",
                "**",
                "*-*",
                "-5",
                "5-",
                "*/",
                "*/*",
                "5/5/5",
                "*/5-9",
                "1-*",
                "(5)",
                "'5'",
                "5?",
                "?5",
                "?",
                "0x5",
                "5L",
                "L",
                "5W",
                "5#1",
                "+5",
                "٥",
                "H",
                "H/15",
                "1–5",
                "1e1",
                "999999999999",
                "*/999999999999",
                "5,",
                ",5",
                "5,,6",
                "5&6",
                "5|6",
                "~",
                "!5"
            })
    void nonsenseIsRefusedInEveryField(String nonsense) {
        List<String> works = List.of("0", "0", "9", "1", "*", "?", "*");
        for (int field = 0; field < works.size(); field++) {
            boolean ofMonth = field == 3 && nonsense.matches("L|5W|\\?");
            boolean ofWeek = field == 5 && nonsense.matches("L|5L|5#1");
            if (!ofMonth && !ofWeek && !(field == 5 && nonsense.equals("?"))) {
                refused(with(works, field, nonsense));
                refused(with(works, field, works.get(field) + "," + nonsense));
            }
        }
        for (int field = 0; field < 5; field++) {
            boolean day = field == 2 && nonsense.matches("L|5W|\\?");
            if (!day && !(field == 4 && nonsense.matches("L|5L|5#1|\\?"))) {
                refused(with(List.of("0", "9", "*", "*", "*"), field, nonsense));
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "2-6#3",
                "MON-FRI#1",
                "2-6L",
                "*#2",
                "L-3",
                "LW",
                "6L3",
                "2L-6",
                "6#3-5",
                "15W",
                "FRI#",
                "#2",
                "FRIL2",
                "LL",
                "6#0",
                "6#6",
                "6#33",
                "L#2",
                "*L",
                "FRIW",
                "6/L"
            })
    void whatBelongsToOneDayIsRefusedElsewhere(String nonsense) {
        refused("0 0 5 ? * " + nonsense);
        refused("0 5 * * " + nonsense);
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"1-5W", "15W-20", "L-31", "L+3", "WL", "32W", "0W", "L3", "LW-1", "5L"})
    void whatIsNoDayOfMonthIsRefused(String nonsense) {
        refused("0 0 5 " + nonsense + " * ?");
        refused("0 5 " + nonsense + " * *");
    }

    private static String with(List<String> fields, int field, String value) {
        var all = new ArrayList<>(fields);
        all.set(field, value);
        return String.join(" ", all);
    }

    private static void refused(String written) {
        assertThatThrownBy(() -> CronReader.of(written))
                .as(written)
                .isInstanceOf(CronReader.Fault.class)
                .hasMessageMatching("(?s)'.*' at position \\d+.*; an example that works: \".*\"")
                .satisfies(e -> assertThat(CronReader.of(example(e))).isNotNull());
    }

    private static String example(Throwable fault) {
        Matcher example =
                Pattern.compile("an example that works: \"(.*)\"").matcher(fault.getMessage());
        assertThat(example.find()).as(fault.getMessage()).isTrue();
        return example.group(1);
    }

    @Test
    void severalExpressionsInOneTextAreSeveralSchedules() {
        assertThatThrownBy(() -> CronReader.of("# morning\n0 9 * * *\n\n0 17 * * * # evening\n"))
                .hasMessage(
                        "there are 2 expressions; write schedules: [{cron: \"0 9 * * *\"}, {cron: \"0 17 * * *\"}] instead of cron");
        assertThatThrownBy(() -> CronReader.of("0 9 * * *\nhello"))
                .hasMessageContaining("'hello'")
                .hasMessageNotContaining("\n");
    }

    @Test
    void anExpressionOverSeveralLinesIsOne() throws CronReader.Fault {
        assertThat(CronReader.of("0 9\n* * *\n")).isEqualTo(CronReader.of("0 9 * * *"));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "*5 * * * *            | did you mean */5?; an example that works: \"*/5 * * * *\"",
                "0 *2 * * *            | \"0 */2 * * *\"",
                "*-5 * * * *           | \"*/5 * * * *\"",
                "0 24 * * *            | \"0 0 * * *\"",
                "60 9 * * *            | \"0 9 * * *\"",
                "0 5 * * 1-5#1         | '1-5#1' at position 9 is not a day of week (0-7 with 0 and"
                        + " 7 for Sunday, SUN-SAT, 5L or 5#3): #1 belongs to one day, not to a range;"
                        + " an example that works: \"0 5 * * 1#1,2#1,3#1,4#1,5#1\"",
                "0 0 5 ? * 2-6L        | \"0 0 5 ? * 2L,3L,4L,5L,6L\"",
                "0 0 5 ? * LW          | 'LW' at position 11 is a day of month, not of week; an"
                        + " example that works: \"0 0 5 LW * ?\"",
                "0 0 5 ? * 6L3         | nothing may follow",
                "0 9 * * MONDAY        | did you mean MON?; an example that works: \"0 9 * * MON\"",
                "0 9 1 DEZ *           | did you mean DEC?; an example that works: \"0 9 1 DEC *\"",
                "*/60 * * * *          | every 60 minutes is 0; an example that works: \"0 * * *"
                        + " *\"",
                "0 */24 * * *          | every 24 hours is 0; an example that works: \"0 0 * * *\"",
                "*/90 * * * *          | for every 90m, write every: 90m instead of cron",
                "0 0 9 1/40 * ?        | for every 40d, write every: 40d instead of cron",
                "H/15 * * * *          | add jitter, such as jitter: 15m; an example that works:"
                        + " \"*/15 * * * *\"",
                "CRON_TZ=Asia/Tokyo 0 5 * * * | 'CRON_TZ=Asia/Tokyo' at position 1: a time zone is"
                        + " a setting of its own; write timeZone: Asia/Tokyo and cron: \"0 5 * * *\"",
                "TZ=UTC 0 5 * * *      | write timeZone: UTC",
                "@every 1h30m          | write every: 1h30m instead of cron",
                "@reboot               | write now: true instead of cron",
                "0 0 9 30 2 ?          | \"0 0 9 28 2 ?\"",
                "1, * * * *            | an example that works: \"1 * * * *\"",
                "1,,2 * * * *          | an example that works: \"1,2 * * * *\"",
                "1;5 * * * *           | an example that works: \"1,5 * * * *\"",
                "0 9 15W-20 * *        | an example that works: \"*/30 9-17 * * MON-FRI\"",
                "0 0 9 15W-20 * ?      | an example that works: \"0 0/30 9-17 ? * MON-FRI\"",
                "0 9 32 * *            | an example that works: \"*/30 9-17 * * MON-FRI\"",
                "0 0 9 1 * MON         | write both as schedules, \"0 0 9 1 * ?\" and \"0 0 9 ? *"
                        + " MON\"; an example that works: \"0 0/30 9-17 ? * MON-FRI\"",
                "0 9 * * Mo-We         | 5#3); an example that works: \"0 9 * * MON-WED\"",
                "0 9 * * Tu,Th         | \"0 9 * * TUE,THU\"",
                "0 9 * * weekdays      | \"0 9 * * MON-FRI\"",
                "0 9 * * LFRI          | 5#3); an example that works: \"0 9 * * FRIL\"",
                "0 0 9 ? * 0-4         | \"0 0 9 ? * SUN-THU\"",
                "0 0 9 ? * 1,0         | \"0 0/30 9-17 ? * MON-FRI\"",
                "0 9 * January *       | did you mean JAN?; an example that works: \"0 9 * JAN *\"",
                "0 9am-5pm * * *       | \"0 9-17 * * *\"",
                "0 9:30 * * *          | \"30 9 * * *\"",
                "0 9 1st * *           | \"0 9 1 * *\"",
                "0 9 W15 * *           | \"0 9 15W * *\"",
                "0 9..17 * * *         | \"0 9-17 * * *\"",
                "0 9 1 * ? 2027        | \"0 0 9 1 * ? 2027\"",
                "0 9 * * MON # noon    | '# noon' is a comment, which is no part of an expression;"
                        + " an example that works: \"0 9 * * MON\"",
                "0 9 * * MON // noon   | \"0 9 * * MON\"",
                "0 9 * * MON #2        | \"0 0/30 9-17 ? * MON-FRI\"",
                "0 0 9 1 1 ? */400     | '*/400' at position 13 is not a year"
            })
    void whatWasProbablyMeantIsShown(String written, String message) {
        assertThatThrownBy(() -> CronReader.of(written))
                .isInstanceOf(CronReader.Fault.class)
                .hasMessageContaining(message);
    }
}
