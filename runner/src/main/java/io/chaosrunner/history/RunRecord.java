package io.chaosrunner.history;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.FireLedger;
import io.chaosrunner.claim.LoggedAttempt;
import io.chaosrunner.claim.LoggedAttempt.Mark;
import io.chaosrunner.config.ExecutionSettings;
import io.chaosrunner.crd.WrittenTime;
import io.chaosrunner.model.Fire;
import io.chaosrunner.model.Verdict;
import io.chaosrunner.status.StatusEntry;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A view of the record of one run, mostly one that is over: what was decided, why, and what came of
 * it.
 *
 * <p>A function of the run's last claim and entries, so it may be written again without harm. The
 * tree is never changed through this view; its form is described in {@code docs/history.md}.
 *
 * @param json the record, as stored
 */
public record RunRecord(ObjectNode json) {

    /** Said in place of what ended a run, if nothing did. */
    public static final String RUNNING = "running";

    /** What ended a run that did not come to its own end. */
    public static final String INTERRUPTED = "interrupted";

    /** What ended a run whose plan had nothing more to launch. */
    public static final String PLAN = "plan";

    /** What ended a run that could not begin. */
    public static final String MISCONFIGURED = "misconfigured";

    /** Said of fires that were skipped before the first run. */
    public static final String NO_RUN = "no-run";

    private static final int LONGEST_NAME = 63;
    private static final int LONGEST_REASON = Claim.LONGEST_SKIP;
    private static final int LONGEST_SUMMARY_REASON = 80;

    /** How much of a run is kept; each keeps less than the one before. */
    enum Detail {
        /** Everything. */
        FULL,
        /** Not why each experiment was launched, and why others were skipped only in short. */
        NO_WHY,
        /** Not each launch. */
        NO_LAUNCHES,
        /** Only when it was, how it was begun, how it ended, and how often each verdict came. */
        SUMMARY
    }

    /**
     * Describe a run.
     *
     * @param claim the claim, as last written
     * @param entries the status entries, one per slot
     */
    public static RunRecord of(Claim claim, List<StatusEntry> entries) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("number", claim.isOfRun() ? claim.run().number() : 0);
        json.put("id", claim.run().id());
        claim.fires()
                .started()
                .ifPresent(fire -> {
                    json.put("fire", fire.at().toString());
                    if (!fire.cause().equals(Fire.Cause.SCHEDULE)) {
                        ObjectNode cause = json.putObject("cause");
                        cause.put("kind", fire.cause().kind().word());
                        put(cause, "by", fire.cause().by());
                        put(cause, "note", fire.cause().note());
                    }
                });
        put(json, "scheduleOver", claim.fires().over());
        json.put("seed", claim.seed());
        if (claim.isOfRun() && !claim.ending().equals(MISCONFIGURED)) {
            String strategy = ExecutionSettings.of(claim.execution()).strategy();
            json.put("strategy", Claim.cut(strategy, LONGEST_NAME));
        }
        json.set("settings", claim.execution().deepCopy());
        json.put("start", claim.runStart().toString()).put("end", end(claim).toString());
        boolean over = claim.state() == Claim.State.FINISHED;
        String ending = claim.ending().isEmpty() ? INTERRUPTED : claim.ending();
        json.put("endedBy", !claim.isOfRun() ? NO_RUN : over ? ending : RUNNING);
        json.put("reason", Claim.cut(claim.reason(), LONGEST_REASON));
        putExperiments(entries, json);
        ArrayNode launches = json.putArray("launches");
        claim.log().stream()
                .sorted(Comparator.comparingInt(LoggedAttempt::ordinal))
                .forEach(attempt -> write(attempt, launches.addObject()));
        ArrayNode skips = json.putArray("skips");
        claim.skipped()
                .forEach((slot, why) ->
                        skips.addObject()
                                .put("slot", slot)
                                .put("why", Claim.cut(why, LONGEST_REASON)));
        ArrayNode fires = json.putArray("skippedFires");
        for (FireLedger.Skipped each : claim.fires().skipped()) {
            fires.addObject()
                    .put("from", each.from().toString())
                    .put("to", each.to().toString())
                    .put("count", each.count())
                    .put("reason", each.reason());
        }
        return new RunRecord(json);
    }

    /** Write into a record what its experiments came to, and how often each verdict was reached. */
    public static void putExperiments(Collection<StatusEntry> entries, ObjectNode json) {
        ObjectNode verdicts = json.putObject("verdicts");
        ArrayNode experiments = json.putArray("experiments");
        for (StatusEntry entry : entries) {
            String verdict = entry.verdict().word();
            if (!entry.isWaiting()) {
                verdicts.put(verdict, verdicts.path(verdict).asInt(0) + 1);
            }
            experiments
                    .addObject()
                    .put("name", entry.name())
                    .put("status", entry.status())
                    .put("verdict", verdict);
        }
    }

    private static void put(ObjectNode json, String key, String value) {
        if (!value.isEmpty()) {
            json.put(key, value);
        }
    }

    private static void write(LoggedAttempt attempt, ObjectNode json) {
        json.put("slot", attempt.slot())
                .put("iteration", attempt.iteration())
                .put("attempt", attempt.attempt())
                .put("start", attempt.start().toString())
                .put("end", attempt.end().toString())
                .put("outcome", attempt.outcome().name().toLowerCase(Locale.ROOT));
        if (!attempt.why().isEmpty()) {
            json.put("why", Claim.cut(attempt.why(), LONGEST_REASON));
        }
    }

    /**
     * A run that came to its plan's end is over when its last experiment is: so it does not matter
     * who writes it down. One that was cut short went on until then, if only to wait.
     */
    private static Instant end(Claim claim) {
        Stream<Instant> ends = claim.log().stream().map(LoggedAttempt::end);
        Stream<Instant> cut =
                claim.ending().equals(PLAN) ? Stream.empty() : claim.runEnd().stream();
        return Stream.concat(ends, cut)
                .max(Comparator.naturalOrder())
                .filter(claim.runStart()::isBefore)
                .orElse(claim.runStart());
    }

    /**
     * Describe what entries would say, from the claim alone: for a run whose entries were reset.
     *
     * @param experiments names of the experiments, in order
     */
    public static List<StatusEntry> entries(Claim claim, List<String> experiments) {
        Map<Integer, TreeMap<Integer, LoggedAttempt>> last = new TreeMap<>();
        for (LoggedAttempt attempt : claim.log()) {
            last.computeIfAbsent(attempt.slot(), slot -> new TreeMap<>())
                    .merge(
                            attempt.iteration(),
                            attempt,
                            (a, b) -> a.attempt() > b.attempt() ? a : b);
        }
        var entries = new ArrayList<StatusEntry>();
        for (int slot = 0; slot < experiments.size(); slot++) {
            String name = experiments.get(slot);
            if (claim.skipped().containsKey(slot)) {
                entries.add(StatusEntry.leftOut(name));
            } else if (last.containsKey(slot)) {
                Verdict worst =
                        last.get(slot).values().stream()
                                .map(RunRecord::verdict)
                                .reduce(Verdict::worse)
                                .orElseThrow();
                entries.add(StatusEntry.completed(name, "", worst));
            } else {
                entries.add(StatusEntry.waiting(name));
            }
        }
        return entries;
    }

    /** A removal that was begun and perhaps not finished is a stop. */
    private static Verdict verdict(LoggedAttempt attempt) {
        return attempt.mark() == Mark.BEING_STOPPED
                ? Verdict.STOPPED
                : Verdict.of(attempt.outcome());
    }

    /** Return this record with no more than so much detail; it says what was left out. */
    RunRecord with(Detail detail) {
        ObjectNode less = json.deepCopy();
        if (detail.compareTo(Detail.NO_WHY) >= 0) {
            less.path("launches").forEach(launch -> ((ObjectNode) launch).remove("why"));
            for (JsonNode skip : less.path("skips")) {
                ((ObjectNode) skip)
                        .put(
                                "why",
                                Claim.cut(skip.path("why").asString(""), LONGEST_SUMMARY_REASON));
            }
        }
        if (detail.compareTo(Detail.NO_LAUNCHES) >= 0) {
            less.remove("launches");
        }
        if (detail == Detail.SUMMARY) {
            less.remove(List.of("settings", "experiments", "skips", "skippedFires"));
            less.put("reason", Claim.cut(less.path("reason").asString(""), LONGEST_SUMMARY_REASON));
        }
        if (detail != Detail.FULL) {
            less.put("detail", detail.name().toLowerCase(Locale.ROOT).replace('_', '-'));
        }
        return new RunRecord(less);
    }

    // ---- What it says --------------------------------------------------------------------------

    /** Tell whether there is anything to say of what a claim is of. */
    public static boolean isWorthIt(Claim claim) {
        return claim.isOfRun() || !claim.fires().skipped().isEmpty();
    }

    /** Return the run's number, for people; 0 if this is of fires before the first run. */
    public long number() {
        return json.path("number").asLong(0);
    }

    /** Tell whether this is of the same run. */
    public boolean isSameRun(RunRecord other) {
        return number() == other.number() && text("id").equals(other.text("id"));
    }

    /** Return one field as text; empty if it is not there. */
    public String text(String field) {
        return json.path(field).asString("");
    }

    /** Return when it first started. */
    public Instant start() {
        return WrittenTime.parse(text("start"));
    }

    /** Return how long it took, from its first start to its end. */
    public Duration took() {
        return Duration.between(start(), WrittenTime.parse(text("end")));
    }

    /** Tell whether it is known how long it took: nobody saw the end of one that was cut off. */
    public boolean isEndKnown() {
        boolean cutOff = text("endedBy").equals(INTERRUPTED) || text("endedBy").equals(RUNNING);
        return !cutOff || !took().isZero();
    }

    /**
     * Check what is read of it as a time, or as an object.
     *
     * @throws DateTimeException if a time is none
     * @throws ClassCastException if what is listed is no object
     */
    void check() {
        if (json.has("fire")) {
            WrittenTime.parse(text("fire"));
        }
        checkTimes("launches", "start", "end");
        checkTimes("skippedFires", "from", "to");
        for (String list : List.of("launches", "skips", "experiments", "skippedFires")) {
            for (JsonNode each : json.path(list)) {
                if (!each.isObject()) {
                    throw new ClassCastException("%s lists what is no object".formatted(list));
                }
            }
        }
    }

    private void checkTimes(String list, String from, String to) {
        for (JsonNode each : json.path(list)) {
            WrittenTime.parse(each.path(from).asString(""));
            WrittenTime.parse(each.path(to).asString(""));
        }
    }
}
