package io.chaosrunner.systemtests;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A Prometheus that scrapes one address once a second, and knows the alerts that are deployed. */
final class PrometheusProcess implements AutoCloseable {

    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final Pattern LISTENING =
            Pattern.compile("msg=\"Listening on\" address=\\S*:(\\d+)");

    private final Process process;
    private final Path output;
    private final HttpClient http = HttpClient.newHttpClient();
    private final String base;

    /**
     * @param folder an empty one
     * @param target {@code host:port}
     */
    PrometheusProcess(Path folder, String target) {
        output = folder.resolve("prometheus.log");
        try {
            Path config =
                    Files.writeString(
                            folder.resolve("prometheus.yml"),
                            """
                            global: {scrape_interval: 1s, evaluation_interval: 1s}
                            rule_files: ["%s"]
                            scrape_configs:
                              - job_name: chaos-runner
                                static_configs: [{targets: ["%s"]}]
                            """
                                    .formatted(
                                            ControlPlaneBinaries.sourceRoot()
                                                    .resolve("deploy/observability/alerts.yaml")
                                                    .toAbsolutePath(),
                                            target));
            process =
                    new ProcessBuilder(
                                    ToolProgram.PROMETHEUS.path().toString(),
                                    "--config.file=" + config,
                                    "--storage.tsdb.path=" + folder.resolve("data"),
                                    "--web.listen-address=127.0.0.1:0")
                            .redirectErrorStream(true)
                            .redirectOutput(output.toFile())
                            .start();
            await().atMost(LIMIT).until(() -> port().isPresent() || !process.isAlive());
            base =
                    "http://127.0.0.1:"
                            + port().orElseThrow(() -> new AssertionError(output()))
                            + "/api/v1/";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Optional<String> port() {
        Matcher port = LISTENING.matcher(output());
        return port.find() ? Optional.of(port.group(1)) : Optional.empty();
    }

    private String output() {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Return what a query gives now. */
    List<JsonNode> query(String expression) {
        JsonNode answer =
                get("query?query=" + URLEncoder.encode(expression, StandardCharsets.UTF_8));
        if (!answer.path("status").asString("").equals("success")) {
            throw new AssertionError(expression + ": " + answer);
        }
        return answer.path("data").path("result").valueStream().toList();
    }

    /** Return the value of a query that gives one; empty if it gives none. */
    Optional<Double> value(String expression) {
        List<JsonNode> all = query(expression);
        if (all.size() > 1) {
            throw new AssertionError(expression + ": " + all);
        }
        return all.stream()
                .map(each -> Double.parseDouble(each.path("value").path(1).asString()))
                .findFirst();
    }

    JsonNode get(String path) {
        try {
            String body =
                    http.send(
                                    HttpRequest.newBuilder(URI.create(base + path))
                                            .timeout(LIMIT)
                                            .build(),
                                    HttpResponse.BodyHandlers.ofString())
                            .body();
            return JsonMapper.shared().readTree(body);
        } catch (IOException e) {
            throw new UncheckedIOException(output(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
        process.destroyForcibly().onExit().join();
    }
}
