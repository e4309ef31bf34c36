package io.chaosrunner.scheduler;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.claim.FireLedger;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Cluster.Following;
import io.chaosrunner.cluster.Cluster.Listener;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.job.RunnerJob;
import io.chaosrunner.model.Fire;
import io.chaosrunner.testing.EngineWorld;
import io.chaosrunner.testing.TamperedCluster;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.ObjectNode;

/** News of engines, and of the Jobs of their runs, in any order. */
class LeaderTermTest {
    private static final RunnerJob PODS =
            new RunnerJob("registry.test/chaos-runner:1", "chaos-runner", List.of(), Map.of());

    private final Serving service = new Serving();
    private final Map<Resource, Listener> listeners = new ConcurrentHashMap<>();

    @AfterEach
    void computeNothingMore() {
        service.close();
    }

    /** Its schedule is gone, and nothing claimed it: only the Job tells that there is work. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aJobIsTidiedWhicheverOfItAndItsEngineIsHeardOfFirst(boolean engineFirst) {
        service.launch = ServiceLaunch.POD;
        service.pods = Optional.of(PODS);
        try (EngineWorld world =
                        EngineWorld.start()
                                .engineWith(
                                        "{'spec': {'engineState': 'stop'}, 'status': {'engineStatus': ''}}",
                                        "a")
                                .script("", "hang");
                Cluster cluster = world.connect()) {
            String uid = world.engine().uid();
            String fire = FireLedger.handOver(new Fire(Instant.EPOCH, "gone"));
            cluster.create(Resource.JOBS, "n", PODS.of(EngineWorld.ENGINE, uid, fire));
            ObjectNode job = world.list(Resource.JOBS).getFirst();
            long before = world.count("list", "jobs");

            try (LeaderTerm term =
                    LeaderTerm.begin(
                            service.context(deaf(cluster), "schedule/1"),
                            List.of("n"),
                            Set.of(),
                            false)) {
                if (engineFirst) {
                    hear(Resource.ENGINES, world.engine().json());
                    hear(Resource.JOBS, job);
                } else {
                    hear(Resource.JOBS, job);
                    hear(Resource.ENGINES, world.engine().json());
                }
                assertThat(term.scheduled()).isEqualTo(1);
                // It was seen, and is waited for: for a while.
                await().atMost(Duration.ofMinutes(1))
                        .until(() -> world.count("list", "jobs") > before);
            }
        }
    }

    private void hear(Resource resource, ObjectNode object) {
        requireNonNull(listeners.get(resource)).present(object);
    }

    /** It tells nothing by itself. */
    private Cluster deaf(Cluster cluster) {
        return TamperedCluster.of(
                cluster,
                (verb, resource, args, call) -> {
                    if (verb.equals("follow")) {
                        listeners.put(resource, (Listener) args[args.length - 1]);
                        return (Following) () -> {};
                    }
                    return call.goOn();
                });
    }
}
