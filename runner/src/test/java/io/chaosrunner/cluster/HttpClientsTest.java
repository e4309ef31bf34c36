package io.chaosrunner.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;

class HttpClientsTest {
    @Test
    void whatTheServerSendsTakesNoThreadsOfTheSystem() throws Exception {
        HttpServer server = server();
        String origin = "http://127.0.0.1:" + server.getAddress().getPort();
        try (var factory =
                new HttpClients(Access.to(origin), Optional.empty(), Duration.ofSeconds(5))) {
            HttpClient http = factory.createNewHttpClientBuilder().build();

            boolean virtual =
                    http.sendAsync(
                                    HttpRequest.newBuilder(URI.create(origin)).build(),
                                    _ ->
                                            HttpResponse.BodySubscribers.replacing(
                                                    Thread.currentThread().isVirtual()))
                            .get(1, TimeUnit.MINUTES)
                            .body();

            assertThat(virtual).isTrue();
        } finally {
            server.stop(0);
        }
    }

    /**
     * The JDK's client offers HTTP/2 only where its parameters name a protocol that can carry it.
     */
    @Test
    void overTlsHttp2IsOfferedAndTheCipherThatNeedsNoHelpFirst() throws Exception {
        SSLContext tls = SSLContext.getDefault();
        HttpClient http =
                new TrackedHttpClients(HttpClient.newBuilder(), _ -> {}).sslContext(tls).build();

        assertThat(http.version()).isEqualTo(HttpClient.Version.HTTP_2);
        assertThat(http.sslParameters().getProtocols()).contains("TLSv1.3");
        assertThat(http.sslParameters().getCipherSuites())
                .containsExactlyInAnyOrder(tls.getDefaultSSLParameters().getCipherSuites());
        assertThat(http.sslParameters().getCipherSuites()[0]).contains("CHACHA20");
    }

    private static HttpServer server() throws IOException {
        HttpServer server =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext(
                "/",
                exchange -> {
                    exchange.sendResponseHeaders(200, -1);
                    exchange.close();
                });
        server.start();
        return server;
    }
}
