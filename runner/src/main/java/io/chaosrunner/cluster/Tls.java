package io.chaosrunner.cluster;

import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Credentials.ClientKey;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * What encrypts a connection: it trusts the authority that is named, and no other, and shows the
 * client's certificate, as kubectl does.
 */
final class Tls {
    private static final String ALIAS = "client";
    private static final char[] NO_PASSWORD = new char[0];

    /** Where systems keep whom they trust; the same, and in the same order, as Go's. */
    private static final List<String> SYSTEM_BUNDLES =
            List.of(
                    "/etc/ssl/certs/ca-certificates.crt",
                    "/etc/pki/tls/certs/ca-bundle.crt",
                    "/etc/ssl/ca-bundle.pem",
                    "/etc/pki/tls/cacert.pem",
                    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
                    "/etc/ssl/cert.pem");

    private Tls() {}

    /**
     * Make it anew, for one connection: a resumed session would bear the certificate of an earlier
     * one.
     *
     * @throws ClusterException if an authority, a certificate or a key cannot be used
     */
    static SSLContext context(Access access) {
        KeyManager[] keys = {};
        Optional<ClientKey> key = access.credentials().clientKey();
        try {
            if (key.isPresent()) {
                keys = new KeyManager[] {new OneKey(keyStore(key.get()))};
            }
        } catch (GeneralSecurityException e) {
            throw new ClusterException(
                    Kind.UNCONFIGURED,
                    "the client certificate or key for %s cannot be used, they must be PEM: %s"
                            .formatted(access.server(), Kubeconfig.words(e)),
                    e);
        }
        TrustManager @Nullable [] trusting;
        try {
            trusting = trusting(access.trust());
        } catch (IOException | GeneralSecurityException e) {
            throw new ClusterException(
                    Kind.UNCONFIGURED,
                    "the certificate-authority for %s cannot be used, it must be certificates in PEM: %s"
                            .formatted(access.server(), Kubeconfig.words(e)),
                    e);
        }
        try {
            SSLContext tls = SSLContext.getInstance("TLS");
            tls.init(keys, trusting, null);
            return access.trust()
                    .name()
                    .<SSLContext>map(name -> new NamedTls(tls, name))
                    .orElse(tls);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("TLS cannot be had", e);
        }
    }

    /** Return who is to be trusted; null means whom Java trusts. */
    private static TrustManager @Nullable [] trusting(Access.Trust trust)
            throws IOException, GeneralSecurityException {
        if (trust.anybody()) {
            return new TrustManager[] {new Anybody()};
        }
        Optional<byte[]> pem = trust.authorities();
        if (pem.isEmpty()) {
            Optional<Path> system = systemBundle();
            if (system.isEmpty()) {
                return null;
            }
            pem = system.map(Pem::bytes);
        }
        KeyStore authorities = KeyStore.getInstance("PKCS12");
        authorities.load(null, null);
        for (X509Certificate each :
                Pem.certificates(new String(pem.orElseThrow(), StandardCharsets.UTF_8))) {
            authorities.setCertificateEntry("" + authorities.size(), each);
        }
        TrustManagerFactory factory =
                TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(authorities);
        return factory.getTrustManagers();
    }

    /** Return what the machine trusts, unless this JVM was told otherwise. */
    private static Optional<Path> systemBundle() {
        String named = System.getenv("SSL_CERT_FILE");
        if (named != null && !named.isEmpty()) {
            return Optional.of(Path.of(named)).filter(Files::isReadable);
        }
        return System.getProperty("javax.net.ssl.trustStore") == null
                ? SYSTEM_BUNDLES.stream().map(Path::of).filter(Files::isReadable).findFirst()
                : Optional.empty();
    }

    /** Return a store with one key, which has no password. */
    static KeyStore keyStore(ClientKey pair) throws GeneralSecurityException {
        List<X509Certificate> chain = Pem.certificates(pair.certificates());
        PrivateKey key = Pem.key(pair.key(), chain.getFirst().getPublicKey());
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setKeyEntry(ALIAS, key, NO_PASSWORD, chain.toArray(X509Certificate[]::new));
            return store;
        } catch (IOException e) {
            throw new GeneralSecurityException(e);
        }
    }

    /**
     * The one key, shown to any server that asks: which authorities it names is no matter in Go.
     */
    private static final class OneKey extends X509ExtendedKeyManager {
        private final X509Certificate[] chain;
        private final PrivateKey key;

        OneKey(KeyStore store) throws GeneralSecurityException {
            chain = Stream.of(store.getCertificateChain(ALIAS)).toArray(X509Certificate[]::new);
            key = (PrivateKey) store.getKey(ALIAS, NO_PASSWORD);
        }

        @Override
        public @Nullable String chooseEngineClientAlias(
                String[] types, Principal @Nullable [] issuers, SSLEngine engine) {
            return choose(types);
        }

        @Override
        public @Nullable String chooseClientAlias(
                String[] types, Principal @Nullable [] issuers, Socket socket) {
            return choose(types);
        }

        private @Nullable String choose(String[] types) {
            String ours = chain[0].getPublicKey().getAlgorithm();
            return Arrays.asList(types).contains(ours) ? ALIAS : null;
        }

        @Override
        public String @Nullable [] getClientAliases(String type, Principal @Nullable [] issuers) {
            return new String[] {ALIAS};
        }

        @Override
        public X509Certificate[] getCertificateChain(String alias) {
            return chain;
        }

        @Override
        public PrivateKey getPrivateKey(String alias) {
            return key;
        }

        @Override
        public String @Nullable [] getServerAliases(String type, Principal @Nullable [] issuers) {
            return null;
        }

        @Override
        public @Nullable String chooseServerAlias(
                String type, Principal @Nullable [] issuers, Socket socket) {
            return null;
        }
    }

    /** Trusts whoever answers: insecure-skip-tls-verify. */
    private static final class Anybody extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
                throws CertificateException {
            throw new CertificateException("this is no server");
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            throw new CertificateException("this is no server");
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type)
                throws CertificateException {
            throw new CertificateException("this is no server");
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {
            // As it was asked for.
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {
            // As it was asked for.
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {
            // As it was asked for.
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
