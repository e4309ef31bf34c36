package io.chaosrunner.systemtests;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Do to the engines of one namespace what the unmodified chaos-operator does: the state machine,
 * the typed writes that erase what its Go types do not know, the runner's pod, the abort by label
 * with its late patch.
 *
 * <p>One thread reconciles, as there. It reads live objects, where the real one reads a cache that
 * lags a little behind.
 */
final class ChaosOperator implements AutoCloseable {

    private static final String FINALIZER = "chaosengine.litmuschaos.io/finalizer";
    private static final PatchContext MERGE = PatchContext.of(PatchType.JSON_MERGE);
    private static final Duration RETRY = Duration.ofMillis(200);
    private static final Duration POLL = Duration.ofSeconds(1);
    private static final int POLLS = 181;
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final Set<String> UNFINISHED = Set.of("Running", "Waiting for Job Creation");
    private static final Set<String> TARGET_STATES = Set.of("injected", "reverted", "targeted");

    private final TestNamespace namespace;
    private final KubernetesClient admin;
    private final ScheduledExecutorService worker =
            Executors.newSingleThreadScheduledExecutor(Thread.ofVirtual().factory());
    private final Set<String> queued = ConcurrentHashMap.newKeySet();
    private final List<Throwable> failures = new CopyOnWriteArrayList<>();
    private final List<SharedIndexInformer<?>> informers = new CopyOnWriteArrayList<>();
    private volatile boolean closing;

    private ChaosOperator(TestNamespace namespace) {
        this.namespace = namespace;
        this.admin = namespace.admin();
    }

    /** Start reconciling. */
    static ChaosOperator start(TestNamespace namespace) {
        var operator = new ChaosOperator(namespace);
        operator.informers.add(
                Litmus.engines(operator.admin, namespace.name())
                        .all()
                        .inform(
                                operator.new Watcher<GenericKubernetesResource>() {
                                    @Override
                                    void changed(GenericKubernetesResource engine) {
                                        operator.enqueue(
                                                engine.getMetadata().getName(), Duration.ZERO);
                                    }
                                }));
        operator.informers.add(
                operator.admin
                        .pods()
                        .inNamespace(namespace.name())
                        .inform(
                                operator.new Watcher<Pod>() {
                                    @Override
                                    void changed(Pod pod) {
                                        pod.getMetadata().getOwnerReferences().stream()
                                                .filter(o -> o.getKind().equals("ChaosEngine"))
                                                .forEach(o ->
                                                        operator.enqueue(
                                                                o.getName(), Duration.ZERO));
                                    }
                                }));
        return operator;
    }

    /**
     * Stop.
     *
     * @throws AssertionError if a reconciliation failed by a mistake of this class
     */
    @Override
    public void close() {
        closing = true;
        informers.forEach(SharedIndexInformer::close);
        worker.shutdownNow();
        try {
            if (!worker.awaitTermination(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                failures.add(new IllegalStateException("it goes on after " + LIMIT));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (!failures.isEmpty()) {
            var failure = new AssertionError("the operator failed in " + namespace.name());
            failures.forEach(failure::addSuppressed);
            throw failure;
        }
    }

    private abstract class Watcher<T extends HasMetadata> implements ResourceEventHandler<T> {

        abstract void changed(T object);

        @Override
        public void onAdd(T object) {
            changed(object);
        }

        @Override
        public void onUpdate(T before, T now) {
            changed(now);
        }

        @Override
        public void onDelete(T object, boolean finalStateUnknown) {
            changed(object);
        }
    }

    private void enqueue(String engine, Duration delay) {
        if (!closing && queued.add(engine)) {
            try {
                worker.schedule(() -> work(engine), delay.toMillis(), TimeUnit.MILLISECONDS);
            } catch (RejectedExecutionException e) {
                // Closing.
            }
        }
    }

    private void work(String engine) {
        queued.remove(engine);
        try {
            reconcile(engine);
        } catch (KubernetesClientException e) {
            // A conflict, mostly: read again and decide again.
            enqueue(engine, RETRY);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            if (!closing) {
                failures.add(e);
            }
        }
    }

    // ---- The state machine

    private void reconcile(String name) throws InterruptedException {
        if (!(Litmus.read(namespace, "chaosengines", name) instanceof ObjectNode stored)) {
            return;
        }
        ObjectNode engine = TypedEngine.of(stored);
        if (engine.at("/metadata/deletionTimestamp").isString()) {
            abort(engine);
            return;
        }
        if (state(engine).isEmpty()) {
            engine.withObject("/spec").put("engineState", "active");
        }
        if (status(engine).isEmpty()) {
            engine.withObject("/status").put("engineStatus", "initialized");
            if (state(engine).equals("stop")) {
                return;
            }
        }
        switch (state(engine) + " " + status(engine)) {
            case "active initialized" -> {
                if (engine.at("/metadata/finalizers").isMissingNode()) {
                    engine.withObject("/metadata").putArray("finalizers").add(FINALIZER);
                    put(engine);
                    event(engine, "Normal", "ChaosEngineInitialized", "Identifying app under test");
                } else {
                    start(engine);
                }
            }
            case "stop completed" -> cleanUp(engine);
            case "stop initialized" -> abort(engine);
            case "active stopped" -> {
                removeByLabel(engine);
                event(engine, "Normal", "RestartInProgress", "The engine is restarted");
                reset(engine);
            }
            case "active completed" -> {
                removeByLabel(engine);
                without(engine.withObject("/metadata"), FINALIZER);
                reset(engine);
            }
            default -> {
                // Nothing to do.
            }
        }
    }

    private void start(ObjectNode engine) {
        JsonNode runner = pod(name(engine) + "-runner");
        if (runner.isMissingNode()) {
            JsonNode first =
                    Litmus.read(
                            namespace,
                            "chaosexperiments",
                            engine.at("/spec/experiments/0/name").asString(""));
            if (first.isMissingNode()) {
                event(
                        engine,
                        "Warning",
                        "ChaosResourcesOperationFailed",
                        "(chaos start) Unable to get chaos resources");
                enqueue(name(engine), RETRY);
                return;
            }
            Pod pod = RunnerManifest.of(engine, first);
            admin.pods().inNamespace(namespace.name()).resource(pod).create();
        } else if (isCompleted(runner)) {
            engine.withObject("/status").put("engineStatus", "completed");
            engine.withObject("/spec").put("engineState", "stop");
            put(engine);
            event(engine, "Normal", "ChaosEngineCompleted", "The experiments have ended");
        }
    }

    private static boolean isCompleted(JsonNode pod) {
        String phase = pod.at("/status/phase").asString("");
        if (!phase.equals("Running") && !phase.equals("Succeeded")) {
            return false;
        }
        for (JsonNode container : pod.at("/status/containerStatuses")) {
            if (container.path("name").asString("").equals("chaos-runner")) {
                return container.at("/state/terminated/reason").asString("").equals("Completed")
                        && !container.path("ready").asBoolean();
            }
        }
        return false;
    }

    private void cleanUp(ObjectNode engine) {
        if (engine.at("/spec/jobCleanUpPolicy").asString("").equals("delete")) {
            delete("/api/v1", "pods", "app=%s,chaosUID=%s".formatted(name(engine), uid(engine)), 0);
        }
    }

    private void reset(ObjectNode engine) {
        ObjectNode status = engine.withObject("/status");
        status.put("engineStatus", "initialized");
        status.remove("experiments");
        put(engine);
    }

    // ---- Abort

    private void abort(ObjectNode engine) throws InterruptedException {
        boolean hadPods = !labelledPods(engine).isEmpty();
        if (hadPods) {
            removeByLabel(engine);
            awaitNoPods(engine);
        }
        moveTargets(engine);
        patchAborted(engine);
        if (hadPods) {
            event(engine, "Normal", "ChaosEngineStopped", "Chaos resources deleted successfully");
        }
    }

    private void awaitNoPods(ObjectNode engine) throws InterruptedException {
        for (int polls = 0; !labelledPods(engine).isEmpty(); polls++) {
            if (polls == POLLS) {
                event(
                        engine,
                        "Warning",
                        "ChaosResourcesOperationFailed",
                        "(chaos stop) Unable to delete chaos resources");
                throw new KubernetesClientException("labelled pods remain");
            }
            PodLife.pause(POLL);
        }
    }

    /** What the experiments noted of their targets goes from annotations into the history. */
    private void moveTargets(ObjectNode engine) {
        JsonNode results =
                namespace.read(
                        Litmus.path(namespace.name(), "chaosresults", "")
                                + "?labelSelector=chaosUID="
                                + uid(engine));
        for (JsonNode result : results.path("items")) {
            if (!(result.at("/metadata/annotations") instanceof ObjectNode annotations)) {
                continue;
            }
            ArrayNode targets =
                    ((ObjectNode) result).withObject("/status/history").withArray("/targets");
            annotations
                    .properties()
                    .removeIf(note -> {
                        String[] target = note.getKey().split("/", 2);
                        boolean isTarget =
                                target.length == 2
                                        && TARGET_STATES.contains(note.getValue().asString(""));
                        if (isTarget) {
                            targets.addObject()
                                    .put("kind", target[0])
                                    .put("name", target[1])
                                    .set("chaosStatus", note.getValue());
                        }
                        return isTarget;
                    });
            put("chaosresults", result);
            return;
        }
    }

    /** Not guarded by a version, and made of what was read before the pods went. */
    private void patchAborted(ObjectNode engine) {
        ObjectNode patch = JsonNodeFactory.instance.objectNode();
        ObjectNode metadata = engine.withObject("/metadata");
        if (metadata.has("finalizers")) {
            without(metadata, FINALIZER);
            JsonNode left = metadata.path("finalizers");
            patch.putObject("metadata")
                    .set("finalizers", left.isMissingNode() ? patch.nullNode() : left);
        }
        ObjectNode status = patch.putObject("status").put("engineStatus", "stopped");
        boolean changed = false;
        for (JsonNode entry : engine.at("/status/experiments")) {
            if (UNFINISHED.contains(entry.path("status").asString(""))) {
                ((ObjectNode) entry)
                        .put("status", "Forcefully Aborted")
                        .put("verdict", "Stopped")
                        .put(
                                "lastUpdateTime",
                                Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
                changed = true;
            }
        }
        if (changed) {
            status.set("experiments", engine.at("/status/experiments"));
        }
        Litmus.engines(admin, namespace.name()).named(name(engine)).patch(MERGE, patch.toString());
    }

    // ---- Requests

    private void removeByLabel(ObjectNode engine) {
        String selector = "chaosUID=" + uid(engine);
        long grace = engine.at("/spec/terminationGracePeriodSeconds").asLong(0);
        delete("/apis/batch/v1", "jobs", selector, grace);
        delete("/api/v1", "pods", selector, grace);
    }

    private void delete(String api, String plural, String selector, long grace) {
        var options = JsonNodeFactory.instance.objectNode();
        options.put("apiVersion", "v1").put("kind", "DeleteOptions");
        options.put("propagationPolicy", "Background");
        if (grace != 0) {
            options.put("gracePeriodSeconds", grace);
        }
        admin.raw(
                "%s/namespaces/%s/%s?labelSelector=%s"
                        .formatted(api, namespace.name(), plural, selector.replace(",", "%2C")),
                "DELETE",
                options);
    }

    private List<Pod> labelledPods(ObjectNode engine) {
        return namespace.pods("chaosUID", uid(engine));
    }

    private JsonNode pod(String name) {
        return namespace.read("/api/v1/namespaces/%s/pods/%s".formatted(namespace.name(), name));
    }

    /** The typed write: what was read a moment ago, without what the types do not know. */
    private void put(ObjectNode engine) {
        put("chaosengines", engine);
    }

    private void put(String plural, JsonNode object) {
        String name = object.at("/metadata/name").asString();
        admin.raw(Litmus.path(namespace.name(), plural, name), "PUT", object);
    }

    private void event(ObjectNode engine, String type, String reason, String message) {
        String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
        Event event =
                new EventBuilder()
                        .withNewMetadata()
                        .withGenerateName(name(engine) + ".")
                        .endMetadata()
                        .withNewInvolvedObject()
                        .withApiVersion("litmuschaos.io/v1alpha1")
                        .withKind("ChaosEngine")
                        .withName(name(engine))
                        .withNamespace(namespace.name())
                        .withUid(uid(engine))
                        .endInvolvedObject()
                        .withNewSource()
                        .withComponent("chaos-operator")
                        .endSource()
                        .withType(type)
                        .withReason(reason)
                        .withMessage(message)
                        .withFirstTimestamp(now)
                        .withLastTimestamp(now)
                        .withCount(1)
                        .build();
        admin.v1().events().inNamespace(namespace.name()).resource(event).create();
    }

    // ---- Reading an engine

    private static String name(ObjectNode engine) {
        return engine.at("/metadata/name").asString();
    }

    private static String uid(ObjectNode engine) {
        return engine.at("/metadata/uid").asString();
    }

    private static String state(ObjectNode engine) {
        return engine.at("/spec/engineState").asString("");
    }

    private static String status(ObjectNode engine) {
        return engine.at("/status/engineStatus").asString("");
    }

    private static void without(ObjectNode metadata, String finalizer) {
        if (metadata.path("finalizers") instanceof ArrayNode finalizers) {
            for (int i = finalizers.size() - 1; i >= 0; i--) {
                if (finalizers.get(i).asString("").equals(finalizer)) {
                    finalizers.remove(i);
                }
            }
            if (finalizers.isEmpty()) {
                metadata.remove("finalizers");
            }
        }
    }
}
