package io.chaosrunner.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.run.RunBench;
import io.chaosrunner.testing.EngineWorld;
import io.chaosrunner.testing.TamperedCluster;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.ObjectNode;

@Execution(ExecutionMode.CONCURRENT)
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

    /** The engine was read when nothing ran, and its pods when the next run had begun. */
    @Test
    void aRunThatBeginsMeanwhileIsNotTakenForTheRestOfAnother() {
        var world = EngineWorld.start().listing("a").script("a", "hang helper");
        try (RunBench bench = new RunBench(world, Caller.PERSON);
                var cluster = world.connect()) {
            world.edit("{'status': {'engineStatus': ''}}");
            var before = new AtomicReference<>(world.engine().json());
            var result = bench.begin();
            RunBench.until(() -> world.names(Resource.PODS).toString().contains("helper"));
            var stop =
                    new EngineStop(
                            TamperedCluster.of(
                                    cluster,
                                    (verb, resource, args, call) -> {
                                        ObjectNode seen =
                                                verb.equals("get") && resource == Resource.ENGINES
                                                        ? before.getAndSet(null)
                                                        : null;
                                        return seen == null ? call.goOn() : Optional.of(seen);
                                    }),
                            StrategyCatalogue.onClassPath(),
                            Clock.systemUTC(),
                            bench.notices::add,
                            "process-2");

            assertThat(stop.stop(EngineWorld.ENGINE, Duration.ofMinutes(1), false))
                    .isEqualTo(
                            new EngineStop.Outcome.NotStopped(
                                    world.claim().run()
                                            + " began meanwhile; stop again to stop it"));
            assertThat(world.count("delete", "pods")).isZero();
            bench.stop("the test is over");
            RunBench.finished(result);
        }
    }
}
