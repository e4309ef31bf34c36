/**
 * The conformance kit: prove that a strategy keeps the laws of the SPI.
 *
 * <p>Extend {@link io.chaosrunner.strategy.contract.ExecutionStrategyContract} in one's own tests;
 * nothing else is needed. A {@link io.chaosrunner.strategy.contract.SimulatedRun} follows the
 * runner's protocol on a virtual clock, so a strategy's decisions can also be asserted one by one.
 * Needs JUnit and the SPI only, and never a cluster, a thread or a real clock.
 */
@NullMarked
package io.chaosrunner.strategy.contract;

import org.jspecify.annotations.NullMarked;
