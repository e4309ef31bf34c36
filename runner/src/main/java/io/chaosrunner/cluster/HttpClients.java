package io.chaosrunner.cluster;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A factory of fabric8's HTTP clients that keeps hold of the JDK clients beneath them: left open,
 * their selector threads delay the process' exit.
 */
final class HttpClients extends JdkHttpClientFactory implements AutoCloseable {
    private static final Duration LONGEST_END = Duration.ofSeconds(1);

    private final List<HttpClient> opened = new CopyOnWriteArrayList<>();

    @Override
    public io.fabric8.kubernetes.client.http.HttpClient.Builder newBuilder(Config config) {
        return Authority.alone(config, super::newBuilder);
    }

    @Override
    protected HttpClient.Builder createNewHttpClientBuilder() {
        return new RememberingBuilder(super.createNewHttpClientBuilder(), opened::add);
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
}
