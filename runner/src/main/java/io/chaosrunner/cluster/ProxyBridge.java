package io.chaosrunner.cluster;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * Lead connections to the API server through a proxy of any kind.
 *
 * <p>The JDK's HTTP client knows neither SOCKS nor proxies that are reached by TLS, and gives no
 * password where it asks for a tunnel. So it is pointed to this bridge, on loopback, which speaks
 * with the proxy. What is encrypted stays so up to the API server. The bridge serves only who knows
 * its secret, and leads nowhere else.
 *
 * <p>Thread-safe.
 */
final class ProxyBridge implements Closeable {
    private static final int CONNECT_MILLIS = 5_000;
    private static final int ANSWER_MILLIS = 10_000;
    private static final int LONGEST_HEAD = 1 << 16;
    private static final int HTTP_OK = 200;

    private static final int SOCKS = 5;
    private static final int SOCKS_PASSWORD = 2;
    private static final int SOCKS_NAME = 3;
    private static final int LONGEST_FIELD = 255;

    private final Access access;
    private final Proxy proxy;
    private final String host;
    private final int port;
    private final ServerSocket server;
    private final String secret;
    private final LongLived work = LongLived.logged("the bridge to the proxy", this::serve);
    private volatile @Nullable String failure;

    /**
     * Open one.
     *
     * @param access has the proxy
     */
    ProxyBridge(Access access, Proxy proxy) throws IOException {
        this.access = access;
        this.proxy = proxy;
        URI uri = URI.create(access.server());
        host = Proxy.withoutBrackets(uri.getHost());
        port = uri.getPort() >= 0 ? uri.getPort() : access.isEncrypted() ? 443 : 80;
        secret =
                !access.isEncrypted() && !proxy.isSocks() && proxy.login().isPresent()
                        // Here the client's requests go to the proxy as they are.
                        ? basic().orElseThrow()
                        : "Bridge " + UUID.randomUUID();
        server = new ServerSocket(0, 0, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().name("proxy-bridge").start(work);
    }

    /** Return what the client is to take for its proxy. */
    InetSocketAddress address() {
        return (InetSocketAddress) server.getLocalSocketAddress();
    }

    /** Return the header {@code Proxy-Authorization} of those who may use it. */
    String secret() {
        return secret;
    }

    /** Return why the last connection failed; empty if it did not. */
    Optional<String> failure() {
        return Optional.ofNullable(failure);
    }

    /** Say why nobody is led to the proxy; empty if everybody is. */
    Optional<String> trouble() {
        return work.trouble();
    }

    private Optional<String> basic() {
        return proxy.login().map(login -> Credentials.basic(login.user(), login.password()));
    }

    private void serve() {
        while (!server.isClosed()) {
            try {
                Socket client = server.accept();
                Thread.ofVirtual().name("proxy-bridge").start(() -> lead(client));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void lead(Socket client) {
        try (client) {
            client.setSoTimeout(ANSWER_MILLIS);
            String head = head(client.getInputStream());
            if (!knowsSecret(head)) {
                return;
            }
            boolean tunnel = head.startsWith("CONNECT ");
            Socket beyond;
            try {
                beyond = connect(tunnel);
                failure = null;
            } catch (IOException | IllegalStateException e) {
                failure = "the proxy %s %s".formatted(proxy, ConnectionFault.words(e));
                write(client, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
                return;
            }
            try (beyond) {
                client.setSoTimeout(0);
                beyond.setSoTimeout(0);
                write(tunnel ? client : beyond, tunnel ? "HTTP/1.1 200 OK\r\n\r\n" : head);
                Thread back = Thread.ofVirtual().start(() -> pump(beyond, client));
                pump(client, beyond);
                back.join();
            }
        } catch (IOException e) {
            // Who asked notices.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean knowsSecret(String head) {
        return head.lines()
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("proxy-authorization:"))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .anyMatch(value ->
                        MessageDigest.isEqual(
                                value.getBytes(StandardCharsets.ISO_8859_1),
                                secret.getBytes(StandardCharsets.ISO_8859_1)));
    }

    /** Copy until either end closes, and close both. */
    private static void pump(Socket from, Socket to) {
        try {
            from.getInputStream().transferTo(to.getOutputStream());
            to.shutdownOutput();
        } catch (IOException | UnsupportedOperationException e) {
            closeQuietly(from);
            closeQuietly(to);
        }
    }

    private Socket connect(boolean tunnel) throws IOException {
        var socket = new Socket();
        try {
            socket.connect(new InetSocketAddress(proxy.host(), proxy.port()), CONNECT_MILLIS);
        } catch (IOException e) {
            closeQuietly(socket);
            throw new IOException("cannot be reached: " + ConnectionFault.words(e), e);
        }
        Socket used = socket;
        try {
            socket.setSoTimeout(ANSWER_MILLIS);
            socket.setTcpNoDelay(true);
            if (proxy.isEncrypted()) {
                used = encrypted(socket);
            }
            if (proxy.isSocks()) {
                askSocks(used);
            } else if (tunnel) {
                askTunnel(used);
            }
            return used;
        } catch (IOException | RuntimeException e) {
            closeQuietly(used);
            throw e;
        }
    }

    /** Trust the proxy as the server: Go, too, has one setting for both. */
    private Socket encrypted(Socket socket) throws IOException {
        String name = access.trust().name().orElse(proxy.host());
        SSLSocket tls =
                (SSLSocket)
                        Tls.context(access)
                                .getSocketFactory()
                                .createSocket(socket, name, proxy.port(), true);
        SSLParameters parameters = tls.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        tls.setSSLParameters(parameters);
        tls.startHandshake();
        return tls;
    }

    private void askTunnel(Socket socket) throws IOException {
        String target = (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
        write(
                socket,
                "CONNECT %s HTTP/1.1\r\nHost: %s\r\n%s\r\n"
                        .formatted(
                                target,
                                target,
                                basic().map(value -> "Proxy-Authorization: " + value + "\r\n")
                                        .orElse("")));
        String status = head(socket.getInputStream()).lines().findFirst().orElse("");
        String[] words = status.split(" ", 3);
        if (words.length < 2 || !words[1].equals("" + HTTP_OK)) {
            throw new IOException(
                    status.startsWith("HTTP/")
                            ? "refuses to lead to %s: %s"
                                    .formatted(
                                            target,
                                            status.substring(status.indexOf(' ') + 1).strip())
                            : "does not answer as an HTTP proxy");
        }
    }

    private void askSocks(Socket socket) throws IOException {
        InputStream in = socket.getInputStream();
        OutputStream out = socket.getOutputStream();
        Optional<Proxy.Login> login = proxy.login();
        out.write(
                login.isPresent()
                        ? new byte[] {SOCKS, 2, 0, SOCKS_PASSWORD}
                        : new byte[] {SOCKS, 1, 0});
        out.flush();
        byte[] method = exactly(in, 2);
        if (method[0] != SOCKS) {
            throw new IOException("does not answer as a SOCKS5 proxy");
        }
        if (method[1] == SOCKS_PASSWORD && login.isPresent()) {
            byte[] user = field(login.get().user());
            byte[] password = field(login.get().password());
            out.write(1);
            out.write(user.length);
            out.write(user);
            out.write(password.length);
            out.write(password);
            out.flush();
            if (exactly(in, 2)[1] != 0) {
                throw new IOException("refuses its user and password");
            }
        } else if (method[1] != 0) {
            throw new IOException("wants another way to log in");
        }
        out.write(new byte[] {SOCKS, 1, 0});
        InetAddress literal = ProxyRules.address(host);
        if (literal == null) {
            byte[] name = field(host);
            out.write(SOCKS_NAME);
            out.write(name.length);
            out.write(name);
        } else {
            out.write(literal.getAddress().length == 4 ? 1 : 4);
            out.write(literal.getAddress());
        }
        out.write(port >> 8);
        out.write(port);
        out.flush();
        byte[] answer = exactly(in, 4);
        if (answer[1] != 0) {
            throw new IOException(
                    "cannot lead to %s:%d: %s".formatted(host, port, socksProblem(answer[1])));
        }
        int left =
                switch (answer[3]) {
                    case 1 -> 4;
                    case SOCKS_NAME -> exactly(in, 1)[0] & 0xff;
                    case 4 -> 16;
                    default -> throw new IOException("does not answer as a SOCKS5 proxy");
                };
        var unused = exactly(in, left + 2);
    }

    private static String socksProblem(int code) {
        return switch (code) {
            case 2 -> "it is not allowed";
            case 3 -> "the network is unreachable";
            case 4 -> "the host is unreachable";
            case 5 -> "the connection is refused";
            case 6 -> "it takes too long";
            case 7, 8 -> "it is not able to";
            default -> "a general failure";
        };
    }

    private static byte[] field(String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length == 0 || bytes.length > LONGEST_FIELD) {
            throw new IOException("cannot be given a name or password that is empty or so long");
        }
        return bytes;
    }

    private static byte[] exactly(InputStream in, int length) throws IOException {
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException("ended the connection");
        }
        return bytes;
    }

    /** Read up to and with the empty line; no more, for the rest is not ours. */
    private static String head(InputStream in) throws IOException {
        var head = new StringBuilder();
        while (head.length() < 4 || !head.substring(head.length() - 4).equals("\r\n\r\n")) {
            int each = in.read();
            if (each < 0) {
                throw new EOFException("ended the connection");
            }
            if (head.length() == LONGEST_HEAD) {
                throw new IOException("gave no answer that ends");
            }
            head.append((char) each);
        }
        return head.toString();
    }

    private static void write(Socket socket, String text) throws IOException {
        OutputStream out = socket.getOutputStream();
        out.write(text.getBytes(StandardCharsets.ISO_8859_1));
        out.flush();
    }

    private static void closeQuietly(Closeable each) {
        try {
            each.close();
        } catch (IOException e) {
            // It is of no use any more.
        }
    }

    @Override
    public void close() {
        work.close();
        closeQuietly(server);
    }
}
