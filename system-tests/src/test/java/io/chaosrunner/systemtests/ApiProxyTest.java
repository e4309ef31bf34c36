package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.tuple;

import io.chaosrunner.systemtests.ApiProxy.Call;
import io.chaosrunner.systemtests.ApiProxy.Fault;
import io.chaosrunner.testing.KillPoints;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@NeedsControlPlane
@Timeout(600)
class ApiProxyTest {

    private final TestNamespace namespace;
    private final ApiProxy proxy;
    private final HttpClient http = HttpClient.newHttpClient();
    private final String token;

    ApiProxyTest(ControlPlane controlPlane) {
        namespace = TestNamespace.create(controlPlane);
        proxy = ApiProxy.start(controlPlane);
        token = controlPlane.tokenFor(namespace.name(), namespace.powerful());
    }

    @AfterEach
    void close() {
        try (namespace;
                proxy;
                http) {
            http.shutdownNow();
        }
    }

    @Test
    void callsPassWithTheRightsOfTheirAccountAndAreKept() {
        try (KubernetesClient client =
                new KubernetesClientBuilder()
                        .withConfig(
                                Config.fromKubeconfig(
                                        proxy.kubeconfigFor(namespace.name(), "powerful")))
                        .build()) {
            client.configMaps()
                    .inNamespace(namespace.name())
                    .resource(
                            new ConfigMapBuilder()
                                    .withNewMetadata()
                                    .withName("one")
                                    .endMetadata()
                                    .withData(Map.of("key", "value"))
                                    .build())
                    .create();
            assertThat(client.configMaps().inNamespace(namespace.name()).withName("one").get())
                    .matches(map -> map.getData().containsValue("value"));
            client.configMaps().inNamespace(namespace.name()).withName("one").delete();
        }

        assertThat(proxy.calls())
                .extracting(Call::verb, Call::resource, Call::status)
                .containsExactly(
                        tuple("create", "configmaps", 201),
                        tuple("get", "configmaps", 200),
                        tuple("delete", "configmaps", 200));
        assertThat(proxy.calls("get", "configmaps").getFirst().name()).isEqualTo("one");
        assertThat(proxy.calls("create", "configmaps").getFirst().body()).contains("value");
    }

    @Test
    void anAccountMayNotDoMoreThroughTheProxy() throws Exception {
        HttpRequest elsewhere =
                HttpRequest.newBuilder(URI.create(proxy.url() + "/api/v1/nodes"))
                        .header("Authorization", "Bearer " + token)
                        .build();

        assertThat(http.send(elsewhere, BodyHandlers.ofString()).statusCode()).isEqualTo(403);
    }

    @Test
    void anEventOfAWatchComesAtOnce() throws Exception {
        HttpResponse<InputStream> watch =
                http.send(get("/configmaps?watch=true"), BodyHandlers.ofInputStream());
        try (var events =
                new BufferedReader(new InputStreamReader(watch.body(), StandardCharsets.UTF_8))) {
            create("late");

            String line = events.readLine();
            while (line != null && !line.contains("\"late\"")) {
                line = events.readLine();
            }
            assertThat(line).startsWith("{\"type\":\"ADDED\"");
        }
        assertThat(proxy.calls().getFirst()).matches(call -> call.is("watch", "configmaps"));
    }

    @Test
    void aCallIsRefusedAsOftenAsAsked() throws Exception {
        proxy.inject(Fault.unavailable(), 2, "list", "configmaps");

        assertThat(status("/configmaps")).isEqualTo(503);
        assertThat(status("/pods")).isEqualTo(200);
        assertThat(status("/configmaps")).isEqualTo(503);
        assertThat(status("/configmaps")).isEqualTo(200);
    }

    @Test
    void aRefusalSaysWhenToComeAgain() throws Exception {
        proxy.inject(Fault.tooManyRequests(Duration.ofSeconds(1)), 1, call -> true);

        HttpResponse<String> answer = http.send(get("/pods"), BodyHandlers.ofString());

        assertThat(answer.statusCode()).isEqualTo(429);
        assertThat(answer.headers().firstValue("Retry-After")).hasValue("1");
        assertThat(answer.body()).contains("\"reason\":\"TooManyRequests\"");
    }

    @Test
    void aVerbIsForbiddenForGood() throws Exception {
        proxy.forbid("watch", "pods");

        assertThat(status("/pods?watch=true")).isEqualTo(403);
        assertThat(status("/pods?watch=true")).isEqualTo(403);
        assertThat(status("/pods")).isEqualTo(200);
    }

    @Test
    void aWatchIsToldThatItsVersionIsGone() throws Exception {
        proxy.inject(Fault.goneEvent(), 1, "watch", "pods");

        HttpResponse<String> watch = http.send(get("/pods?watch=true"), BodyHandlers.ofString());

        assertThat(watch.statusCode()).isEqualTo(200);
        assertThat(watch.body()).startsWith("{\"type\":\"ERROR\"").contains("\"code\":410");
    }

    @Test
    void aDelayedCallIsForwardedAllTheSame() throws Exception {
        proxy.inject(new Fault.Delay(Duration.ofMillis(200)), 1, "list", "pods");
        long before = System.nanoTime();

        assertThat(status("/pods")).isEqualTo(200);
        assertThat(Duration.ofNanos(System.nanoTime() - before))
                .isGreaterThanOrEqualTo(Duration.ofMillis(200));
    }

    @Test
    void aLostCallDoesNotReachTheServer() {
        proxy.inject(new Fault.Unreached(), 1, "create", "configmaps");

        assertThatExceptionOfType(IOException.class).isThrownBy(() -> create("lost"));
        assertThat(exists("lost")).isFalse();
    }

    @Test
    void aLostAnswerLeavesWhatTheServerDid() {
        proxy.inject(new Fault.Unanswered(), 1, "create", "configmaps");

        assertThatExceptionOfType(IOException.class).isThrownBy(() -> create("done"));
        assertThat(exists("done")).isTrue();
        assertThat(proxy.calls().getFirst().status()).isEqualTo(201);
    }

    @Test
    void aClientIsKilledBeforeItsCallReachesTheServer() throws Exception {
        Process client = new ProcessBuilder("sleep", "60").start();
        proxy.killAt(
                new KillPoints.Point(true, 2, false),
                () -> client.destroyForcibly().onExit().join());

        create("first");
        assertThat(proxy.hasKilled()).isFalse();
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> create("second"));

        assertThat(proxy.hasKilled()).isTrue();
        assertThat(client.isAlive()).isFalse();
        assertThat(exists("first")).isTrue();
        assertThat(exists("second")).isFalse();
        assertThat(proxy.calls().get(1).status()).isZero();
    }

    @Test
    void aClientIsKilledAfterTheServerAnsweredAndBeforeItKnows() throws Exception {
        Process client = new ProcessBuilder("sleep", "60").start();
        proxy.killAt(
                new KillPoints.Point(true, 2, true),
                () -> client.destroyForcibly().onExit().join());

        create("first");
        assertThat(status("/configmaps")).as("a read does not count").isEqualTo(200);
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> create("second"));

        assertThat(client.isAlive()).isFalse();
        assertThat(exists("second")).isTrue();
        assertThat(proxy.calls().get(2).status()).isEqualTo(201);
        // Once only: the client that is started again gets on.
        create("third");
        assertThat(exists("third")).isTrue();
    }

    private int status(String path) throws IOException, InterruptedException {
        return http.send(get(path), BodyHandlers.ofString()).statusCode();
    }

    private void create(String configMap) throws IOException, InterruptedException {
        HttpRequest request =
                request("/configmaps")
                        .header("Content-Type", "application/json")
                        .POST(
                                BodyPublishers.ofString(
                                        "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"%s\"}}"
                                                .formatted(configMap)))
                        .build();
        assertThat(http.send(request, BodyHandlers.ofString()).statusCode()).isEqualTo(201);
    }

    private boolean exists(String configMap) {
        return namespace
                        .admin()
                        .configMaps()
                        .inNamespace(namespace.name())
                        .withName(configMap)
                        .get()
                != null;
    }

    private HttpRequest get(String path) {
        return request(path).build();
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(
                        URI.create(proxy.url() + "/api/v1/namespaces/" + namespace.name() + path))
                .header("Authorization", "Bearer " + token);
    }
}
