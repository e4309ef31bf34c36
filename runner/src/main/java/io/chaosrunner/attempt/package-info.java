/**
 * The life of one Job: launched, watched, judged, stopped and cleaned up. It holds what a run's
 * parts share, too: the mailbox, the steady clock, and the cluster that bears outages. It tells the
 * run what happened, and never decides which experiment comes next.
 */
@NullMarked
package io.chaosrunner.attempt;

import org.jspecify.annotations.NullMarked;
