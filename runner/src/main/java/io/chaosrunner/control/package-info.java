/**
 * Runs from outside: an engine is prepared for its launch, directly or by the operator; a run is
 * stopped or followed; a schedule is triggered or backfilled. It owns a run only to end one whose
 * owner is gone.
 */
@NullMarked
package io.chaosrunner.control;

import org.jspecify.annotations.NullMarked;
