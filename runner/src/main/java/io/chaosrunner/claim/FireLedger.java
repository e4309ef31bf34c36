package io.chaosrunner.claim;

import static java.util.Objects.requireNonNull;

import io.chaosrunner.config.JsonText;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.crd.WrittenTime;
import io.chaosrunner.model.Fire;
import io.chaosrunner.model.Fire.Cause;
import io.chaosrunner.model.Fire.Kind;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Which fires of an engine's schedule are settled: part of the {@link Claim}.
 *
 * <p>A fire is settled by the very write that starts its run, or that records why none is started.
 * So no fire is started twice, whoever comes. Immutable.
 *
 * @param started the fire that this run was started for; empty if somebody asked for the run
 * @param settled the latest fire that was started or skipped
 * @param skipped the fires that were skipped since this run began, oldest first
 * @param runs how many runs the schedule of the settled fire has started
 * @param suspended whether the schedule was suspended because somebody stopped this run
 * @param answers what became of the last requests of people, oldest first
 * @param tally how the runs before this one ended
 * @param over why the schedule is over, once that was told; empty otherwise
 * @param backfilled how far the last request for past fires has come
 */
public record FireLedger(
        Optional<Fire> started,
        Optional<Fire> settled,
        List<Skipped> skipped,
        long runs,
        boolean suspended,
        List<Answer> answers,
        Tally tally,
        String over,
        Optional<Backfilled> backfilled) {

    /** Nothing is scheduled. */
    public static final FireLedger NONE =
            new FireLedger(
                    Optional.empty(),
                    Optional.empty(),
                    List.of(),
                    0,
                    false,
                    List.of(),
                    Tally.NONE,
                    "",
                    Optional.empty());

    /** Where the scheduling service says for which fire the operator's runner is to run. */
    public static final String HANDED_OVER = "chaosrunner.io/fire";

    /** So many are kept apart; beyond it the two oldest become one. */
    static final int MOST_SKIPPED = 8;

    /** So many answers are kept: a request that is not among them is a new one. */
    static final int MOST_ANSWERS = 4;

    private static final int LONGEST_REASON = 80;

    public FireLedger {
        requireNonNull(started, "started is null");
        requireNonNull(settled, "settled is null");
        skipped = List.copyOf(skipped);
        answers = List.copyOf(answers);
    }

    /**
     * How far a request for past fires has come.
     *
     * @param id names the request
     * @param upTo its fires up to this one have been started
     */
    public record Backfilled(String id, Instant upTo) {
        public Backfilled {
            requireNonNull(id, "id is null");
            requireNonNull(upTo, "upTo is null");
        }
    }

    /**
     * What became of one request of a person.
     *
     * @param id names the request
     * @param why why it starts no run, for people, in at most 80 characters; empty if it started
     *     one
     */
    public record Answer(String id, String why) {
        public Answer {
            requireNonNull(id, "id is null");
            why = shortened(why);
        }

        /** Tell whether it started a run. */
        public boolean isStarted() {
            return why.isEmpty();
        }
    }

    private static String shortened(String reason) {
        return reason.length() > LONGEST_REASON
                ? reason.substring(0, LONGEST_REASON - 1) + "…"
                : reason;
    }

    /**
     * Tell of fires in a row that started no run.
     *
     * @param from the first one
     * @param to the last one
     * @param count how many
     * @param reason why, for people, in at most 80 characters
     * @param cause the same as a value
     * @param suspended whether the schedule was suspended at the last one
     */
    public record Skipped(
            Instant from,
            Instant to,
            long count,
            String reason,
            SkipCause cause,
            boolean suspended) {
        public Skipped {
            requireNonNull(from, "from is null");
            requireNonNull(to, "to is null");
            if (count < 1) {
                throw new IllegalArgumentException("count must be at least 1, but is " + count);
            }
            reason = shortened(reason);
        }

        /** Tell of one fire. */
        public Skipped(Instant fire, String reason, SkipCause cause) {
            this(fire, fire, 1, reason, cause, cause == SkipCause.SUSPENDED);
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
                    cause == later.cause ? cause : SkipCause.OTHER,
                    later.suspended);
        }
    }

    /**
     * Return the fire that the scheduling service handed to the operator's runner: with it the
     * runner runs once, and leaves the schedule to the service.
     */
    public static Optional<Fire> handedOver(Engine engine) {
        return engine.annotation(HANDED_OVER).flatMap(FireLedger::handedOver);
    }

    /** Read a fire that was handed over; empty if it is none. */
    public static Optional<Fire> handedOver(String text) {
        String[] parts = text.split(" ", 3);
        if (parts.length < 2) {
            return Optional.empty();
        }
        try {
            return Optional.of(
                    new Fire(
                            WrittenTime.parse(parts[0]),
                            parts[1],
                            parts.length == 2 ? Cause.SCHEDULE : cause(JsonText.read(parts[2]))));
        } catch (DateTimeException | IllegalArgumentException | JsonText.Unusable e) {
            return Optional.empty();
        }
    }

    /** Return how a fire is handed over. */
    public static String handOver(Fire fire) {
        String plain = fire.at() + " " + fire.schedule();
        return fire.cause().equals(Cause.SCHEDULE) ? plain : plain + " " + json(fire.cause());
    }

    /** Tell whether a fire was started or skipped already, or is older than one that was. */
    public boolean isSettled(Fire fire) {
        return switch (fire.cause().kind()) {
            case SCHEDULE -> settled.isPresent() && !fire.at().isAfter(settled.get().at());
            case TRIGGER -> answer(fire.cause().id()).isPresent();
            case BACKFILL ->
                    backfilled
                            .filter(done -> done.id().equals(fire.cause().id()))
                            .filter(done -> !fire.at().isAfter(done.upTo()))
                            .isPresent();
        };
    }

    /** Return what became of a request; empty if nobody has answered it, or long ago. */
    public Optional<Answer> answer(String id) {
        return answers.stream().filter(answer -> answer.id().equals(id)).findFirst();
    }

    /** Return this for the next run, which that fire starts, or somebody asked for. */
    public FireLedger next(Optional<Fire> fire) {
        return new FireLedger(
                fire,
                fire.flatMap(this::settledBy).or(() -> settled),
                List.of(),
                fire.map(this::runsOfSameSchedule).map(n -> n + 1).orElse(runs),
                false,
                fire.filter(each -> each.cause().kind() == Kind.TRIGGER)
                        .map(each -> answersWith(new Answer(each.cause().id(), "")))
                        .orElse(answers),
                fire.filter(each -> !isOfSameSchedule(each)).isPresent() ? Tally.NONE : tally,
                "",
                fire.filter(each -> each.cause().kind() == Kind.BACKFILL)
                        .map(each -> new Backfilled(each.cause().id(), each.at()))
                        .or(() -> backfilled));
    }

    /**
     * Return this with the run counted that is over, before the next one.
     *
     * @param outcome whether it passed; empty if somebody stopped it. It counts for nothing where
     *     there is no schedule
     */
    public FireLedger counting(Optional<Boolean> outcome) {
        if (settled.isEmpty()) {
            return this;
        }
        return new FireLedger(
                started,
                settled,
                skipped,
                runs,
                suspended,
                answers,
                tally.and(outcome),
                over,
                backfilled);
    }

    /** Return this of a schedule that is over, which was told. */
    FireLedger ending(String why) {
        return new FireLedger(
                started,
                settled,
                skipped,
                runs,
                suspended,
                answers,
                tally,
                shortened(why),
                backfilled);
    }

    /** Where nothing was ever settled, a run that counts still says what it counts for. */
    private Optional<Fire> settledBy(Fire fire) {
        return switch (fire.cause().kind()) {
            // Up to which instant all are settled is all there is to say.
            case SCHEDULE -> Optional.of(new Fire(fire.at(), fire.schedule()));
            case TRIGGER, BACKFILL ->
                    settled.isPresent()
                            ? settled
                            : Optional.of(new Fire(Instant.EPOCH, fire.schedule()));
        };
    }

    private List<Answer> answersWith(Answer answer) {
        var all = new ArrayList<Answer>(answers);
        all.add(answer);
        return all.size() > MOST_ANSWERS ? all.subList(all.size() - MOST_ANSWERS, all.size()) : all;
    }

    /** Return this with a request answered that starts no run. */
    FireLedger declining(String id, String why) {
        return new FireLedger(
                started,
                settled,
                skipped,
                runs,
                suspended,
                answersWith(new Answer(id, why)),
                tally,
                over,
                backfilled);
    }

    /** Return this with all fires of a schedule settled up to one, and its runs counted anew. */
    FireLedger beginning(Fire settledUpTo) {
        Fire settledTo = new Fire(settledUpTo.at(), settledUpTo.schedule());
        return new FireLedger(
                started,
                Optional.of(settledTo),
                skipped,
                0,
                suspended,
                answers,
                Tally.NONE,
                "",
                backfilled);
    }

    private long runsOfSameSchedule(Fire fire) {
        return isOfSameSchedule(fire) ? runs : 0;
    }

    private boolean isOfSameSchedule(Fire fire) {
        return settled.filter(s -> s.schedule().equals(fire.schedule())).isPresent();
    }

    /** Return this with fires skipped, the latest of which is given. */
    public FireLedger skipping(Skipped more, Fire latest) {
        var all = new ArrayList<Skipped>(skipped);
        if (!all.isEmpty() && all.getLast().isOfOneKind(more)) {
            all.add(all.removeLast().and(more));
        } else {
            all.add(more);
        }
        while (all.size() > MOST_SKIPPED) {
            all.addFirst(all.removeFirst().and(all.removeFirst()));
        }
        return new FireLedger(
                started,
                Optional.of(new Fire(latest.at(), latest.schedule())),
                all,
                runsOfSameSchedule(latest),
                suspended,
                answers,
                isOfSameSchedule(latest) ? tally : Tally.NONE,
                over,
                backfilled);
    }

    /** Return this of a run that was stopped, and whose schedule waits for a human since. */
    FireLedger suspending() {
        return new FireLedger(
                started, settled, skipped, runs, true, answers, tally, over, backfilled);
    }

    static FireLedger read(JsonNode claim) {
        var skipped = new ArrayList<Skipped>();
        for (JsonNode each : claim.path("skippedFires")) {
            skipped.add(
                    new Skipped(
                            WrittenTime.parse(each.required("from").asString()),
                            WrittenTime.parse(each.required("to").asString()),
                            ClaimText.number(each.required("count"), 1),
                            each.path("reason").asString(""),
                            SkipCause.of(each.path("cause").asString("")),
                            each.path("suspended").asBoolean(false)));
        }
        var answers = new ArrayList<Answer>();
        for (JsonNode each : claim.path("answered")) {
            answers.add(new Answer(each.required("id").asString(), each.path("why").asString("")));
        }
        return new FireLedger(
                fire(claim.path("fire")),
                fire(claim.path("settledFire")),
                skipped,
                claim.has("scheduledRuns") ? ClaimText.number(claim.path("scheduledRuns"), 0) : 0,
                claim.path("suspended").asBoolean(false),
                answers,
                Tally.read(claim.path("outcomes")),
                claim.path("over").asString(""),
                backfilled(claim.path("backfilled")));
    }

    private static Optional<Fire> fire(JsonNode json) {
        return json.isObject()
                ? Optional.of(
                        new Fire(
                                WrittenTime.parse(json.required("at").asString()),
                                json.path("schedule").asString(""),
                                json.path("cause").isObject()
                                        ? cause(json.path("cause"))
                                        : Cause.SCHEDULE))
                : Optional.empty();
    }

    private static Optional<Backfilled> backfilled(JsonNode json) {
        return json.isObject()
                ? Optional.of(
                        new Backfilled(
                                json.required("id").asString(),
                                WrittenTime.parse(json.required("upTo").asString())))
                : Optional.empty();
    }

    private static Cause cause(JsonNode json) {
        return new Cause(
                Kind.valueOf(json.path("kind").asString("").toUpperCase(Locale.ROOT)),
                json.path("id").asString(""),
                json.path("by").asString(""),
                json.path("note").asString(""));
    }

    private static ObjectNode json(Cause cause) {
        ObjectNode json = JsonNodeFactory.instance.objectNode().put("kind", cause.kind().word());
        if (!cause.id().isEmpty()) {
            json.put("id", cause.id());
        }
        if (!cause.by().isEmpty()) {
            json.put("by", cause.by());
        }
        if (!cause.note().isEmpty()) {
            json.put("note", cause.note());
        }
        return json;
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
        if (!tally.equals(Tally.NONE)) {
            tally.write(claim.putObject("outcomes"));
        }
        if (!over.isEmpty()) {
            claim.put("over", over);
        }
        backfilled.ifPresent(done ->
                claim.putObject("backfilled")
                        .put("id", done.id())
                        .put("upTo", done.upTo().toString()));
        if (!answers.isEmpty()) {
            ArrayNode list = claim.putArray("answered");
            for (Answer each : answers) {
                ObjectNode json = list.addObject().put("id", each.id());
                if (!each.isStarted()) {
                    json.put("why", each.why());
                }
            }
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
                if (each.cause() != SkipCause.OTHER) {
                    json.put("cause", each.cause().word());
                }
                if (each.suspended()) {
                    json.put("suspended", true);
                }
            }
        }
    }

    private static void write(ObjectNode claim, String key, Fire fire) {
        ObjectNode json =
                claim.putObject(key)
                        .put("at", fire.at().toString())
                        .put("schedule", fire.schedule());
        if (!fire.cause().equals(Cause.SCHEDULE)) {
            json.set("cause", json(fire.cause()));
        }
    }
}
