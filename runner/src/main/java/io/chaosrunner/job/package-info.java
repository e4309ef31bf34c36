/**
 * Speaks Kubernetes for one execution: {@link io.chaosrunner.model.ExperimentSpec} to Job, and Job
 * and pod back to what they mean. It never talks to the API server, reads no clock and draws no
 * random numbers, so the same execution always gives the same Job.
 */
@NullMarked
package io.chaosrunner.job;

import org.jspecify.annotations.NullMarked;
