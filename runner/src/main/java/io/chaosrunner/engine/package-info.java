/**
 * What is written to an engine and around it, and what is removed: patches at their pace, events,
 * Jobs and pods by their labels, exporters. It carries out, and never decides what a run does next.
 */
@NullMarked
package io.chaosrunner.engine;

import org.jspecify.annotations.NullMarked;
