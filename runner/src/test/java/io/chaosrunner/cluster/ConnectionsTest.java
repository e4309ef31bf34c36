package io.chaosrunner.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.cluster.Cluster.Listener;
import io.chaosrunner.cluster.Cluster.Selection;
import io.chaosrunner.sandbox.SandboxServer;
import io.chaosrunner.testing.TcpProxy;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Connections over HTTP/1.1, of which each watch has one; over HTTP/2, on the real API server, see
 * {@code DeadConnectionTest} and {@code StreamLimitTest}.
 */
class ConnectionsTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    /** A watch that is silent for half a second is renewed. */
    private static final Connections.Limits HASTY =
            new Connections.Limits(
                    2,
                    Duration.ofMillis(200),
                    Duration.ofMillis(400),
                    Duration.ofMillis(500),
                    Duration.ofHours(1),
                    Duration.ofHours(1));

    private record Names(List<String> heard) implements Listener {
        @Override
        public void present(ObjectNode object) {
            heard.add(object.path("metadata").path("name").asString());
        }

        @Override
        public void gone(ObjectNode object) {
            heard.add("gone");
        }

        @Override
        public void unavailable(ClusterException why) {
            heard.add("unavailable");
        }
    }

    @Test
    void aWatchOnAConnectionThatDiedGoesOnOnANewOneWithoutAGap() {
        try (SandboxServer server = SandboxServer.start(SandboxServer.Options.DEFAULT);
                var network = new TcpProxy(URI.create(server.url()).getPort());
                Fabric8Cluster cluster =
                        Fabric8Cluster.connect("http://127.0.0.1:" + network.port(), HASTY);
                Fabric8Cluster direct = Fabric8Cluster.connect(server.url())) {
            var names = new Names(new CopyOnWriteArrayList<>());
            try (var _ =
                    cluster.follow(
                            Resource.CONFIG_MAPS,
                            "default",
                            new Selection.Labelled(""),
                            Duration.ofMillis(100),
                            names)) {
                create(direct, "before");
                await().atMost(LIMIT).until(() -> names.heard().contains("before"));

                network.silence();
                create(direct, "after");

                await().atMost(LIMIT).until(() -> names.heard().contains("after"));
                assertThat(names.heard()).containsExactly("before", "after");
            }
        }
    }

    private static void create(Cluster cluster, String name) {
        cluster.create(
                Resource.CONFIG_MAPS,
                "default",
                (ObjectNode)
                        JsonMapper.shared()
                                .readTree(
                                        """
                                        {"apiVersion": "v1", "kind": "ConfigMap",
                                         "metadata": {"name": "%s", "namespace": "default"}}
                                        """
                                                .formatted(name)));
    }
}
