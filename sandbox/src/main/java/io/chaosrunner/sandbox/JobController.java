package io.chaosrunner.sandbox;

import io.chaosrunner.sandbox.ObjectStore.Change;
import io.chaosrunner.sandbox.ObjectStore.Key;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The creator of the pods of Jobs, which keeps their status as the Job controller of
 * kube-controller-manager does: level-triggered, with tracking finalizers, back-off limit and
 * active deadline.
 *
 * <p>Runs on the controllers' thread only.
 */
final class JobController {
    static final String TRACKING = "batch.kubernetes.io/job-tracking";
    private static final Duration BACKOFF = Duration.ofSeconds(10);
    private static final Duration MAX_BACKOFF = Duration.ofMinutes(6);

    private final ObjectStore store;
    private final Registry registry;
    private final ScheduledExecutorService executor;
    private final Clock clock;
    private final double speed;
    private final Map<String, Instant> notBefore = new HashMap<>();

    JobController(
            ObjectStore store,
            Registry registry,
            ScheduledExecutorService executor,
            Clock clock,
            double speed) {
        this.store = store;
        this.registry = registry;
        this.executor = executor;
        this.clock = clock;
        this.speed = speed;
    }

    void handle(Change change) {
        switch (change.key().resource()) {
            case JOBS -> {
                if (change.type() == Change.Type.DELETED) {
                    String uid = ObjectStore.uid(change.object());
                    notBefore.remove(uid);
                    store.dependents(uid).forEach(this::releaseOrphan);
                } else {
                    sync(change.key());
                }
            }
            case PODS -> {
                JsonNode owner = GarbageCollector.controller(change.object());
                if (owner != null && Json.text(owner, "kind").equals("Job")) {
                    sync(
                            new Key(
                                    ApiResource.JOBS,
                                    change.key().namespace(),
                                    Json.text(owner, "name")));
                }
                releaseOrphan(change.key());
            }
            default -> {}
        }
    }

    /** Let go of a tracked pod that no Job controls any more. */
    private void releaseOrphan(Key key) {
        Optional<ObjectNode> pod = store.get(key).filter(JobController::tracked);
        if (pod.isEmpty()) {
            return;
        }
        JsonNode owner = GarbageCollector.controller(pod.get());
        boolean orphan =
                owner == null
                        || store.get(
                                        new Key(
                                                ApiResource.JOBS,
                                                key.namespace(),
                                                Json.text(owner, "name")))
                                .filter(j -> ObjectStore.uid(j).equals(Json.text(owner, "uid")))
                                .isEmpty();
        if (orphan) {
            release(key);
        }
    }

    /** Bring one Job one step nearer to its end. */
    private void sync(Key key) {
        Optional<ObjectNode> found = store.get(key);
        if (found.isEmpty()) {
            return;
        }
        ObjectNode job = found.get();
        List<ObjectNode> pods = pods(job, key);
        if (condition(job, "Complete") || condition(job, "Failed")) {
            pods.stream().filter(JobController::tracked).forEach(pod -> release(podKey(pod)));
            return;
        }
        if (job.path("spec").path("suspend").asBoolean(false)) {
            return;
        }
        ObjectNode status = Json.child(job.deepCopy(), "status");
        if (!status.has("startTime")) {
            status.put("startTime", Json.time(clock.instant()));
            deadline(job).ifPresent(after -> again(key, after));
        }
        int succeeded = status.path("succeeded").asInt(0);
        int failed = status.path("failed").asInt(0);
        List<ObjectNode> counted = new ArrayList<>();
        for (ObjectNode pod : pods) {
            if (tracked(pod) && (terminal(pod) || Registry.deleting(pod))) {
                counted.add(pod);
                if (phase(pod).equals("Succeeded")) {
                    succeeded++;
                } else {
                    failed++;
                    backOff(job, failed);
                }
            }
        }
        List<ObjectNode> active =
                pods.stream().filter(p -> !terminal(p) && !Registry.deleting(p)).toList();
        long terminating = pods.stream().filter(p -> !terminal(p) && Registry.deleting(p)).count();

        String failure = failure(job, status, failed);
        int wanted = 0;
        if (Registry.deleting(job)) {
            failure = null;
        } else if (failure != null) {
            String message =
                    failure.equals("DeadlineExceeded")
                            ? "Job was active longer than specified deadline"
                            : "Job has reached the specified backoff limit";
            addCondition(status, "FailureTarget", failure, message);
            active.forEach(pod -> delete(podKey(pod)));
            if (active.isEmpty() && terminating == 0) {
                addCondition(status, "Failed", failure, message);
            }
        } else if (succeeded >= job.path("spec").path("completions").asInt(1)) {
            String message = "Reached expected number of succeeded pods";
            addCondition(status, "SuccessCriteriaMet", "CompletionsReached", message);
            addCondition(status, "Complete", "CompletionsReached", message);
            status.put("completionTime", Json.time(clock.instant()));
        } else {
            int left = job.path("spec").path("completions").asInt(1) - succeeded;
            int parallelism = job.path("spec").path("parallelism").asInt(1);
            wanted = Math.max(0, Math.min(parallelism, left) - active.size() - (int) terminating);
        }
        boolean waits = wanted > 0 && waits(job, key);
        int created = 0;
        for (int i = 0; i < wanted && !waits; i++) {
            created += createPod(job, key) ? 1 : 0;
        }
        write(key, status, active.size() + created, active, terminating, succeeded, failed);
        counted.forEach(pod -> release(podKey(pod)));
    }

    private void write(
            Key key,
            ObjectNode status,
            int active,
            List<ObjectNode> pods,
            long terminating,
            int succeeded,
            int failed) {
        count(status, "active", active);
        count(status, "succeeded", succeeded);
        count(status, "failed", failed);
        status.put("terminating", (int) terminating);
        status.set("uncountedTerminatedPods", Json.object());
        status.put("ready", (int) pods.stream().filter(JobController::ready).count());
        registry.update(
                key,
                job -> {
                    job.set("status", status);
                    return job;
                });
    }

    private static void count(ObjectNode status, String name, int value) {
        if (value == 0) {
            status.remove(name);
        } else {
            status.put(name, value);
        }
    }

    private @Nullable String failure(ObjectNode job, ObjectNode status, int failed) {
        for (JsonNode condition : Json.items(status, "conditions")) {
            if (Json.text(condition, "type").equals("FailureTarget")) {
                return Json.text(condition, "reason");
            }
        }
        if (failed > job.path("spec").path("backoffLimit").asInt(6)) {
            return "BackoffLimitExceeded";
        }
        Instant start = Instant.parse(Json.text(status, "startTime"));
        return deadline(job).filter(d -> !clock.instant().isBefore(start.plus(d))).isPresent()
                ? "DeadlineExceeded"
                : null;
    }

    private static Optional<Duration> deadline(ObjectNode job) {
        JsonNode seconds = job.path("spec").path("activeDeadlineSeconds");
        return seconds.isIntegralNumber()
                ? Optional.of(Duration.ofSeconds(seconds.asLong()))
                : Optional.empty();
    }

    private void addCondition(ObjectNode status, String type, String reason, String message) {
        for (JsonNode condition : Json.items(status, "conditions")) {
            if (Json.text(condition, "type").equals(type)) {
                return;
            }
        }
        String now = Json.time(clock.instant());
        if (!status.has("conditions")) {
            status.putArray("conditions");
        }
        status.withArrayProperty("conditions")
                .addObject()
                .put("type", type)
                .put("status", "True")
                .put("lastProbeTime", now)
                .put("lastTransitionTime", now)
                .put("reason", reason)
                .put("message", message);
    }

    private void backOff(ObjectNode job, int failures) {
        Duration wait = BACKOFF.multipliedBy(1L << Math.min(failures - 1, 10));
        Duration bounded = wait.compareTo(MAX_BACKOFF) > 0 ? MAX_BACKOFF : wait;
        notBefore.put(
                ObjectStore.uid(job),
                clock.instant().plusNanos((long) (bounded.toNanos() / speed)));
    }

    private boolean waits(ObjectNode job, Key key) {
        Instant until = notBefore.getOrDefault(ObjectStore.uid(job), Instant.MIN);
        Instant now = clock.instant();
        if (!now.isBefore(until)) {
            return false;
        }
        again(key, Duration.between(now, until));
        return true;
    }

    private void again(Key key, Duration after) {
        try {
            executor.schedule(() -> sync(key), after.toNanos() + 1, TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            // The server is closing; nobody will look at this Job again.
        }
    }

    private boolean createPod(ObjectNode job, Key key) {
        JsonNode template = job.path("spec").path("template");
        ObjectNode pod = Json.object("{'apiVersion':'v1','kind':'Pod'}");
        ObjectNode metadata = pod.putObject("metadata");
        String prefix = key.name() + "-";
        metadata.put("generateName", prefix);
        Json.put(metadata, "labels", Json.copy(template.path("metadata").get("labels")));
        Json.put(metadata, "annotations", Json.copy(template.path("metadata").get("annotations")));
        metadata.putArray("finalizers").add(TRACKING);
        metadata.putArray("ownerReferences")
                .addObject()
                .put("apiVersion", "batch/v1")
                .put("kind", "Job")
                .put("name", key.name())
                .put("uid", ObjectStore.uid(job))
                .put("controller", true)
                .put("blockOwnerDeletion", true);
        pod.set("spec", template.path("spec").deepCopy());
        try {
            registry.create(ApiResource.PODS, key.namespace(), pod);
            return true;
        } catch (StatusError e) {
            // The real controller would try again for ever; a pod refused once stays refused here.
            return false;
        }
    }

    private List<ObjectNode> pods(ObjectNode job, Key key) {
        String uid = ObjectStore.uid(job);
        return store.dependents(uid).stream()
                .filter(k -> k.resource() == ApiResource.PODS)
                .filter(k -> k.namespace().equals(key.namespace()))
                .map(store::get)
                .flatMap(Optional::stream)
                .filter(pod -> {
                    JsonNode owner = GarbageCollector.controller(pod);
                    return owner != null && Json.text(owner, "uid").equals(uid);
                })
                .toList();
    }

    private void delete(Key pod) {
        try {
            registry.delete(pod, DeleteOptions.BACKGROUND);
        } catch (StatusError e) {
            // Somebody else deleted it first.
            if (e.code() != 404) {
                throw e;
            }
        }
    }

    private void release(Key key) {
        registry.update(
                key,
                pod -> {
                    ObjectNode metadata = Json.child(pod, "metadata");
                    List<String> left = new ArrayList<>();
                    Json.items(metadata, "finalizers").forEach(f -> left.add(f.asString()));
                    left.remove(TRACKING);
                    Registry.setFinalizers(metadata, left);
                    return pod;
                });
    }

    private static Key podKey(ObjectNode pod) {
        return new Key(
                ApiResource.PODS,
                Json.text(pod, "metadata", "namespace"),
                Json.text(pod, "metadata", "name"));
    }

    private static boolean tracked(ObjectNode pod) {
        return Json.items(pod.path("metadata"), "finalizers").stream()
                .anyMatch(f -> f.asString().equals(TRACKING));
    }

    private static boolean condition(ObjectNode job, String type) {
        return Json.items(job.path("status"), "conditions").stream()
                .filter(c -> Json.text(c, "type").equals(type))
                .anyMatch(c -> Json.text(c, "status").equals("True"));
    }

    private static boolean ready(ObjectNode pod) {
        return Json.items(pod.path("status"), "conditions").stream()
                .filter(c -> Json.text(c, "type").equals("Ready"))
                .anyMatch(c -> Json.text(c, "status").equals("True"));
    }

    static boolean terminal(ObjectNode pod) {
        return phase(pod).equals("Succeeded") || phase(pod).equals("Failed");
    }

    private static String phase(ObjectNode pod) {
        return Json.text(pod, "status", "phase");
    }
}
