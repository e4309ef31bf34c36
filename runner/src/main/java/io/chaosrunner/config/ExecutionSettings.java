package io.chaosrunner.config;

import io.chaosrunner.model.RunLimits;
import io.chaosrunner.strategy.InvalidParameters.Problem;
import io.chaosrunner.strategy.Parameters;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * How one run is executed: the annotation {@value #ANNOTATION}, overridden by flags.
 *
 * @param strategy name of the strategy; {@code sequential} by default, which is Litmus' own order
 * @param parameters what is left for the strategy to read
 * @param limits the run's own limits
 * @param seed seed of all randomness; drawn for each run if absent
 * @param history how many runs that are over are remembered, and keep their Jobs
 * @param retainOnFailure whether {@code jobCleanUpPolicy: delete} spares the Jobs of experiments
 *     that did not pass
 * @param tree the settings as written, for the run record
 * @param problems every problem found; a run is begun only if there is none
 */
public record ExecutionSettings(
        String strategy,
        Parameters parameters,
        RunLimits limits,
        Optional<Long> seed,
        int history,
        boolean retainOnFailure,
        ObjectNode tree,
        List<Problem> problems) {

    /** Where the settings stand on the engine, as YAML. */
    public static final String ANNOTATION = "chaosrunner.io/execution";

    /** The keys the runner reads itself; all others are the strategy's. */
    public static final List<String> KEYS =
            List.of(
                    "strategy",
                    "maxParallel",
                    "deadline",
                    "experimentTimeout",
                    "onFailure",
                    "retries",
                    "retryBackoff",
                    "retainOnFailure",
                    "seed",
                    "history");

    private static final int HISTORY = 10;
    private static final int LONGEST_HISTORY = 100;

    /**
     * Read an engine's settings; a value that cannot be used counts as absent and is a problem.
     *
     * @param spec the engine's {@code spec}; missing is fine
     * @param written the annotation's value, if there is one
     * @param flags overriding values, by the same keys; they count more than the annotation
     */
    public static ExecutionSettings of(
            JsonNode spec, Optional<String> written, Map<String, ?> flags) {
        var problems = new ArrayList<Problem>();
        for (String field : List.of("execution", "schedule")) {
            if (spec.has(field)) {
                problems.add(
                        new Problem(
                                "spec." + field,
                                "is erased by the operator before a runner could read it; write the annotation chaosrunner.io/%s instead"
                                        .formatted(field)));
            }
        }
        var tree = new LinkedHashMap<String, Object>();
        written.ifPresent(text -> tree.putAll(parse(text, problems)));
        tree.putAll(flags);
        return read(tree, problems);
    }

    /** Read settings from a run record. */
    public static ExecutionSettings of(ObjectNode recorded) {
        @SuppressWarnings("unchecked") // A JSON object's keys are strings.
        Map<String, Object> tree = JsonMapper.shared().convertValue(recorded, Map.class);
        return read(tree, new ArrayList<>());
    }

    private static Map<String, Object> parse(String text, List<Problem> problems) {
        String path = "metadata.annotations[" + ANNOTATION + "]";
        try {
            Object tree = YamlText.load(text);
            if (tree instanceof Map<?, ?> map) {
                var result = new LinkedHashMap<String, Object>();
                map.forEach((key, value) -> result.put(String.valueOf(key), value));
                return result;
            }
            if (tree != null) {
                problems.add(
                        new Problem(
                                path, "expected keys and values, such as 'strategy: parallel'"));
            }
        } catch (YamlText.Unusable e) {
            problems.add(new Problem(path, String.valueOf(e.getMessage())));
        }
        return Map.of();
    }

    private static ExecutionSettings read(Map<String, Object> written, List<Problem> problems) {
        Parameters all = Parameters.of(written);
        Parameters.Reader reader = all.read();
        String strategy = reader.text("strategy").orElse("sequential");
        Optional<Duration> backoff = reader.duration("retryBackoff");
        RunLimits limits =
                new RunLimits(
                        reader.integer("maxParallel", 1).orElse(Integer.MAX_VALUE),
                        Duration.ZERO,
                        Duration.ZERO,
                        false,
                        reader.duration("deadline"),
                        reader.duration("experimentTimeout"),
                        reader.oneOf("onFailure", List.of("continue", "stop"), "continue")
                                .equals("stop"),
                        reader.integer("retries", 0).orElse(0),
                        backoff.orElse(RunLimits.NONE.backoff()),
                        Integer.MAX_VALUE);
        Optional<Long> seed = reader.text("seed").flatMap(text -> seed(text, reader));
        int history = history(reader);
        boolean retainOnFailure = reader.flag("retainOnFailure", false);
        problems.addAll(reader.problems());
        var theirs = new LinkedHashMap<>(all.tree());
        theirs.keySet().removeAll(KEYS);
        return new ExecutionSettings(
                strategy,
                Parameters.of(theirs),
                limits,
                seed,
                history,
                retainOnFailure,
                JsonMapper.shared().valueToTree(all.tree()),
                List.copyOf(problems));
    }

    private static int history(Parameters.Reader reader) {
        int history = reader.integer("history", 1).orElse(HISTORY);
        if (history > LONGEST_HISTORY) {
            reader.problem(
                    "history",
                    "must be from 1 to %d, but is %d".formatted(LONGEST_HISTORY, history));
        }
        return Math.min(history, LONGEST_HISTORY);
    }

    private static Optional<Long> seed(String text, Parameters.Reader reader) {
        try {
            return Optional.of(Long.parseLong(text));
        } catch (NumberFormatException e) {
            reader.problem("seed", "'" + text + "' is not a whole number");
            return Optional.empty();
        }
    }
}
