package io.chaosrunner.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.sandbox.ApiClient.Answer;
import io.chaosrunner.sandbox.SandboxServer.Options;
import io.chaosrunner.sandbox.SandboxServer.Request;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@SuppressWarnings("ClassCanBeStatic") // Nested tests are inner classes.
class SandboxServerTest {
    private static final String CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";
    private static final UnaryOperator<String> PLACE = field -> "x.yaml at " + field;
    private final ConcurrentLinkedQueue<Request> requests = new ConcurrentLinkedQueue<>();
    private SandboxServer server;
    private HttpClient http;
    private ApiClient api;

    @BeforeEach
    void start() {
        start(Options.DEFAULT.withSpeed(50).withObserver(requests::add));
    }

    private void start(Options options) {
        server = SandboxServer.start(options);
        http = HttpClient.newHttpClient();
        api = new ApiClient(http, server.url(), Map.of());
    }

    @AfterEach
    void stop() {
        server.close();
        http.close();
    }

    private static String configMap(String name) {
        return "{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'" + name + "'}}";
    }

    @Nested
    class Permissions {
        @Test
        void answersForbiddenAsTheRealServerDoes() {
            server.forbid("watch", "pods");

            Answer answer = api.get("/api/v1/namespaces/default/pods?watch=true");

            assertThat(answer.code()).isEqualTo(403);
            assertThat(answer.text("/reason")).isEqualTo("Forbidden");
            assertThat(answer.text("/message"))
                    .isEqualTo(
                            "pods is forbidden: User \"sandbox\" cannot watch resource \"pods\" in"
                                    + " API group \"\" in the namespace \"default\"");
            assertThat(api.get("/api/v1/namespaces/default/pods").code()).isEqualTo(200);
            assertThat(requests).extracting(Request::verb).doesNotContain("watch");
        }

        @Test
        void namesTheObjectAndTheSubresource() {
            server.forbid("patch", "jobs/status");

            Answer answer =
                    api.merge("/apis/batch/v1/namespaces/default/jobs/a/status", "{'status':{}}");

            assertThat(answer.text("/message"))
                    .isEqualTo(
                            "jobs.batch \"a\" is forbidden: User \"sandbox\" cannot patch resource"
                                    + " \"jobs/status\" in API group \"batch\" in the namespace"
                                    + " \"default\"");
            assertThat(answer.text("/details/name")).isEqualTo("a");
        }

        @Test
        void takesAStarForAnyVerb() {
            server.forbid("*", "secrets");

            assertThat(api.get("/api/v1/namespaces/default/secrets").code()).isEqualTo(403);
            assertThat(api.delete("/api/v1/namespaces/default/secrets/a").code()).isEqualTo(403);
        }

        @Test
        void comeBack() {
            server.forbid("list", "pods");
            server.allow("list", "pods");

            assertThat(api.get("/api/v1/namespaces/default/pods").code()).isEqualTo(200);
        }

        @Test
        void showInAccessReviews() {
            server.forbid("watch", "pods");

            Answer review =
                    api.post(
                            "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
                            "{'spec':{'resourceAttributes':{'verb':'watch','resource':'pods'}}}");

            assertThat(review.body().at("/status/allowed").asBoolean(true)).isFalse();
        }
    }

    @Nested
    class Clients {
        private KubernetesClient client(boolean onlyHttpWatches) {
            return new KubernetesClientBuilder()
                    .withConfig(
                            new ConfigBuilder(io.fabric8.kubernetes.client.Config.empty())
                                    .withMasterUrl(server.url())
                                    .withOnlyHttpWatches(onlyHttpWatches)
                                    .build())
                    .build();
        }

        @ParameterizedTest
        @ValueSource(booleans = {true, false})
        void watchOverHttpEvenIfTheyAskForWebSockets(boolean onlyHttpWatches) throws Exception {
            BlockingQueue<String> seen = new LinkedBlockingQueue<>();
            try (KubernetesClient client = client(onlyHttpWatches);
                    Watch watch =
                            client.configMaps()
                                    .inNamespace("default")
                                    .watch(
                                            new Watcher<ConfigMap>() {
                                                @Override
                                                public void eventReceived(
                                                        Action action, ConfigMap object) {
                                                    // Bookmarks come at the server's discretion.
                                                    if (action != Action.BOOKMARK) {
                                                        seen.add(
                                                                action
                                                                        + " "
                                                                        + object.getMetadata()
                                                                                .getName());
                                                    }
                                                }

                                                @Override
                                                public void onClose(WatcherException cause) {
                                                    seen.add("closed");
                                                }
                                            })) {
                ConfigMap made =
                        client.configMaps()
                                .inNamespace("default")
                                .resource(
                                        new ConfigMapBuilder()
                                                .withNewMetadata()
                                                .withName("a")
                                                .endMetadata()
                                                .build())
                                .create();
                client.configMaps().inNamespace("default").resource(made).delete();

                assertThat(seen.poll(2, TimeUnit.MINUTES)).isEqualTo("ADDED a");
                assertThat(seen.poll(2, TimeUnit.MINUTES)).isEqualTo("DELETED a");
                assertThat(watch).isNotNull();
            }
        }

        @Test
        void doNotGetAWebSocket() throws Exception {
            HttpRequest request =
                    HttpRequest.newBuilder(URI.create(server.url() + CONFIG_MAPS)).GET().build();
            assertThat(http.send(request, BodyHandlers.ofString()).statusCode()).isEqualTo(200);

            CompletableFuture<?> socket =
                    http.newWebSocketBuilder()
                            .buildAsync(
                                    URI.create(
                                            server.url().replace("http", "ws")
                                                    + CONFIG_MAPS
                                                    + "?watch=true"),
                                    new java.net.http.WebSocket.Listener() {});

            assertThatThrownBy(socket::join)
                    .hasCauseInstanceOf(java.net.http.WebSocketHandshakeException.class);
        }

        @Test
        void mayComeByHundreds() {
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                List<CompletableFuture<Integer>> answers =
                        IntStream.range(0, 500)
                                .mapToObj(i ->
                                        CompletableFuture.supplyAsync(
                                                () ->
                                                        api.post(CONFIG_MAPS, configMap("c" + i))
                                                                .code(),
                                                threads))
                                .toList();

                assertThat(answers.stream().map(CompletableFuture::join)).containsOnly(201);
            }
            assertThat(api.get(CONFIG_MAPS).body().path("items").size()).isEqualTo(500);
        }

        @Test
        void mayRaceForOneObjectAndOneWins() {
            String version =
                    api.post(CONFIG_MAPS, configMap("a")).text("/metadata/resourceVersion");
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                List<CompletableFuture<Integer>> answers =
                        IntStream.range(0, 20)
                                .mapToObj(i ->
                                        CompletableFuture.supplyAsync(
                                                () ->
                                                        api.merge(
                                                                        CONFIG_MAPS + "/a",
                                                                        "{'metadata':{'resourceVersion':'"
                                                                                + version
                                                                                + "'},'data':{'k':'"
                                                                                + i
                                                                                + "'}}")
                                                                .code(),
                                                threads))
                                .toList();

                assertThat(answers.stream().map(CompletableFuture::join).filter(c -> c == 200))
                        .hasSize(1);
            }
        }

        @Test
        void loseTheirWatchWhenTheServerCloses() {
            CompletableFuture<?> watch = api.watch(CONFIG_MAPS, 600);
            await().atMost(Duration.ofMinutes(2))
                    .until(() -> requests.stream().anyMatch(r -> r.verb().equals("watch")));

            server.close();

            assertThat(
                            watch.handle((events, error) -> "over")
                                    .orTimeout(2, TimeUnit.MINUTES)
                                    .join())
                    .isEqualTo("over");
        }
    }

    @Nested
    class History {
        @Test
        void isBounded() {
            server.close();
            start(Options.DEFAULT.withHistorySize(5));
            String since = api.get(CONFIG_MAPS).text("/metadata/resourceVersion");
            IntStream.range(0, 6).forEach(i -> api.post(CONFIG_MAPS, configMap("c" + i)));

            assertThat(api.watch(CONFIG_MAPS + "?resourceVersion=" + since, 1).join())
                    .singleElement()
                    .satisfies(event -> assertThat(event.text("/reason")).isEqualTo("Expired"));
            String later = Long.toString(Long.parseLong(since) + 1);
            assertThat(api.watch(CONFIG_MAPS + "?resourceVersion=" + later, 1).join()).hasSize(5);
        }

        @Test
        void isMarkedShortlyBeforeAWatchEnds() {
            // The real server tries to as well, but does not always manage.
            String since = api.get(CONFIG_MAPS).text("/metadata/resourceVersion");
            String made = api.post(CONFIG_MAPS, configMap("a")).text("/metadata/resourceVersion");

            assertThat(
                            api.watch(
                                            CONFIG_MAPS
                                                    + "?allowWatchBookmarks=true&resourceVersion="
                                                    + since,
                                            3)
                                    .join())
                    .extracting(
                            event -> event.type() + " " + event.text("/metadata/resourceVersion"))
                    .containsExactly("ADDED " + made, "BOOKMARK " + made);
        }

        @Test
        void isOrderedByOneCounter() {
            String first = api.post(CONFIG_MAPS, configMap("a")).text("/metadata/resourceVersion");
            String second = api.post(CONFIG_MAPS, configMap("b")).text("/metadata/resourceVersion");

            assertThat(Long.parseLong(second)).isEqualTo(Long.parseLong(first) + 1);
        }
    }

    @Nested
    class Loading {
        @Test
        void createsWhatAFileSays() {
            assertThat(
                            load(
                                    "{'apiVersion':'litmuschaos.io/v1alpha1','kind':'ChaosEngine',"
                                            + "'metadata':{'name':'nginx','namespace':'shop'},"
                                            + "'spec':{'engineState':'active','experiments':[{'name':'pod-delete'}]}}"))
                    .isEmpty();
            assertThat(load("{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'script'}}"))
                    .isEmpty();

            assertThat(
                            api.get(
                                            "/apis/litmuschaos.io/v1alpha1/namespaces/shop/chaosengines/nginx")
                                    .text("/spec/experiments/0/name"))
                    .isEqualTo("pod-delete");
            assertThat(api.get(CONFIG_MAPS + "/script").text("/metadata/name")).isEqualTo("script");
        }

        @Test
        void tellsWhereTheProblemsAre() {
            assertThat(load("{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'A_b'}}"))
                    .singleElement(STRING)
                    .startsWith("x.yaml at metadata.name: ConfigMap A_b: ");
            assertThat(load("{'kind':'ConfigMap'}"))
                    .containsExactly("x.yaml at : apiVersion and kind are required");
            assertThat(load("{'apiVersion':'x.io/v1','kind':'Thing','metadata':{'name':'t'}}"))
                    .containsExactly("x.yaml at : the sandbox does not serve Thing of x.io/v1");
        }

        @Test
        void refusesScenariosThatCannotBePlayed() {
            assertThat(
                            load(
                                    "{'apiVersion':'litmuschaos.io/v1alpha1','kind':'ChaosEngine','metadata':{'name':'e'},"
                                            + "'spec':{'experiments':[{'name':'a','spec':{'components':{'experimentAnnotations':"
                                            + "{'sandbox.chaosrunner.io/scenario':'explode'}}}}]}}"))
                    .singleElement(STRING)
                    .startsWith(
                            "x.yaml at spec.experiments[0].spec.components.experimentAnnotations"
                                    + "[sandbox.chaosrunner.io/scenario]: ChaosEngine e:"
                                    + " spec.experiments[0]: unknown scenario word 'explode'");
        }

        @Test
        void leavesOutWhatTheSandboxDoesNotNeed() {
            assertThat(
                            load(
                                    "{'apiVersion':'rbac.authorization.k8s.io/v1','kind':'Role','metadata':{'name':'r'}}"))
                    .isEmpty();
        }

        @Test
        void refusesWhatTheSchemasRefuse() {
            Schemas schemas =
                    (plural, object) ->
                            List.of(
                                    new Schemas.Problem("spec.colour", false, " is no text"),
                                    new Schemas.Problem("spec." + plural, true, ""));
            try (SandboxServer strict = SandboxServer.start(Options.DEFAULT.withSchemas(schemas))) {
                assertThat(
                                strict.load(
                                        PLACE,
                                        Json.object(
                                                "{'apiVersion':'litmuschaos.io/v1alpha1','kind':'ChaosEngine','metadata':{'name':'e'}}")))
                        .singleElement(STRING)
                        .startsWith("x.yaml at spec.chaosengines: ChaosEngine e: ")
                        .contains("unknown field \"spec.chaosengines\"");
                assertThat(
                                strict.load(
                                        PLACE,
                                        Json.object(
                                                "{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'c'}}")))
                        .isEmpty();
            }
        }

        @Test
        void makesUpExperimentsThatAreMissing() {
            load(
                    "{'apiVersion':'litmuschaos.io/v1alpha1','kind':'ChaosEngine','metadata':{'name':'e'},"
                            + "'spec':{'experiments':[{'name':'a'},{'name':'b'},{'name':'a'}]}}");
            load(
                    "{'apiVersion':'litmuschaos.io/v1alpha1','kind':'ChaosExperiment','metadata':{'name':'b'},"
                            + "'spec':{'definition':{'image':'mine'}}}");

            assertThat(server.ensureExperiments("default", "e")).containsExactly("a");
            assertThat(server.ensureExperiments("default", "e")).isEmpty();
            Answer made =
                    api.get("/apis/litmuschaos.io/v1alpha1/namespaces/default/chaosexperiments/a");
            assertThat(made.text("/spec/definition/image")).isNotEmpty();
            assertThat(made.body().at("/spec/definition/command").isEmpty()).isFalse();
            assertThat(made.body().at("/spec/definition/args").isEmpty()).isFalse();
            assertThat(made.text("/spec/definition/labels/name")).isEqualTo("a");
        }

        private List<String> load(String object) {
            return server.load(PLACE, Json.object(object));
        }
    }

    @Test
    void tellsItsObserverEveryRequest() {
        api.post(CONFIG_MAPS, configMap("a"));
        api.get(CONFIG_MAPS + "/a");

        assertThat(requests)
                .containsExactly(
                        new Request("create", "configmaps", "default", ""),
                        new Request("get", "configmaps", "default", "a"));
    }

    @Test
    void looksTheSameFromTheSameSeed() {
        String uid = api.post(CONFIG_MAPS, configMap("a")).text("/metadata/uid");
        server.close();
        start(Options.DEFAULT);

        assertThat(api.post(CONFIG_MAPS, configMap("a")).text("/metadata/uid")).isEqualTo(uid);
    }

    @Test
    void refusesAPortInUse() {
        int port = URI.create(server.url()).getPort();

        assertThatThrownBy(() -> SandboxServer.start(Options.DEFAULT.withPort(port)))
                .isInstanceOf(java.io.UncheckedIOException.class);
    }

    @Test
    void canBeClosedTwice() {
        server.close();

        assertThatCode(server::close).doesNotThrowAnyException();
    }
}
