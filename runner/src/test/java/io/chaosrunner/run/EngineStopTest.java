package io.chaosrunner.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.cluster.Resource;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.status.Start.Caller;
import io.chaosrunner.testing.EngineWorld;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EngineStopTest {

    /** What it launched bears its uid, and nobody else would look for that. */
    @ParameterizedTest(name = "made anew: {0}")
    @ValueSource(booleans = {true, false})
    void whatAnEngineThatGoesMeanwhileLeavesIsRemoved(boolean madeAnew) {
        var world = EngineWorld.start().listing("a").script("a", "hang helper");
        try (RunBench bench = new RunBench(world, Caller.PERSON);
                var cluster = world.connect()) {
            world.edit("{'status': {'engineStatus': ''}}");
            var result = bench.begin();
            RunBench.until(() -> world.names(Resource.PODS).toString().contains("helper"));
            bench.leave("killed");
            RunBench.finished(result);
            var gone = new AtomicBoolean();
            world.onRequest(request -> {
                if (request.verb().equals("patch") && gone.compareAndSet(false, true)) {
                    world.delete(Resource.ENGINES, "e");
                    if (madeAnew) {
                        world.listing("a");
                    }
                }
            });
            var stop =
                    new EngineStop(
                            cluster,
                            StrategyCatalogue.onClassPath(),
                            Clock.systemUTC(),
                            bench.notices::add,
                            "process-2");

            assertThat(stop.stop(EngineWorld.ENGINE, Duration.ofMinutes(1), false))
                    .isInstanceOf(EngineStop.Outcome.Stopped.class);
            assertThat(gone).isTrue();
            assertThat(world.names(Resource.PODS)).isEmpty();
        }
    }
}
