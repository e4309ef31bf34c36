package io.chaosrunner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class ToldFieldsTest {
    private static final ObjectNode ENGINE =
            json(
                    """
                    {"spec": {"experiments": [{"name": "a", "spec": {"components": {"env":
                      [{"name": "X", "value": "1"}, {"name": "Y", "VALUE": "60"}]}}}]}}
                    """);
    private static final ObjectNode JOB =
            json(
                    """
                    {"spec": {"template": {"spec": {"containers": [{"env":
                      [{"name": "Z", "VALUE": "60"}, {"name": "X", "value": "1"}, {"name": "Y", "VALUE": "60"}]}]}}}}
                    """);

    private final ToldFields told = new ToldFields();

    private static ObjectNode json(String text) {
        return (ObjectNode) JsonMapper.shared().readTree(text);
    }

    @BeforeEach
    void tellOfTheEngine() {
        told.add(ENGINE, List.of("spec.experiments[0].spec.components.env[1].VALUE"));
    }

    private boolean jobHasNothingNew(String... paths) {
        return told.cover(JOB, List.of(paths));
    }

    @Test
    void aCopyOfAFieldIsNoNews() {
        assertThat(jobHasNothingNew("spec.template.spec.containers[0].env[2].VALUE")).isTrue();
    }

    @Test
    void theSameFieldOfAnotherVariableIs() {
        assertThat(jobHasNothingNew("spec.template.spec.containers[0].env[0].VALUE")).isFalse();
    }

    @Test
    void oneNewFieldAmongOthersIsToldWithThem() {
        assertThat(
                        jobHasNothingNew(
                                "spec.template.spec.containers[0].env[2].VALUE",
                                "spec.template.spec.containers[0].env[0].VALUE"))
                .isFalse();
    }

    @Test
    void aRefusalThatNamesNoFieldIsAlwaysTold() {
        assertThat(jobHasNothingNew()).isFalse();
    }

    @Test
    void aListWithoutAnIndexStandsForItsItems() {
        assertThat(jobHasNothingNew("spec.template.spec.containers.env.VALUE")).isTrue();
        assertThat(jobHasNothingNew("spec.template.spec.containers.env.value")).isFalse();
    }

    @Test
    void aPathThatLeadsNowhereIsNew() {
        assertThat(jobHasNothingNew("spec.template.spec.volumes[0].name")).isFalse();
        assertThat(jobHasNothingNew("spec.template.spec.containers[99999999999].name")).isFalse();
        assertThat(jobHasNothingNew("name")).isFalse();
        assertThat(jobHasNothingNew("<nil>")).isFalse();
    }
}
