/**
 * Runs that start by themselves: the schedule of one pod, the service that drives all engines of a
 * cluster, and its leader. The only room with Quartz' scheduler; when a fire is due, {@code
 * schedule} says.
 */
@NullMarked
package io.chaosrunner.scheduler;

import org.jspecify.annotations.NullMarked;
