package io.chaosrunner.model;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
}
