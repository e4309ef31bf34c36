package io.chaosrunner.cluster;

import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Credentials.ClientKey;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.exc.JacksonIOException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * One API server, and how requests reach it: each method is one HTTP request, asked again only
 * where that is safe, and its answer is awaited for a bounded time.
 *
 * <p>fabric8 is handed a finished configuration: how the server is reached stands in {@link Access}
 * (docs/decisions/0044-our-own-kubeconfig.md). All threads may use it.
 */
final class ApiServer implements AutoCloseable {
    /** More requests at once gain nothing (measured), and the JDK's client sets no bound. */
    private static final int REQUESTS_IN_FLIGHT = 64;

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(15);

    /** A little longer, so that the client has the first word on who was late. */
    private static final Duration LONGEST_ANSWER = REQUEST_TIMEOUT.plusSeconds(1);

    /** An answer that is streamed may take longer, but not for ever. */
    private static final Duration LONGEST_PAGE = Duration.ofMinutes(1);

    /** A container that has nothing to say is no failure, but its connection may be one. */
    private static final Duration LONGEST_SILENCE = Duration.ofMinutes(2);

    private static final int LONGEST_REFUSAL = 1 << 20;

    private static final int GREETINGS = 3;
    private static final int HTTP_UNAUTHORIZED = 401;
    private static final int HTTP_FORBIDDEN = 403;
    private static final int HTTP_NOT_FOUND = 404;

    /** {@code 299 - "text"}: code, agent, and a quoted sentence. */
    private static final Pattern WARNING =
            Pattern.compile("\\d{3} \\S+ \"((?:[^\"\\\\]++|\\\\.)*+)\"");

    private static final int HTTP_TOO_MANY_REQUESTS = 429;

    private final JsonMapper mapper = JsonMapper.shared();
    private final Semaphore inFlight = new Semaphore(REQUESTS_IN_FLIGHT);
    private final Access access;
    private final Optional<ProxyBridge> bridge;
    private final Config config;
    private final Connections connections;
    private final String base;

    /** What the connections show; once there is another, others are opened. */
    private final AtomicReference<Optional<ClientKey>> shown;

    private volatile Consumer<String> warnings = sentence -> {};
    private volatile ClusterMeter meter = ClusterMeter.NONE;
    private volatile boolean closed;

    ApiServer(Access access, Connections.Limits limits) {
        this.access = access;
        base = access.server();
        // Asked for now, so that what is wrong with them is known before any request goes out.
        var unused = access.credentials().authorization();
        shown = new AtomicReference<>(access.credentials().clientKey());
        config = config(REQUEST_TIMEOUT);
        bridge = access.proxy().map(this::bridge);
        connections = new Connections(this::newClient, URI.create(base), limits);
    }

    /** Return where it is. */
    String address() {
        return base;
    }

    private ProxyBridge bridge(Proxy proxy) {
        try {
            return new ProxyBridge(access, proxy);
        } catch (IOException e) {
            throw new ClusterException(
                    Kind.UNREACHABLE, "the proxy %s cannot be used: %s".formatted(proxy, e), e);
        }
    }

    private Config config(Duration requestTimeout) {
        return new ConfigBuilder(Config.empty())
                .withMasterUrl(base)
                .withNamespace(access.namespace().orElse("default"))
                // Retries are ours: bounded, with jitter, and aware of what is safe.
                .withRequestRetryBackoffLimit(0)
                .withRequestTimeout((int) requestTimeout.toMillis())
                .build();
    }

    private Connections.Opened newClient() {
        var factory = new HttpClients(access, bridge, CONNECT_TIMEOUT);
        return new Connections.Opened(factory.newBuilder(config).build(), factory);
    }

    /**
     * See that there are credentials, before a connection is used: a plug-in may take its time, and
     * if it fails no request shall go out.
     *
     * @return whether connections show another certificate from now on
     */
    private boolean isKeyNew() {
        var unused = access.credentials().authorization();
        Optional<ClientKey> key = access.credentials().clientKey();
        boolean isNew = !shown.getAndSet(key).equals(key);
        if (isNew) {
            connections.renew();
        }
        return isNew;
    }

    private Connections.Stream open(Connections.Use use) {
        var unused = isKeyNew();
        return connections.open(use);
    }

    /** See that something answers; only an answer that takes too long is asked for again. */
    void ping() {
        for (int attempt = 1; ; attempt++) {
            try {
                callOnce("GET", "/version", null, null);
                return;
            } catch (ClusterException e) {
                if (e.kind() != Kind.UNREACHABLE) {
                    // It answers; what it grants is seen with the first real request.
                    return;
                }
                Throwable cause = e.getCause();
                boolean late =
                        cause instanceof HttpTimeoutException || cause instanceof TimeoutException;
                if (!late || attempt == GREETINGS) {
                    throw new ClusterException(Kind.UNREACHABLE, unreachable(cause), e);
                }
            }
        }
    }

    private String unreachable(@Nullable Throwable cause) {
        Optional<String> proxys = bridge.flatMap(ProxyBridge::failure);
        Optional<Throwable> fault = Optional.ofNullable(cause).filter(_ -> proxys.isEmpty());
        return fault.flatMap(ConnectionFault::certificate)
                .map(why ->
                        "the certificate of the server at %s is not accepted: %s; are the kubeconfig's context and its certificate-authority the right ones?"
                                .formatted(base, why))
                .orElseGet(() ->
                        "no API server answers at %s%s; is it running, and is the kubeconfig's context the right one?"
                                .formatted(
                                        base,
                                        proxys.or(() -> fault.map(ConnectionFault::words))
                                                .map(why -> " (" + why + ")")
                                                .orElse("")));
    }

    /** What reads an answer as it comes. */
    interface BodyReader<T> {
        /**
         * @param heard to be called now and then: the server goes on
         */
        T read(InputStream body, Runnable heard) throws IOException;
    }

    /** Read an answer as it comes: it may be larger than memory. */
    <T> T read(String path, BodyReader<T> reader) {
        return retried(() -> readOnce(path, reader));
    }

    private <T> T readOnce(String path, BodyReader<T> reader) {
        String what = "GET " + path;
        acquire();
        try (Connections.Stream stream = open(Connections.Use.REQUEST)) {
            HttpRequest request =
                    stream.http()
                            .newHttpRequestBuilder()
                            .uri(base + path)
                            .setHeader("Accept", "application/json")
                            .timeout(REQUEST_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                            .build();
            HttpResponse<InputStream> response =
                    await(what, stream, send("GET", stream, request, InputStream.class));
            try (InputStream body = response.body()) {
                stream.reads(body);
                CompletableFuture<Void> late = closedAfter(body, LONGEST_PAGE);
                try {
                    if (!response.isSuccessful()) {
                        throw refusal(
                                "GET", path, response.code(), body.readNBytes(LONGEST_REFUSAL));
                    }
                    T read = reader.read(body, stream::heard);
                    stream.heard();
                    return read;
                } finally {
                    late.cancel(false);
                }
            } catch (JacksonIOException | IOException e) {
                throw new ClusterException(
                        Kind.UNREACHABLE, what + ": the answer was cut off: " + e.getMessage(), e);
            } catch (JacksonException | ClassCastException e) {
                throw new ClusterException(
                        Kind.SERVER,
                        what + ": the answer is no list of objects; is this an API server?",
                        e);
            }
        } finally {
            inFlight.release();
        }
    }

    private static CompletableFuture<Void> closedAfter(InputStream body, Duration longest) {
        return CompletableFuture.runAsync(
                () -> {
                    try {
                        body.close();
                    } catch (IOException e) {
                        // Whoever reads from it hears of it.
                    }
                },
                CompletableFuture.delayedExecutor(longest.toMillis(), TimeUnit.MILLISECONDS));
    }

    /** Hear what the server warns of, each sentence once. */
    void hearWarnings(Consumer<String> listener) {
        Set<String> told = ConcurrentHashMap.newKeySet();
        warnings =
                sentence -> {
                    if (told.add(sentence)) {
                        listener.accept(sentence);
                    }
                };
    }

    /** Have requests counted from now on. */
    void measure(ClusterMeter by) {
        meter = by;
    }

    ClusterMeter meter() {
        return meter;
    }

    /** Say what of the way to the server does not go on as it should. */
    Optional<String> trouble() {
        return connections.trouble().or(() -> bridge.flatMap(ProxyBridge::trouble));
    }

    /** Open a container's log. */
    PodLog log(String path, boolean follows) {
        return follows ? openLog(path, true) : retried(() -> openLog(path, false));
    }

    private PodLog openLog(String path, boolean follows) {
        // Nodes answer once the container says something.
        Duration longest = follows ? LONGEST_SILENCE : LONGEST_ANSWER;
        Connections.Stream stream = open(Connections.Use.WATCH);
        boolean open = false;
        try {
            CompletableFuture<HttpResponse<InputStream>> answer =
                    askForStream("LOG", stream, path, "text/plain, */*", longest);
            Optional<HttpResponse<InputStream>> response =
                    awaitWithin(longest, "GET " + path, stream, answer);
            if (response.isEmpty() && !follows) {
                throw unanswered("GET " + path, stream);
            }
            if (response.isPresent() && !response.get().isSuccessful()) {
                throw refusal("GET", path, response.get());
            }
            InputStream body =
                    response.map(HttpResponse::body).orElseGet(InputStream::nullInputStream);
            stream.reads(body);
            open = true;
            return new PodLog(stream, body);
        } finally {
            if (!open) {
                stream.close();
            }
        }
    }

    /**
     * Ask for an answer that is streamed.
     *
     * @param longest how long that may take, beyond what any request may
     */
    private CompletableFuture<HttpResponse<InputStream>> askForStream(
            String verb, Connections.Stream stream, String path, String accept, Duration longest) {
        HttpRequest request =
                stream.http()
                        .newHttpRequestBuilder()
                        .uri(base + path)
                        .setHeader("Accept", accept)
                        .forStreaming()
                        .timeout(longest.plus(REQUEST_TIMEOUT).toMillis(), TimeUnit.MILLISECONDS)
                        .build();
        return send(verb, stream, request, InputStream.class);
    }

    /** A watch that is open, and the stream that it holds. */
    record Watch(Connections.Stream stream, InputStream body) implements AutoCloseable {
        @Override
        public void close() {
            try {
                body.close();
            } catch (IOException e) {
                // Nothing is read from it any more.
            } finally {
                stream.close();
            }
        }
    }

    /**
     * Make a client with a connection of its own, for what the library does as a whole.
     *
     * @param requestTimeout how long each of its requests waits for an answer
     */
    OwnClient ownClient(Duration requestTimeout) {
        var factory = new HttpClients(access, bridge, CONNECT_TIMEOUT);
        return new OwnClient(
                new KubernetesClientBuilder()
                        .withConfig(config(requestTimeout))
                        .withHttpClientFactory(factory)
                        .build(),
                factory);
    }

    /** A client that shares nothing with any other. */
    record OwnClient(KubernetesClient client, HttpClients factory) implements AutoCloseable {
        /** End what is under way, too; does not wait. */
        @Override
        public void close() {
            client.close();
            factory.abort();
        }
    }

    ObjectNode call(
            String method, String path, @Nullable String mediaType, @Nullable JsonNode body) {
        return answer(method, path, mediaType, body).object();
    }

    /** Ask, and tell whether the answer is all of the object. */
    Found answer(String method, String path, @Nullable String mediaType, @Nullable JsonNode body) {
        return retried(() -> callOnce(method, path, mediaType, body));
    }

    private <T> T retried(Supplier<T> call) {
        for (int failed = 1; ; failed++) {
            try {
                return call.get();
            } catch (ClusterException e) {
                if (!e.isTransient() || failed == RetryBackoff.ATTEMPTS || closed) {
                    throw e;
                }
                pause(RetryBackoff.pause(failed, ThreadLocalRandom.current().nextDouble()));
            }
        }
    }

    private Found callOnce(
            String method, String path, @Nullable String mediaType, @Nullable JsonNode body) {
        String what = method + " " + path;
        acquire();
        HttpResponse<byte[]> response;
        try (Connections.Stream stream = open(Connections.Use.REQUEST)) {
            HttpRequest.Builder builder =
                    stream.http()
                            .newHttpRequestBuilder()
                            .uri(base + path)
                            .setHeader("Accept", "application/json")
                            .timeout(REQUEST_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
            if (mediaType != null && body != null) {
                builder.method(method, mediaType, mapper.writeValueAsString(body));
            }
            response = await(what, stream, send(method, stream, builder.build(), byte[].class));
        } finally {
            inFlight.release();
        }
        for (String header : response.headers("Warning")) {
            Matcher sentences = WARNING.matcher(header);
            while (sentences.find()) {
                warnings.accept(sentences.group(1).replaceAll("\\\\(.)", "$1"));
            }
        }
        byte[] content = response.body() == null ? new byte[0] : response.body();
        if (!response.isSuccessful()) {
            throw refusal(method, path, response.code(), content);
        }
        try {
            Found found = ObjectReader.read(content);
            ObjectReader.dropManagedFields(found.object());
            return found;
        } catch (JacksonException | ClassCastException e) {
            throw new ClusterException(
                    Kind.SERVER,
                    what + ": the answer is no JSON object; is this an API server?",
                    e);
        }
    }

    private <T> CompletableFuture<HttpResponse<T>> send(
            String verb, Connections.Stream stream, HttpRequest request, Class<T> body) {
        try {
            CompletableFuture<HttpResponse<T>> answer = stream.http().sendAsync(request, body);
            var unused =
                    answer.whenComplete((response, _) ->
                            meter.asked(
                                    verb,
                                    response == null ? ClusterMeter.NO_ANSWER : response.code()));
            return answer;
        } catch (IllegalStateException | RejectedExecutionException closedMeanwhile) {
            return CompletableFuture.failedFuture(closedMeanwhile);
        }
    }

    private ClusterException refusal(
            String method, String path, HttpResponse<InputStream> response) {
        try (InputStream body = response.body()) {
            return refusal(method, path, response.code(), body.readNBytes(LONGEST_REFUSAL));
        } catch (IOException e) {
            return new ClusterException(Kind.UNREACHABLE, method + " " + path + ": " + e, e);
        }
    }

    private ClusterException refusal(String method, String path, int code, byte[] body) {
        String message = "";
        String reason = "";
        List<String> fields = List.of();
        try {
            JsonNode status =
                    ObjectReader.read(new String(body, StandardCharsets.UTF_8), 0).object();
            message = status.path("message").asString("");
            reason = status.path("reason").asString("");
            fields = RefusedFields.of(status);
        } catch (JacksonException | ClassCastException notJson) {
            message = new String(body, StandardCharsets.UTF_8).strip();
        }
        Kind kind =
                switch (code) {
                    case HTTP_NOT_FOUND -> Kind.NOT_FOUND;
                    case 409 ->
                            reason.equals("AlreadyExists") ? Kind.ALREADY_EXISTS : Kind.CONFLICT;
                    // With other credentials it may be answered.
                    case HTTP_UNAUTHORIZED -> isKeyNew() ? Kind.SERVER : Kind.FORBIDDEN;
                    case HTTP_FORBIDDEN -> Kind.FORBIDDEN;
                    case 410 -> Kind.GONE;
                    case 415 -> Kind.UNSUPPORTED;
                    case HTTP_TOO_MANY_REQUESTS -> Kind.SERVER;
                    default -> code >= 500 ? Kind.SERVER : Kind.INVALID;
                };
        return new ClusterException(
                kind,
                "%s %s: %d %s%s"
                        .formatted(
                                method,
                                path,
                                code,
                                message.isEmpty() ? reason : message,
                                advice(method, code, message)),
                fields);
    }

    private static String advice(String method, int code, String message) {
        return switch (code) {
            case HTTP_UNAUTHORIZED ->
                    ": these credentials are not accepted; are they for this cluster, and do they still hold?";
            case HTTP_FORBIDDEN ->
                    MissingRight.hint(method.equals("GET") || method.equals("watch"), message);
            default -> "";
        };
    }

    /** A request has a time-out of its own; a watch has one that is longer than its life. */
    private <T> T await(String what, Connections.Stream stream, CompletableFuture<T> future) {
        return awaitWithin(LONGEST_ANSWER, what, stream, future)
                .orElseThrow(() -> unanswered(what, stream));
    }

    private ClusterException unanswered(String what, Connections.Stream stream) {
        var late = new TimeoutException();
        stream.failed(late);
        return new ClusterException(Kind.UNREACHABLE, what + ": no answer from " + base, late);
    }

    /** Return the answer; empty if none came in time, and none is awaited any more. */
    private <T> Optional<T> awaitWithin(
            Duration longest, String what, Connections.Stream stream, CompletableFuture<T> future) {
        try {
            T answer = future.get(longest.toMillis(), TimeUnit.MILLISECONDS);
            stream.heard();
            return Optional.of(answer);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            if (cause instanceof ClusterException credentials) {
                stream.heard();
                throw credentials;
            }
            stream.failed(cause);
            String why =
                    bridge.flatMap(ProxyBridge::failure)
                            .orElseGet(() -> ConnectionFault.words(cause));
            throw new ClusterException(
                    Kind.UNREACHABLE, what + ": no answer from " + base + ": " + why, cause);
        } catch (TimeoutException e) {
            future.cancel(true);
            return Optional.empty();
        } catch (InterruptedException e) {
            future.cancel(true);
            Thread.currentThread().interrupt();
            throw new ClusterException(Kind.UNREACHABLE, what + ": interrupted", e);
        }
    }

    private void acquire() {
        try {
            inFlight.acquire();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ClusterException(Kind.UNREACHABLE, "interrupted", e);
        }
    }

    private static void pause(Duration duration) {
        try {
            TimeUnit.MILLISECONDS.sleep(duration.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ClusterException(Kind.UNREACHABLE, "interrupted", e);
        }
    }

    /** Open a watch of a list's objects: one JSON event per line, until the server ends it. */
    Watch watch(String list, String query, String version, Duration ends) {
        String path =
                list
                        + "?watch=true&allowWatchBookmarks=true"
                        + "&resourceVersion="
                        + encode(version)
                        + "&timeoutSeconds="
                        + ends.toSeconds()
                        + (query.isEmpty() ? "" : "&" + query);
        Connections.Stream stream = open(Connections.Use.WATCH);
        boolean open = false;
        try {
            HttpResponse<InputStream> response =
                    await(
                            "watch " + path,
                            stream,
                            askForStream("WATCH", stream, path, "application/json", ends));
            if (!response.isSuccessful()) {
                throw refusal("watch", path, response);
            }
            stream.reads(response.body());
            open = true;
            return new Watch(stream, response.body());
        } finally {
            if (!open) {
                stream.close();
            }
        }
    }

    boolean isClosed() {
        return closed;
    }

    @Override
    public void close() {
        closed = true;
        connections.close();
        bridge.ifPresent(ProxyBridge::close);
    }

    /** Say something as if the server had warned of it. */
    void warn(String sentence) {
        warnings.accept(sentence);
    }

    static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
