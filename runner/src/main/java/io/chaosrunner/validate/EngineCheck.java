package io.chaosrunner.validate;

import io.chaosrunner.config.ExecutionSettings;
import io.chaosrunner.config.Lines;
import io.chaosrunner.config.YamlText;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.crd.Experiment;
import io.chaosrunner.crd.Schema;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.resolve.ExperimentResolver;
import io.chaosrunner.resolve.FieldProblem;
import io.chaosrunner.resolve.Resolution;
import io.chaosrunner.resolve.RunnerEnvironment;
import io.chaosrunner.run.PlannedRun;
import io.chaosrunner.schedule.ScheduleSpec;
import io.chaosrunner.strategy.InvalidParameters.Problem;
import io.chaosrunner.strategy.Parameters;
import io.chaosrunner.validate.Finding.Severity;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The check of one ChaosEngine: its fields, its settings, and each entry as a run would resolve it.
 */
final class EngineCheck {
    private static final String OURS = "chaosrunner.io/";

    private static final List<String> DURATIONS =
            List.of(
                    "probeTimeout",
                    "interval",
                    "probePollingInterval",
                    "initialDelay",
                    "evaluationTimeout");

    private static final int LABEL_LIMIT = 63;
    private static final int JOB_SUFFIX = 7;
    private static final int LONGEST_WITH_SIDECAR = 41;

    /** What Litmus knows where the CRD keeps every field, by path without indexes. */
    static final Map<String, Set<String>> KNOWN =
            Map.of(
                    "spec",
                    Set.of(
                            "appinfo",
                            "auxiliaryAppInfo",
                            "chaosServiceAccount",
                            "components",
                            "defaultHealthCheck",
                            "engineState",
                            "experiments",
                            "jobCleanUpPolicy",
                            "selectors",
                            "terminationGracePeriodSeconds",
                            // Reported by the checks below, with what to write instead.
                            "execution",
                            "schedule",
                            "monitoring"),
                    "spec.components.runner",
                    Set.of(
                            "args",
                            "command",
                            "configMaps",
                            "image",
                            "imagePullPolicy",
                            "imagePullSecrets",
                            "nodeSelector",
                            "resources",
                            "runnerAnnotations",
                            "runnerLabels",
                            "secrets",
                            "tolerations",
                            "type"),
                    "spec.experiments[].spec.components",
                    Set.of(
                            "configMaps",
                            "env",
                            "experimentAnnotations",
                            "experimentImage",
                            "experimentImagePullSecrets",
                            "nodeSelector",
                            "resources",
                            "secrets",
                            "statusCheckTimeouts",
                            "tolerations"));

    private static final Schema SCHEMA = Schema.ofCrd("chaosengines", KNOWN);

    /** Stands for an experiment that is in no file: nothing is wrong with it. */
    private static final String UNKNOWN_EXPERIMENT =
            """
            {"spec": {"definition":
              {"image": "unknown", "command": ["unknown"], "args": ["unknown"], "labels": {}}}}
            """;

    private final Document document;
    private final Engine engine;
    private final Syntax syntax;

    /** Experiments that are in no file, with the first place that names each. */
    private final LinkedHashMap<String, String> elsewhere = new LinkedHashMap<>();

    EngineCheck(Document document) {
        this.document = document;
        this.engine = new Engine(named(document));
        this.syntax = new Syntax(document);
    }

    /** Tell each field that is stored, and that Litmus knows nothing of. */
    static List<String> unknownFields(ObjectNode engine) {
        List<String> fields = new ArrayList<>();
        SCHEMA.check(
                engine,
                new Schema.Findings() {
                    @Override
                    public void error(String path, String text) {
                        // The API server says it.
                    }

                    @Override
                    public void warning(String path, String text) {
                        fields.add(path + text);
                    }
                });
        return fields;
    }

    /** What is derived from the engine's name is checked with one that the API server may make. */
    private static ObjectNode named(Document document) {
        if (document.isNamed() || document.generateName().isEmpty()) {
            return document.json();
        }
        ObjectNode named = document.json().deepCopy();
        named.withObject("metadata").put("name", document.name() + "xxxxx");
        return named;
    }

    /**
     * Checks everything.
     *
     * @param experiments the ChaosExperiments of all files
     * @param annotations checks of further annotations, by key
     */
    void check(
            List<Document> experiments,
            StrategyCatalogue strategies,
            Map<String, AnnotationCheck> annotations) {
        SCHEMA.check(document.json(), document);
        for (int slot = 0; slot < engine.experiments().size(); slot++) {
            entry(slot, experiments);
        }
        elsewhere();
        syntax.metadata();
        target();
        components();
        probes();
        execution(strategies);
        annotations.forEach(this::annotation);
        unknownAnnotations(annotations.keySet());
        rest();
    }

    private void entry(int slot, List<Document> experiments) {
        String name = engine.experiments().get(slot).name();
        String path = "spec.experiments[" + slot + "]";
        if (name.isEmpty()) {
            document.error(path + ".name", " is empty; name a ChaosExperiment");
            return;
        }
        syntax.objectName(name, path + ".name");
        Optional<Document> found = find(name, path + ".name", experiments);
        ObjectNode definition =
                found.map(Document::json)
                        .orElseGet(() ->
                                (ObjectNode) JsonMapper.shared().readTree(UNKNOWN_EXPERIMENT));
        Resolution resolution =
                ExperimentResolver.resolve(
                        engine, slot, new Experiment(definition), RunnerEnvironment.of(engine));
        switch (resolution) {
            case Resolution.Resolved resolved ->
                    resolved.warnings()
                            .forEach(problem -> report(Severity.WARNING, problem, found));
            case Resolution.Invalid invalid ->
                    invalid.problems().forEach(problem -> report(Severity.ERROR, problem, found));
            case Resolution.NotFound _ -> throw new IllegalStateException("an experiment is given");
        }
        jobName(name, path + ".name");
        JsonNode components = engine.experiments().get(slot).components();
        path += ".spec.components";
        syntax.env(components.path("env"), path + ".env");
        syntax.annotations(
                components.path("experimentAnnotations"), path + ".experimentAnnotations");
        syntax.labels(components.path("nodeSelector"), path + ".nodeSelector");
        syntax.tolerations(components.path("tolerations"), path + ".tolerations");
        syntax.resources(components.path("resources"), path + ".resources");
        var taken = new HashMap<String, String>();
        syntax.mounts(components.path("configMaps"), path + ".configMaps", taken);
        syntax.mounts(components.path("secrets"), path + ".secrets", taken);
    }

    private Optional<Document> find(String name, String path, List<Document> experiments) {
        List<Document> named = experiments.stream().filter(e -> e.name().equals(name)).toList();
        Optional<Document> found =
                named.stream()
                        .filter(e ->
                                e.namespace().isEmpty()
                                        || document.namespace().isEmpty()
                                        || e.namespace().equals(document.namespace()))
                        .findFirst();
        if (found.isPresent()) {
            return found;
        }
        if (!named.isEmpty()) {
            document.warning(
                    path,
                    ": ChaosExperiment %s is in namespace %s, but the engine looks in its own, %s"
                            .formatted(name, named.getFirst().namespace(), document.namespace()));
        } else {
            List<String> names = experiments.stream().map(Document::name).toList();
            String meant = Document.meant(name, names);
            if (meant.isEmpty()) {
                elsewhere.putIfAbsent(name, path);
            } else {
                document.warning(
                        path, ": ChaosExperiment " + name + " is in none of the files" + meant);
            }
        }
        return Optional.empty();
    }

    /** Warns once of all experiments that are in no file: they live in the cluster. */
    private void elsewhere() {
        if (elsewhere.isEmpty()) {
            return;
        }
        boolean one = elsewhere.size() == 1;
        document.warning(
                elsewhere.firstEntry().getValue(),
                ": ChaosExperiment%s %s %s in none of the files; %s must be in the engine's namespace"
                        .formatted(
                                one ? "" : "s",
                                String.join(", ", elsewhere.keySet()),
                                one ? "is" : "are",
                                one ? "it" : "they"));
    }

    /** Reports a problem in the object it is in; one of both files may be somebody else's. */
    private void report(Severity severity, FieldProblem problem, Optional<Document> experiment) {
        Document where = document;
        if (problem.object().startsWith("ChaosExperiment ")) {
            if (experiment.isEmpty()) {
                return;
            }
            where = experiment.get();
        }
        where.add(severity, problem);
    }

    private void jobName(String experiment, String path) {
        boolean sidecars = !engine.annotation("sidecar/enabled").orElse("false").equals("false");
        int limit = sidecars ? LONGEST_WITH_SIDECAR : LABEL_LIMIT - JOB_SUFFIX;
        if (experiment.length() > limit) {
            document.warning(
                    path,
                    " is longer than %d characters, so the Job's name is shortened; Litmus' own runner would skip it"
                            .formatted(limit));
        }
    }

    private void target() {
        JsonNode app = engine.spec().path("appinfo");
        boolean kind = !app.path("appkind").asString("").isEmpty();
        boolean label = !app.path("applabel").asString("").isEmpty();
        if (kind != label) {
            document.error(
                    kind ? "spec.appinfo.applabel" : "spec.appinfo.appkind",
                    " is empty; give appkind and applabel both, or neither");
        }
        if (engine.spec().path("selectors").isObject() && (kind || label)) {
            document.warning(
                    "spec.appinfo", " has no effect beside spec.selectors; keep one of them");
        }
    }

    private void components() {
        JsonNode components = engine.spec().path("components");
        JsonNode runner = components.path("runner");
        String path = "spec.components.runner";
        syntax.pullPolicy(runner.path("imagePullPolicy"), path + ".imagePullPolicy");
        syntax.labels(runner.path("runnerLabels"), path + ".runnerLabels");
        syntax.labels(runner.path("nodeSelector"), path + ".nodeSelector");
        syntax.tolerations(runner.path("tolerations"), path + ".tolerations");
        syntax.resources(runner.path("resources"), path + ".resources");
        var taken = new HashMap<String, String>();
        for (String kind : List.of("configMaps", "secrets")) {
            for (int i = 0; i < runner.path(kind).size(); i++) {
                String at = path + "." + kind + "[" + i + "]";
                for (String part : List.of("name", "mountPath")) {
                    if (runner.path(kind).path(i).path(part).asString("").isEmpty()) {
                        document.error(
                                at + "." + part, " is empty; fill it in or remove the entry");
                    }
                }
            }
            syntax.mounts(runner.path(kind), path + "." + kind, taken);
        }
        if (!runner.path("runnerAnnotations").isEmpty()) {
            document.warning(
                    path + ".runnerAnnotations",
                    " is emptied by Litmus' own CRD; use runnerLabels if labels will do");
        }
        JsonNode sidecars = components.path("sidecar");
        for (int i = 0; i < sidecars.size(); i++) {
            path = "spec.components.sidecar[" + i + "]";
            syntax.pullPolicy(sidecars.path(i).path("imagePullPolicy"), path + ".imagePullPolicy");
            syntax.env(sidecars.path(i).path("env"), path + ".env");
            syntax.mounts(sidecars.path(i).path("secrets"), path + ".secrets", new HashMap<>());
        }
        if (!sidecars.isEmpty() && engine.annotation("sidecar/enabled").isEmpty()) {
            document.warning(
                    "spec.components.sidecar",
                    " has no effect without the annotation sidecar/enabled: \"true\"");
        }
    }

    private void probes() {
        for (int slot = 0; slot < engine.experiments().size(); slot++) {
            JsonNode probes = engine.experiments().get(slot).json().path("spec").path("probe");
            var names = new HashMap<String, Integer>();
            for (int i = 0; i < probes.size(); i++) {
                String path = "spec.experiments[" + slot + "].spec.probe[" + i + "]";
                String type = probes.path(i).path("type").asString("");
                String inputs = type + "/inputs";
                if (!type.isEmpty() && !document.hasError(path + ".type")) {
                    if (!probes.path(i).has(inputs)) {
                        document.error(path + "." + inputs, " is missing; a " + type + " needs it");
                    }
                    if (probes.path(i).path(inputs).path("operation").asString("").equals("create")
                            && probes.path(i).path("data").asString("").isEmpty()) {
                        document.error(
                                path + ".data", " is missing; it holds the object to create");
                    }
                }
                for (String field : DURATIONS) {
                    syntax.duration(
                            probes.path(i).path("runProperties").path(field),
                            path + ".runProperties." + field);
                }
                String name = probes.path(i).path("name").asString("");
                Integer before = name.isEmpty() ? null : names.putIfAbsent(name, i);
                if (before != null) {
                    document.error(
                            path + ".name",
                            ": probe[%d] is named '%s' already; the result could not tell them apart"
                                    .formatted(before, name));
                }
            }
        }
    }

    private void execution(StrategyCatalogue strategies) {
        String key = ExecutionSettings.ANNOTATION;
        Optional<String> written = engine.annotation(key).filter(text -> isYaml(key, text));
        ExecutionSettings settings = ExecutionSettings.of(engine.spec(), written, Map.of());
        var problems = new ArrayList<Problem>(settings.problems());
        List<String> names = engine.experiments().stream().map(e -> e.name()).toList();
        PlannedRun.of(strategies, settings, names, settings.seed().orElse(1L), problems)
                .ifPresent(PlannedRun::close);
        if (problems.stream().anyMatch(problem -> problem.path().equals("strategy"))) {
            alsoAs(meantStrategy(strategies, settings.strategy()), strategies, written, problems);
        }
        report(key, problems);
    }

    /** Returns the strategy that was probably meant by a name that is none. */
    private static Optional<String> meantStrategy(StrategyCatalogue strategies, String name) {
        List<String> known =
                strategies.all().stream().map(listed -> listed.strategy().name()).toList();
        return known.contains(name) ? Optional.empty() : Parameters.nearest(name, known);
    }

    /** Tells what would be wrong next: everything at once, and nothing twice. */
    private void alsoAs(
            Optional<String> strategy,
            StrategyCatalogue strategies,
            Optional<String> written,
            List<Problem> problems) {
        if (strategy.isEmpty()) {
            return;
        }
        ExecutionSettings settings =
                ExecutionSettings.of(engine.spec(), written, Map.of("strategy", strategy.get()));
        List<String> names = engine.experiments().stream().map(e -> e.name()).toList();
        var others = new ArrayList<Problem>();
        PlannedRun.of(strategies, settings, names, settings.seed().orElse(1L), others)
                .ifPresent(PlannedRun::close);
        others.stream().filter(other -> !problems.contains(other)).forEach(problems::add);
    }

    private void annotation(String key, AnnotationCheck check) {
        engine.annotation(key)
                .filter(text -> isYaml(key, text))
                .ifPresent(text -> report(key, check.problems(engine, text)));
    }

    /** Problems speak of the YAML inside the annotation, unless they name a field of the engine. */
    private void report(String key, List<Problem> problems) {
        String annotation = Schema.child("metadata.annotations", key);
        for (Problem problem : problems) {
            if (Lines.isField(problem.path())) {
                document.error(problem.path(), ": " + problem.message());
            } else {
                document.errorInside(annotation, problem.path(), key + ": " + problem);
            }
        }
    }

    private boolean isYaml(String key, String text) {
        String path = Schema.child("metadata.annotations", key);
        try {
            YamlText.check(text, YamlText.Limits.ANNOTATION);
            new Load(YamlText.settings().build()).loadFromString(text);
            return true;
        } catch (YamlText.Unusable fault) {
            document.beyondLimits(path, fault);
            return false;
        } catch (YamlEngineException fault) {
            document.notYaml(path, fault);
            return false;
        }
    }

    private void unknownAnnotations(Set<String> others) {
        var known = new ArrayList<>(others);
        known.add(ExecutionSettings.ANNOTATION);
        for (String key : document.json().path("metadata").path("annotations").propertyNames()) {
            String path = Schema.child("metadata.annotations", key);
            String domain = key.substring(0, Math.max(0, key.indexOf('/') + 1));
            if (Engine.WRITTEN_BY_RUNS.contains(key)) {
                if (!document.isStored()) {
                    document.warning(path, " is written by runs; remove it from the file");
                }
            } else if (domain.equals(OURS) && !known.contains(key)) {
                String meant = Document.meant(key, known);
                document.warning(
                        path,
                        " is unknown, so it has no effect"
                                + (meant.isEmpty()
                                        ? "; known are " + String.join(", ", known)
                                        : meant));
            } else if (!domain.isEmpty()
                    && !domain.equals(OURS)
                    && Parameters.nearest(domain, List.of(OURS)).isPresent()) {
                document.warning(path, " has no effect; did you mean '" + OURS + "'?");
            }
        }
    }

    private void rest() {
        if (engine.spec().isMissingNode()) {
            engine.nothingListed()
                    .ifPresent(problem -> document.errorAt(engine.listPath(), "spec", problem));
        } else if (!document.hasError("spec.experiments")) {
            engine.nothingListed()
                    .ifPresent(problem ->
                            document.errorAt(engine.listPath(), "spec.experiments", problem));
        }
        String account = engine.spec().path("chaosServiceAccount").asString("");
        if (!account.isEmpty()) {
            syntax.account(account, "spec.chaosServiceAccount");
        } else if (!document.hasError("spec.chaosServiceAccount")) {
            document.error(
                    "spec.chaosServiceAccount",
                    " is empty; name the service account of the experiments");
        }
        if (engine.spec().path("terminationGracePeriodSeconds").asLong(0) < 0) {
            document.error("spec.terminationGracePeriodSeconds", " must not be negative");
        }
        // Between runs it is: a run that is over left it so, and a schedule starts its runs itself.
        boolean stopIsMeant =
                document.isStored() || engine.annotation(ScheduleSpec.ANNOTATION).isPresent();
        if (engine.engineState().equals("stop") && !stopIsMeant) {
            document.warning(
                    "spec.engineState", " is stop, so the operator runs nothing; active runs it");
        }
        if (engine.spec().path("monitoring").asBoolean(false)) {
            document.warning(
                    "spec.monitoring",
                    " is erased by the operator; write the annotation chaosrunner.io/monitoring:"
                            + " \"true\" instead");
        }
        if (!document.isStored() && !document.json().path("status").isEmpty()) {
            document.warning("status", " belongs to operator and runner; remove it from the file");
        }
        if (engine.labels().has("chaosUID")) {
            document.warning(
                    "metadata.labels.chaosUID",
                    " is replaced by the engine's uid on Jobs and pods; remove it");
        }
        if (document.name().length() > LABEL_LIMIT) {
            document.warning(
                    "metadata.name",
                    " is longer than %d characters, and the operator cannot label its runner pod with it"
                            .formatted(LABEL_LIMIT));
        }
    }
}
