/**
 * An embedded Kubernetes API server with simulated Jobs, for trying things without a cluster.
 *
 * <p>{@link io.chaosrunner.sandbox.SandboxServer} answers on a loopback port as kube-apiserver
 * does, for the kinds this program uses, and runs a Job controller, a garbage collector and a
 * kubelet whose containers play a {@link io.chaosrunner.sandbox.Scenario}. It is reached only over
 * HTTP, and never talks to a real cluster. Where it and the real server differ, it is wrong: {@code
 * ApiContract} runs against both.
 */
@NullMarked
package io.chaosrunner.sandbox;

import org.jspecify.annotations.NullMarked;
