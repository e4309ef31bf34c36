package io.chaosrunner.history;

import io.chaosrunner.config.JsonText;
import io.chaosrunner.crd.WrittenTime;
import io.chaosrunner.history.RunRecord.Detail;
import io.chaosrunner.status.EnginePatch;
import io.chaosrunner.strategy.Outcome;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The records of an engine's last runs, oldest first, in bounded space.
 *
 * <p>What does not fit loses detail, the oldest first, before whole runs are dropped. Immutable.
 *
 * @param runs the records
 */
public record RunRecords(List<RunRecord> runs) {

    /** Nothing is remembered. */
    public static final RunRecords NONE = new RunRecords(List.of());

    /** Where summaries are kept if the account may not write ConfigMaps. */
    public static final String ANNOTATION = EnginePatch.HISTORY_ANNOTATION;

    /** What the records take at most, in a ConfigMap that holds them as one JSON string. */
    public static final int MOST_BYTES = 48 * 1024;

    /** What summaries take at most: annotations share 256 KiB with the user's own. */
    static final int MOST_SUMMARY_BYTES = 4 * 1024;

    private static final int MOST_SUMMARIES = 5;
    private static final String PASSED = Outcome.PASSED.name().toLowerCase(Locale.ROOT);

    public RunRecords {
        runs = List.copyOf(runs);
    }

    /** Read records; empty if the text is none: somebody edited it. */
    public static Optional<RunRecords> read(String text) {
        var runs = new ArrayList<RunRecord>();
        try {
            JsonNode list = JsonText.read(text);
            for (JsonNode each : list) {
                var run = new RunRecord((ObjectNode) each);
                run.check();
                if (run.took().isNegative() || run.number() < 0) {
                    return Optional.empty();
                }
                runs.add(run);
            }
            return list.isArray() ? Optional.of(new RunRecords(runs)) : Optional.empty();
        } catch (RuntimeException e) {
            // Anybody may have written it: whatever it holds is no bug of ours.
            return Optional.empty();
        }
    }

    /**
     * Return how long each experiment takes as a rule, by its name: the median of the attempts that
     * passed. Experiments of which none did, or that are not recorded in such detail, are absent.
     */
    public Map<String, Duration> usual() {
        Map<String, List<Duration>> all = new HashMap<>();
        for (RunRecord run : runs) {
            for (JsonNode each : run.json().path("launches")) {
                JsonNode name =
                        run.json()
                                .path("experiments")
                                .path(each.path("slot").asInt(-1))
                                .path("name");
                if (each.path("outcome").asString("").equals(PASSED)) {
                    all.computeIfAbsent(name.asString(""), _ -> new ArrayList<>())
                            .add(
                                    Duration.between(
                                            WrittenTime.parse(each.path("start").asString("")),
                                            WrittenTime.parse(each.path("end").asString(""))));
                }
            }
        }
        var usual = new HashMap<String, Duration>();
        all.forEach((name, durations) -> {
            List<Duration> sorted = durations.stream().sorted().toList();
            usual.put(name, sorted.get(sorted.size() / 2));
        });
        return usual;
    }

    /** Write the records, one a line. */
    public String text() {
        return runs.stream()
                .map(run -> JsonMapper.shared().writeValueAsString(run.json()))
                .collect(Collectors.joining(",\n", "[", "]"));
    }

    /**
     * Return these with one more, or with one in place of what was written of the same run before.
     *
     * @param most how many runs to keep
     */
    public RunRecords with(RunRecord run, int most) {
        return with(run, most, MOST_BYTES, Detail.FULL);
    }

    /** Return summaries of the last five runs, with one more. */
    public RunRecords summariesWith(RunRecord run) {
        return with(run, MOST_SUMMARIES, MOST_SUMMARY_BYTES, Detail.SUMMARY);
    }

    private RunRecords with(RunRecord run, int most, int bytes, Detail detail) {
        var all = new ArrayList<RunRecord>(runs);
        int before = all.size();
        for (int i = 0; i < all.size(); i++) {
            if (all.get(i).isSameRun(run)) {
                before = i;
            }
        }
        if (before < all.size()) {
            all.set(before, run.with(detail));
        } else {
            all.add(run.with(detail));
        }
        while (all.size() > most) {
            all.removeFirst();
        }
        return new RunRecords(fit(all, bytes));
    }

    /** Make records fit: older ones lose their detail first, then the newest, then they go. */
    private static List<RunRecord> fit(List<RunRecord> runs, int bytes) {
        int tooMany = runs.stream().mapToInt(RunRecords::size).sum() - bytes;
        int newest = runs.size() - 1;
        tooMany = lessen(runs.subList(0, newest), tooMany);
        tooMany = lessen(runs.subList(newest, newest + 1), tooMany);
        while (tooMany > 0) {
            tooMany -= size(runs.removeFirst());
        }
        return runs;
    }

    /**
     * Take detail from records, the first ones first; returns how many bytes are still too many.
     */
    private static int lessen(List<RunRecord> runs, int tooMany) {
        int left = tooMany;
        for (Detail detail : Detail.values()) {
            for (int i = 0; i < runs.size() && left > 0; i++) {
                int before = size(runs.get(i));
                runs.set(i, runs.get(i).with(detail));
                left -= before - size(runs.get(i));
            }
        }
        return left;
    }

    /** What a record takes as a part of a JSON string, with what separates it from the next. */
    private static int size(RunRecord run) {
        JsonMapper mapper = JsonMapper.shared();
        String text = mapper.writeValueAsString(run.json());
        return mapper.writeValueAsString(text).getBytes(StandardCharsets.UTF_8).length + 3;
    }

    /** Return the newest run of that number. */
    public Optional<RunRecord> run(long number) {
        return runs.reversed().stream().filter(run -> run.number() == number).findFirst();
    }

    /** Return these, and those of others that these know nothing of, by number. */
    public RunRecords and(RunRecords others) {
        var all = new ArrayList<RunRecord>(runs);
        for (RunRecord other : others.runs) {
            if (all.stream().noneMatch(other::isSameRun)) {
                all.add(other);
            }
        }
        all.sort(Comparator.comparing(RunRecord::start));
        return new RunRecords(all);
    }
}
