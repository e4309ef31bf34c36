/**
 * What people and machines read about a run: lines for a terminal, lines for the audit log. It
 * turns notices, engines, records and forecasts into text or JSON; it never decides or talks to a
 * cluster.
 */
@NullMarked
package io.chaosrunner.report;

import org.jspecify.annotations.NullMarked;
