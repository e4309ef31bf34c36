package io.chaosrunner.ui;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.testing.EngineWorld;
import io.chaosrunner.testing.Engines;
import java.time.Clock;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class StopsTest {
    private static final EngineRef ENGINE = new EngineRef("n", "e");

    /** As a strategy's jar may. */
    @Test
    void aStopThatFailsWithAnErrorIsOverAndUntilThenNoOtherRunIsTakenForItsOwn() {
        var loads = new CountDownLatch(1);
        try (EngineWorld world = EngineWorld.start().listing("a");
                Cluster cluster = world.connect()) {
            claim(world, "abc");
            var stops =
                    new Stops(
                            cluster,
                            () -> {
                                await().until(() -> loads.getCount() == 0);
                                throw new NoClassDefFoundError("com/example/Missing");
                            },
                            Clock.systemUTC(),
                            "me",
                            ref -> {});

            assertThat(stops.begin(ENGINE, "abc")).isEmpty();
            assertThat(stops.begin(ENGINE, "abc")).as("asked twice").isEmpty();
            claim(world, "later");
            assertThat(stops.begin(ENGINE, "later"))
                    .hasValueSatisfying(
                            why -> assertThat(why).contains("an earlier run of it is still"));

            loads.countDown();
            stops.await();

            assertThat(stops.going()).isEmpty();
            assertThat(stops.of(ENGINE))
                    .hasValueSatisfying(end -> {
                        assertThat(end.over()).isTrue();
                        assertThat(end.good()).isFalse();
                        assertThat(end.words()).contains("com/example/Missing");
                    });
        }
    }

    private static void claim(EngineWorld world, String run) {
        String text =
                Engines.claim(Claim.State.RUNNING)
                        .text()
                        .replace("\"id\":\"abc\"", "\"id\":\"" + run + "\"");
        var patch = Engines.json("{}");
        patch.putObject("metadata").putObject("annotations").put(Claim.ANNOTATION, text);
        world.edit(Resource.ENGINES, "e", patch.toString());
    }
}
