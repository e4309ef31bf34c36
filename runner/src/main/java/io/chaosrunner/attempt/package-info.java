/**
 * The life of one Job: launched, watched, judged, stopped and cleaned up. It tells the run what
 * happened, and never decides which experiment comes next.
 */
@NullMarked
package io.chaosrunner.attempt;

import org.jspecify.annotations.NullMarked;
