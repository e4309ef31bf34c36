package io.chaosrunner.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.status.EnginePatch;
import io.chaosrunner.status.StatusEntry;
import io.chaosrunner.testing.EngineWorld;
import io.chaosrunner.testing.TamperedCluster;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CopyOnWriteArrayList;
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
        try (EngineWriter writing = writing(cluster)) {
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

    /** The claim itself is the first write, so two more within a second would be three. */
    @Test
    void aWriteWhoseAnswerIsLostCountsAmongTheTwoOfASecond() {
        var begun = new CopyOnWriteArrayList<Instant>();
        Cluster losing =
                TamperedCluster.of(
                        cluster,
                        (verb, resource, args, call) -> {
                            if (verb.equals("patch")) {
                                begun.add(Instant.now());
                            }
                            Object answer = call.goOn();
                            if (verb.equals("patch") && begun.size() == 2) {
                                // As when it was sent once more, and meets what it wrote itself.
                                throw new ClusterException(Kind.INVALID, "lost");
                            }
                            return answer;
                        });
        try (EngineWriter writing = writing(losing)) {
            writing.entry(0, StatusEntry.waiting("a").aborted());
            await().atMost(Duration.ofMinutes(2)).until(() -> begun.size() == 2);
            writing.entry(0, StatusEntry.waiting("a"));
            writing.close();
            assertThat(begun).hasSize(3);
            assertThat(begun.getLast()).isAfterOrEqualTo(begun.getFirst().plusSeconds(1));
        }
    }

    /** Begin to write to the engine, as who has claimed it. */
    private EngineWriter writing(Cluster cluster) {
        world.edit(WAITING);
        Engine engine = engine();
        Claim claim = Claim.ofNoRun(engine, "process-1", Clock.systemUTC().instant());
        EngineWriter.Taken taken =
                EngineWriter.take(cluster, engine, EnginePatch.claim(engine, claim)).orElseThrow();
        return new EngineWriter(
                cluster,
                taken.engine(),
                taken.mayPatch(),
                Clock.systemUTC(),
                Duration.ofSeconds(2),
                Duration.ofSeconds(1),
                new EngineWriter.Listener() {
                    @Override
                    public void refused(EngineWriter.Refusal refusal) {
                        throw new AssertionError(refusal.toString());
                    }

                    @Override
                    public void failed(RuntimeException why) {
                        throw new AssertionError(why);
                    }

                    @Override
                    public void hindered(String sentence) {}
                });
    }

    private Engine engine() {
        return new Engine(cluster.get(Resource.ENGINES, "n", "e").orElseThrow());
    }
}
