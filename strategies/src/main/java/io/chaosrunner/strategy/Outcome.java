package io.chaosrunner.strategy;

/** How an execution ended. Gains no constants: a strategy may switch over it. */
public enum Outcome {
    /** The experiment ran and its verdict is Pass. */
    PASSED,
    /** The experiment ran and its verdict is Fail. */
    FAILED,
    /** The experiment never really ran, and every attempt is used up. */
    ERROR,
    /** The experiment was cut short by a timeout or an abort. */
    STOPPED
}
