package io.chaosrunner.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.run.EngineRun;
import io.chaosrunner.run.RunRequest;
import io.chaosrunner.run.RunResult;
import io.chaosrunner.sandbox.SandboxServer;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.testing.SandboxTexts;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is seen of a run from outside is what its own process tells. */
@Timeout(600)
class RunFollowerTest {

    private static final EngineRef ENGINE = new EngineRef("default", "nginx");
    private static final Duration LONG = Duration.ofSeconds(50);

    private SandboxServer server;
    private Cluster cluster;

    @BeforeEach
    void start() {
        server = SandboxServer.start(SandboxServer.Options.DEFAULT.withSpeed(20));
        cluster = Fabric8Cluster.connect(server.url());
        SandboxTexts.load(
                server,
                """
                apiVersion: litmuschaos.io/v1alpha1
                kind: ChaosEngine
                metadata:
                  name: nginx
                  annotations:
                    chaosrunner.io/execution: |
                      strategy: dag
                      dependencies: {c: [b.passed]}
                spec:
                  chaosServiceAccount: chaos
                  experiments:
                    - {name: a}
                    - name: b
                      spec:
                        components:
                          experimentAnnotations:
                            sandbox.chaosrunner.io/scenario: verdict=Fail
                    - {name: c}
                """);
        server.ensureExperiments("default", "nginx");
    }

    @AfterEach
    void stop() {
        cluster.close();
        server.close();
    }

    private void run(List<RunNotice> notices) {
        new EngineRun(
                        cluster,
                        new RunRequest(
                                ENGINE,
                                Caller.PERSON,
                                Optional.empty(),
                                Optional.empty(),
                                Map.of(),
                                "test"),
                        StrategyCatalogue.onClassPath(),
                        Clock.systemUTC(),
                        notices::add)
                .run();
    }

    private RunResult follow(List<RunNotice> notices, Duration toBegin) {
        return new RunFollower(cluster, ENGINE, Clock.systemUTC(), notices::add)
                .await(toBegin, LONG);
    }

    @Test
    void itTellsWhatTheRunItselfTells() throws InterruptedException {
        List<RunNotice> own = Collections.synchronizedList(new ArrayList<>());
        List<RunNotice> seen = new ArrayList<>();
        Thread runner = Thread.ofPlatform().start(() -> run(own));

        RunResult result = follow(seen, LONG);

        runner.join();
        assertThat(result).isInstanceOf(RunResult.Completed.class);
        assertThat(words(seen)).containsExactlyInAnyOrderElementsOf(words(own));
    }

    @Test
    void aRunThatIsOverIsToldAtOnce() {
        List<RunNotice> own = new ArrayList<>();
        run(own);
        List<RunNotice> seen = new ArrayList<>();

        RunResult result = follow(seen, Duration.ofMillis(1));

        assertThat(result)
                .isInstanceOfSatisfying(
                        RunResult.Completed.class,
                        completed -> assertThat(completed.entries()).hasSize(3));
        assertThat(words(seen)).contains("ended a Pass", "ended b Fail", "skipped c", "finished");
    }

    @Test
    void whatNobodyBeginsIsRefused() {
        assertThat(follow(new ArrayList<>(), Duration.ofMillis(1)))
                .isInstanceOfSatisfying(
                        RunResult.Refused.class,
                        refused -> assertThat(refused.why()).contains("nothing has begun"));
    }

    @Test
    void whoeverGivesUpBeforeAnythingBeganWaitsNoLonger() {
        var followed = new RunFollower(cluster, ENGINE, Clock.systemUTC(), each -> {});
        followed.leaveUnlessBegun("interrupted");

        assertThat(followed.await(Duration.ofMinutes(5), Duration.ofMinutes(5)))
                .isEqualTo(new RunResult.Left("interrupted before anything was launched", false));
        assertThat(followed.hasBegun()).isFalse();
    }

    @Test
    void anEngineThatGoesEndsTheWait() throws InterruptedException {
        List<RunNotice> seen = new ArrayList<>();
        Thread remover =
                Thread.ofPlatform()
                        .start(() ->
                                cluster.delete(
                                        Resource.ENGINES,
                                        "default",
                                        "nginx",
                                        cluster.get(Resource.ENGINES, "default", "nginx")
                                                .orElseThrow()
                                                .at("/metadata/uid")
                                                .asString(),
                                        Cluster.Propagation.BACKGROUND));

        assertThat(follow(seen, LONG)).isInstanceOf(RunResult.Left.class);
        remover.join();
    }

    /** What both can know; a short-lived state may be written over before anybody else sees it. */
    private static List<String> words(List<RunNotice> notices) {
        var words = new ArrayList<String>();
        for (RunNotice notice : List.copyOf(notices)) {
            switch (notice) {
                case RunNotice.Started started ->
                        words.add(
                                "%s %s %d"
                                        .formatted(
                                                started.run(), started.strategy(), started.seed()));
                case RunNotice.Launched launched ->
                        words.add(
                                "launched %s as %s %s"
                                        .formatted(
                                                launched.experiment(),
                                                launched.job(),
                                                launched.why()));
                case RunNotice.Ended ended ->
                        words.add(
                                "ended %s %s"
                                        .formatted(
                                                ended.experiment(),
                                                ended.entry().verdict().word()));
                case RunNotice.Skipped skipped -> words.add("skipped " + skipped.experiment());
                case RunNotice.Finished finished -> words.add("finished");
                default -> {}
            }
        }
        return words;
    }
}
