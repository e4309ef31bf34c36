/**
 * The decisions of one run: what happened goes in, commands come out. Pure: the time, the seed and
 * the strategy's plan are arguments. It never calls the cluster, starts a thread or reads a clock.
 */
@NullMarked
package io.chaosrunner.machine;

import org.jspecify.annotations.NullMarked;
