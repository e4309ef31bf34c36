package io.chaosrunner.cli;

import io.chaosrunner.crd.Engine;
import io.chaosrunner.strategy.InvalidParameters.Problem;
import java.util.Optional;

/**
 * The engine that a command line means.
 *
 * @param place what is said before a problem with it: file and line, such as {@code engine.yaml:12:
 *     }; empty if it is one of the cluster
 */
record EngineTarget(String place, Engine engine, Optional<ObjectLines> lines) {
    EngineTarget(Engine engine) {
        this("", engine, Optional.empty());
    }

    static EngineTarget of(FileObject file) {
        return new EngineTarget(file.place() + ": ", new Engine(file.json()), file.lines());
    }

    /** Return kind, namespace and name, as messages have them. */
    String name() {
        String kind = engine.json().path("kind").asString("ChaosEngine");
        String namespace = engine.namespace();
        return kind + " " + (namespace.isEmpty() ? "" : namespace + "/") + engine.name();
    }

    /** Say why there is nothing to run; empty if there is. */
    Optional<String> nothingListed() {
        return engine.nothingListed()
                .map(why -> {
                    String where =
                            lines.map(each -> each.place(engine.listPath()) + ": ").orElse(place);
                    return "%s%s: spec.experiments%s".formatted(where, name(), why);
                });
    }

    /**
     * Say what is wrong with a setting, and where it was written.
     *
     * @param annotation that holds settings of the kind
     */
    String sentence(String annotation, Overrides overrides, Problem problem) {
        if (overrides.have(problem)) {
            return overrides.sentence(problem);
        }
        String where =
                lines.map(each -> each.place(annotation, problem.path()) + ": ").orElse(place);
        return "%s%s: %s".formatted(where, name(), problem);
    }
}
