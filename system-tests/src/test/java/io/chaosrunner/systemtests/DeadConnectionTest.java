package io.chaosrunner.systemtests;

import static io.chaosrunner.systemtests.Stage.ENGINE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.run.RunResult;
import io.chaosrunner.testing.TcpProxy;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A connection that dies without a word, while the API server answers on any new one. */
@NeedsControlPlane
@Timeout(400)
@Execution(ExecutionMode.CONCURRENT)
class DeadConnectionTest {

    /** The promise is 30 s; the rest is for machines that have much else to do. */
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private static final Duration BEGIN = Duration.ofMinutes(2);

    private final ControlPlane controlPlane;
    private final TestNamespace namespace;
    private final FakeKubelet kubelet;
    private final TcpProxy network;
    @TempDir private Path folder;

    DeadConnectionTest(ControlPlane controlPlane) {
        this.controlPlane = controlPlane;
        namespace = TestNamespace.create(controlPlane);
        kubelet = FakeKubelet.start(namespace);
        network = new TcpProxy(controlPlane.port());
        namespace.experiment("pod-delete");
    }

    @AfterEach
    void close() {
        network.close();
        try (namespace;
                kubelet) {
            assertThat(kubelet).isNotNull();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aRunHearsThatItIsStopped(boolean mayWatch) throws Exception {
        engine(mayWatch, "hang");
        try (Fabric8Cluster cluster = Fabric8Cluster.connect(kubeconfig(mayWatch))) {
            CompletableFuture<RunResult> result = RunHere.begin(cluster, namespace).result();
            await().atMost(BEGIN).until(this::runs);

            network.silence();
            patch("{\"spec\":{\"engineState\":\"stop\"}}");

            within("the stop is heard", result::isDone);
            assertThat(namespace.entries(ENGINE).getFirst()).containsEntry("verdict", "Stopped");
            assertThat(namespace.pods()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theVerdictOfAnEndedExperimentComes(boolean mayWatch) throws Exception {
        engine(mayWatch, "after=5s");
        try (Fabric8Cluster cluster = Fabric8Cluster.connect(kubeconfig(mayWatch))) {
            CompletableFuture<RunResult> result = RunHere.begin(cluster, namespace).result();
            await().atMost(BEGIN).until(this::runs);

            network.silence();

            within("the verdict comes", result::isDone);
            assertThat(namespace.entries(ENGINE).getFirst()).containsEntry("verdict", "Pass");
        }
    }

    @Test
    void whoWaitsAtATerminalIsToldTheEnd() throws Exception {
        engine(true, "after=20s");
        String through = throughNetwork("powerful");
        try (TerminalProcess runs =
                        TerminalProcess.start(
                                folder, through, "run", ENGINE, "-n", namespace.name());
                TerminalProcess waits = waiting(through)) {
            network.silence();

            assertThat(runs.end().exitCode()).as("exit code of run").isZero();
            assertThat(waits.end().exitCode()).as("exit code of wait").isZero();
        }
    }

    /** Wait at a second terminal for the run that was begun at the first one. */
    private TerminalProcess waiting(String kubeconfig) {
        await().atMost(BEGIN).until(this::runs);
        int before = network.accepted();
        TerminalProcess waits =
                TerminalProcess.start(folder, kubeconfig, "wait", ENGINE, "-n", namespace.name());
        await().atMost(BEGIN).until(() -> network.accepted() > before);
        return waits;
    }

    @Test
    void theServiceKeepsTheLeadAndHearsOfNewEngines() {
        String account = namespace.powerful();
        try (ServiceProcess service = ServiceProcess.start(namespace, throughNetwork(account))) {
            await().atMost(BEGIN).until(service::leads);

            network.silence();
            Instant silent = Instant.now();
            namespace
                    .newEngine(ENGINE)
                    .spec("engineState", "stop")
                    .account(account)
                    .annotation(ServiceStage.SCHEDULE, "now: true")
                    .experiment("pod-delete", "after=100ms")
                    .create();

            within("the Lease is renewed", () -> renewed().isAfter(silent));
            within("the schedule is heard of", () -> !namespace.jobs().isEmpty());
            assertThat(service.output()).doesNotContain("leads-no-more");
        }
    }

    private Instant renewed() {
        return namespace.admin().leases().inNamespace(namespace.name()).list().getItems().stream()
                .map(lease -> lease.getSpec().getRenewTime())
                .map(ZonedDateTime::toInstant)
                .findFirst()
                .orElse(Instant.EPOCH);
    }

    private static void within(String what, BooleanSupplier holds) {
        long began = System.nanoTime();
        await(what).atMost(LIMIT).until(holds::getAsBoolean);
        System.out.printf(
                "silence, and %s after %d ms%n",
                what, Duration.ofNanos(System.nanoTime() - began).toMillis());
    }

    private boolean runs() {
        return namespace.entries(ENGINE).stream()
                .anyMatch(entry -> "Running".equals(entry.get("status")));
    }

    private void engine(boolean mayWatch, String scenario) {
        namespace
                .newEngine(ENGINE)
                .account(account(mayWatch))
                .experiment("pod-delete", scenario)
                .create();
    }

    private String account(boolean mayWatch) {
        return mayWatch ? namespace.powerful() : namespace.getListOnly();
    }

    private Path kubeconfig(boolean mayWatch) throws IOException {
        return Files.writeString(
                folder.resolve("kubeconfig"),
                throughNetwork(mayWatch ? "powerful" : "get-list-only"));
    }

    private String throughNetwork(String account) {
        return controlPlane
                .kubeconfigFor(namespace.name(), account)
                .replace(":" + controlPlane.port(), ":" + network.port());
    }

    private void patch(String patch) {
        Litmus.engines(namespace.admin(), namespace.name())
                .named(ENGINE)
                .patch(PatchContext.of(PatchType.JSON_MERGE), patch);
    }
}
