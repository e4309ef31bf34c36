/**
 * What a person does to a run that another process owns: launch through the operator, stop, follow.
 * It never owns a run itself, but to end one whose owner is gone.
 */
@NullMarked
package io.chaosrunner.control;

import org.jspecify.annotations.NullMarked;
