package io.chaosrunner.ui;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.export.Evidence;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.plugin.StrategyCatalogue;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The server of the live page on a port of the loopback, until closed: to whoever has its token,
 * with the rights that its connection to the cluster has. Safe for use by several threads.
 *
 * <p>What a client may take is bounded: connections, the size and the time of a request by
 * properties of the JDK's server, which belong to the whole process; listeners, pages that are kept
 * current and requests at once here. A listener that does not read is disconnected.
 */
public final class UiServer implements AutoCloseable {
    /** Bounds of the JDK's server, which it reads when the first one of a process is made. */
    private static final Map<String, String> BOUNDS =
            Map.of(
                    "jdk.httpserver.maxConnections", "256",
                    "sun.net.httpserver.maxReqHeaders", "100",
                    "sun.net.httpserver.maxReqHeaderSize", "16384",
                    "sun.net.httpserver.maxReqTime", "20",
                    "sun.net.httpserver.nodelay", "true");

    private static final int BACKLOG = 64;
    private static final int MOST_BODY = 4_096;

    private final HttpServer http;
    private final ExecutorService requests;
    private final Gate gate;
    private final Site site;
    private final Stops stops;
    private final Pages pages;
    private final Limits limits;
    private final Semaphore places;
    private final Semaphore listenersLeft;
    private final Watchdog watchdog;
    private final Map<String, Feed> feeds = new HashMap<>();
    private final Clock clock;

    /** What clients may take. */
    record Limits(
            int requests,
            int listeners,
            int feeds,
            Duration write,
            Duration heartbeat,
            Duration farewell) {
        static final Limits DEFAULT =
                new Limits(
                        32,
                        64,
                        16,
                        Duration.ofSeconds(10),
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(3));
    }

    /**
     * What is served.
     *
     * @param namespace whose engines are shown; empty for all
     * @param port 0 for any free one
     * @param instance random name of this process
     * @param strategies asked when a run is stopped whose owner is dead
     * @param logs where reports have the last lines from of what did not pass
     */
    public record Options(
            String namespace,
            int port,
            String instance,
            Supplier<StrategyCatalogue> strategies,
            Evidence.Logs logs) {}

    private UiServer(Cluster cluster, Options options, Clock clock, Limits limits)
            throws IOException {
        this.limits = limits;
        this.clock = clock;
        http =
                HttpServer.create(
                        new InetSocketAddress(InetAddress.getByName("127.0.0.1"), options.port()),
                        BACKLOG);
        gate = Gate.at(http.getAddress().getPort());
        site =
                new Site(
                        gate.base(),
                        options.namespace().isEmpty()
                                ? "all namespaces"
                                : "namespace " + options.namespace());
        stops =
                new Stops(
                        cluster,
                        options.strategies(),
                        clock,
                        options.instance(),
                        ref -> changed(site.engine(ref)));
        pages = new Pages(cluster, options.logs(), site, options.namespace(), stops, clock);
        places = new Semaphore(limits.requests());
        listenersLeft = new Semaphore(limits.listeners());
        watchdog = new Watchdog(limits.write());
        requests = Executors.newVirtualThreadPerTaskExecutor();
        http.setExecutor(requests);
        http.createContext("/", this::serve);
        http.start();
    }

    /**
     * Bound what clients of the JDK's server may take of this process, unless its command line has
     * other bounds. Counts if it runs before the first server of the process is made.
     */
    public static void bound() {
        BOUNDS.forEach((property, value) -> {
            if (System.getProperty(property) == null) {
                System.setProperty(property, value);
            }
        });
    }

    /**
     * Start to serve.
     *
     * @throws UncheckedIOException if the port is taken
     */
    public static UiServer start(Cluster cluster, Options options) {
        return start(cluster, options, Clock.systemUTC(), Limits.DEFAULT);
    }

    static UiServer start(Cluster cluster, Options options, Clock clock, Limits limits) {
        bound();
        try {
            return new UiServer(cluster, options, clock, limits);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "cannot listen on port %d of 127.0.0.1".formatted(options.port()), e);
        }
    }

    /** Return the address that a person opens; whoever knows it can do what this page can. */
    public String url() {
        return gate.url();
    }

    /** Return the address of an engine's page. */
    public String url(EngineRef engine) {
        return gate.url(site.engine(engine));
    }

    /** Return whose stops have been asked for and are not over. */
    public List<EngineRef> stopping() {
        return stops.going();
    }

    /** Return how many listen at present. */
    int listeners() {
        return limits.listeners() - listenersLeft.availablePermits();
    }

    /**
     * Serve no more; stops that were asked for are gone on with until they are over. Who listens is
     * told before how things stand at the end.
     */
    @Override
    public void close() {
        stops.await();
        List<Feed> open;
        synchronized (feeds) {
            open = List.copyOf(feeds.values());
        }
        open.forEach(Feed::changed);
        long end = System.nanoTime() + limits.farewell().toNanos();
        open.forEach(feed -> feed.settle(end));
        http.stop(0);
        synchronized (feeds) {
            feeds.values().forEach(Feed::close);
        }
        watchdog.close();
        requests.shutdownNow();
    }

    // ---- One request --------------------------------------------------------------------------

    /**
     * An answer.
     *
     * @param headers names and values beside those of every answer
     */
    record Answer(int code, String type, String text, Map<String, String> headers) {
        static Answer html(int code, String text) {
            return new Answer(code, "text/html; charset=utf-8", text, Map.of());
        }

        static Answer plain(int code, String text) {
            return new Answer(code, "text/plain; charset=utf-8", text + "\n", Map.of());
        }

        static Answer seeOther(String where) {
            return new Answer(303, "text/plain; charset=utf-8", "", Map.of("Location", where));
        }

        Answer with(String header, String value) {
            var more = new HashMap<>(headers);
            more.put(header, value);
            return new Answer(code, type, text, more);
        }
    }

    private void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            Optional<Answer> refused = refused(exchange);
            if (refused.isPresent()) {
                send(exchange, refused.get());
            } else if (isListening(exchange)) {
                listen(exchange);
            } else if (!places.tryAcquire()) {
                send(exchange, Answer.plain(503, "too many requests at once; try again"));
            } else {
                try {
                    send(exchange, answer(exchange));
                } finally {
                    places.release();
                }
            }
        }
    }

    /** Turn away who may not ask; what is refused tells nothing of what there is. */
    private Optional<Answer> refused(HttpExchange exchange) {
        Headers headers = exchange.getRequestHeaders();
        if (!gate.isMeant(headers)) {
            return Optional.of(
                    Answer.plain(403, "this page answers to 127.0.0.1 and localhost only"));
        }
        String method = exchange.getRequestMethod();
        String query = exchange.getRequestURI().getRawQuery();
        boolean opens = method.equals("GET") && gate.knows(query);
        if (!opens && !gate.knows(headers)) {
            return Optional.of(
                    Answer.plain(
                            401, "open the address that chaos-runner printed: it has the token"));
        }
        String path = exchange.getRequestURI().getRawPath();
        if (!path.startsWith(gate.base())) {
            return Optional.of(Answer.plain(404, "there is no such page"));
        }
        if (opens) {
            return Optional.of(Answer.seeOther(path).with("Set-Cookie", gate.cookie()));
        }
        return switch (method) {
            case "GET", "HEAD" -> Optional.empty();
            case "POST" ->
                    gate.isOurs(headers)
                            ? Optional.empty()
                            : Optional.of(
                                    Answer.plain(403, "this was not asked for on a page of ours"));
            default ->
                    Optional.of(Answer.plain(405, "GET and POST are").with("Allow", "GET, POST"));
        };
    }

    private Answer answer(HttpExchange exchange) throws IOException {
        List<String> path = path(exchange);
        try {
            return exchange.getRequestMethod().equals("POST")
                    ? pages.post(path, body(exchange))
                    : pages.get(path);
        } catch (TooLarge e) {
            return Answer.plain(413, "the request is too large");
        } catch (ClusterException e) {
            return pages.problem(502, String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            return pages.problem(500, "This is a bug; please report it: " + e);
        }
    }

    /** Return the words of the path below the base; the JDK's server lets in only what it reads. */
    private List<String> path(HttpExchange exchange) {
        String path = exchange.getRequestURI().getRawPath().substring(gate.base().length());
        return Stream.of(path.split("/", -1))
                .map(word -> decoded(word.replace("+", "%2B")))
                .toList();
    }

    /** What is no encoding stands for nothing that there is. */
    private static String decoded(String word) {
        try {
            return URLDecoder.decode(word, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return "";
        }
    }

    private static final class TooLarge extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    private static Map<String, String> body(HttpExchange exchange) throws IOException {
        byte[] bytes = exchange.getRequestBody().readNBytes(MOST_BODY + 1);
        if (bytes.length > MOST_BODY) {
            throw new TooLarge();
        }
        var fields = new HashMap<String, String>();
        for (String pair : new String(bytes, StandardCharsets.UTF_8).split("&", -1)) {
            int is = pair.indexOf('=');
            if (is > 0) {
                fields.put(decoded(pair.substring(0, is)), decoded(pair.substring(is + 1)));
            }
        }
        return fields;
    }

    private void send(HttpExchange exchange, Answer answer) throws IOException {
        Headers headers = exchange.getResponseHeaders();
        guard(headers);
        headers.set("Content-Type", answer.type());
        answer.headers().forEach(headers::set);
        byte[] bytes = answer.text().getBytes(StandardCharsets.UTF_8);
        boolean empty = exchange.getRequestMethod().equals("HEAD") || bytes.length == 0;
        try (Watchdog.Watch _ = watchdog.watch()) {
            exchange.sendResponseHeaders(answer.code(), empty ? -1 : bytes.length);
            if (!empty) {
                exchange.getResponseBody().write(bytes);
            }
        }
    }

    private static void guard(Headers headers) {
        headers.set("Content-Security-Policy", Site.POLICY);
        headers.set("X-Content-Type-Options", "nosniff");
        headers.set("X-Frame-Options", "DENY");
        headers.set("Cache-Control", "no-store");
        headers.set("Cross-Origin-Resource-Policy", "same-origin");
        headers.set("Cross-Origin-Opener-Policy", "same-origin");
        // Without a referrer browsers would not say the origin of what a form sends either.
        headers.set("Referrer-Policy", "same-origin");
    }

    // ---- Events -------------------------------------------------------------------------------

    private static boolean isListening(HttpExchange exchange) {
        return exchange.getRequestMethod().equals("GET")
                && exchange.getRequestHeaders()
                        .getOrDefault("Accept", List.of())
                        .contains("text/event-stream");
    }

    private void listen(HttpExchange exchange) throws IOException {
        Optional<View> view = pages.view(path(exchange));
        String key = exchange.getRequestURI().getRawPath();
        if (view.isEmpty()) {
            send(exchange, Answer.plain(404, "there is no such page"));
            return;
        }
        if (!listenersLeft.tryAcquire()) {
            send(exchange, Answer.plain(503, "too many pages are open"));
            return;
        }
        try {
            Feed.@Nullable Listener listener = listener(key, view.get());
            if (listener == null) {
                send(exchange, Answer.plain(503, "too many different pages are open"));
                return;
            }
            try (listener) {
                tell(exchange, listener);
            }
        } finally {
            listenersLeft.release();
        }
    }

    private Feed.@Nullable Listener listener(String key, View view) {
        synchronized (feeds) {
            Feed feed = feeds.get(key);
            Optional<Feed.Listener> joined = feed == null ? Optional.empty() : feed.join();
            if (joined.isPresent()) {
                return joined.get();
            }
            if (feed == null && feeds.size() >= limits.feeds()) {
                return null;
            }
            var fresh = new Feed(view, clock, over -> remove(key, over));
            feeds.put(key, fresh);
            Optional<Feed.Listener> first = fresh.join();
            fresh.start();
            return first.orElse(null);
        }
    }

    private void remove(String key, Feed over) {
        synchronized (feeds) {
            feeds.remove(key, over);
        }
    }

    private void changed(String key) {
        synchronized (feeds) {
            Feed feed = feeds.get(key);
            if (feed != null) {
                feed.changed();
            }
        }
    }

    private void tell(HttpExchange exchange, Feed.Listener listener) throws IOException {
        Headers headers = exchange.getResponseHeaders();
        guard(headers);
        headers.set("Content-Type", "text/event-stream; charset=utf-8");
        exchange.sendResponseHeaders(200, 0);
        OutputStream out = exchange.getResponseBody();
        try {
            while (true) {
                Optional<Feed.News> news = listener.next(limits.heartbeat());
                if (news.isEmpty()) {
                    return;
                }
                byte[] bytes = Events.of(news.get()).getBytes(StandardCharsets.UTF_8);
                try (Watchdog.Watch _ = watchdog.watch()) {
                    out.write(bytes);
                    out.flush();
                }
            }
        } catch (InterruptedException e) {
            // The server is closing.
        } catch (IOException e) {
            // The listener went, or did not read: it was told nothing that it needs.
        }
    }
}
