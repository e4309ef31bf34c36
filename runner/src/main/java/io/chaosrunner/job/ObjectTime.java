package io.chaosrunner.job;

import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** Times as Kubernetes writes them. */
final class ObjectTime {
    private ObjectTime() {}

    /** Reads one time; empty if it is absent, or the zero some runtimes write for "never". */
    static Optional<Instant> read(JsonNode node) {
        try {
            return Optional.of(Instant.parse(node.asString("")))
                    .filter(time -> time.isAfter(Instant.EPOCH));
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }

    /** Returns the latest change among an object's {@code status.conditions}. */
    static Optional<Instant> lastTransition(JsonNode object) {
        return object.path("status")
                .path("conditions")
                .valueStream()
                .flatMap(condition -> read(condition.path("lastTransitionTime")).stream())
                .max(Instant::compareTo);
    }

    /** Returns the first moment that is surely not before what Kubernetes cut to a second. */
    static Instant roundUp(Instant cut) {
        return cut.truncatedTo(ChronoUnit.SECONDS).plusSeconds(1);
    }
}
