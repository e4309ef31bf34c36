package io.chaosrunner.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The sandbox answers to this machine's own names only: a web page may point its own here. */
class SandboxHostTest {

    @ParameterizedTest
    @CsvSource({
        "localhost, true",
        "LocalHost:8080, true",
        "127.0.0.1, true",
        "127.0.0.1:8080, true",
        "[::1], true",
        "[::1]:8080, true",
        "evil.example.com, false",
        "evil.example.com:8080, false",
        "localhost.evil.example.com, false",
        "127.0.0.1.evil.example.com:8080, false",
        "evil.example.com:127.0.0.1, false",
        "127.0.0.2, false",
        "[::2], false",
        ":8080, false",
        "'', false",
        ", false",
    })
    void aHostIsLocalOrNot(String host, boolean local) {
        assertThat(ApiHandler.isLocal(host)).isEqualTo(local);
    }

    @Test
    void anotherNameIsRefusedWhateverIsAsked() throws IOException {
        try (SandboxServer sandbox = SandboxServer.start(SandboxServer.Options.DEFAULT)) {
            int port = URI.create(sandbox.url()).getPort();

            assertThat(ask(port, "evil.example.com:" + port)).startsWith("HTTP/1.1 403 ");
            assertThat(ask(port, "localhost:" + port)).startsWith("HTTP/1.1 200 ");
        }
    }

    private static String ask(int port, String host) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(60_000);
            socket.getOutputStream()
                    .write(
                            "GET /version HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n"
                                    .formatted(host)
                                    .getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
