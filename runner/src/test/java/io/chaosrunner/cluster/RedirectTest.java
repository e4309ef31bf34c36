package io.chaosrunner.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An API server that sends its clients elsewhere is not followed. */
class RedirectTest {

    @ParameterizedTest
    @ValueSource(ints = {301, 302, 303, 307, 308})
    void nobodyIsFollowedElsewhere(int code) throws IOException {
        var elsewhere = new AtomicInteger();
        HttpServer server =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        String url = "http://127.0.0.1:" + server.getAddress().getPort();
        server.createContext(
                "/",
                exchange -> {
                    try (exchange) {
                        exchange.getResponseHeaders().set("Location", url + "/elsewhere");
                        exchange.sendResponseHeaders(code, -1);
                    }
                });
        server.createContext(
                "/elsewhere",
                exchange -> {
                    try (exchange) {
                        elsewhere.incrementAndGet();
                        exchange.sendResponseHeaders(200, -1);
                    }
                });
        server.start();
        try (Fabric8Cluster cluster = Fabric8Cluster.connect(url)) {
            assertThatThrownBy(() -> cluster.get(Resource.ENGINES, "n", "e"))
                    .isInstanceOf(ClusterException.class)
                    .hasMessageContaining(String.valueOf(code));
            assertThat(elsewhere).hasValue(0);
        } finally {
            server.stop(0);
        }
    }
}
