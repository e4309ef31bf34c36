package io.chaosrunner.strategy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ParametersTest {

    private static Parameters.Reader read(String key, Object value) {
        return Parameters.of(Map.of(key, value)).read();
    }

    private static List<String> problems(Parameters.Reader reader) {
        return reader.problems().stream().map(Object::toString).toList();
    }

    @Nested
    class Durations {
        @ParameterizedTest
        @CsvSource({
            "90s, PT90S",
            "1h30m, PT90M",
            "2d, P2D",
            "500ms, PT0.5S",
            "1d2h3m4s5ms, P1DT2H3M4.005S",
            "0s, PT0S"
        })
        void unitsAreWrittenLargestFirst(String text, Duration expected) {
            assertThat(Parameters.duration(text)).contains(expected);
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "",
                    " ",
                    "5",
                    "s",
                    "1.5h",
                    "-5s",
                    "30m1h",
                    "5 s",
                    "5S",
                    "99999999999999999999s",
                    "9223372036854775807d"
                })
        void anythingElseIsNone(String text) {
            assertThat(Parameters.duration(text)).isEmpty();
        }

        @Test
        void mustBePositiveAndHaveUnit() {
            for (Object wrong : List.of("0s", 90, "soon", List.of("5s"))) {
                var reader = read("gap", wrong);
                assertThat(reader.duration("gap")).isEmpty();
                assertThat(problems(reader))
                        .containsExactly(
                                "gap: '"
                                        + wrong
                                        + "' is not a positive duration; write 90s, 10m or 1h30m");
            }
        }

        @Test
        void mustNotOverflowArithmetic() {
            assertThat(read("gap", "3650d").duration("gap")).contains(Duration.ofDays(3_650));
            var reader = read("gap", "3650d1ms");
            assertThat(reader.duration("gap")).isEmpty();
            assertThat(problems(reader)).containsExactly("gap: '3650d1ms' is longer than 3650d");
        }
    }

    @Nested
    class Scalars {
        @Test
        void absentValuesAreNoProblem() {
            var reader = Parameters.none().read();
            assertThat(reader.has("a")).isFalse();
            assertThat(reader.duration("a")).isEmpty();
            assertThat(reader.integer("a", 1)).isEmpty();
            assertThat(reader.flag("a", true)).isTrue();
            assertThat(reader.oneOf("a", List.of("x", "y"), "y")).isEqualTo("y");
            assertThat(reader.text("a")).isEmpty();
            assertThat(reader.texts("a")).isEmpty();
            assertThat(reader.textsByName("a")).isEmpty();
            assertThat(reader.numbersByName("a")).isEmpty();
            reader.finish();
        }

        @Test
        void wholeNumbersMayBeWrittenAsText() {
            assertThat(read("n", 7).integer("n", 1)).isEqualTo(OptionalInt.of(7));
            assertThat(read("n", 7L).integer("n", 1)).isEqualTo(OptionalInt.of(7));
            assertThat(read("n", "7").integer("n", 1)).isEqualTo(OptionalInt.of(7));
            for (Object wrong : List.of(0, 1.5, "many", 3_000_000_000L, true)) {
                var reader = read("n", wrong);
                assertThat(reader.integer("n", 1)).isEmpty();
                assertThat(problems(reader))
                        .containsExactly("n: '" + wrong + "' is not a whole number of at least 1");
            }
        }

        @Test
        void flagsAreTrueOrFalseOnly() {
            assertThat(read("f", true).flag("f", false)).isTrue();
            assertThat(read("f", "false").flag("f", true)).isFalse();
            var reader = read("f", "yes");
            assertThat(reader.flag("f", false)).isFalse();
            assertThat(problems(reader)).containsExactly("f: 'yes' is neither true nor false");
        }

        @Test
        void wordOutOfFewIsSuggested() {
            assertThat(read("w", "skip").oneOf("w", List.of("skip", "fail"), "skip"))
                    .isEqualTo("skip");
            var reader = read("w", "Fial");
            assertThat(reader.oneOf("w", List.of("skip", "fail"), "skip")).isEqualTo("skip");
            assertThat(problems(reader))
                    .containsExactly("w: 'Fial' is none of skip, fail; did you mean 'fail'?");
            reader = read("w", 5);
            reader.oneOf("w", List.of("skip", "fail"), "skip");
            assertThat(problems(reader)).containsExactly("w: '5' is none of skip, fail");
        }

        @Test
        void textMayLookLikeNumber() {
            assertThat(read("t", 12).text("t")).contains("12");
            var reader = read("t", List.of("x"));
            assertThat(reader.text("t")).isEmpty();
            assertThat(problems(reader)).containsExactly("t: expected text, but found a list [x]");
        }
    }

    @Nested
    class Collections {
        @Test
        void singleTextIsListOfOne() {
            assertThat(read("l", "a").texts("l")).containsExactly("a");
            assertThat(read("l", List.of("a", 2, true)).texts("l"))
                    .containsExactly("a", "2", "true");
        }

        @Test
        void emptyItemKeepsItsPlace() {
            var reader = read("l", Arrays.asList("a", null, "c"));
            assertThat(reader.texts("l")).containsExactly("a", "", "c");
        }

        @Test
        void nestedListsAreNamedByTheirPath() {
            var reader = read("m", Map.of("b", List.of("a", List.of("c"))));
            assertThat(reader.textsByName("m")).isEqualTo(Map.of("b", List.of("a")));
            assertThat(problems(reader)).containsExactly("m.b[1]: '[c]' is not text");
        }

        @Test
        void mapsKeepTheirOrder() {
            var tree = new LinkedHashMap<String, Object>();
            for (String key : List.of("z", "a", "m")) {
                tree.put(key, 1.5);
            }
            assertThat(read("w", tree).numbersByName("w").keySet()).containsExactly("z", "a", "m");
        }

        @Test
        void weightsArePositiveAndFinite() {
            for (Object wrong : List.of(0, -1, "x", Double.NaN, Double.POSITIVE_INFINITY)) {
                var reader = read("w", Map.of("a", wrong));
                assertThat(reader.numbersByName("w")).isEmpty();
                assertThat(problems(reader))
                        .containsExactly("w.a: '" + wrong + "' is not a positive number");
            }
            assertThat(read("w", Map.of("a", "2.5")).numbersByName("w"))
                    .isEqualTo(Map.of("a", 2.5));
        }

        @Test
        void mapIsExpectedWhereOneIs() {
            var reader = read("m", "a");
            assertThat(reader.textsByName("m")).isEmpty();
            assertThat(problems(reader)).containsExactly("m: expected a map, but found 'a'");
        }
    }

    @Test
    void everyProblemIsReportedAtOnce() {
        var reader = Parameters.of(Map.of("gap", "x", "n", "y")).read();
        reader.duration("gap");
        reader.integer("n", 1);
        reader.problem("z", "is wrong too");
        assertThatExceptionOfType(InvalidParameters.class)
                .isThrownBy(reader::finish)
                .satisfies(invalid -> assertThat(invalid.problems()).hasSize(3))
                .withMessage(
                        "gap: 'x' is not a positive duration; write 90s, 10m or 1h30m; n: 'y' is not"
                                + " a whole number of at least 1; z: is wrong too");
    }

    @Test
    void treeIsCopiedDeeply() {
        List<String> list = new ArrayList<>(List.of("a"));
        var parameters = Parameters.of(Map.of("l", list));
        list.add("b");
        assertThat(parameters).isEqualTo(Parameters.of(Map.of("l", List.of("a"))));
        assertThatExceptionOfType(UnsupportedOperationException.class)
                .isThrownBy(() -> parameters.tree().put("x", 1));
    }

    @Nested
    class Nearest {
        @ParameterizedTest
        @CsvSource({
            "pod-delte, pod-delete",
            "pod-deleet, pod-delete",
            "POD-DELETE, pod-delete",
            "node-drian, node-drain",
            "strategy, ",
            "pod, ",
            "ndoe-dran, node-drain",
        })
        void wordWithinThirdOfItsLettersIsMeant(String word, String meant) {
            assertThat(Parameters.nearest(word, List.of("pod-delete", "node-drain")))
                    .isEqualTo(Optional.ofNullable(meant));
        }

        @Test
        void firstOfEquallyNearWordsWins() {
            assertThat(Parameters.nearest("gab", List.of("gap", "gas"))).contains("gap");
            assertThat(Parameters.nearest("x", List.of())).isEmpty();
        }
    }
}
