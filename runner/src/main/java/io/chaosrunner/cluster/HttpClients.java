package io.chaosrunner.cluster;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.http.Interceptor;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * A factory of fabric8's HTTP clients that reach one API server, with all that its {@link Access}
 * says and nothing that fabric8 finds elsewhere.
 *
 * <p>It keeps hold of the JDK clients beneath them: left open, their selector threads delay the
 * process' exit.
 */
final class HttpClients extends JdkHttpClientFactory implements AutoCloseable {
    private static final Duration LONGEST_END = Duration.ofSeconds(1);
    private static final String PROXY_AUTHORIZATION = "Proxy-Authorization";
    private static final int HTTP_UNAUTHORIZED = 401;

    /**
     * A pool, as fabric8 has it, holds for a minute as many threads as answers once came at once.
     */
    private static final Executor EACH_ON_A_VIRTUAL_THREAD =
            task -> Thread.ofVirtual().name("http").start(task);

    private final Access access;
    private final Optional<ProxyBridge> bridge;
    private final Duration connectTimeout;
    private final List<HttpClient> opened = new CopyOnWriteArrayList<>();

    HttpClients(Access access, Optional<ProxyBridge> bridge, Duration connectTimeout) {
        this.access = access;
        this.bridge = bridge;
        this.connectTimeout = connectTimeout;
    }

    @Override
    public io.fabric8.kubernetes.client.http.HttpClient.Builder newBuilder(Config config) {
        io.fabric8.kubernetes.client.http.HttpClient.Builder builder = newBuilder();
        builder.tag(config.getRequestConfig());
        return builder.followAllRedirects()
                .connectTimeout(connectTimeout.toMillis(), TimeUnit.MILLISECONDS)
                .addOrReplaceInterceptor("access", new Headers());
    }

    @Override
    protected HttpClient.Builder createNewHttpClientBuilder() {
        HttpClient.Builder builder =
                new TrackedHttpClients(super.createNewHttpClientBuilder(), opened::add)
                        .executor(EACH_ON_A_VIRTUAL_THREAD)
                        .proxy(
                                bridge.map(each -> ProxySelector.of(each.address()))
                                        .orElse(HttpClient.Builder.NO_PROXY));
        return access.isEncrypted() ? builder.sslContext(Tls.context(access)) : builder;
    }

    /** Return a request that a web server answers by itself, so it is no call of the API. */
    HttpRequest signOfLife(URI origin) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(origin)
                        // Without a path it is sent for "*".
                        .method("OPTIONS", HttpRequest.BodyPublishers.noBody());
        bridge.ifPresent(each -> request.header(PROXY_AUTHORIZATION, each.secret()));
        return request.build();
    }

    /** Return the JDK client that was built first. */
    HttpClient first() {
        return opened.getFirst();
    }

    /** End all connections and fail what is under way on them; does not wait. */
    void abort() {
        opened.forEach(HttpClient::shutdownNow);
    }

    @Override
    public void close() {
        abort();
        try {
            for (HttpClient httpClient : opened) {
                httpClient.awaitTermination(LONGEST_END);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Says in each request who asks. */
    private final class Headers implements Interceptor {
        @Override
        public void before(
                BasicBuilder request,
                io.fabric8.kubernetes.client.http.HttpRequest sent,
                RequestTags tags) {
            authorize(request);
            access.actingAs().forEach(header -> request.header(header.name(), header.value()));
            bridge.ifPresent(each -> request.setHeader(PROXY_AUTHORIZATION, each.secret()));
        }

        private Optional<String> authorize(BasicBuilder request) {
            Optional<String> value = access.credentials().authorization();
            value.ifPresent(each -> request.setHeader("Authorization", each));
            return value;
        }

        /** Ask once more if there are newer credentials; refused for them, nothing was done. */
        @Override
        public CompletableFuture<Boolean> afterFailure(
                BasicBuilder request, HttpResponse<?> response, RequestTags tags) {
            if (response.code() != HTTP_UNAUTHORIZED) {
                return CompletableFuture.completedFuture(false);
            }
            List<String> sent = response.request().headers("Authorization");
            Optional<String> refused = sent.stream().findFirst();
            try {
                return CompletableFuture.completedFuture(
                        access.credentials().renew(refused) && !authorize(request).equals(refused));
            } catch (ClusterException e) {
                return CompletableFuture.failedFuture(e);
            }
        }
    }
}
