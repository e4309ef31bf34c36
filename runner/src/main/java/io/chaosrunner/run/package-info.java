/**
 * The story of one run: a pure machine that decides, and the shell that carries its commands out
 * through the cluster. It never talks HTTP itself, parses flags or prints.
 */
@NullMarked
package io.chaosrunner.run;

import org.jspecify.annotations.NullMarked;
