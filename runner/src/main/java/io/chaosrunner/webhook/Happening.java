package io.chaosrunner.webhook;

import io.chaosrunner.model.EngineRef;
import io.chaosrunner.status.StatusEntry;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What others are told of, once.
 *
 * @param id the same whenever this is told again
 * @param type {@code io.chaosrunner.run.begun}, {@code run.ended}, {@code run.stopped}, {@code
 *     fire.started} or {@code fire.skipped}
 * @param text one line for people
 * @param data the same for programs
 */
record Happening(
        String id, String type, EngineRef engine, Instant time, String text, ObjectNode data) {
    private static final String TYPES = "io.chaosrunner.";

    /** So many experiments are listed; all are counted. */
    private static final int MOST_LISTED = 100;

    static Happening of(
            String id, String type, EngineRef engine, Instant time, String text, ObjectNode data) {
        return new Happening(id, TYPES + type, engine, time, text, data);
    }

    /** Write into {@code data} what experiments came to; returns it in words. */
    static String verdicts(List<StatusEntry> entries, ObjectNode data) {
        var counts = new TreeMap<String, Integer>();
        for (StatusEntry entry : entries) {
            counts.merge(entry.verdict().word(), 1, Integer::sum);
        }
        ObjectNode verdicts = data.putObject("verdicts");
        counts.forEach(verdicts::put);
        ArrayNode experiments = data.putArray("experiments");
        entries.stream()
                .limit(MOST_LISTED)
                .forEach(entry ->
                        experiments
                                .addObject()
                                .put("name", entry.name())
                                .put("status", entry.status())
                                .put("verdict", entry.verdict().word()));
        return counts.entrySet().stream()
                .map((Map.Entry<String, Integer> each) -> each.getValue() + " " + each.getKey())
                .collect(Collectors.joining(", "));
    }

    /** Return this as a CloudEvent in JSON's structured form. */
    byte[] cloudEvent() {
        ObjectNode event =
                JsonMapper.shared()
                        .createObjectNode()
                        .put("specversion", "1.0")
                        .put("id", id)
                        .put(
                                "source",
                                "/chaosengines/%s/%s".formatted(engine.namespace(), engine.name()))
                        .put("type", type)
                        .put("subject", engine.toString())
                        .put("time", time.truncatedTo(ChronoUnit.MILLIS).toString())
                        .put("datacontenttype", "application/json");
        event.set("data", data);
        return bytes(event);
    }

    /** Return this as Slack takes it, and what speaks as Slack does. */
    byte[] slackMessage() {
        String escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
        return bytes(JsonMapper.shared().createObjectNode().put("text", escaped));
    }

    private static byte[] bytes(ObjectNode json) {
        return json.toString().getBytes(StandardCharsets.UTF_8);
    }
}
