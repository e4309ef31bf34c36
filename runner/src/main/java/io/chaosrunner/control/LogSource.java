package io.chaosrunner.control;

import io.chaosrunner.job.ExecutionLabels;
import io.chaosrunner.job.LaunchedJob;
import io.chaosrunner.model.ExecutionId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/**
 * One container of a run's pod, which has a log or will have one. Pure.
 *
 * @param label what people call it: the experiment, its iteration and retry, the helper pod, and a
 *     container that is not the pod's own
 * @param isPlain whether the label is the experiment's name alone
 * @param pod name of the pod
 * @param container name of the container
 * @param execution whose it is; empty if the pod does not say
 * @param waiting why it has not started, in Kubernetes' words; empty if it has
 * @param hasEnded whether it will say nothing more
 */
record LogSource(
        String label,
        boolean isPlain,
        String pod,
        String container,
        Optional<ExecutionId> execution,
        Optional<String> waiting,
        boolean hasEnded) {

    /** Which container of a pod is its own, unless the pod is an experiment's. */
    private static final String DEFAULT = "kubectl.kubernetes.io/default-container";

    /** Which containers are meant. */
    sealed interface Containers {
        /** The one that the pod is there for. */
        record Own() implements Containers {}

        /** The one of that name, in each pod that has it. */
        record Named(String name) implements Containers {}

        /** Each. */
        record All() implements Containers {}
    }

    /**
     * Return what a pod has; empty if none of its containers is meant.
     *
     * @param labels what people call the experiment of an execution; empty if it is not known
     */
    static List<LogSource> of(
            JsonNode pod, Function<ExecutionId, Optional<String>> labels, Containers meant) {
        Optional<ExecutionId> execution = ExecutionLabels.read(pod);
        String podName = pod.path("metadata").path("name").asString("");
        String own = own(pod);
        boolean isHelper = isHelper(pod);
        String times = execution.map(LogSource::times).orElse("");
        Optional<String> experiment = execution.flatMap(labels);
        String name =
                experiment.orElse(podName)
                        + times
                        + (isHelper && experiment.isPresent() ? " helper " + podName : "");
        var sources = new ArrayList<LogSource>();
        for (String container : containers(pod).toList()) {
            boolean isMeant =
                    switch (meant) {
                        case Containers.Own() -> container.equals(own);
                        case Containers.Named(String wanted) -> container.equals(wanted);
                        case Containers.All() -> true;
                    };
            if (isMeant) {
                boolean isOwn = container.equals(own);
                JsonNode status = status(pod, container);
                sources.add(
                        new LogSource(
                                isOwn ? name : name + " container " + container,
                                isOwn && !isHelper && times.isEmpty(),
                                podName,
                                container,
                                execution,
                                waiting(pod, status),
                                hasEnded(pod, status)));
            }
        }
        return sources;
    }

    private static boolean isHelper(JsonNode pod) {
        return LaunchedJob.ofPod(pod).isEmpty();
    }

    static String times(ExecutionId execution) {
        return (execution.iteration() > 1 ? " #" + execution.iteration() : "")
                + (execution.attempt() > 1 ? " retry " + (execution.attempt() - 1) : "");
    }

    /** Return the names of a pod's containers, those that only prepare it last. */
    static Stream<String> containers(JsonNode pod) {
        return Stream.of("containers", "initContainers", "ephemeralContainers")
                .flatMap(field -> pod.path("spec").path(field).valueStream())
                .map(each -> each.path("name").asString(""));
    }

    private static String own(JsonNode pod) {
        List<String> all = containers(pod).toList();
        return Stream.of(
                        LaunchedJob.ofPod(pod).map(LaunchedJob::name).orElse(""),
                        pod.path("metadata").path("annotations").path(DEFAULT).asString(""))
                .filter(all::contains)
                .findFirst()
                .orElse(all.isEmpty() ? "" : all.getFirst());
    }

    private static JsonNode status(JsonNode pod, String container) {
        return Stream.of("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses")
                .flatMap(field -> pod.path("status").path(field).valueStream())
                .filter(each -> each.path("name").asString("").equals(container))
                .findFirst()
                .orElseGet(() -> pod.path("status").path("none"));
    }

    private static Optional<String> waiting(JsonNode pod, JsonNode status) {
        JsonNode state = status.path("state");
        if (state.has("running")
                || state.has("terminated")
                || status.path("lastState").has("terminated")) {
            return Optional.empty();
        }
        JsonNode why = state.path("waiting");
        String reason = why.path("reason").asString("");
        String message = why.path("message").asString("");
        if (reason.isEmpty()) {
            JsonNode condition =
                    pod.path("status")
                            .path("conditions")
                            .valueStream()
                            .filter(each -> each.path("status").asString("").equals("False"))
                            .findFirst()
                            .orElse(why);
            reason =
                    condition
                            .path("reason")
                            .asString(pod.path("status").path("phase").asString(""));
            message = condition.path("message").asString("");
        }
        return Optional.of(message.isEmpty() ? reason : reason + ", " + message);
    }

    /** A container that failed may be started again, where its pod goes on. */
    private static boolean hasEnded(JsonNode pod, JsonNode status) {
        String phase = pod.path("status").path("phase").asString("");
        if (phase.equals("Succeeded") || phase.equals("Failed")) {
            return true;
        }
        JsonNode end = status.path("state").path("terminated");
        String restart = pod.path("spec").path("restartPolicy").asString("");
        boolean isGoing = pod.path("metadata").has("deletionTimestamp");
        boolean isLast =
                restart.equals("Never")
                        || (restart.equals("OnFailure") && end.path("exitCode").asInt(1) == 0);
        return end.isObject() && (isGoing || isLast);
    }
}
