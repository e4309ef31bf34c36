package io.chaosrunner.cluster;

import java.net.Authenticator;
import java.net.CookieHandler;
import java.net.ProxySelector;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/**
 * Hand every HTTP client that is built to a listener, and have it prefer ChaCha20 where it speaks
 * TLS; all else goes to the wrapped builder.
 */
final class TrackedHttpClients implements HttpClient.Builder {
    private final HttpClient.Builder builder;
    private final Consumer<HttpClient> built;
    private @Nullable SSLContext tls;
    private @Nullable SSLParameters parameters;

    TrackedHttpClients(HttpClient.Builder builder, Consumer<HttpClient> built) {
        this.builder = builder;
        this.built = built;
    }

    @Override
    public HttpClient build() {
        if (tls != null) {
            // The context's own: the JDK's client speaks HTTP/1.1 unless they name a protocol.
            SSLParameters offered = parameters == null ? tls.getDefaultSSLParameters() : parameters;
            offered.setCipherSuites(fastestFirst(tls.getDefaultSSLParameters().getCipherSuites()));
            builder.sslParameters(offered);
        }
        HttpClient client = builder.build();
        built.accept(client);
        return client;
    }

    /**
     * Offer the same, in another order: without the processor's help, which only the second
     * compiler asks for, AES takes several times as long as ChaCha20.
     */
    private static String[] fastestFirst(String[] cipherSuites) {
        var fast = new ArrayList<String>();
        var others = new ArrayList<String>();
        for (String suite : cipherSuites) {
            (suite.contains("CHACHA20") ? fast : others).add(suite);
        }
        fast.addAll(others);
        return fast.toArray(String[]::new);
    }

    @Override
    public HttpClient.Builder cookieHandler(CookieHandler handler) {
        builder.cookieHandler(handler);
        return this;
    }

    @Override
    public HttpClient.Builder connectTimeout(Duration duration) {
        builder.connectTimeout(duration);
        return this;
    }

    @Override
    public HttpClient.Builder sslContext(SSLContext context) {
        tls = context;
        builder.sslContext(context);
        return this;
    }

    @Override
    public HttpClient.Builder sslParameters(SSLParameters given) {
        parameters = given;
        builder.sslParameters(given);
        return this;
    }

    @Override
    public HttpClient.Builder executor(Executor executor) {
        builder.executor(executor);
        return this;
    }

    @Override
    public HttpClient.Builder followRedirects(HttpClient.Redirect policy) {
        // An API server redirects nobody. Whoever does may mean another host, or plain HTTP.
        builder.followRedirects(HttpClient.Redirect.NEVER);
        return this;
    }

    @Override
    public HttpClient.Builder version(HttpClient.Version version) {
        builder.version(version);
        return this;
    }

    @Override
    public HttpClient.Builder priority(int priority) {
        builder.priority(priority);
        return this;
    }

    @Override
    public HttpClient.Builder proxy(ProxySelector selector) {
        builder.proxy(selector);
        return this;
    }

    @Override
    public HttpClient.Builder authenticator(Authenticator authenticator) {
        builder.authenticator(authenticator);
        return this;
    }
}
