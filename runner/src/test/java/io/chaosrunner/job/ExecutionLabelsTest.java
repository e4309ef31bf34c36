package io.chaosrunner.job;

import static io.chaosrunner.resolve.Manifests.yaml;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chaosrunner.model.ExecutionId;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.ObjectNode;

class ExecutionLabelsTest {
    private static final ExecutionId EXECUTION = new ExecutionId("u-1", "k3f9a2", 3, 2, 1);

    @Test
    @DisplayName("What is written is read back, among labels of others")
    void roundTrip() {
        ObjectNode pod = yaml("metadata: {labels: {app: shop}}");
        ObjectNode labels = (ObjectNode) pod.at("/metadata/labels");
        ExecutionLabels.of(EXECUTION).forEach(labels::put);

        assertThat(ExecutionLabels.read(pod)).contains(EXECUTION);
    }

    @ParameterizedTest
    @ValueSource(strings = {"chaosUID", "run", "slot", "iteration", "attempt"})
    @DisplayName("An object that lacks one of the five is not ours")
    void incomplete(String missing) {
        ObjectNode pod = yaml("metadata: {labels: {}}");
        ObjectNode labels = (ObjectNode) pod.at("/metadata/labels");
        ExecutionLabels.of(EXECUTION).forEach(labels::put);
        labels.remove(missing.equals("chaosUID") ? missing : "chaosrunner.io/" + missing);

        assertThat(ExecutionLabels.read(pod)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "-1", "1.0", "99999999999", ""})
    @DisplayName("An object with a broken number is not ours")
    void broken(String slot) {
        ObjectNode pod = yaml("metadata: {labels: {}}");
        ObjectNode labels = (ObjectNode) pod.at("/metadata/labels");
        ExecutionLabels.of(EXECUTION).forEach(labels::put);
        labels.put("chaosrunner.io/slot", slot);

        assertThat(ExecutionLabels.read(pod)).isEmpty();
    }

    @Test
    @DisplayName("An object without metadata is not ours")
    void nothing() {
        assertThat(ExecutionLabels.read(MissingNode.getInstance())).isEmpty();
    }

    @Test
    @DisplayName("Selectors find one execution, one run, one engine")
    void selectors() {
        assertThat(ExecutionLabels.selector(EXECUTION))
                .isEqualTo(
                        "chaosUID=u-1,chaosrunner.io/run=k3f9a2,chaosrunner.io/slot=3,"
                                + "chaosrunner.io/iteration=2,chaosrunner.io/attempt=1");
        assertThat(ExecutionLabels.selectorOfRun("u-1", "k3f9a2"))
                .isEqualTo("chaosUID=u-1,chaosrunner.io/run=k3f9a2");
        assertThat(ExecutionLabels.selectorOfEngine("u-1")).isEqualTo("chaosUID=u-1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "a,b=c", "-a"})
    @DisplayName("A selector is never made of what is no label value: it could select too much")
    void invalidSelector(String uid) {
        assertThatThrownBy(() -> ExecutionLabels.selectorOfEngine(uid))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "sequential, sequential",
        "my strategy, my_strategy",
        "--edge--, edge",
        "'', ''",
        "äöü, ''"
    })
    @DisplayName("Any text becomes a label value for people")
    void sanitize(String text, String value) {
        assertThat(ExecutionLabels.sanitize(text)).isEqualTo(value);
    }

    @Test
    @DisplayName("A long text is cut to the length of a label value")
    void cut() {
        assertThat(ExecutionLabels.sanitize("x".repeat(62) + ".yz")).isEqualTo("x".repeat(62));
    }
}
