package io.chaosrunner.strategy;

import static java.util.Objects.requireNonNull;

/**
 * One entry of {@code spec.experiments}.
 *
 * @param index position in the engine's list, from 0
 * @param experiment name of the ChaosExperiment; two slots may share it
 */
public record Slot(int index, String experiment) {
    public Slot {
        if (index < 0) {
            throw new IllegalArgumentException("index is negative: " + index);
        }
        requireNonNull(experiment, "experiment is null");
    }
}
