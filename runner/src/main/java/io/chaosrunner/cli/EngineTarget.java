package io.chaosrunner.cli;

import io.chaosrunner.crd.Engine;

/**
 * The engine that a command line means.
 *
 * @param place what is said before a problem with it: file and line, such as {@code engine.yaml:12:
 *     }; empty if it is one of the cluster
 */
record EngineTarget(String place, Engine engine) {
    static EngineTarget of(FileObject file) {
        return new EngineTarget(file.place() + ": ", new Engine(file.json()));
    }
}
