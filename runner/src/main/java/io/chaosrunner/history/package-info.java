/**
 * What is remembered of the runs of an engine: a record of each, where it is kept, and how it is
 * found again. Nothing is decided by it.
 */
@NullMarked
package io.chaosrunner.history;

import org.jspecify.annotations.NullMarked;
