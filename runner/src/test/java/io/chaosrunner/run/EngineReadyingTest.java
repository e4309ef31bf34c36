package io.chaosrunner.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.run.EngineReadying.Launch;
import io.chaosrunner.testing.EngineWorld;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class EngineReadyingTest {
    private static final String LAST =
            "{'spec': {'engineState': 'stop'}, 'status': {'engineStatus': 'completed',"
                    + " 'experiments': [{'name': 'a', 'status': 'Completed', 'verdict': 'Pass'}]}}";

    @Test
    void anEngineThatNoOperatorTookHasItsLastVerdictsAgain() {
        try (EngineWorld world = world();
                Cluster cluster = world.connect()) {
            Engine before = world.engine();
            var readying = new EngineReadying(cluster);
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
            var readying = new EngineReadying(cluster);
            readying.ready(before.ref(), Optional.empty(), Launch.OPERATOR, false);
            world.edit("{'status': {'engineStatus': 'initialized'}}");

            readying.takeBack(before);

            assertThat(world.engine().statusEntries()).isEmpty();
            assertThat(world.engine().engineState()).isEqualTo("stop");
        }
    }

    private static EngineWorld world() {
        EngineWorld world = EngineWorld.start().listing("a");
        world.edit(LAST);
        return world;
    }
}
