package io.chaosrunner.scheduler;

/** Who carries out the runs that the scheduling service starts. */
public enum ServiceLaunch {
    /** The service's own process. */
    DIRECT,
    /** The runner pod that the chaos-operator makes. */
    OPERATOR,
    /** A pod for each run, under an account of the engine's namespace, which the service makes. */
    POD
}
