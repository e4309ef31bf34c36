package io.chaosrunner.job;

import static io.chaosrunner.resolve.Manifests.yaml;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.ObjectNode;

class LaunchTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "2026-03-01T12:00:00Z",
                "2026-03-01T12:00:00.250Z",
                "2026-03-01T12:00:00.250999999Z"
            })
    @DisplayName("What is written is read back, to the millisecond")
    void roundTrip(String start) {
        var launch = new Launch(Instant.parse(start), 17, "drawn: 0.25 < 0.5", "u:42");
        ObjectNode job = yaml("metadata: {annotations: {}}");
        ObjectNode annotations = (ObjectNode) job.at("/metadata/annotations");
        launch.annotations().forEach(annotations::put);

        assertThat(annotations.path("chaosrunner.io/start").asString()).hasSize(24);
        assertThat(Launch.read(job)).contains(launch);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "metadata: {annotations: {chaosrunner.io/ordinal: '1'}}",
                "metadata: {annotations: {chaosrunner.io/start: noon, chaosrunner.io/ordinal: '1'}}",
                "metadata: {annotations: {chaosrunner.io/start: '2026-03-01T12:00:00.000Z'}}"
            })
    @DisplayName("A Job that was not launched by us has none")
    void absent(String job) {
        assertThat(Launch.read(yaml(job))).isEmpty();
    }
}
