package io.chaosrunner.ui;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.cluster.Cluster.PatchType;
import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.Verdict;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.run.EngineRun;
import io.chaosrunner.run.RunRequest;
import io.chaosrunner.sandbox.SandboxServer;
import io.chaosrunner.status.EngineStanding;
import io.chaosrunner.status.StatusEntry;
import java.io.IOException;
import java.net.Socket;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The live page over HTTP, of a sandbox. */
@Timeout(300)
class UiServerTest {
    private static final String HOSTILE =
            "<script>alert(1)</script>\"'><img src=x"
                + " onerror=alert(2)>\u202e\u001b[31m]]>--><!--\n\n"
                + "event: whole\n"
                + "data: x";

    private static final UiServer.Limits LIMITS = limits(32, 64, 16, Duration.ofSeconds(10));

    private SandboxServer sandbox;
    private Fabric8Cluster cluster;
    private UiServer server;
    private Raw raw;

    private static UiServer.Limits limits(int requests, int listeners, int feeds, Duration write) {
        return new UiServer.Limits(
                requests, listeners, feeds, write, Duration.ofMillis(200), Duration.ofSeconds(3));
    }

    @BeforeEach
    void start() {
        sandbox = SandboxServer.start(SandboxServer.Options.DEFAULT.withSpeed(20));
        cluster = Fabric8Cluster.connect(sandbox.url());
        serve("litmus", LIMITS);
    }

    private void serve(String namespace, UiServer.Limits limits) {
        if (server != null) {
            server.close();
        }
        server =
                UiServer.start(
                        cluster,
                        new UiServer.Options(
                                namespace,
                                0,
                                "test/1",
                                () -> StrategyCatalogue.load(Optional.empty(), stack -> {}),
                                cluster::log),
                        Clock.systemUTC(),
                        limits);
        raw = new Raw(server.url());
    }

    @AfterEach
    void stop() {
        server.close();
        cluster.close();
        sandbox.close();
    }

    // ---- Who may ask ---------------------------------------------------------------------------

    @Test
    void theTokenOpensThePageOnceAndTheCookieFromThenOn() throws IOException {
        Raw.Answer opened = raw.plainly("GET", raw.path + "?token=" + raw.token);

        assertThat(opened.code()).isEqualTo(303);
        assertThat(opened.header("Location")).isEqualTo(raw.path);
        assertThat(opened.header("Set-Cookie"))
                .contains("HttpOnly")
                .contains("SameSite=Strict")
                .contains("Path=" + raw.path);
        String cookie = opened.header("Set-Cookie").split(";", -1)[0];
        Raw.Answer page = raw.plainly("GET", raw.path, "Cookie: a=b; " + cookie);
        assertThat(page.code()).isEqualTo(200);
        assertThat(page.body()).contains("<h1>Engines</h1>").doesNotContain(raw.token);
    }

    @Test
    void theTokenHas256BitsAndEachServerItsOwn() {
        assertThat(raw.token).matches("[A-Za-z0-9_-]{43}");
        String before = raw.token;
        serve("litmus", LIMITS);
        assertThat(raw.token).isNotEqualTo(before);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GET  | BASE                     | ''",
                "GET  | BASE?token=              | ''",
                "GET  | BASE?token=TOKENx        | ''",
                "GET  | BASE?tokn=TOKEN          | ''",
                "GET  | BASEstyle.css            | ''",
                "GET  | BASEschedules            | Cookie: chaos-runner=",
                "GET  | BASE                     | Cookie: chaos-runner=wrong",
                "GET  | BASE                     | Authorization: Basic TOKEN",
                "GET  | BASE                     | Authorization: Bearer",
                "POST | BASEe/litmus/a/stop?token=TOKEN | Origin: ORIGIN",
                "GET  | /                        | ''",
                "GET  | /elsewhere               | ''",
            })
    void withoutTheTokenNothingIsTold(String method, String path, String header)
            throws IOException {
        Raw.Answer answer = raw.plainly(method, filled(path), filled(header));

        assertThat(answer.code()).isEqualTo(401);
        assertThat(answer.body()).doesNotContain("<").contains("chaos-runner printed");
    }

    private String filled(String text) {
        return text.replace("BASE", raw.path)
                .replace("TOKEN", raw.token)
                .replace("ORIGIN", raw.origin);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "evil.example",
                "evil.example:PORT",
                "127.0.0.1",
                "localhost",
                "127.0.0.1:1",
                "127.0.0.1:PORT.evil.example",
                "localhost.evil.example:PORT",
                "127.0.0.1:PORT@evil.example",
                "[::1]:PORT",
                "0.0.0.0:PORT",
                ""
            })
    void anotherHostIsTurnedAwayThoughItHasTheToken(String host) throws IOException {
        Raw.Answer answer =
                raw.exactly(
                        "GET %s HTTP/1.1\r\nHost: %s\r\n%s\r\nConnection: close\r\n\r\n"
                                .formatted(
                                        raw.path,
                                        host.replace("PORT", Integer.toString(raw.port)),
                                        raw.bearer()));

        assertThat(answer.code()).isEqualTo(403);
        assertThat(answer.body()).doesNotContain("<h1>");
    }

    @Test
    void bothNamesOfTheLoopbackAreItsOwn() throws IOException {
        assertThat(
                        raw.exactly(
                                        "GET %s HTTP/1.1\r\nHost: LocalHost:%d\r\n%s\r\nConnection: close\r\n\r\n"
                                                .formatted(raw.path, raw.port, raw.bearer()))
                                .code())
                .isEqualTo(200);
    }

    @Test
    void everyAnswerForbidsWhatAPageHasNoNeedOf() throws IOException {
        for (Raw.Answer answer :
                List.of(
                        raw.get(""),
                        raw.get("schedules"),
                        raw.get("style.css"),
                        raw.get("nothing"),
                        raw.plainly("GET", raw.path))) {
            assertThat(answer.header("Content-Security-Policy"))
                    .contains("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'")
                    .doesNotContain("unsafe");
            assertThat(answer.header("Cache-Control")).isEqualTo("no-store");
            assertThat(answer.header("X-Frame-Options")).isEqualTo("DENY");
            assertThat(answer.header("X-Content-Type-Options")).isEqualTo("nosniff");
            assertThat(answer.header("Access-Control-Allow-Origin")).isEmpty();
        }
        assertThat(raw.get("").body()).doesNotContain("<style").doesNotContain("style=");
        assertThat(raw.get("").body().split("<script", -1)).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"})
    void otherMethodsAreNone(String method) throws IOException {
        assertThat(raw.plainly(method, raw.path, raw.bearer()).code()).isEqualTo(405);
    }

    // ---- What is shown -------------------------------------------------------------------------

    @Test
    void listsEnginesAsTheCommandDoes() throws IOException {
        engine("litmus", "plain", "{}", "pod-delete");
        engine("other", "elsewhere", "{}", "pod-delete");

        assertThat(raw.get("").body()).contains("plain", "idle").doesNotContain("elsewhere");
        assertThat(raw.get("e/other/elsewhere").code()).isEqualTo(404);
        serve("", LIMITS);
        assertThat(raw.get("").body()).contains("plain", "elsewhere");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nothing",
                "e/litmus",
                "e/litmus/..",
                "e/litmus/%2e%2e",
                "e/litmus/a%2Fb",
                "e/litmus/a/runs/0x1",
                "e/litmus/a/runs/-1",
                "e/litmus/a/runs/99999999999999999999",
                "e//",
                "e/litmus/a/b/c/d",
            })
    void whatIsNoPageIsNotFound(String path) throws IOException {
        assertThat(raw.get(path).code()).isEqualTo(404);
    }

    @Test
    void anAddressThatCannotBeReadIsSaidToBeSo() throws IOException {
        assertThat(raw.get("e/litmus/%zz").code()).isBetween(400, 499);
    }

    @Test
    void showsARunAndItsReport() throws IOException {
        engine("litmus", "nginx", "{}", "pod-delete", "pod-cpu-hog");
        run("nginx");

        String page = raw.get("e/litmus/nginx").body();
        assertThat(page).contains("✓ passed", "2 of 2 passed", "<svg", "pod-cpu-hog", "✓ 1");
        Raw.Answer report = raw.get("e/litmus/nginx/runs/1");
        assertThat(report.body()).contains("Chaos run 1 of litmus/nginx", "The same decisions");
        assertThat(report.header("Content-Security-Policy"))
                .contains("sha256-")
                .contains("frame-ancestors 'none'");
        assertThat(raw.get("").body()).contains("2 Pass");
        assertThat(raw.get("e/litmus/nginx/runs/2").code()).isEqualTo(404);
    }

    @Test
    void theReportOfARunHasTheLastLinesOfWhatDidNotPass() throws IOException {
        engine("litmus", "broken", "{}", "a=verdict=Fail");
        run("broken");

        assertThat(raw.get("e/litmus/broken/runs/1").body()).contains("The last lines of its log");

        sandbox.forbid("get", "pods/log");
        assertThat(raw.get("e/litmus/broken/runs/1").body())
                .contains("What could not be read", "forbidden")
                .doesNotContain("The last lines of its log");
    }

    @Test
    void showsWhatGoesOnAndWhyTheRestWaits() throws Exception {
        engine(
                "litmus",
                "nginx",
                "{'strategy':'dag','dependencies':{'b':['a.passed']}}",
                "a=after=60s",
                "b");
        Thread run = begin("nginx");
        await().untilAsserted(() ->
                assertThat(raw.get("e/litmus/nginx").body())
                        .contains("▶ running", "bar going", "waits for a", "Stop this run"));
        run.join();

        assertThat(raw.get("e/litmus/nginx").body())
                .contains("2 of 2 passed")
                .doesNotContain("Stop this run");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'strategy':'sequential','gap':'10m'}                | not before ",
                "{'strategy':'parallel','stagger':'10m'}              | not before ",
                "{'strategy':'parallel','maxParallel':1}              | waits for a place: 1 of 1"
                    + " are taken",
                "{'strategy':'random','minInterval':'10m','iterations':5} | waits for its turn"
                    + " (random)",
            })
    void saysWhyAnExperimentWaits(String execution, String why) throws Exception {
        engine("litmus", "nginx", execution, "a=after=20s", "b=after=20s");
        Thread run = begin("nginx");

        await().untilAsserted(() -> assertThat(raw.get("e/litmus/nginx").body()).contains(why));
        String id = Claim.of(engine("nginx")).orElseThrow().run().id();
        var _ = raw.post("e/litmus/nginx/stop", "run=" + id, raw.origin);
        run.join();
    }

    @Test
    void tellsListenersWhatHasChanged() throws Exception {
        engine("litmus", "nginx", "{}", "a=after=30s");
        try (Raw.Stream page = raw.listen("e/litmus/nginx");
                Raw.Stream list = raw.listen("")) {
            page.until("event: whole");
            list.until("event: whole");
            begin("nginx").join();
            page.until("▶ running");
            page.until("1 of 1 passed");
            list.until("✓ passed");
        }
        await().untilAsserted(() -> assertThat(server.listeners()).isZero());
    }

    @Test
    void oneWatchServesAllWhoLookAtThePage() throws Exception {
        var watches = new ArrayList<SandboxServer.Request>();
        SandboxServer counted =
                SandboxServer.start(
                        SandboxServer.Options.DEFAULT.withObserver(request -> {
                            if (request.verb().equals("watch")) {
                                synchronized (watches) {
                                    watches.add(request);
                                }
                            }
                        }));
        sandbox.close();
        sandbox = counted;
        cluster.close();
        cluster = Fabric8Cluster.connect(sandbox.url());
        serve("litmus", LIMITS);
        engine("litmus", "nginx", "{}", "a");
        try (Raw.Stream one = raw.listen("");
                Raw.Stream two = raw.listen("");
                Raw.Stream three = raw.listen("")) {
            for (Raw.Stream each : List.of(one, two, three)) {
                each.until("nginx");
            }
            engine("litmus", "another", "{}", "a");
            for (Raw.Stream each : List.of(one, two, three)) {
                each.until("another");
            }
            synchronized (watches) {
                assertThat(watches).hasSize(1);
            }
        }
    }

    @Test
    void noTextOfTheClusterIsMarkup() throws IOException {
        engine("litmus", "nginx", "{}", "a");
        run("nginx");
        Engine engine = engine("nginx");
        String claim =
                engine.annotation(Claim.ANNOTATION)
                        .orElseThrow()
                        .replace(
                                "\"reason\":\"",
                                "\"reason\":"
                                        + JsonMapper.shared()
                                                .writeValueAsString(HOSTILE)
                                                .replaceAll("\"$", ""));
        patch(
                "nginx",
                "metadata",
                json("{}")
                        .set(
                                "annotations",
                                json("{}")
                                        .put(Claim.ANNOTATION, claim)
                                        .put(
                                                "chaosrunner.io/schedule",
                                                "{cron: \"" + HOSTILE + "\"}")));
        ObjectNode status = json("{}");
        status.putArray("experiments")
                .addObject()
                .put("name", HOSTILE)
                .put("runner", HOSTILE)
                .put("experimentPod", HOSTILE)
                .put("status", HOSTILE)
                .put("verdict", HOSTILE);
        status.put("engineStatus", HOSTILE);
        patch("nginx", "status", status);

        for (String path :
                List.of(
                        "",
                        "schedules",
                        "e/litmus/nginx",
                        "e/litmus/nginx/runs/1",
                        "e/litmus/nginx/stop")) {
            assertThat(raw.get(path).body())
                    .as(path)
                    .doesNotContain("<img")
                    .doesNotContain("alert(1)</")
                    .doesNotContain("\u202e")
                    .doesNotContain("\u001b");
        }
        assertThat(raw.get("e/litmus/nginx").body()).contains("&lt;script");
        try (Raw.Stream page = raw.listen("e/litmus/nginx")) {
            assertThat(page.until("&lt;script")).doesNotContain("\ndata: x");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"metadata\":{\"annotations\":{\"chaosrunner.io/run\":\"no claim\"}}}",
                "{\"metadata\":{\"annotations\":{\"chaosrunner.io/schedule\":\"{every: -5m, cron:"
                    + " 3}\"}}}",
                "{\"metadata\":{\"annotations\":{\"chaosrunner.io/schedule\":\"[\"}}}",
                "{\"metadata\":{\"annotations\":{\"chaosrunner.io/history\":\"{\"}}}",
                "{\"status\":{\"experiments\":[{}]}}",
                "{\"spec\":{\"experiments\":[{\"name\":\"\"}]}}",
            })
    void whateverAnEngineHoldsThePagesOfAllAreShown(String patch) throws IOException {
        engine("litmus", "good", "{}", "a");
        engine("litmus", "odd", "{}", "a");
        cluster.patch(
                Resource.ENGINES,
                "litmus",
                "odd",
                PatchType.MERGE,
                JsonMapper.shared().readTree(patch));

        assertThat(raw.get("").body()).contains("good", "odd");
        assertThat(raw.get("schedules").code()).isEqualTo(200);
        assertThat(raw.get("e/litmus/odd").body()).contains("<h1>litmus/odd</h1>");
    }

    @Test
    void anEngineThatIsNotThereIsSaidNotToBe() throws IOException {
        assertThat(raw.get("e/litmus/none").body()).contains("There is no ChaosEngine");
        assertThat(raw.get("e/litmus/none/stop").code()).isEqualTo(404);
    }

    @Test
    void withoutTheRightToReadItIsSaidWhatIsMissing() throws IOException {
        sandbox.forbid("*", "chaosengines");

        assertThat(raw.get("").body()).contains("What is shown may be old", "forbidden");
        assertThat(raw.get("e/litmus/nginx/stop").code()).isEqualTo(502);
    }

    @Test
    void showsNextFiresAndWhatBecameOfPastOnes() throws IOException {
        engine("litmus", "nightly", "{}", "a");
        run("nightly");
        patch(
                "nightly",
                "metadata",
                json("{}")
                        .set(
                                "annotations",
                                json("{}").put("chaosrunner.io/schedule", "{every: 10m}")));

        assertThat(raw.get("schedules").body()).contains("nightly", "(in ", "✓ 1");
        assertThat(raw.get("e/litmus/nightly").body()).contains("next run ");
    }

    @Test
    void showsChaosSchedulesBesideEngines() throws Exception {
        chaosSchedule("early");
        await().untilAsserted(() ->
                assertThat(raw.get("schedules").body())
                        .contains("early", "ChaosSchedule", "no engine yet", "(in "));

        try (Raw.Stream live = raw.listen("schedules")) {
            live.until("early");
            chaosSchedule("late");
            live.until("late");
        }

        // The service has made an engine of it: what it did is there.
        engine("litmus", "early", "{}", "a");
        patch(
                "early",
                "metadata",
                json(
                        "{'annotations':{'chaosrunner.io/schedule':'{every: 10m}'},'ownerReferences':[{'apiVersion':'litmuschaos.io/v1alpha1','kind':'ChaosSchedule','name':'early','uid':'"
                                + uid("early")
                                + "'}]}"));
        Raw.Answer page = raw.get("schedules");
        assertThat(page.body().split("<tr id=", -1)).hasSize(3);
        assertThat(page.body()).contains("e/litmus/early");

        sandbox.forbid("*", "chaosschedules");
        assertThat(raw.get("schedules").body())
                .contains("ChaosSchedules that have no engine yet are not shown", "forbidden");
    }

    private String uid(String chaosSchedule) {
        return cluster.get(Resource.SCHEDULES, "litmus", chaosSchedule)
                .orElseThrow()
                .path("metadata")
                .path("uid")
                .asString("");
    }

    private void chaosSchedule(String name) {
        sandbox.load(
                "test",
                json("{'apiVersion':'v1','kind':'Namespace','metadata':{'name':'litmus'}}")
                        .toString());
        cluster.create(
                Resource.SCHEDULES,
                "litmus",
                json(
                        "{'apiVersion':'litmuschaos.io/v1alpha1','kind':'ChaosSchedule','metadata':{'name':'"
                                + name
                                + "'},'spec':{'schedule':{'repeat':{'properties':{'minChaosInterval':{'minute':{'everyNthMinute':10}}}}},'engineTemplateSpec':{'engineState':'active','chaosServiceAccount':'default','experiments':[{'name':'a'}]}}}"));
    }

    @Test
    void twoHundredEnginesAreOnePage() throws Exception {
        for (int i = 0; i < 200; i++) {
            engine("litmus", "engine-" + i, "{}", "a");
        }

        assertThat(raw.get("").body().split("<tr id=", -1)).hasSize(201);
        try (Raw.Stream list = raw.listen("")) {
            list.until("engine-199");
            run("engine-17");
            String news = list.until("✓ passed");
            assertThat(news.substring(news.lastIndexOf("event: ")))
                    .startsWith("event: part")
                    .hasSizeLessThan(4_096);
        }
    }

    @Test
    void aRunOfAThousandExperimentsIsOnePage() throws IOException {
        String[] names = IntStream.range(0, 1_000).mapToObj(i -> "e" + i).toArray(String[]::new);
        engine("litmus", "large", "{}", names);
        ObjectNode status = json("{}");
        var entries = status.putArray("experiments");
        for (int i = 0; i < names.length; i++) {
            StatusEntry entry =
                    i < 990
                            ? StatusEntry.completed(names[i], "p" + i, Verdict.PASS)
                            : StatusEntry.waiting(names[i]);
            entries.add(entry.json("runner", Instant.EPOCH));
        }
        Claim claim = Claim.ofNoRun(engine("large"), "test/1", Instant.now());
        patch("large", "status", status);
        patch(
                "large",
                "metadata",
                json("{}").set("annotations", json("{}").put(Claim.ANNOTATION, claim.text())));

        String page = raw.get("e/litmus/large").body();
        assertThat(page.split("<tr id=", -1)).hasSize(1_001);
        assertThat(page).hasSizeLessThan(2_000_000);
    }

    // ---- Stopping ------------------------------------------------------------------------------

    @Test
    void stoppingAsksThenStopsAndSaysSo() throws Exception {
        engine("litmus", "nginx", "{}", "a=after=2h");
        Thread run = begin("nginx");
        await().until(() -> EngineStanding.of(engine("nginx")).isUnderWay());

        String question = raw.get("e/litmus/nginx/stop").body();
        assertThat(question).contains("Stop run 1 of litmus/nginx?", "method=\"post\"");
        assertThat(EngineStanding.of(engine("nginx")).isUnderWay()).isTrue();
        String id = Claim.of(engine("nginx")).orElseThrow().run().id();
        assertThat(question).contains("value=\"" + id + "\"");

        Raw.Answer stopped = raw.post("e/litmus/nginx/stop", "run=" + id, raw.origin);
        assertThat(stopped.code()).isEqualTo(303);
        assertThat(stopped.header("Location")).isEqualTo(raw.path + "e/litmus/nginx");
        run.join();
        await().untilAsserted(() ->
                assertThat(raw.get("e/litmus/nginx").body())
                        .contains("stopped, and what ran is gone", "Stopped"));
        assertThat(server.stopping()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "https://evil.example",
                "http://127.0.0.1",
                "http://127.0.0.1:1",
                "https://127.0.0.1:PORT",
                "http://127.0.0.1:PORT.evil.example",
                "http://localhost:PORT/"
            })
    void onlyPagesOfOursStop(String origin) throws Exception {
        engine("litmus", "nginx", "{}", "a=after=2h");
        Thread run = begin("nginx");
        await().until(() -> EngineStanding.of(engine("nginx")).isUnderWay());
        String id = Claim.of(engine("nginx")).orElseThrow().run().id();

        Raw.Answer answer =
                raw.post(
                        "e/litmus/nginx/stop",
                        "run=" + id,
                        origin.replace("PORT", Integer.toString(raw.port)));

        assertThat(answer.code()).isEqualTo(403);
        assertThat(EngineStanding.of(engine("nginx")).phase())
                .isEqualTo(EngineStanding.Phase.RUNNING);
        assertThat(engine("nginx").annotation(Claim.STOP_ANNOTATION)).isEmpty();
        raw.post("e/litmus/nginx/stop", "run=" + id, raw.origin);
        run.join();
    }

    @Test
    void aRunThatThePersonDidNotSeeIsNotStopped() throws Exception {
        engine("litmus", "nginx", "{}", "a=after=2h");
        Thread run = begin("nginx");
        await().until(() -> EngineStanding.of(engine("nginx")).isUnderWay());

        assertThat(raw.post("e/litmus/nginx/stop", "run=another", raw.origin).code())
                .isEqualTo(409);
        assertThat(raw.post("e/litmus/nginx/stop", "", raw.origin).code()).isEqualTo(400);
        assertThat(raw.post("e/litmus/nginx/stop", "x".repeat(5_000), raw.origin).code())
                .isEqualTo(413);
        assertThat(engine("nginx").annotation(Claim.STOP_ANNOTATION)).isEmpty();
        String id = Claim.of(engine("nginx")).orElseThrow().run().id();
        raw.post("e/litmus/nginx/stop", "run=" + id, raw.origin);
        run.join();
    }

    @Test
    void whatIsAskedForByReadingStopsNothing() throws IOException {
        engine("litmus", "nginx", "{}", "a");

        assertThat(raw.get("e/litmus/nginx/stop").body()).contains("Nothing of litmus/nginx");
        assertThat(raw.post("e/litmus/nginx", "run=", raw.origin).code()).isEqualTo(404);
        assertThat(raw.post("", "run=", raw.origin).code()).isEqualTo(404);
    }

    @Test
    void whoListensIsToldHowThingsStandAtTheEnd() throws Exception {
        engine("litmus", "nginx", "{}", "a=after=10s");
        try (Raw.Stream page = raw.listen("e/litmus/nginx")) {
            page.until("event: whole");
            run("nginx");
            server.close();
            page.until("1 of 1 passed");
        }
    }

    // ---- Bounds --------------------------------------------------------------------------------

    @Test
    void listenersAreBounded() throws Exception {
        serve("litmus", limits(4, 2, 1, Duration.ofSeconds(10)));
        engine("litmus", "nginx", "{}", "a");
        try (Raw.Stream one = raw.listen("")) {
            one.until("nginx");
            try (Raw.Stream another = raw.listen("schedules")) {
                assertThat(another.code()).isEqualTo(503);
            }
            try (Raw.Stream two = raw.listen("")) {
                two.until("nginx");
                try (Raw.Stream three = raw.listen("")) {
                    assertThat(three.code()).isEqualTo(503);
                }
            }
            assertThat(raw.get("").code()).isEqualTo(200);
        }
    }

    @Test
    void aListenerThatDoesNotReadIsDisconnected() throws Exception {
        serve("litmus", limits(4, 4, 4, Duration.ofMillis(300)));
        engine("litmus", "large", "{}", "first");
        try (Socket slow = raw.connect()) {
            slow.setReceiveBufferSize(1_024);
            raw.send(
                    slow,
                    "GET",
                    raw.path + "e/litmus/large",
                    raw.bearer(),
                    "Accept: text/event-stream");
            await().until(() -> server.listeners() == 1);
            var round = new int[1];
            await().pollInterval(Duration.ofMillis(200))
                    .until(() -> {
                        // The page is sent whole, as it has another experiment each time.
                        String[] more =
                                IntStream.range(0, 4_000 + ++round[0])
                                        .mapToObj(
                                                i -> "a-long-name-of-an-experiment-".repeat(7) + i)
                                        .toArray(String[]::new);
                        patch("large", "spec", json("{}").set("experiments", list(more)));
                        return server.listeners() == 0;
                    });
        }
        assertThat(raw.get("").code()).isEqualTo(200);
    }

    // ---- What there is -------------------------------------------------------------------------

    private static ObjectNode json(String text) {
        return (ObjectNode) JsonMapper.shared().readTree(text.replace('\'', '"'));
    }

    private static ArrayNode list(String... experiments) {
        var list = JsonMapper.shared().createArrayNode();
        for (String each : experiments) {
            String[] words = each.split("=", 2);
            ObjectNode experiment = list.addObject().put("name", words[0]);
            if (words.length > 1) {
                experiment
                        .putObject("spec")
                        .putObject("components")
                        .putObject("experimentAnnotations")
                        .put("sandbox.chaosrunner.io/scenario", words[1]);
            }
        }
        return list;
    }

    private void engine(String namespace, String name, String execution, String... experiments) {
        ObjectNode engine =
                json(
                        "{'apiVersion':'litmuschaos.io/v1alpha1','kind':'ChaosEngine','metadata':{'name':'"
                                + name
                                + "'},'spec':{'engineState':'active','chaosServiceAccount':'default'}}");
        ((ObjectNode) engine.path("metadata"))
                .putObject("annotations")
                .put("chaosrunner.io/execution", json(execution).toString());
        ((ObjectNode) engine.path("spec")).set("experiments", list(experiments));
        var _ =
                sandbox.load(
                        field -> field,
                        json(
                                "{'apiVersion':'v1','kind':'Namespace','metadata':{'name':'"
                                        + namespace
                                        + "'}}"));
        cluster.create(Resource.ENGINES, namespace, engine);
        var _ = sandbox.ensureExperiments(namespace, name);
    }

    private Engine engine(String name) {
        return new Engine(cluster.get(Resource.ENGINES, "litmus", name).orElseThrow());
    }

    private void patch(String name, String field, JsonNode value) {
        cluster.patch(
                Resource.ENGINES, "litmus", name, PatchType.MERGE, json("{}").set(field, value));
    }

    private void run(String name) {
        var _ =
                new EngineRun(
                                cluster,
                                new RunRequest(
                                        new EngineRef("litmus", name),
                                        Caller.PERSON,
                                        Optional.empty(),
                                        Optional.empty(),
                                        Map.of(),
                                        "test/2"),
                                StrategyCatalogue.load(Optional.empty(), stack -> {}),
                                Clock.systemUTC(),
                                notice -> {})
                        .run();
    }

    private Thread begin(String name) {
        return Thread.ofVirtual().start(() -> run(name));
    }
}
