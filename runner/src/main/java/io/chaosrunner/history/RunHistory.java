package io.chaosrunner.history;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.status.EngineStanding;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.status.RunOutcome;
import io.chaosrunner.status.StatusEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The runs that an engine remembers in ConfigMap {@code <engine>-runs}, which is the engine's own.
 *
 * <p>For people: nothing is ever decided by it, and no run fails because of it. A run is recorded
 * before the claim says that it is finished. Killed in between, the next process ends the run
 * again, and writes the same record; so every finished run is recorded once.
 */
public final class RunHistory {
    private static final String SUFFIX = "-runs";
    private static final String KEY = "runs.json";
    private static final int MOST_CONFLICTS = 5;

    private final Cluster cluster;
    private final Consumer<RunNotice> notices;

    public RunHistory(Cluster cluster, Consumer<RunNotice> notices) {
        this.cluster = cluster;
        this.notices = notices;
    }

    // ---- Writing -----------------------------------------------------------------------------

    /**
     * Record runs, the older one first.
     *
     * @param most how many runs to keep
     * @return what the engine's annotation must say instead, if they could not be stored
     */
    public Optional<String> record(Engine engine, List<RunRecord> runs, int most) {
        if (runs.isEmpty()) {
            return Optional.empty();
        }
        String problem;
        try {
            if (store(engine, runs, most)) {
                return Optional.empty();
            }
            problem =
                    "ConfigMap %s belongs to somebody else; rename it, and runs are recorded there again"
                            .formatted(name(engine));
        } catch (ClusterException e) {
            problem = String.valueOf(e.getMessage());
        }
        notices.accept(
                new RunNotice.Warning(
                        "only a summary of run %d is kept, in annotation %s of the engine: %s"
                                .formatted(
                                        runs.getLast().number(), RunRecords.ANNOTATION, problem)));
        RunRecords summaries =
                engine.annotation(RunRecords.ANNOTATION)
                        .flatMap(RunRecords::read)
                        .orElse(RunRecords.NONE);
        for (RunRecord run : runs) {
            summaries = summaries.summariesWith(run);
        }
        return Optional.of(summaries.text());
    }

    /** Store records; false if the place is taken by somebody else. */
    private boolean store(Engine engine, List<RunRecord> runs, int most) {
        for (int conflicts = 0; ; conflicts++) {
            Optional<ObjectNode> found =
                    conflicts == 0 ? expected(engine, runs.getFirst()) : stored(engine);
            if (found.isPresent() && !engine.owns(found.get())) {
                return false;
            }
            try {
                ObjectNode changed = found.orElseGet(() -> configMap(engine));
                RunRecords all = read(changed).orElse(RunRecords.NONE);
                for (RunRecord run : runs) {
                    all = all.with(run, most);
                }
                put(changed, all);
                if (found.isPresent()) {
                    cluster.replace(Resource.CONFIG_MAPS, changed);
                } else {
                    cluster.create(Resource.CONFIG_MAPS, engine.namespace(), changed);
                }
                return true;
            } catch (ClusterException e) {
                boolean raced =
                        switch (e.kind()) {
                            case CONFLICT, ALREADY_EXISTS -> true;
                            // Somebody removed what this process wrote last.
                            case NOT_FOUND -> found.isPresent();
                            default -> false;
                        };
                if (!raced || conflicts == MOST_CONFLICTS) {
                    throw e;
                }
            }
        }
    }

    /** Return what is stored, without asking where that can be known; a write finds out. */
    private Optional<ObjectNode> expected(Engine engine, RunRecord first) {
        if (first.number() == 1) {
            // Before the first run there is nothing to read, as a rule.
            return Optional.empty();
        }
        Optional<ObjectNode> written =
                cluster.lastWritten(
                        Resource.CONFIG_MAPS, engine.namespace(), engine.name() + SUFFIX);
        return written.isPresent() ? written : stored(engine);
    }

    private Optional<ObjectNode> stored(Engine engine) {
        return cluster.get(Resource.CONFIG_MAPS, engine.namespace(), engine.name() + SUFFIX);
    }

    private static ObjectNode configMap(Engine engine) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("apiVersion", "v1").put("kind", "ConfigMap");
        ObjectNode metadata = json.putObject("metadata");
        metadata.put("name", engine.name() + SUFFIX).put("namespace", engine.namespace());
        metadata.putObject("labels").put("app.kubernetes.io/managed-by", "chaos-runner");
        Engine.own(metadata, engine.name(), engine.uid());
        return json;
    }

    private static void put(ObjectNode configMap, RunRecords runs) {
        ObjectNode data =
                configMap.path("data") instanceof ObjectNode present
                        ? present
                        : configMap.putObject("data");
        data.put(KEY, runs.text());
    }

    // ---- Reading -----------------------------------------------------------------------------

    /**
     * What is known of an engine's runs.
     *
     * @param runs the records, oldest first; the last may be of a run that is under way
     * @param sources where they came from, in words
     * @param problems why there may be more that could not be read
     */
    public record Remembered(RunRecords runs, List<String> sources, List<String> problems) {}

    /** Read what is known of an engine's runs: from its claim, its ConfigMap, its annotation. */
    public static Remembered of(Cluster cluster, Engine engine) {
        var sources = new ArrayList<String>();
        var problems = new ArrayList<String>();
        RunRecords runs = RunRecords.NONE;
        Optional<Claim> claim = Claim.of(engine).filter(RunRecord::isWorthIt);
        if (claim.isPresent()) {
            boolean goesOn = EngineStanding.of(engine).isUnderWay();
            Claim last =
                    goesOn || claim.get().state() == Claim.State.FINISHED
                            ? claim.get()
                            : cutOff(engine, claim.get());
            // Whatever else says of that run is no newer.
            runs = new RunRecords(List.of(RunRecord.of(last, entries(engine, last))));
            sources.add("ChaosEngine " + engine.ref());
        }
        try {
            Optional<ObjectNode> found =
                    cluster.get(Resource.CONFIG_MAPS, engine.namespace(), engine.name() + SUFFIX);
            if (found.isPresent() && !engine.owns(found.get())) {
                problems.add("ConfigMap " + name(engine) + " belongs to somebody else");
            } else if (found.isPresent()) {
                Optional<RunRecords> stored = read(found.get());
                if (stored.isPresent()) {
                    runs = runs.and(stored.get());
                    sources.add("ConfigMap " + name(engine));
                } else {
                    problems.add("ConfigMap " + name(engine) + " was edited and cannot be read");
                }
            }
        } catch (ClusterException e) {
            problems.add(String.valueOf(e.getMessage()));
        }
        Optional<RunRecords> summaries =
                engine.annotation(RunRecords.ANNOTATION).flatMap(RunRecords::read);
        if (summaries.isPresent()) {
            runs = runs.and(summaries.get());
            sources.add("annotation " + RunRecords.ANNOTATION + " (summaries)");
        }
        return new Remembered(runs, sources, problems);
    }

    /** Return the claim of a run that is over, though nobody recorded its end. */
    public static Claim cutOff(Engine engine, Claim claim) {
        String why =
                !claim.reason().isEmpty()
                        ? claim.reason()
                        : EngineStanding.of(engine).phase() == EngineStanding.Phase.ABORTED
                                ? "the operator aborted it"
                                : "the operator ended it, or somebody reset the engine, before its"
                                        + " end was recorded";
        return claim.endingBy(RunRecord.INTERRUPTED, why).in(Claim.State.FINISHED, why);
    }

    /**
     * Return how the last run of an engine ended, also where its entries were emptied since; empty
     * if it goes on, or somebody stopped it.
     */
    public static Optional<RunOutcome> outcome(Engine engine, Claim claim) {
        return claim.state() == Claim.State.FINISHED && claim.isOfRun()
                ? RunOutcome.of(claim, entries(engine, claim))
                : Optional.empty();
    }

    /** Return the entries of the run that an engine's claim is of, though they may be reset. */
    public static List<StatusEntry> entries(Engine engine, Claim claim) {
        return engine.statusEntries().isEmpty()
                ? RunRecord.entries(
                        claim, engine.experiments().stream().map(each -> each.name()).toList())
                : engine.statusEntries().stream().map(StatusEntry::read).toList();
    }

    private static Optional<RunRecords> read(JsonNode configMap) {
        JsonNode text = configMap.path("data").path(KEY);
        return text.isMissingNode()
                ? Optional.of(RunRecords.NONE)
                : RunRecords.read(text.asString(""));
    }

    private static String name(Engine engine) {
        return engine.namespace() + "/" + engine.name() + SUFFIX;
    }
}
