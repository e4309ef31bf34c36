package io.chaosrunner.resolve;

import io.chaosrunner.crd.Engine;
import io.chaosrunner.crd.Experiment;
import io.chaosrunner.model.ExperimentSpec;
import io.chaosrunner.model.ExperimentSpec.Container;
import io.chaosrunner.model.ExperimentSpec.Entry;
import io.chaosrunner.model.ExperimentSpec.Metadata;
import io.chaosrunner.model.ExperimentSpec.Pod;
import io.chaosrunner.model.ExperimentSpec.Sidecar;
import io.chaosrunner.model.ExperimentSpec.StatusCheck;
import io.chaosrunner.resolve.Problems.Check;
import io.chaosrunner.resolve.RunnerEnvironment.Tracing;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The resolution of one entry of an engine: what ChaosExperiment, engine and runner environment
 * say, put together by Litmus' rules of precedence.
 *
 * <p>Environment of the experiment, later writers winning: what the runner gives; the
 * ChaosExperiment's {@code env}; the entry's own {@code env}; the variables nobody may override
 * ({@code STATUS_CHECK_DELAY}, {@code STATUS_CHECK_TIMEOUT}, {@code JOB_CLEANUP_POLICY}, {@code
 * POD_NAME}). Variables are written in that order, each at the place of its first writer, and after
 * those its value refers to as {@code $(NAME)}.
 *
 * <p>An experiment listed more than once: each entry is resolved from its own {@code components}
 * alone, and its {@code INSTANCE_ID} is made distinct by the entry's index ({@code s0}, or {@code
 * <user's>-s0}), so that no two entries write the same ChaosResult.
 */
public final class ExperimentResolver {
    /** What the experiments' tracing accepts; a longer one is dropped there as well. */
    private static final int TRACE_PARENT_LIMIT = 1024;

    private static final Pattern OBJECT_NAME =
            Pattern.compile("[a-z0-9]++(?:-++[a-z0-9]++)*+(?:\\.[a-z0-9]++(?:-++[a-z0-9]++)*+)*+");
    private static final int OBJECT_NAME_LIMIT = 253;

    /** What nobody may override, and what to set instead. */
    private static final Map<String, String> FORCED =
            Map.of(
                    "STATUS_CHECK_DELAY", "set statusCheckTimeouts.delay instead",
                    "STATUS_CHECK_TIMEOUT", "set statusCheckTimeouts.timeout instead",
                    "JOB_CLEANUP_POLICY", "set spec.jobCleanUpPolicy instead",
                    "POD_NAME", "it is always the experiment pod's own name");

    private final Engine engine;
    private final int slot;
    private final String name;
    private final RunnerEnvironment environment;
    private final FieldPath components;
    private final FieldPath definition;
    private final Problems problems = new Problems();
    private final List<FieldProblem> warnings = new ArrayList<>();

    private ExperimentResolver(
            Engine engine, int slot, Experiment experiment, RunnerEnvironment environment) {
        this.engine = engine;
        this.slot = slot;
        this.name = engine.experiments().get(slot).name();
        this.environment = environment;
        this.components =
                FieldPath.of(engine).at("spec", "experiments").at(slot).at("spec", "components");
        this.definition = FieldPath.of(experiment, engine.namespace()).at("spec", "definition");
    }

    /**
     * Resolve one entry.
     *
     * @param slot index in {@code spec.experiments}, from 0
     * @param experiment the ChaosExperiment of that name in the engine's namespace; null if there
     *     is none
     * @throws IndexOutOfBoundsException if the engine has no such entry
     */
    public static Resolution resolve(
            Engine engine,
            int slot,
            @Nullable Experiment experiment,
            RunnerEnvironment environment) {
        String name = engine.experiments().get(slot).name();
        if (experiment == null) {
            return new Resolution.NotFound(
                    "ChaosExperiment %s/%s not found, listed as spec.experiments[%d] of ChaosEngine %s; install it or remove it from the list"
                            .formatted(engine.namespace(), name, slot, engine.ref()));
        }
        return new ExperimentResolver(engine, slot, experiment, environment).resolve();
    }

    private Resolution resolve() {
        String image = image();
        String pullPolicy = orElse(definition.at("imagePullPolicy").text(), "Always");
        long gracePeriod = engine.spec().path("terminationGracePeriodSeconds").asLong(0);
        StatusCheck statusCheck = statusCheck();
        ContainerEnv env = env(pullPolicy, gracePeriod, statusCheck);
        var entry = new Entry(engine.ref(), name, instanceId(env));
        warnOfResultName(entry);

        var container =
                new Container(
                        image,
                        pullPolicy,
                        words("command"),
                        words("args"),
                        env.toList(),
                        definition.at("securityContext", "containerSecurityContext").orMissing(),
                        components.at("resources").orMissing());
        var pod =
                new Pod(
                        serviceAccount(),
                        gracePeriod,
                        definition.at("hostPID").node().asBoolean(false),
                        definition.at("securityContext", "podSecurityContext").orMissing(),
                        components.at("nodeSelector").orMissing(),
                        components.at("tolerations").orMissing(),
                        components.at("experimentImagePullSecrets").orMissing());
        var mounts = MountLists.merge(definition, components, problems);
        List<Sidecar> sidecars = sidecars();
        if (!problems.isEmpty()) {
            return problems.toInvalid();
        }
        return new Resolution.Resolved(
                new ExperimentSpec(
                        entry, metadata(), pod, container, mounts, sidecars, statusCheck),
                warnings);
    }

    private String image() {
        String image =
                orElse(components.at("experimentImage").text(), definition.at("image").text());
        if (image.isEmpty()) {
            problems.add(
                    Check.ExperimentDependencyCheck,
                    definition
                            .at("image")
                            .problem(
                                    " is empty; set it, or set "
                                            + components.at("experimentImage")));
        }
        return image;
    }

    private List<String> words(String field) {
        FieldPath list = definition.at(field);
        if (list.size() == 0) {
            problems.add(
                    Check.ExperimentDependencyCheck,
                    list.problem(
                            " is empty; Litmus experiments need both command and args, say"
                                    + " command: [/bin/bash] and args: [-c, ./experiments -name "
                                    + name
                                    + "]"));
        }
        var words = new ArrayList<String>();
        for (JsonNode word : list.node()) {
            words.add(word.asString(""));
        }
        return words;
    }

    private String serviceAccount() {
        if (environment.serviceAccount().isEmpty()) {
            problems.add(
                    Check.ExperimentDependencyCheck,
                    FieldPath.of(engine)
                            .at("spec", "chaosServiceAccount")
                            .problem(
                                    " is empty (CHAOS_SVC_ACC); name the service account of the"
                                            + " experiments"));
        }
        return environment.serviceAccount();
    }

    private StatusCheck statusCheck() {
        FieldPath given = components.at("statusCheckTimeouts");
        return new StatusCheck(
                seconds(given.at("delay"), StatusCheck.DEFAULT.delay()),
                seconds(given.at("timeout"), StatusCheck.DEFAULT.timeout()));
    }

    private Duration seconds(FieldPath place, Duration otherwise) {
        long seconds = place.node().asLong(0);
        if (seconds < 0) {
            problems.add(
                    Check.EnvParseError,
                    place.problem(" is " + seconds + "; give a number of seconds above 0"));
        }
        return seconds > 0 ? Duration.ofSeconds(seconds) : otherwise;
    }

    private Metadata metadata() {
        // A ChaosExperiment without labels is one with none: nothing depends on its own labels.
        Map<String, String> labels = strings(definition.at("labels").node());
        labels.putAll(strings(engine.labels()));
        return new Metadata(labels, strings(components.at("experimentAnnotations").node()));
    }

    private static Map<String, String> strings(JsonNode map) {
        var strings = new LinkedHashMap<String, String>();
        map.properties()
                .forEach(entry -> strings.put(entry.getKey(), entry.getValue().asString("")));
        return strings;
    }

    private ContainerEnv env(String pullPolicy, long gracePeriod, StatusCheck statusCheck) {
        var env = new ContainerEnv();
        env.putIfGiven("CHAOSENGINE", environment.engine());
        env.putIfGiven("TARGETS", environment.targets());
        env.putIfGiven("CHAOS_NAMESPACE", environment.namespace());
        env.putIfGiven("AUXILIARY_APPINFO", environment.auxiliaryAppInfo());
        env.putIfGiven("CHAOS_UID", engine.uid());
        env.putIfGiven("EXPERIMENT_NAME", name);
        env.put("LIB_IMAGE_PULL_POLICY", pullPolicy);
        env.put("TERMINATION_GRACE_PERIOD_SECONDS", Long.toString(gracePeriod));
        // Absent means no health check: so does Litmus, although its experiments default to true.
        boolean healthCheck = engine.spec().path("defaultHealthCheck").asBoolean(false);
        env.put("DEFAULT_HEALTH_CHECK", Boolean.toString(healthCheck));
        env.putIfGiven("CHAOS_SERVICE_ACCOUNT", environment.serviceAccount());
        Tracing tracing = environment.tracing();
        env.putIfGiven("OTEL_EXPORTER_OTLP_ENDPOINT", tracing.endpoint());
        if (!tracing.endpoint().isEmpty()
                && tracing.parent().getBytes(StandardCharsets.UTF_8).length < TRACE_PARENT_LIMIT) {
            env.putIfGiven("TRACE_PARENT", tracing.parent());
        }

        env.putAll(definition.at("env"), problems);
        FieldPath own = components.at("env");
        env.putAll(own, problems);
        warnOfForced(own);

        env.put("STATUS_CHECK_DELAY", Long.toString(statusCheck.delay().toSeconds()));
        env.put("STATUS_CHECK_TIMEOUT", Long.toString(statusCheck.timeout().toSeconds()));
        env.put("JOB_CLEANUP_POLICY", engine.jobCleanUpPolicy());
        env.putField("POD_NAME", "metadata.name");
        return env;
    }

    private void warnOfForced(FieldPath variables) {
        for (int i = 0; i < variables.size(); i++) {
            String variable = variables.at(i).at("name").text();
            String instead = FORCED.get(variable);
            if (instead != null) {
                warnings.add(
                        variables.at(i).problem(": " + variable + " has no effect; " + instead));
            }
        }
    }

    /** Returns the INSTANCE_ID the experiment will see; writes a distinct one if there must be. */
    private String instanceId(ContainerEnv env) {
        String given = env.literal("INSTANCE_ID");
        boolean indirect = env.isIndirect("INSTANCE_ID");
        boolean listedOnce =
                engine.experiments().stream().filter(e -> e.name().equals(name)).count() == 1;
        if (listedOnce) {
            if (indirect) {
                warnings.add(
                        components
                                .at("env")
                                .problem(
                                        ": INSTANCE_ID has no literal value, so the runner cannot"
                                                + " tell the name of the ChaosResult; give it a"
                                                + " value"));
            }
            return given;
        }
        if (indirect) {
            warnings.add(
                    components
                            .at("env")
                            .problem(
                                    ": INSTANCE_ID has no literal value and is replaced, because"
                                            + " the experiment is listed more than once; give it a"
                                            + " value"));
        }
        String distinct = given.isEmpty() ? "s" + slot : given + "-s" + slot;
        env.put("INSTANCE_ID", distinct);
        return distinct;
    }

    private void warnOfResultName(Entry entry) {
        String result = entry.resultName();
        if (entry.instanceId().contains("$(")) {
            warnings.add(
                    components
                            .at("env")
                            .problem(
                                    ": INSTANCE_ID refers to another variable, so the runner cannot"
                                            + " tell the name of the ChaosResult; write the value"
                                            + " out"));
        } else if (result.length() > OBJECT_NAME_LIMIT || !OBJECT_NAME.matcher(result).matches()) {
            warnings.add(
                    components
                            .at("env")
                            .problem(
                                    ": the ChaosResult would be named %s, which Kubernetes refuses; use at most %d lower-case letters, digits, - and . in engine name, experiment name and INSTANCE_ID together"
                                            .formatted(result, OBJECT_NAME_LIMIT)));
        }
    }

    private List<Sidecar> sidecars() {
        String enabled = engine.annotation("sidecar/enabled").orElse("false");
        if (enabled.equals("false")) {
            return List.of();
        }
        FieldPath list = FieldPath.of(engine).at("spec", "components", "sidecar");
        if (list.size() == 0) {
            problems.add(
                    Check.SideCarPatchError,
                    list.problem(
                            " is empty, but annotation sidecar/enabled asks for sidecars; list one"
                                    + " or set the annotation to \"false\""));
        }
        var sidecars = new ArrayList<Sidecar>();
        for (int i = 0; i < list.size(); i++) {
            FieldPath sidecar = list.at(i);
            String image = sidecar.at("image").text();
            if (image.isEmpty()) {
                problems.add(
                        Check.SideCarPatchError,
                        sidecar.at("image").problem(" is empty; name an image"));
            }
            sidecars.add(
                    new Sidecar(
                            image,
                            orElse(sidecar.at("imagePullPolicy").text(), "IfNotPresent"),
                            ContainerEnv.variables(
                                    sidecar.at("env"), Check.SideCarPatchError, problems),
                            objects(sidecar.at("envFrom")),
                            MountLists.read(
                                    sidecar.at("secrets"), Check.SideCarPatchError, problems)));
        }
        return sidecars;
    }

    private static List<ObjectNode> objects(FieldPath list) {
        var objects = new ArrayList<ObjectNode>();
        for (JsonNode element : list.node()) {
            if (element instanceof ObjectNode object) {
                objects.add(object);
            }
        }
        return objects;
    }

    private static String orElse(String text, String otherwise) {
        return text.isEmpty() ? otherwise : text;
    }
}
