/**
 * Says what one entry of an engine means: (engine, ChaosExperiment, runner environment) in, {@link
 * io.chaosrunner.model.ExperimentSpec} or a list of problems out. It never reads the cluster, the
 * process environment or a clock, and it knows nothing of Jobs.
 */
@NullMarked
package io.chaosrunner.resolve;

import org.jspecify.annotations.NullMarked;
