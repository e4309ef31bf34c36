/**
 * What a run keeps on its engine so that another process can take it up: the claim, the log of
 * attempts, the fires that were decided, and the table that says what a start may do with it. Pure:
 * it reads and builds text, and never sends one.
 */
@NullMarked
package io.chaosrunner.claim;

import org.jspecify.annotations.NullMarked;
