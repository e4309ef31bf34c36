package io.chaosrunner.systemtests;

import io.chaosrunner.sandbox.Scenario;
import io.chaosrunner.sandbox.Scenario.Ending;
import io.chaosrunner.sandbox.Scenario.Result;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Play a Litmus experiment in the pod of a Job, as a {@link Scenario} says.
 *
 * <p>It knows its surroundings from its pod only, as the real one does: the environment names the
 * ChaosResult, and the pod's labels go to the result and to the helper pod.
 */
final class SimulatedExperiment {

    /** From SIGTERM to the end of a container that reverts a fault. */
    static final Duration REVERTING = Duration.ofMillis(50);

    private static final Duration BACK_OFF = Duration.ofMillis(200);
    private static final int KILLED = 137;
    private static final Map<String, String> PHASES =
            Map.of(
                    "Pass", "Completed",
                    "Fail", "Completed_With_Probe_Failure",
                    "Stopped", "Stopped",
                    "Error", "Error");

    private final KubernetesClient admin;
    private final PodLife life;
    private final Scenario scenario;
    private final CompletableFuture<Void> timeIsUp;
    private final Map<String, String> env;
    private @Nullable Pod helper;

    /**
     * @param timeIsUp ends what the scenario lets run longer
     */
    SimulatedExperiment(
            KubernetesClient admin,
            PodLife life,
            Scenario scenario,
            CompletableFuture<Void> timeIsUp) {
        this.admin = admin;
        this.life = life;
        this.scenario = scenario;
        this.timeIsUp = timeIsUp;
        this.env = env(life.pod());
    }

    /** Return the name of the ChaosResult that a pod's experiment writes; empty if it is none. */
    static String resultName(Pod pod) {
        return resultName(env(pod));
    }

    /** Play it all; returns when nothing more will happen in the pod. */
    void live() throws InterruptedException {
        if (scenario.pending().isPositive()) {
            life.unschedulable();
            if (life.deletedWithin(scenario.pending())) {
                life.remove();
                return;
            }
        }
        life.bind();
        if (scenario.ending() == Ending.IMAGE_PULL_ERROR) {
            neverStart();
            return;
        }
        life.running(scenario.sidecar() ? "istio-proxy" : null);
        begin();
        if (isStopped()) {
            stop();
            return;
        }
        switch (scenario.ending()) {
            case CRASH -> end(1, "Error");
            case OOM -> end(KILLED, "OOMKilled");
            case EVICTED ->
                    life.ended(KILLED, "Error", "Evicted", "The node was low on resource: memory.");
            case DELETED -> {
                life.delete(null);
                stop();
            }
            case FORCE_DELETED -> {
                life.delete(Duration.ZERO);
                stop();
            }
            default -> complete();
        }
    }

    /** Do what a container has time for once its pod is deleted. */
    private void stop() throws InterruptedException {
        life.awaitDeletion();
        if (life.grace().isPositive()) {
            abort();
            life.ended(1);
        }
        life.remove();
    }

    private void neverStart() throws InterruptedException {
        life.waiting("ErrImagePull", "failed to pull and unpack image: not found");
        if (!life.deletedWithin(BACK_OFF)) {
            life.waiting("ImagePullBackOff", "Back-off pulling image");
            life.awaitDeletion();
        }
        life.remove();
    }

    private boolean isStopped() throws InterruptedException {
        if (scenario.ending() == Ending.HANG) {
            life.awaitDeletion();
            return true;
        }
        return life.deletedBefore(timeIsUp, scenario.after());
    }

    private void complete() throws InterruptedException {
        if (scenario.lateness().isZero()) {
            finish();
            end(0, "Completed");
            return;
        }
        end(0, "Completed");
        // The pod may be deleted meanwhile; the result comes all the same.
        PodLife.pause(scenario.lateness());
        finish();
    }

    private void end(int exitCode, String reason) throws InterruptedException {
        if (!scenario.sidecar()) {
            life.ended(exitCode, reason, null, null);
            return;
        }
        life.ended(life.pod().getSpec().getContainers().getFirst().getName(), exitCode);
        life.awaitDeletion();
        life.ended(exitCode);
        life.remove();
    }

    private void begin() {
        if (name().isEmpty()) {
            return;
        }
        if (scenario.result() == Result.WRITTEN || scenario.result() == Result.UNFINISHED) {
            write("Running", "Awaited", "Awaited", "");
        }
        if (scenario.helper()) {
            helper = launchHelper();
        }
    }

    private void finish() {
        if (name().isEmpty()) {
            return;
        }
        if (helper != null && scenario.ending() != Ending.ABANDON) {
            admin.resource(helper).delete();
        }
        switch (scenario.result()) {
            case WRITTEN -> {
                String verdict = scenario.verdict();
                int implied = verdict.equals("Pass") ? 100 : 0;
                int probes = scenario.probes() < 0 ? implied : scenario.probes();
                write(
                        PHASES.getOrDefault(verdict, "Completed"),
                        verdict,
                        Integer.toString(probes),
                        counter(verdict));
            }
            case NONE -> result().delete();
            case STALE, UNFINISHED -> {}
        }
    }

    /** SIGTERM: the result says Stopped, and the helper is left to whoever sent the signal. */
    private void abort() throws InterruptedException {
        PodLife.pause(REVERTING);
        if (!name().isEmpty() && scenario.result() == Result.WRITTEN) {
            write("Stopped", "Stopped", "0", counter("Stopped"));
        }
    }

    private void write(String phase, String verdict, String probes, String counter) {
        GenericKubernetesResource old = result().get();
        var history = new HashMap<String, Object>(Map.of("targets", List.of()));
        for (String runs : List.of("passedRuns", "failedRuns", "stoppedRuns")) {
            Object before = old == null ? null : old.get("status", "history", runs);
            int count = before instanceof Number number ? number.intValue() : 0;
            history.put(runs, runs.equals(counter) ? count + 1 : count);
        }
        var status = new HashMap<String, Object>();
        status.put("phase", phase);
        status.put("verdict", verdict);
        status.put("probeSuccessPercentage", probes);
        if (verdict.equals("Error")) {
            status.put(
                    "errorOutput",
                    Map.of("errorCode", "GENERIC_ERROR", "reason", "the scenario says so"));
        }
        GenericKubernetesResource now =
                old == null ? Litmus.object("ChaosResult", resultName(env)) : old;
        now.getMetadata().setNamespace(life.namespace());
        now.getMetadata().setLabels(labels());
        now.setAdditionalProperty(
                "spec",
                Map.of(
                        "engine", env("CHAOSENGINE"),
                        "experiment", name(),
                        "instance", env("INSTANCE_ID")));
        now.setAdditionalProperty("status", Map.of("experimentStatus", status, "history", history));
        if (old == null) {
            Litmus.results(admin, life.namespace()).create(now);
        } else {
            Litmus.results(admin, life.namespace()).all().resource(now).update();
        }
    }

    private Pod launchHelper() {
        Map<String, String> labels = labels();
        labels.keySet()
                .removeAll(
                        List.of(
                                "job-name",
                                "controller-uid",
                                "batch.kubernetes.io/job-name",
                                "batch.kubernetes.io/controller-uid"));
        Pod pod =
                new PodBuilder()
                        .withNewMetadata()
                        .withGenerateName(name() + "-helper-")
                        .withLabels(labels)
                        .endMetadata()
                        .withNewSpec()
                        .withRestartPolicy("Never")
                        .withTerminationGracePeriodSeconds(
                                scenario.ending() == Ending.ABANDON ? 1L : null)
                        .addNewContainer()
                        .withName(name())
                        .withImage("helper")
                        .endContainer()
                        .endSpec()
                        .build();
        return admin.pods().inNamespace(life.namespace()).resource(pod).create();
    }

    /** Copies the pod's labels; chaosUID is the environment's, whatever the pod says. */
    private Map<String, String> labels() {
        var labels = new LinkedHashMap<>(life.pod().getMetadata().getLabels());
        if (!env("CHAOS_UID").isEmpty()) {
            labels.put("chaosUID", env("CHAOS_UID"));
        }
        return labels;
    }

    private Resource<GenericKubernetesResource> result() {
        return Litmus.results(admin, life.namespace()).named(resultName(env));
    }

    private String name() {
        return env("EXPERIMENT_NAME");
    }

    private String env(String variable) {
        return env.getOrDefault(variable, "");
    }

    private static String resultName(Map<String, String> env) {
        String engine = env.getOrDefault("CHAOSENGINE", "");
        String instance = env.getOrDefault("INSTANCE_ID", "");
        return (engine.isEmpty() ? "" : engine + "-")
                + env.getOrDefault("EXPERIMENT_NAME", "")
                + (instance.isEmpty() ? "" : "-" + instance);
    }

    private static Map<String, String> env(Pod pod) {
        var env = new HashMap<String, String>();
        for (EnvVar variable : pod.getSpec().getContainers().getFirst().getEnv()) {
            if (variable.getValue() != null) {
                env.put(variable.getName(), variable.getValue());
            }
        }
        return env;
    }

    private static String counter(String verdict) {
        return switch (verdict) {
            case "Pass" -> "passedRuns";
            case "Stopped" -> "stoppedRuns";
            default -> "failedRuns";
        };
    }
}
