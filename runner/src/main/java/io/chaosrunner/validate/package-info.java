/**
 * Find what is wrong with manifests before anybody applies them: text in, findings with file and
 * line out. It never asks a cluster and never changes anything.
 */
@NullMarked
package io.chaosrunner.validate;

import org.jspecify.annotations.NullMarked;
