/**
 * The strategy SPI: decide <em>when</em> each experiment of one engine run starts.
 *
 * <p>A strategy decides, it does not do. The runner asks an {@link
 * io.chaosrunner.strategy.ExecutionPlan} after every event what should start now and carries out
 * the answer. Signatures hold JDK types only, so a plug-in jar depends on nothing but this package.
 * It stands on the lowest floor and never does I/O, reads a clock, starts a thread or logs.
 *
 * <p>The package name is the major version: a breaking change means a new package.
 */
@NullMarked
package io.chaosrunner.strategy;

import org.jspecify.annotations.NullMarked;
