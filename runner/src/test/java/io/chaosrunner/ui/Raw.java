package io.chaosrunner.ui;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/** Speaks HTTP as nobody's library would let it. */
final class Raw {
    final int port;
    final String path;
    final String token;
    final String origin;

    Raw(String url) {
        URI uri = URI.create(url);
        port = uri.getPort();
        path = uri.getPath();
        token = uri.getQuery().replaceFirst("^token=", "");
        origin = "http://127.0.0.1:" + port;
    }

    /** An answer, whole. */
    record Answer(String head, String body) {
        int code() {
            return Raw.code(head);
        }

        /** Return a header; empty if there is none. */
        String header(String name) {
            return head.lines()
                    .filter(line ->
                            line.toLowerCase(Locale.ROOT)
                                    .startsWith(name.toLowerCase(Locale.ROOT) + ":"))
                    .map(line -> line.substring(name.length() + 1).strip())
                    .findFirst()
                    .orElse("");
        }
    }

    private static int code(String head) {
        return Integer.parseInt(head.split(" ", 3)[1]);
    }

    String bearer() {
        return "Authorization: Bearer " + token;
    }

    Answer get(String below) throws IOException {
        return plainly("GET", path + below, bearer());
    }

    Answer post(String below, String body, String origin) throws IOException {
        String originLine = origin.isEmpty() ? "" : "Origin: " + origin + "\r\n";
        return exactly(
                "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n%s\r\n%sContent-Length: %d\r\nConnection: close\r\n\r\n%s"
                        .formatted(path + below, port, bearer(), originLine, body.length(), body));
    }

    Answer plainly(String method, String target, String... headers) throws IOException {
        try (Socket socket = connect()) {
            send(socket, method, target, headers);
            return read(socket);
        }
    }

    Answer exactly(String request) throws IOException {
        try (Socket socket = connect()) {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
            return read(socket);
        }
    }

    Socket connect() throws IOException {
        return new Socket("127.0.0.1", port);
    }

    void send(Socket socket, String method, String target, String... headers) throws IOException {
        var request =
                new StringBuilder(
                        "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n".formatted(method, target, port));
        Arrays.stream(headers)
                .filter(header -> !header.isEmpty())
                .forEach(header -> request.append(header).append("\r\n"));
        request.append("Connection: close\r\n\r\n");
        socket.getOutputStream().write(request.toString().getBytes(StandardCharsets.UTF_8));
    }

    private static Answer read(Socket socket) throws IOException {
        String all = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int end = all.indexOf("\r\n\r\n");
        return new Answer(all.substring(0, end), all.substring(end + 4));
    }

    Stream listen(String below) throws IOException {
        Socket socket = connect();
        send(socket, "GET", path + below, bearer(), "Accept: text/event-stream");
        return new Stream(socket);
    }

    /** Events as they come. */
    static final class Stream implements AutoCloseable {
        private final Socket socket;
        private final InputStream in;
        private final ByteArrayOutputStream heard = new ByteArrayOutputStream();
        private final int code;

        Stream(Socket socket) throws IOException {
            this.socket = socket;
            in = new BufferedInputStream(socket.getInputStream());
            code = Raw.code(until("\r\n\r\n"));
        }

        int code() {
            return code;
        }

        /** Read on until a text comes; return what came, the text included. */
        String until(String text) throws IOException {
            heard.reset();
            byte[] end = text.getBytes(StandardCharsets.UTF_8);
            while (true) {
                int next = in.read();
                if (next < 0) {
                    throw new IOException(
                            "the stream ended after: " + heard.toString(StandardCharsets.UTF_8));
                }
                heard.write(next);
                if (next == end[end.length - 1]
                        && heard.toString(StandardCharsets.UTF_8).endsWith(text)) {
                    return heard.toString(StandardCharsets.UTF_8);
                }
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
