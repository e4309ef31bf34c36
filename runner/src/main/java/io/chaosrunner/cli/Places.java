package io.chaosrunner.cli;

import io.chaosrunner.config.Lines;
import io.chaosrunner.crd.Schema;
import java.util.Optional;

/**
 * The file and line of each part of an object that was read from a file.
 *
 * @param path where the object stands in its document, such as {@code items[0].}; empty if it is
 *     all of it
 */
record Places(String file, Lines lines, String path) {
    private static final String SHARED = "schedule.";

    /**
     * Return where a problem stands, such as {@code engine.yaml:12}.
     *
     * @param annotation whose YAML the problem is in, unless it names a field of the object
     * @param problem its path
     */
    String of(String annotation, String problem) {
        boolean isField = problem.startsWith("spec.") || problem.startsWith("metadata.");
        String text = path + Schema.child("metadata.annotations", annotation);
        Optional<Lines> inside = isField ? Optional.empty() : lines.inside(text);
        int line =
                isField
                        ? lines.line(path + problem)
                        : inside.map(yaml -> yaml.line(inAnnotation(problem)))
                                .orElseGet(() -> lines.line(text));
        return file + ":" + line;
    }

    /** Problems of schedules are named as a ChaosSchedule has them. */
    private static String inAnnotation(String problem) {
        return problem.startsWith(SHARED) ? problem.substring(SHARED.length()) : problem;
    }
}
