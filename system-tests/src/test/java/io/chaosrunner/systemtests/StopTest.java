package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.model.RunEnd.Cause;
import io.chaosrunner.run.RunResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Stopping a run that nobody else looks after: the fault is gone before the status says so. */
@NeedsControlPlane
@Timeout(600)
class StopTest {

    private static final String ENGINE = Stage.ENGINE;

    private final Stage stage;
    private final TestNamespace namespace;
    private final Cluster cluster;

    StopTest(ControlPlane controlPlane, @TempDir Path folder) throws IOException {
        stage = Stage.byAccount(controlPlane);
        namespace = stage.namespace;
        Path kubeconfig =
                Files.writeString(folder.resolve("kubeconfig"), controlPlane.adminKubeconfig());
        cluster = Fabric8Cluster.connect(kubeconfig);
        namespace.experiment("pod-delete");
        namespace.experiment("pod-cpu-hog");
    }

    @AfterEach
    void close() {
        cluster.close();
        stage.close();
    }

    @Test
    void theHelperIsGoneBeforeTheFinalWord() throws Exception {
        namespace
                .newEngine(ENGINE)
                .account(namespace.podDeleteSa())
                .cleanUp("retain")
                .experiment("pod-delete", "hang helper")
                .experiment("pod-cpu-hog", "after=100ms")
                .create();
        RunHere here = RunHere.begin(cluster, namespace);
        // Two pods of ours: the experiment's, and the helper that carries the fault.
        TestNamespace.eventually(() ->
                namespace.pods().size() == 2
                        && stage.entries().contains("pod-delete Running Awaited"));

        here.run().stop("somebody asked");

        long asked = System.nanoTime();
        TestNamespace.eventually(() -> {
            boolean finalWord =
                    stage.entries().stream().anyMatch(entry -> entry.contains("Aborted"));
            boolean gone = namespace.pods().isEmpty();
            assertThat(finalWord && !gone)
                    .as("the final word is written while pods are there")
                    .isFalse();
            return gone;
        });
        System.out.printf(
                "asked to stop, and every pod is gone after %d ms%n",
                Duration.ofNanos(System.nanoTime() - asked).toMillis());
        assertThat(here.result().get(3, TimeUnit.MINUTES))
                .isInstanceOfSatisfying(
                        RunResult.Completed.class,
                        completed -> assertThat(completed.end().cause()).isEqualTo(Cause.ABORT));
        assertThat(stage.entries())
                .containsExactly(
                        "pod-delete Forcefully Aborted Stopped",
                        "pod-cpu-hog Forcefully Aborted Stopped");
        assertThat(namespace.jobs()).isEmpty();
    }

    @Test
    void anEditOfEngineStateStopsTheRun() throws Exception {
        namespace
                .newEngine(ENGINE)
                .account(namespace.podDeleteSa())
                .experiment("pod-delete", "hang")
                .create();
        RunHere here = RunHere.begin(cluster, namespace);
        TestNamespace.eventually(() -> stage.entries().contains("pod-delete Running Awaited"));

        Litmus.engines(namespace.admin(), namespace.name())
                .named(ENGINE)
                .edit(engine -> {
                    Map<String, Object> spec = engine.get("spec");
                    spec.put("engineState", "stop");
                    return engine;
                });

        assertThat(here.result().get(3, TimeUnit.MINUTES)).isInstanceOf(RunResult.Completed.class);
        assertThat(stage.entries()).containsExactly("pod-delete Forcefully Aborted Stopped");
        assertThat(namespace.pods()).isEmpty();
    }
}
