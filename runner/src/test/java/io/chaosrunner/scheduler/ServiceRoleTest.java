package io.chaosrunner.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.FireLedger;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.config.Allowed;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.status.RunListener;
import io.chaosrunner.testing.EngineWorld;
import io.chaosrunner.testing.GrantedRights;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * No verb of the service's Role is there for nothing: what its runs need is what a runner's Role
 * has, which {@code RoleVerbsTest} takes apart, and of the rest each is taken away in turn.
 */
@Execution(ExecutionMode.CONCURRENT)
class ServiceRoleTest {
    private static final Path ROLE = Path.of("../deploy/schedules/rbac.yaml");
    private static final Path RUNNER = Path.of("../deploy/rbac/runner.yaml");

    private static final String WATCH = "watch chaosschedules";

    /** What is driven: it is what a right is for. */
    private enum Scenario {
        ENGINE {
            @Override
            EngineWorld world() {
                return engine("stop");
            }
        },
        /** An operator that comes later would run it. */
        ACTIVE_ENGINE {
            @Override
            EngineWorld world() {
                return engine("active");
            }
        },
        SCHEDULE {
            @Override
            EngineWorld world() {
                return EngineWorld.start()
                        .listing("a")
                        .load(
                                EngineWorld.json(
                                        """
                                        {'apiVersion': 'litmuschaos.io/v1alpha1', 'kind': 'ChaosSchedule',
                                         'metadata': {'name': 's', 'namespace': 'n'},
                                         'spec': {'schedule': {'now': true}, 'engineTemplateSpec':
                                           {'engineState': 'active', 'chaosServiceAccount': 'sa',
                                            'experiments': [{'name': 'a'}]}}}
                                        """));
            }
        },
        BESIDE_AN_OPERATOR {
            @Override
            EngineWorld world() {
                return engine("stop");
            }

            @Override
            ServiceLaunch launch() {
                return ServiceLaunch.OPERATOR;
            }
        };

        abstract EngineWorld world();

        ServiceLaunch launch() {
            return ServiceLaunch.DIRECT;
        }

        static EngineWorld engine(String state) {
            return EngineWorld.start()
                    .engineWith(
                            """
                            {'metadata': {'annotations': {'chaosrunner.io/schedule': 'now: true'}},
                             'spec': {'engineState': '%s'}, 'status': {'engineStatus': ''}}
                            """
                                    .formatted(state),
                            "a");
        }
    }

    static Stream<Arguments> rights() {
        return Stream.of(
                Arguments.of("list chaosengines", Scenario.ENGINE),
                Arguments.of("create chaosengines", Scenario.SCHEDULE),
                Arguments.of("update chaosengines", Scenario.ACTIVE_ENGINE),
                Arguments.of("list chaosschedules", Scenario.SCHEDULE),
                Arguments.of("patch chaosschedules", Scenario.SCHEDULE),
                Arguments.of("get pods", Scenario.BESIDE_AN_OPERATOR),
                Arguments.of("get leases", Scenario.ENGINE),
                Arguments.of("create leases", Scenario.ENGINE),
                Arguments.of("patch leases", Scenario.ENGINE));
    }

    @ParameterizedTest
    @MethodSource("rights")
    void withoutAVerbTheServiceSaysWhatItMayNot(String right, Scenario scenario) {
        TreeSet<String> granted = GrantedRights.of(ROLE);
        assertThat(granted.remove(right)).isTrue();
        try (EngineWorld world = scenario.world();
                Fabric8Cluster cluster = world.connect()) {
            GrantedRights.refuseAllBut(world, granted);
            var said = new CopyOnWriteArrayList<String>();
            String refused = "cannot %s resource \"%s\"".formatted((Object[]) right.split(" "));
            try (ScheduleService service = service(cluster, scenario.launch(), said)) {
                await().atMost(Duration.ofMinutes(2))
                        .untilAsserted(() -> {
                            service.trouble().ifPresent(said::add);
                            assertThat(said).anyMatch(one -> one.contains(refused));
                        });
            } catch (ClusterException e) {
                assertThat(e).hasMessageContaining(refused);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("scenarios")
    void withTheWholeRoleARunBeginsAndNothingIsRefused(Scenario scenario) {
        try (EngineWorld world = scenario.world();
                Fabric8Cluster cluster = world.connect()) {
            GrantedRights.refuseAllBut(world, GrantedRights.of(ROLE));
            var said = new CopyOnWriteArrayList<String>();
            try (ScheduleService service = service(cluster, scenario.launch(), said)) {
                await().atMost(Duration.ofMinutes(2))
                        .until(() ->
                                world.list(Resource.ENGINES).stream()
                                        .map(Engine::new)
                                        .anyMatch(ServiceRoleTest::isRunOrHandedOver));
                assertThat(service.trouble()).isEmpty();
            }
            assertThat(said).noneMatch(one -> one.contains("cannot "));
        }
    }

    private static boolean isRunOrHandedOver(Engine engine) {
        return Claim.of(engine).isPresent()
                || engine.annotation(FireLedger.HANDED_OVER).isPresent();
    }

    static Stream<Scenario> scenarios() {
        return Stream.of(Scenario.values());
    }

    /** What may not be watched is read again and again: the comfort is gone, and nothing else. */
    @Test
    void withoutWatchingChaosSchedulesTheyAreRead() {
        TreeSet<String> granted = GrantedRights.of(ROLE);
        assertThat(granted.remove(WATCH)).isTrue();
        try (EngineWorld world = Scenario.SCHEDULE.world();
                Fabric8Cluster cluster = world.connect()) {
            GrantedRights.refuseAllBut(world, granted);
            try (ScheduleService service =
                    service(cluster, ServiceLaunch.DIRECT, new CopyOnWriteArrayList<>())) {
                // Two lists tell that schedules can be read, and which there are.
                await().atMost(Duration.ofMinutes(2))
                        .until(() -> world.count("list", "chaosschedules") > 2);
                assertThat(service.trouble()).isEmpty();
            }
            assertThat(world.count("watch", "chaosschedules")).isZero();
        }
    }

    @Test
    void noVerbOfTheRoleIsForgotten() {
        var covered = new TreeSet<>(GrantedRights.of(RUNNER));
        covered.add(WATCH);
        rights().forEach(each -> covered.add((String) each.get()[0]));
        assertThat(GrantedRights.of(ROLE)).isEqualTo(covered);
    }

    // ---- Props --------------------------------------------------------------------------------

    private static ScheduleService service(
            Fabric8Cluster cluster, ServiceLaunch launch, List<String> said) {
        return ScheduleService.start(
                cluster,
                new ScheduleService.Options(
                        List.of("n"),
                        Set.of(),
                        launch,
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
                        return notice -> said.add(notice.toString());
                    }

                    @Override
                    public void note(EngineRef engine, String event, String message) {
                        said.add(event + " " + message);
                    }

                    @Override
                    public void note(String event, String message) {
                        said.add(event + " " + message);
                    }
                });
    }
}
