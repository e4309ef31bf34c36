/**
 * The live page of {@code chaos-runner ui}: engines, their runs and schedules, for a browser on
 * this machine. Nothing of it is loaded by another command, nor in a pod.
 */
@NullMarked
package io.chaosrunner.ui;

import org.jspecify.annotations.NullMarked;
