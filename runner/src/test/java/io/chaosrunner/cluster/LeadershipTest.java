package io.chaosrunner.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.chaosrunner.cluster.Leadership.Rhythm;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

@Timeout(120)
class LeadershipTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final LeaseServer server = new LeaseServer();
    private final Fabric8Cluster cluster = Fabric8Cluster.connect(server.url());
    private final List<String> heard = new CopyOnWriteArrayList<>();

    @AfterEach
    void close() {
        cluster.close();
        server.close();
    }

    private Leadership seek(Duration answerWithin) {
        return Leadership.seek(
                cluster,
                "default",
                "lease",
                "me",
                new Rhythm(
                        Duration.ofSeconds(60),
                        Duration.ofSeconds(40),
                        Duration.ofMillis(30),
                        Duration.ofMillis(30),
                        answerWithin),
                new Leadership.Listener() {
                    @Override
                    public void leads() {
                        heard.add("leads");
                    }

                    @Override
                    public void leadsNoMore(String why) {
                        heard.add("leads no more");
                    }

                    @Override
                    public void troubled(String why) {
                        heard.add(why);
                    }
                });
    }

    @Test
    void aRenewalIsOneRequest() {
        try (Leadership _ = seek(Duration.ofSeconds(20))) {
            await().atMost(LIMIT).until(() -> server.count("PATCH") >= 10);

            assertThat(server.count("GET")).isEqualTo(1);
            assertThat(server.count("POST")).isEqualTo(1);
            assertThat(heard).containsExactly("leads");
        }
        assertThat(server.holder()).isEmpty();
    }

    @Test
    void aRenewalWhoseAnswerIsLostCostsNothing() {
        try (Leadership leadership = seek(Duration.ofSeconds(2))) {
            await().atMost(LIMIT).until(leadership::isHeld);

            server.loseNextAnswer();

            await().atMost(LIMIT).until(() -> server.lost && server.renewalsSinceLost() >= 3);
            assertThat(leadership.isHeld()).isTrue();
            assertThat(heard).containsExactly("leads");
        }
    }

    @Test
    void aLeaseThatSomebodyLabelsIsKept() {
        try (Leadership leadership = seek(Duration.ofSeconds(20))) {
            await().atMost(LIMIT).until(leadership::isHeld);

            server.change("me");

            int before = server.count("PATCH");
            await().atMost(LIMIT).until(() -> server.count("PATCH") >= before + 5);
            assertThat(leadership.isHeld()).isTrue();
            assertThat(heard).containsExactly("leads");
        }
    }

    @Test
    void aLeaseThatAnotherProcessTookIsLeftToIt() {
        try (Leadership leadership = seek(Duration.ofSeconds(20))) {
            await().atMost(LIMIT).until(leadership::isHeld);

            server.change("another");

            await().atMost(LIMIT).until(() -> !leadership.isHeld());
            assertThat(server.holder()).isEqualTo("another");
            assertThat(heard).containsExactly("leads", "leads no more");
        }
        assertThat(server.holder()).isEqualTo("another");
    }

    @Test
    void aLeaseThatSaysNothingIsTaken() {
        server.store("{\"metadata\": {\"name\": \"lease\", \"namespace\": \"default\"}}");
        try (Leadership leadership = seek(Duration.ofSeconds(20))) {
            await().atMost(LIMIT).until(leadership::isHeld);

            assertThat(server.holder()).isEqualTo("me");
        }
    }

    @Test
    void aLeaseThatIsLetGoOfIsNobodysFromThenOn() {
        try (Leadership _ = seek(Duration.ofSeconds(20))) {
            await().atMost(LIMIT).until(() -> server.count("PATCH") >= 1);
        }

        assertThat(server.spec().path("holderIdentity").asString("")).isEmpty();
        assertThat(server.spec().path("leaseDurationSeconds").asInt()).isEqualTo(1);
        assertThat(server.spec().path("leaseTransitions").isInt()).isTrue();
    }

    /** Holds one Lease, merges what is patched, and guards it by its version. */
    private static final class LeaseServer implements AutoCloseable {
        private static final JsonMapper JSON = JsonMapper.shared();

        private final HttpServer http;
        private final CountDownLatch closed = new CountDownLatch(1);
        private final List<String> requests = new ArrayList<>();
        private @Nullable ObjectNode lease;
        private int version;
        private boolean losing;
        private volatile boolean lost;
        private int beforeLost;

        LeaseServer() {
            try {
                http =
                        HttpServer.create(
                                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
            http.createContext("/", this::handle);
            http.start();
        }

        String url() {
            return "http://127.0.0.1:" + http.getAddress().getPort();
        }

        synchronized int count(String method) {
            return (int) requests.stream().filter(method::equals).count();
        }

        synchronized int renewalsSinceLost() {
            return count("PATCH") - beforeLost;
        }

        synchronized String holder() {
            return lease == null ? "" : lease.at("/spec/holderIdentity").asString("");
        }

        synchronized ObjectNode spec() {
            return lease == null ? JSON.createObjectNode() : lease.withObject("spec").deepCopy();
        }

        synchronized void loseNextAnswer() {
            losing = true;
        }

        synchronized void store(String json) {
            lease = stored((ObjectNode) JSON.readTree(json));
        }

        /** Write to the Lease as somebody else does. */
        synchronized void change(String holder) {
            ObjectNode changed = (ObjectNode) JSON.readTree(String.valueOf(lease));
            changed.withObject("spec").put("holderIdentity", holder);
            lease = stored(changed);
        }

        private ObjectNode stored(ObjectNode now) {
            version++;
            now.withObject("metadata").put("resourceVersion", Integer.toString(version));
            return now;
        }

        private void handle(HttpExchange exchange) throws IOException {
            byte[] body = exchange.getRequestBody().readAllBytes();
            int code;
            String answer;
            boolean lose;
            synchronized (this) {
                requests.add(exchange.getRequestMethod());
                code = take(exchange.getRequestMethod(), body);
                answer = code < 300 ? String.valueOf(lease) : "{\"kind\": \"Status\"}";
                lose = losing && exchange.getRequestMethod().equals("PATCH");
                if (lose) {
                    losing = false;
                    lost = true;
                    beforeLost = count("PATCH");
                }
            }
            if (lose) {
                try {
                    closed.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
            exchange.getResponseHeaders().add("Content-Type", "application/json");
            byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(code, bytes.length);
            try (exchange) {
                exchange.getResponseBody().write(bytes);
            }
        }

        private int take(String method, byte[] body) {
            ObjectNode before = lease;

            switch (method) {
                case "GET" -> {
                    return before == null ? 404 : 200;
                }
                case "POST" -> {
                    if (before != null) {
                        return 409;
                    }
                    lease = stored((ObjectNode) JSON.readTree(body));
                    return 201;
                }
                default -> {
                    JsonNode sent = JSON.readTree(body);
                    String named = sent.at("/metadata/resourceVersion").asString("");
                    if (before == null
                            || !named.equals(before.at("/metadata/resourceVersion").asString(""))) {
                        return 409;
                    }
                    lease = stored((ObjectNode) merged(before, sent));
                    return 200;
                }
            }
        }

        /** Apply a merge patch, as RFC 7386 has it: what it does not name stays. */
        private static JsonNode merged(JsonNode target, JsonNode patch) {
            if (!patch.isObject()) {
                return patch;
            }
            ObjectNode result =
                    target.isObject() ? (ObjectNode) target.deepCopy() : JSON.createObjectNode();
            patch.properties()
                    .forEach(field -> {
                        if (field.getValue().isNull()) {
                            result.remove(field.getKey());
                        } else {
                            result.set(
                                    field.getKey(),
                                    merged(result.path(field.getKey()), field.getValue()));
                        }
                    });
            return result;
        }

        @Override
        public void close() {
            closed.countDown();
            http.stop(0);
        }
    }
}
