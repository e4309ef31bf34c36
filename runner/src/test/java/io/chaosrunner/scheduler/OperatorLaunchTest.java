package io.chaosrunner.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.claim.FireLedger;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.config.Allowed;
import io.chaosrunner.testing.EngineWorld;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests of the service where the chaos-operator launches runs. */
class OperatorLaunchTest extends ServiceStage {
    /** A GitLab runner beside an engine {@code gitlab} is such a pod. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{'labels': {'app': 'e', 'app.kubernetes.io/component': 'chaos-runner'}}",
                "{'labels': {'chaosUID': 'of-another-engine'}}",
            })
    void aStrangersPodThatHasTheNameOfTheRunnerIsLeftAloneAndNothingIsHandedOver(String metadata) {
        try (EngineWorld world = world("now: true").load(runner(metadata));
                Cluster cluster = world.connect()) {
            launch = ServiceLaunch.OPERATOR;
            ServiceSchedule driven = driven(world.engine(), cluster, "schedule/1");

            assertThat(driven.step()).isPresent();

            assertThat(world.names(Resource.PODS)).containsExactly("e-runner");
            assertThat(world.engine().engineState()).isEqualTo("stop");
            assertThat(world.engine().annotation(FireLedger.HANDED_OVER)).isEmpty();
            assertThat(world.message("ChaosScheduleRefused"))
                    .contains("pod n/e-runner does not belong to ChaosEngine n/e");
            assertThat(world.count("delete", "pods")).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'labels': {'chaosUID': 'THIS'}}",
                "{'ownerReferences': [{'apiVersion': 'litmuschaos.io/v1alpha1', 'kind': 'ChaosEngine',"
                        + " 'name': 'e', 'uid': 'THIS', 'controller': true}]}",
            })
    void theLastRunnerOfThisEngineMakesWayForTheNext(String metadata) {
        try (EngineWorld world = world("now: true");
                Cluster cluster = world.connect()) {
            world.load(runner(metadata.replace("THIS", world.engine().uid())));
            launch = ServiceLaunch.OPERATOR;
            ServiceSchedule driven = driven(world.engine(), cluster, "schedule/1");

            driven.step();
            await().atMost(Duration.ofMinutes(2)).until(() -> world.names(Resource.PODS).isEmpty());
            driven.step();

            assertThat(world.engine().annotation(FireLedger.HANDED_OVER)).isPresent();
            assertThat(world.engine().engineState()).isEqualTo("active");
        }
    }

    @Test
    void anEngineThatNamesWhatIsNotAllowedIsNotHandedToTheOperator() {
        try (EngineWorld world = world("now: true");
                Cluster cluster = world.connect()) {
            launch = ServiceLaunch.OPERATOR;
            allowed = Allowed.of(List.of("chaos-*"), List.of());
            driven(world.engine(), cluster, "schedule/1").step();

            assertThat(world.engine().annotation(FireLedger.HANDED_OVER)).isEmpty();
            assertThat(world.engine().engineState()).isEqualTo("stop");
            assertThat(world.message("ChaosScheduleRefused"))
                    .contains("spec.chaosServiceAccount: service account 'sa' is not allowed");
        }
    }
}
