package io.chaosrunner.cli;

import io.chaosrunner.config.YamlText;
import io.chaosrunner.strategy.InvalidParameters.Problem;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/**
 * Settings that a command line overrides.
 *
 * @param option where they were written, such as {@code --set}
 */
record Overrides(String option, Map<String, Object> values) {
    /** The word that problems of schedules have before the setting. */
    private static final String SCHEDULE = "schedule.";

    /**
     * Read values as YAML, so that {@code maxParallel=3} is a number here as in the annotation.
     *
     * @throws ParameterException if one is not YAML
     */
    static Overrides of(String option, Map<String, String> written, CommandLine command) {
        var result = new LinkedHashMap<String, Object>();
        written.forEach((key, value) -> {
            try {
                Object parsed = YamlText.load(value);
                result.put(key, parsed == null ? "" : parsed);
            } catch (YamlText.Unusable e) {
                throw new ParameterException(
                        command, "%s %s: '%s' is not a YAML value".formatted(option, key, value));
            }
        });
        return new Overrides(option, result);
    }

    /** Tell whether a problem is with one of these. */
    boolean have(Problem problem) {
        return values.containsKey(setting(problem).replaceFirst("[.\\[].*", ""));
    }

    /** Return a problem that these have, named as it was written. */
    String sentence(Problem problem) {
        return "%s %s: %s".formatted(option, setting(problem), problem.message());
    }

    private static String setting(Problem problem) {
        return problem.path().startsWith(SCHEDULE)
                ? problem.path().substring(SCHEDULE.length())
                : problem.path();
    }
}
