package io.chaosrunner.resolve;

import static io.chaosrunner.resolve.Manifests.yaml;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContainerEnvTest {
    @ParameterizedTest(name = "{0} -> {1}")
    @DisplayName("A variable comes after those it refers to; otherwise the order is kept")
    @CsvSource({
        "A=1 B=2 C=3, A B C",
        "A=1 B=$(A), A B",
        "A=$(B) B=2, B A",
        "A=1 B=2 C=$(D) D=$(A), A B D C",
        "A=$(B)$(C) B=$(C) C=1, C B A",
        "A=$(A) B=2, A B",
        "A=$(B) B=$(A), B A",
        "A=$(NOBODY) B=$B, A B"
    })
    void order(String given, String names) {
        var env = new ContainerEnv();
        for (String variable : given.split(" ")) {
            env.put(variable.substring(0, 1), variable.substring(2));
        }

        assertThat(env.toList().stream().map(variable -> variable.path("name").asString()))
                .containsExactly(names.split(" "));
    }

    @Test
    @DisplayName("A later writer wins, at the place of the first")
    void laterWins() {
        var env = new ContainerEnv();
        env.put("A", "1");
        env.put("B", "$(A)");
        env.put("A", "2");

        assertThat(env.toList())
                .containsExactly(yaml("{name: A, value: '2'}"), yaml("{name: B, value: $(A)}"));
    }

    @Test
    @DisplayName("A variable without a name is a problem that names its place")
    void nameless() {
        var problems = new Problems();
        var list = new FieldPath("ChaosEngine n/e", "", yaml("env: [{name: A}, {value: x}, text]"));

        var env = new ContainerEnv();
        env.putAll(list.at("env"), problems);

        assertThat(env.toList()).containsExactly(yaml("name: A"));
        assertThat(problems.toInvalid())
                .isEqualTo(
                        new Resolution.Invalid(
                                "EnvParseError",
                                List.of(
                                        new FieldProblem(
                                                "ChaosEngine n/e",
                                                "env[1].name",
                                                "env[1].name is empty; name the variable"),
                                        new FieldProblem(
                                                "ChaosEngine n/e",
                                                "env[2].name",
                                                "env[2].name is empty; name the variable"))));
    }
}
