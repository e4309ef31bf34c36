package io.chaosrunner.export;

import static java.util.Objects.requireNonNull;

import io.chaosrunner.crd.Result;
import io.chaosrunner.crd.WrittenTime;
import io.chaosrunner.history.RunRecord;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.Verdict;
import io.chaosrunner.status.StatusEntry;
import io.chaosrunner.strategy.Outcome;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;

/**
 * One run as it is reported: what its record says, and what its experiments said of themselves.
 * Immutable.
 *
 * @param engine the engine; its namespace is empty where it is not known yet
 * @param engineUid uid of the engine; empty if nobody could read it
 * @param record the run's record; empty if nothing was launched
 * @param executions what was executed, or should have been, by slot and iteration; those that a
 *     record without detail does not name are not here
 * @param problems what is wrong with the run beside the verdicts of its executions, one sentence
 *     each: why nothing was launched, or that it was aborted; none if it came to its plan's end
 * @param endUnseen whether nobody saw its end: it may go on, and so may what it launched
 * @param listed names of the experiments that the engine lists, in order; empty if nobody read them
 * @param recorded the records of all runs of the engine, oldest first, to compare with
 * @param unread why the report may lack something
 * @param inCluster whether the cluster can be asked further; a sandbox is gone
 */
public record ReportedRun(
        EngineRef engine,
        String engineUid,
        Optional<RunRecord> record,
        List<Execution> executions,
        List<String> problems,
        boolean endUnseen,
        Optional<List<String>> listed,
        List<RunRecord> recorded,
        List<String> unread,
        boolean inCluster) {

    public ReportedRun {
        requireNonNull(engine, "engine is null");
        requireNonNull(engineUid, "engineUid is null");
        executions = List.copyOf(executions);
        problems = List.copyOf(problems);
        listed = listed.map(List::copyOf);
        recorded = List.copyOf(recorded);
        unread = List.copyOf(unread);
    }

    /**
     * One execution of one experiment, or what kept it from being executed.
     *
     * @param slot position in {@code spec.experiments}
     * @param experiment its name
     * @param iteration from 1
     * @param label the name people tell it by: the experiment's, with position and iteration if
     *     that is not enough
     * @param verdict the verdict
     * @param status in the words of the engine's status; empty if that told of another iteration
     * @param attempts the tries, in order; none if it was not launched, or the record does not keep
     *     them
     * @param said what else is known of it
     */
    public record Execution(
            int slot,
            String experiment,
            int iteration,
            String label,
            Verdict verdict,
            String status,
            List<Try> attempts,
            Said said) {

        public Execution {
            attempts = List.copyOf(attempts);
        }

        /** Tell whether it ran, or should have, and did not pass. */
        public boolean isBad() {
            return verdict != Verdict.PASS && verdict != Verdict.NOT_APPLICABLE;
        }

        /** Return the time from its first start to its last end; empty if that is not known. */
        public Optional<Duration> took() {
            return attempts.isEmpty()
                    ? Optional.empty()
                    : Optional.of(
                            Duration.between(
                                    attempts.getFirst().start(), attempts.getLast().end()));
        }

        /** Return the step that failed, in the experiment's words; empty if none did. */
        public String failStep() {
            return isBad() ? said.result().map(Result::failStep).orElse("") : "";
        }

        /** Return its probes; none if nobody knows of any. */
        public List<Result.Probe> probes() {
            return said.result().map(Result::probes).orElse(List.of());
        }

        /** Return the number of its last try; 1 if none is known. */
        int lastAttempt() {
            return attempts.isEmpty() ? 1 : attempts.getLast().attempt();
        }

        Execution with(Said more) {
            return new Execution(
                    slot, experiment, iteration, label, verdict, status, attempts, more);
        }
    }

    /**
     * One attempt of an execution.
     *
     * @param attempt from 1
     * @param outcome how it ended
     * @param why why it was launched; empty if that was not kept
     */
    public record Try(int attempt, Instant start, Instant end, Outcome outcome, String why) {}

    /**
     * What is known of an execution beside the run's record.
     *
     * @param reason why it was not launched, or what went wrong; empty if nothing did, or nobody
     *     knows
     * @param result its ChaosResult; empty if there is none of this very execution
     * @param pod its pod, if its log is still there; else empty
     * @param evidence what the cluster still has of it, if that was read
     */
    public record Said(String reason, Optional<Result> result, String pod, Evidence evidence) {
        public Said(String reason, Optional<Result> result, String pod) {
            this(reason, result, pod, Evidence.NONE);
        }

        static final Said NOTHING = new Said("", Optional.empty(), "");
    }

    // ---- Making one ----------------------------------------------------------------------------

    /** Report that nothing was launched, and why. */
    public static ReportedRun ofNone(EngineRef engine, List<String> why) {
        return new ReportedRun(
                engine,
                "",
                Optional.empty(),
                List.of(),
                why,
                false,
                Optional.empty(),
                List.of(),
                List.of(),
                true);
    }

    /** Report that nobody knows what became of a run, and why. */
    public static ReportedRun ofUnseen(EngineRef engine, String why) {
        return ofNone(engine, List.of(why)).unseen();
    }

    /**
     * Report a run by its record.
     *
     * @param said what went wrong beside the verdicts, if the record does not say so
     */
    public static ReportedRun of(
            EngineRef engine, String engineUid, RunRecord record, List<String> said) {
        List<Execution> executions = executions(record);
        var problems = new ArrayList<String>(said);
        if (said.isEmpty()) {
            problem(record, executions).ifPresent(problems::add);
        }
        return new ReportedRun(
                engine,
                engineUid,
                Optional.of(record),
                executions,
                problems,
                false,
                Optional.empty(),
                List.of(record),
                List.of(),
                true);
    }

    /** Return this run with more that is known of its executions. */
    ReportedRun with(Function<Execution, Said> more) {
        return changed(
                executions.stream().map(each -> each.with(more.apply(each))).toList(),
                problems,
                endUnseen,
                listed,
                recorded,
                unread,
                inCluster);
    }

    /** Return this run, whose end nobody saw. */
    ReportedRun unseen() {
        return changed(executions, problems, true, listed, recorded, unread, inCluster);
    }

    /** Return this run of an engine that lists these experiments. */
    ReportedRun ofListed(List<String> names) {
        return changed(
                executions, problems, endUnseen, Optional.of(names), recorded, unread, inCluster);
    }

    /** Return this run beside others of its engine, itself among them. */
    ReportedRun among(List<RunRecord> all) {
        return changed(executions, problems, endUnseen, listed, all, unread, inCluster);
    }

    /** Return this run, of which not everything could be read. */
    ReportedRun lacking(List<String> why) {
        return changed(executions, problems, endUnseen, listed, recorded, why, inCluster);
    }

    /** Return this run with one more problem. */
    public ReportedRun and(String problem) {
        var more = new ArrayList<String>(problems);
        more.add(problem);
        return changed(executions, more, endUnseen, listed, recorded, unread, inCluster);
    }

    /** Return this run, whose cluster has gone. */
    public ReportedRun ofSandbox() {
        return changed(executions, problems, endUnseen, listed, recorded, unread, false);
    }

    private ReportedRun changed(
            List<Execution> executions,
            List<String> problems,
            boolean endUnseen,
            Optional<List<String>> listed,
            List<RunRecord> recorded,
            List<String> unread,
            boolean inCluster) {
        return new ReportedRun(
                engine,
                engineUid,
                record,
                executions,
                problems,
                endUnseen,
                listed,
                recorded,
                unread,
                inCluster);
    }

    private static List<Execution> executions(RunRecord record) {
        JsonNode experiments = record.json().path("experiments");
        Map<String, Integer> listed = new HashMap<>();
        experiments.forEach(each -> listed.merge(name(each), 1, Integer::sum));
        Map<Integer, String> skips = new HashMap<>();
        record.json()
                .path("skips")
                .forEach(skip ->
                        skips.put(skip.path("slot").asInt(-1), skip.path("why").asString("")));
        Map<Integer, Map<Integer, List<Try>>> launched = launched(record);
        var executions = new ArrayList<Execution>();
        for (int slot = 0; slot < experiments.size(); slot++) {
            JsonNode json = experiments.get(slot);
            String label =
                    listed.getOrDefault(name(json), 1) > 1
                            ? "%s (experiment %d)".formatted(name(json), slot + 1)
                            : name(json);
            Verdict verdict =
                    Verdict.ofWord(json.path("verdict").asString("")).orElse(Verdict.AWAITED);
            String status = json.path("status").asString("");
            Map<Integer, List<Try>> iterations = launched.getOrDefault(slot, Map.of());
            if (iterations.size() <= 1) {
                executions.add(
                        new Execution(
                                slot,
                                name(json),
                                iterations.keySet().stream().findFirst().orElse(1),
                                label,
                                verdict,
                                status,
                                iterations.values().stream().findFirst().orElse(List.of()),
                                new Said(skips.getOrDefault(slot, ""), Optional.empty(), "")));
                continue;
            }
            for (Map.Entry<Integer, List<Try>> each : iterations.entrySet()) {
                executions.add(
                        new Execution(
                                slot,
                                name(json),
                                each.getKey(),
                                label + " #" + each.getKey(),
                                Verdict.of(each.getValue().getLast().outcome()),
                                "",
                                each.getValue(),
                                Said.NOTHING));
            }
        }
        return executions;
    }

    /** Return what was launched, by slot, iteration and attempt. */
    private static Map<Integer, Map<Integer, List<Try>>> launched(RunRecord record) {
        var launched = new HashMap<Integer, Map<Integer, List<Try>>>();
        for (JsonNode each : record.json().path("launches")) {
            launched.computeIfAbsent(each.path("slot").asInt(-1), slot -> new TreeMap<>())
                    .computeIfAbsent(
                            Math.max(1, each.path("iteration").asInt(1)), no -> new ArrayList<>())
                    .add(
                            new Try(
                                    Math.max(1, each.path("attempt").asInt(1)),
                                    WrittenTime.parse(each.path("start").asString("")),
                                    WrittenTime.parse(each.path("end").asString("")),
                                    outcome(each.path("outcome").asString("")),
                                    each.path("why").asString("")));
        }
        launched.values()
                .forEach(slot ->
                        slot.values()
                                .forEach(tries ->
                                        tries.sort(Comparator.comparingInt(Try::attempt))));
        return launched;
    }

    /** Whoever edited the record wrote something else: that is no pass. */
    private static Outcome outcome(String word) {
        for (Outcome outcome : Outcome.values()) {
            if (outcome.name().toLowerCase(Locale.ROOT).equals(word)) {
                return outcome;
            }
        }
        return Outcome.ERROR;
    }

    private static String name(JsonNode experiment) {
        return experiment.path("name").asString("");
    }

    /** Say what is wrong with a run that its executions do not show. */
    private static Optional<String> problem(RunRecord record, List<Execution> executions) {
        String ending = record.text("endedBy");
        String reason = record.text("reason");
        if (ending.equals(RunRecord.RUNNING)) {
            return Optional.of("the run goes on: this is how far it has come");
        }
        boolean bad = executions.stream().anyMatch(Execution::isBad);
        if (!ending.equals(RunRecord.PLAN)) {
            return Optional.of(
                    "the run was ended by "
                            + (ending.isEmpty() ? "nobody knows what" : ending)
                            + (reason.isEmpty() ? "" : ": " + reason));
        }
        String others =
                String.join(
                        ", ",
                        record.json()
                                .path("verdicts")
                                .propertyStream()
                                .filter(each ->
                                        !each.getKey().equals(Verdict.PASS.word())
                                                && !each.getKey()
                                                        .equals(Verdict.NOT_APPLICABLE.word())
                                                && each.getValue().asInt(0) > 0)
                                .map(each -> each.getValue().asInt(0) + " " + each.getKey())
                                .toList());
        return bad || others.isEmpty()
                ? Optional.empty()
                : Optional.of("not every verdict is Pass: " + others);
    }

    // ---- What it says --------------------------------------------------------------------------

    /** How a run stands, in the words of people and of JSON. */
    public enum Standing {
        /** Everything passed that was to. */
        PASSED("✓", "passed"),
        NOT_PASSED("✗", "did not pass"),
        GOES_ON("…", "goes on"),
        /** What came of it is not known; it may go on, and so may what it launched. */
        END_NOT_SEEN("?", "its end was not seen"),
        DID_NOT_RUN("✗", "did not run");

        private final String sign;
        private final String words;

        Standing(String sign, String words) {
            this.sign = sign;
            this.words = words;
        }

        /** Return a sign for it, so that no colour is needed to tell it. */
        public String sign() {
            return sign;
        }

        public String words() {
            return words;
        }

        /** Return the word that programs know it by, such as {@code not-passed}. */
        public String word() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /** Return how the run stands. */
    public Standing standing() {
        if (isGood()) {
            return Standing.PASSED;
        }
        if (goesOn()) {
            return Standing.GOES_ON;
        }
        if (endUnseen) {
            return Standing.END_NOT_SEEN;
        }
        return record.isPresent() ? Standing.NOT_PASSED : Standing.DID_NOT_RUN;
    }

    /** Tell whether everything passed that was to, in a run that came to its plan's end. */
    public boolean isGood() {
        return record.isPresent()
                && !endUnseen
                && problems.isEmpty()
                && executions.stream().noneMatch(Execution::isBad);
    }

    /** Tell whether the run has not come to its end. */
    public boolean goesOn() {
        return record.filter(each -> each.text("endedBy").equals(RunRecord.RUNNING)).isPresent();
    }

    /**
     * Return the resilience score as Litmus counts it: how many of a hundred probes passed, over
     * all experiments that were to run, weighed alike as an engine's have one weight. Empty if that
     * is not known of one that passed; of one that did not, no ChaosResult is no probe.
     */
    public OptionalInt score() {
        List<Execution> counted = executions.stream().filter(each -> !isSkipped(each)).toList();
        long sum = 0;
        for (Execution each : counted) {
            OptionalInt share =
                    each.said().result().map(Result::probeSuccess).orElse(OptionalInt.empty());
            if (share.isEmpty() && !each.isBad()) {
                return OptionalInt.empty();
            }
            sum += share.orElse(0);
        }
        return counted.isEmpty()
                ? OptionalInt.empty()
                : OptionalInt.of((int) (sum / counted.size()));
    }

    /** Return how the run came out, such as {@code 2 of 3 passed, 1 left out}. */
    public String count() {
        if (record.isEmpty()) {
            return endUnseen ? "what ran is not known" : "nothing is known to have run";
        }
        Map<String, Integer> verdicts = new LinkedHashMap<>();
        for (Execution each : executions) {
            verdicts.merge(each.verdict().word(), 1, Integer::sum);
        }
        if (executions.isEmpty()) {
            record.get()
                    .json()
                    .path("verdicts")
                    .propertyStream()
                    .forEach(each -> verdicts.put(each.getKey(), each.getValue().asInt(0)));
        }
        int all = verdicts.values().stream().mapToInt(each -> each).sum();
        int passed = verdicts.getOrDefault(Verdict.PASS.word(), 0);
        int leftOut = verdicts.getOrDefault(Verdict.NOT_APPLICABLE.word(), 0);
        return "%d of %d passed%s"
                .formatted(passed, all - leftOut, leftOut == 0 ? "" : ", " + leftOut + " left out");
    }

    /** Return the run as people name it, such as {@code run 12 of litmus/nginx-chaos}. */
    public String title() {
        String of = engine.namespace().isEmpty() ? engine.name() : engine.toString();
        return record.filter(each -> each.number() > 0)
                .map(each -> "run %d of %s".formatted(each.number(), of))
                .orElse("run of " + of);
    }

    /** Tell whether the run can be asked for its logs: those of earlier runs are not kept apart. */
    boolean hasLogs(Execution each) {
        return inCluster && !each.said().pod().isEmpty();
    }

    static boolean isSkipped(Execution each) {
        return each.verdict() == Verdict.NOT_APPLICABLE;
    }

    /** Return why an execution was not launched, or what its status says instead. */
    static String whyNot(Execution each) {
        return !each.said().reason().isEmpty()
                ? each.said().reason()
                : each.status().equals(StatusEntry.WAITING) ? "never launched" : each.status();
    }
}
