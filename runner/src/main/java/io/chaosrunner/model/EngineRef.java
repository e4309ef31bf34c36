package io.chaosrunner.model;

import static java.util.Objects.requireNonNull;

/** The name of a ChaosEngine. */
public record EngineRef(String namespace, String name) {
    public EngineRef {
        requireNonNull(namespace, "namespace is null");
        requireNonNull(name, "name is null");
    }

    /** Return the operator's name for the runner of the engine: its pod, and who reports. */
    public String runner() {
        return name + "-runner";
    }

    @Override
    public String toString() {
        return namespace + "/" + name;
    }
}
