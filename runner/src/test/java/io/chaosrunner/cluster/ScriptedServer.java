package io.chaosrunner.cluster;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;

/**
 * An API server that misbehaves on cue: each request gets the next answer of the script, the last
 * one again and again. An API server that behaves is the sandbox.
 */
final class ScriptedServer implements AutoCloseable {
    private final HttpServer server;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final List<String> requests = new ArrayList<>();
    private final Deque<Answer> script = new ArrayDeque<>();

    /** What one request gets. */
    @FunctionalInterface
    interface Answer {
        void give(HttpExchange exchange, CountDownLatch closed) throws IOException;

        /** The whole body, and the end. */
        static Answer of(int code, String body) {
            return (exchange, closed) -> {
                exchange.sendResponseHeaders(code, 0);
                exchange.getResponseBody().write(body.getBytes(StandardCharsets.UTF_8));
            };
        }

        static Answer refusal(int code, String reason) {
            return of(
                    code,
                    "{\"kind\":\"Status\",\"code\":%d,\"reason\":\"%s\",\"message\":\"%s\"}"
                            .formatted(code, reason, reason));
        }

        /** Events, each on a line, and then nothing until the server is closed. */
        static Answer watch(String... events) {
            return (exchange, closed) -> {
                exchange.sendResponseHeaders(200, 0);
                for (String event : events) {
                    exchange.getResponseBody()
                            .write((event + "\n").getBytes(StandardCharsets.UTF_8));
                }
                exchange.getResponseBody().flush();
                await(closed);
            };
        }

        /** Not even headers. */
        static Answer silence() {
            return (exchange, closed) -> await(closed);
        }

        private static void await(CountDownLatch closed) {
            try {
                closed.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    ScriptedServer(Answer... answers) {
        script.addAll(List.of(answers));
        try {
            server =
                    HttpServer.create(
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::handle);
        server.start();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** The requests so far: {@code get}, {@code list selector} or {@code watch version}. */
    List<String> requests() {
        synchronized (requests) {
            return List.copyOf(requests);
        }
    }

    private void handle(HttpExchange exchange) throws IOException {
        Answer answer;
        synchronized (requests) {
            requests.add(words(exchange));
            answer = script.size() > 1 ? script.remove() : script.element();
        }
        try (exchange) {
            answer.give(exchange, closed);
        }
    }

    private static String words(HttpExchange exchange) {
        String query = exchange.getRequestURI().getRawQuery();
        if (query == null) {
            return exchange.getRequestURI().getPath().matches(".*/pods") ? "list" : "get";
        }
        String version = "";
        String selector = "";
        for (String part : query.split("&")) {
            String value =
                    URLDecoder.decode(part.replaceAll("^[^=]*=", ""), StandardCharsets.UTF_8);
            if (part.startsWith("resourceVersion=")) {
                version = value;
            } else if (part.contains("Selector=")) {
                selector = value;
            }
        }
        return query.contains("watch=true") ? "watch " + version : "list " + selector;
    }

    @Override
    public void close() {
        closed.countDown();
        server.stop(0);
    }
}
