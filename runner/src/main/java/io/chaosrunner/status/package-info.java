/**
 * What people and Litmus read about a run, as values: status entries, events, notices, and the
 * patches that write them. Pure: it builds and reads JSON trees, and never sends one.
 */
@NullMarked
package io.chaosrunner.status;

import org.jspecify.annotations.NullMarked;
