package io.chaosrunner.systemtests;

import io.fabric8.kubernetes.api.model.Binding;
import io.fabric8.kubernetes.api.model.BindingBuilder;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Tell the API server what becomes of one pod, and hear when somebody deletes it.
 *
 * <p>All but {@link #updated} and {@link #gone} is called by one thread, the pod's own.
 */
final class PodLife {

    private static final PatchContext MERGE = PatchContext.of(PatchType.JSON_MERGE);

    private final KubernetesClient admin;
    private final String node;
    private final String uid;
    private final CompletableFuture<Void> deleting = new CompletableFuture<>();
    private final Map<String, ContainerStatus> containers = new LinkedHashMap<>();
    private final Map<String, PodCondition> conditions = new LinkedHashMap<>();
    private volatile Pod pod;
    private volatile boolean gone;
    private @Nullable String boundAt;

    PodLife(KubernetesClient admin, String node, Pod pod) {
        this.admin = admin;
        this.node = node;
        this.pod = pod;
        this.uid = pod.getMetadata().getUid();
        for (Container container : pod.getSpec().getContainers()) {
            containers.put(container.getName(), unstarted(container.getName()));
        }
        updated(pod);
    }

    /** Take note of the pod as it is now. */
    void updated(Pod now) {
        pod = now;
        if (now.getMetadata().getDeletionTimestamp() != null) {
            deleting.complete(null);
        }
    }

    /** Take note that the pod is no more. */
    void gone() {
        gone = true;
        deleting.complete(null);
    }

    Pod pod() {
        return pod;
    }

    String name() {
        return pod.getMetadata().getName();
    }

    String namespace() {
        return pod.getMetadata().getNamespace();
    }

    /** Return what completes when somebody deletes the pod. */
    CompletableFuture<Void> deletion() {
        return deleting;
    }

    /** Return how long containers have after SIGTERM; zero is SIGKILL at once. */
    Duration grace() {
        Long seconds = pod.getMetadata().getDeletionGracePeriodSeconds();
        return gone || seconds == null ? Duration.ZERO : Duration.ofSeconds(seconds);
    }

    void awaitDeletion() throws InterruptedException {
        try {
            deleting.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Wait; returns true as soon as somebody deletes the pod. */
    boolean deletedWithin(Duration duration) throws InterruptedException {
        return deletedBefore(new CompletableFuture<>(), duration);
    }

    /** Wait for a word, but no longer than a time; returns true if somebody deletes the pod. */
    boolean deletedBefore(CompletableFuture<Void> word, Duration longest)
            throws InterruptedException {
        try {
            CompletableFuture.anyOf(deleting, word).get(longest.toNanos(), TimeUnit.NANOSECONDS);
            return deleting.isDone();
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Let time pass, whatever happens to the pod meanwhile. */
    static void pause(Duration duration) throws InterruptedException {
        new CountDownLatch(1).await(duration.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Say that no node has room. */
    void unschedulable() {
        condition("PodScheduled", false, "Unschedulable", "0/1 nodes are available.");
        report("Pending", null, null);
    }

    /** Bind the pod to the node, as the scheduler does. */
    void bind() {
        Binding binding =
                new BindingBuilder()
                        .withNewMetadata()
                        .withName(name())
                        .withUid(uid)
                        .endMetadata()
                        .withNewTarget()
                        .withApiVersion("v1")
                        .withKind("Node")
                        .withName(node)
                        .endTarget()
                        .build();
        admin.bindings().inNamespace(namespace()).resource(binding).create();
        boundAt = now();
        // The API server itself adds this condition; a status without it would take it away.
        condition("PodScheduled", true, null, null);
    }

    /** Say that the containers cannot start yet. */
    void waiting(String reason, String message) {
        condition("Ready", false, "ContainersNotReady", null);
        containers.replaceAll((name, old) ->
                status(
                        old,
                        false,
                        new ContainerStateBuilder()
                                .withNewWaiting()
                                .withReason(reason)
                                .withMessage(message)
                                .endWaiting()
                                .build()));
        report("Pending", null, null);
    }

    /** Say that all containers run, and another one if a webhook has injected it. */
    void running(@Nullable String injected) {
        if (injected != null) {
            containers.put(injected, unstarted(injected));
        }
        condition("Initialized", true, null, null);
        condition("Ready", true, null, null);
        condition("ContainersReady", true, null, null);
        containers.replaceAll((name, old) -> started(old));
        report("Running", null, null);
    }

    /** Say that a container ended and runs again. */
    void restarted(String container, int exitCode) {
        containers.computeIfPresent(
                container,
                (name, old) ->
                        new ContainerStatusBuilder(started(old))
                                .withLastState(terminated(old, exitCode, reasonFor(exitCode)))
                                .withRestartCount(old.getRestartCount() + 1)
                                .build());
        report("Running", null, null);
    }

    /** Say that one container ended while others go on. */
    void ended(String container, int exitCode) {
        condition("Ready", false, "ContainersNotReady", null);
        condition("ContainersReady", false, "ContainersNotReady", null);
        containers.computeIfPresent(
                container,
                (name, old) -> status(old, false, terminated(old, exitCode, reasonFor(exitCode))));
        report("Running", null, null);
    }

    /** Say that every container that still ran ended, and the pod with them. */
    void ended(int exitCode) {
        ended(exitCode, reasonFor(exitCode), null, null);
    }

    /**
     * Say that every container that still ran ended, and the pod with them.
     *
     * @param reason why the containers did
     * @param podReason why the pod did, if the kubelet had to end it
     */
    void ended(
            int exitCode, String reason, @Nullable String podReason, @Nullable String podMessage) {
        String over = exitCode == 0 ? "PodCompleted" : "PodFailed";
        condition("Ready", false, over, null);
        condition("ContainersReady", false, over, null);
        if (podReason != null) {
            condition("DisruptionTarget", true, "TerminationByKubelet", podMessage);
        }
        containers.replaceAll((name, old) ->
                old.getState().getTerminated() != null
                        ? old
                        : status(old, false, terminated(old, exitCode, reason)));
        report(exitCode == 0 ? "Succeeded" : "Failed", podReason, podMessage);
    }

    /** Have somebody delete the pod; without a grace period of theirs it has its own. */
    void delete(@Nullable Duration grace) {
        var pods = admin.pods().inNamespace(namespace()).withName(name());
        if (grace == null) {
            pods.delete();
        } else {
            pods.withGracePeriod(grace.toSeconds()).delete();
        }
    }

    /** Complete a deletion, as a kubelet does once nothing of the pod is left on the node. */
    void remove() {
        if (gone) {
            return;
        }
        admin.raw(
                "/api/v1/namespaces/%s/pods/%s".formatted(namespace(), name()),
                "DELETE",
                Map.of(
                        "apiVersion",
                        "v1",
                        "kind",
                        "DeleteOptions",
                        "gracePeriodSeconds",
                        0,
                        "preconditions",
                        Map.of("uid", uid)));
    }

    private void report(String phase, @Nullable String reason, @Nullable String message) {
        if (gone) {
            return;
        }
        PodStatus status =
                new PodStatusBuilder()
                        .withPhase(phase)
                        .withReason(reason)
                        .withMessage(message)
                        .withStartTime(boundAt)
                        .withHostIP(boundAt == null ? null : "192.0.2.1")
                        .withConditions(new ArrayList<>(conditions.values()))
                        .withContainerStatuses(
                                boundAt == null ? List.of() : new ArrayList<>(containers.values()))
                        .build();
        String patch =
                admin.getKubernetesSerialization()
                        .asJson(Map.of("metadata", Map.of("uid", uid), "status", status));
        admin.pods()
                .inNamespace(namespace())
                .withName(name())
                .subresource("status")
                .patch(MERGE, patch);
    }

    private void condition(
            String type, boolean met, @Nullable String reason, @Nullable String message) {
        conditions.put(
                type,
                new PodConditionBuilder()
                        .withType(type)
                        .withStatus(met ? "True" : "False")
                        .withReason(reason)
                        .withMessage(message)
                        .withLastTransitionTime(now())
                        .build());
    }

    private ContainerStatus unstarted(String container) {
        return new ContainerStatusBuilder()
                .withName(container)
                .withImage("image")
                .withImageID("")
                .withRestartCount(0)
                .withReady(false)
                .withNewState()
                .withNewWaiting()
                .withReason("ContainerCreating")
                .endWaiting()
                .endState()
                .build();
    }

    private static ContainerStatus started(ContainerStatus old) {
        return status(
                old,
                true,
                new ContainerStateBuilder()
                        .withNewRunning()
                        .withStartedAt(now())
                        .endRunning()
                        .build());
    }

    private static ContainerStatus status(ContainerStatus old, boolean ready, ContainerState now) {
        return new ContainerStatusBuilder(old)
                .withReady(ready)
                .withStarted(ready)
                .withState(now)
                .build();
    }

    private static ContainerState terminated(ContainerStatus old, int exitCode, String reason) {
        var running = old.getState().getRunning();
        return new ContainerStateBuilder()
                .withNewTerminated()
                .withExitCode(exitCode)
                .withReason(reason)
                .withStartedAt(running == null ? now() : running.getStartedAt())
                .withFinishedAt(now())
                .endTerminated()
                .build();
    }

    private static String reasonFor(int exitCode) {
        return exitCode == 0 ? "Completed" : "Error";
    }

    /** Kubernetes' times have no fractions. */
    private static String now() {
        return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
