package io.chaosrunner.sandbox;

import io.chaosrunner.sandbox.ObjectStore.Change;
import io.chaosrunner.sandbox.ObjectStore.Key;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Bind pods to the one node there is and walk them through their phases.
 *
 * <p>The pod of a Job plays a {@link Scenario}; any other pod runs until it is deleted. Durations
 * are divided by the speed; timestamps are real. Runs on the controllers' thread only, but for
 * {@link #script}.
 */
final class Kubelet {
    private static final String NODE = "sandbox";
    private static final Duration STARTING = Duration.ofMillis(100);
    private static final Duration STOPPING = Duration.ofMillis(200);

    private final ObjectStore store;
    private final Registry registry;
    private final ScheduledExecutorService executor;
    private final Clock clock;
    private final double speed;
    private final PodLogs logs;
    private final Map<String, String> scripts = new ConcurrentHashMap<>();
    private final Map<String, Integer> launches = new HashMap<>();
    private final Map<String, Container> running = new HashMap<>();
    private boolean isTimeOver;

    Kubelet(
            ObjectStore store,
            Registry registry,
            ScheduledExecutorService executor,
            Clock clock,
            double speed,
            PodLogs logs) {
        this.store = store;
        this.registry = registry;
        this.executor = executor;
        this.clock = clock;
        this.speed = speed;
        this.logs = logs;
    }

    /** Let an experiment of that name follow a scenario, unless an annotation says otherwise. */
    void script(String experiment, String scenario) {
        scripts.put(experiment, scenario);
    }

    /** Let what hangs end as if its time were over, and what will hang as well. */
    void endHanging() {
        isTimeOver = true;
        List.copyOf(running.values()).stream()
                .filter(each -> each.hangs && !each.over)
                .forEach(Container::finish);
    }

    void handle(Change change) {
        if (change.key().resource() != ApiResource.PODS) {
            return;
        }
        String uid = ObjectStore.uid(change.object());
        if (change.type() == Change.Type.DELETED) {
            logs.remove(uid);
            Container container = running.remove(uid);
            if (container != null) {
                container.vanish();
            }
            return;
        }
        Container container = running.get(uid);
        if (container == null && change.type() == Change.Type.ADDED) {
            container = new Container(change.key(), change.object());
            running.put(uid, container);
            container.start();
        }
        if (container != null && Registry.deleting(change.object())) {
            container.terminate();
        }
    }

    /** One pod on its way, from binding to its end. */
    private final class Container {
        private final Key key;
        private final String uid;
        private final boolean ofJob;
        private final Experiment experiment;
        private Scenario scenario = Scenario.parse("hang").getFirst();
        private String complaint = "";
        private String startedAt = "";
        private String finishedAt = "";
        private String mainPhase = "";
        private Consumer<ObjectNode> mainEnd = container -> {};
        private boolean hangs;
        private boolean over;
        private boolean terminating;

        Container(Key key, ObjectNode pod) {
            this.key = key;
            this.uid = ObjectStore.uid(pod);
            this.experiment = new Experiment(store, registry, pod);
            JsonNode owner = GarbageCollector.controller(pod);
            this.ofJob = owner != null && Json.text(owner, "kind").equals("Job");
            if (ofJob) {
                choose(pod, owner == null ? "" : Json.text(owner, "name"));
            }
        }

        private void choose(ObjectNode pod, String jobName) {
            String text = Json.text(pod, "metadata", "annotations", Scenario.ANNOTATION);
            if (text.isEmpty()) {
                text =
                        store.get(new Key(ApiResource.JOBS, key.namespace(), jobName))
                                .map(j ->
                                        Json.text(
                                                j, "metadata", "annotations", Scenario.ANNOTATION))
                                .orElse("");
            }
            if (text.isEmpty()) {
                text = scripts.getOrDefault(experiment.name(), "");
            }
            List<String> problems = Scenario.problems(text);
            if (!problems.isEmpty()) {
                complaint = String.join("; ", problems);
                return;
            }
            List<Scenario> scenarios = Scenario.parse(text);
            String name = experiment.name().isEmpty() ? jobName : experiment.resultName();
            int launch = launches.merge(key.namespace() + "/" + name, 1, Integer::sum);
            scenario = scenarios.get(Math.min(launch, scenarios.size()) - 1);
        }

        void start() {
            if (scenario.pending().isPositive()) {
                status(status ->
                        condition(
                                status,
                                "PodScheduled",
                                "False",
                                "Unschedulable",
                                "0/1 nodes are available: 1 Insufficient cpu."));
            }
            after(scenario.pending(), this::bind);
        }

        private void bind() {
            registry.update(
                    key,
                    pod -> {
                        ObjectNode spec = Json.child(pod, "spec");
                        spec.put("nodeName", NODE);
                        if (scenario.sidecar()) {
                            spec.withArrayProperty("containers")
                                    .addObject()
                                    .put("name", "istio-proxy")
                                    .put("image", "istio/proxyv2:1.27.0");
                        }
                        condition(Json.child(pod, "status"), "PodScheduled", "True", "", "");
                        return pod;
                    });
            after(STARTING, this::run);
        }

        private void run() {
            if (!complaint.isEmpty()) {
                end(
                        "Failed",
                        "SandboxScenario",
                        complaint,
                        container -> terminated(container, 128, "ContainerCannotRun", complaint));
                return;
            }
            if (scenario.ending() == Scenario.Ending.IMAGE_PULL_ERROR) {
                waiting("ErrImagePull", "failed to pull and unpack image: not found");
                after(
                        Duration.ofSeconds(1),
                        () -> waiting("ImagePullBackOff", "Back-off pulling image"));
                return;
            }
            startedAt = Json.time(clock.instant());
            status(status -> {
                status.put("phase", "Running");
                status.put("startTime", startedAt);
                status.put("hostIP", "10.0.0.1");
                status.put("podIP", "10.244.0.2");
                condition(status, "Initialized", "True", "", "");
                condition(status, "ContainersReady", "True", "", "");
                condition(status, "Ready", "True", "", "");
                containers(status, this::started);
            });
            say((ofJob ? "experiment " + experiment.name() : "helper") + " begins, simulated");
            if (ofJob && inside(() -> experiment.begin(scenario))) {
                hangs = scenario.ending() == Scenario.Ending.HANG && !isTimeOver;
                if (!hangs) {
                    after(scenario.after(), this::finish);
                }
            }
        }

        private void say(String text) {
            logs.say(uid, clock.instant(), text);
        }

        /** Do what the program in the container does; it exits 1 if the API server refuses. */
        private boolean inside(Runnable program) {
            try {
                program.run();
                return true;
            } catch (StatusError e) {
                String why = e.status().path("message").asString("");
                end("Failed", "", "", container -> terminated(container, 1, "Error", why));
                return false;
            }
        }

        private void finish() {
            say("experiment %s ends: %s".formatted(experiment.name(), scenario.verdict()));
            switch (scenario.ending()) {
                case CRASH ->
                        end("Failed", "", "", container -> terminated(container, 1, "Error", ""));
                case OOM ->
                        end(
                                "Failed",
                                "",
                                "",
                                container -> terminated(container, 137, "OOMKilled", ""));
                case EVICTED ->
                        end(
                                "Failed",
                                "Evicted",
                                "The node was low on resource: memory.",
                                container -> terminated(container, 137, "Error", ""));
                case DELETED -> registry.delete(key, DeleteOptions.BACKGROUND);
                case FORCE_DELETED -> registry.delete(key, DeleteOptions.NOW);
                default -> {
                    if (scenario.lateness().isPositive()) {
                        // The pod may be deleted in between; the result comes all the same.
                        schedule(scenario.lateness(), () -> experiment.finish(scenario));
                    } else if (!inside(() -> experiment.finish(scenario))) {
                        return;
                    }
                    end(
                            "Succeeded",
                            "",
                            "",
                            container -> terminated(container, 0, "Completed", ""));
                }
            }
        }

        /** End the main container, and the pod with it unless a mesh proxy keeps it alive. */
        private void end(String phase, String reason, String message, Consumer<ObjectNode> main) {
            boolean proxy = scenario.sidecar() && reason.isEmpty() && !terminating;
            over = true;
            logs.end(uid);
            finishedAt = Json.time(clock.instant());
            mainEnd = main;
            mainPhase = phase;
            status(status -> {
                containers(
                        status,
                        container -> {
                            boolean stays = proxy && isProxy(container);
                            (stays ? (Consumer<ObjectNode>) this::started : main).accept(container);
                        });
                if (proxy) {
                    notReady(status, "ContainersNotReady");
                } else {
                    finished(status, phase);
                }
                if (!reason.isEmpty()) {
                    status.put("reason", reason);
                    status.put("message", message);
                }
                if (reason.equals("Evicted")) {
                    condition(status, "DisruptionTarget", "True", "TerminationByKubelet", message);
                }
            });
        }

        private void finished(ObjectNode status, String phase) {
            status.put("phase", phase);
            notReady(status, phase.equals("Succeeded") ? "PodCompleted" : "PodFailed");
        }

        private void notReady(ObjectNode status, String reason) {
            condition(status, "Ready", "False", reason, "");
            condition(status, "ContainersReady", "False", reason, "");
        }

        private static boolean isProxy(ObjectNode container) {
            return Json.text(container, "name").equals("istio-proxy");
        }

        /** Somebody deleted the pod: SIGTERM, a moment to clean up, and away. */
        void terminate() {
            if (terminating) {
                return;
            }
            terminating = true;
            boolean started = !startedAt.isEmpty();
            boolean ended = over;
            if (started && !ended) {
                say("terminated");
            }
            over = true;
            schedule(
                    started ? STOPPING : Duration.ZERO,
                    () -> {
                        if (!running.containsKey(uid)) {
                            return;
                        }
                        if (started && !ended) {
                            if (ofJob) {
                                inside(() -> experiment.abort(scenario));
                            }
                            end(
                                    "Failed",
                                    "",
                                    "",
                                    container -> terminated(container, 1, "Error", ""));
                        } else if (started && scenario.sidecar()) {
                            endProxy();
                        }
                        deletePod();
                    });
        }

        /** The mesh proxy obeys SIGTERM; how the pod ended was decided before. */
        private void endProxy() {
            status(status -> {
                containers(
                        status,
                        container -> {
                            if (isProxy(container)) {
                                terminated(container, 0, "Completed", "");
                            } else {
                                mainEnd.accept(container);
                            }
                        });
                finished(status, mainPhase);
            });
        }

        /** The pod was removed by force: nothing inside had time to write anything. */
        void vanish() {
            over = true;
        }

        private void deletePod() {
            try {
                registry.delete(key, DeleteOptions.NOW);
            } catch (StatusError e) {
                // Somebody else deleted it first.
                if (e.code() != 404) {
                    throw e;
                }
            }
        }

        private void waiting(String reason, String message) {
            status(status -> {
                status.put("startTime", Json.time(clock.instant()));
                condition(status, "Initialized", "True", "", "");
                condition(status, "Ready", "False", "ContainersNotReady", "");
                containers(
                        status,
                        container ->
                                container
                                        .put("ready", false)
                                        .put("started", false)
                                        .putObject("state")
                                        .putObject("waiting")
                                        .put("reason", reason)
                                        .put("message", message));
            });
        }

        private void started(ObjectNode container) {
            container
                    .put("ready", true)
                    .put("started", true)
                    .putObject("state")
                    .putObject("running")
                    .put("startedAt", startedAt);
        }

        private void terminated(ObjectNode container, int exitCode, String reason, String message) {
            ObjectNode terminated =
                    container
                            .put("ready", false)
                            .put("started", false)
                            .putObject("state")
                            .putObject("terminated");
            terminated.put("exitCode", exitCode).put("reason", reason);
            if (!message.isEmpty()) {
                terminated.put("message", message);
            }
            terminated.put("startedAt", startedAt.isEmpty() ? finishedAt : startedAt);
            terminated.put("finishedAt", finishedAt);
        }

        private void containers(ObjectNode status, Consumer<ObjectNode> state) {
            List<JsonNode> specs =
                    store.get(key)
                            .map(pod -> Json.items(pod.path("spec"), "containers"))
                            .orElse(List.of());
            ArrayNode statuses = status.putArray("containerStatuses");
            for (JsonNode spec : specs) {
                ObjectNode container = statuses.addObject();
                container.put("name", Json.text(spec, "name"));
                container.put("image", Json.text(spec, "image"));
                container.put("imageID", "");
                container.put("restartCount", 0);
                state.accept(container);
            }
        }

        private void condition(
                ObjectNode status, String type, String value, String reason, String message) {
            ArrayNode conditions = status.withArrayProperty("conditions");
            ObjectNode condition = null;
            for (JsonNode existing : conditions.values()) {
                if (Json.text(existing, "type").equals(type)) {
                    condition = (ObjectNode) existing;
                }
            }
            if (condition == null) {
                condition = conditions.addObject().put("type", type);
            }
            if (!Json.text(condition, "status").equals(value)) {
                condition.put("lastTransitionTime", Json.time(clock.instant()));
            }
            condition.put("status", value);
            condition.remove(List.of("reason", "message"));
            if (!reason.isEmpty()) {
                condition.put("reason", reason);
            }
            if (!message.isEmpty()) {
                condition.put("message", message);
            }
        }

        private void status(Consumer<ObjectNode> change) {
            registry.update(
                    key,
                    pod -> {
                        change.accept(Json.child(pod, "status"));
                        return pod;
                    });
        }

        private void after(Duration duration, Runnable step) {
            schedule(
                    duration,
                    () -> {
                        if (!over) {
                            step.run();
                        }
                    });
        }
    }

    private void schedule(Duration duration, Runnable step) {
        try {
            executor.schedule(step, (long) (duration.toNanos() / speed), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            // The server is closing; the containers go with it.
        }
    }
}
