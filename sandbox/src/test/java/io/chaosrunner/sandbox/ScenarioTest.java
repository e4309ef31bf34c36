package io.chaosrunner.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chaosrunner.sandbox.Scenario.Ending;
import io.chaosrunner.sandbox.Scenario.Result;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ScenarioTest {
    @Test
    void passesInThreeSecondsWhenNothingIsSaid() {
        assertThat(Scenario.parse(""))
                .containsExactly(
                        new Scenario(
                                Ending.EXIT,
                                "Pass",
                                Duration.ofSeconds(3),
                                Duration.ZERO,
                                Result.WRITTEN,
                                Duration.ZERO,
                                -1,
                                false,
                                false));
    }

    @Test
    void readsWordsInAnyOrder() {
        Scenario scenario =
                Scenario.parse(
                                " helper verdict=Fail  after=1m30s probes=50 sidecar"
                                        + " late-result=250ms pending=2s ")
                        .getFirst();

        assertThat(scenario.verdict()).isEqualTo("Fail");
        assertThat(scenario.after()).isEqualTo(Duration.ofSeconds(90));
        assertThat(scenario.pending()).isEqualTo(Duration.ofSeconds(2));
        assertThat(scenario.lateness()).isEqualTo(Duration.ofMillis(250));
        assertThat(scenario.probes()).isEqualTo(50);
        assertThat(scenario.helper()).isTrue();
        assertThat(scenario.sidecar()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "crash, CRASH",
        "oom, OOM",
        "evicted, EVICTED",
        "deleted, DELETED",
        "force-deleted, FORCE_DELETED",
        "abandon, ABANDON",
        "hang, HANG",
        "image-pull-error, IMAGE_PULL_ERROR"
    })
    void knowsHowContainersEnd(String word, Ending ending) {
        assertThat(Scenario.parse(word).getFirst().ending()).isEqualTo(ending);
    }

    @ParameterizedTest
    @CsvSource({"no-result, NONE", "stale-result, STALE", "unfinished-result, UNFINISHED"})
    void knowsWhatBecomesOfResults(String word, Result result) {
        assertThat(Scenario.parse(word).getFirst().result()).isEqualTo(result);
    }

    @Test
    void playsOneAfterAnother() {
        List<Scenario> scenarios = Scenario.parse("crash then oom then verdict=Fail");

        assertThat(scenarios)
                .extracting(Scenario::ending)
                .containsExactly(Ending.CRASH, Ending.OOM, Ending.EXIT);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "explode",
                "verdict=Passed",
                "verdict",
                "after=3",
                "after=s",
                "after=-1s",
                "probes=101",
                "colour=red",
                "crash=1"
            })
    void namesTheWordItCannotRead(String word) {
        assertThat(Scenario.problems(word)).singleElement().asString().contains("'" + word + "'");
        assertThatThrownBy(() -> Scenario.parse(word))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'" + word + "'");
    }

    @Test
    void reportsEveryProblem() {
        assertThat(Scenario.problems("explode then crash oom after=x")).hasSize(3);
    }

    @Test
    void refusesTwoEndings() {
        assertThat(Scenario.problems("crash hang"))
                .containsExactly("only one of these can happen: crash, hang");
    }
}
