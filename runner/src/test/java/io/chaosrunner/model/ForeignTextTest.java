package io.chaosrunner.model;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

class ForeignTextTest {

    @Test
    void plainTextStaysAsItIs() {
        String text = "draw 17, gap 42 s: größer – 日本語 🎉";

        assertThat(ForeignText.line(text)).isEqualTo(text);
    }

    @Test
    void controlCharactersAreShownAsTheirPictures() {
        assertThat(ForeignText.line("\u001b[31mred\r\n\tnext\0\u007f"))
                .isEqualTo("␛[31mred␍␊␉next␀␡");
    }

    @ParameterizedTest
    @ValueSource(
            ints = {
                0x80, 0x85, 0x9b, 0xad, 0x200b, 0x200f, 0x2028, 0x2029, 0x202e, 0x2066, 0xd800,
                0xdc00, 0xe000, 0xfeff, 0xffff, 0xe0041
            })
    void whatCannotBeSeenOrTurnsTheWritingIsReplaced(int point) {
        assertThat(ForeignText.line("a" + Character.toString(point) + "b")).isEqualTo("a\ufffdb");
    }

    @Test
    void aLongTextIsCutWithoutHalvingACharacter() {
        assertThat(ForeignText.line("x".repeat(500))).hasSize(500).doesNotContain("…");
        assertThat(ForeignText.line("x".repeat(501))).isEqualTo("x".repeat(499) + "…");
        assertThat(ForeignText.line("🎉".repeat(5_000_000))).isEqualTo("🎉".repeat(499) + "…");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'a\nb'|'a b'",
                "'  a  \r\n  b c\u0085\u2028d '|'a b c d'",
                "'a  b'|'a  b'",
                "'\n\n'|''",
                "''|''",
                "'1234567890'|'1234567890'",
                "'12345678901'|'123456789…'",
                "'123456789 \n 0'|'123456789…'",
            })
    void lineBreaksBecomeOneBlankAndWhatIsTooLongIsCut(String text, String line) {
        assertThat(ForeignText.oneLine(text.translateEscapes(), 10)).isEqualTo(line);
    }

    @ParameterizedTest
    @ValueSource(strings = {" ", "\n", " \n", "\r\n\t", "x", "\u2028 ", "🎉"})
    void aTextOfMillionsIsOneLineAtOnce(String part) {
        String text = part.repeat(1_000_000);

        assertThat(ForeignText.oneLine(text, 300).codePoints().count()).isLessThanOrEqualTo(300);
        assertThat(ForeignText.oneLine("a" + text + "b", 300)).startsWith("a");
    }

    @ParameterizedTest
    @ValueSource(
            ints = {
                0x00, 0x07, 0x08, 0x09, 0x0d, 0x1b, 0x7f, 0x80, 0x85, 0x9b, 0x9d, 0xad, 0x200b,
                0x200f, 0x2028, 0x2029, 0x202e, 0x2066, 0xd800, 0xdc00, 0xe000, 0xfeff, 0xffff,
                0x3164, 0x115f
            })
    void whatCannotBeSeenIsWrittenAsItsNumber(int point) {
        assertThat(ForeignText.visible("a" + (char) point + "b"))
                .isEqualTo("a\\u%04xb".formatted(point));
    }

    @Test
    void whatCanBeSeenAndLineFeedsStay() {
        String text = "draw 17, gap 42 s: größer – 日本語 🎉 ⚠️\nnext";

        assertThat(ForeignText.visible(text)).isEqualTo(text);
        assertThat(ForeignText.visible("a\udb40\udc41b")).isEqualTo("a\\udb40\\udc41b");
    }

    @Test
    void inJsonItSaysTheSame() {
        String json = "{\"a\":\"x\u202e\u009b\udb40\udc41\u007f🎉\"}";

        assertThat(JsonMapper.shared().readTree(ForeignText.visible(json)))
                .isEqualTo(JsonMapper.shared().readTree(json));
    }
}
