package io.chaosrunner.ui;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.cluster.Cluster.PatchType;
import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.run.EngineRun;
import io.chaosrunner.run.RunRequest;
import io.chaosrunner.sandbox.SandboxServer;
import io.chaosrunner.status.EngineStanding;
import io.chaosrunner.testing.SandboxTexts;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The live page as a browser shows it, where there is one on the PATH. */
@Timeout(300)
class BrowserTest {
    private static final String HOSTILE =
            "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>]]>--><svg onload=alert(3)>";

    private static final EngineRef REF = new EngineRef("litmus", "nginx");

    private SandboxServer sandbox;
    private Fabric8Cluster cluster;
    private UiServer server;
    private Chromium browser;

    @BeforeEach
    void start() throws IOException {
        Optional<Path> program = Chromium.program();
        assumeTrue(program.isPresent(), "no chromium on the PATH");
        sandbox = SandboxServer.start(SandboxServer.Options.DEFAULT.withSpeed(20));
        cluster = Fabric8Cluster.connect(sandbox.url());
        server =
                UiServer.start(
                        cluster,
                        new UiServer.Options(
                                "litmus",
                                0,
                                "test/1",
                                () -> StrategyCatalogue.load(Optional.empty(), stack -> {}),
                                cluster::log));
        browser = new Chromium(program.get());
        browser.open(server.url());
    }

    @AfterEach
    void stop() {
        if (browser != null) {
            browser.close();
        }
        if (server != null) {
            server.close();
            cluster.close();
            sandbox.close();
        }
    }

    private static ConditionFactory soon() {
        return await().atMost(Duration.ofSeconds(60));
    }

    private String at(String below) {
        return server.url().replaceFirst("\\?.*", "") + below;
    }

    private void engine(String execution, String... experiments) {
        ObjectNode engine =
                json(
                        "{'apiVersion':'litmuschaos.io/v1alpha1','kind':'ChaosEngine','metadata':{'name':'nginx'},'spec':{'engineState':'active','chaosServiceAccount':'default'}}");
        ((ObjectNode) engine.path("metadata"))
                .putObject("annotations")
                .put("chaosrunner.io/execution", json(execution).toString());
        var list = ((ObjectNode) engine.path("spec")).putArray("experiments");
        for (String each : experiments) {
            String[] words = each.split("=", 2);
            ObjectNode experiment = list.addObject().put("name", words[0]);
            if (words.length == 2) {
                experiment
                        .putObject("spec")
                        .putObject("components")
                        .putObject("experimentAnnotations")
                        .put("sandbox.chaosrunner.io/scenario", words[1]);
            }
        }
        SandboxTexts.load(sandbox, "{apiVersion: v1, kind: Namespace, metadata: {name: litmus}}");
        cluster.create(Resource.ENGINES, "litmus", engine);
        var _ = sandbox.ensureExperiments("litmus", "nginx");
    }

    private static ObjectNode json(String text) {
        return (ObjectNode) JsonMapper.shared().readTree(text.replace('\'', '"'));
    }

    private Engine engine() {
        return new Engine(cluster.get(Resource.ENGINES, "litmus", "nginx").orElseThrow());
    }

    private void patch(ObjectNode change) {
        cluster.patch(Resource.ENGINES, "litmus", "nginx", PatchType.MERGE, change);
    }

    private Thread begin() {
        return Thread.ofVirtual()
                .start(() -> {
                    var _ =
                            new EngineRun(
                                            cluster,
                                            new RunRequest(
                                                    REF,
                                                    Caller.PERSON,
                                                    Optional.empty(),
                                                    Optional.empty(),
                                                    Map.of(),
                                                    "test/2"),
                                            StrategyCatalogue.load(Optional.empty(), stack -> {}),
                                            Clock.systemUTC(),
                                            notice -> {})
                                    .run();
                });
    }

    private long count(String selector) {
        return browser.eval("document.querySelectorAll('%s').length".formatted(selector)).asLong();
    }

    // ---- Texts of strangers --------------------------------------------------------------------

    @Test
    void textsOfTheClusterStayTexts() throws InterruptedException {
        engine("{}", "a");
        begin().join();
        browser.open(at("e/litmus/nginx"));
        soon().until(() -> browser.text().contains("● live"));

        hostile();

        // What comes as news is made into elements by the script.
        soon().until(() -> browser.text().contains("<img src=x"));
        for (String path :
                List.of(
                        "e/litmus/nginx",
                        "",
                        "schedules",
                        "e/litmus/nginx/runs/1",
                        "e/litmus/nginx/stop")) {
            if (!path.equals("e/litmus/nginx")) {
                browser.open(at(path));
            }
            assertThat(count("img, [onerror], [onload], iframe, object, embed, base"))
                    .as(path)
                    .isZero();
            assertThat(count("script")).as(path).isLessThanOrEqualTo(1);
        }
        browser.open(at("e/litmus/nginx/runs/1"));
        assertThat(browser.text()).contains("<script>alert(1)</script>");
        assertThat(browser.dialogs()).isZero();
    }

    private void hostile() {
        String quoted = JsonMapper.shared().writeValueAsString(HOSTILE).replaceAll("\"$", "");
        String claim =
                engine().annotation(Claim.ANNOTATION)
                        .orElseThrow()
                        .replace("\"reason\":\"", "\"reason\":" + quoted)
                        .replace("\"why\":\"", "\"why\":" + quoted);
        ObjectNode change = json("{}");
        change.putObject("metadata")
                .putObject("annotations")
                .put(Claim.ANNOTATION, claim)
                .put("chaosrunner.io/schedule", "{cron: \"" + HOSTILE.replace("\"", "") + "\"}");
        ObjectNode status = change.putObject("status");
        status.put("engineStatus", HOSTILE)
                .putArray("experiments")
                .addObject()
                .put("name", HOSTILE)
                .put("runner", HOSTILE)
                .put("experimentPod", HOSTILE)
                .put("status", HOSTILE)
                .put("verdict", HOSTILE);
        patch(change);
    }

    // ---- A run as it goes on -------------------------------------------------------------------

    @Test
    void aRunGrowsOnAPageThatIsNotLoadedAgain() throws InterruptedException {
        engine("{'strategy':'sequential'}", "a=after=3s", "b=after=2h");
        browser.open(at("e/litmus/nginx"));
        browser.eval("window.same = true");
        assertThat(count("rect.bar")).isZero();

        Thread run = begin();

        soon().until(() -> count("rect.bar.going") == 1 && browser.text().contains("▶ running"));
        soon().until(() -> count("rect.bar.pass") == 1 && count("rect.bar.going") == 1);
        // It came by itself, and is drawn where it was.
        assertThat(
                        browser.eval("document.querySelector('rect.bar.going').namespaceURI")
                                .asString(""))
                .isEqualTo("http://www.w3.org/2000/svg");
        double before = width();
        soon().until(() -> width() > before);
        assertThat(browser.eval("window.same").asBoolean()).isTrue();

        // Asking is another page, and stops nothing.
        browser.eval("document.getElementById('ask').click()");
        soon().until(() -> browser.text().contains("Stop run 1 of litmus/nginx?"));
        assertThat(EngineStanding.of(engine()).isUnderWay()).isTrue();
        browser.eval("document.querySelector('form button').click()");
        soon().until(() -> browser.text().contains("was stopped"));
        run.join();
        assertThat(EngineStanding.of(engine()).isUnderWay()).isFalse();
    }

    private double width() {
        return browser.eval("document.querySelector('rect.bar.going').getBBox().width").asDouble();
    }

    // ---- How it looks --------------------------------------------------------------------------

    @Test
    void everyPageFitsATelephoneAndFollowsTheDark() throws InterruptedException {
        engine(
                "{'strategy':'sequential','gap':'1s'}",
                "a-name-that-is-as-long-as-names-of-experiments-may-be-in-this-world",
                "b=verdict=Fail");
        begin().join();

        for (String path : List.of("", "schedules", "e/litmus/nginx", "e/litmus/nginx/runs/1")) {
            browser.look(1280, false);
            browser.open(at(path));
            String light = background();
            browser.look(390, true);
            assertThat(browser.eval("document.documentElement.scrollWidth - innerWidth").asInt(1))
                    .as(path)
                    .isLessThanOrEqualTo(0);
            assertThat(background()).as(path).isNotEqualTo(light);
        }
    }

    private String background() {
        return browser.eval("getComputedStyle(document.body).backgroundColor").asString("");
    }
}
