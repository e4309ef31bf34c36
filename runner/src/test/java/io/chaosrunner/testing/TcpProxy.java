package io.chaosrunner.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A network between a client and a server on loopback, in which connections can die without a word:
 * what is sent on them is taken and lost, while new ones work.
 */
public final class TcpProxy implements AutoCloseable {
    private final InetSocketAddress server;
    private final ServerSocket listening;
    private final Set<Link> links = ConcurrentHashMap.newKeySet();
    private final AtomicInteger accepted = new AtomicInteger();

    /** A connection of the client and the one that continues it. */
    private final class Link {
        private final Socket client;
        private final Socket upstream;
        private volatile boolean dead;

        Link(Socket client) throws IOException {
            this.client = client;
            upstream = new Socket(server.getAddress(), server.getPort());
            client.setTcpNoDelay(true);
            upstream.setTcpNoDelay(true);
        }

        void pass(Socket from, Socket to) {
            byte[] buffer = new byte[1 << 14];
            try {
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream();
                for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                    if (!dead) {
                        out.write(buffer, 0, read);
                    }
                }
            } catch (IOException e) {
                // One side is gone.
            }
            if (!dead) {
                end();
            }
        }

        void end() {
            links.remove(this);
            close(client);
            close(upstream);
        }
    }

    /** Begin to accept connections for a server on loopback. */
    public TcpProxy(int port) {
        server = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port);
        try {
            listening = new ServerSocket(0, 0, server.getAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().start(this::accept);
    }

    /** Return the port to connect to instead of the server's. */
    public int port() {
        return listening.getLocalPort();
    }

    /** Return how many connections there were so far. */
    public int accepted() {
        return accepted.get();
    }

    /** Lose from now on all that is sent on the connections that there are; new ones work. */
    public void silence() {
        links.forEach(link -> link.dead = true);
    }

    private void accept() {
        while (!listening.isClosed()) {
            try {
                var link = new Link(listening.accept());
                links.add(link);
                accepted.incrementAndGet();
                Thread.ofVirtual().start(() -> link.pass(link.client, link.upstream));
                Thread.ofVirtual().start(() -> link.pass(link.upstream, link.client));
            } catch (IOException e) {
                // Closed, or the server is away.
            }
        }
    }

    private static void close(java.io.Closeable closeable) {
        try {
            closeable.close();
        } catch (IOException e) {
            // It is gone.
        }
    }

    @Override
    public void close() {
        close(listening);
        links.forEach(Link::end);
    }
}
