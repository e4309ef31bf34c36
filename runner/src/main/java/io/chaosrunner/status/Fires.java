package io.chaosrunner.status;

import static java.util.Objects.requireNonNull;

import io.chaosrunner.crd.Engine;
import io.chaosrunner.crd.WrittenTime;
import io.chaosrunner.model.Fire;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Say which fires of an engine's schedule are settled: part of the {@link Claim}.
 *
 * <p>A fire is settled by the very write that starts its run, or that records why none is started.
 * So no fire is started twice, whoever comes. Immutable.
 *
 * @param started the fire that this run was started for; empty if somebody asked for the run
 * @param settled the latest fire that was started or skipped
 * @param skipped the fires that were skipped since this run began, oldest first
 * @param runs how many runs the schedule of the settled fire has started
 * @param suspended whether the schedule was suspended because somebody stopped this run
 */
public record Fires(
        Optional<Fire> started,
        Optional<Fire> settled,
        List<Skipped> skipped,
        long runs,
        boolean suspended) {

    /** Nothing is scheduled. */
    public static final Fires NONE =
            new Fires(Optional.empty(), Optional.empty(), List.of(), 0, false);

    /** Where the scheduling service says for which fire the operator's runner is to run. */
    public static final String HANDED_OVER = "chaosrunner.io/fire";

    /** So many are kept apart; beyond it the two oldest become one. */
    static final int MOST_SKIPPED = 8;

    private static final int LONGEST_REASON = 80;

    public Fires {
        requireNonNull(started, "started is null");
        requireNonNull(settled, "settled is null");
        skipped = List.copyOf(skipped);
    }

    /**
     * Tell of fires in a row that started no run.
     *
     * @param from the first one
     * @param to the last one
     * @param count how many
     * @param reason why, for people, in at most 80 characters
     * @param suspended whether the schedule was suspended at the last one
     */
    public record Skipped(Instant from, Instant to, long count, String reason, boolean suspended) {
        public Skipped {
            requireNonNull(from, "from is null");
            requireNonNull(to, "to is null");
            if (count < 1) {
                throw new IllegalArgumentException("count must be at least 1, but is " + count);
            }
            reason =
                    reason.length() > LONGEST_REASON
                            ? reason.substring(0, LONGEST_REASON - 1) + "…"
                            : reason;
        }

        /** Tell of fires whose schedule was not suspended. */
        public Skipped(Instant from, Instant to, long count, String reason) {
            this(from, to, count, reason, false);
        }

        /** Tell whether fires were skipped for the same reason as these. */
        public boolean isOfOneKind(Skipped other) {
            return suspended == other.suspended && reason.equals(other.reason);
        }

        /** Return these and later ones as one. */
        public Skipped and(Skipped later) {
            return new Skipped(
                    from,
                    later.to,
                    count + later.count,
                    reason.equals(later.reason) ? reason : "several reasons",
                    later.suspended);
        }
    }

    /**
     * Return the fire that the scheduling service handed to the operator's runner: with it the
     * runner runs once, and leaves the schedule to the service.
     */
    public static Optional<Fire> handedOver(Engine engine) {
        return engine.annotation(HANDED_OVER)
                .map(text -> text.split(" ", 2))
                .filter(parts -> parts.length == 2)
                .flatMap(parts -> {
                    try {
                        return Optional.of(new Fire(WrittenTime.parse(parts[0]), parts[1]));
                    } catch (DateTimeException e) {
                        return Optional.empty();
                    }
                });
    }

    /** Return how a fire is handed over. */
    public static String handOver(Fire fire) {
        return fire.at() + " " + fire.schedule();
    }

    /** Tell whether a fire was started or skipped already, or is older than one that was. */
    public boolean isSettled(Fire fire) {
        return settled.isPresent() && !fire.at().isAfter(settled.get().at());
    }

    /** Return this for the next run, which that fire starts, or somebody asked for. */
    public Fires next(Optional<Fire> fire) {
        return new Fires(
                fire,
                fire.or(() -> settled),
                List.of(),
                fire.map(this::runsOfSameSchedule).map(n -> n + 1).orElse(runs),
                false);
    }

    /** Return this with all fires of a schedule settled up to one, and its runs counted anew. */
    Fires beginning(Fire settledUpTo) {
        return new Fires(started, Optional.of(settledUpTo), skipped, 0, suspended);
    }

    private long runsOfSameSchedule(Fire fire) {
        boolean same = settled.filter(s -> s.schedule().equals(fire.schedule())).isPresent();
        return same ? runs : 0;
    }

    /** Return this with fires skipped, the latest of which is given. */
    Fires skipping(Skipped more, Fire latest) {
        var all = new ArrayList<Skipped>(skipped);
        if (!all.isEmpty() && all.getLast().isOfOneKind(more)) {
            all.add(all.removeLast().and(more));
        } else {
            all.add(more);
        }
        while (all.size() > MOST_SKIPPED) {
            all.addFirst(all.removeFirst().and(all.removeFirst()));
        }
        return new Fires(started, Optional.of(latest), all, runsOfSameSchedule(latest), suspended);
    }

    /** Return this of a run that was stopped, and whose schedule waits for a human since. */
    Fires suspending() {
        return new Fires(started, settled, skipped, runs, true);
    }

    static Fires read(JsonNode claim) {
        var skipped = new ArrayList<Skipped>();
        for (JsonNode each : claim.path("skippedFires")) {
            skipped.add(
                    new Skipped(
                            WrittenTime.parse(each.required("from").asString()),
                            WrittenTime.parse(each.required("to").asString()),
                            Claim.number(each.required("count"), 1),
                            each.path("reason").asString(""),
                            each.path("suspended").asBoolean(false)));
        }
        return new Fires(
                fire(claim.path("fire")),
                fire(claim.path("settledFire")),
                skipped,
                claim.has("scheduledRuns") ? Claim.number(claim.path("scheduledRuns"), 0) : 0,
                claim.path("suspended").asBoolean(false));
    }

    private static Optional<Fire> fire(JsonNode json) {
        return json.isObject()
                ? Optional.of(
                        new Fire(
                                WrittenTime.parse(json.required("at").asString()),
                                json.path("schedule").asString("")))
                : Optional.empty();
    }

    void write(ObjectNode claim) {
        started.ifPresent(fire -> write(claim, "fire", fire));
        settled.ifPresent(fire -> write(claim, "settledFire", fire));
        if (runs > 0) {
            claim.put("scheduledRuns", runs);
        }
        if (suspended) {
            claim.put("suspended", true);
        }
        if (!skipped.isEmpty()) {
            ArrayNode list = claim.putArray("skippedFires");
            for (Skipped each : skipped) {
                ObjectNode json =
                        list.addObject()
                                .put("from", each.from().toString())
                                .put("to", each.to().toString())
                                .put("count", each.count())
                                .put("reason", each.reason());
                if (each.suspended()) {
                    json.put("suspended", true);
                }
            }
        }
    }

    private static void write(ObjectNode claim, String key, Fire fire) {
        claim.putObject(key).put("at", fire.at().toString()).put("schedule", fire.schedule());
    }
}
