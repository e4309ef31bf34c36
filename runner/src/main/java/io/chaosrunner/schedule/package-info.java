/**
 * Run an engine again and again: schedules as values, the arithmetic of their fires, and the loop
 * that starts a run for each. The only room that knows Quartz; it does not know how a run is shown.
 */
@NullMarked
package io.chaosrunner.schedule;

import org.jspecify.annotations.NullMarked;
