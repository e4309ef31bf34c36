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
record EngineTarget(String place, Engine engine, Optional<Places> places) {
    EngineTarget(Engine engine) {
        this("", engine, Optional.empty());
    }

    static EngineTarget of(FileObject file) {
        return new EngineTarget(file.place() + ": ", new Engine(file.json()), file.places());
    }

    /** Return what is said before a problem with an annotation, see {@link #place}. */
    String place(String annotation, Problem problem) {
        return places.map(each -> each.of(annotation, problem.path()) + ": ").orElse(place);
    }
}
