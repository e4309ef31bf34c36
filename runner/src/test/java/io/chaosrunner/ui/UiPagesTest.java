package io.chaosrunner.ui;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.cluster.Cluster.PatchType;
import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.model.Verdict;
import io.chaosrunner.sandbox.SandboxServer;
import io.chaosrunner.status.EngineStanding;
import io.chaosrunner.status.StatusEntry;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Tests of what the pages show. */
@Timeout(300)
class UiPagesTest extends UiStage {
    private static final String HOSTILE =
            "<script>alert(1)</script>\"'><img src=x"
                    + " onerror=alert(2)>\u202e\u001b[31m]]>--><!--\n\n"
                    + "event: whole\n"
                    + "data: x";

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
        var _ =
                sandbox.load(
                        field -> field,
                        json(
                                "{'apiVersion':'v1','kind':'Namespace','metadata':{'name':'litmus'}}"));
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

    @Test
    void showsDrawsBesideTheirWeights() throws Exception {
        engine(
                "litmus",
                "dice",
                "{'strategy':'random','iterations':2,'weights':{'a':4}}",
                "a=after=2h",
                "b=after=2h");
        Thread run = begin("dice");

        await().untilAsserted(() ->
                assertThat(raw.get("e/litmus/dice").body())
                        .contains("Draws, and weights", ">80 %<"));
        String id = Claim.of(engine("dice")).orElseThrow().run().id();
        var _ = raw.post("e/litmus/dice/stop", "run=" + id, raw.origin);
        run.join();
    }

    @Test
    void ofARunOfAThousandExperimentsIsSentWhatHasChanged() throws Exception {
        String[] names =
                IntStream.range(0, 1_000)
                        .mapToObj(i -> "e" + i + (i == 0 ? "=after=2h" : ""))
                        .toArray(String[]::new);
        engine("litmus", "large", "{'strategy':'sequential'}", names);
        Thread run = begin("large");
        await().until(() -> EngineStanding.of(engine("large")).isUnderWay());

        try (Raw.Stream page = raw.listen("e/litmus/large")) {
            String first = page.until("\n\n");
            while (!first.contains("goes on since")) {
                first = page.until("\n\n");
            }
            long sent = 0;
            for (int updates = 0; updates < 2; ) {
                String event = page.until("\n\n");
                assertThat(event).doesNotContain("event: whole");
                sent += event.length();
                updates += event.contains("goes on since") ? 1 : 0;
            }
            assertThat(sent).isLessThan(20_000);
        }
        String id = Claim.of(engine("large")).orElseThrow().run().id();
        var _ = raw.post("e/litmus/large/stop", "run=" + id, raw.origin);
        run.join();
    }
}
