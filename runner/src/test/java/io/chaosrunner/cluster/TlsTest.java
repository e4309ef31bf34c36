package io.chaosrunner.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsExchange;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import io.chaosrunner.testing.TestProxy;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.IntFunction;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is agreed on with a server that leaves the choice to the client, as the API server does. */
@Isolated("sets properties of the JVM's own trust")
class TlsTest {
    private static final String PASSWORD = "password";

    /** By name and algorithm: each takes a JVM of keytool's. */
    private static final Map<String, KeyStore> MADE = new HashMap<>();

    @TempDir private Path folder;
    private final List<String> agreed = new CopyOnWriteArrayList<>();
    private final List<String> shown = new CopyOnWriteArrayList<>();
    private KeyStore keys;
    private @Nullable KeyStore clients;
    private String user = "token: test";
    private @Nullable IntFunction<TestProxy> proxied;

    @BeforeEach
    void makeKey() throws Exception {
        keys = makeKey("server");
    }

    private KeyStore makeKey(String name) throws Exception {
        return makeKey(name, "EC");
    }

    private KeyStore makeKey(String name, String algorithm) throws Exception {
        KeyStore before = MADE.get(name + algorithm);
        if (before != null) {
            return before;
        }
        Path file = folder.resolve(name + ".p12");
        Path keytool = Path.of(System.getProperty("java.home"), "bin", "keytool");
        Process process =
                new ProcessBuilder(
                                keytool.toString(),
                                "-genkeypair",
                                "-keyalg",
                                algorithm,
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
        MADE.put(name + algorithm, made);
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
                    .hasMessageContaining("no authority that is trusted here has signed it");
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

    @ParameterizedTest
    @CsvSource({
        "EC, PRIVATE KEY",
        "EC, EC PRIVATE KEY",
        "RSA, PRIVATE KEY",
        "RSA, RSA PRIVATE KEY",
        "Ed25519, PRIVATE KEY"
    })
    void theClientsCertificateIsShownWhateverItsKeyLooksLike(String algorithm, String type)
            throws Exception {
        KeyStore client = makeKey("client-" + algorithm, algorithm);
        byte[] key = client.getKey("mykey", PASSWORD.toCharArray()).getEncoded();
        byte[] content = type.equals("PRIVATE KEY") ? key : inner(key);
        user =
                "client-certificate-data: %s, client-key-data: %s"
                        .formatted(
                                base64(pem("CERTIFICATE", certificate(client).getEncoded())),
                                base64(pem(type, content)));
        clients = client;
        SSLParameters parameters = new SSLParameters();
        parameters.setNeedClientAuth(true);

        ask(parameters, certificate(keys));

        assertThat(shown).containsOnly("CN=client-" + algorithm);
    }

    @Test
    void aKeyThatIsNotTheCertificatesIsSaid() throws Exception {
        KeyStore client = makeKey("client");
        byte[] other = makeKey("other").getKey("mykey", PASSWORD.toCharArray()).getEncoded();
        user =
                "client-certificate-data: %s, client-key-data: %s"
                        .formatted(
                                base64(pem("CERTIFICATE", certificate(client).getEncoded())),
                                base64(pem("PRIVATE KEY", other)));

        assertThatThrownBy(() -> ask(new SSLParameters(), certificate(keys)))
                .isInstanceOf(ClusterException.class)
                .hasMessageContaining("is not the certificate's");
    }

    /** As Go does: there is one setting for both. */
    @Test
    void aProxyWithinTlsIsTrustedAsTheServerIs() throws Exception {
        SSLContext tls = SSLContext.getInstance("TLS");
        KeyManagerFactory key = KeyManagerFactory.getInstance("PKIX");
        key.init(keys, PASSWORD.toCharArray());
        tls.init(key.getKeyManagers(), null, null);
        proxied = port -> TestProxy.https(port, tls);

        ask(new SSLParameters(), certificate(keys));

        assertThat(agreed).isNotEmpty();
    }

    /** Return the key without the wrapping of PKCS#8. */
    private static byte[] inner(byte[] pkcs8) {
        ByteBuffer der = ByteBuffer.wrap(pkcs8);
        der.get();
        length(der);
        der.position(der.position() + 3);
        der.get();
        der.position(length(der) + der.position());
        der.get();
        byte[] inner = new byte[length(der)];
        der.get(inner);
        return inner;
    }

    private static int length(ByteBuffer der) {
        int first = der.get() & 0xff;
        int length = first & 0x7f;
        if (first > 0x80) {
            length = 0;
            for (int left = first & 0x7f; left > 0; left--) {
                length = length << 8 | der.get() & 0xff;
            }
        }
        return length;
    }

    private static String pem(String type, byte[] content) {
        return "-----BEGIN %s-----\n%s\n-----END %s-----\n"
                .formatted(type, Base64.getMimeEncoder().encodeToString(content), type);
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private void ask(SSLParameters parameters, Certificate... authorities) throws Exception {
        KeyManagerFactory key = KeyManagerFactory.getInstance("PKIX");
        key.init(keys, PASSWORD.toCharArray());
        SSLContext tls = SSLContext.getInstance("TLS");
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(clients == null ? keys : trusting(clients));
        tls.init(key.getKeyManagers(), trust.getTrustManagers(), null);
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
                    SSLSession session = ((HttpsExchange) exchange).getSSLSession();
                    agreed.add(session.getCipherSuite());
                    if (parameters.getNeedClientAuth()) {
                        shown.add(session.getPeerPrincipal().getName());
                    }
                    byte[] body = "{\"metadata\": {\"name\": \"first-run\"}}".getBytes();
                    exchange.sendResponseHeaders(200, body.length);
                    exchange.getResponseBody().write(body);
                    exchange.close();
                });
        server.start();
        int port = server.getAddress().getPort();
        try (TestProxy proxy = proxied == null ? null : proxied.apply(port);
                Fabric8Cluster cluster =
                        Fabric8Cluster.connect(
                                kubeconfig(
                                        port,
                                        proxy == null
                                                ? ""
                                                : ", proxy-url: 'https://127.0.0.1:%d'"
                                                        .formatted(proxy.port()),
                                        authorities))) {
            assertThat(cluster.get(Resource.ENGINES, "default", "first-run")).isPresent();
        } finally {
            server.stop(0);
        }
    }

    private static KeyStore trusting(KeyStore store) throws Exception {
        KeyStore trusting = KeyStore.getInstance("PKCS12");
        trusting.load(null, null);
        trusting.setCertificateEntry("client", certificate(store));
        return trusting;
    }

    private Path kubeconfig(int port, String cluster, Certificate... authorities) throws Exception {
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
                    cluster: {server: "https://127.0.0.1:%d", certificate-authority-data: %s%s}
                users: [{name: test, user: {%s}}]
                """
                        .formatted(
                                port,
                                Base64.getEncoder()
                                        .encodeToString(
                                                pem.toString().getBytes(StandardCharsets.UTF_8)),
                                cluster,
                                user));
    }
}
