package io.chaosrunner.strategy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chaosrunner.strategy.InvalidParameters.Problem;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests of {@link InvalidParameters}: all that is wrong, as far as anybody reads. */
class InvalidParametersTest {

    @Test
    void whatIsWrongIsSaidInTheOrderFound() {
        var invalid = new InvalidParameters(problems(2));

        assertThat(invalid.problems()).isEqualTo(problems(2));
        assertThat(invalid).hasMessage("k0: so; k1: so");
    }

    @ParameterizedTest
    @CsvSource({
        "100, 100, k99: so",
        "101, 101, … and 1 more: mend these first",
        "8000, 101, … and 7900 more: mend these first"
    })
    void ofThousandsTheFirstAreListedAndTheOthersCounted(int given, int listed, String last) {
        var invalid = new InvalidParameters(problems(given));

        assertThat(invalid.problems()).hasSize(listed);
        assertThat(invalid.problems().getLast()).hasToString(last);
        assertThat(invalid.getMessage())
                .startsWith("k0: so; ")
                .endsWith("k9: so … and %d more".formatted(given - 10));
    }

    @Test
    void nothingWrongIsNoReason() {
        assertThatThrownBy(() -> new InvalidParameters(List.of()))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static List<Problem> problems(int count) {
        return IntStream.range(0, count).mapToObj(i -> new Problem("k" + i, "so")).toList();
    }
}
