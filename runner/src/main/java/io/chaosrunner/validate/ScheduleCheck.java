package io.chaosrunner.validate;

import io.chaosrunner.crd.Schema;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.schedule.ScheduleSpec;
import io.chaosrunner.strategy.InvalidParameters;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The check of one ChaosSchedule: its fields, when it fires, and the engine that it would create.
 */
final class ScheduleCheck {
    private static final Schema SCHEMA =
            Schema.ofCrd(
                    "chaosschedules",
                    Map.of(
                            "spec",
                            Set.of(
                                    "concurrencyPolicy",
                                    "engineTemplateSpec",
                                    "schedule",
                                    "scheduleState")));

    /** What is said of a field in the words that all commands have for it is not said in others. */
    private record Unsaid(Document document) implements Schema.Findings {
        @Override
        public void error(String path, String text) {
            if (!document.hasError(path)) {
                document.error(path, text);
            }
        }

        @Override
        public void warning(String path, String text) {
            document.warning(path, text);
        }

        @Override
        public Optional<String> asText(String path) {
            return document.asText(path);
        }
    }

    private ScheduleCheck() {}

    /**
     * Checks everything.
     *
     * @param now when the schedule is taken to be created, if it does not say
     */
    static void check(
            Document document,
            List<Document> experiments,
            StrategyCatalogue strategies,
            Map<String, AnnotationCheck> annotations,
            Instant now) {
        try {
            ScheduleSpec.of(document.json(), Map.of(), now);
        } catch (InvalidParameters e) {
            e.problems().stream()
                    .filter(problem -> !document.hasError(problem.path()))
                    .forEach(problem -> document.error(problem.path(), ": " + problem.message()));
        }
        SCHEMA.check(document.json(), new Unsaid(document));
        var others = new HashMap<>(annotations);
        // It adds to what the schedule says, and was read with it.
        others.put(ScheduleSpec.ANNOTATION, (engine, text) -> List.of());
        new EngineCheck(document.engine()).check(experiments, strategies, others);
    }
}
