package io.chaosrunner.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.crd.Engine;
import io.chaosrunner.crd.Experiment;
import io.chaosrunner.model.ExecutionId;
import io.chaosrunner.model.RunId;
import io.chaosrunner.resolve.ExperimentResolver;
import io.chaosrunner.resolve.Manifests;
import io.chaosrunner.resolve.Resolution.Resolved;
import io.chaosrunner.resolve.RunnerEnvironment;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Whole Jobs: each file in {@code src/test/resources/job} holds what is given and the Job that must
 * come of it. Without {@code variables} the environment is derived from the engine.
 */
class GoldenJobTest {
    static List<Arguments> files() throws IOException, URISyntaxException {
        var folder = Objects.requireNonNull(GoldenJobTest.class.getResource("/job"));
        try (var paths = Files.list(Path.of(folder.toURI()))) {
            return paths.sorted().map(GoldenJobTest::read).toList();
        }
    }

    private static Arguments read(Path path) {
        try {
            ObjectNode file = Manifests.yaml(Files.readString(path));
            return Arguments.of(file.path("title").asString(), file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("files")
    @DisplayName("Given to Job")
    void job(String title, ObjectNode file) {
        JsonNode given = file.path("given");
        var engine = new Engine((ObjectNode) given.path("engine"));
        var execution = given.path("execution");
        var run = new RunId(execution.path("runNumber").asLong(), execution.path("run").asString());
        int slot = execution.path("slot").asInt();

        var resolution =
                ExperimentResolver.resolve(
                        engine,
                        slot,
                        new Experiment(given.path("experiment")),
                        environment(engine, given.path("variables")));
        assertThat(resolution).as(title).isInstanceOf(Resolved.class);
        var timeout = given.path("experimentTimeout").asString("");
        var factory =
                new JobFactory(
                        run,
                        execution.path("strategy").asString(),
                        timeout.isEmpty() ? null : Duration.parse(timeout));
        ObjectNode job =
                factory.job(
                        ((Resolved) resolution).spec(),
                        new ExecutionId(
                                engine.uid(),
                                run.id(),
                                slot,
                                execution.path("iteration").asInt(),
                                execution.path("attempt").asInt()),
                        launch(given.path("launch")),
                        0);

        // As text: a difference reads better than two trees, and 420 is 420, int or long.
        assertThat(job.toPrettyString()).isEqualTo(file.path("job").toPrettyString());
    }

    private static Launch launch(JsonNode launch) {
        return new Launch(
                Instant.parse(launch.path("start").asString()),
                launch.path("ordinal").asLong(),
                launch.path("why").asString(),
                launch.path("resultBefore").asString());
    }

    private static RunnerEnvironment environment(Engine engine, JsonNode variables) {
        if (variables.isMissingNode()) {
            return RunnerEnvironment.of(engine);
        }
        Map<String, String> map = new LinkedHashMap<>();
        variables
                .properties()
                .forEach(entry -> map.put(entry.getKey(), entry.getValue().asString()));
        return RunnerEnvironment.of(map);
    }
}
