package io.chaosrunner.status;

/**
 * A listener that hears what a run does. Called by one thread at a time; must not block or throw.
 */
@FunctionalInterface
public interface RunListener {
    /** Hear one thing. */
    void heard(RunNotice notice);
}
