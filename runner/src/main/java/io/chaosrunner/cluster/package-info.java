/**
 * The way to the API server, and the only room that holds a Kubernetes client. It moves JSON trees
 * and reports failures by who can act on them; it never decides what a run does next.
 */
@NullMarked
package io.chaosrunner.cluster;

import org.jspecify.annotations.NullMarked;
