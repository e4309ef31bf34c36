package io.chaosrunner.claim;

import static java.util.Objects.requireNonNull;

import io.chaosrunner.config.JsonText;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.crd.WrittenTime;
import io.chaosrunner.model.Fire;
import io.chaosrunner.model.Fire.Cause;
import io.chaosrunner.model.Fire.Kind;
import io.chaosrunner.model.ForeignText;
import java.io.Serial;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A request for the runs of fires that are past and started none: the annotation {@value
 * #ANNOTATION} on the engine. How far it has come stands in the claim ({@link
 * FireLedger#backfilled()}), written with each run that it starts; whoever removes the annotation
 * stops it.
 *
 * @param id names the request
 * @param at when it was made
 * @param schedule a hash of the schedule whose fires they are; of another one they are none
 * @param by who made it, as they said
 * @param fires the fires, oldest first; at most {@value #MOST_FIRES}
 */
public record Backfill(String id, Instant at, String schedule, String by, List<Instant> fires) {

    /** Where a request stands. */
    public static final String ANNOTATION = "chaosrunner.io/backfill";

    /** So many fires are asked for at once. */
    public static final int MOST_FIRES = 100;

    /** After that, no run of it begins. */
    public static final Duration LONGEST = Duration.ofHours(24);

    private static final int LONGEST_PROBLEM = 200;

    /**
     * Hold a request.
     *
     * @throws IllegalArgumentException if the id is none, or the fires are not in order or too many
     */
    public Backfill {
        requireNonNull(schedule, "schedule is null");
        if (!Trigger.ID.matcher(id).matches()) {
            throw new IllegalArgumentException("the request's id is '" + id + "'");
        }
        by = ForeignText.oneLine(ForeignText.line(by), Trigger.LONGEST_NOTE);
        fires = List.copyOf(fires);
        if (fires.isEmpty() || fires.size() > MOST_FIRES) {
            throw new IllegalArgumentException("it asks for %d fires".formatted(fires.size()));
        }
        for (int i = 1; i < fires.size(); i++) {
            if (!fires.get(i - 1).isBefore(fires.get(i))) {
                throw new IllegalArgumentException("its fires are not in order");
            }
        }
    }

    /** Report a request that cannot be read: somebody edited the annotation. */
    public static final class Unreadable extends Exception {
        @Serial private static final long serialVersionUID = 1L;

        Unreadable(String why) {
            super(
                    "annotation %s cannot be read (%s), so nothing is started for it; write it with chaos-runner backfill, or remove it"
                            .formatted(ANNOTATION, ForeignText.oneLine(why, LONGEST_PROBLEM)));
        }
    }

    /**
     * Read the request on an engine; empty if there is none.
     *
     * @throws Unreadable if it is not one
     */
    public static Optional<Backfill> of(Engine engine) throws Unreadable {
        Optional<String> written = engine.annotation(ANNOTATION).filter(text -> !text.isBlank());
        if (written.isEmpty()) {
            return Optional.empty();
        }
        try {
            ObjectNode json = (ObjectNode) JsonText.read(written.get());
            var fires = new ArrayList<Instant>();
            for (JsonNode each : json.required("fires")) {
                fires.add(WrittenTime.parse(each.asString()));
            }
            return Optional.of(
                    new Backfill(
                            json.required("id").asString(),
                            WrittenTime.parse(json.required("at").asString()),
                            json.required("schedule").asString(),
                            json.path("by").asString(""),
                            fires));
        } catch (RuntimeException e) {
            // Anybody may have written it: whatever it holds is no bug of ours.
            throw new Unreadable(String.valueOf(e.getMessage()));
        }
    }

    /** Return the annotation's value. */
    public String text() {
        ObjectNode json = JsonMapper.shared().createObjectNode();
        json.put("id", id).put("at", at.toString()).put("schedule", schedule).put("by", by);
        ArrayNode list = json.putArray("fires");
        fires.forEach(fire -> list.add(fire.toString()));
        return JsonMapper.shared().writeValueAsString(json);
    }

    /** Return the fire that comes next; empty if all have been started. */
    public Optional<Fire> next(FireLedger settled) {
        return fires.stream()
                .map(fire -> new Fire(fire, schedule, new Cause(Kind.BACKFILL, id, by, "")))
                .filter(fire -> !settled.isSettled(fire))
                .findFirst();
    }
}
