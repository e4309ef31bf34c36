package io.chaosrunner.scheduler;

import io.chaosrunner.cluster.LongLived;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A server that tells the kubelet how a service is, {@code /livez} and {@code /readyz}, and
 * Prometheus what it counts, {@code /metrics}.
 *
 * <p>Anybody in the cluster may connect, so nothing that is sent here costs more than a bounded
 * amount: of connections the newest are kept, each has a few seconds and a few kilobytes, and one
 * platform thread of its own serves them all. What it asks must not block.
 */
public final class HealthServer implements AutoCloseable {
    /** What strangers may take. */
    record Limits(int connections, int requestBytes, Duration time) {
        static final Limits DEFAULT = new Limits(64, 4_096, Duration.ofSeconds(5));
    }

    private static final int MOST_TEXT = 2_000;

    /** What is counted is gathered once in that time, whoever asks. */
    private static final Duration METRICS_HOLD = Duration.ofSeconds(1);

    /** Far more than is counted: all answers together are to stay small. */
    private static final int MOST_METRICS = 256 << 10;

    private static final String PLAIN = "text/plain; charset=utf-8";
    private static final int BACKLOG = 256;

    private final ServerSocketChannel server;
    private final Selector selector;
    private final Limits limits;
    private final Supplier<String> standing;
    private final Supplier<Optional<String>> trouble;

    private final Optional<Page> metrics;
    private byte[] counted = {};
    private @Nullable Long countedAt;

    /**
     * What is counted.
     *
     * @param contentType of the text
     * @param text asked at most once a second, by the thread that answers
     */
    public record Page(String contentType, Supplier<byte[]> text) {}

    /** The connections, the oldest first. */
    private final Set<Connection> open = new LinkedHashSet<>();

    private final LongLived work;
    private final Thread thread;

    private HealthServer(
            ServerSocketChannel server,
            Selector selector,
            Limits limits,
            Supplier<String> standing,
            Supplier<Optional<String>> trouble,
            Optional<Page> metrics,
            Consumer<String> told) {
        this.metrics = metrics;
        this.server = server;
        this.selector = selector;
        this.limits = limits;
        this.standing = standing;
        this.trouble = trouble;
        work = new LongLived("answering at the health port", this::serve, told);
        thread = Thread.ofPlatform().name("health").daemon().unstarted(work);
    }

    /**
     * @param address where to listen; empty for all addresses
     * @param port 0 for any
     * @param standing one line for people
     * @param trouble why the service is not ready; empty if it is
     * @param metrics what {@code /metrics} answers; empty if nothing is there
     * @param told hears when answering failed, and is begun again
     */
    public static HealthServer start(
            String address,
            int port,
            Supplier<String> standing,
            Supplier<Optional<String>> trouble,
            Optional<Page> metrics,
            Consumer<String> told) {
        return start(address, port, standing, trouble, metrics, told, Limits.DEFAULT);
    }

    static HealthServer start(
            String address,
            int port,
            Supplier<String> standing,
            Supplier<Optional<String>> trouble,
            Optional<Page> metrics,
            Consumer<String> told,
            Limits limits) {
        try {
            InetSocketAddress where =
                    address.isEmpty()
                            ? new InetSocketAddress(port)
                            : new InetSocketAddress(InetAddress.getByName(address), port);
            ServerSocketChannel server = ServerSocketChannel.open();
            try {
                server.setOption(StandardSocketOptions.SO_REUSEADDR, true);
                server.bind(where, BACKLOG);
                server.configureBlocking(false);
                Selector selector = Selector.open();
                server.register(selector, SelectionKey.OP_ACCEPT);
                var health =
                        new HealthServer(
                                server, selector, limits, standing, trouble, metrics, told);
                health.thread.start();
                return health;
            } catch (IOException e) {
                server.close();
                throw e;
            }
        } catch (IOException e) {
            String where = address.isEmpty() ? "" : "address %s, ".formatted(address);
            throw new UncheckedIOException(where + "port " + port, e);
        }
    }

    public int port() {
        return server.socket().getLocalPort();
    }

    /** Tell whether it still answers. */
    boolean isAlive() {
        return thread.isAlive();
    }

    @Override
    public void close() {
        work.close();
        try {
            server.close();
            selector.close();
        } catch (IOException e) {
            // Nothing listens any more.
        }
    }

    // ---- The thread ---------------------------------------------------------------------------

    private void serve() {
        try {
            while (selector.isOpen()) {
                selector.select(limits.time().toMillis() / 4 + 1);
                Iterator<SelectionKey> ready = selector.selectedKeys().iterator();
                while (ready.hasNext()) {
                    SelectionKey key = ready.next();
                    ready.remove();
                    serve(key);
                }
                long now = System.nanoTime();
                List.copyOf(open).stream()
                        .filter(connection -> now - connection.end >= 0)
                        .forEach(Connection::close);
            }
        } catch (ClosedSelectorException e) {
            // Closed meanwhile.
        } catch (IOException e) {
            throw new UncheckedIOException("the health port", e);
        } finally {
            List.copyOf(open).forEach(Connection::close);
        }
    }

    private void serve(SelectionKey key) throws IOException {
        if (!key.isValid()) {
            return;
        }
        if (key.attachment() instanceof Connection connection) {
            connection.proceed(key);
        } else {
            accept();
        }
    }

    private void accept() throws IOException {
        SocketChannel channel = server.accept();
        if (channel == null) {
            return;
        }
        if (open.size() >= limits.connections()) {
            // A probe is answered in a moment; whoever stays longest is no probe.
            open.iterator().next().close();
        }
        var connection = new Connection(channel);
        open.add(connection);
        try {
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ, connection);
        } catch (IOException e) {
            connection.close();
        }
    }

    /** One request and its answer. */
    private final class Connection {
        private final SocketChannel channel;
        private final long end = System.nanoTime() + limits.time().toNanos();
        private ByteBuffer request = ByteBuffer.allocate(limits.requestBytes());
        private ByteBuffer[] answer = {};

        private Connection(SocketChannel channel) {
            this.channel = channel;
        }

        private void proceed(SelectionKey key) {
            try {
                if (key.isReadable()) {
                    read(key);
                } else if (key.isWritable()) {
                    write(key);
                }
            } catch (IOException | RuntimeException e) {
                // It ends only this connection.
                close();
            }
        }

        private void read(SelectionKey key) throws IOException {
            int count = channel.read(request);
            String text =
                    new String(request.array(), 0, request.position(), StandardCharsets.US_ASCII);
            if (text.contains("\r\n\r\n") || text.contains("\n\n")) {
                answer = HealthServer.this.answer(text.lines().findFirst().orElse(""));
            } else if (count < 0) {
                close();
                return;
            } else if (!request.hasRemaining()) {
                answer = response("431 Request Header Fields Too Large", "too large", true);
            } else {
                return;
            }
            request = ByteBuffer.allocate(0);
            key.interestOps(SelectionKey.OP_WRITE);
            write(key);
        }

        private void write(SelectionKey key) throws IOException {
            channel.write(answer);
            if (Arrays.stream(answer).noneMatch(ByteBuffer::hasRemaining)) {
                key.cancel();
                channel.shutdownOutput();
                close();
            }
        }

        private void close() {
            open.remove(this);
            try {
                channel.close();
            } catch (IOException e) {
                // It is not used any more.
            }
        }
    }

    // ---- What is answered ---------------------------------------------------------------------

    private ByteBuffer[] answer(String line) {
        String[] words = line.split(" ", -1);
        if (words.length != 3 || !words[2].startsWith("HTTP/1.")) {
            return response("400 Bad Request", "no request of HTTP/1", true);
        }
        boolean get = words[0].equals("GET");
        if (!get && !words[0].equals("HEAD")) {
            return response("405 Method Not Allowed", "GET is", true);
        }
        int query = words[1].indexOf('?');
        return switch (query < 0 ? words[1] : words[1].substring(0, query)) {
            case "/livez" -> response("200 OK", standing.get(), get);
            case "/readyz" -> {
                Optional<String> why = trouble.get().or(work::trouble);
                yield why.isEmpty()
                        ? response("200 OK", standing.get(), get)
                        : response("503 Service Unavailable", why.get(), get);
            }
            case "/metrics" ->
                    metrics.map(page -> metrics(page, get)).orElseGet(() -> notFound(get));
            default -> notFound(get);
        };
    }

    private ByteBuffer[] notFound(boolean withBody) {
        return response(
                "404 Not Found",
                metrics.isPresent()
                        ? "/livez, /readyz and /metrics are here"
                        : "/livez and /readyz are here",
                withBody);
    }

    /** Whoever asks all the time costs no more than whoever asks once a second. */
    private ByteBuffer[] metrics(Page page, boolean withBody) {
        long now = System.nanoTime();
        Long before = countedAt;
        if (before == null || now - before >= METRICS_HOLD.toNanos()) {
            counted = page.text().get();
            countedAt = now;
        }
        return counted.length > MOST_METRICS
                ? response("500 Internal Server Error", "more is counted than is sent", withBody)
                : response("200 OK", page.contentType(), counted, withBody);
    }

    private static ByteBuffer[] response(String status, String text, boolean withBody) {
        String cut = text.substring(0, Math.min(text.length(), MOST_TEXT));
        return response(status, PLAIN, (cut + "\n").getBytes(StandardCharsets.UTF_8), withBody);
    }

    /** All answers that are under way share one body. */
    private static ByteBuffer[] response(
            String status, String contentType, byte[] body, boolean withBody) {
        String head =
                "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
                        .formatted(status, contentType, body.length);
        return new ByteBuffer[] {
            ByteBuffer.wrap(head.getBytes(StandardCharsets.US_ASCII)),
            ByteBuffer.wrap(body, 0, withBody ? body.length : 0)
        };
    }
}
