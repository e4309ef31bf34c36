package io.chaosrunner.systemtests;

import static org.awaitility.Awaitility.await;

import io.chaosrunner.systemtests.Timeline.Change;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import org.awaitility.core.ConditionTimeoutException;

/** One engine on a {@link RealNode}, looked after by the operator, and the story of its objects. */
final class NodeStage implements AutoCloseable {

    static final String ENGINE = "engine";
    static final String RUNNER = ENGINE + "-runner";

    /** Long: containers of several tests start beside each other. */
    private static final Duration LIMIT = Duration.ofMinutes(8);

    final TestNamespace namespace;
    final Timeline timeline;
    private final RealNode node;
    private final ChaosOperator operator;

    NodeStage(RealNode node) {
        this.node = node;
        namespace = TestNamespace.create(node.controlPlane());
        timeline = Timeline.of(namespace);
        operator = ChaosOperator.start(namespace);
    }

    @Override
    public void close() {
        try (namespace;
                timeline) {
            operator.close();
        }
    }

    // ---- Manifests

    /** Create a ChaosExperiment that runs {@code real-node/experiment}. */
    void experiment(String experiment) {
        experiment(experiment, Map.of());
    }

    /**
     * Create a ChaosExperiment whose pods, and the runner's if it is the first, have these contexts
     * of security.
     */
    void experiment(String experiment, Map<String, Object> securityContext) {
        namespace.experiment(
                experiment,
                Map.of(
                        "image",
                        RealNode.EXPERIMENT_IMAGE,
                        "imagePullPolicy",
                        "IfNotPresent",
                        "command",
                        List.of("/experiment"),
                        "args",
                        List.of("run"),
                        "securityContext",
                        securityContext));
    }

    /** Begin the engine, with an account that may do what the chart of pod-delete grants. */
    EngineManifest engine(Map<String, Object> runner) {
        return namespace
                .newEngine(ENGINE)
                .account(namespace.podDeleteSa())
                .spec("components", Map.of("runner", runner));
    }

    /** Begin the same with a runner as the operator has it by default. */
    EngineManifest engine() {
        return engine(Map.of("image", RealNode.RUNNER_IMAGE));
    }

    /** Return components of an experiment with these variables, each as {@code NAME=value}. */
    static Map<String, Object> env(String... variables) {
        var env = new ArrayList<Map<String, String>>();
        for (String variable : variables) {
            String[] parts = variable.split("=", 2);
            env.add(Map.of("name", parts[0], "value", parts[1]));
        }
        return Map.of("env", env);
    }

    // ---- What a person does

    void setState(String engineState) {
        Litmus.engines(namespace.admin(), namespace.name())
                .named(ENGINE)
                .patch(
                        PatchContext.of(PatchType.JSON_MERGE),
                        "{\"spec\":{\"engineState\":\"" + engineState + "\"}}");
    }

    /** Delete the pod of an experiment, of which there must be one. */
    void deletePodOf(String experiment, long graceSeconds) {
        Pod experimentPod =
                namespace.pods("name", experiment).stream()
                        .filter(pod -> !isHelper(pod))
                        .findFirst()
                        .orElseThrow();
        namespace.admin().resource(experimentPod).withGracePeriod(graceSeconds).delete();
    }

    /** Delete the runner's pod. */
    void deleteRunner(long graceSeconds) {
        namespace
                .admin()
                .pods()
                .inNamespace(namespace.name())
                .withName(RUNNER)
                .withGracePeriod(graceSeconds)
                .delete();
    }

    /** Kill the runner's process from outside. */
    void killRunner() {
        node.kill(runner().getContainerID());
    }

    /** Return the state of the runner's container. */
    ContainerStatus runner() {
        return runnerPod().getStatus().getContainerStatuses().getFirst();
    }

    String runnerPhase() {
        return runnerPod().getStatus().getPhase();
    }

    private Pod runnerPod() {
        return namespace.admin().pods().inNamespace(namespace.name()).withName(RUNNER).require();
    }

    /** Wait until something holds; a failure tells the runner's story. */
    void eventually(String what, BooleanSupplier holds) {
        try {
            await().atMost(LIMIT).pollInterval(Duration.ofMillis(100)).until(holds::getAsBoolean);
        } catch (ConditionTimeoutException e) {
            throw new AssertionError(
                    "%s did not come; entries %s, pods %s; the runner said:%n%s"
                            .formatted(what, entries(), pods(), story()),
                    e);
        }
    }

    /** Wait until a helper runs and the experiment goes on beside it. */
    void awaitHelper() {
        eventually("a helper", () -> !runningHelpers().isEmpty());
    }

    void awaitEngineStatus(String status) {
        eventually("the engine's status " + status, () -> engineStatus().equals(status));
    }

    // ---- What is there now

    String engineStatus() {
        return Litmus.read(namespace, "chaosengines", ENGINE)
                .at("/status/engineStatus")
                .asString("");
    }

    /** Return the status entries, each as name, status and verdict. */
    List<String> entries() {
        return entries(namespace.engine(ENGINE));
    }

    static List<String> entries(GenericKubernetesResource engine) {
        List<Map<String, String>> entries = engine.get("status", "experiments");
        return entries == null
                ? List.of()
                : entries.stream()
                        .map(entry ->
                                entry.get("name")
                                        + " "
                                        + entry.get("status")
                                        + " "
                                        + entry.get("verdict"))
                        .toList();
    }

    /** Return the running helpers: pods that nobody owns. */
    List<Pod> runningHelpers() {
        return namespace.pods().stream()
                .filter(NodeStage::isHelper)
                .filter(pod -> pod.getStatus().getPhase().equals("Running"))
                .toList();
    }

    /** Return what the runner said, in all its containers. */
    String story() {
        return node.log(namespace.name(), RUNNER);
    }

    private List<String> pods() {
        return namespace.pods().stream()
                .map(pod -> pod.getMetadata().getName() + " " + pod.getStatus().getPhase())
                .toList();
    }

    // ---- What happened

    static boolean isHelper(Pod pod) {
        return pod.getMetadata().getOwnerReferences().isEmpty();
    }

    /** Return how many Jobs of an experiment were ever created. */
    long jobsOf(String experiment) {
        return timeline.all(change ->
                        change.isCreation(Job.class) && change.name().startsWith(experiment + "-"))
                .size();
    }

    /** Return when the first Job of an experiment was created. */
    long launchOf(String experiment) {
        return timeline.first(change ->
                change.isCreation(Job.class) && change.name().startsWith(experiment + "-"));
    }

    /** Return how many pods the runner ever had. */
    long runnersSeen() {
        return timeline.all(change -> change.isCreation(Pod.class) && change.name().equals(RUNNER))
                .size();
    }

    /** Return how many helpers there ever were. */
    long helpersSeen() {
        return helpers().size();
    }

    private List<HasMetadata> helpers() {
        return timeline.all(change -> change.isCreation(Pod.class) && isHelper(change));
    }

    /** Return how the container of an experiment ended, as the kubelet last said. */
    ContainerStateTerminated lastTerminationOf(String experiment) {
        return timeline.all(change -> change.name().startsWith(experiment + "-")).stream()
                .filter(object -> object instanceof Pod pod && !isHelper(pod))
                .flatMap(pod -> ((Pod) pod).getStatus().getContainerStatuses().stream())
                .map(container -> container.getState().getTerminated())
                .filter(Objects::nonNull)
                .reduce((first, second) -> second)
                .orElseThrow();
    }

    /**
     * Return when the last helper was gone: 0 if there never was one, {@link Long#MAX_VALUE} if
     * there is one.
     */
    long lastHelperGone() {
        long last = 0;
        for (HasMetadata helper : helpers()) {
            String name = helper.getMetadata().getName();
            last =
                    Math.max(
                            last,
                            timeline.first(change ->
                                    change.isDeletion(Pod.class) && change.name().equals(name)));
        }
        return last;
    }

    /** Return when an entry first had an end. */
    long endOf(String experiment) {
        return timeline.first(change ->
                change.object() instanceof GenericKubernetesResource engine
                        && entries(engine).stream()
                                .anyMatch(entry ->
                                        entry.startsWith(experiment + " ")
                                                && !entry.endsWith(" Awaited")
                                                && !entry.contains(" Waiting ")));
    }

    /** Return when the engine first had a status. */
    long engineStatusCame(String status) {
        return timeline.first(change ->
                change.object() instanceof GenericKubernetesResource engine
                        && status.equals(engine.get("status", "engineStatus")));
    }

    /** Print what a run took by the clocks of kubelet and API server, to be read by people. */
    void report(String what) {
        ContainerStateTerminated runner = runner().getState().getTerminated();
        System.out.printf(
                "%s: runner's container started %s, Jobs created %s, ended %s%n",
                what,
                runner.getStartedAt(),
                timeline.all(change -> change.isCreation(Job.class)).stream()
                        .map(job -> job.getMetadata().getCreationTimestamp())
                        .toList(),
                runner.getFinishedAt());
    }

    private static boolean isHelper(Change change) {
        return change.object() instanceof Pod pod && isHelper(pod);
    }
}
