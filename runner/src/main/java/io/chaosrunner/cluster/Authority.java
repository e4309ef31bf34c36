package io.chaosrunner.cluster;

import io.chaosrunner.cluster.ClusterException.Kind;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.internal.CertUtils;
import io.fabric8.kubernetes.client.internal.SSLUtils;
import java.io.IOException;
import java.io.InputStream;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.function.Function;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * Trust the authority that the configuration names, and no other, as kubectl does.
 *
 * <p>The client library adds it to those that a trust store holds: by default all that the JDK
 * knows, which also takes time to read.
 */
final class Authority {
    private Authority() {}

    /**
     * Make a builder of HTTP clients for a configuration.
     *
     * @param builder makes one, with what the library trusts
     * @throws ClusterException if the authority cannot be read
     */
    static HttpClient.Builder alone(Config config, Function<Config, HttpClient.Builder> builder) {
        if (!isNamed(config) || config.isTrustCerts() || config.getTrustStoreFile() != null) {
            return builder.apply(config);
        }
        TrustManager[] trusting;
        try {
            trusting = trusting(config);
        } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
            throw new ClusterException(
                    Kind.UNCONFIGURED,
                    "the certificate-authority for %s cannot be used, it must be certificates in PEM: %s"
                            .formatted(config.getMasterUrl(), Kubeconfig.words(e)),
                    e);
        }
        // So that no trust store is read: who is trusted is replaced below.
        Config asking = new ConfigBuilder(config).withTrustCerts(true).build();
        try {
            return builder.apply(asking).sslContext(SSLUtils.keyManagers(config), trusting);
        } catch (IOException | GeneralSecurityException e) {
            throw KubernetesClientException.launderThrowable(e);
        }
    }

    private static boolean isNamed(Config config) {
        return !isEmpty(config.getCaCertData()) || !isEmpty(config.getCaCertFile());
    }

    private static boolean isEmpty(@Nullable String text) {
        return text == null || text.isEmpty();
    }

    private static TrustManager[] trusting(Config config)
            throws IOException, GeneralSecurityException {
        KeyStore authorities = KeyStore.getInstance("PKCS12");
        authorities.load(null, null);
        try (InputStream pem =
                CertUtils.getInputStreamFromDataOrFile(
                        config.getCaCertData(), config.getCaCertFile())) {
            for (Certificate each :
                    CertificateFactory.getInstance("X.509").generateCertificates(pem)) {
                authorities.setCertificateEntry("" + authorities.size(), each);
            }
        }
        if (authorities.size() == 0) {
            throw new CertificateException("it holds none");
        }
        TrustManagerFactory factory =
                TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(authorities);
        return factory.getTrustManagers();
    }
}
