/**
 * What is remembered of the runs of an engine: a record of each, where it is kept, and how it is
 * found again. It decides nothing, and no run depends on it.
 */
@NullMarked
package io.chaosrunner.history;

import org.jspecify.annotations.NullMarked;
