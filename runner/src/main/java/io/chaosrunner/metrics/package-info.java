/**
 * Count what the scheduling service does, for Prometheus. The only room that knows its library,
 * which is on the class path of the service alone. Never asks the cluster for anything, and the
 * names of what is in it make no series.
 */
@NullMarked
package io.chaosrunner.metrics;

import org.jspecify.annotations.NullMarked;
