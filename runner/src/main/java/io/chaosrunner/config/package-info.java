/**
 * What the user configured, read from annotations and flags into validated values, with every
 * problem reported at once. It reads text and trees it is given; it never fetches anything.
 */
@NullMarked
package io.chaosrunner.config;

import org.jspecify.annotations.NullMarked;
