/**
 * Words in, exit code out: reads arguments and environment, connects, runs, and says what came of
 * it. It never decides anything about a run.
 */
@NullMarked
package io.chaosrunner.cli;

import org.jspecify.annotations.NullMarked;
