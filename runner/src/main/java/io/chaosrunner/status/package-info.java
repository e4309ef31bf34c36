/**
 * What the runner writes about a run, as values: the claim, the status entries and the events, in
 * Litmus' words. Pure: it builds and reads JSON trees, and never sends one.
 */
@NullMarked
package io.chaosrunner.status;

import org.jspecify.annotations.NullMarked;
