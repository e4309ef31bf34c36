package io.chaosrunner.systemtests;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * Make the few plain calls that bring a control plane up.
 *
 * <p>Not a Kubernetes client on purpose: those retry, and poll worse than a loop that knows whether
 * the server is still alive.
 */
final class ApiCalls implements AutoCloseable {

    private static final Duration CALL_LIMIT = Duration.ofMinutes(1);
    private static final Duration CONNECT_LIMIT = Duration.ofSeconds(20);

    private final HttpClient http;
    private final String url;
    private final String token;

    ApiCalls(String url, String caPem, String token) {
        this.url = url;
        this.token = token;
        this.http = httpClient(caPem);
    }

    /** Return a new client that trusts these certificates and nobody else. */
    static HttpClient httpClient(String caPem) {
        return HttpClient.newBuilder()
                .proxy(HttpClient.Builder.NO_PROXY)
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(CONNECT_LIMIT)
                .sslContext(trusting(caPem))
                .build();
    }

    /** Tell whether something listens on a loopback port. */
    static boolean accepts(int port) {
        try (var socket = new Socket()) {
            socket.connect(
                    new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port),
                    (int) CONNECT_LIMIT.toMillis());
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** Tell whether a path answers 200 now; an unreachable server is a no. */
    boolean answers(String path) {
        try {
            return send(request(path).GET()).statusCode() == 200;
        } catch (UncheckedIOException e) {
            return false;
        }
    }

    /** Tell whether discovery, as controllers read it, lists a resource by its plural. */
    boolean discovers(String plural) {
        HttpResponse<String> answer =
                send(
                        request("/apis")
                                .header(
                                        "Accept",
                                        "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")
                                .GET());
        return answer.statusCode() == 200 && answer.body().contains('"' + plural + '"');
    }

    /**
     * Create an object from YAML.
     *
     * @return the answer, as JSON
     * @throws IllegalStateException if the server refuses
     */
    String create(String path, String yaml) {
        HttpResponse<String> answer =
                send(
                        request(path)
                                .header("Content-Type", "application/yaml")
                                .POST(HttpRequest.BodyPublishers.ofString(yaml)));
        if (answer.statusCode() != 201) {
            throw new IllegalStateException(
                    "POST " + path + ": " + answer.statusCode() + " " + answer.body());
        }
        return answer.body();
    }

    @Override
    public void close() {
        http.shutdownNow();
        http.close();
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(url + path))
                .timeout(CALL_LIMIT)
                .header("Authorization", "Bearer " + token);
    }

    private HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while calling the API server", e);
        }
    }

    /** Return a TLS context that trusts these certificates and no others. */
    static SSLContext trusting(String caPem) {
        try {
            var trusted = KeyStore.getInstance(KeyStore.getDefaultType());
            trusted.load(null, null);
            var pem = new ByteArrayInputStream(caPem.getBytes(StandardCharsets.US_ASCII));
            int index = 0;
            for (Certificate certificate :
                    CertificateFactory.getInstance("X.509").generateCertificates(pem)) {
                trusted.setCertificateEntry("ca-" + index++, certificate);
            }
            var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted);
            var context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("unusable CA certificate", e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
