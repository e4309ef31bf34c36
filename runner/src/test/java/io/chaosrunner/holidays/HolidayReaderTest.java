package io.chaosrunner.holidays;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.LocalDate;
import java.time.MonthDay;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class HolidayReaderTest {
    @Test
    void aTextHasOneDateALineWithANameAndComments() throws Exception {
        HolidayList.Days days =
                text(
                        "\uFEFF# of the office\r\n2026-12-25 Christmas Day # all day\r\n\r\n  2026-05-14\r\n01-01\tNew Year\n");

        assertThat(days.dates())
                .isEqualTo(
                        Map.of(
                                LocalDate.of(2026, 12, 25), "Christmas Day",
                                LocalDate.of(2026, 5, 14), ""));
        assertThat(days.yearly()).isEqualTo(Map.of(MonthDay.of(1, 1), "New Year"));
    }

    @Test
    void aNameMayHaveHoursAndDatesThatAreNoneOfTheList() throws Exception {
        HolidayList.Days days =
                text(
                        "2026-12-24 open 10-12\n2026-12-28 instead of 2026-12-26\n2026-12-31 - closed\n");

        assertThat(days.dates().values())
                .containsExactlyInAnyOrder("open 10-12", "instead of 2026-12-26", "- closed");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "25.12.2026; line 1: '25.12.2026' is not a date; write 2026-12-25, or 12-25 for every year",
                "2026-02-30; line 1: '2026-02-30' is not a date",
                "2026-1-1; line 1: '2026-1-1' is not a date",
                "13-01; line 1: '13-01' is not a date",
                "2026-12-25,2026-12-26; line 1: '2026-12-25,2026-12-26' is not a date",
                "2026-12-24..2026-12-26; is not a date",
                "2026-12-24 2026-12-25; line 1: '2026-12-25' would be overlooked: write one date a line",
                "2026-12-24 - 2026-12-31 Release week; line 1: '2026-12-31' would be overlooked",
                "12-24 12-25; line 1: '12-25' would be overlooked",
                "BEGIN:VCALENDAR; an iCalendar file has a key that ends in .ics",
                "# nothing; it names no day",
                "''; it names no day",
            })
    void aTextWithAnythingElseIsRefusedWhole(String text, String why) {
        assertThatThrownBy(() -> text(text))
                .isInstanceOf(HolidayReader.Unusable.class)
                .hasMessageContaining(why);
    }

    @Test
    void allFilesOfAListCountAndOneThatIsDamagedSpoilsIt() throws Exception {
        var files =
                Map.of("a.txt", "2026-05-01 Labour Day", "b.ics", calendar(event("20261225", "")));
        assertThat(HolidayReader.read(files).dates().keySet())
                .containsExactlyInAnyOrder(LocalDate.of(2026, 5, 1), LocalDate.of(2026, 12, 25));

        assertThatThrownBy(() -> HolidayReader.read(Map.of("a", "2026-05-01", "b", "soon")))
                .hasMessageStartingWith("b: line 1: 'soon' is not a date");
    }

    @Test
    void aConfigMapWithBytesThatAreNoTextIsRefused() {
        var json =
                (ObjectNode)
                        JsonMapper.shared()
                                .readTree(
                                        "{\"data\":{\"a\":\"2026-05-01\"},\"binaryData\":{\"b.ics\":\"/w==\"}}");

        assertThatThrownBy(() -> HolidayReader.read(json)).hasMessage("b.ics is not UTF-8 text");
        assertThatThrownBy(() -> HolidayReader.read(JsonMapper.shared().createObjectNode()))
                .hasMessageContaining("names no day");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "one day; DTSTART|VALUE=DATE:20261225; 2026-12-25",
                "one day with its end; DTSTART|VALUE=DATE:20261225,DTEND|VALUE=DATE:20261226; 2026-12-25",
                "the day as its own end; DTSTART|VALUE=DATE:20261225,DTEND|VALUE=DATE:20261225; 2026-12-25",
                "several days; DTSTART|VALUE=DATE:20261230,DTEND|VALUE=DATE:20270102; 2026-12-30 2026-12-31 2027-01-01",
                "several days by their duration; DTSTART|VALUE=DATE:20261230,DURATION:P2D; 2026-12-30 2026-12-31",
                "a week; DTSTART|VALUE=DATE:20261230,DURATION:P1W; 2026-12-30 2026-12-31 2027-01-01 2027-01-02 2027-01-03 2027-01-04 2027-01-05",
                "as Outlook writes it; DTSTART|TZID=W. Europe Standard Time:20261225T000000,DTEND|TZID=W. Europe Standard Time:20261226T000000; 2026-12-25",
                "an evening; DTSTART:20261224T180000,DTEND:20261224T230000; 2026-12-24",
                "a night; DTSTART:20261224T180000,DTEND:20261225T060000; 2026-12-24 2026-12-25",
                "a night by its duration; DTSTART:20261224T180000,DURATION:PT12H; 2026-12-24 2026-12-25",
                "half an hour over midnight; DTSTART:20261224T234500,DURATION:PT30M; 2026-12-24 2026-12-25",
                "half an hour up to midnight; DTSTART:20261224T233000,DURATION:PT30M; 2026-12-24",
                "from noon to noon; DTSTART:20261224T120000,DURATION:P1D; 2026-12-24 2026-12-25",
                "a day and a bit; DTSTART:20261224T000000,DURATION:PT24H30M; 2026-12-24 2026-12-25",
                "from midnight to midnight; DTSTART:20261224T000000,DURATION:P1D; 2026-12-24",
                "one that is free; DTSTART|VALUE=DATE:20261225,TRANSP:TRANSPARENT; 2026-12-25",
                "three years; DTSTART|VALUE=DATE:20261225,RRULE:FREQ=YEARLY|COUNT=3; 2026-12-25 2027-12-25 2028-12-25",
                "until; DTSTART|VALUE=DATE:20261225,RRULE:FREQ=YEARLY|UNTIL=20271225; 2026-12-25 2027-12-25",
                "until a time in UTC, which may be the next day's; DTSTART|TZID=Europe/Berlin:20261225T000000,RRULE:FREQ=YEARLY|UNTIL=20271224T230000Z; 2026-12-25 2027-12-25",
                "until a local time; DTSTART:20261225T000000,RRULE:FREQ=YEARLY|UNTIL=20271225T000000; 2026-12-25 2027-12-25",
                "all but one; DTSTART|VALUE=DATE:20261225,RRULE:FREQ=YEARLY|COUNT=3,EXDATE|VALUE=DATE:20271225; 2026-12-25 2028-12-25",
                "and others; DTSTART|VALUE=DATE:20261225,RDATE|VALUE=DATE:20270107; 2026-12-25 2027-01-07",
                "Thanksgiving; DTSTART|VALUE=DATE:20261126,RRULE:FREQ=YEARLY|BYMONTH=11|BYDAY=4TH|COUNT=3; 2026-11-26 2027-11-25 2028-11-23",
                "the last Monday of May; DTSTART|VALUE=DATE:20260525,RRULE:FREQ=YEARLY|BYMONTH=5|BYDAY=-1MO|COUNT=2; 2026-05-25 2027-05-31",
                "leap days; DTSTART|VALUE=DATE:20280229,RRULE:FREQ=YEARLY|COUNT=2; 2028-02-29 2032-02-29",
                "from before all fires; DTSTART|VALUE=DATE:19691225,RRULE:FREQ=YEARLY|UNTIL=19711225; 1970-12-25 1971-12-25",
                "from 1601, as Outlook writes it; DTSTART:16010501T000000,DTEND:16010502T000000,RRULE:FREQ=YEARLY|UNTIL=19710501; 1970-05-01 1971-05-01",
                "each fourth year from long ago; DTSTART|VALUE=DATE:16020501,RRULE:FREQ=YEARLY|INTERVAL=4|UNTIL=19800501; 1970-05-01 1974-05-01 1978-05-01",
                "so many times from long ago; DTSTART|VALUE=DATE:19600501,RRULE:FREQ=YEARLY|COUNT=12; 1970-05-01 1971-05-01",
                "a Monday from long ago; DTSTART|VALUE=DATE:16010101,RRULE:FREQ=YEARLY|BYMONTH=9|BYDAY=1MO|UNTIL=19711231; 1970-09-07 1971-09-06",
                "over the year's end from long ago; DTSTART|VALUE=DATE:19681231,DTEND|VALUE=DATE:19690102,RRULE:FREQ=YEARLY|COUNT=2; 1970-01-01",
                "with exceptions long ago; DTSTART|VALUE=DATE:19681224,RRULE:FREQ=YEARLY|COUNT=4,EXDATE|VALUE=DATE:19691224; 1970-12-24 1971-12-24",
                "with days long ago; DTSTART|VALUE=DATE:19681224,RDATE|VALUE=DATE:19691224,RDATE|VALUE=DATE:20261224; 2026-12-24",
                "several days each year; DTSTART|VALUE=DATE:20261231,DTEND|VALUE=DATE:20270102,RRULE:FREQ=YEARLY|COUNT=2; 2026-12-31 2027-01-01 2027-12-31 2028-01-01",
            })
    void theDaysOfAnEventAre(String name, String written, String days) throws Exception {
        HolidayList.Days read = ics(calendar(lines(written)));

        assertThat(read.dates().keySet().stream().sorted().map(LocalDate::toString))
                .as(name)
                .containsExactlyElementsOf(Arrays.asList(days.split(" ")));
        assertThat(read.dates().values()).containsOnly("Day, off");
    }

    @Test
    void anEventThatComesEachYearDoesSoUntilSchedulesEnd() throws Exception {
        assertThat(ics(calendar(event("20261225", "RRULE:FREQ=YEARLY\r\n"))).dates())
                .hasSize(2099 - 2026 + 1)
                .containsKey(LocalDate.of(2099, 12, 25));
    }

    @Test
    void anEventThatWasCancelledIsNoHoliday() {
        assertThatThrownBy(() -> ics(calendar(event("20261225", "STATUS:CANCELLED\r\n"))))
                .hasMessageContaining("names no day");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "hello; it is no iCalendar file",
                "''; it is no iCalendar file",
                "BEGIN:VCALENDAR~END:VCALENDAR~; it names no day",
                "BEGIN:VCALENDAR~BEGIN:VEVENT~DTSTART|VALUE=DATE:20261225~END:VEVENT~; its end is missing",
                "BEGIN:VCALENDAR~BEGIN:VEVENT~DTSTART|VALUE=DATE:20261225~; its end is missing",
                "BEGIN:VCALENDAR~BEGIN:VEVENT~no colon~END:VEVENT~END:VCALENDAR~; line 3 is damaged",
                "BEGIN:VCALENDAR~END:VEVENT~END:VCALENDAR~; line 2 is damaged",
                "BEGIN:VCALENDAR~BEGIN:VEVENT~DTSTART|VALUE=DATE:20261225~END:VCALENDAR~; line 4: END:VEVENT is missing before it",
                "BEGIN:VCALENDAR~BEGIN:VEVENT~DTSTART|VALUE=DATE:20261225~END:VEVENT~END:VCALENDAR~BEGIN:VCALENDAR~BEGIN:VEVENT~DTSTART|VALUE=DATE:20261226~END:VCALENDAR~; line 9: END:VEVENT is missing",
                "BEGIN:VCALENDAR~BEGIN:VEVENT~DTSTART|VALUE=DATE:20261225~BEGIN:VALARM~TRIGGER:-PT15M~END:VEVENT~END:VCALENDAR~; line 6: END:VALARM is missing",
                "BEGIN:VCALENDAR~BEGIN:VEVENT~DTSTART|VALUE=DATE:20261225~END:VEVENT~BEGIN:VTODO~END:VCALENDAR~; line 6: END:VTODO is missing",
                "BEGIN:VEVENT~DTSTART|VALUE=DATE:20261224~END:VEVENT~BEGIN:VCALENDAR~BEGIN:VEVENT~DTSTART|VALUE=DATE:20261225~END:VEVENT~END:VCALENDAR~; line 1: VEVENT does not stand in a VCALENDAR",
                "BEGIN:VCALENDAR~BEGIN:VEVENT~DTSTART|VALUE=DATE:20261225~END:VEVENT~END:VCALENDAR~BEGIN:VEVENT~DTSTART|VALUE=DATE:20261224~END:VEVENT~; line 6: VEVENT does not stand in a VCALENDAR",
                "BEGIN:VCALENDAR~BEGIN:VEVENT~DTSTART|VALUE=DATE:20261224~BEGIN:VEVENT~DTSTART|VALUE=DATE:20261225~END:VEVENT~END:VCALENDAR~; line 4: VEVENT does not stand in a VCALENDAR",
            })
    void aFileThatIsCutOrDamagedIsRefused(String text, String why) {
        assertThatThrownBy(() -> ics(text.replace("~", "\r\n").replace('|', ';')))
                .isInstanceOf(HolidayReader.Unusable.class)
                .hasMessageContaining(why);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "SUMMARY:x; it has no DTSTART",
                "DTSTART|VALUE=DATE:20261399; MonthOfYear",
                "DTSTART|VALUE=DATE:soon; line 5",
                "DTSTART:20261225T120000Z; it has a time in UTC",
                "DTSTART|VALUE=DATE:18991225; is not from 1970 to 2099",
                "DTSTART|VALUE=DATE:20261225,DTEND|VALUE=DATE:20261224; it lasts -1 days",
                "DTSTART|VALUE=DATE:20261225,DTEND|VALUE=DATE:20990101; it lasts 26,305 days",
                "DTSTART|VALUE=DATE:20261225,DURATION:-P1D; it lasts -1 days",
                "DTSTART|VALUE=DATE:20261225,DURATION:P2147483647W; it lasts",
                "DTSTART|VALUE=DATE:20261225,RRULE:NONSENSE; not FREQ=YEARLY",
                "DTSTART|VALUE=DATE:20261225,RRULE:FREQ=FORTNIGHTLY; line 6",
                "DTSTART|VALUE=DATE:20261225,RRULE:FREQ=YEARLY|FREQ=MONTHLY; line 6: its RRULE has more than one FREQ",
                "DTSTART|VALUE=DATE:20261225,RRULE:FREQ=YEARLY|freq=YEARLY; more than one FREQ",
                "DTSTART|VALUE=DATE:20261225,RRULE:FREQ=YEARLY|COUNT=2|COUNT=3; more than one COUNT",
                "DTSTART|VALUE=DATE:20261225,RRULE:FREQ=YEARLY|BYMONTH=12|BYMONTH=11; more than one BYMONTH",
                "DTSTART|VALUE=DATE:20261225,RRULE:FREQ=YEARLY|COUNT=2|UNTIL=20301225; both COUNT and UNTIL",
                "DTSTART|VALUE=DATE:20261225,RRULE:FREQ=YEARLY|COUNT=0; the COUNT of its RRULE is not at least 1",
                "DTSTART|VALUE=DATE:20261225,RRULE:FREQ=YEARLY|COUNT=-1; the COUNT of its RRULE is not at least 1",
                "DTSTART|VALUE=DATE:20261225,RRULE:FREQ=SECONDLY; not FREQ=YEARLY",
                "DTSTART|VALUE=DATE:20261225,RRULE:FREQ=DAILY|INTERVAL=2147483647; not FREQ=YEARLY",
                "DTSTART|VALUE=DATE:20261225,RRULE:FREQ=YEARLY|INTERVAL=0; INTERVAL",
                "DTSTART|VALUE=DATE:20261225,RRULE:FREQ=YEARLY|INTERVAL=2147483647; INTERVAL",
                "DTSTART|VALUE=DATE:20261225,RRULE:FREQ=YEARLY|BYMONTH=13; 13 of its RRULE is not a BYMONTH",
                "DTSTART|VALUE=DATE:20261225,RRULE:FREQ=YEARLY|BYHOUR=25; says more than",
                "DTSTART|VALUE=DATE:20261225,RRULE:FREQ=YEARLY|BYWEEKNO=54; says more than",
                "DTSTART|VALUE=DATE:20261225,RRULE:FREQ=YEARLY|BYMONTH=2|BYMONTHDAY=30; its RRULE names no day",
                "DTSTART|VALUE=DATE:20261225,RRULE:FREQ=YEARLY|BYMONTH=11|BYDAY=999TH; 999 of its RRULE is not a BYDAY",
                "DTSTART|VALUE=DATE:20261224,DTSTART|VALUE=DATE:20261225; it has more than one DTSTART",
                "DTSTART|VALUE=DATE:20261224,DTEND|VALUE=DATE:20261225,DTEND|VALUE=DATE:20261227; more than one DTEND",
                "DTSTART|VALUE=DATE:20261224,DURATION:P1D,DURATION:P3D; more than one DURATION",
                "DTSTART|VALUE=DATE:20261224,RRULE:FREQ=YEARLY,RRULE:FREQ=YEARLY|BYMONTH=12|BYMONTHDAY=27; more than one RRULE",
                "DTSTART|VALUE=DATE:20261224,STATUS:CANCELLED,STATUS:CONFIRMED; more than one STATUS",
                "DTSTART|VALUE=DATE:20261224,DTEND|VALUE=DATE:20261225,DURATION:P3D; both DTEND and DURATION",
                "DTSTART|VALUE=DATE:20261225,RDATE|VALUE=PERIOD:20270101T000000/P1D; RDATE",
            })
    @Timeout(60)
    void anEventWhoseDaysAreNotSureIsRefusedByItsName(String written, String why) {
        assertThatThrownBy(() -> ics(calendar(lines(written))))
                .isInstanceOf(HolidayReader.Unusable.class)
                .hasMessageContaining(why)
                .satisfies(
                        e -> assertThat(String.valueOf(e.getMessage())).startsWith("days.ics: "));
    }

    @Test
    void aPropertyOfWhichOnlyOneValueWouldBeReadIsRefused() {
        assertThatThrownBy(() -> ics(calendar(event("20261224,20261225", ""))))
                .hasMessageContaining("line 5: DTSTART has more than one value");
    }

    @Test
    void theTimeZonesThatOutlookWritesMayBeginIn1601() throws Exception {
        String zone =
                """
                BEGIN:VTIMEZONE
                TZID:W. Europe Standard Time
                BEGIN:STANDARD
                DTSTART:16011028T030000
                RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
                TZOFFSETFROM:+0200
                TZOFFSETTO:+0100
                END:STANDARD
                END:VTIMEZONE
                """
                        .replace("\n", "\r\n");
        assertThat(ics(calendar(zone, event("20261225", ""))).dates().keySet())
                .containsExactly(LocalDate.of(2026, 12, 25));
    }

    @Test
    @Timeout(120)
    void whatStrangersWriteIsBounded() {
        String nested = "BEGIN:VEVENT\r\n".repeat(15_000);
        String years = event("19700101", "RRULE:FREQ=YEARLY;BYMONTHDAY=1,2,3,4,5,6,7,8,9\r\n");
        String texts =
                IntStream.range(0, 20_001)
                        .mapToObj(day -> LocalDate.of(1970, 1, 1).plusDays(day).toString())
                        .collect(Collectors.joining("\n"));
        assertThatThrownBy(() -> ics("BEGIN:VCALENDAR\r\n" + nested))
                .hasMessageContaining("line 5 is nested more than 4 deep");
        assertThatThrownBy(() -> ics(calendar("BEGIN:VEVENT\r\nEND:VEVENT\r\n".repeat(5_001))))
                .hasMessageContaining("there are more than 5,000 events");
        assertThatThrownBy(() ->
                        ics(calendar(event("19700101", "DURATION:P366D\r\nRRULE:FREQ=YEARLY\r\n"))))
                .hasMessageContaining("there are more than 20,000 days");
        assertThatThrownBy(() -> text(texts)).hasMessageContaining("more than 20,000 days");
        assertThatThrownBy(() -> text("#".repeat(256 * 1024 + 1)))
                .hasMessage("it has 262,145 characters, and 262,144 are the most");
        assertThatThrownBy(() -> ics(calendar(years.repeat(1_500))))
                .as("the same days again and again take no longer than others")
                .hasMessageContaining("there are more than 20,000 days");
        String before =
                event(
                        "16010101",
                        "RRULE:FREQ=YEARLY;UNTIL=19691231;BYDAY=MO,TU,WE,TH,FR,SA,SU\r\n");
        assertThatThrownBy(() -> ics(calendar(before.repeat(1_500))))
                .as("days before all fires cost as much to find")
                .hasMessageContaining("all RRULEs together name more than 1,000,000 days");
    }

    @Test
    void aNameThatAStrangerWroteIsOneShortLine() throws Exception {
        HolidayList.Days days = text("2026-12-25 \u202Eevil\u0007" + "x".repeat(500));

        assertThat(days.dates().values())
                .allSatisfy(
                        name -> assertThat(name).hasSize(50).doesNotContain("\u202E", "\u0007"));
    }

    private static String lines(String written) {
        return "BEGIN:VEVENT\r\nSUMMARY:Day\\, off\r\n"
                + Arrays.stream(written.split(","))
                        .map(line -> line.replace('|', ';') + "\r\n")
                        .collect(Collectors.joining())
                + "END:VEVENT\r\n";
    }

    private static String event(String date, String more) {
        return "BEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:%s\r\n%sEND:VEVENT\r\n"
                .formatted(date, more);
    }

    private static String calendar(String... events) {
        return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"
                + String.join("", List.of(events))
                + "END:VCALENDAR\r\n";
    }

    private static HolidayList.Days ics(String text) throws HolidayReader.Unusable {
        return HolidayReader.read(Map.of("days.ics", text));
    }

    private static HolidayList.Days text(String text) throws HolidayReader.Unusable {
        return HolidayReader.read(Map.of("days", text));
    }
}
