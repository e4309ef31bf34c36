package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The scheduling service as processes, on a real API server. */
@NeedsControlPlane
@Timeout(600)
@Execution(ExecutionMode.CONCURRENT)
class ScheduleServiceTest {

    private final ControlPlane controlPlane;
    private final ServiceStage stage;

    ScheduleServiceTest(ControlPlane controlPlane) {
        this.controlPlane = controlPlane;
        stage = new ServiceStage(controlPlane);
    }

    @AfterEach
    void close() {
        stage.close();
    }

    @Test
    void anEngineRunsAgainAndAgainAndEveryFireStartsOneRun() {
        stage.engine("often", "every: 2s", "after=100ms");
        stage.service();

        stage.eventually(() -> stage.number("often") >= 4);

        Map<String, Long> jobsPerRun = stage.jobsPerRun("often");
        assertThat(jobsPerRun).hasSizeGreaterThanOrEqualTo(3);
        assertThat(jobsPerRun.values()).containsOnly(1L);
    }

    @Test
    void aStandByTakesOverWhereTheKilledLeaderLeftIt() {
        stage.engine("long", "now: true", "after=1h");
        ServiceProcess first = stage.service();
        stage.eventually(() -> first.leads() && stage.namespace.jobs().size() == 1);
        ServiceProcess second = stage.service();
        stage.eventually(() -> second.output().contains("event=standing-by"));

        first.kill();
        stage.eventually(() -> second.output().contains("event=run-resumed"));
        stage.kubelet.endExperiments();
        stage.eventually(() -> second.output().contains("event=run-finished"));

        assertThat(stage.namespace.jobs()).hasSize(1);
        assertThat(stage.namespace.entries("long"))
                .extracting(entry -> entry.get("verdict"))
                .containsExactly("Pass");
    }

    @Test
    void aLeaderThatIsAskedToEndLetsTheNextOneBeginAtOnce() throws InterruptedException {
        ServiceProcess first = stage.service();
        stage.eventually(first::leads);
        ServiceProcess second = stage.service();
        stage.eventually(() -> second.output().contains("event=standing-by"));

        int exitCode = first.terminate();
        stage.eventually(second::leads);

        assertThat(exitCode).isZero();
        assertThat(first.output()).contains("event=leads-no-more");
    }

    @Test
    void aLeaderThatIsCutOffStopsBeforeAnotherBegins() {
        stage.engine("long", "now: true", "after=1h");
        ApiProxy proxy = ApiProxy.start(controlPlane);
        ServiceProcess cutOff = stage.serviceThrough(proxy);
        stage.eventually(() -> cutOff.leads() && stage.namespace.jobs().size() == 1);
        ServiceProcess other = stage.service();
        stage.eventually(() -> other.output().contains("event=standing-by"));

        proxy.close();
        stage.eventually(() -> other.output().contains("event=run-resumed"));

        assertThat(cutOff.when("leads-no-more")).isBefore(other.when("leading"));
        assertThat(stage.namespace.jobs()).hasSize(1);
    }

    @Test
    void aBadScheduleIsRefusedWithItsReasonAndTheOthersGoOn() {
        stage.engine("bad", "cron: '0 0 25 * * ?'", "after=100ms");
        stage.engine("good", "every: 2s", "after=100ms");
        ServiceProcess service = stage.service();

        stage.eventually(() -> stage.number("good") >= 2);

        assertThat(stage.number("bad")).isZero();
        assertThat(stage.namespace.events("bad-runner"))
                .anySatisfy(event -> {
                    assertThat(event.getReason()).isEqualTo("ChaosScheduleRefused");
                    assertThat(event.getMessage()).contains("'25' at position 5");
                });
        assertThat(service.output()).contains("event=schedule-refused");
    }

    @Test
    void itTellsTheKubeletHowItIs() throws IOException, InterruptedException {
        ServiceProcess service = stage.service();
        stage.eventually(service::leads);
        stage.eventually(() -> !service.health().isEmpty());

        HttpResponse<String> ready = get(service.health());
        HttpResponse<String> alive = get(service.health().replace("readyz", "livez"));

        assertThat(ready.statusCode()).isEqualTo(200);
        assertThat(ready.body()).contains("leads: 0 engines with schedules");
        assertThat(alive.statusCode()).isEqualTo(200);
    }

    @Test
    void strangersAtTheHealthPortCostTheLeaderNothing() throws IOException, InterruptedException {
        stage.engine("often", "every: 2s", "after=100ms");
        ServiceProcess service = stage.service();
        stage.eventually(service::leads);
        stage.eventually(() -> !service.health().isEmpty());
        URI health = URI.create(service.health());
        byte[] unfinished =
                ("GET /livez HTTP/1.1\r\n" + ("X: " + "x".repeat(1_000) + "\r\n").repeat(350))
                        .getBytes(StandardCharsets.US_ASCII);
        List<SocketChannel> strangers = new ArrayList<>();
        try {
            for (int i = 0; i < 700; i++) {
                SocketChannel stranger =
                        SocketChannel.open(
                                new InetSocketAddress(
                                        InetAddress.getLoopbackAddress(), health.getPort()));
                strangers.add(stranger);
                stranger.configureBlocking(false);
                send(stranger, unfinished);
            }
            long runs = stage.number("often");
            stage.eventually(() -> stage.number("often") >= runs + 3);

            assertThat(get(service.health()).statusCode()).isEqualTo(200);
            assertThat(get(service.health().replace("readyz", "livez")).statusCode())
                    .isEqualTo(200);
            assertThat(service.leads()).isTrue();
            assertThat(service.output()).doesNotContain("event=leads-no-more");
        } finally {
            for (SocketChannel stranger : strangers) {
                stranger.close();
            }
        }
    }

    /** Sends what the other side takes. */
    private static void send(SocketChannel stranger, byte[] bytes) {
        try {
            stranger.write(ByteBuffer.wrap(bytes));
        } catch (IOException e) {
            // It was cut off.
        }
    }

    private static HttpResponse<String> get(String address)
            throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                    HttpRequest.newBuilder(URI.create(address)).build(),
                    HttpResponse.BodyHandlers.ofString());
        }
    }
}
