package io.chaosrunner.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.control.EngineLaunch.Launch;
import io.chaosrunner.control.EngineLaunch.Readied;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.testing.EngineWorld;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class EngineLaunchTest {
    private static final String LAST =
            "{'spec': {'engineState': 'stop'}, 'status': {'engineStatus': 'completed',"
                    + " 'experiments': [{'name': 'a', 'status': 'Completed', 'verdict': 'Pass'}]}}";

    @Test
    void anEngineThatNoOperatorTookHasItsLastVerdictsAgain() {
        try (EngineWorld world = world();
                Cluster cluster = world.connect()) {
            Engine before = world.engine();
            var readying = new EngineLaunch(cluster);
            readying.ready(before.ref(), Optional.empty(), Launch.OPERATOR, false);
            assertThat(world.engine().statusEntries()).isEmpty();

            readying.takeBack(before);

            assertThat(world.engine().statusEntries()).isEqualTo(before.statusEntries());
            assertThat(world.engine().engineState()).isEqualTo("stop");
        }
    }

    @Test
    void anEngineThatTheOperatorTookKeepsWhatItsRunnerWrote() {
        try (EngineWorld world = world();
                Cluster cluster = world.connect()) {
            Engine before = world.engine();
            var readying = new EngineLaunch(cluster);
            readying.ready(before.ref(), Optional.empty(), Launch.OPERATOR, false);
            world.edit("{'status': {'engineStatus': 'initialized'}}");

            readying.takeBack(before);

            assertThat(world.engine().statusEntries()).isEmpty();
            assertThat(world.engine().engineState()).isEqualTo("stop");
        }
    }

    @Test
    void anEngineWhoseRunnerTheOperatorWouldTakeAStrangersPodForIsNotHandedToIt() {
        try (EngineWorld world = world();
                Cluster cluster = world.connect()) {
            world.load(
                    EngineWorld.json(
                            "{'apiVersion': 'v1', 'kind': 'Pod', 'metadata': {'name': 'e-runner',"
                                    + " 'namespace': 'n'}, 'spec': {'containers': [{'name': 'c',"
                                    + " 'image': 'gitlab'}]}}"));
            Engine before = world.engine();
            var readying = new EngineLaunch(cluster);

            assertThat(readying.ready(before.ref(), Optional.empty(), Launch.OPERATOR, false))
                    .isInstanceOfSatisfying(
                            Readied.Refused.class,
                            refused -> assertThat(refused.why()).contains("pod n/e-runner"));
            assertThat(world.engine().json()).isEqualTo(before.json());
            assertThat(readying.ready(before.ref(), Optional.empty(), Launch.DIRECT, false))
                    .isInstanceOf(Readied.Ready.class);
        }
    }

    @Test
    void anEngineThatWasMadeAnewIsNotTakenBack() {
        try (EngineWorld world = world();
                Cluster cluster = world.connect()) {
            Engine before = world.engine();
            world.delete(Resource.ENGINES, "e");
            world.listing("a");

            new EngineLaunch(cluster).takeBack(before);

            assertThat(world.engine().engineState()).isEqualTo("active");
        }
    }

    @Test
    void theOperatorIsNotToldToStopAnEngineThatWasMadeAnew() {
        try (EngineWorld world = world();
                Cluster cluster = world.connect()) {
            Engine before = world.engine();
            world.delete(Resource.ENGINES, "e");
            world.listing("a");

            assertThatThrownBy(() -> EngineStop.tellOperator(cluster, before))
                    .isInstanceOf(ClusterException.class);

            assertThat(world.engine().engineState()).isEqualTo("active");
        }
    }

    private static EngineWorld world() {
        EngineWorld world = EngineWorld.start().listing("a");
        world.edit(LAST);
        return world;
    }
}
