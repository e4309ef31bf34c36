package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What a real service tells an address of what it does. */
@NeedsControlPlane
@Timeout(600)
class EventsTest {

    private static final String URL = "CHAOS_RUNNER_EVENTS_URL";

    private final ControlPlane controlPlane;
    private final List<JsonNode> received = new CopyOnWriteArrayList<>();
    private final List<String> signatures = new CopyOnWriteArrayList<>();

    EventsTest(ControlPlane controlPlane) {
        this.controlPlane = controlPlane;
    }

    @Test
    void aServiceTellsOfItsRunsAndOfFiresThatStartNone() throws IOException {
        HttpServer receiver = listening();
        try (var stage = new ServiceStage(controlPlane)) {
            stage.serviceWith(
                    Map.of(
                            URL,
                            "http://127.0.0.1:%d/hook".formatted(receiver.getAddress().getPort()),
                            "CHAOS_RUNNER_EVENTS_SECRET",
                            "key"));
            stage.engine("once", "now: true", "after=100ms");
            stage.engine("shut", "{every: 1h, suspend: true}", "after=100ms");
            // No engine can name an address.
            stage.patch(
                    "ChaosEngine",
                    "shut",
                    "{'metadata': {'annotations': {'chaosrunner.io/events': 'http://127.0.0.1:1/'}}}");

            stage.eventually(() -> received.size() >= 3);
        } finally {
            receiver.stop(0);
        }
        assertThat(received)
                .extracting(event ->
                        event.path("type").asString()
                                + " "
                                + event.path("source")
                                        .asString()
                                        .replaceFirst("/chaosengines/[^/]+/", ""))
                .containsExactlyInAnyOrder(
                        "io.chaosrunner.fire.started once",
                        "io.chaosrunner.run.ended once",
                        "io.chaosrunner.fire.skipped shut");
        assertThat(signatures).hasSize(3).allMatch(each -> each.matches("sha256=[0-9a-f]{64}"));
        assertThat(received.stream().map(event -> event.path("id").asString()).distinct())
                .hasSize(3);
    }

    /** Every connection ends before a word is said on it. */
    @Test
    void runsGoOnWhereNobodyAnswers() throws IOException {
        try (var port = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                var stage = new ServiceStage(controlPlane)) {
            Thread.ofVirtual().start(() -> endConnections(port));
            ServiceProcess service =
                    stage.serviceWith(
                            Map.of(
                                    URL,
                                    "http://127.0.0.1:%d/s3cret".formatted(port.getLocalPort())));
            stage.engine("often", "every: 2s", "after=100ms");

            stage.eventually(
                    () -> stage.number("often") >= 3 && service.output().contains("event=events"));

            assertThat(service.output())
                    .contains("events for 127.0.0.1: ", "runs go on")
                    .doesNotContain("s3cret");
            assertThat(service.output().split("event=events", -1)).hasSize(2);
        }
    }

    private static void endConnections(ServerSocket port) {
        while (!port.isClosed()) {
            try {
                port.accept().close();
            } catch (IOException e) {
                // It was closed, or one connection failed.
            }
        }
    }

    private HttpServer listening() throws IOException {
        HttpServer receiver =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        receiver.createContext(
                "/hook",
                exchange -> {
                    signatures.add(
                            exchange.getRequestHeaders().getFirst("X-Chaosrunner-Signature-256"));
                    received.add(
                            JsonMapper.shared().readTree(exchange.getRequestBody().readAllBytes()));
                    exchange.sendResponseHeaders(204, -1);
                    exchange.close();
                });
        receiver.start();
        return receiver;
    }
}
