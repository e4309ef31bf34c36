package io.chaosrunner.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.crd.Engine;
import io.chaosrunner.status.Claim;
import io.chaosrunner.status.EngineUpdate;
import io.chaosrunner.status.StatusEntry;
import io.chaosrunner.testing.EngineWorld;
import java.time.Clock;
import org.junit.jupiter.api.Test;

class EngineWriterTest {
    private static final String WAITING =
            """
            {'status': {'experiments': [
              {'name': 'a', 'status': 'Waiting for Job Creation', 'verdict': 'N/A',
               'experimentPod': 'Yet to be launched', 'runner': 'e-runner'}]}}
            """;
    private static final String OF_SOMEBODY =
            "{'status': {'experiments': [{'name': 'a', 'status': 'of somebody'}]}}";

    private final EngineWorld world = EngineWorld.start().listing("a");
    private final Fabric8Cluster cluster = world.connect();

    @Test
    void abandonedBetweenAReadingAndItsWriteItWritesNothingMore() {
        try (EngineWriter writing = writing()) {
            world.onRequest(request -> {
                switch (request.verb()) {
                    case "patch" -> world.edit(OF_SOMEBODY);
                    case "get" -> writing.abandon();
                    default -> throw new AssertionError(request.toString());
                }
            });
            long before = world.count("patch", "chaosengines");
            writing.entry(0, StatusEntry.waiting("a").aborted());
            writing.close();
            assertThat(world.count("patch", "chaosengines")).isEqualTo(before + 1);
            assertThat(world.entries()).containsExactly("a: of somebody/");
        }
    }

    /** Begin to write to the engine, as who has claimed it. */
    private EngineWriter writing() {
        world.edit(WAITING);
        Engine engine = engine();
        Claim claim = Claim.ofNoRun(engine, "process-1", Clock.systemUTC().instant());
        EngineWriter.Taken taken =
                EngineWriter.take(cluster, engine, EngineUpdate.claim(engine, claim)).orElseThrow();
        return new EngineWriter(
                cluster,
                taken.engine(),
                taken.mayPatch(),
                Clock.systemUTC(),
                new EngineWriter.Listener() {
                    @Override
                    public void refused(EngineWriter.Refusal refusal) {
                        throw new AssertionError(refusal.toString());
                    }

                    @Override
                    public void failed(RuntimeException why) {
                        throw new AssertionError(why);
                    }
                });
    }

    private Engine engine() {
        return new Engine(cluster.get(Resource.ENGINES, "n", "e").orElseThrow());
    }
}
