package io.chaosrunner.resolve;

import static java.util.Objects.requireNonNull;

import io.chaosrunner.crd.Engine;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * What the chaos-operator tells its runner. Each part is empty if it was not given.
 *
 * @param engine {@code CHAOSENGINE}: name of the engine
 * @param namespace {@code CHAOS_NAMESPACE}: where the engine lives
 * @param targets {@code TARGETS}: {@code kind:namespace:[filter]}, several joined by {@code ;}
 * @param serviceAccount {@code CHAOS_SVC_ACC}: service account of experiments
 * @param auxiliaryAppInfo {@code AUXILIARY_APPINFO}: passed on
 * @param tracing where traces go
 * @param monitorImage {@code CHAOS_MONITOR_IMAGE}: image of exporters, where an engine names none
 */
public record RunnerEnvironment(
        String engine,
        String namespace,
        String targets,
        String serviceAccount,
        String auxiliaryAppInfo,
        Tracing tracing,
        String monitorImage) {

    public RunnerEnvironment {
        requireNonNull(engine, "engine is null");
        requireNonNull(namespace, "namespace is null");
        requireNonNull(targets, "targets is null");
        requireNonNull(serviceAccount, "serviceAccount is null");
        requireNonNull(auxiliaryAppInfo, "auxiliaryAppInfo is null");
        requireNonNull(tracing, "tracing is null");
        requireNonNull(monitorImage, "monitorImage is null");
    }

    /**
     * Where traces go.
     *
     * @param endpoint {@code OTEL_EXPORTER_OTLP_ENDPOINT}; empty turns tracing off
     * @param parent {@code TRACE_PARENT}: a JSON object with W3C trace context, or empty
     */
    public record Tracing(String endpoint, String parent) {
        /** No tracing. */
        public static final Tracing OFF = new Tracing("", "");

        public Tracing {
            requireNonNull(endpoint, "endpoint is null");
            requireNonNull(parent, "parent is null");
        }
    }

    /** Read the environment variables the operator sets; an absent one counts as empty. */
    public static RunnerEnvironment of(Map<String, String> variables) {
        return new RunnerEnvironment(
                variables.getOrDefault("CHAOSENGINE", ""),
                variables.getOrDefault("CHAOS_NAMESPACE", ""),
                variables.getOrDefault("TARGETS", ""),
                variables.getOrDefault("CHAOS_SVC_ACC", ""),
                variables.getOrDefault("AUXILIARY_APPINFO", ""),
                new Tracing(
                        variables.getOrDefault("OTEL_EXPORTER_OTLP_ENDPOINT", ""),
                        variables.getOrDefault("TRACE_PARENT", "")),
                variables.getOrDefault("CHAOS_MONITOR_IMAGE", ""));
    }

    /** Derive from the engine what the operator would have given; tracing is off. */
    public static RunnerEnvironment of(Engine engine) {
        JsonNode spec = engine.spec();
        return new RunnerEnvironment(
                engine.name(),
                engine.namespace(),
                targets(engine),
                spec.path("chaosServiceAccount").asString(""),
                spec.path("auxiliaryAppInfo").asString(""),
                Tracing.OFF,
                "");
    }

    /** Derive anew from the engine all but what is the pod's own: tracing, and exporters' image. */
    public RunnerEnvironment derivedFrom(Engine read) {
        RunnerEnvironment anew = of(read);
        return new RunnerEnvironment(
                anew.engine,
                anew.namespace,
                anew.targets,
                anew.serviceAccount,
                anew.auxiliaryAppInfo,
                tracing,
                monitorImage);
    }

    /** Return the same environment with other tracing. */
    public RunnerEnvironment withTracing(Tracing other) {
        return new RunnerEnvironment(
                engine, namespace, targets, serviceAccount, auxiliaryAppInfo, other, monitorImage);
    }

    private static String targets(Engine engine) {
        JsonNode selectors = engine.spec().path("selectors");
        List<String> targets = new ArrayList<>();
        for (JsonNode workload : selectors.path("workloads")) {
            String names = workload.path("names").asString("");
            targets.add(
                    target(
                            workload.path("kind").asString(""),
                            workload.path("namespace").asString(""),
                            names.isEmpty() ? workload.path("labels").asString("") : names));
        }
        if (targets.isEmpty()) {
            for (JsonNode pod : selectors.path("pods")) {
                targets.add(
                        target(
                                "pod",
                                pod.path("namespace").asString(""),
                                pod.path("names").asString("")));
            }
        }
        if (targets.isEmpty()) {
            JsonNode app = engine.spec().path("appinfo");
            String kind = app.path("appkind").asString("");
            String namespace = app.path("appns").asString("");
            String label = app.path("applabel").asString("");
            // An appinfo without a word in it is no appinfo: a typed client writes it that way.
            if (!(kind.isEmpty() && namespace.isEmpty() && label.isEmpty())) {
                targets.add(
                        target(
                                kind.isEmpty() ? "KIND" : kind,
                                namespace.isEmpty() ? engine.namespace() : namespace,
                                label));
            }
        }
        return String.join(";", targets);
    }

    private static String target(String kind, String namespace, String filter) {
        return kind + ":" + namespace + ":[" + filter + "]";
    }
}
