package io.chaosrunner.model;

import static java.util.Objects.requireNonNull;

/** The name of a ChaosEngine. */
public record EngineRef(String namespace, String name) {
    public EngineRef {
        requireNonNull(namespace, "namespace is null");
        requireNonNull(name, "name is null");
    }

    @Override
    public String toString() {
        return namespace + "/" + name;
    }
}
