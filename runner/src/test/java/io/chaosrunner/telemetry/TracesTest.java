package io.chaosrunner.telemetry;

import static io.chaosrunner.telemetry.Collector.attributes;
import static io.chaosrunner.telemetry.Collector.hex;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.model.Attempt;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.RunEnd;
import io.chaosrunner.model.RunId;
import io.chaosrunner.model.Verdict;
import io.chaosrunner.resolve.RunnerEnvironment.Tracing;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.status.StatusEntry;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status.StatusCode;
import java.io.IOException;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class TracesTest {
    private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
    private static final String PARENT = "b7ad6b7169203331";
    private static final String GIVEN =
            "{\"traceparent\": \"00-%s-%s-01\", \"baggage\": \"team=shop\"}"
                    .formatted(TRACE, PARENT);
    private static final EngineRef ENGINE = new EngineRef("n", "e");
    private static final Instant START = Instant.parse("2026-01-01T00:00:00.250Z");

    /** Enough for the slowest machine, where something answers. */
    private Duration patience = Duration.ofMinutes(1);

    private final List<String> warnings = new CopyOnWriteArrayList<>();

    private Traces start(String endpoint, String parent, String protocol) {
        return Objects.requireNonNull(
                Traces.start(
                        new Tracing(endpoint, parent), protocol, ENGINE, patience, warnings::add));
    }

    private static Attempt attempt(int ordinal, int slot) {
        return new Attempt(ordinal, slot, 1, 1, START, Optional.empty());
    }

    /** What a run of two experiments tells: one passes, one fails. */
    private static void run(Traces traces) {
        traces.heard(
                new RunNotice.Started(
                        new RunId(3, "abc"), "sequential", 7, List.of("a", "b"), false));
        for (int i = 0; i < 2; i++) {
            String name = i == 0 ? "a" : "b";
            traces.heard(
                    new RunNotice.Launched(attempt(i, i), name, name + "-job", "its turn", false));
            traces.heard(new RunNotice.Running(attempt(i, i), name, name + "-job", name + "-pod"));
            traces.heard(
                    new RunNotice.Ended(
                            attempt(i, i),
                            name,
                            name + "-job",
                            name + "-pod",
                            StatusEntry.completed(
                                    name, name + "-pod", i == 0 ? Verdict.PASS : Verdict.FAIL),
                            Duration.ofSeconds(1),
                            i == 0 ? "" : "probe p failed"));
        }
        traces.heard(new RunNotice.Finished(new RunEnd(RunEnd.Cause.PLAN, "all ended"), List.of()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "grpc", "http/protobuf"})
    void aRunIsOneTraceBelowTheGivenParent(String protocol) throws IOException {
        try (Collector collector =
                protocol.startsWith("http") ? Collector.http() : Collector.grpc()) {
            try (Traces traces = start(collector.hostAndPort(), GIVEN, protocol)) {
                run(traces);
            }

            assertThat(collector.resource()).containsEntry("service.name", "chaos_runner");
            assertThat(collector.spans())
                    .extracting(Span::getName)
                    .containsExactlyInAnyOrder(
                            "ExecuteChaosRunner",
                            "BuildingAndLaunchJob",
                            "RunExperiment",
                            "BuildingAndLaunchJob",
                            "RunExperiment");
            Span root = collector.span("ExecuteChaosRunner");
            assertThat(hex(root.getParentSpanId())).isEqualTo(PARENT);
            assertThat(attributes(root))
                    .containsEntry("chaosengine.name", "e")
                    .containsEntry("chaosengine.namespace", "n")
                    .containsEntry("chaosrunner.run", "3")
                    .containsEntry("chaosrunner.run.id", "abc")
                    .containsEntry("chaosrunner.strategy", "sequential")
                    .containsEntry("chaosrunner.seed", "7");
            for (Span span : collector.spans()) {
                assertThat(hex(span.getTraceId())).isEqualTo(TRACE);
                if (!span.equals(root)) {
                    assertThat(span.getParentSpanId()).isEqualTo(root.getSpanId());
                    assertThat(span.getStartTimeUnixNano())
                            .isEqualTo(START.toEpochMilli() * 1_000_000);
                }
            }
        }
        assertThat(warnings).isEmpty();
    }

    @Test
    void anExperimentsSpanTellsItsEnd() throws IOException {
        try (Collector collector = Collector.grpc()) {
            try (Traces traces = start("http://" + collector.hostAndPort(), "", "")) {
                run(traces);
            }

            List<Span> experiments =
                    collector.spans().stream()
                            .filter(span -> span.getName().equals("RunExperiment"))
                            .toList();
            assertThat(attributes(experiments.get(0)))
                    .containsEntry("chaosexperiment.name", "a")
                    .containsEntry("chaosrunner.slot", "0")
                    .containsEntry("chaosrunner.iteration", "1")
                    .containsEntry("chaosrunner.attempt", "1")
                    .containsEntry("k8s.job.name", "a-job")
                    .containsEntry("k8s.pod.name", "a-pod")
                    .containsEntry("chaosrunner.verdict", "Pass");
            assertThat(attributes(experiments.get(1))).containsEntry("chaosrunner.verdict", "Fail");
            assertThat(experiments.get(0).getStatus().getCode())
                    .isEqualTo(StatusCode.STATUS_CODE_UNSET);
            assertThat(experiments.get(1).getStatus().getCode())
                    .isEqualTo(StatusCode.STATUS_CODE_ERROR);
            assertThat(experiments.get(1).getStatus().getMessage()).isEqualTo("probe p failed");
        }
    }

    @Test
    void experimentsGetTheRootSpanAsTheirParent() throws IOException {
        try (Collector collector = Collector.grpc()) {
            Tracing told;
            try (Traces traces = start(collector.hostAndPort(), GIVEN, "")) {
                told = traces.forExperiments();
            }

            String root = hex(collector.span("ExecuteChaosRunner").getSpanId());
            JsonNode parent = JsonMapper.shared().readTree(told.parent());
            assertThat(told.endpoint()).isEqualTo(collector.hostAndPort());
            assertThat(parent.path("traceparent").asString())
                    .isEqualTo("00-%s-%s-01".formatted(TRACE, root));
            assertThat(parent.path("baggage").asString()).isEqualTo("team=shop");
        }
    }

    @Test
    void baggageThatExperimentsWouldNotReadIsLeftBehind() throws IOException {
        String heavy = GIVEN.replace("team=shop", "team=" + "x".repeat(1024));
        try (Collector collector = Collector.grpc();
                Traces traces = start(collector.hostAndPort(), heavy, "")) {
            JsonNode parent = JsonMapper.shared().readTree(traces.forExperiments().parent());

            assertThat(parent.has("baggage")).isFalse();
            assertThat(parent.path("traceparent").asString()).startsWith("00-" + TRACE);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "no json",
                "[]",
                "{}",
                "{\"traceparent\": 5}",
                "{\"traceparent\": \"00-0-0-01\"}"
            })
    void anUnusableParentBeginsANewTraceAfterAWarning(String parent) throws IOException {
        try (Collector collector = Collector.grpc()) {
            try (Traces traces = start(collector.hostAndPort(), parent, "")) {
                run(traces);
            }

            assertThat(collector.span("ExecuteChaosRunner").getParentSpanId().isEmpty()).isTrue();
            assertThat(warnings).singleElement().asString().contains("a new trace begins");
        }
    }

    @Test
    void withoutAParentATraceBeginsQuietly() throws IOException {
        try (Collector collector = Collector.grpc()) {
            start(collector.hostAndPort(), "", "").close();

            assertThat(collector.span("ExecuteChaosRunner").getParentSpanId().isEmpty()).isTrue();
        }
        assertThat(warnings).isEmpty();
    }

    @Test
    void aCollectorThatIsNotThereIsOneWarning() throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        try (Traces traces = start("127.0.0.1:" + port, GIVEN, "")) {
            run(traces);
        }

        await().atMost(Duration.ofMinutes(2))
                .untilAsserted(() ->
                        assertThat(warnings)
                                .singleElement()
                                .asString()
                                .startsWith(
                                        "traces could not be sent to '127.0.0.1:" + port + "'"));
    }

    @Test
    void aCollectorThatNeverAnswersHoldsNobody() throws IOException {
        patience = Duration.ofMillis(200);
        try (ServerSocket silent = new ServerSocket(0)) {
            try (Traces traces = start("127.0.0.1:" + silent.getLocalPort(), GIVEN, "")) {
                run(traces);
            }
            // That close() came back at all is the point; what was lost is told.
            await().atMost(Duration.ofMinutes(2))
                    .untilAsserted(() -> assertThat(warnings).hasSize(1));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://", "not a host:x", "ftp://a:1"})
    void anEndpointThatIsNoneIsAWarning(String endpoint) {
        assertThat(Traces.start(new Tracing(endpoint, GIVEN), "", ENGINE, warnings::add)).isNull();
        assertThat(warnings).singleElement().asString().startsWith("no traces are sent to");
    }

    @Test
    void aProtocolThatIsNoneIsAWarning() {
        assertThat(Traces.start(new Tracing("a:1", ""), "http/json", ENGINE, warnings::add))
                .isNull();
        assertThat(warnings).singleElement().asString().contains("grpc or http/protobuf");
    }
}
