package io.chaosrunner.attempt;

import io.chaosrunner.engine.ChaosPods;
import io.chaosrunner.job.ExecutionLabels;
import io.chaosrunner.model.ExecutionId;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The pods of a run that live, as they were last seen: what lives may inject.
 *
 * <p>Owned by the run's thread.
 */
public final class PodCensus {
    private static final Duration DEFAULT_GRACE = Duration.ofSeconds(30);

    private final Map<String, Inhabitant> living = new TreeMap<>();

    /** One pod that lives, and how long it may take to end. */
    private record Inhabitant(String name, Optional<ExecutionId> id, Duration grace) {}

    /** Note a pod as it is now. */
    void note(ObjectNode pod) {
        String uid = uid(pod);
        if (ChaosPods.isLive(pod)) {
            living.put(
                    uid,
                    new Inhabitant(
                            pod.path("metadata").path("name").asString(""),
                            ExecutionLabels.read(pod),
                            grace(pod)));
        } else {
            living.remove(uid);
        }
    }

    /** Note that a pod is no more. */
    void forget(ObjectNode pod) {
        living.remove(uid(pod));
    }

    public boolean isEmpty() {
        return living.isEmpty();
    }

    /** Tell whether nothing of one execution lives. */
    public boolean isEmpty(ExecutionId execution) {
        return of(execution).findAny().isEmpty();
    }

    List<String> names(ExecutionId execution) {
        return of(execution).map(Inhabitant::name).sorted().toList();
    }

    /** Return the longest time that a pod of one execution has to end once it was told to. */
    Duration grace(ExecutionId execution) {
        return of(execution).map(Inhabitant::grace).max(Duration::compareTo).orElse(Duration.ZERO);
    }

    private Stream<Inhabitant> of(ExecutionId execution) {
        return living.values().stream()
                .filter(one -> one.id().filter(execution::equals).isPresent());
    }

    /** The pod's own, whoever deletes it may have said another. */
    private static Duration grace(JsonNode pod) {
        JsonNode own = pod.path("spec").path("terminationGracePeriodSeconds");
        JsonNode said = pod.path("metadata").path("deletionGracePeriodSeconds");
        long seconds =
                said.isIntegralNumber() ? said.asLong() : own.asLong(DEFAULT_GRACE.toSeconds());
        return Duration.ofSeconds(Math.max(0, seconds));
    }

    private static String uid(JsonNode pod) {
        return pod.path("metadata").path("uid").asString("");
    }
}
