/**
 * The values that every room shares. It stands on the strategy SPI's floor and holds data and its
 * invariants only: no rules of Litmus, no JSON, no I/O.
 */
@NullMarked
package io.chaosrunner.model;

import org.jspecify.annotations.NullMarked;
