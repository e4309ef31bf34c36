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
import io.chaosrunner.engine.EngineWriter.News;
import io.chaosrunner.status.EnginePatch;
import io.chaosrunner.status.StatusEntry;
import io.chaosrunner.testing.EngineWorld;
import io.chaosrunner.testing.TamperedCluster;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
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

    private static final StatusEntry WAITS = StatusEntry.waiting("a");
    private final List<Long> stored = new CopyOnWriteArrayList<>();
    private final List<Integer> written = new CopyOnWriteArrayList<>();

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

    /** The claim itself is the first write. */
    @Test
    void aWriteWhoseAnswerIsLostTakesATokenToo() {
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
            for (int i = 0; i < WritePace.BURST; i++) {
                int written = stored.size();
                writing.entry(0, i % 2 == 0 ? StatusEntry.waiting("a").aborted() : WAITS);
                writing.commit();
                await().atMost(Duration.ofMinutes(2)).until(() -> stored.size() > written);
            }
            assertThat(begun).hasSize(WritePace.BURST + 1);
            assertThat(begun.getLast()).isAfterOrEqualTo(begun.getFirst().plusMillis(500));
        }
    }

    @Test
    void whoAsksWhetherAllIsStoredWaitsForNoToken() {
        try (EngineWriter writing = writing(cluster, Duration.ofHours(1))) {
            for (int i = 0; i < WritePace.BURST - 1; i++) {
                int written = stored.size();
                writing.entry(0, i % 2 == 0 ? StatusEntry.waiting("a").aborted() : WAITS);
                writing.commit();
                await().atMost(Duration.ofMinutes(2)).until(() -> stored.size() > written);
            }
            long before = world.count("patch", "chaosengines");
            long asked = writing.ask();
            writing.commit();
            await().atMost(Duration.ofMinutes(2)).until(() -> stored.contains(asked));
            assertThat(world.count("patch", "chaosengines")).isEqualTo(before);

            // What waits for its token is waited for.
            writing.entry(0, StatusEntry.running("a", "pod"));
            writing.commit();
            long changed = writing.ask();
            writing.commit();
            writing.close();
            assertThat(stored).contains(changed).doesNotContain(changed - 1);
        }
    }

    @Test
    void whatIsNotCommittedIsNotWritten() {
        try (EngineWriter writing = writing(cluster)) {
            writing.entry(0, StatusEntry.waiting("a").aborted());
            long first = writing.ask();
            writing.commit();
            writing.entry(0, StatusEntry.running("a", "pod"));
            await().atMost(Duration.ofMinutes(2)).until(() -> stored.contains(first));
            assertThat(writing.ask()).isEqualTo(first + 1);
            assertThat(world.entries()).containsExactly("a: Forcefully Aborted/Stopped");
            writing.close();
            assertThat(stored).containsExactly(first, first + 1);
            assertThat(world.entries()).containsExactly("a: Running/Awaited");
        }
    }

    /** A write is under way while the others come: they wait for the next one. */
    @Test
    void eachWriteTellsHowManyChangesItHolds() {
        var free = new CompletableFuture<Void>();
        var patches = new AtomicInteger();
        Cluster slow =
                TamperedCluster.of(
                        cluster,
                        (verb, resource, args, call) -> {
                            // The claim is the first.
                            if (verb.equals("patch") && patches.incrementAndGet() == 2) {
                                free.join();
                            }
                            return call.goOn();
                        });
        try (EngineWriter writing = writing(slow)) {
            for (int i = 0; i < 4; i++) {
                writing.entry(0, i % 2 == 0 ? StatusEntry.waiting("a").aborted() : WAITS);
                writing.commit();
                if (i == 0) {
                    await().atMost(Duration.ofMinutes(2)).until(() -> patches.get() == 2);
                }
            }
            // One that changes nothing is none.
            writing.ask();
            writing.commit();
            free.complete(null);
            writing.close();
        }
        assertThat(written).containsExactly(1, 3);
    }

    /** Begin to write to the engine, as who has claimed it. */
    private EngineWriter writing(Cluster cluster) {
        return writing(cluster, Duration.ofSeconds(1));
    }

    private EngineWriter writing(Cluster cluster, Duration paceWindow) {
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
                paceWindow,
                news -> {
                    switch (news) {
                        case News.Refused(var refusal) ->
                                throw new AssertionError(refusal.toString());
                        case News.Failed(var why) -> throw new AssertionError(why);
                        case News.Stored(long edition) -> stored.add(edition);
                        case News.Wrote(var latest, int commits) -> written.add(commits);
                        case News.Hindered(var sentence) -> {}
                    }
                });
    }

    private Engine engine() {
        return new Engine(cluster.get(Resource.ENGINES, "n", "e").orElseThrow());
    }
}
