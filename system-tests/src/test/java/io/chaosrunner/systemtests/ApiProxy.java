package io.chaosrunner.systemtests;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.chaosrunner.testing.KillPoints;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Stand between a client and the API server: count and keep the calls, let some fail, and kill the
 * client at the one that a test names.
 *
 * <p>Plain HTTP in, HTTPS out. No client sends its token without TLS, so each account has a path of
 * its own here, for which its token is added: it may do what its account may. Streams pass event by
 * event.
 */
final class ApiProxy implements AutoCloseable {

    /** Say what happens to a call instead of the usual, or in addition. */
    sealed interface Fault {

        /** Not forwarded; this is the answer. */
        record Answer(int status, Map<String, String> headers, String body) implements Fault {}

        /** Forwarded later. */
        record Delay(Duration duration) implements Fault {}

        /** Forwarded once something else was done. */
        record After(Runnable deed) implements Fault {}

        /** Not forwarded; the connection is closed without an answer. */
        record Unreached() implements Fault {}

        /** Forwarded, but the connection is closed without the answer. */
        record Unanswered() implements Fault {}

        static Fault status(int status, String reason) {
            return new Answer(status, Map.of(), statusObject(status, reason));
        }

        static Fault unavailable() {
            return status(503, "ServiceUnavailable");
        }

        static Fault forbidden() {
            return status(403, "Forbidden");
        }

        static Fault tooManyRequests(Duration retryAfter) {
            return new Answer(
                    429,
                    Map.of("Retry-After", Long.toString(retryAfter.toSeconds())),
                    statusObject(429, "TooManyRequests"));
        }

        /** A watch from too old a version, refused. */
        static Fault gone() {
            return status(410, "Expired");
        }

        /** A watch from too old a version, as the API server mostly says it: by an event. */
        static Fault goneEvent() {
            return new Answer(
                    200,
                    Map.of(),
                    "{\"type\":\"ERROR\",\"object\":" + statusObject(410, "Expired") + "}\n");
        }

        private static String statusObject(int status, String reason) {
            return """
            {"apiVersion":"v1","kind":"Status","metadata":{},"status":"Failure",\
            "message":"injected: %s","reason":"%s","code":%d}\
            """
                    .formatted(reason, reason, status);
        }
    }

    /**
     * Keep what one call was.
     *
     * @param number from 1, in order of arrival
     * @param verb as in a Role
     * @param resource plural, with a subresource after a slash; the path if it is none
     * @param name of the object; empty if the call names none
     * @param query as it came; empty if there is none
     * @param body as it came; empty if there is none
     * @param status of the answer; 0 if there is none yet, or never will be
     */
    record Call(
            long nanos,
            int number,
            String verb,
            String resource,
            String name,
            String query,
            String body,
            int status) {

        boolean is(String verb, String resource) {
            return this.verb.equals(verb) && this.resource.equals(resource);
        }

        boolean isWrite() {
            return !List.of("get", "list", "watch").contains(verb);
        }

        Call answered(int now) {
            return new Call(nanos, number, verb, resource, name, query, body, now);
        }

        @Override
        public String toString() {
            return "%d %s %s%s -> %d"
                    .formatted(number, verb, resource, name.isEmpty() ? "" : " " + name, status);
        }
    }

    static {
        // Without it every answer waits 40 ms for the client's delayed acknowledgement.
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

    /** They belong to one connection, and HttpClient sets its own. */
    private static final Set<String> HOP_BY_HOP =
            Set.of(
                    "connection",
                    "content-length",
                    "expect",
                    "host",
                    "http2-settings",
                    "keep-alive",
                    "te",
                    "transfer-encoding",
                    "upgrade");

    /** What the path of an account begins with; its number follows. */
    private static final String ACCOUNT = "/account-";

    private final ControlPlane controlPlane;
    private final HttpServer server;
    private final HttpClient upstream;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Object lock = new Object();
    private final List<Call> calls = new ArrayList<>();
    private final List<String> tokens = new ArrayList<>();
    private final List<Rule> rules = new ArrayList<>();
    private @Nullable Kill kill;
    private boolean killed;

    private ApiProxy(ControlPlane controlPlane) {
        this.controlPlane = controlPlane;
        this.upstream = ApiCalls.httpClient(controlPlane.caPem());
        try {
            server =
                    HttpServer.create(
                            new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext("/", this::handle);
    }

    /** Start one on a free port. */
    static ApiProxy start(ControlPlane controlPlane) {
        var proxy = new ApiProxy(controlPlane);
        proxy.server.start();
        return proxy;
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** Return a kubeconfig that leads here and may do what the account may. */
    String kubeconfigFor(String namespace, String serviceAccount) {
        int number;
        synchronized (lock) {
            number = tokens.size();
            tokens.add(controlPlane.tokenFor(namespace, serviceAccount));
        }
        return """
        apiVersion: v1
        kind: Config
        current-context: proxy
        clusters:
        - name: proxy
          cluster:
            server: %s%s%d
        users:
        - name: account
          user: {}
        contexts:
        - name: proxy
          context:
            cluster: proxy
            user: account
            namespace: %s
        """
                .formatted(url(), ACCOUNT, number, namespace);
    }

    /** Return the calls so far, in order of arrival. */
    List<Call> calls() {
        synchronized (lock) {
            return List.copyOf(calls);
        }
    }

    /** Return the calls of one kind so far. */
    List<Call> calls(String verb, String resource) {
        return calls().stream().filter(call -> call.is(verb, resource)).toList();
    }

    /**
     * Kill the client around a call: when it comes in, and then the API server never sees it; or
     * when it was answered, and then the client never sees the answer.
     *
     * @param deed kills, and returns when the client is dead
     */
    void killAt(KillPoints.Point point, Runnable deed) {
        synchronized (lock) {
            kill = new Kill(point, deed);
        }
    }

    /** Choose points to kill other runs at that make the calls of this one. */
    List<KillPoints.Point> killPoints() {
        List<Call> all = calls();
        int writes = (int) all.stream().filter(Call::isWrite).count();
        return KillPoints.of(writes, all.size() - writes);
    }

    /** Tell whether it came to the killing. */
    boolean hasKilled() {
        synchronized (lock) {
            return killed;
        }
    }

    /** Let the next calls of a kind fail. */
    void inject(Fault fault, int times, Predicate<Call> which) {
        synchronized (lock) {
            rules.add(new Rule(fault, times, which));
        }
    }

    /** Let the next calls of a kind fail. */
    void inject(Fault fault, int times, String verb, String resource) {
        inject(fault, times, call -> call.is(verb, resource));
    }

    /** Refuse all calls of a kind. */
    void forbid(String verb, String resource) {
        inject(Fault.forbidden(), Integer.MAX_VALUE, verb, resource);
    }

    @Override
    public void close() {
        closing.countDown();
        server.stop(0);
        upstream.shutdownNow();
        threads.shutdownNow();
        upstream.close();
    }

    private void handle(HttpExchange exchange) throws IOException {
        // Closed without an answer, whatever goes wrong: the client shall see a lost connection.
        try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            Call call = record(exchange, body);
            if (kill(call, false)) {
                return;
            }
            Fault fault = faultFor(call);
            switch (fault) {
                case Fault.Answer answer -> {
                    answered(call, answer.status());
                    answer(exchange, answer);
                }
                case Fault.Unreached _ -> {}
                case Fault.Unanswered _ -> {
                    HttpResponse<InputStream> answer = forward(exchange, body);
                    answered(call, answer.statusCode());
                    answer.body().close();
                }
                case Fault.After after -> {
                    after.deed().run();
                    pass(call, exchange, body);
                }
                case Fault.Delay delay -> {
                    closing.await(delay.duration().toNanos(), TimeUnit.NANOSECONDS);
                    pass(call, exchange, body);
                }
                case null -> pass(call, exchange, body);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void pass(Call call, HttpExchange exchange, byte[] body)
            throws IOException, InterruptedException {
        HttpResponse<InputStream> answer = forward(exchange, body);
        try (InputStream content = answer.body()) {
            answered(call, answer.statusCode());
            if (kill(call, true)) {
                return;
            }
            answer.headers()
                    .map()
                    .forEach((name, values) -> {
                        if (isEndToEnd(name)) {
                            exchange.getResponseHeaders().put(name, values);
                        }
                    });
            long length = answer.headers().firstValueAsLong("content-length").orElse(0);
            boolean empty = answer.statusCode() == 204 || answer.statusCode() == 304;
            exchange.sendResponseHeaders(answer.statusCode(), empty ? -1 : length);
            OutputStream out = exchange.getResponseBody();
            // The headers, before a first event that may be long in coming.
            out.flush();
            byte[] buffer = new byte[1 << 16];
            for (int read = content.read(buffer); read >= 0; read = content.read(buffer)) {
                out.write(buffer, 0, read);
                // An event of a watch must not wait for the next one.
                out.flush();
            }
        }
    }

    private static void answer(HttpExchange exchange, Fault.Answer answer) throws IOException {
        byte[] content = answer.body().getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        answer.headers().forEach(exchange.getResponseHeaders()::set);
        exchange.sendResponseHeaders(answer.status(), content.length);
        exchange.getResponseBody().write(content);
    }

    private HttpResponse<InputStream> forward(HttpExchange exchange, byte[] body)
            throws IOException, InterruptedException {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(
                                URI.create(
                                        controlPlane.url()
                                                + withoutAccount(
                                                        exchange.getRequestURI().toString())))
                        .method(
                                exchange.getRequestMethod(),
                                body.length == 0
                                        ? BodyPublishers.noBody()
                                        : BodyPublishers.ofByteArray(body));
        exchange.getRequestHeaders()
                .forEach((name, values) -> {
                    if (isEndToEnd(name)) {
                        values.forEach(value -> request.header(name, value));
                    }
                });
        token(exchange.getRequestURI().getPath())
                .ifPresent(token -> request.header("Authorization", "Bearer " + token));
        return upstream.send(request.build(), BodyHandlers.ofInputStream());
    }

    private Optional<String> token(String path) {
        if (!path.startsWith(ACCOUNT)) {
            return Optional.empty();
        }
        int number = Integer.parseInt(path.substring(ACCOUNT.length(), path.indexOf('/', 1)));
        synchronized (lock) {
            return Optional.of(tokens.get(number));
        }
    }

    private static String withoutAccount(String path) {
        return path.startsWith(ACCOUNT) ? path.substring(path.indexOf('/', 1)) : path;
    }

    private static boolean isEndToEnd(String header) {
        // HTTP/2 spells its status as a header.
        return !header.startsWith(":") && !HOP_BY_HOP.contains(header.toLowerCase(Locale.ROOT));
    }

    private Call record(HttpExchange exchange, byte[] body) {
        URI uri = exchange.getRequestURI();
        String query = uri.getQuery() == null ? "" : uri.getQuery();
        Target target = Target.of(withoutAccount(uri.getPath()));
        String verb =
                switch (exchange.getRequestMethod()) {
                    case "GET" ->
                            query.contains("watch=true")
                                    ? "watch"
                                    : target.name().isEmpty() && target.isResource()
                                            ? "list"
                                            : "get";
                    case "POST" -> "create";
                    case "PUT" -> "update";
                    case "PATCH" -> "patch";
                    case "DELETE" -> target.name().isEmpty() ? "deletecollection" : "delete";
                    default -> exchange.getRequestMethod();
                };
        synchronized (lock) {
            var call =
                    new Call(
                            System.nanoTime(),
                            calls.size() + 1,
                            verb,
                            target.resource(),
                            target.name(),
                            query,
                            new String(body, StandardCharsets.UTF_8),
                            0);
            calls.add(call);
            return call;
        }
    }

    private void answered(Call call, int status) {
        synchronized (lock) {
            calls.set(call.number() - 1, call.answered(status));
        }
    }

    private @Nullable Fault faultFor(Call call) {
        synchronized (lock) {
            for (Rule rule : rules) {
                if (rule.left > 0 && rule.which.test(call)) {
                    rule.left--;
                    return rule.fault;
                }
            }
            return null;
        }
    }

    /** Kill if this is the call and the moment; the client is dead when this returns true. */
    private boolean kill(Call call, boolean answered) {
        Kill due;
        synchronized (lock) {
            due = kill;
            if (due == null
                    || due.point.carriedOut() != answered
                    || due.point.write() != call.isWrite()
                    || due.point.number() != place(call)) {
                return false;
            }
            killed = true;
        }
        due.deed.run();
        return true;
    }

    /** Return which write, or which read, a call is; from 1. */
    private int place(Call call) {
        return (int)
                calls.subList(0, call.number()).stream()
                        .filter(each -> each.isWrite() == call.isWrite())
                        .count();
    }

    private record Kill(KillPoints.Point point, Runnable deed) {}

    private static final class Rule {
        private final Fault fault;
        private final Predicate<Call> which;
        private int left;

        Rule(Fault fault, int times, Predicate<Call> which) {
            this.fault = fault;
            this.which = which;
            this.left = times;
        }
    }

    /** What a path of the API leads to. */
    private record Target(String resource, String name, boolean isResource) {

        static Target of(String path) {
            String[] parts = path.substring(1).split("/");
            // api/v1/… or apis/group/version/…
            int at = parts[0].equals("api") ? 2 : parts[0].equals("apis") ? 3 : parts.length;
            if (at + 2 < parts.length && parts[at].equals("namespaces")) {
                at += 2;
            }
            if (at >= parts.length) {
                return new Target(path, "", false);
            }
            String name = at + 1 < parts.length ? parts[at + 1] : "";
            String subresource = at + 2 < parts.length ? "/" + parts[at + 2] : "";
            return new Target(parts[at] + subresource, name, true);
        }
    }
}
