/**
 * Litmus v1alpha1 objects as data, for reading. Each type is a view of the JSON tree as the API
 * server sent it, so unknown fields are tolerated and survive. It never writes and never decides.
 */
@NullMarked
package io.chaosrunner.crd;

import org.jspecify.annotations.NullMarked;
