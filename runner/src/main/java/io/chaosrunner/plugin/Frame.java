package io.chaosrunner.plugin;

/** What the runner and a plug-in's process say to each other. */
enum Frame {
    // The runner asks, one thing at a time.

    /** Load the strategies; answered by {@link #LOADED}. */
    LOAD,
    /** Plan a run; answered by {@link #PLANNED}, {@link #REFUSED}, or {@link #NULL}. */
    PLAN,
    /** Tell a plan's limits; answered by {@link #LIMITED}. */
    LIMITS,
    /** Decide; answered by {@link #DECIDED}, or {@link #NULL}. */
    NEXT,

    // The process answers.

    /** The process is there; said once, unasked. */
    READY,
    LOADED,
    PLANNED,
    REFUSED,
    LIMITED,
    DECIDED,
    /** The strategy returned null. */
    NULL,
    /** The strategy threw something. */
    THREW
}
