package io.chaosrunner.scheduler;

import io.chaosrunner.config.Allowed;
import io.chaosrunner.control.HolidayLists;
import io.chaosrunner.job.RunnerJob;
import io.chaosrunner.run.RunRequest.StartCheck;
import io.chaosrunner.status.EngineStanding;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What the scheduling service tells the pods that carry out runs, and what these look at again. */
public final class ServicesPod {
    private static final String DEADLINE = "CHAOS_RUNNER_RUN_DEADLINE_SECONDS";

    /** What a pod is told as its service was. */
    private static final List<String> INHERITED =
            List.of(
                    "CHAOS_RUNNER_LOG_FORMAT",
                    "OTEL_EXPORTER_OTLP_ENDPOINT",
                    "OTEL_EXPORTER_OTLP_PROTOCOL",
                    "CHAOS_MONITOR_IMAGE");

    private ServicesPod() {}

    /**
     * Describe the Jobs of these pods.
     *
     * @param runDeadline the deadline of a run whose engine has none; absent for none
     * @param allowed which accounts and images engines may name
     * @param environment of the service
     */
    public static RunnerJob jobs(
            String image,
            String serviceAccount,
            Optional<Duration> runDeadline,
            Allowed allowed,
            Map<String, String> environment) {
        var variables = new HashMap<>(allowed.variables());
        for (String name : INHERITED) {
            String value = environment.getOrDefault(name, "");
            if (!value.isEmpty()) {
                variables.put(name, value);
            }
        }
        runDeadline.ifPresent(
                longest -> variables.put(DEADLINE, Long.toString(longest.toSeconds())));
        return new RunnerJob(image, serviceAccount, allowed.arguments(), variables);
    }

    /** Return the deadline that the service has told this pod. */
    public static Optional<Duration> deadline(Map<String, String> environment) {
        String text = environment.getOrDefault(DEADLINE, "");
        return text.isEmpty()
                ? Optional.empty()
                : Optional.of(Duration.ofSeconds(Long.parseLong(text)));
    }

    /**
     * Return what looks again, when the claim is about to be written, whether the fire still starts
     * a run: the pod may have waited for its node, and others have been at the engine.
     */
    public static StartCheck check(Clock clock, HolidayLists lists) {
        StartCheck ofSchedule = PodSchedule.check(Map.of(), clock, lists);
        return (engine, fire) ->
                EngineStanding.isOperators(engine) || !engine.stopRequested()
                        ? Optional.of("the engine was made active: it is the chaos-operator's")
                        : ofSchedule.objection(engine, fire);
    }
}
