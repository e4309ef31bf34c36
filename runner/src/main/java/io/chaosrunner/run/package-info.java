/**
 * The story of one run: an engine is claimed, the machine is asked, its commands are carried out,
 * and the end is recorded. It never talks HTTP itself, parses flags or prints.
 */
@NullMarked
package io.chaosrunner.run;

import org.jspecify.annotations.NullMarked;
