/**
 * The strategies there are: those on the class path and those in the plug-in folder, each jar
 * behind a class loader of its own. It finds and names them; it never decides for one.
 */
@NullMarked
package io.chaosrunner.plugin;

import org.jspecify.annotations.NullMarked;
