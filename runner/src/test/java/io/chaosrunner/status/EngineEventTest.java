package io.chaosrunner.status;

import static io.chaosrunner.testing.Engines.NOW;
import static io.chaosrunner.testing.Engines.engine;
import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.testing.Engines;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

class EngineEventTest {
    private final EngineEvent event =
            new EngineEvent(EngineEvent.JOB_CREATE, false, "pod-delete", "Experiment Job …");

    @Test
    @DisplayName("44: name, involved object and count of a new event")
    void anEventIsNamedByReasonExperimentAndEngine() {
        assertThat((JsonNode) event.json(engine(), NOW))
                .isEqualTo(
                        Engines.tree(
                                """
                                {'apiVersion': 'v1', 'kind': 'Event',
                                 'metadata': {'name': 'ExperimentJobCreatepod-deleteU', 'namespace': 'n'},
                                 'involvedObject': {'apiVersion': 'litmuschaos.io/v1alpha1',
                                   'kind': 'ChaosEngine', 'name': 'e', 'namespace': 'n', 'uid': 'U'},
                                 'source': {'component': 'e-runner'},
                                 'type': 'Normal', 'reason': 'ExperimentJobCreate',
                                 'message': 'Experiment Job …',
                                 'firstTimestamp': '2026-03-01T10:00:07Z',
                                 'lastTimestamp': '2026-03-01T10:00:07Z', 'count': 1}
                                """));
    }

    @Test
    void thePageOfEventsHasEveryReason() throws IOException, IllegalAccessException {
        String page = Files.readString(Path.of("../docs/events.md"));
        List<String> reasons = new ArrayList<>();
        for (Field field : EngineEvent.class.getDeclaredFields()) {
            if (Modifier.isPublic(field.getModifiers()) && field.getType() == String.class) {
                reasons.add("\n| `%s` | ".formatted(field.get(null)));
            }
        }

        assertThat(reasons).hasSizeGreaterThan(10).allMatch(page::contains);
    }

    @Test
    @DisplayName("44: the second emission counts 2 and brings the new message and type")
    void aSecondEmissionCounts() {
        ObjectNode first = event.json(engine(), NOW);
        first.putObject("unknown");
        EngineEvent failed = new EngineEvent(EngineEvent.JOB_CREATE, true, "pod-delete", "no");
        ObjectNode again = failed.again(first, NOW.plusSeconds(60));
        assertThat(again.path("count").asInt()).isEqualTo(2);
        assertThat(again.path("type").asString()).isEqualTo("Warning");
        assertThat(again.path("message").asString()).isEqualTo("no");
        assertThat(again.path("firstTimestamp").asString()).isEqualTo("2026-03-01T10:00:07Z");
        assertThat(again.path("lastTimestamp").asString()).isEqualTo("2026-03-01T10:01:07Z");
        assertThat(again.has("unknown")).isTrue();
        assertThat(first.path("count").asInt()).isEqualTo(1);
    }

    @Test
    void theReasonsAreLitmusOwnWhereLitmusHasOne() {
        assertThat(EngineEvent.DEPENDENCY_CHECK).isEqualTo("ExperimentDependencyCheck");
        assertThat(EngineEvent.JOB_CLEAN_UP).isEqualTo("ExperimentJobCleanUp");
        assertThat(EngineEvent.NOT_FOUND).isEqualTo("ExperimentNotFound");
        assertThat(EngineEvent.WATCH).isEqualTo("ChaosContainerWatchNotPermitted");
    }
}
