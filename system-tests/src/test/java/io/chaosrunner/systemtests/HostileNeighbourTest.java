package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.model.Fire;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Who may write ChaosEngines in one namespace does all that is known to have stopped the service,
 * at once; the service has its own Role, and another namespace's engine misses no fire.
 */
@NeedsControlPlane
@Timeout(900)
class HostileNeighbourTest {
    private static final Path FOLDER = Path.of("deploy", "schedules");
    private static final String ACCOUNT = "chaos-runner-schedule";
    private static final int RUNS = 6;

    /** A loaded machine is late, too; a fire that waits for a stranger is late for good. */
    private static final Duration LATEST = Duration.ofMinutes(1);

    private final ServiceStage stage;
    private final TestNamespace hostile;
    private final List<Socket> connections = new ArrayList<>();
    private final String role;

    HostileNeighbourTest(ControlPlane controlPlane) {
        stage = new ServiceStage(controlPlane);
        hostile = TestNamespace.create(controlPlane);
        role = ACCOUNT + "-" + hostile.name();
    }

    @AfterEach
    void close() throws IOException {
        for (Socket each : connections) {
            each.close();
        }
        hostile.admin().rbac().clusterRoles().withName(role).delete();
        try (stage) {
            hostile.close();
        }
    }

    @Test
    void noFireOfAnotherNamespaceIsLostOrLateWhateverSomebodyWritesInHis(TestReporter reporter)
            throws IOException, InterruptedException {
        apply("rbac.yaml", stage.namespace);
        apply("namespace.yaml", hostile);
        stage.engine("victim", "{every: 3s, overlap: queueAll}", "after=100ms");
        ServiceProcess service =
                stage.serviceOf(
                        ACCOUNT, "--launch=direct", "--namespace", hostile.name(), "--most-runs=4");
        stage.eventually(() -> stage.number("victim") >= 1);

        attack();
        occupyHealth(URI.create(service.health()));
        var late = new TreeMap<Long, Duration>();
        long before = stage.number("victim");
        stage.eventually(() -> {
            stage.claim("victim").ifPresent(claim -> note(claim, late));
            return late.size() >= RUNS && stage.number("victim") >= before + RUNS;
        });

        assertThat(health(service)).isEqualTo(200);
        Claim claim = stage.claim("victim").orElseThrow();
        assertThat(claim.fires().skipped()).as("lost fires").isEmpty();
        assertThat(late.values()).allMatch(each -> each.compareTo(LATEST) < 0);
        assertThat(stage.jobsPerRun("victim").values()).containsOnly(1L);
        assertThat(hostile.jobs())
                .as("three places of four are not one namespace's")
                .hasSizeLessThan(4);
        String said = service.output();
        assertThat(service.leads()).isTrue();
        assertThat(said)
                .doesNotContain("event=leads-no-more")
                .doesNotContain("this is a bug")
                .doesNotContain("\u001b")
                .doesNotContain("\n::error::");
        assertThat(said.lines()).allMatch(line -> line.length() < 10_000);
        assertThat(said).contains("put aside").contains("event=schedule-refused");
        reporter.publishEntry(
                "latest fire",
                late.values().stream().max(Duration::compareTo).orElseThrow().toMillis() + " ms");
    }

    private static void note(Claim claim, TreeMap<Long, Duration> late) {
        claim.fires()
                .started()
                .map(Fire::at)
                .filter(_ -> claim.isOfRun())
                .ifPresent(at ->
                        late.putIfAbsent(
                                claim.run().number(), Duration.between(at, claim.runStart())));
    }

    // ---- What is done to it --------------------------------------------------------------------

    private void attack() {
        // 1, 2, 14: claims.
        claim("far-away", "\"runStart\":\"+1000000000-12-31T23:59:59Z\",\"log\":\"0..0.1P\"");
        claim("many", "\"skipped\":{\"x\":\"0-2147483646\"}");
        claim("no-label", "\"id\":\"a,b in (c)\"");
        claim("below", "\"log\":\"-5..0.1P\"");
        // 3, 15: texts that are small and mean much, or are deep.
        scheduled("aliases", aliases());
        scheduled("deep", "[".repeat(100_000));
        // 5: schedules that take long, however they are looked at.
        scheduled("each-second", "{cron: '* * * * * ?', exclude: [%s]}".formatted(dates()));
        scheduled("odd-minutes", "{cron: '0 1/2 * * * ?', hours: '%s'}".formatted(evenMinutes()));
        // 10, 16: what is said of them.
        scheduled("escapes", "{every: 1h, \"\\e]52;c;x\\a\\n::error::x\\u202e\": 1}");
        scheduled(
                "unknown-keys",
                IntStream.range(0, 8_000)
                        .mapToObj(i -> "k" + i + ": 1")
                        .collect(Collectors.joining("\n", "every: 1h\n", "\n")));
        // 13: runs that never end.
        hostile.experiment("pod-delete");
        for (int i = 0; i < 5; i++) {
            scheduled("pending-" + i, "now: true");
        }
        // 4, 6: objects that are deep, and large.
        ObjectNode deep = engine("nested");
        deep.withObject("spec")
                .set("x", JsonMapper.shared().readTree("[".repeat(400) + "]".repeat(400)));
        create(deep);
        for (int i = 0; i < 6; i++) {
            ObjectNode large = engine("large-" + i);
            large.withObject("spec").put("auxiliaryAppInfo", "x".repeat(1_300_000));
            create(large);
        }
    }

    private void claim(String name, String fields) {
        ObjectNode engine = engine(name);
        engine.withObject("metadata")
                .withObject("annotations")
                .put(ServiceStage.SCHEDULE, "every: 1h")
                .put(
                        Claim.ANNOTATION,
                        """
                        {"form":2,"number":1,"id":"x","instance":"schedule/1/x","state":"running",\
                        "runStart":"2026-03-02T10:00:00Z","seed":7,"starts":1,"execution":{},"log":"",%s}\
                        """
                                .formatted(fields));
        create(engine);
    }

    private void scheduled(String name, String schedule) {
        ObjectNode engine = engine(name);
        engine.withObject("metadata")
                .withObject("annotations")
                .put("chaosrunner.io/schedule-anchor", "1971-01-01T00:00:00Z")
                .put(ServiceStage.SCHEDULE, schedule);
        create(engine);
    }

    private static ObjectNode engine(String name) {
        ObjectNode engine = JsonMapper.shared().createObjectNode();
        engine.put("apiVersion", "litmuschaos.io/v1alpha1").put("kind", "ChaosEngine");
        engine.withObject("metadata").put("name", name);
        engine.withObject("spec")
                .put("engineState", "stop")
                .putArray("experiments")
                .addObject()
                .put("name", "pod-delete");
        return engine;
    }

    private void create(ObjectNode engine) {
        String path =
                "/apis/litmuschaos.io/v1alpha1/namespaces/%s/chaosengines"
                        .formatted(hostile.name());
        assertThat(hostile.admin().raw(path, "POST", engine.toString())).isNotEmpty();
    }

    private static String aliases() {
        return IntStream.range(1, 25)
                .mapToObj(i -> "a%d: &a%d [*a%d, *a%d]\n".formatted(i, i, i - 1, i - 1))
                .collect(Collectors.joining("", "a0: &a0 [x]\n", ""));
    }

    private static String dates() {
        return IntStream.range(0, 9_000)
                .mapToObj(i -> LocalDate.of(1971, 1, 1).plusDays(2L * i).toString())
                .collect(Collectors.joining(", "));
    }

    private static String evenMinutes() {
        return IntStream.range(0, 720)
                .mapToObj(i ->
                        "%02d:%02d-%02d:%02d".formatted(i / 30, i % 30 * 2, i / 30, i % 30 * 2 + 1))
                .collect(Collectors.joining(","));
    }

    /** 12: requests that are not finished. */
    private void occupyHealth(URI health) throws IOException {
        for (int i = 0; i < 200; i++) {
            var socket = new Socket(InetAddress.getLoopbackAddress(), health.getPort());
            connections.add(socket);
            socket.getOutputStream()
                    .write("GET /livez HTTP/1.1\r\nX: ".getBytes(StandardCharsets.US_ASCII));
        }
    }

    private static int health(ServiceProcess service) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                            HttpRequest.newBuilder(URI.create(service.health())).build(),
                            HttpResponse.BodyHandlers.discarding())
                    .statusCode();
        }
    }

    /** Apply a file with the service's account in the victim's namespace. */
    private void apply(String file, TestNamespace into) throws IOException {
        try (var yaml =
                Files.newInputStream(
                        ControlPlaneBinaries.sourceRoot().resolve(FOLDER).resolve(file))) {
            for (HasMetadata object : into.admin().load(yaml).items()) {
                if (object instanceof ClusterRole) {
                    object.getMetadata().setName(role);
                } else {
                    object.getMetadata().setNamespace(into.name());
                }
                if (object instanceof RoleBinding binding) {
                    binding.getSubjects().getFirst().setNamespace(stage.namespace.name());
                    if (binding.getRoleRef().getKind().equals("ClusterRole")) {
                        binding.getRoleRef().setName(role);
                    }
                }
                into.admin().resource(object).create();
            }
        }
    }
}
