package io.chaosrunner.systemtests;

import static org.awaitility.Awaitility.await;

import io.chaosrunner.sandbox.Scenario;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Bind the pods of one namespace to a node and run them.
 *
 * <p>A pod with a container named {@code chaos-runner} is run as a real process, see {@link
 * RunnerContainer}. The pod of a Job plays the {@link Scenario} in its annotation, see {@link
 * SimulatedExperiment}; without one it passes after 200 ms. Any other pod runs until it is deleted.
 */
final class FakeKubelet implements AutoCloseable {

    /** Give the credentials of a service account as a kubeconfig. */
    interface Kubeconfigs {
        String kubeconfigFor(String namespace, String serviceAccount);
    }

    /** Give what leads a process of a service account to the API server; see {@link PodAccess}. */
    private interface Access {
        Map<String, String> variables(String serviceAccount, Path folder);
    }

    private static final String RUNNER = "chaos-runner";
    private static final String DEFAULT_SCENARIO = "after=200ms";
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final int NOT_FOUND = 404;
    private static final int CONFLICT = 409;

    private final KubernetesClient admin;
    private final String namespace;
    private final String node;
    private final Access access;
    private final Path files;
    private final Map<String, PodLife> pods = new ConcurrentHashMap<>();
    private final Map<String, RunnerContainer> runners = new ConcurrentHashMap<>();
    private final Map<String, Integer> launches = new ConcurrentHashMap<>();
    private final List<Throwable> failures = new CopyOnWriteArrayList<>();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final CompletableFuture<Void> timeIsUp = new CompletableFuture<>();
    private @Nullable SharedIndexInformer<Pod> informer;
    private volatile boolean closing;

    private FakeKubelet(TestNamespace namespace, Access access) {
        this.admin = namespace.admin();
        this.namespace = namespace.name();
        this.node = "node-of-" + namespace.name();
        this.access = access;
        this.files = namespace.folder("kubelet");
    }

    /** Start a kubelet whose runners find their service account as a pod does. */
    static FakeKubelet start(TestNamespace namespace) {
        return begin(
                new FakeKubelet(
                        namespace,
                        (account, folder) ->
                                PodAccess.ofServiceAccount(
                                        namespace.controlPlane(),
                                        namespace.name(),
                                        account,
                                        folder)));
    }

    /** Start a kubelet that gives its runners a kubeconfig. */
    static FakeKubelet start(TestNamespace namespace, Kubeconfigs kubeconfigs) {
        return begin(
                new FakeKubelet(
                        namespace,
                        (account, folder) ->
                                PodAccess.ofKubeconfig(
                                        kubeconfigs.kubeconfigFor(namespace.name(), account),
                                        folder)));
    }

    private static FakeKubelet begin(FakeKubelet kubelet) {
        kubelet.begin();
        return kubelet;
    }

    private void begin() {
        // Pods bound to a node that does not exist are soon removed by the controllers.
        admin.nodes()
                .resource(new NodeBuilder().withNewMetadata().withName(node).endMetadata().build())
                .create();
        informer = admin.pods().inNamespace(namespace).inform(new Watcher());
    }

    /** Return the process of a runner's pod, waiting until there is one. */
    RunnerContainer runner(String pod) {
        return await().atMost(LIMIT).until(() -> runners.get(pod), found -> found != null);
    }

    /**
     * Let experiments end as if their time were up, from now on; those that hang go on. For tests
     * that have something to do while an experiment runs, however long that takes.
     */
    void endExperiments() {
        timeIsUp.complete(null);
    }

    /**
     * Kill what runs, remove the pods and their node.
     *
     * @throws AssertionError if a pod could not be moved as it should
     */
    @Override
    public void close() {
        closing = true;
        if (informer != null) {
            informer.close();
        }
        threads.shutdownNow();
        try {
            if (!threads.awaitTermination(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                failures.add(new IllegalStateException("pods go on after " + LIMIT));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        admin.pods().inNamespace(namespace).withGracePeriod(0).delete();
        admin.nodes().withName(node).delete();
        if (!failures.isEmpty()) {
            var failure = new AssertionError("the kubelet failed in namespace " + namespace);
            failures.forEach(failure::addSuppressed);
            throw failure;
        }
    }

    private void live(PodLife life) {
        Pod pod = life.pod();
        try {
            if (pod.getSpec().getContainers().stream()
                    .map(Container::getName)
                    .anyMatch(RUNNER::equals)) {
                Path folder = files.resolve(life.name() + "-" + pod.getMetadata().getUid());
                var container =
                        new RunnerContainer(
                                life,
                                RUNNER,
                                folder,
                                access.variables(pod.getSpec().getServiceAccountName(), folder));
                runners.put(life.name(), container);
                container.live();
            } else if (isOfJob(pod)) {
                new SimulatedExperiment(admin, life, scenario(pod), timeIsUp).live();
            } else {
                life.bind();
                life.running(null);
                life.awaitDeletion();
                if (life.grace().isPositive()) {
                    PodLife.pause(SimulatedExperiment.REVERTING);
                    life.ended(1);
                }
                life.remove();
            }
            // One that was deleted just before it ended: the API server waits for the kubelet.
            life.awaitDeletion();
            life.remove();
        } catch (InterruptedException e) {
            // Closing.
        } catch (RuntimeException e) {
            if (!closing && !isRemoved(e)) {
                failures.add(e);
            }
        }
    }

    private static boolean isOfJob(Pod pod) {
        return pod.getMetadata().getOwnerReferences().stream()
                .anyMatch(owner -> owner.getKind().equals("Job"));
    }

    /** The pod, or the whole namespace, was removed by force; nobody minds. */
    private static boolean isRemoved(RuntimeException e) {
        return e instanceof KubernetesClientException refusal
                && (refusal.getCode() == NOT_FOUND || refusal.getCode() == CONFLICT);
    }

    private Scenario scenario(Pod pod) {
        Map<String, String> annotations = pod.getMetadata().getAnnotations();
        String text =
                annotations == null
                        ? DEFAULT_SCENARIO
                        : annotations.getOrDefault(Scenario.ANNOTATION, DEFAULT_SCENARIO);
        List<Scenario> scenarios = Scenario.parse(text);
        int launch = launches.merge(SimulatedExperiment.resultName(pod), 1, Integer::sum);
        return scenarios.get(Math.min(launch, scenarios.size()) - 1);
    }

    private final class Watcher implements ResourceEventHandler<Pod> {

        @Override
        public void onAdd(Pod pod) {
            String phase = pod.getStatus() == null ? null : pod.getStatus().getPhase();
            boolean over = "Succeeded".equals(phase) || "Failed".equals(phase);
            var life = new PodLife(admin, node, pod);
            if (!over && pods.putIfAbsent(pod.getMetadata().getUid(), life) == null) {
                threads.execute(() -> live(life));
            }
        }

        @Override
        public void onUpdate(Pod before, Pod now) {
            PodLife life = pods.get(now.getMetadata().getUid());
            if (life != null) {
                life.updated(now);
            }
        }

        @Override
        public void onDelete(Pod pod, boolean finalStateUnknown) {
            PodLife life = pods.remove(pod.getMetadata().getUid());
            if (life != null) {
                life.gone();
            }
        }
    }
}
