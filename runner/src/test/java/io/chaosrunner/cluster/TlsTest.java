package io.chaosrunner.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsExchange;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** What is agreed on with a server that leaves the choice to the client, as the API server does. */
@Isolated("sets properties of the JVM's own trust")
class TlsTest {
    private static final String PASSWORD = "password";

    @TempDir private Path folder;
    private final List<String> agreed = new CopyOnWriteArrayList<>();
    private KeyStore keys;

    @BeforeEach
    void makeKey() throws Exception {
        keys = makeKey("server");
    }

    private KeyStore makeKey(String name) throws Exception {
        Path file = folder.resolve(name + ".p12");
        Path keytool = Path.of(System.getProperty("java.home"), "bin", "keytool");
        Process process =
                new ProcessBuilder(
                                keytool.toString(),
                                "-genkeypair",
                                "-keyalg",
                                "EC",
                                "-dname",
                                "CN=" + name,
                                "-ext",
                                "san=ip:127.0.0.1",
                                "-keystore",
                                file.toString(),
                                "-storepass",
                                PASSWORD)
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve("keytool.log").toFile())
                        .start();
        assertThat(process.waitFor()).isZero();
        KeyStore made = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            made.load(in, PASSWORD.toCharArray());
        }
        return made;
    }

    private static Certificate certificate(KeyStore store) throws Exception {
        return store.getCertificate(store.aliases().nextElement());
    }

    @Test
    void chaCha20IsPreferred() throws Exception {
        SSLParameters parameters = new SSLParameters();
        parameters.setUseCipherSuitesOrder(false);

        ask(parameters, certificate(keys));

        assertThat(agreed).containsOnly("TLS_CHACHA20_POLY1305_SHA256");
    }

    @Test
    void aServerThatHasOnlyAesIsServedAllTheSame() throws Exception {
        SSLParameters parameters =
                new SSLParameters(new String[] {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"});
        parameters.setProtocols(new String[] {"TLSv1.2"});

        ask(parameters, certificate(keys));

        assertThat(agreed).containsOnly("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
    }

    /**
     * As kubectl does: what all the world trusts does not count once a kubeconfig names another.
     */
    @Test
    void onlyTheAuthorityThatTheKubeconfigNamesIsTrusted() throws Exception {
        Path world = folder.resolve("world.p12");
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("server", certificate(keys));
        try (OutputStream out = Files.newOutputStream(world)) {
            trusted.store(out, PASSWORD.toCharArray());
        }
        Certificate other = certificate(makeKey("other"));
        System.setProperty("javax.net.ssl.trustStore", world.toString());
        System.setProperty("javax.net.ssl.trustStorePassword", PASSWORD);
        try {
            assertThatThrownBy(() -> ask(new SSLParameters(), other))
                    .isInstanceOf(ClusterException.class)
                    .hasMessageContaining("PKIX path");
        } finally {
            System.clearProperty("javax.net.ssl.trustStore");
            System.clearProperty("javax.net.ssl.trustStorePassword");
        }
    }

    @Test
    void anyOfSeveralAuthoritiesThatTheKubeconfigNamesIsTrusted() throws Exception {
        ask(new SSLParameters(), certificate(makeKey("other")), certificate(keys));

        assertThat(agreed).isNotEmpty();
    }

    private void ask(SSLParameters parameters, Certificate... authorities) throws Exception {
        KeyManagerFactory key = KeyManagerFactory.getInstance("PKIX");
        key.init(keys, PASSWORD.toCharArray());
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(key.getKeyManagers(), null, null);
        HttpsServer server =
                HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(
                new HttpsConfigurator(tls) {
                    @Override
                    public void configure(HttpsParameters params) {
                        params.setSSLParameters(parameters);
                    }
                });
        server.createContext(
                "/",
                exchange -> {
                    agreed.add(((HttpsExchange) exchange).getSSLSession().getCipherSuite());
                    byte[] body = "{\"metadata\": {\"name\": \"first-run\"}}".getBytes();
                    exchange.sendResponseHeaders(200, body.length);
                    exchange.getResponseBody().write(body);
                    exchange.close();
                });
        server.start();
        try (Fabric8Cluster cluster =
                Fabric8Cluster.connect(kubeconfig(server.getAddress().getPort(), authorities))) {
            assertThat(cluster.get(Resource.ENGINES, "default", "first-run")).isPresent();
        } finally {
            server.stop(0);
        }
    }

    private Path kubeconfig(int port, Certificate... authorities) throws Exception {
        var pem = new StringBuilder("Who is trusted:\n");
        for (Certificate each : authorities) {
            pem.append("-----BEGIN CERTIFICATE-----\n")
                    .append(Base64.getMimeEncoder().encodeToString(each.getEncoded()))
                    .append("\n-----END CERTIFICATE-----\n\n");
        }
        return Files.writeString(
                folder.resolve("kubeconfig"),
                """
                apiVersion: v1
                kind: Config
                current-context: test
                contexts: [{name: test, context: {cluster: test, user: test}}]
                clusters:
                  - name: test
                    cluster: {server: "https://127.0.0.1:%d", certificate-authority-data: %s}
                users: [{name: test, user: {token: test}}]
                """
                        .formatted(
                                port,
                                Base64.getEncoder()
                                        .encodeToString(
                                                pem.toString().getBytes(StandardCharsets.UTF_8))));
    }
}
