package io.chaosrunner.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a YAML text holds, it is read, or refused in one sentence that costs nothing. */
class YamlTextTest {

    /** 439 bytes that stand for 33 million values. */
    private static String bomb(int levels) {
        var text = new StringBuilder("a0: &a0 x\n");
        for (int i = 1; i <= levels; i++) {
            text.append("a%d: &a%d [*a%d, *a%d]\n".formatted(i, i, i - 1, i - 1));
        }
        return text.toString();
    }

    private static void assertRefused(String text, String why) {
        assertThatThrownBy(() -> YamlText.load(text))
                .isInstanceOf(YamlText.Unusable.class)
                .hasMessageContaining(why)
                .message()
                .doesNotContain("\n")
                .hasSizeLessThan(400);
    }

    @Test
    void anAnnotationHoldsNoAliases() {
        assertRefused("a: &x 1\nb: *x\n", "holds the alias *x");
        assertThat(YamlText.load("a: &x 1")).isEqualTo(Map.of("a", 1));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 25, 2_000})
    void aliasesDoNotMakeMuchOfLittle(int levels) {
        assertRefused(bomb(levels), "holds the alias *a0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"&s {self: *s}", "&a [*a]", "a: &a {b: [1, {c: *a}]}", "&k {? *k : v}"})
    void whatHoldsItselfIsRefused(String text) {
        assertRefused(text, "alias");
    }

    @ParameterizedTest
    @ValueSource(ints = {51, 1_500, 60_000})
    void whatIsNestedTooDeepIsRefused(int depth) {
        for (String open : List.of("[", "{a: ", "? ", "- ")) {
            assertRefused(open.repeat(depth), "is nested more than 50 deep");
        }
    }

    @Test
    void depthThatIsAllowedIsRead() {
        assertThat(YamlText.load("[".repeat(50) + "]".repeat(50))).isInstanceOf(List.class);
    }

    @Test
    void whatIsTooLongIsRefusedUnread() {
        assertRefused("#".repeat(256 * 1024 + 1), "is longer than 262,144");
        assertRefused("[" + "a,".repeat(60_000) + "]", "holds more than 50,000 values");
    }

    @ParameterizedTest
    @ValueSource(strings = {"9", "-9", "0x9", "!!int '9", "1.", "1e"})
    void aNumberWithoutEndIsRefused(String begin) {
        String end = begin.contains("'") ? "'" : "";

        assertRefused("a: " + begin + "9".repeat(200_000) + end, "digits");
    }

    @Test
    void aLongWordIsNoNumber() {
        assertThat(YamlText.load("a: " + "deadbeef".repeat(200)))
                .isEqualTo(Map.of("a", "deadbeef".repeat(200)));
    }

    @ParameterizedTest
    @MethodSource("manyMistakes")
    void whatIsNoYamlIsRefused(String text) {
        assertThatThrownBy(() -> YamlText.load(text))
                .isInstanceOf(YamlText.Unusable.class)
                .hasMessageStartingWith("is not YAML: ")
                .message()
                .doesNotContain("\n");
    }

    static List<String> manyMistakes() {
        return List.of(
                "a: [",
                "a: 'x",
                "!!int x",
                "a: !!float",
                "a: 1\na: 2",
                "\u0000",
                "\ud800",
                "a: \t- b\n\t- c",
                "--- a\n--- b",
                "%YAML 9.9\n---\na",
                "!!binary x: 1");
    }
}
