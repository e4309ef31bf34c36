package io.chaosrunner.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.config.Allowed;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.status.RunListener;
import io.chaosrunner.testing.EngineWorld;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** One namespace fills all places with runs that do not end, and another has a schedule. */
class GreedyNamespaceTest {

    @Test
    void anotherNamespacesFiresStartAllTheSame() {
        try (EngineWorld world = world();
                Fabric8Cluster cluster = world.connect();
                ScheduleService service =
                        ScheduleService.start(
                                cluster,
                                new ScheduleService.Options(
                                        List.of(""),
                                        Set.of("kube-system"),
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
                                new Quiet())) {
            await().atMost(Duration.ofMinutes(2)).until(() -> running(cluster) == 2);

            world.edit("{'metadata': {'annotations': {'chaosrunner.io/schedule': 'every: 1s'}}}");
            await().atMost(Duration.ofMinutes(2))
                    .until(() ->
                            Claim.of(world.engine())
                                    .filter(claim -> claim.run().number() >= 3)
                                    .isPresent());

            assertThat(running(cluster)).isEqualTo(2);
            assertThat(cluster.list(Resource.JOBS, "kube-system", ""))
                    .as("what is left out has engines that are due as well")
                    .isEmpty();
            assertThat(service.trouble()).isEmpty();
        }
    }

    private static EngineWorld world() {
        EngineWorld world =
                EngineWorld.start()
                        .script("stuck", "pending=1h")
                        .engineWith(
                                "{'metadata': {'annotations': {'chaosrunner.io/schedule': 'at: 2099-01-01T00:00:00Z'}},"
                                        + " 'spec': {'engineState': 'stop'}, 'status': {'engineStatus': ''}}",
                                "a");
        stuck(world, "kube-system", "s");
        for (int i = 0; i < 6; i++) {
            stuck(world, "greedy", "g" + i);
        }
        return world;
    }

    private static void stuck(EngineWorld world, String namespace, String name) {
        world.load(
                EngineWorld.json(
                        """
                        {'apiVersion': 'litmuschaos.io/v1alpha1', 'kind': 'ChaosEngine',
                         'metadata': {'name': '%s', 'namespace': '%s',
                                      'annotations': {'chaosrunner.io/schedule': 'now: true'}},
                         'spec': {'engineState': 'stop', 'chaosServiceAccount': 'sa',
                                  'experiments': [{'name': 'stuck'}]}}
                        """
                                .formatted(name, namespace)));
        world.server().ensureExperiments(namespace, name);
    }

    private static long running(Fabric8Cluster cluster) {
        return cluster.list(Resource.JOBS, "greedy", "").size();
    }

    private static final class Quiet implements ServiceListener {
        @Override
        public RunListener run(EngineRef engine) {
            return notice -> {};
        }

        @Override
        public void note(EngineRef engine, String event, String message) {}

        @Override
        public void note(String event, String message) {}
    }
}
