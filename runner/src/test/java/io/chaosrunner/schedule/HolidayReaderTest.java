package io.chaosrunner.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.LocalDate;
import java.time.MonthDay;
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
        var files = Map.of("a.txt", "2026-05-01 Labour Day", "b.txt", "2026-12-25");
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

    @Test
    @Timeout(120)
    void whatStrangersWriteIsBounded() {
        String texts =
                IntStream.range(0, 20_001)
                        .mapToObj(day -> LocalDate.of(1970, 1, 1).plusDays(day).toString())
                        .collect(Collectors.joining("\n"));
        assertThatThrownBy(() -> text(texts)).hasMessageContaining("more than 20,000 days");
        assertThatThrownBy(() -> text("#".repeat(256 * 1024 + 1)))
                .hasMessage("it has 262,145 characters, and 262,144 are the most");
    }

    @Test
    void aNameThatAStrangerWroteIsOneShortLine() throws Exception {
        HolidayList.Days days = text("2026-12-25 \u202Eevil\u0007" + "x".repeat(500));

        assertThat(days.dates().values())
                .allSatisfy(
                        name -> assertThat(name).hasSize(50).doesNotContain("\u202E", "\u0007"));
    }

    private static HolidayList.Days text(String text) throws HolidayReader.Unusable {
        return HolidayReader.read(Map.of("days", text));
    }
}
