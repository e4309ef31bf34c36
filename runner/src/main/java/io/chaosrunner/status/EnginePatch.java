package io.chaosrunner.status;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.crd.Engine;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The writes of one run to its engine, and what stands against them.
 *
 * <p>Only annotations of our own and {@code status.experiments} are ever touched; {@code
 * engineStatus} is the operator's.
 */
public final class EnginePatch {
    /** Where summaries of the runs of an engine are kept. */
    public static final String HISTORY_ANNOTATION = "chaosrunner.io/history";

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private EnginePatch() {}

    /** Return a merge patch that takes an engine and resets its entries, guarded by its version. */
    public static ObjectNode claim(
            Engine read, Claim claim, List<StatusEntry> entries, String runner, Instant now) {
        ObjectNode patch = JSON.objectNode();
        ObjectNode metadata = patch.putObject("metadata");
        metadata.put("resourceVersion", read.resourceVersion());
        metadata.putObject("annotations").put(Claim.ANNOTATION, claim.text());
        ArrayNode list = patch.putObject("status").putArray("experiments");
        entries.forEach(entry -> list.add(entry.json(runner, now)));
        return patch;
    }

    /** Return a merge patch that takes an engine over and leaves its entries as they are. */
    public static ObjectNode claim(Engine read, Claim claim) {
        ObjectNode patch = JSON.objectNode();
        ObjectNode metadata = patch.putObject("metadata");
        metadata.put("resourceVersion", read.resourceVersion());
        metadata.putObject("annotations").put(Claim.ANNOTATION, claim.text());
        return patch;
    }

    /**
     * Return a JSON patch that moves entries and the claim, and holds only if both are as last
     * seen, on the same engine and not one that was made anew with all it said.
     *
     * @param seen the engine as last read or written
     * @param claim the claim to write
     * @param entries the entries to write, by slot
     */
    public static ArrayNode move(
            Engine seen,
            Claim claim,
            SortedMap<Integer, StatusEntry> entries,
            String runner,
            Instant now) {
        ArrayNode patch = JSON.arrayNode();
        String annotation = "/metadata/annotations/" + Claim.ANNOTATION.replace("/", "~1");
        String before = seen.annotation(Claim.ANNOTATION).orElse("");
        test(patch, "/metadata/uid", JSON.stringNode(seen.uid()));
        test(patch, annotation, JSON.stringNode(before));
        List<JsonNode> list = seen.statusEntries();
        entries.forEach((slot, entry) -> {
            String path = "/status/experiments/" + slot;
            test(patch, path + "/name", list.get(slot).path("name"));
            test(patch, path + "/status", list.get(slot).path("status"));
        });
        String after = claim.text();
        if (!after.equals(before)) {
            operation(patch, "replace", annotation, JSON.stringNode(after));
        }
        entries.forEach((slot, entry) ->
                operation(
                        patch, "replace", "/status/experiments/" + slot, entry.json(runner, now)));
        return patch;
    }

    /** Return the whole engine with the same changes, for accounts that may not patch. */
    public static ObjectNode moved(
            Engine seen,
            Claim claim,
            SortedMap<Integer, StatusEntry> entries,
            String runner,
            Instant now) {
        ObjectNode whole = seen.json().deepCopy();
        ((ObjectNode) whole.path("metadata").path("annotations"))
                .put(Claim.ANNOTATION, claim.text());
        ArrayNode list = (ArrayNode) whole.path("status").path("experiments");
        entries.forEach((slot, entry) -> list.set(slot, entry.json(runner, now)));
        return whole;
    }

    /** Return the whole engine with a merge patch applied, for accounts that may not patch. */
    public static ObjectNode patched(Engine read, ObjectNode patch) {
        ObjectNode whole = read.json().deepCopy();
        merge(whole, patch);
        return whole;
    }

    /** Change an object as RFC 7396 says. */
    private static void merge(ObjectNode target, ObjectNode patch) {
        patch.properties()
                .forEach(member -> {
                    String name = member.getKey();
                    switch (member.getValue()) {
                        case NullNode _ -> target.remove(name);
                        case ObjectNode nested ->
                                merge(
                                        target.get(name) instanceof ObjectNode present
                                                ? present
                                                : target.putObject(name),
                                        nested);
                        case JsonNode value -> target.set(name, value.deepCopy());
                    }
                });
    }

    /** Have a JSON patch write the summaries of runs too; no other process writes them. */
    public static void remember(ArrayNode patch, String summaries) {
        operation(
                patch,
                "add",
                "/metadata/annotations/" + HISTORY_ANNOTATION.replace("/", "~1"),
                JSON.stringNode(summaries));
    }

    /** Have a merge patch with a claim, or a whole engine, write the summaries of runs too. */
    public static void remember(ObjectNode patch, String summaries) {
        ((ObjectNode) patch.path("metadata").path("annotations"))
                .put(HISTORY_ANNOTATION, summaries);
    }

    /** What stands against moving entries of an engine. */
    public sealed interface Objection {
        /** The engine is not held by this claim any more. */
        record ClaimLost(Claim.Loss loss) implements Objection {}

        /** The entries were emptied: the operator is about to start the engine anew. */
        record Reset(String why) implements Objection {}

        /** The operator aborted the run; its entries stand. */
        record Aborted() implements Objection {}
    }

    /**
     * Say whether this process may still move entries.
     *
     * @param live the engine as it is now
     * @param seen the engine as this process last read or wrote it
     * @param wanted the entries this process is about to write, by slot; it may have written them
     *     already and not have heard of it
     */
    public static Optional<Objection> objection(
            Engine live, Engine seen, Map<Integer, StatusEntry> wanted) {
        Claim ours = Claim.of(seen).orElseThrow();
        int slots = seen.statusEntries().size();
        Optional<Claim.Loss> lost = ours.lostOn(live);
        if (lost.isPresent()) {
            return Optional.of(new Objection.ClaimLost(lost.get()));
        }
        Optional<Objection.Reset> reset = reset(live, slots);
        if (reset.isPresent()) {
            return reset.map(Function.identity());
        }
        Set<Integer> before = aborted(seen);
        return aborted(live).stream()
                        .filter(slot -> !before.contains(slot))
                        .map(wanted::get)
                        .anyMatch(ourWord -> ourWord == null || !isAborted(ourWord))
                ? Optional.of(new Objection.Aborted())
                : Optional.empty();
    }

    /** Return the slots whose entries say that they were aborted. */
    public static Set<Integer> aborted(Engine live) {
        List<JsonNode> entries = live.statusEntries();
        return IntStream.range(0, entries.size())
                .filter(slot -> isAborted(StatusEntry.read(entries.get(slot))))
                .boxed()
                .collect(Collectors.toSet());
    }

    /** Say whether the entries were emptied, or others written, since a run began with so many. */
    public static Optional<Objection.Reset> reset(Engine live, int slots) {
        int entries = live.statusEntries().size();
        return entries == slots
                ? Optional.empty()
                : Optional.of(
                        new Objection.Reset(
                                "the engine's status was reset: it has %d entries instead of %d"
                                        .formatted(entries, slots)));
    }

    /** Return the entries that differ from what the engine says. */
    public static SortedMap<Integer, StatusEntry> changed(
            Engine live, Map<Integer, StatusEntry> wanted) {
        var result = new TreeMap<Integer, StatusEntry>();
        List<StatusEntry> present = new ArrayList<>();
        live.statusEntries().forEach(json -> present.add(StatusEntry.read(json)));
        wanted.forEach((slot, entry) -> {
            if (!present.get(slot).equals(entry)) {
                result.put(slot, entry);
            }
        });
        return result;
    }

    private static boolean isAborted(StatusEntry entry) {
        return entry.status().equals(StatusEntry.ABORTED);
    }

    private static void test(ArrayNode patch, String path, JsonNode value) {
        operation(patch, "test", path, value);
    }

    private static void operation(ArrayNode patch, String op, String path, JsonNode value) {
        patch.addObject().put("op", op).put("path", path).set("value", value);
    }
}
