/**
 * Tell an OpenTelemetry collector what a run does. The only room that knows OpenTelemetry; its
 * classes are loaded only where a collector is named. A run never waits for it, and never fails
 * because of it.
 */
@NullMarked
package io.chaosrunner.telemetry;

import org.jspecify.annotations.NullMarked;
