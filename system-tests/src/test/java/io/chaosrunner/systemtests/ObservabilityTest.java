package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What the service counts, as Prometheus scrapes it, and what {@code deploy/observability} asks.
 */
@NeedsControlPlane
@NeedsTools
@Timeout(600)
class ObservabilityTest {

    private static final Path FOLDER = Path.of("deploy", "observability");
    private static final Pattern NAME = Pattern.compile("chaosrunner_[a-z_]+");
    private static final String METRICS = "event=counting";

    private final ControlPlane controlPlane;

    @TempDir private Path home;

    ObservabilityTest(ControlPlane controlPlane) {
        this.controlPlane = controlPlane;
    }

    @Test
    void everyQueryOfTheDashboardAndTheAlertsFindsWhatARealServiceCounts() throws IOException {
        try (var stage = new ServiceStage(controlPlane)) {
            ServiceProcess service = stage.service("--metrics-port=0");
            stage.engine("often", "every: 2s", "after=100ms");
            stage.engine("shut", "{every: 1s, suspend: true}", "after=100ms");
            stage.eventually(() -> service.output().contains(METRICS));
            URI page = URI.create(address(service));
            try (var prometheus =
                    new PrometheusProcess(home, page.getHost() + ":" + page.getPort())) {
                stage.eventually(() ->
                        has(prometheus, "chaosrunner_leader == 1")
                                && has(
                                        prometheus,
                                        "increase(chaosrunner_runs_total{outcome=\"passed\"}[1m]) > 1")
                                && has(
                                        prometheus,
                                        "chaosrunner_fires_skipped_total{reason=\"suspended\"} > 0")
                                && has(prometheus, "chaosrunner_engine_writes_total > 2")
                                && has(
                                        prometheus,
                                        "increase(chaosrunner_verdict_seconds_count[1m]) > 1"));

                assertThat(
                                prometheus.value(
                                        "chaosrunner_runs_total{outcome=\"passed\"} <= on() chaosrunner_fires_started_total{cause=\"schedule\"}"))
                        .isPresent();
                assertThat(prometheus.value("chaosrunner_engines_driven")).contains(2.0);
                for (String query : dashboard()) {
                    assertThat(prometheus.query(query)).as(query).isNotEmpty();
                    // A query with "or vector(0)" finds something in any case.
                    findsItsMetrics(prometheus, query);
                }
                for (String query : alerts(prometheus)) {
                    // It finds nothing while all is well: but what it looks at is there.
                    prometheus.query(query);
                    findsItsMetrics(prometheus, query);
                }
                assertThat(prometheus.query("ALERTS{alertstate=\"firing\"}")).isEmpty();
            }
            checkNames(read(page));
            assertThat(read(URI.create(service.health().replace("readyz", "metrics"))))
                    .contains("/livez and /readyz are here");
        }
    }

    @Test
    void theAlertsSayWhatTheirTestsExpect() {
        Path folder = ControlPlaneBinaries.sourceRoot().resolve(FOLDER).toAbsolutePath();
        ToolProgram.PROMTOOL
                .run(home, List.of("check", "rules", folder.resolve("alerts.yaml").toString()))
                .good();
        assertThat(
                        ToolProgram.PROMTOOL
                                .run(
                                        home,
                                        List.of(
                                                "test",
                                                "rules",
                                                folder.resolve("alerts-test.yaml").toString()))
                                .good())
                .contains("SUCCESS");
    }

    private static void findsItsMetrics(PrometheusProcess prometheus, String query) {
        Matcher name = NAME.matcher(query);
        while (name.find()) {
            assertThat(prometheus.query(name.group())).as(name.group()).isNotEmpty();
        }
    }

    private void checkNames(String text) {
        ToolProgram.Said said = ToolProgram.PROMTOOL.run(home, text, List.of("check", "metrics"));
        assertThat(said.out() + said.err()).isEmpty();
        assertThat(said.exitCode()).isZero();
    }

    private static boolean has(PrometheusProcess prometheus, String query) {
        return !prometheus.query(query).isEmpty();
    }

    private static String address(ServiceProcess service) {
        return service.output()
                .lines()
                .filter(line -> line.contains(METRICS))
                .map(line -> line.replaceFirst(".*message=\"?([^\" ]+)\"?.*", "$1"))
                .findFirst()
                .orElseThrow();
    }

    /** Return its queries, as Grafana sends them. */
    private static TreeSet<String> dashboard() throws IOException {
        JsonNode dashboard =
                JsonMapper.shared()
                        .readTree(
                                Files.readString(
                                        ControlPlaneBinaries.sourceRoot()
                                                .resolve(FOLDER)
                                                .resolve("dashboard.json")));
        var queries = new TreeSet<String>();
        for (JsonNode panel : dashboard.path("panels")) {
            for (JsonNode target : panel.path("targets")) {
                queries.add(target.path("expr").asString().replace("$__rate_interval", "1m"));
            }
        }
        assertThat(queries).hasSizeGreaterThan(10);
        return queries;
    }

    private static TreeSet<String> alerts(PrometheusProcess prometheus) {
        var queries = new TreeSet<String>();
        for (JsonNode group : prometheus.get("rules").path("data").path("groups")) {
            for (JsonNode rule : group.path("rules")) {
                queries.add(rule.path("query").asString());
            }
        }
        assertThat(queries).hasSizeGreaterThan(4);
        return queries;
    }

    private static String read(URI page) throws IOException {
        try (HttpClient http = HttpClient.newHttpClient()) {
            return http.send(
                            HttpRequest.newBuilder(page).timeout(Duration.ofMinutes(2)).build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
