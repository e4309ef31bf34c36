package io.chaosrunner.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.HotSpotDiagnosticMXBean.ThreadDumpFormat;
import io.chaosrunner.claim.Claim;
import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.config.Allowed;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.status.RunListener;
import io.chaosrunner.testing.EngineWorld;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Every thread of a running service that goes on for long is begun again when it fails. */
@Isolated("It looks at all threads of the JVM.")
class SupervisionTest {
    private static final String SUPERVISED = "io.chaosrunner.cluster.LongLived.run";

    /**
     * What goes on for one run: it fails with its run, which is told, and the lane of the engine
     * takes the run up again.
     */
    private static final Set<String> OF_A_RUN =
            Set.of("io.chaosrunner.engine.EngineWriter.write", "io.chaosrunner.attempt.Mailbox");

    /** One question of the elector; whoever asks waits for it for a bounded time. */
    private static final String QUESTION = "io.chaosrunner.cluster.Leadership.lambda$answer";

    @TempDir private Path folder;
    private int dumps;

    @Test
    void everyThreadThatDoesTheServicesWorkIsSupervised() {
        try (EngineWorld world =
                        EngineWorld.start()
                                .script("a", "pending=1h")
                                .engineWith(
                                        "{'metadata': {'annotations': {'chaosrunner.io/schedule': 'now: true'}},"
                                                + " 'spec': {'engineState': 'stop'}, 'status': {'engineStatus': ''}}",
                                        "a");
                Fabric8Cluster cluster = world.connect();
                ScheduleService service = service(cluster);
                HealthServer health =
                        HealthServer.start(
                                "127.0.0.1",
                                0,
                                service::standing,
                                service::trouble,
                                Optional.empty(),
                                why -> {})) {
            await().atMost(Duration.ofMinutes(2))
                    .until(() ->
                            Claim.of(world.engine())
                                    .filter(claim -> claim.state() == Claim.State.RUNNING)
                                    .isPresent());

            var supervised = new TreeSet<String>();
            await().atMost(Duration.ofMinutes(2))
                    .untilAsserted(() -> {
                        var others = new ArrayList<JsonNode>();
                        for (JsonNode thread : threads()) {
                            if (frames(thread).contains(SUPERVISED)) {
                                supervised.add(
                                        thread.path("name").asString().replaceAll("\\d+", ""));
                            } else if (isOurs(thread)) {
                                others.add(thread);
                            }
                        }
                        assertThat(supervised)
                                .contains(
                                        "alarms",
                                        "compute-",
                                        "connections",
                                        "engine n/e",
                                        "follow chaosengines",
                                        "health",
                                        "lease-");
                        assertThat(others).isEmpty();
                    });
            assertThat(service.trouble()).isEmpty();
            assertThat(health.port()).isPositive();
        }
    }

    /** Tell whether a thread does work of the program, and not of this test or its API server. */
    private static boolean isOurs(JsonNode thread) {
        List<String> frames = frames(thread);
        Optional<String> root =
                frames.stream()
                        .filter(frame -> frame.startsWith("io.chaosrunner."))
                        .reduce((_, last) -> last);
        return root.isPresent()
                && !root.get().startsWith("io.chaosrunner.sandbox.")
                && !root.get().startsWith("io.chaosrunner.testing.")
                && !root.get().startsWith(QUESTION)
                && !root.get().contains("Test.")
                && OF_A_RUN.stream().noneMatch(root.get()::startsWith);
    }

    private static List<String> frames(JsonNode thread) {
        return thread.path("stack")
                .valueStream()
                .map(frame ->
                        frame.asString().replaceFirst("^[a-z.]+/+", "").replaceFirst("\\(.*", ""))
                .toList();
    }

    /** All threads, the virtual ones too, once each. */
    private List<JsonNode> threads() {
        Path file = folder.resolve("threads-" + dumps++ + ".json");
        try {
            ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                    .dumpThreads(file.toString(), ThreadDumpFormat.JSON);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        var seen = new HashSet<String>();
        return JsonMapper.shared()
                .readTree(file.toFile())
                .path("threadDump")
                .path("threadContainers")
                .valueStream()
                .flatMap(container -> container.path("threads").valueStream())
                .filter(thread -> seen.add(thread.path("tid").asString()))
                .toList();
    }

    private static ScheduleService service(Fabric8Cluster cluster) {
        return ScheduleService.start(
                cluster,
                new ScheduleService.Options(
                        List.of("n"),
                        Set.of(),
                        ServiceLaunch.DIRECT,
                        Optional.empty(),
                        "n",
                        "lease",
                        "1",
                        3,
                        Optional.empty(),
                        Allowed.ANYTHING,
                        false),
                StrategyCatalogue.load(Optional.empty()),
                Clock.systemUTC(),
                new ServiceListener() {
                    @Override
                    public RunListener run(EngineRef engine) {
                        return notice -> {};
                    }

                    @Override
                    public void note(EngineRef engine, String event, String message) {}

                    @Override
                    public void note(String event, String message) {}
                });
    }
}
