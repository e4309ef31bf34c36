package io.chaosrunner.run;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.config.ExecutionSettings;
import io.chaosrunner.machine.Forecast;
import io.chaosrunner.machine.Forecast.Assumption;
import io.chaosrunner.machine.Forecast.Row;
import io.chaosrunner.model.RunEnd;
import io.chaosrunner.model.RunLimits;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.strategy.InvalidParameters.Problem;
import io.chaosrunner.strategy.Outcome;
import io.chaosrunner.strategy.Slot;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.JsonNodeFactory;

/** Plans of more experiments than anybody lists, against what follows from their settings alone. */
class LargePlansTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);

    @Test
    void aDagOfAThousandNodesStartsEachWhenItsLastDependencyHasEnded() {
        int nodes = 1_000;
        var random = new Random(7);
        Map<String, List<String>> dependencies = new LinkedHashMap<>();
        for (int node = 1; node < nodes; node++) {
            List<String> of = new ArrayList<>();
            for (int edge = 0; edge < 3; edge++) {
                of.add("e" + random.nextInt(node));
            }
            dependencies.put("e" + node, of.stream().distinct().toList());
        }

        Forecast forecast =
                forecast(nodes, Map.of("strategy", "dag", "dependencies", dependencies));

        assertThat(forecast.rows()).hasSize(nodes);
        Map<String, Row> rows = new HashMap<>();
        forecast.rows().forEach(row -> rows.put(row.slot().experiment(), row));
        assertThat(rows).hasSize(nodes);
        for (int node = 0; node < nodes; node++) {
            Duration due =
                    dependencies.getOrDefault("e" + node, List.of()).stream()
                            .map(name -> requireNonNull(rows.get(name)).end())
                            .max(Duration::compareTo)
                            .orElse(Duration.ZERO);
            assertThat(requireNonNull(rows.get("e" + node)).start()).isEqualTo(due);
        }
    }

    @Test
    void thousandsOfDrawsAmongTwoHundredExperimentsAreFairAndAllCarriedOut() {
        int each = Boolean.getBoolean("exhaustive") ? 50 : 10;
        Forecast forecast =
                forecast(
                        200,
                        Map.of(
                                "strategy",
                                "random",
                                "iterations",
                                200 * each,
                                "replacement",
                                false,
                                "minInterval",
                                "10s",
                                "maxParallel",
                                20));

        assertThat(forecast.rows()).hasSize(200 * each);
        var times = new int[200];
        forecast.rows().forEach(row -> times[row.slot().index()]++);
        assertThat(times).containsOnly(each);
        assertThat(forecast.end().cause()).isEqualTo(RunEnd.Cause.PLAN);
    }

    private static Forecast forecast(int experiments, Map<String, ?> given) {
        ExecutionSettings settings =
                ExecutionSettings.of(
                        JsonNodeFactory.instance.objectNode(), Optional.empty(), given);
        assertThat(settings.problems()).isEmpty();
        List<String> names = IntStream.range(0, experiments).mapToObj(i -> "e" + i).toList();
        var problems = new ArrayList<Problem>();
        PlannedRun run =
                PlannedRun.of(StrategyCatalogue.onClassPath(), settings, names, 42, problems)
                        .orElseThrow(() -> new AssertionError(problems));
        RunLimits limits = settings.limits();
        return Forecast.of(
                run.slots(),
                run.plan(),
                limits,
                Instant.EPOCH,
                (Slot slot) -> new Assumption(MINUTE, Outcome.PASSED));
    }
}
