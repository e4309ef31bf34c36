package io.chaosrunner.cluster;

import io.chaosrunner.cluster.ClusterException.Kind;
import io.fabric8.kubernetes.client.http.HttpClient;
import java.io.Closeable;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The connections to one API server, and the streams that are open on each.
 *
 * <p>The JDK's HTTP client keeps one HTTP/2 connection, lets requests fail that exceed the server's
 * limit of streams, and never notices that a connection is dead. So each client stands for one
 * connection here. Watches are spread over several. A connection on which something is awaited and
 * nothing was heard for a while is asked for a sign of life, with {@code OPTIONS *}: a web server
 * answers it by itself, so it is no call of the API. A connection that stays silent while another
 * one answers is dead: what is open on it fails, and is tried again elsewhere. A server that is
 * merely slow, or away, costs no connection.
 *
 * <p>Thread-safe.
 */
final class Connections implements AutoCloseable {

    /**
     * How connections are used, and when they are given up.
     *
     * @param watches most watches on one connection; with the requests in flight they stay below
     *     the 100 streams that API servers allow
     * @param quiet a connection that is silent for so long is asked for a sign of life
     * @param deaf a connection that owes an answer for so long is dead, if another one gave it
     * @param alone a watch with a connection of its own, as with HTTP/1.1, is renewed after so much
     *     silence: nothing can be asked on it
     * @param stale any watch is renewed after so much silence; bookmarks come every minute
     * @param idle a connection without streams is closed after this, before the JDK's client closes
     *     it by itself: what is asked then, all at once, must not open one connection each
     */
    record Limits(
            int watches,
            Duration quiet,
            Duration deaf,
            Duration alone,
            Duration stale,
            Duration idle) {
        static final Limits DEFAULT =
                new Limits(
                        30,
                        Duration.ofSeconds(14),
                        Duration.ofSeconds(8),
                        Duration.ofSeconds(25),
                        Duration.ofSeconds(150),
                        Duration.ofSeconds(25));
    }

    /** What a stream is for. */
    enum Use {
        REQUEST,
        WATCH
    }

    private static final Duration LOOK_EVERY = Duration.ofSeconds(1);

    /** No longer than a request waits for its answer. */
    private static final Duration LONGEST_OPENING = Duration.ofSeconds(15);

    private final Supplier<Opened> opener;
    private final URI origin;
    private final Limits limits;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Object lock = new Object();
    private final List<Connection> all = new ArrayList<>();
    private boolean multiplexing;
    private final LongLived watch = LongLived.logged("the watch over connections", this::watchOver);
    private @Nullable Thread monitor;

    /** A new HTTP client: fabric8's, and the factory that can end it. */
    record Opened(HttpClient http, HttpClients factory) {}

    /**
     * @param opener makes a client that has no connection yet
     * @param server the API server's address
     */
    Connections(Supplier<Opened> opener, URI server, Limits limits) {
        this.opener = opener;
        this.limits = limits;
        origin = URI.create(server.getScheme() + "://" + server.getRawAuthority());
        // Without TLS nobody agrees on HTTP/2.
        multiplexing = server.getScheme().equals("https");
        // Now, so that a client that cannot be made is known at once.
        all.add(new Connection(opener.get()));
    }

    /**
     * Open a stream on a connection that has room for it.
     *
     * @throws ClusterException of kind {@link Kind#UNREACHABLE} if the connection cannot be
     *     established, or this is closed
     */
    Stream open(Use use) {
        Stream stream;
        synchronized (lock) {
            if (closed.getCount() == 0) {
                throw new ClusterException(Kind.UNREACHABLE, "the client is closed");
            }
            long now = System.nanoTime();
            Connection connection =
                    all.stream()
                            .filter(each -> each.hasRoom(use) && !each.isSuspect(now))
                            .findFirst()
                            .orElseGet(this::add);
            stream = connection.open(use);
            if (monitor == null) {
                monitor = Thread.ofVirtual().name("connections").start(watch);
            }
        }
        stream.awaitConnection();
        return stream;
    }

    /** Have what is asked from now on open connections of its own: the credentials have changed. */
    void renew() {
        synchronized (lock) {
            List.copyOf(all).forEach(Connection::retire);
        }
    }

    private Connection add() {
        var connection = new Connection(opener.get());
        all.add(connection);
        return connection;
    }

    /** Say why nobody sees connections die; empty if somebody does. */
    Optional<String> trouble() {
        return watch.trouble();
    }

    @Override
    public void close() {
        closed.countDown();
        watch.close();
        List<Connection> left;
        synchronized (lock) {
            left = List.copyOf(all);
            left.forEach(Connection::end);
        }
        for (Connection each : left) {
            each.opened.factory().close();
            each.opened.http().close();
        }
    }

    // ---- Watching over them --------------------------------------------------------------------

    private void watchOver() {
        try {
            while (!closed.await(LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS)) {
                look();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void look() {
        var over = new ArrayList<Closeable>();
        synchronized (lock) {
            long now = System.nanoTime();
            for (Connection each : List.copyOf(all)) {
                each.look(now, over);
            }
        }
        over.forEach(Connections::closeQuietly);
    }

    /** Tell whether a connection, other than this one, is known to have worked since then. */
    private boolean othersHeardSince(Connection but, long since) {
        return all.stream()
                .anyMatch(each -> each != but && each.wasHeard && each.heard - since > 0);
    }

    /** See whether a new connection would work; at most one is tried at a time. */
    private void tryAnother(long now) {
        for (Connection each : List.copyOf(all)) {
            if (each.streams.isEmpty() && each.asking) {
                if (now - each.asked < limits.deaf().toNanos()) {
                    return;
                }
                each.end();
            }
        }
        try {
            add().ask(now);
        } catch (ClusterException unusable) {
            // Its credentials cannot be read just now; there is a next time.
        }
    }

    private static boolean isOver(long now, long since, Duration limit) {
        return now - since > limit.toNanos();
    }

    private static void closeQuietly(Closeable body) {
        try {
            body.close();
        } catch (IOException e) {
            // Nothing is read from it any more.
        }
    }

    /** One client, and so one connection. All but its end is guarded by the lock. */
    private final class Connection {
        final Opened opened;
        final Set<Stream> streams = new HashSet<>();

        /** Done once something was heard; until then only the first stream is used. */
        final CompletableFuture<Boolean> established = new CompletableFuture<>();

        /** Most streams; less than any number there can be once it is known to be less. */
        int room = Integer.MAX_VALUE;

        boolean wasHeard;
        long heard = System.nanoTime();
        long asked;
        boolean asking;
        int questions;

        Connection(Opened opened) {
            this.opened = opened;
        }

        boolean hasRoom(Use use) {
            long watches = streams.stream().filter(each -> each.use == Use.WATCH).count();
            return streams.size() < room && (use == Use.REQUEST || watches < limits.watches());
        }

        /** Tell whether it owes a sign of life, and should have given it by now. */
        boolean isSuspect(long now) {
            return asking && isOver(now, asked, limits.deaf().dividedBy(2));
        }

        Stream open(Use use) {
            if (streams.isEmpty()) {
                // What was not asked need not have answered.
                heard = System.nanoTime();
            }
            var stream = new Stream(this, use, !wasHeard && streams.isEmpty() && !asking);
            streams.add(stream);
            return stream;
        }

        void heard() {
            heard = System.nanoTime();
            wasHeard = true;
            established.complete(true);
        }

        /** Take no more than there is, and go with the last of it. */
        void retire() {
            room = 0;
            established.complete(false);
            if (streams.isEmpty()) {
                end();
            }
        }

        void end() {
            all.remove(this);
            established.complete(false);
            opened.factory().abort();
        }

        void look(long now, List<Closeable> over) {
            if (streams.isEmpty()) {
                if (room == 0 || isOver(now, heard, limits.idle())) {
                    end();
                }
                return;
            }
            Duration longest = multiplexing ? limits.stale() : limits.alone();
            for (Stream each : streams) {
                if (each.body != null && isOver(now, each.heard, longest)) {
                    over.add(each.body);
                    if (!multiplexing) {
                        // What its client keeps for later requests may be as dead.
                        room = 0;
                    }
                }
            }
            if (!asking) {
                if (multiplexing && isOver(now, heard, limits.quiet())) {
                    ask(now);
                }
            } else if (!othersHeardSince(this, asked)) {
                if (isSuspect(now)) {
                    tryAnother(now);
                }
            } else if (isOver(now, asked, limits.deaf())) {
                for (Stream each : streams) {
                    if (each.body != null) {
                        over.add(each.body);
                    }
                }
                room = 0;
                end();
            }
        }

        void ask(long now) {
            asked = now;
            asking = true;
            int question = ++questions;
            var _ =
                    opened.factory()
                            .first()
                            .sendAsync(
                                    opened.factory().signOfLife(origin),
                                    HttpResponse.BodyHandlers.discarding())
                            .whenComplete((response, failure) -> answered(question, response));
        }

        private void answered(int question, @Nullable HttpResponse<Void> response) {
            Closeable surplus = null;
            synchronized (lock) {
                if (!asking || question != questions) {
                    return;
                }
                asking = false;
                if (response != null) {
                    multiplexing = response.version() == java.net.http.HttpClient.Version.HTTP_2;
                    heard();
                } else if (streams.isEmpty()) {
                    end();
                } else {
                    // No stream is left to ask on, so a watch has to move.
                    room = Math.min(room, streams.size() - 1);
                    surplus =
                            streams.stream()
                                    .map(each -> each.body)
                                    .filter(body -> body != null)
                                    .findFirst()
                                    .orElse(null);
                }
            }
            if (surplus != null) {
                closeQuietly(surplus);
            }
        }
    }

    /** One request or watch, until closed. */
    final class Stream implements AutoCloseable {
        private final Connection connection;
        private final Use use;

        /** Whether it has to establish the connection; the others wait for it. */
        private final boolean first;

        private long heard = System.nanoTime();
        private @Nullable Closeable body;

        private Stream(Connection connection, Use use, boolean first) {
            this.connection = connection;
            this.use = use;
            this.first = first;
        }

        private void awaitConnection() {
            if (first) {
                return;
            }
            boolean established;
            try {
                established =
                        connection.established.get(
                                LONGEST_OPENING.toMillis(), TimeUnit.MILLISECONDS);
            } catch (ExecutionException | TimeoutException e) {
                established = false;
            } catch (InterruptedException e) {
                close();
                Thread.currentThread().interrupt();
                throw new ClusterException(Kind.UNREACHABLE, "interrupted", e);
            }
            if (!established) {
                close();
                throw new ClusterException(
                        Kind.UNREACHABLE, "no connection to " + origin + " can be established");
            }
        }

        /** Return the client to send this one request with. */
        HttpClient http() {
            return connection.opened.http();
        }

        /** Tell what is to be closed if this is given up. */
        void reads(Closeable body) {
            synchronized (lock) {
                this.body = body;
            }
        }

        /** Tell that the server was heard on it. */
        void heard() {
            synchronized (lock) {
                heard = System.nanoTime();
                connection.heard();
            }
        }

        /**
         * Close it because there was no answer.
         *
         * <p>Whether the server's limit of streams was met or the connection broke cannot be told;
         * what goes on is left where it is, and the next streams go elsewhere.
         */
        void failed(Throwable why) {
            synchronized (lock) {
                close();
                boolean late =
                        why instanceof HttpTimeoutException || why instanceof TimeoutException;
                if ((first && !connection.wasHeard) || (late && !multiplexing)) {
                    connection.retire();
                } else if (!late) {
                    connection.room = Math.min(connection.room, connection.streams.size());
                    if (connection.room == 0) {
                        connection.retire();
                    }
                }
            }
        }

        @Override
        public void close() {
            synchronized (lock) {
                connection.streams.remove(this);
                if (connection.room == 0 && connection.streams.isEmpty()) {
                    connection.end();
                }
                if (first && !connection.wasHeard) {
                    // Given up before anything was heard: the others shall not wait for it.
                    connection.retire();
                }
            }
        }
    }
}
