package io.chaosrunner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.FireLedger.Skipped;
import io.chaosrunner.claim.SkipCause;
import io.chaosrunner.claim.Trigger;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Cluster.PatchType;
import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.sandbox.SandboxServer;
import io.chaosrunner.schedule.EngineSchedule;
import io.chaosrunner.testing.SandboxTexts;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** How {@code trigger} and {@code backfill} tell instants: each with how far away it is. */
@Timeout(300)
@ResourceLock(Resources.SYSTEM_OUT)
@ResourceLock(Resources.SYSTEM_ERR)
class InstantsOfRequestsTest {
    /** Three fires are past, hours ago, and none is near. */
    private final Instant first =
            Instant.now().truncatedTo(ChronoUnit.SECONDS).minus(Duration.ofMinutes(330));

    @TempDir private Path folder;
    private SandboxServer server;
    private Cluster cluster;
    private Path kubeconfig;

    @BeforeEach
    void start() throws IOException {
        server = SandboxServer.start(SandboxServer.Options.DEFAULT.withSchemas(new CrdSchemas()));
        cluster = Fabric8Cluster.connect(server.url());
        kubeconfig = SandboxKubeconfig.in(folder, server.url());
        SandboxTexts.load(
                server,
                """
                apiVersion: litmuschaos.io/v1alpha1
                kind: ChaosEngine
                metadata:
                  name: nginx
                  annotations:
                    chaosrunner.io/schedule: '{every: 2h, from: "%s"}'
                spec: {engineState: stop, chaosServiceAccount: x, experiments: [{name: a}]}
                """
                        .formatted(first));
        annotate(
                Claim.ANNOTATION,
                EngineSchedule.of(engine())
                        .orElseThrow()
                        .skipping(
                                List.of(
                                        new Skipped(
                                                first,
                                                fire(2),
                                                3,
                                                "missed",
                                                SkipCause.MISSED,
                                                false)),
                                "schedule/test",
                                Instant.now())
                        .text());
    }

    @AfterEach
    void stop() {
        cluster.close();
        server.close();
    }

    private Instant fire(int number) {
        return first.plus(Duration.ofHours(2L * number));
    }

    private Engine engine() {
        return new Engine(cluster.get(Resource.ENGINES, "default", "nginx").orElseThrow());
    }

    private void annotate(String key, String text) {
        ObjectNode patch = JsonMapper.shared().createObjectNode();
        patch.putObject("metadata").putObject("annotations").put(key, text);
        cluster.patch(Resource.ENGINES, "default", "nginx", PatchType.MERGE, patch);
    }

    private Said say(String... words) {
        return Said.by(
                Stream.concat(Stream.of(words), Stream.of("--kubeconfig=" + kubeconfig))
                        .toArray(String[]::new));
    }

    private Said backfill(Instant from, Instant until) {
        return say("backfill", "nginx", "--dry-run", "--from=" + from, "--until=" + until);
    }

    @Test
    void backfillTellsHowLongAgoEachFireWas() {
        Said said = backfill(first, Instant.now());

        assertThat(said.out().lines().limit(3))
                .as(said.toString())
                .containsExactly(
                        fire(0) + " (5h ago)", fire(1) + " (3h ago)", fire(2) + " (1h ago)");
        assertThat(said.out()).contains("3 past fires would be run");
    }

    @Test
    void backfillTellsHowFarAwayTheRangeIsInWhichThereIsNothingToRun() {
        Instant from = fire(2).plusSeconds(1);

        Said said = backfill(from, from.plus(Duration.ofDays(3)));

        assertThat(said.err())
                .contains(
                        "no fire from %s (1h ago) to %s (1h ago) is past".formatted(from, fire(2)));
        assertThat(said.exitCode()).isEqualTo(4);
    }

    @Test
    void triggerTellsHowLongARequestHasWaited() {
        Instant asked = Instant.now().truncatedTo(ChronoUnit.SECONDS).minusSeconds(1_805);
        annotate(
                Trigger.ANNOTATION,
                new Trigger(
                                "r-1",
                                asked,
                                asked.plus(Duration.ofHours(1)),
                                "",
                                "jane@laptop",
                                "",
                                false)
                        .text());

        Said said = say("trigger", "nginx", "--dry-run");

        assertThat(said.err())
                .containsPattern(
                        "the trigger of %s \\(3\\dm ago\\) by jane@laptop \\(--id r-1\\) waits already"
                                .formatted(asked));
        assertThat(said.exitCode()).isEqualTo(4);
    }
}
