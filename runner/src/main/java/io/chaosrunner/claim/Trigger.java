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
import java.util.Optional;
import java.util.regex.Pattern;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A request for a run at once that counts as the schedule's: the annotation {@value #ANNOTATION} on
 * the engine. Whoever drives the schedule answers it in the claim ({@link FireLedger#answers()}),
 * in the write that starts the run or says why none is started; from then on it means nothing.
 *
 * @param id names the request: one is answered once
 * @param at when it was made
 * @param until how long it waits for somebody who takes it
 * @param after the run that was the last one when it was made; empty if there was none
 * @param by who made it, as they said
 * @param note why, for people
 * @param force whether it is to start outside the schedule's windows and while it is suspended
 */
public record Trigger(
        String id, Instant at, Instant until, String after, String by, String note, boolean force) {

    /** Where a request stands. */
    public static final String ANNOTATION = "chaosrunner.io/trigger";

    /** A request that waits longer than that was not meant for then. */
    public static final Duration LONGEST_WAIT = Duration.ofHours(1);

    /** What names a request: the form of a label's value. */
    public static final Pattern ID =
            Pattern.compile("[A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?");

    /** Most characters of a note, and of who asks. */
    public static final int LONGEST_NOTE = 80;

    private static final int LONGEST_PROBLEM = 200;

    /**
     * Hold a request. Texts are cut to one line of {@value #LONGEST_NOTE} characters.
     *
     * @throws IllegalArgumentException if the id is none, or the wait is longer than an hour
     */
    public Trigger {
        requireNonNull(after, "after is null");
        if (!ID.matcher(id).matches()) {
            throw new IllegalArgumentException("the request's id is '" + id + "'");
        }
        if (until.isBefore(at) || Duration.between(at, until).compareTo(LONGEST_WAIT) > 0) {
            throw new IllegalArgumentException("it waits from %s until %s".formatted(at, until));
        }
        by = ForeignText.oneLine(ForeignText.line(by), LONGEST_NOTE);
        note = ForeignText.oneLine(ForeignText.line(note), LONGEST_NOTE);
    }

    /** Report a request that cannot be read: somebody edited the annotation. */
    public static final class Unreadable extends Exception {
        @Serial private static final long serialVersionUID = 1L;

        Unreadable(String why) {
            super(
                    "annotation %s cannot be read (%s), so nothing is started for it; write it with chaos-runner trigger, or remove it"
                            .formatted(ANNOTATION, ForeignText.oneLine(why, LONGEST_PROBLEM)));
        }
    }

    /**
     * Read the request on an engine; empty if there is none.
     *
     * @throws Unreadable if it is not one
     */
    public static Optional<Trigger> of(Engine engine) throws Unreadable {
        Optional<String> written = engine.annotation(ANNOTATION).filter(text -> !text.isBlank());
        if (written.isEmpty()) {
            return Optional.empty();
        }
        try {
            ObjectNode json = (ObjectNode) JsonText.read(written.get());
            return Optional.of(
                    new Trigger(
                            json.required("id").asString(),
                            WrittenTime.parse(json.required("at").asString()),
                            WrittenTime.parse(json.required("until").asString()),
                            json.path("after").asString(""),
                            json.path("by").asString(""),
                            json.path("note").asString(""),
                            json.path("force").asBoolean(false)));
        } catch (RuntimeException e) {
            // Anybody may have written it: whatever it holds is no bug of ours.
            throw new Unreadable(String.valueOf(e.getMessage()));
        }
    }

    /** Return the annotation's value. */
    public String text() {
        ObjectNode json = JsonMapper.shared().createObjectNode();
        json.put("id", id).put("at", at.toString()).put("until", until.toString());
        json.put("after", after).put("by", by);
        if (!note.isEmpty()) {
            json.put("note", note);
        }
        if (force) {
            json.put("force", true);
        }
        return JsonMapper.shared().writeValueAsString(json);
    }

    /** Return the fire that this is, for a schedule of that name. */
    public Fire fire(String schedule) {
        return new Fire(at, schedule, new Cause(Kind.TRIGGER, id, by, note));
    }
}
