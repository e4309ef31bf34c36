package io.chaosrunner.testing;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * A proxy for tests: HTTP CONNECT or SOCKS5, which leads to one port of loopback whatever is asked
 * for.
 */
public final class TestProxy implements AutoCloseable {
    private final ServerSocket server;
    private final int target;
    private final Optional<String> login;
    private final boolean socks;
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();

    private TestProxy(ServerSocket server, int target, Optional<String> login, boolean socks) {
        this.server = server;
        this.target = target;
        this.login = login;
        this.socks = socks;
        Thread.ofVirtual().start(this::serve);
    }

    /** Start one that speaks HTTP; it wants no login, or "user:password". */
    public static TestProxy http(int target, Optional<String> login) {
        return new TestProxy(loopback(), target, login, false);
    }

    /** Start one that speaks HTTP within TLS. */
    public static TestProxy https(int target, SSLContext tls) {
        try {
            return new TestProxy(
                    tls.getServerSocketFactory()
                            .createServerSocket(0, 50, InetAddress.getLoopbackAddress()),
                    target,
                    Optional.empty(),
                    false);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Start one that speaks SOCKS5; it wants no login, or "user:password". */
    public static TestProxy socks(int target, Optional<String> login) {
        return new TestProxy(loopback(), target, login, true);
    }

    private static ServerSocket loopback() {
        try {
            return new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public int port() {
        return server.getLocalPort();
    }

    /** Return the addresses it was asked for. */
    public List<String> asked() {
        return asked;
    }

    private void serve() {
        while (!server.isClosed()) {
            try {
                Socket client = server.accept();
                sockets.add(client);
                Thread.ofVirtual().start(() -> lead(client));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void lead(Socket client) {
        try (client) {
            String plain = socks ? agreeOnSocks(client) : agreeOnHttp(client);
            if (plain == null) {
                return;
            }
            try (Socket beyond = new Socket(InetAddress.getLoopbackAddress(), target)) {
                sockets.add(beyond);
                beyond.getOutputStream().write(plain.getBytes(StandardCharsets.ISO_8859_1));
                Thread back = Thread.ofVirtual().start(() -> pump(beyond, client));
                pump(client, beyond);
                back.join();
            }
        } catch (IOException e) {
            // The test notices.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Return what is to be handed on already; null if nobody is led anywhere. */
    private @Nullable String agreeOnHttp(Socket client) throws IOException {
        String head = head(client.getInputStream());
        String[] words = head.split(" ");
        asked.add(words[0].equals("CONNECT") ? words[1] : words[0] + " " + words[1]);
        OutputStream out = client.getOutputStream();
        String wanted =
                login.map(each ->
                                Base64.getEncoder()
                                        .encodeToString(each.getBytes(StandardCharsets.UTF_8)))
                        .map(each -> "proxy-authorization: basic " + each)
                        .orElse("");
        if (head.lines().noneMatch(line -> wanted.isEmpty() || line.equalsIgnoreCase(wanted))) {
            out.write(
                    "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n"
                            .getBytes(StandardCharsets.ISO_8859_1));
            out.flush();
            return null;
        }
        if (!words[0].equals("CONNECT")) {
            return head;
        }
        out.write(
                "HTTP/1.1 200 Connection established\r\n\r\n"
                        .getBytes(StandardCharsets.ISO_8859_1));
        out.flush();
        return "";
    }

    private @Nullable String agreeOnSocks(Socket client) throws IOException {
        var in = new DataInputStream(client.getInputStream());
        OutputStream out = client.getOutputStream();
        in.readByte();
        byte[] methods = in.readNBytes(in.readByte());
        out.write(new byte[] {5, (byte) (login.isPresent() ? 2 : 0)});
        if (login.isPresent()) {
            if (methods.length < 2) {
                return null;
            }
            in.readByte();
            String user = new String(in.readNBytes(in.readUnsignedByte()), StandardCharsets.UTF_8);
            String word = new String(in.readNBytes(in.readUnsignedByte()), StandardCharsets.UTF_8);
            boolean right = login.get().equals(user + ":" + word);
            out.write(new byte[] {1, (byte) (right ? 0 : 1)});
            if (!right) {
                return null;
            }
        }
        in.readNBytes(3);
        String host =
                switch (in.readByte()) {
                    case 1 -> InetAddress.getByAddress(in.readNBytes(4)).getHostAddress();
                    case 4 -> InetAddress.getByAddress(in.readNBytes(16)).getHostAddress();
                    default ->
                            new String(
                                    in.readNBytes(in.readUnsignedByte()), StandardCharsets.UTF_8);
                };
        asked.add(host + ":" + in.readUnsignedShort());
        out.write(new byte[] {5, 0, 0, 1, 0, 0, 0, 0, 0, 0});
        return "";
    }

    private static String head(InputStream in) throws IOException {
        var head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int each = in.read();
            if (each < 0) {
                throw new IOException("no request");
            }
            head.append((char) each);
        }
        return head.toString();
    }

    private static void pump(Socket from, Socket to) {
        try {
            from.getInputStream().transferTo(to.getOutputStream());
            to.shutdownOutput();
        } catch (IOException e) {
            close(from);
            close(to);
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // It is.
        }
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        sockets.forEach(TestProxy::close);
    }
}
