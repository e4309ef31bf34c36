package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.claim.Claim;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The scheduling service beside an operator that nobody has changed for it. */
@NeedsControlPlane
@Timeout(600)
@Execution(ExecutionMode.CONCURRENT)
class ScheduleByOperatorTest {

    private final ServiceStage stage;

    ScheduleByOperatorTest(ControlPlane controlPlane) {
        stage = new ServiceStage(controlPlane);
        stage.operate();
    }

    @AfterEach
    void close() {
        stage.close();
    }

    @Test
    void everyFireGoesThroughTheOperatorToOneRunOfOneRunner() {
        stage.engine("often", "every: 10s", "after=100ms");
        stage.service("--launch=operator");

        var runs = new TreeMap<Instant, Set<Long>>();
        stage.eventually(() -> {
            stage.claim("often")
                    .ifPresent(claim ->
                            claim.fires()
                                    .started()
                                    .ifPresent(fire ->
                                            runs.computeIfAbsent(fire.at(), at -> new HashSet<>())
                                                    .add(claim.run().number())));
            return runs.size() >= 3;
        });

        assertThat(runs.values()).allSatisfy(ofOneFire -> assertThat(ofOneFire).hasSize(1));
        assertThat(stage.story()).contains("event=fire-handed-over");
        assertThat(stage.namespace.pods("app", "often")).hasSizeLessThanOrEqualTo(1);
    }

    @Test
    void whatRunsDirectlyTheOperatorLeavesAlone() {
        stage.engine("direct", "every: 3s", "after=100ms");
        stage.service("--launch=direct");

        stage.eventually(() -> stage.number("direct") >= 3);

        assertThat(stage.engine("direct").at("/status/engineStatus").asString("")).isEmpty();
        assertThat(stage.namespace.pods("app", "direct")).isEmpty();
        assertThat(stage.namespace.events("chaos-operator")).isEmpty();
    }

    @Test
    void anAbortByHandSuspendsTheScheduleUntilTheEngineIsActiveAgain() {
        stage.engine("aborted", "every: 10s", "after=1h");
        stage.service("--launch=operator");
        stage.eventually(() -> stage.namespace.jobs().size() == 1);

        stage.patch("ChaosEngine", "aborted", "{'spec':{'engineState':'stop'}}");
        stage.eventually(() -> engineStatus("aborted").equals("stopped"));
        stage.eventually(() ->
                stage.claim("aborted").orElseThrow().fires().skipped().stream()
                        .anyMatch(skipped -> skipped.reason().equals("suspended")));
        assertThat(stage.namespace.jobs()).isEmpty();

        stage.patch("ChaosEngine", "aborted", "{'spec':{'engineState':'active'}}");
        stage.eventually(() -> stage.number("aborted") >= 2);
    }

    @Test
    void aFireHasTheOperatorEndTheRunThatGoesOnAndBeginTheNext() {
        stage.engine("replaced", "{every: 30s, overlap: replace}", "hang");
        stage.service("--launch=operator");
        // Not its Job: where pods are slow to start, the next fire comes before there is one.
        stage.eventually(() -> stage.number("replaced") == 1);
        Claim first = stage.claim("replaced").orElseThrow();

        stage.eventually(() -> stage.number("replaced") >= 2);

        assertThat(stage.story()).contains("event=replacing");
        assertThat(stage.claim("replaced").orElseThrow().fires().started().orElseThrow().at())
                .isAfter(first.fires().started().orElseThrow().at());
        assertThat(
                        stage.engine("replaced")
                                .at("/metadata/annotations/chaosrunner.io~1replaced")
                                .asString(""))
                .as("from the next fire on, a stop is a human's")
                .isNotEqualTo(first.run().id());
        assertThat(stage.claim("replaced").orElseThrow().fires().skipped())
                .noneMatch(skipped -> skipped.reason().equals("suspended"));
    }

    @Test
    void aStrangersPodThatHasTheNameOfTheEnginesRunnerIsLeftAlone() {
        var pods = stage.namespace.admin().pods().inNamespace(stage.namespace.name());
        var strangers =
                pods.resource(
                                new PodBuilder()
                                        .withNewMetadata()
                                        .withName("gitlab-runner")
                                        .endMetadata()
                                        .withNewSpec()
                                        .addNewContainer()
                                        .withName("runner")
                                        .withImage("gitlab/gitlab-runner")
                                        .endContainer()
                                        .endSpec()
                                        .build())
                        .create();
        stage.engine("gitlab", "every: 10s", "after=100ms");
        stage.service("--launch=operator");

        stage.eventually(() -> stage.story().contains("event=schedule-refused"));

        assertThat(stage.story()).contains("gitlab-runner does not belong to ChaosEngine");
        assertThat(pods.withName("gitlab-runner").get().getMetadata())
                .satisfies(pod -> {
                    assertThat(pod.getUid()).isEqualTo(strangers.getMetadata().getUid());
                    assertThat(pod.getDeletionTimestamp()).isNull();
                });
        assertThat(stage.claim("gitlab").filter(Claim::isOfRun)).isEmpty();
    }

    private String engineStatus(String engine) {
        return stage.engine(engine).at("/status/engineStatus").asString("");
    }
}
