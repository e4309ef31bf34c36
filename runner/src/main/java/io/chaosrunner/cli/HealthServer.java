package io.chaosrunner.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/** Tell the kubelet how a service is: {@code /livez} and {@code /readyz}. */
final class HealthServer implements AutoCloseable {
    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    private HealthServer(HttpServer server) {
        this.server = server;
    }

    /**
     * @param port 0 for any
     * @param standing one line for people
     * @param trouble why the service is not ready; empty if it is
     */
    static HealthServer start(
            int port, Supplier<String> standing, Supplier<Optional<String>> trouble) {
        try {
            var health = new HealthServer(HttpServer.create(new InetSocketAddress(port), 0));
            health.server.setExecutor(health.threads);
            health.server.createContext(
                    "/livez", exchange -> answer(exchange, 200, standing.get()));
            health.server.createContext(
                    "/readyz",
                    exchange -> {
                        Optional<String> why = trouble.get();
                        answer(exchange, why.isEmpty() ? 200 : 503, why.orElseGet(standing));
                    });
            health.server.start();
            return health;
        } catch (IOException e) {
            throw new UncheckedIOException("port " + port, e);
        }
    }

    int port() {
        return server.getAddress().getPort();
    }

    private static void answer(HttpExchange exchange, int code, String text) throws IOException {
        byte[] body = (text + "\n").getBytes(StandardCharsets.UTF_8);
        try (exchange) {
            exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
            exchange.sendResponseHeaders(code, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
