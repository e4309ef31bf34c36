package io.chaosrunner.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.FireLedger;
import io.chaosrunner.claim.FireLedger.Skipped;
import io.chaosrunner.claim.SkipCause;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.Fire;
import io.chaosrunner.model.RunEnd;
import io.chaosrunner.model.RunId;
import io.chaosrunner.model.Verdict;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.status.StatusEntry;
import io.chaosrunner.testing.Engines;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntUnaryOperator;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Tests of {@link Webhook} against a receiver that is real, and bad ones. */
@Timeout(300)
class WebhookTest {
    private static final Instant NOON = Instant.parse("2026-03-02T12:00:00Z");
    private static final EngineRef ENGINE = new EngineRef("shop", "nightly");
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final Webhook.Limits QUICK =
            new Webhook.Limits(
                    64,
                    1 << 20,
                    3,
                    Duration.ofMillis(1),
                    Duration.ofSeconds(60),
                    Duration.ofSeconds(60));

    private final AtomicReference<Instant> now = new AtomicReference<>(NOON);
    private final Clock clock = ((InstantSource) now::get).withZone(ZoneOffset.UTC);
    private final List<Received> received = new CopyOnWriteArrayList<>();
    private final List<String> warnings = new CopyOnWriteArrayList<>();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private volatile IntUnaryOperator codes = count -> 204;
    private final HttpServer server = listening();

    private record Received(String type, String signature, String body) {
        JsonNode json() {
            return JsonMapper.shared().readTree(body);
        }
    }

    private static HttpServer listening() {
        try {
            return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @BeforeEach
    void listen() {
        server.setExecutor(threads);
        server.createContext("/hook", this::take);
        server.start();
    }

    @AfterEach
    void listenNoMore() {
        server.stop(0);
        threads.shutdownNow();
    }

    private void take(HttpExchange exchange) throws IOException {
        String signature = exchange.getRequestHeaders().getFirst(Webhook.SIGNATURE);
        received.add(
                new Received(
                        exchange.getRequestHeaders().getFirst("Content-Type"),
                        signature == null ? "" : signature,
                        new String(
                                exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)));
        int code = codes.applyAsInt(received.size());
        if (code / 100 == 3) {
            exchange.getResponseHeaders().add("Location", "/hook?again");
        }
        exchange.sendResponseHeaders(code, -1);
        exchange.close();
    }

    private String address() {
        return "http://127.0.0.1:%d/hook?token=s3cret".formatted(server.getAddress().getPort());
    }

    private Webhook webhook(Map<String, String> more, Webhook.Limits limits) {
        var variables = new HashMap<>(Map.of(Webhook.URL, address()));
        variables.putAll(more);
        return Webhook.of(variables, clock, limits, warnings::add).orElseThrow();
    }

    private static RunNotice.Started started(boolean resumed) {
        return new RunNotice.Started(
                new RunId(3, "k3f9"), "parallel", 42, List.of("a", "b"), resumed);
    }

    private static RunNotice.Finished finished(RunEnd.Cause cause) {
        return new RunNotice.Finished(
                new RunEnd(cause, "because"),
                List.of(
                        StatusEntry.completed("a", "p", Verdict.PASS),
                        StatusEntry.completed("b", "p", Verdict.FAIL)));
    }

    @Test
    void aRunIsToldWhenItBeginsAndEndsAsSignedCloudEvents() throws GeneralSecurityException {
        try (Webhook webhook = webhook(Map.of(Webhook.SECRET, "schlüssel"), QUICK)) {
            var run = new ToldRun(webhook, ENGINE);
            run.heard(started(false));
            run.heard(finished(RunEnd.Cause.PLAN));
        }

        assertThat(received).hasSize(2);
        JsonNode begun = received.getFirst().json();
        assertThat(begun.path("specversion").asString()).isEqualTo("1.0");
        assertThat(begun.path("type").asString()).isEqualTo("io.chaosrunner.run.begun");
        assertThat(begun.path("id").asString()).isEqualTo("k3f9/begun");
        assertThat(begun.path("source").asString()).isEqualTo("/chaosengines/shop/nightly");
        assertThat(begun.path("time").asString()).isEqualTo("2026-03-02T12:00:00Z");
        assertThat(begun.at("/data/experiments").size()).isEqualTo(2);
        JsonNode ended = received.getLast().json();
        assertThat(ended.path("type").asString()).isEqualTo("io.chaosrunner.run.ended");
        assertThat(ended.at("/data/verdicts/Fail").asInt()).isEqualTo(1);
        assertThat(ended.at("/data/experiments/0/verdict").asString()).isEqualTo("Pass");
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec("schlüssel".getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
        for (Received each : received) {
            assertThat(each.type()).startsWith("application/cloudevents+json");
            assertThat(each.signature())
                    .isEqualTo(
                            "sha256="
                                    + HexFormat.of()
                                            .formatHex(
                                                    mac.doFinal(
                                                            each.body()
                                                                    .getBytes(
                                                                            StandardCharsets
                                                                                    .UTF_8))));
        }
        assertThat(warnings).isEmpty();
    }

    @Test
    void aRunThatIsStoppedIsToldAsThatAndOneThatIsTakenUpBeginsNoSecondTime() {
        try (Webhook webhook = webhook(Map.of(), QUICK)) {
            var run = new ToldRun(webhook, ENGINE);
            run.heard(started(true));
            run.heard(finished(RunEnd.Cause.ABORT));
        }

        assertThat(received)
                .singleElement()
                .satisfies(only -> {
                    assertThat(only.json().path("type").asString())
                            .isEqualTo("io.chaosrunner.run.stopped");
                    assertThat(only.json().at("/data/endedBy").asString()).isEqualTo("abort");
                    assertThat(only.signature()).isEmpty();
                });
    }

    @Test
    void theServiceTellsOfFiresAndOfRunsWhoeverCarriesThemOut() {
        Claim running = Engines.claim(Claim.State.RUNNING);
        try (Webhook webhook = webhook(Map.of(), QUICK)) {
            var service = new ToldService(webhook);
            service.fired(ENGINE, new Fire(NOON, "x"), NOON, NOON.plusSeconds(1));
            service.skipped(
                    ENGINE, new Skipped(NOON, "run 1 was still going on", SkipCause.OVERLAP));
            service.ended(
                    ENGINE,
                    running.endingBy("plan", "all done").finished(NOON, "all done"),
                    List.of(StatusEntry.completed("a", "p", Verdict.PASS)));
        }

        assertThat(received)
                .extracting(each -> each.json().path("type").asString())
                .containsExactly(
                        "io.chaosrunner.fire.started",
                        "io.chaosrunner.fire.skipped",
                        "io.chaosrunner.run.ended");
        assertThat(received.get(1).json().at("/data/cause").asString()).isEqualTo("overlap");
        assertThat(received.get(2).json().at("/data/runId").asString())
                .isEqualTo(running.run().id());
    }

    @Test
    void slackGetsOneLineInWhichNothingIsALink() {
        try (Webhook webhook = webhook(Map.of(Webhook.FORMAT, "slack"), QUICK)) {
            new ToldService(webhook)
                    .skipped(
                            ENGINE,
                            new Skipped(NOON, "<!channel> & <http://x|y>", SkipCause.OTHER));
        }

        assertThat(received)
                .singleElement()
                .satisfies(only -> {
                    assertThat(only.type()).isEqualTo("application/json");
                    assertThat(only.json().path("text").asString())
                            .isEqualTo(
                                    "shop/nightly: the fire of 2026-03-02T12:00:00Z is skipped: &lt;!channel&gt; &amp; &lt;http://x|y&gt;");
                });
    }

    @Test
    void aReceiverThatFailsIsAskedAgainAndOneThatRefusesIsNot() {
        codes = count -> count < 3 ? (count == 1 ? 503 : 429) : 200;
        try (Webhook webhook = webhook(Map.of(), QUICK)) {
            new ToldRun(webhook, ENGINE).heard(started(false));
        }
        assertThat(received).hasSize(3);
        assertThat(received.stream().map(Received::body).distinct()).hasSize(1);

        received.clear();
        codes = count -> count == 1 ? 403 : count == 2 ? 302 : 500;
        try (Webhook webhook = webhook(Map.of(), QUICK)) {
            var run = new ToldRun(webhook, ENGINE);
            run.heard(started(false));
            run.heard(started(false));
            run.heard(started(false));
        }
        assertThat(received).as("403 and 302 once, 500 three times").hasSize(5);
        assertThat(warnings)
                .hasSize(2)
                .allMatch(each -> each.startsWith("events for 127.0.0.1: it answers with "))
                .noneMatch(each -> each.contains("s3cret"));
    }

    /** It takes connections and never says a word. */
    @Test
    void aReceiverThatIsSilentDelaysNobodyAndTheEndWaitsABoundedTime() throws IOException {
        try (var silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Webhook webhook =
                    Webhook.of(
                                    Map.of(
                                            Webhook.URL,
                                            "http://127.0.0.1:%d/"
                                                    .formatted(silent.getLocalPort())),
                                    Clock.systemUTC(),
                                    new Webhook.Limits(
                                            4,
                                            1 << 20,
                                            2,
                                            Duration.ofMillis(1),
                                            Duration.ofHours(1),
                                            Duration.ofMillis(200)),
                                    warnings::add)
                            .orElseThrow();
            var run = new ToldRun(webhook, ENGINE);
            for (int i = 0; i < 10_000; i++) {
                run.heard(started(false));
            }
            webhook.close();

            assertThat(warnings).hasSize(3);
            assertThat(warnings.get(0)).contains("more happens than it takes");
            assertThat(warnings.get(1)).contains("waiting up to 200ms");
            assertThat(warnings.get(2)).containsPattern("[45] not told before the process ended");
            run.heard(started(false));
        }
    }

    /** It takes no more than a size, however few the events are. */
    @Test
    void eventsThatAreTooLargeTogetherAreDropped() throws IOException {
        try (var silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            var limits =
                    new Webhook.Limits(
                            10_000,
                            2_000,
                            1,
                            Duration.ofMillis(1),
                            Duration.ofHours(1),
                            Duration.ofMillis(1));
            Webhook webhook =
                    Webhook.of(
                                    Map.of(
                                            Webhook.URL,
                                            "http://127.0.0.1:%d/"
                                                    .formatted(silent.getLocalPort())),
                                    Clock.systemUTC(),
                                    limits,
                                    warnings::add)
                            .orElseThrow();
            var run = new ToldRun(webhook, ENGINE);
            for (int i = 0; i < 20; i++) {
                run.heard(started(false));
            }
            webhook.close();

            assertThat(warnings.getFirst()).contains("more happens than it takes");
        }
    }

    /** Every connection ends before a word is said on it. */
    @Test
    void aReceiverThatEndsConnectionsIsOneWarningUntilItTookEventsForMinutes() throws Exception {
        try (var port = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                Webhook webhook =
                        webhook(
                                Map.of(
                                        Webhook.URL,
                                        "http://127.0.0.1:%d/".formatted(port.getLocalPort())),
                                QUICK)) {
            var good = new AtomicBoolean();
            threads.submit(() -> {
                while (!port.isClosed()) {
                    try (var connection = port.accept()) {
                        if (good.get()) {
                            connection.getInputStream().read();
                            connection
                                    .getOutputStream()
                                    .write(
                                            "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
                                                    .getBytes(StandardCharsets.US_ASCII));
                            received.add(new Received("", "", ""));
                        }
                    }
                }
                return null;
            });
            var run = new ToldRun(webhook, ENGINE);
            run.heard(started(false));
            run.heard(finished(RunEnd.Cause.PLAN));
            await().atMost(LIMIT).until(() -> webhook.untold() == 0);
            assertThat(warnings).hasSize(1);

            good.set(true);
            run.heard(started(false));
            await().atMost(LIMIT).until(() -> webhook.untold() == 0);
            assertThat(received).hasSize(1);
            good.set(false);
            run.heard(started(false));
            await().atMost(LIMIT).until(() -> webhook.untold() == 0);
            assertThat(warnings).as("it comes and goes").hasSize(1);

            good.set(true);
            now.set(NOON.plus(Duration.ofMinutes(5)));
            run.heard(started(false));
            await().atMost(LIMIT).until(() -> webhook.untold() == 0);
            good.set(false);
            run.heard(started(false));
            await().atMost(LIMIT).until(() -> webhook.untold() == 0);
            assertThat(warnings).hasSize(2);
        }
    }

    @Test
    void anEndOfARunNamesItsFireAndEachRequestOfAPersonIsAnEventOfItsOwn() {
        Fire fire = new Fire(NOON, "x", new Fire.Cause(Fire.Kind.BACKFILL, "r1", "jane", ""));
        Claim running = Engines.claim(Claim.State.RUNNING, FireLedger.NONE.next(Optional.of(fire)));
        try (Webhook webhook = webhook(Map.of(), QUICK)) {
            var service = new ToldService(webhook);
            service.fired(ENGINE, fire, NOON, NOON);
            service.fired(
                    ENGINE,
                    new Fire(NOON, "x", new Fire.Cause(Fire.Kind.BACKFILL, "r2", "jane", "")),
                    NOON,
                    NOON);
            service.ended(
                    ENGINE,
                    running.endingBy("plan", "all done").finished(NOON, "all done"),
                    List.of(StatusEntry.completed("a", "p", Verdict.PASS)));
        }

        assertThat(received.stream().map(each -> each.json().path("id").asString()).distinct())
                .hasSize(3);
        assertThat(received.getLast().json().at("/data/fire").asString())
                .isEqualTo("2026-03-02T12:00:00Z");
        assertThat(received.getLast().json().at("/data/cause").asString()).isEqualTo("backfill");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ftp://x/s3cret",
                "nowhere s3cret",
                "https:///s3cret",
                "file:/etc/s3cret",
                "//x/s3cret"
            })
    void whatIsNoAddressTellsNobodyAndIsNotRepeated(String url) {
        assertThat(Webhook.of(Map.of(Webhook.URL, url), Clock.systemUTC(), warnings::add))
                .isEmpty();
        assertThat(warnings).singleElement().asString().doesNotContain("s3cret");
    }

    @Test
    void withoutAnAddressNobodyIsTold() {
        assertThat(Webhook.of(Map.of(), Clock.systemUTC(), warnings::add)).isEmpty();
        assertThat(
                        Webhook.of(
                                Map.of(Webhook.URL, address(), Webhook.FORMAT, "xml"),
                                Clock.systemUTC(),
                                warnings::add))
                .isEmpty();
        assertThat(warnings)
                .containsExactly(
                        Webhook.FORMAT + " is neither cloudevents nor slack: nobody is told");
    }
}
