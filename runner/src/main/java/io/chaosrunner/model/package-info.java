/**
 * The values that every room shares. It holds data and its invariants only: no rules of Litmus, no
 * I/O, and JSON only where a value is passed on unread.
 */
@NullMarked
package io.chaosrunner.model;

import org.jspecify.annotations.NullMarked;
