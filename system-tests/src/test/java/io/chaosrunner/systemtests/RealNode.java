package io.chaosrunner.systemtests;

import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;

/**
 * Run a control plane with one real node: kube-scheduler, kubelet, containerd, runc. Thread-safe.
 *
 * <p>The node lives in namespaces of its own ({@code system-tests/real-node/node}) and dies with
 * this JVM, its containers included.
 */
final class RealNode {

    /** What the runner's image holds, as {@code deploy/image} makes it. */
    static final String RUNNER_IMAGE = "localhost/chaos-runner:test";

    /** The image of {@code system-tests/real-node/experiment}. */
    static final String EXPERIMENT_IMAGE = "localhost/experiment:test";

    private static final Path SCRIPT = Path.of("system-tests", "real-node", "node");
    private static final Duration START_LIMIT = Duration.ofMinutes(2);
    private static final Duration CLEAN_UP_LIMIT = Duration.ofSeconds(30);
    private static final Duration MOMENT = Duration.ofMillis(100);

    private final ControlPlane controlPlane;
    private final Path folder;
    private final GuardedProcess node;

    private RealNode(ControlPlane controlPlane, Path folder, GuardedProcess node) {
        this.controlPlane = controlPlane;
        this.folder = folder;
        this.node = node;
    }

    /**
     * Start both and wait until the node is ready.
     *
     * @throws IllegalStateException if programs or images are not where {@code
     *     system-tests/real-node/run} says, or if the node does not become ready in time; its files
     *     are kept then
     */
    static RealNode start() {
        Path programs = given("CHAOSRUNNER_NODE_PROGRAMS");
        Path images = given("CHAOSRUNNER_NODE_IMAGES");
        Instant started = Instant.now();
        ControlPlane controlPlane = ControlPlane.startForNodes(programs.resolve("kube-scheduler"));
        try {
            Path folder = Files.createDirectory(controlPlane.home().resolve("node"));
            Files.writeString(
                    folder.resolve("kubeconfig"),
                    controlPlane
                            .adminKubeconfig()
                            .replace(controlPlane.url(), "https://10.96.0.1:443"));
            GuardedProcess process =
                    GuardedProcess.start(
                            controlPlane.home(),
                            "node",
                            ControlPlaneBinaries.sourceRoot().resolve(SCRIPT),
                            List.of(
                                    folder.toString(),
                                    programs.toString(),
                                    images.toString(),
                                    Integer.toString(controlPlane.port())));
            var node = new RealNode(controlPlane, folder, process);
            try {
                node.awaitReady();
            } catch (RuntimeException e) {
                process.close();
                awaitCleanUp(folder);
                throw e;
            }
            // Also for Ctrl-C; the namespaces would go by themselves, files would not.
            Runtime.getRuntime().addShutdownHook(new Thread(node::close));
            System.out.printf(
                    "control plane and node are ready after %d ms%n",
                    Duration.between(started, Instant.now()).toMillis());
            return node;
        } catch (IOException e) {
            controlPlane.close();
            throw new UncheckedIOException(e);
        } catch (RuntimeException e) {
            controlPlane.keepFiles();
            controlPlane.close();
            throw e;
        }
    }

    ControlPlane controlPlane() {
        return controlPlane;
    }

    /** Return what all containers of a pod said, those that were restarted included. */
    String log(String namespace, String pod) {
        Path pods = folder.resolve("pods");
        try (Stream<Path> files = Files.walk(pods)) {
            var log = new StringBuilder();
            for (Path file :
                    files.filter(f -> f.toString().endsWith(".log"))
                            .filter(f ->
                                    pods.relativize(f)
                                            .toString()
                                            .startsWith(namespace + "_" + pod + "_"))
                            .sorted()
                            .toList()) {
                log.append("--- ").append(pods.relativize(file)).append('\n');
                // Each line begins with its time, its stream and whether it is whole.
                Files.readAllLines(file)
                        .forEach(line ->
                                log.append(line.replaceFirst("^(\\S+ ){3}", "")).append('\n'));
            }
            return log.toString();
        } catch (IOException e) {
            return "(unreadable: " + e + ")";
        }
    }

    /** Send SIGKILL to all processes of a container, from outside: nobody deletes anything. */
    void kill(String containerId) {
        String id = containerId.replaceFirst("^containerd://", "");
        ProcessHandle.allProcesses()
                .filter(process -> isIn(process, id))
                .forEach(ProcessHandle::destroyForcibly);
    }

    private static boolean isIn(ProcessHandle process, String container) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(process.pid()), "cgroup"))
                    .contains(container);
        } catch (IOException e) {
            // It ended meanwhile.
            return false;
        }
    }

    private void close() {
        node.close();
        awaitCleanUp(folder);
        controlPlane.close();
    }

    private static void awaitCleanUp(Path folder) {
        await().atMost(CLEAN_UP_LIMIT).until(() -> !Files.exists(folder.resolve("alive")));
    }

    private void awaitReady() {
        Instant deadline = Instant.now().plus(START_LIMIT);
        try (KubernetesClient client = controlPlane.adminClient()) {
            while (client.nodes().list().getItems().stream().noneMatch(RealNode::isReady)) {
                if (Instant.now().isAfter(deadline)) {
                    throw new IllegalStateException(
                            "the node is not ready after "
                                    + START_LIMIT
                                    + "; see kubelet.log and containerd.log in "
                                    + folder);
                }
                node.linger(MOMENT);
            }
        }
    }

    private static boolean isReady(Node node) {
        return node.getSpec().getTaints().isEmpty()
                && node.getStatus().getConditions().stream()
                        .anyMatch(condition ->
                                condition.getType().equals("Ready")
                                        && condition.getStatus().equals("True"));
    }

    private static Path given(String variable) {
        String folder = System.getenv(variable);
        if (folder == null) {
            throw new IllegalStateException(
                    variable + " is not set; these tests run by system-tests/real-node/run");
        }
        return Path.of(folder);
    }
}
