/**
 * The strategies there are: the built-in ones, and strangers' on the class path and in the plug-in
 * folder, each jar in a process of its own. It finds, names and asks them; it never decides for
 * one, and runs no stranger's code in the runner's process.
 */
@NullMarked
package io.chaosrunner.plugin;

import org.jspecify.annotations.NullMarked;
