package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Cluster.PatchType;
import io.chaosrunner.cluster.Cluster.Selection;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.cluster.Leadership;
import io.chaosrunner.cluster.Resource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Many runs through an API server that allows few streams on each connection. */
@NeedsControlPlane
@Timeout(400)
class StreamLimitTest {

    private static final int STREAMS = 8;
    private static final int RUNS = 60;
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private static ControlPlane controlPlane;

    @BeforeAll
    static void start() {
        controlPlane = ControlPlane.startWith("--http2-max-streams-per-connection=" + STREAMS);
    }

    @AfterAll
    static void stop() {
        controlPlane.close();
    }

    /** Hears of one object, and of whatever should not happen. */
    private static final class Heard implements Cluster.Listener {
        private static final Set<String> VERSIONS = ConcurrentHashMap.newKeySet();
        private static final List<String> PROBLEMS = new CopyOnWriteArrayList<>();

        @Override
        public void present(ObjectNode object) {
            VERSIONS.add(
                    object.at("/metadata/name").asString()
                            + object.at("/metadata/annotations/n").asString(""));
        }

        @Override
        public void gone(ObjectNode object) {
            PROBLEMS.add("gone: " + object);
        }

        @Override
        public void unavailable(ClusterException why) {
            PROBLEMS.add("unavailable: " + why);
        }

        @Override
        public void polling(ClusterException why) {
            PROBLEMS.add("polling: " + why);
        }
    }

    /** Hears who leads, and of trouble with the Lease. */
    private record Lead(List<String> heard) implements Leadership.Listener {
        @Override
        public void leads() {
            heard.add("leads");
        }

        @Override
        public void leadsNoMore(String why) {
            heard.add("leads no more: " + why);
        }

        @Override
        public void troubled(String why) {
            heard.add("troubled: " + why);
        }
    }

    @Test
    void noNumberOfWatchesFailsARequestOrCostsTheLead(@TempDir Path folder) throws Exception {
        try (Fabric8Cluster cluster = Fabric8Cluster.connect(kubeconfig(folder));
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var lead = new Lead(new CopyOnWriteArrayList<>());
            try (var _ = Leadership.seek(cluster, "default", "lease", "me", lead)) {
                await().atMost(LIMIT).until(() -> lead.heard().contains("leads"));
                IntStream.range(0, RUNS)
                        .forEach(i ->
                                cluster.follow(
                                        Resource.ENGINES,
                                        "default",
                                        new Selection.Named("engine-" + i),
                                        Duration.ofSeconds(1),
                                        new Heard()));

                List<Future<?>> requests =
                        IntStream.range(0, RUNS)
                                .<Future<?>>mapToObj(i ->
                                        threads.submit(() ->
                                                cluster.create(
                                                        Resource.ENGINES, "default", engine(i))))
                                .toList();
                for (Future<?> request : requests) {
                    request.get();
                }
                await().atMost(LIMIT).until(() -> Heard.VERSIONS.size() == RUNS);
                List<Future<?>> changes =
                        IntStream.range(0, RUNS)
                                .<Future<?>>mapToObj(i -> threads.submit(() -> change(cluster, i)))
                                .toList();
                for (Future<?> change : changes) {
                    change.get();
                }

                await().atMost(LIMIT).until(() -> Heard.VERSIONS.size() == 2 * RUNS);
                assertThat(Heard.PROBLEMS).isEmpty();
                assertThat(lead.heard()).containsExactly("leads");
            }
        }
    }

    private static ObjectNode engine(int i) {
        return (ObjectNode)
                JsonMapper.shared()
                        .readTree(
                                """
                                {"apiVersion": "litmuschaos.io/v1alpha1", "kind": "ChaosEngine",
                                 "metadata": {"name": "engine-%d", "namespace": "default"},
                                 "spec": {"engineState": "stop", "experiments": []}}
                                """
                                        .formatted(i));
    }

    private static ObjectNode change(Cluster cluster, int i) {
        return cluster.patch(
                Resource.ENGINES,
                "default",
                "engine-" + i,
                PatchType.MERGE,
                JsonMapper.shared()
                        .readTree("{\"metadata\":{\"annotations\":{\"n\":\"-changed\"}}}"));
    }

    private static Path kubeconfig(Path folder) throws IOException {
        return Files.writeString(folder.resolve("kubeconfig"), controlPlane.adminKubeconfig());
    }
}
