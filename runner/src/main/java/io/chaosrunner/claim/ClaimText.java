package io.chaosrunner.claim;

import io.chaosrunner.claim.Claim.State;
import io.chaosrunner.config.JsonText;
import io.chaosrunner.crd.WrittenTime;
import io.chaosrunner.model.RunId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The text of a {@link Claim}: JSON, with the log in a form of its own to save room. */
final class ClaimText {
    private static final int MOST_COUNTED = 1_000_000_000;
    private static final Pattern ID =
            Pattern.compile("[A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?");

    private static final Pattern INSTANCE = Pattern.compile("[ -~]{1,300}");

    private ClaimText() {}

    /**
     * Read what was written, by an earlier version too.
     *
     * @throws RuntimeException if it is not a claim: anybody may have written it
     */
    static Claim read(String text) {
        return read((ObjectNode) JsonText.read(text));
    }

    private static Claim read(ObjectNode json) {
        OldClaim.upgrade(json);
        Instant runStart = WrittenTime.parse(json.required("runStart").asString());
        var log = new ArrayList<LoggedAttempt>();
        for (String entry : json.path("log").asString("").split(" ")) {
            if (!entry.isEmpty()) {
                log.add(LoggedAttempt.read(entry, runStart));
            }
        }
        Map<Integer, String> whys = new HashMap<>();
        Reasons.read(json.path("whys"), (why, ordinal) -> whys.put(ordinal, why));
        log.replaceAll(each -> each.because(whys.getOrDefault(each.ordinal(), "")));
        var skipped = new LinkedHashMap<Integer, String>();
        Reasons.read(
                json.path("skipped"),
                (why, slot) -> skipped.put(LoggedAttempt.checkSlot(slot), why));
        return new Claim(
                new Claim.Start(
                        new RunId(number(json.required("number"), 1), id(json.required("id"))),
                        runStart,
                        json.required("seed").asLong(),
                        (ObjectNode) json.required("execution"),
                        json.path("engineState").asString(""),
                        EarlierRuns.read(json)),
                instance(json.required("instance")),
                new Claim.Standing(
                        state(json.required("state").asString()),
                        json.path("reason").asString(""),
                        json.path("ending").asString(""),
                        json.has("runEnd")
                                ? Optional.of(WrittenTime.parse(json.path("runEnd").asString("")))
                                : Optional.empty()),
                new Claim.Progress(
                        json.has("starts") ? (int) number(json.path("starts"), 0) : 1,
                        log,
                        skipped),
                FireLedger.read(json));
    }

    /** Return a count as read: a thousand million is more than anything that is counted here. */
    static long number(JsonNode json, long least) {
        long number = json.asLong();
        if (number < least || number > MOST_COUNTED) {
            throw new IllegalArgumentException(
                    "%d is not between %d and %d".formatted(number, least, MOST_COUNTED));
        }
        return number;
    }

    /** Return a run's id as read: it is to be the value of a label. */
    private static String id(JsonNode json) {
        String id = json.asString();
        if (!ID.matcher(id).matches()) {
            throw new IllegalArgumentException("the run's id is '" + id + "'");
        }
        return id;
    }

    /** Return the name of a process as read: others are told of it. */
    private static String instance(JsonNode json) {
        String instance = json.asString();
        if (!INSTANCE.matcher(instance).matches()) {
            throw new IllegalArgumentException("the process' name is '" + instance + "'");
        }
        return instance;
    }

    private static State state(String word) {
        for (State state : State.values()) {
            if (state.word().equals(word)) {
                return state;
            }
        }
        throw new IllegalArgumentException("state '" + word + "'");
    }

    /** Return what {@link #read} reads. */
    static String of(Claim claim) {
        ObjectNode json = JsonMapper.shared().createObjectNode();
        if (!claim.ending().isEmpty() || !claim.fires().skipped().isEmpty()) {
            json.put("form", OldClaim.FORM);
        }
        json.put("number", claim.run().number())
                .put("id", claim.run().id())
                .put("instance", claim.instance());
        json.put("state", claim.state().word());
        if (!claim.reason().isEmpty()) {
            json.put("reason", claim.reason());
        }
        json.put("runStart", claim.runStart().toString())
                .put("seed", claim.seed())
                .put("starts", claim.starts());
        json.set("execution", claim.execution());
        if (!claim.ending().isEmpty()) {
            json.put("ending", claim.ending());
        }
        if (!claim.engineState().isEmpty()) {
            json.put("engineState", claim.engineState());
        }
        claim.runEnd().ifPresent(end -> json.put("runEnd", end.toString()));
        claim.fires().write(json);
        claim.past().write(json);
        if (!claim.skipped().isEmpty()) {
            json.set("skipped", reasons(claim.skipped()).json());
        }
        Reasons whys = whys(claim.log());
        if (!whys.isEmpty()) {
            json.set("whys", whys.json());
        }
        if (!claim.log().isEmpty()) {
            var entries = new StringBuilder();
            for (LoggedAttempt attempt : claim.log()) {
                entries.append(entries.isEmpty() ? "" : " ").append(attempt.text(claim.runStart()));
            }
            json.put("log", entries.toString());
        }
        return JsonMapper.shared().writeValueAsString(json);
    }

    /** Return why attempts were launched, by ordinal. */
    static Reasons whys(List<LoggedAttempt> log) {
        var whys = new Reasons();
        for (LoggedAttempt attempt : log) {
            if (!attempt.why().isEmpty()) {
                whys.add(attempt.why(), attempt.ordinal());
            }
        }
        return whys;
    }

    /** Return why slots were skipped. */
    static Reasons reasons(Map<Integer, String> skips) {
        var reasons = new Reasons();
        skips.forEach((slot, why) -> reasons.add(why, slot));
        return reasons;
    }
}
