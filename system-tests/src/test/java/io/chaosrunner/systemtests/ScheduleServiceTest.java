package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.crd.Engine;
import io.chaosrunner.status.Claim;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The scheduling service as processes, on a real API server. */
@NeedsControlPlane
@Timeout(300)
class ScheduleServiceTest {

    private static final String SCHEDULE = "chaosrunner.io/schedule";
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final ControlPlane controlPlane;
    private final TestNamespace namespace;
    private final FakeKubelet kubelet;
    private final List<ServiceProcess> services = new ArrayList<>();

    ScheduleServiceTest(ControlPlane controlPlane) {
        this.controlPlane = controlPlane;
        namespace = TestNamespace.create(controlPlane);
        kubelet = FakeKubelet.start(namespace);
        namespace.experiment("pod-delete");
        namespace.powerful();
    }

    @AfterEach
    void close() {
        services.forEach(ServiceProcess::close);
        try (namespace;
                kubelet) {
            assertThat(kubelet).isNotNull();
        }
    }

    @Test
    void anEngineRunsAgainAndAgainAndEveryFireStartsOneRun() {
        engine("often", "every: 2s", "after=100ms");
        service();

        eventually(() -> number("often") >= 3);

        Map<String, Long> jobsPerRun = jobsPerRun("often");
        assertThat(jobsPerRun).hasSizeGreaterThanOrEqualTo(3);
        assertThat(jobsPerRun.values()).containsOnly(1L);
    }

    @Test
    void aStandByTakesOverWhereTheKilledLeaderLeftIt() {
        engine("long", "now: true", "after=20s");
        ServiceProcess first = service();
        eventually(() -> first.leads() && namespace.jobs().size() == 1);
        ServiceProcess second = service();
        eventually(() -> second.output().contains("event=standing-by"));

        first.kill();
        eventually(() -> second.output().contains("event=run-finished"));

        assertThat(second.output()).contains("event=run-resumed");
        assertThat(namespace.jobs()).hasSize(1);
        assertThat(namespace.entries("long"))
                .extracting(entry -> entry.get("verdict"))
                .containsExactly("Pass");
    }

    @Test
    void aLeaderThatIsAskedToEndLetsTheNextOneBeginAtOnce() throws InterruptedException {
        ServiceProcess first = service();
        eventually(first::leads);
        ServiceProcess second = service();
        eventually(() -> second.output().contains("event=standing-by"));

        int exitCode = first.terminate();
        eventually(second::leads);

        assertThat(exitCode).isZero();
        assertThat(first.output()).contains("event=leads-no-more");
    }

    @Test
    void aBadScheduleIsRefusedWithItsReasonAndTheOthersGoOn() {
        engine("bad", "cron: '0 0 25 * * ?'", "after=100ms");
        engine("good", "every: 2s", "after=100ms");
        ServiceProcess service = service();

        eventually(() -> number("good") >= 2);

        assertThat(number("bad")).isZero();
        assertThat(namespace.events("bad-runner"))
                .anySatisfy(event -> {
                    assertThat(event.getReason()).isEqualTo("ChaosScheduleRefused");
                    assertThat(event.getMessage()).contains("'25' at position 5");
                });
        assertThat(service.output()).contains("event=schedule-refused");
    }

    @Test
    void itTellsTheKubeletHowItIs() throws IOException, InterruptedException {
        ServiceProcess service = service();
        eventually(service::leads);
        eventually(() -> !service.health().isEmpty());

        HttpResponse<String> ready = get(service.health());
        HttpResponse<String> alive = get(service.health().replace("readyz", "livez"));

        assertThat(ready.statusCode()).isEqualTo(200);
        assertThat(ready.body()).contains("leads: 0 engines with schedules");
        assertThat(alive.statusCode()).isEqualTo(200);
    }

    private static HttpResponse<String> get(String address)
            throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                    HttpRequest.newBuilder(URI.create(address)).build(),
                    HttpResponse.BodyHandlers.ofString());
        }
    }

    // ---- Props --------------------------------------------------------------------------------

    private ServiceProcess service(String... arguments) {
        ServiceProcess service =
                ServiceProcess.start(
                        namespace,
                        controlPlane.kubeconfigFor(namespace.name(), "powerful"),
                        arguments);
        services.add(service);
        return service;
    }

    private void engine(String name, String schedule, String scenario) {
        namespace
                .newEngine(name)
                .spec("engineState", "stop")
                .account("powerful")
                .annotation(SCHEDULE, schedule)
                .experiment("pod-delete", scenario)
                .create();
    }

    private Optional<Claim> claim(String engine) {
        String json =
                namespace.admin().getKubernetesSerialization().asJson(namespace.engine(engine));
        return Claim.of(new Engine((ObjectNode) JsonMapper.shared().readTree(json)));
    }

    private long number(String engine) {
        return claim(engine).map(claim -> claim.run().number()).orElse(0L);
    }

    private Map<String, Long> jobsPerRun(String engine) {
        String uid = namespace.engine(engine).getMetadata().getUid();
        return namespace.jobs().stream()
                .filter(job -> uid.equals(label(job, "chaosUID")))
                .collect(
                        Collectors.groupingBy(
                                job -> label(job, "chaosrunner.io/run"),
                                TreeMap::new,
                                Collectors.counting()));
    }

    private static String label(Job job, String key) {
        return job.getMetadata().getLabels().getOrDefault(key, "");
    }

    private void eventually(BooleanSupplier holds) {
        try {
            await().atMost(LIMIT).pollInterval(Duration.ofMillis(50)).until(holds::getAsBoolean);
        } catch (ConditionTimeoutException e) {
            throw new AssertionError(
                    services.stream()
                            .map(ServiceProcess::output)
                            .collect(Collectors.joining("\n---\n")),
                    e);
        }
    }
}
