package io.chaosrunner.systemtests;

import static org.awaitility.Awaitility.await;

import io.chaosrunner.systemtests.ApiProxy.Call;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.core.ConditionTimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One engine and what surrounds it: a namespace, a kubelet, a proxy that keeps the runner's calls,
 * and the operator if a test wants one.
 */
final class Stage implements AutoCloseable {

    static final String ENGINE = "engine-nginx";
    static final String RUNNER = ENGINE + "-runner";

    /** Long: several JVMs may have to share one core. */
    private static final Duration LIMIT = Duration.ofMinutes(3);

    private static final Pattern CLAIM =
            Pattern.compile("\"number\":(\\d+),\"id\":\"([a-z0-9]+)\".*\"state\":\"(\\w+)\"");

    final TestNamespace namespace;
    final ApiProxy proxy;
    final FakeKubelet kubelet;
    private volatile String apiServer;
    private @Nullable ChaosOperator operator;

    Stage(ControlPlane controlPlane) {
        this(controlPlane, false);
    }

    private Stage(ControlPlane controlPlane, boolean byAccount) {
        namespace = TestNamespace.create(controlPlane);
        proxy = ApiProxy.start(controlPlane);
        apiServer = proxy.url();
        kubelet =
                byAccount
                        ? FakeKubelet.start(namespace)
                        : FakeKubelet.start(
                                namespace,
                                (where, account) ->
                                        proxy.kubeconfigFor(where, account)
                                                .replace(proxy.url(), apiServer));
    }

    /**
     * Set up a stage whose runners find the API server as in a pod, by its service account: the
     * proxy sees none of their calls.
     */
    static Stage byAccount(ControlPlane controlPlane) {
        return new Stage(controlPlane, true);
    }

    /** Let the runners' usual kubeconfig lead to another address. */
    void misdirect(String url) {
        apiServer = url;
    }

    /** Let an operator look after the engine. */
    void operate() {
        operator = ChaosOperator.start(namespace);
    }

    @Override
    public void close() {
        try (namespace;
                proxy;
                kubelet) {
            if (operator != null) {
                operator.close();
            }
        }
    }

    /** Begin the engine, with an account that may do what the chart of pod-delete grants. */
    EngineManifest engine() {
        return namespace.newEngine(ENGINE).account(namespace.podDeleteSa());
    }

    /** Create an engine of two experiments, the second of which is short. */
    void createTwo(String account, String scenario) {
        namespace.experiment("pod-delete");
        namespace.experiment("pod-cpu-hog");
        namespace
                .newEngine(ENGINE)
                .account(account)
                .experiment("pod-delete", scenario)
                .experiment("pod-cpu-hog", "after=200ms")
                .create();
    }

    /** Launch the runner once, without an operator, and wait for its success. */
    void run() {
        RunnerPod.create(namespace, ENGINE).awaitCompletion(kubelet);
    }

    /** Change the engine by a merge patch. */
    void patch(String patch) {
        Litmus.engines(namespace.admin(), namespace.name())
                .named(ENGINE)
                .patch(PatchContext.of(PatchType.JSON_MERGE), patch);
    }

    /** Keep a pod from going when it is deleted. */
    void hold(Pod pod) {
        finalizers(pod, "[\"example.com/held\"]");
    }

    /** Let a pod go that was held. */
    void release(Pod pod) {
        finalizers(pod, "null");
    }

    private void finalizers(Pod pod, String finalizers) {
        namespace
                .admin()
                .pods()
                .inNamespace(namespace.name())
                .withName(pod.getMetadata().getName())
                .patch(
                        PatchContext.of(PatchType.JSON_MERGE),
                        "{\"metadata\":{\"finalizers\":" + finalizers + "}}");
    }

    /** Wait until something holds; a failure tells the runner's story. */
    void eventually(String what, BooleanSupplier holds) {
        try {
            await().atMost(LIMIT).pollInterval(Duration.ofMillis(50)).until(holds::getAsBoolean);
        } catch (ConditionTimeoutException e) {
            throw new AssertionError(
                    "%s did not come; entries %s, pods %s, calls %s; the runner said:\n%s"
                            .formatted(what, entries(), podNames(), proxy.calls(), story()),
                    e);
        }
    }

    // ---- What is there now

    /** Return the status entries, each as name, status and verdict. */
    List<String> entries() {
        if (Litmus.read(namespace, "chaosengines", ENGINE).isMissingNode()) {
            return List.of();
        }
        return namespace.entries(ENGINE).stream()
                .map((Map<String, String> entry) ->
                        entry.get("name") + " " + entry.get("status") + " " + entry.get("verdict"))
                .toList();
    }

    /** Return the entry of an experiment that is listed once. */
    Map<String, String> entry(String experiment) {
        return namespace.entries(ENGINE).stream()
                .filter(entry -> experiment.equals(entry.get("name")))
                .findFirst()
                .orElseThrow();
    }

    String engineStatus() {
        return Litmus.read(namespace, "chaosengines", ENGINE)
                .at("/status/engineStatus")
                .asString("");
    }

    String uid() {
        return namespace.engine(ENGINE).getMetadata().getUid();
    }

    /** Return the run that the engine's claim tells of. */
    Claim claim() {
        String text = namespace.engine(ENGINE).getMetadata().getAnnotations().get(Claim.ANNOTATION);
        Matcher matcher = CLAIM.matcher(String.valueOf(text));
        if (!matcher.find()) {
            throw new AssertionError("no claim: " + text);
        }
        return new Claim(Long.parseLong(matcher.group(1)), matcher.group(2), matcher.group(3));
    }

    /** What a claim says of its run. */
    record Claim(long number, String id, String state) {
        static final String ANNOTATION = "chaosrunner.io/run";
    }

    /** Return the calls that created a Job. */
    List<Call> createdJobs() {
        return proxy.calls("create", "jobs").stream().filter(call -> call.status() == 201).toList();
    }

    /** Return the runner's events about one experiment, oldest first. */
    List<Event> events(String experiment) {
        return namespace.events(RUNNER).stream()
                .filter(event ->
                        event.getMetadata()
                                .getName()
                                .equals(
                                        event.getReason()
                                                + experiment
                                                + event.getInvolvedObject().getUid()))
                .toList();
    }

    /** Return the reasons of what the operator reported, oldest first. */
    List<String> operatorsEvents() {
        return namespace.events("chaos-operator").stream().map(Event::getReason).toList();
    }

    List<String> podNames() {
        return namespace.pods().stream().map(pod -> pod.getMetadata().getName()).toList();
    }

    /** Return the pods that nobody owns: the helpers that carry a fault. */
    List<Pod> helpers() {
        return namespace.pods().stream()
                .filter(pod -> pod.getMetadata().getOwnerReferences().isEmpty())
                .toList();
    }

    /** Return what the runner said so far, in its latest pod. */
    String story() {
        return kubelet.runner(RUNNER).output();
    }
}
