/**
 * The strategies there are: those on the class path. It finds and names them; it never decides for
 * one.
 */
@NullMarked
package io.chaosrunner.plugin;

import org.jspecify.annotations.NullMarked;
