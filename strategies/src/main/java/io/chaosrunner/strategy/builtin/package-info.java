/**
 * The strategies that come with the runner. They enter by the same door as a stranger's: a line in
 * {@code META-INF/services}. Pure: no I/O, no clock, no unseeded randomness.
 */
@NullMarked
package io.chaosrunner.strategy.builtin;

import org.jspecify.annotations.NullMarked;
