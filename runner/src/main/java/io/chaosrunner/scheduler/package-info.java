/**
 * Runs that start by themselves: the schedule of one pod, the service that drives all engines of a
 * cluster, and its leader. The only room with Quartz's scheduler; {@code schedule} decides when a
 * fire is due.
 */
@NullMarked
package io.chaosrunner.scheduler;

import org.jspecify.annotations.NullMarked;
