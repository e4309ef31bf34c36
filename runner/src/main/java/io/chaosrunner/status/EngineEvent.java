package io.chaosrunner.status;

import io.chaosrunner.crd.Engine;
import io.chaosrunner.model.ForeignText;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * One thing that the engine's readers are told, as a core/v1 event.
 *
 * <p>The name is fixed by reason, experiment and engine, as the Go runner names it: the exporter
 * and people's queries rely on it. A second emission raises the count.
 *
 * @param reason one of the words below
 * @param warning whether it is of type Warning
 * @param experiment the experiment concerned; empty if it is the run as a whole
 * @param message one line
 */
public record EngineEvent(String reason, boolean warning, String experiment, String message) {
    /** The experiment's needs are met; the exporter takes its time as the start of chaos. */
    public static final String DEPENDENCY_CHECK = "ExperimentDependencyCheck";

    /** The Job was created. */
    public static final String JOB_CREATE = "ExperimentJobCreate";

    /** The Job was deleted, or kept. */
    public static final String JOB_CLEAN_UP = "ExperimentJobCleanUp";

    /** There is no such ChaosExperiment. */
    public static final String NOT_FOUND = "ExperimentNotFound";

    /** The experiment's pod failed, or could not be watched to its end. */
    public static final String WATCH = "ChaosContainerWatchNotPermitted";

    /** The result did not come. */
    public static final String RESULT_MISSING = "ChaosResultMissing";

    /** Pods that an experiment left behind, and that may go on with its fault, are removed. */
    public static final String PODS_REMOVED = "ExperimentPodsRemoved";

    /** The strategy left the experiment out. */
    public static final String SKIPPED = "ExperimentSkipped";

    /** The run's configuration is unusable, or its strategy broke a rule. */
    public static final String RUN_FAILED = "ChaosRunFailed";

    /** The schedule is unusable, or a fire of it could not be started. */
    public static final String SCHEDULE_REFUSED = "ChaosScheduleRefused";

    /** The schedule is over, by a rule of its own on how runs end. */
    public static final String SCHEDULE_ENDED = "ChaosScheduleEnded";

    /** A run suspended the schedule, which waits for a person. */
    public static final String SCHEDULE_SUSPENDED = "ChaosScheduleSuspended";

    private static final int LONGEST_MESSAGE = 1_000;

    /** Return the event's name. */
    public String name(Engine engine) {
        return reason + experiment + engine.uid();
    }

    /** Return the event as first written. */
    public ObjectNode json(Engine engine, Instant now) {
        String time = now.truncatedTo(ChronoUnit.SECONDS).toString();
        ObjectNode event = JsonNodeFactory.instance.objectNode();
        event.put("apiVersion", "v1").put("kind", "Event");
        event.putObject("metadata").put("name", name(engine)).put("namespace", engine.namespace());
        event.putObject("involvedObject")
                .put("apiVersion", "litmuschaos.io/v1alpha1")
                .put("kind", engine.json().path("kind").asString("ChaosEngine"))
                .put("name", engine.name())
                .put("namespace", engine.namespace())
                .put("uid", engine.uid());
        event.putObject("source").put("component", engine.ref().runner());
        event.put("type", type()).put("reason", reason).put("message", shown());
        event.put("firstTimestamp", time).put("lastTimestamp", time).put("count", 1);
        return event;
    }

    /** Return an event of the same name, emitted once more. */
    public ObjectNode again(ObjectNode before, Instant now) {
        ObjectNode event = before.deepCopy();
        event.put("count", before.path("count").asInt(0) + 1);
        event.put("lastTimestamp", now.truncatedTo(ChronoUnit.SECONDS).toString());
        event.put("type", type()).put("message", shown());
        return event;
    }

    /** The API server takes no longer message of newer events. */
    private String shown() {
        return ForeignText.visible(ForeignText.oneLine(message, LONGEST_MESSAGE));
    }

    private String type() {
        return warning ? "Warning" : "Normal";
    }
}
