/**
 * When an engine runs: schedules as values, windows, the arithmetic of their fires, and what
 * becomes of each. Pure: the time is an argument. It never starts a run and knows no thread.
 */
@NullMarked
package io.chaosrunner.schedule;

import org.jspecify.annotations.NullMarked;
