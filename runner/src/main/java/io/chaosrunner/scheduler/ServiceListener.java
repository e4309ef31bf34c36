package io.chaosrunner.scheduler;

import io.chaosrunner.model.EngineRef;
import io.chaosrunner.status.RunListener;

/** Hear what the scheduling service does. Called by several threads; must not block. */
public interface ServiceListener {
    /** Return who hears of the next run of an engine. */
    RunListener run(EngineRef engine);

    /** Hear one thing about an engine, or the ChaosSchedule of that name. */
    void note(EngineRef engine, String event, String message);

    /** Hear one thing about the service itself. */
    void note(String event, String message);
}
