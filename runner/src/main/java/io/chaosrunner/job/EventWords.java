package io.chaosrunner.job;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;

/**
 * What events say of a Job that has no pod, or of a pod that was deleted.
 *
 * <p>Words for people: anybody may write an event, so nothing is decided by them.
 *
 * @param reason such as {@code FailedCreate} or {@code Preempted}
 * @param message such as {@code Error creating: pods "x" is forbidden: exceeded quota}; may be
 *     empty
 */
public record EventWords(String reason, String message) {

    /** What the Job controller says when the API server refuses a pod, for whatever reason. */
    private static final String NOT_CREATED = "FailedCreate";

    /** Said by whoever deletes a pod that it did not make: scheduler, kubelet, node controllers. */
    private static final Set<String> DELETED =
            Set.of(
                    "Preempted",
                    "Evicted",
                    "TaintManagerEviction",
                    "NodeControllerEviction",
                    "Descheduled",
                    "ScaleDown");

    /** Find what keeps a Job from making a pod, as said last; empty if nothing is. */
    public static Optional<EventWords> ofJobWithoutPod(List<? extends JsonNode> events) {
        return last(events, event -> reason(event).equals(NOT_CREATED));
    }

    /** Find who deleted a pod, as said last; empty if nobody says so, as where a person did. */
    public static Optional<EventWords> ofDeletedPod(List<? extends JsonNode> events) {
        return last(events, event -> DELETED.contains(reason(event)));
    }

    private static Optional<EventWords> last(
            List<? extends JsonNode> events, Predicate<JsonNode> isMeant) {
        return events.stream()
                .filter(isMeant)
                .max(Comparator.comparing(EventWords::said))
                .map(event -> new EventWords(reason(event), event.path("message").asString("")));
    }

    private static String reason(JsonNode event) {
        return event.path("reason").asString("");
    }

    /** Events of the newer API leave the older fields empty. */
    private static Instant said(JsonNode event) {
        return ObjectTime.read(event.path("series").path("lastObservedTime"))
                .or(() -> ObjectTime.read(event.path("lastTimestamp")))
                .or(() -> ObjectTime.read(event.path("eventTime")))
                .or(() -> ObjectTime.read(event.path("metadata").path("creationTimestamp")))
                .orElse(Instant.MIN);
    }
}
