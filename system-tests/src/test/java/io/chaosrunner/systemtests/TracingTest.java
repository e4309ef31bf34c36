package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.api.model.EnvVar;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Let a runner, in a process of its own, send its spans to a collector. */
@NeedsControlPlane
@Timeout(600)
class TracingTest {

    private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
    private static final String PARENT = "b7ad6b7169203331";

    private final Stage stage;
    private final List<String> received = new CopyOnWriteArrayList<>();

    TracingTest(ControlPlane controlPlane) {
        stage = new Stage(controlPlane);
    }

    @AfterEach
    void close() {
        stage.close();
    }

    @Test
    @DisplayName("49: experiments get a parent of the same trace, and the collector gets the spans")
    void spans() throws IOException {
        HttpServer collector =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        collector.createContext(
                "/v1/traces",
                exchange -> {
                    received.add(
                            new String(
                                    exchange.getRequestBody().readAllBytes(),
                                    StandardCharsets.ISO_8859_1));
                    exchange.sendResponseHeaders(200, -1);
                    exchange.close();
                });
        collector.start();
        String endpoint = "127.0.0.1:" + collector.getAddress().getPort();
        try {
            run(endpoint, "http/protobuf");
        } finally {
            collector.stop(0);
        }

        assertThat(stage.entries()).containsExactly("pod-delete Completed Pass");
        assertThat(String.join("", received))
                .contains("chaos_runner")
                .contains("ExecuteChaosRunner")
                .contains("BuildingAndLaunchJob");
        assertThat(environment()).containsEntry("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint);
        assertThat(environment().get("TRACE_PARENT"))
                .matches("\\{\"traceparent\":\"00-" + TRACE + "-[0-9a-f]{16}-01\"}")
                .doesNotContain(PARENT);
    }

    @Test
    void aCollectorThatIsNotThereChangesNothing() {
        run("127.0.0.1:1", "grpc");

        assertThat(stage.entries()).containsExactly("pod-delete Completed Pass");
        assertThat(stage.kubelet.runner(Stage.RUNNER).output())
                .containsOnlyOnce("names no scheme, so spans are sent in plain text")
                .containsOnlyOnce("traces could not be sent to '127.0.0.1:1'")
                .contains("event=run-finished");
    }

    private void run(String endpoint, String protocol) {
        stage.namespace.experiment("pod-delete");
        stage.engine().experiment("pod-delete", "after=100ms").create();
        RunnerPod.create(
                        stage.namespace,
                        Stage.ENGINE,
                        Map.of(
                                "OTEL_EXPORTER_OTLP_ENDPOINT",
                                endpoint,
                                "OTEL_EXPORTER_OTLP_PROTOCOL",
                                protocol,
                                "TRACE_PARENT",
                                "{\"traceparent\":\"00-%s-%s-01\"}".formatted(TRACE, PARENT)))
                .awaitCompletion(stage.kubelet);
    }

    private Map<String, String> environment() {
        return stage
                .namespace
                .jobs()
                .getFirst()
                .getSpec()
                .getTemplate()
                .getSpec()
                .getContainers()
                .getFirst()
                .getEnv()
                .stream()
                .filter(variable -> variable.getValue() != null)
                .collect(Collectors.toMap(EnvVar::getName, EnvVar::getValue));
    }
}
