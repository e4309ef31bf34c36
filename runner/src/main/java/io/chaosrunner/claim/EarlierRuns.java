package io.chaosrunner.claim;

import static java.util.Objects.requireNonNull;

import io.chaosrunner.claim.LoggedAttempt.Mark;
import io.chaosrunner.crd.WrittenTime;
import io.chaosrunner.strategy.Execution;
import io.chaosrunner.strategy.PastRun;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a strategy may know of earlier runs: part of the {@link Claim}, and so the same at every
 * start of the run.
 *
 * <p>As many of the last runs as fit into two KiB, each of them whole, and only runs of the same
 * list of experiments: a slot means nothing in another list. Immutable.
 *
 * @param list hash of the run's own list of experiments
 * @param runs the runs before it, oldest first
 */
public record EarlierRuns(String list, List<PastRun> runs) {

    /** Nothing is known. */
    public static final EarlierRuns NONE = new EarlierRuns("", List.of());

    /** What it takes in the claim at most; the log of the run needs the room more. */
    static final int MOST_BYTES = 2 * 1024;

    public EarlierRuns {
        requireNonNull(list, "list is null");
        runs = List.copyOf(runs);
    }

    /**
     * Return what a run of these experiments may know.
     *
     * @param before the claim of the run before it, if there is one
     */
    public static EarlierRuns of(List<String> experiments, Optional<Claim> before) {
        // A list's hash is defined by its elements', and a string's by its characters.
        String list = Integer.toHexString(experiments.hashCode());
        if (before.isEmpty() || !before.get().past().list().equals(list)) {
            return new EarlierRuns(list, List.of());
        }
        Claim claim = before.get();
        var runs = new ArrayList<>(claim.past().runs());
        List<Execution> executions = executions(claim.log());
        if (!executions.isEmpty()) {
            runs.add(new PastRun(claim.run().number(), claim.runStart(), executions));
        }
        EarlierRuns past = new EarlierRuns(list, runs);
        while (past.bytes() > MOST_BYTES) {
            past = new EarlierRuns(list, past.runs.subList(1, past.runs.size()));
        }
        return past;
    }

    private static List<Execution> executions(List<LoggedAttempt> log) {
        Map<List<Integer>, Execution> executions = new LinkedHashMap<>();
        log.stream()
                .filter(attempt -> attempt.mark() != Mark.BEING_STOPPED)
                .sorted(Comparator.comparingInt(LoggedAttempt::ordinal))
                .forEach(attempt ->
                        executions.merge(
                                List.of(attempt.slot(), attempt.iteration()),
                                execution(attempt),
                                (first, retry) ->
                                        new Execution(
                                                first.slot(),
                                                first.iteration(),
                                                first.since(),
                                                retry.end())));
        return List.copyOf(executions.values());
    }

    private static Execution execution(LoggedAttempt attempt) {
        return new Execution(
                attempt.slot(),
                attempt.iteration(),
                attempt.start(),
                Optional.of(new Execution.End(attempt.end(), attempt.outcome())));
    }

    /** Return what this takes in the claim. */
    int bytes() {
        return runs.stream().mapToInt(run -> text(run).length() + 3).sum();
    }

    /** Return this without any run: there is no room. */
    public EarlierRuns forgotten() {
        return new EarlierRuns(list, List.of());
    }

    void write(ObjectNode claim) {
        if (!list.isEmpty()) {
            claim.put("list", list);
        }
        if (!runs.isEmpty()) {
            ArrayNode past = claim.putArray("past");
            runs.forEach(run -> past.add(text(run)));
        }
    }

    static EarlierRuns read(JsonNode claim) {
        var runs = new ArrayList<PastRun>();
        for (JsonNode each : claim.path("past")) {
            runs.add(run(each.asString("")));
        }
        return new EarlierRuns(claim.path("list").asString(""), runs);
    }

    /** Write number, start, and the executions as if they were the log's only attempts. */
    private static String text(PastRun run) {
        var text = new StringBuilder().append(run.number()).append(' ').append(run.start());
        List<Execution> executions = run.executions();
        for (int i = 0; i < executions.size(); i++) {
            Execution each = executions.get(i);
            Execution.End end = each.end().orElseThrow();
            text.append(' ')
                    .append(
                            new LoggedAttempt(
                                            i,
                                            each.slot(),
                                            each.iteration(),
                                            1,
                                            each.since(),
                                            end.at(),
                                            end.outcome(),
                                            Mark.PLAIN)
                                    .text(run.start()));
        }
        return text.toString();
    }

    private static PastRun run(String text) {
        String[] parts = text.split(" ");
        Instant start = WrittenTime.parse(parts[1]);
        var executions = new ArrayList<Execution>();
        for (int i = 2; i < parts.length; i++) {
            executions.add(execution(LoggedAttempt.read(parts[i], start)));
        }
        return new PastRun(Long.parseLong(parts[0]), start, executions);
    }
}
