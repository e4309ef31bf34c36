package io.chaosrunner.engine;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.config.Allowed;
import io.chaosrunner.config.MonitoringSettings;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.status.RunNotice;
import java.util.Optional;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The exporter of an engine that asks for one: a Deployment and a Service, both named {@code
 * <engine>-monitor}. They belong to the engine and go with it; a later run finds them there. A run
 * never fails because of them.
 */
public final class ExporterDeployment {
    private static final String DEFAULT_IMAGE = "litmuschaos/chaos-exporter:latest";
    private static final int PORT = 8080;

    /** The image of Litmus names a user by name, which the kubelet cannot tell from root. */
    private static final int NOBODY = 65_534;

    private final Cluster cluster;
    private final Engine engine;
    private final MonitoringSettings settings;
    private final Optional<String> image;
    private final Allowed allowed;
    private final Consumer<RunNotice> notices;

    /**
     * @param image the image where the engine names none; absent means Litmus' own
     * @param allowed which account and image the exporter may have
     */
    public ExporterDeployment(
            Cluster cluster,
            Engine engine,
            Optional<String> image,
            Allowed allowed,
            Consumer<RunNotice> notices) {
        this.cluster = cluster;
        this.engine = engine;
        this.image = image;
        this.allowed = allowed;
        this.notices = notices;
        settings =
                MonitoringSettings.of(
                        engine.spec(), engine.annotation(MonitoringSettings.ANNOTATION));
    }

    /** Tells whether there is something to do. */
    public boolean isWanted() {
        return settings.enabled() || !settings.problems().isEmpty();
    }

    /** Sees to it that both objects exist; warns if they cannot. */
    public void ensure() {
        if (!settings.problems().isEmpty()) {
            settings.problems().forEach(problem -> warn(problem.toString()));
            return;
        }
        Optional<String> against =
                allowed.againstServiceAccount(account()).or(() -> allowed.againstImage(image()));
        if (against.isPresent()) {
            warn(against.get());
            return;
        }
        try {
            ensure(Resource.DEPLOYMENTS, deployment());
            ensure(Resource.SERVICES, service());
        } catch (ClusterException e) {
            warn(String.valueOf(e.getMessage()));
        }
    }

    private void ensure(Resource resource, ObjectNode wanted) {
        try {
            cluster.create(resource, engine.namespace(), wanted);
            return;
        } catch (ClusterException e) {
            if (e.kind() != Kind.ALREADY_EXISTS) {
                throw e;
            }
        }
        Optional<ObjectNode> found = cluster.get(resource, engine.namespace(), name());
        if (found.isPresent() && !isOurs(found.get())) {
            warn(
                    "%s %s/%s exists and does not belong to this engine; delete or rename it"
                            .formatted(wanted.path("kind").asString(), engine.namespace(), name()));
        }
    }

    private boolean isOurs(ObjectNode object) {
        for (JsonNode owner : object.path("metadata").path("ownerReferences")) {
            if (owner.path("uid").asString("").equals(engine.uid())) {
                return true;
            }
        }
        return false;
    }

    private void warn(String why) {
        notices.accept(
                new RunNotice.Warning(
                        "no monitoring of ChaosEngine %s: %s; the run goes on"
                                .formatted(engine.ref(), why)));
    }

    private String account() {
        return settings.serviceAccount()
                .orElseGet(() -> engine.spec().path("chaosServiceAccount").asString(""));
    }

    private String image() {
        return settings.image().or(() -> image).orElse(DEFAULT_IMAGE);
    }

    private String name() {
        return engine.name() + "-monitor";
    }

    private ObjectNode deployment() {
        ObjectNode deployment = object("apps/v1", "Deployment");
        ObjectNode spec = deployment.putObject("spec");
        spec.put("replicas", 1);
        label(spec.putObject("selector").putObject("matchLabels"));
        ObjectNode template = spec.putObject("template");
        label(template.putObject("metadata").putObject("labels"));
        ObjectNode pod = template.putObject("spec");
        pod.put("serviceAccountName", account());
        ObjectNode security = pod.putObject("securityContext").put("runAsNonRoot", true);
        security.put("runAsUser", NOBODY);
        security.putObject("seccompProfile").put("type", "RuntimeDefault");
        ObjectNode container = pod.putArray("containers").addObject();
        container
                .put("name", "chaos-monitor")
                .put("image", image())
                .put("imagePullPolicy", "IfNotPresent");
        var env = container.putArray("env");
        env.addObject().put("name", "WATCH_NAMESPACE").put("value", engine.namespace());
        env.addObject().put("name", "TSDB_SCRAPE_INTERVAL").put("value", "10");
        ObjectNode bounds = container.putObject("securityContext");
        bounds.put("allowPrivilegeEscalation", false).put("readOnlyRootFilesystem", true);
        bounds.putObject("capabilities").putArray("drop").add("ALL");
        container.putArray("ports").addObject().put("name", "metrics").put("containerPort", PORT);
        return deployment;
    }

    private ObjectNode service() {
        ObjectNode service = object("v1", "Service");
        ((ObjectNode) service.path("metadata"))
                .putObject("annotations")
                .put("prometheus.io/scrape", "true")
                .put("prometheus.io/port", Integer.toString(PORT));
        ObjectNode spec = service.putObject("spec");
        label(spec.putObject("selector"));
        spec.putArray("ports")
                .addObject()
                .put("name", "metrics")
                .put("port", PORT)
                .put("targetPort", "metrics");
        return service;
    }

    private ObjectNode object(String apiVersion, String kind) {
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        object.put("apiVersion", apiVersion).put("kind", kind);
        ObjectNode metadata = object.putObject("metadata");
        metadata.put("name", name()).put("namespace", engine.namespace());
        label(metadata.putObject("labels")).put("app.kubernetes.io/part-of", "litmus");
        Engine.own(metadata, engine.name(), engine.uid());
        return object;
    }

    /** No {@code chaosUID}: what carries it counts as chaos, and is removed by an abort. */
    private ObjectNode label(ObjectNode labels) {
        return labels.put("app", "chaos-exporter").put("monitorFor", engine.name());
    }
}
