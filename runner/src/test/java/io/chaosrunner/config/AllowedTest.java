package io.chaosrunner.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;

/** Tests of {@link Allowed}: which accounts and images engines may name. */
class AllowedTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "chaos         | chaos            | true",
                "chaos         | chaos-admin      | false",
                "chaos         | Chaos            | false",
                "chaos-*       | chaos-admin      | true",
                "chaos-*       | chaos-           | true",
                "chaos-*       | x-chaos-admin    | false",
                "*             | anything/at:all  | true",
                "*             | ''               | true",
                "''            | ''               | true",
                "''            | a                | false",
                "r.io/*        | r.io/a/b:1       | true",
                "r.io/*        | r.io.evil/a      | false",
                "r.io/*        | evil/r.io/a      | false",
                "*/go-runner:* | r.io/go-runner:3 | true",
                "*a*b          | xaxbxxb          | true",
                "*a*b          | xaxbxx           | false",
                "go?runner     | go-runner        | true",
                "go?runner     | gorunner         | false",
                "r.io/(a.*)    | r.io/ab          | false",
                "r.io/[ab]     | r.io/a           | false",
                "r.io          | rxio             | false",
            })
    void aPatternMatchesWholeNames(String pattern, String name, boolean matches) {
        assertThat(Allowed.matches(pattern, name)).isEqualTo(matches);
    }

    @Test
    void aPatternOfManyStarsTakesNoTimeWorthMentioning() {
        assertThat(Allowed.matches("*a".repeat(500) + "*b", "a".repeat(100_000))).isFalse();
    }

    @Test
    void withoutARuleEverythingIsAllowed() {
        assertThat(Allowed.ANYTHING.againstServiceAccount("any")).isEmpty();
        assertThat(Allowed.of(Map.of("CHAOS_RUNNER_ALLOWED_IMAGES", " ")).againstImage("any"))
                .isEmpty();
        assertThat(Allowed.of(List.of(), List.of()).boundsImages()).isFalse();
    }

    @Test
    void aRefusalNamesTheRuleAndWhatToDo() {
        assertThat(
                        Allowed.of(List.of("chaos", "litmus-*"), List.of())
                                .againstServiceAccount("root"))
                .contains(
                        "service account 'root' is not allowed here: --allowed-service-accounts is chaos,litmus-*; name another one, or have whoever runs chaos-runner allow it");
    }

    @Test
    void whatTheCommandLineAllowsTheEnvironmentMayStillForbid() {
        Allowed both =
                Allowed.of(List.of(), List.of("*"))
                        .and(Allowed.of(Map.of("CHAOS_RUNNER_ALLOWED_IMAGES", "r.io/*, x")));

        assertThat(both.againstImage("r.io/a")).isEmpty();
        assertThat(both.againstImage("x")).isEmpty();
        assertThat(both.againstImage("evil"))
                .hasValueSatisfying(
                        why -> assertThat(why).contains("CHAOS_RUNNER_ALLOWED_IMAGES is r.io/*,x"));
    }

    @Test
    void anotherProcessIsToldTheSameByWordsAndVariables() {
        Allowed both =
                Allowed.of(List.of("chaos-*", "x"), List.of("r.io/*"))
                        .and(Allowed.of(Map.of("CHAOS_RUNNER_ALLOWED_IMAGES", "r.io/a, b")));

        assertThat(both.arguments())
                .containsExactly("--allowed-service-accounts=chaos-*,x", "--allowed-images=r.io/*");
        assertThat(both.variables())
                .containsExactly(Map.entry("CHAOS_RUNNER_ALLOWED_IMAGES", "r.io/a,b"));
        assertThat(Allowed.ANYTHING.arguments()).isEmpty();
        assertThat(Allowed.ANYTHING.variables()).isEmpty();
    }

    @Test
    void whateverAnEngineNamesIsLookedAt() {
        var spec =
                JsonMapper.shared()
                        .readTree(
                                """
                                {"chaosServiceAccount": "root",
                                 "components": {"runner": {"image": "evil/1"},
                                                "sidecar": [{"image": "good/1"}, {"image": "evil/2"}]},
                                 "experiments": [
                                   {"name": "a"},
                                   {"name": "b", "spec": {"components": {"experimentImage": "evil/3"}}}]}
                                """);
        Allowed allowed = Allowed.of(List.of("chaos"), List.of("good/*"));

        assertThat(allowed.against(spec))
                .extracting(problem -> problem.toString().replaceFirst("' is not.*", ""))
                .containsExactly(
                        "spec.chaosServiceAccount: service account 'root",
                        "spec.components.sidecar[1].image: image 'evil/2",
                        "spec.experiments[1].spec.components.experimentImage: image 'evil/3");
        assertThat(allowed.againstRunner(spec)).hasSize(4);
        assertThat(allowed.against(JsonMapper.shared().readTree("[1]"))).isEmpty();
    }
}
