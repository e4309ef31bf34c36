/** Tests of the whole program against a real Kubernetes control plane on loopback. */
@NullMarked
package io.chaosrunner.systemtests;

import org.jspecify.annotations.NullMarked;
