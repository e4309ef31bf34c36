package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.FireLedger.Skipped;
import io.chaosrunner.crd.Engine;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.node.ObjectNode;

/** Let an engine's schedule run it again and again, in the pod that the operator makes. */
@NeedsControlPlane
@Timeout(600)
class ScheduleTest {

    private static final String ENGINE = Stage.ENGINE;
    private static final Duration INTERVAL = Duration.ofSeconds(2);

    private final Stage stage;
    private final TestNamespace namespace;

    ScheduleTest(ControlPlane controlPlane) {
        stage = new Stage(controlPlane);
        namespace = stage.namespace;
        namespace.experiment("pod-delete");
        namespace.podDeleteSa();
    }

    @AfterEach
    void close() {
        stage.close();
    }

    /** Looks at every state the engine ever had, and counts what became of each fire. */
    private final class Ledger implements Watcher<GenericKubernetesResource> {
        private final Map<Long, Instant> fires = new TreeMap<>();
        private final Map<Long, List<Skipped>> skipped = new TreeMap<>();

        @Override
        public synchronized void eventReceived(Action action, GenericKubernetesResource object) {
            Claim.of(new Engine(json(object)))
                    .ifPresent(claim -> {
                        long run = claim.isOfRun() ? claim.run().number() : 0;
                        claim.fires().started().ifPresent(fire -> fires.put(run, fire.at()));
                        skipped.put(run, claim.fires().skipped());
                    });
        }

        @Override
        public void onClose(WatcherException cause) {}

        synchronized long runs() {
            return fires.size();
        }

        synchronized long skips() {
            return skipped.values().stream().flatMap(List::stream).mapToLong(Skipped::count).sum();
        }

        synchronized void isComplete() {
            Engine engine = engine();
            Instant last = Claim.of(engine).orElseThrow().fires().settled().orElseThrow().at();
            long expected = Duration.between(engine.created(), last).dividedBy(INTERVAL) + 1;
            assertThat(fires.values()).doesNotHaveDuplicates();
            assertThat(runs() + skips())
                    .as("runs %s, skips %s", fires, skipped)
                    .isEqualTo(expected);
        }
    }

    private ObjectNode json(Object object) {
        return (ObjectNode)
                tools.jackson.databind.json.JsonMapper.shared()
                        .readTree(namespace.admin().getKubernetesSerialization().asJson(object));
    }

    private Engine engine() {
        return new Engine(json(namespace.engine(ENGINE)));
    }

    private Ledger engine(String schedule, String scenario) {
        namespace
                .newEngine(ENGINE)
                .account("pod-delete-sa")
                .annotation("chaosrunner.io/schedule", schedule)
                .experiment("pod-delete", scenario)
                .create();
        var ledger = new Ledger();
        Watch watch =
                Litmus.engines(namespace.admin(), namespace.name()).named(ENGINE).watch(ledger);
        assertThat(watch).isNotNull();
        return ledger;
    }

    @Test
    void eachFireIsARunUntilTheScheduleIsOver() {
        Ledger ledger =
                engine("{every: 2s, maxRuns: 4}", "verdict=Fail after=100ms then after=100ms");
        RunnerPod.create(namespace, ENGINE).awaitCompletion(stage.kubelet);

        assertThat(engine().statusEntries()).hasSize(1);
        assertThat(namespace.entries(ENGINE).getFirst()).containsEntry("verdict", "Pass");
        assertThat(stage.createdJobs()).hasSize(4);
        TestNamespace.eventually(() -> ledger.runs() == 4);
        ledger.isComplete();
    }

    @Test
    void runnersThatAreKilledNeitherRepeatNorLoseAFire() {
        Ledger ledger = engine("{every: 2s, maxRuns: 6}", "after=1500ms");
        RunnerPod runner = RunnerPod.create(namespace, ENGINE);
        for (int kills = 1; kills <= 4; kills++) {
            long before = ledger.runs();
            await().atMost(Duration.ofMinutes(3)).until(() -> ledger.runs() > before);
            stage.kubelet.runner(runner.name()).kill();
        }
        runner.awaitCompletion(stage.kubelet);

        assertThat(stage.createdJobs()).hasSize(6);
        TestNamespace.eventually(() -> ledger.runs() == 6);
        ledger.isComplete();
    }

    @Test
    void suspendingTakesEffectWhileTheRunnerLives() {
        Ledger ledger = engine("{every: 2s, suspend: true}", "after=100ms");
        RunnerPod runner = RunnerPod.create(namespace, ENGINE);
        TestNamespace.eventually(() -> ledger.skips() > 0);
        assertThat(stage.createdJobs()).isEmpty();

        stage.patch(
                "{\"metadata\":{\"annotations\":{\"chaosrunner.io/schedule\":\"{every: 2s, maxRuns: 1}\"}}}");
        runner.awaitCompletion(stage.kubelet);

        assertThat(stage.createdJobs()).hasSize(1);
        TestNamespace.eventually(() -> ledger.runs() == 1);
        ledger.isComplete();
    }

    @Test
    void aBadScheduleLaunchesNothingAndSaysWhy() {
        Ledger ledger = engine("{cron: 0 61 * * * ?}", "after=100ms");
        RunnerPod.create(namespace, ENGINE).awaitCompletion(stage.kubelet);

        assertThat(ledger.runs()).isZero();
        assertThat(stage.createdJobs()).isEmpty();
        assertThat(namespace.events(ENGINE + "-runner"))
                .anyMatch(event ->
                        event.getMessage().contains("'61' at position 3 is not a minute (0-59)"));
    }
}
