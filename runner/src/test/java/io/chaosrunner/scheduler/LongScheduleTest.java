package io.chaosrunner.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.Claim.State;
import io.chaosrunner.claim.FireLedger;
import io.chaosrunner.claim.LoggedAttempt;
import io.chaosrunner.claim.LoggedAttempt.Mark;
import io.chaosrunner.claim.StartTable;
import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.engine.EngineWriter;
import io.chaosrunner.model.RunEnd;
import io.chaosrunner.model.RunId;
import io.chaosrunner.model.Verdict;
import io.chaosrunner.run.RunRequest;
import io.chaosrunner.run.RunResult;
import io.chaosrunner.schedule.Schedules;
import io.chaosrunner.status.EnginePatch;
import io.chaosrunner.status.StatusEntry;
import io.chaosrunner.strategy.Outcome;
import io.chaosrunner.testing.EngineWorld;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Months of one schedule in seconds: alarms move the clock, and runs only write to the engine. */
@Isolated("It measures the heap.")
class LongScheduleTest {
    private static final int RUNS = 10_000;
    private static final int WARM = 1_000;

    private Instant now = Schedules.ANCHOR;
    private final Clock clock =
            new Clock() {
                @Override
                public ZoneId getZone() {
                    return ZoneOffset.UTC;
                }

                @Override
                public Clock withZone(ZoneId zone) {
                    return this;
                }

                @Override
                public Instant instant() {
                    return now;
                }
            };

    /** Rings at once, and it is that late. */
    private final Alarms alarms =
            new Alarms() {
                @Override
                public void set(String name, Instant at, Runnable ring) {
                    now = at.isAfter(now) ? at : now;
                    ring.run();
                }

                @Override
                public void cancel(String name) {}

                @Override
                public void close() {}
            };

    /** Holds one engine, and guards it as the API server does. */
    private static final class OneEngine implements Cluster {
        private ObjectNode engine;
        private long version = 1;
        private int largest;

        OneEngine(ObjectNode engine) {
            this.engine = engine;
        }

        @Override
        public Optional<ObjectNode> get(Resource resource, String namespace, String name) {
            return Optional.of(engine.deepCopy());
        }

        @Override
        public ObjectNode patch(
                Resource resource, String namespace, String name, PatchType type, JsonNode patch) {
            JsonNode guard = patch.path("metadata").path("resourceVersion");
            if (!guard.equals(engine.path("metadata").path("resourceVersion"))) {
                throw new ClusterException(Kind.CONFLICT, "the engine has changed");
            }
            ObjectNode next = engine.deepCopy();
            merge(next, (ObjectNode) patch);
            ((ObjectNode) next.path("metadata")).put("resourceVersion", String.valueOf(++version));
            engine = next;
            largest = Math.max(largest, next.toString().getBytes(StandardCharsets.UTF_8).length);
            return next.deepCopy();
        }

        /** What the account of these runs may do is to read, and to patch its engine. */
        private static ClusterException forbidden(String verb, Resource resource) {
            return new ClusterException(
                    Kind.FORBIDDEN, "cannot %s %s".formatted(verb, resource.plural()));
        }

        private static void merge(ObjectNode into, ObjectNode patch) {
            patch.properties()
                    .forEach(e -> {
                        if (e.getValue() instanceof ObjectNode child) {
                            JsonNode there = into.path(e.getKey());
                            merge(
                                    there instanceof ObjectNode present
                                            ? present
                                            : into.putObject(e.getKey()),
                                    child);
                        } else {
                            into.set(e.getKey(), e.getValue());
                        }
                    });
        }

        @Override
        public Following follow(
                Resource resource,
                String namespace,
                Selection selection,
                Listing known,
                Pace pace,
                Listener listener) {
            return () -> {};
        }

        @Override
        public Listing listing(Resource resource, String namespace, String selector) {
            return new Listing(
                    "1",
                    resource.equals(Resource.ENGINES) ? List.of(engine.deepCopy()) : List.of());
        }

        @Override
        public List<ObjectNode> eventsOf(
                Resource resource, String namespace, String name, String uid) {
            throw forbidden("list", Resource.EVENTS);
        }

        @Override
        public ObjectNode create(Resource resource, String namespace, ObjectNode object) {
            throw forbidden("create", resource);
        }

        @Override
        public ObjectNode replace(Resource resource, ObjectNode object) {
            throw forbidden("replace", resource);
        }

        @Override
        public void delete(
                Resource resource,
                String namespace,
                String name,
                String uid,
                Propagation propagation) {
            throw forbidden("delete", resource);
        }

        @Override
        public void close() {}
    }

    /** Takes the engine, lets an experiment take its time, and writes its end: as a run does. */
    private final class QuickRun implements DirectRun.Run {
        private final OneEngine cluster;
        private final RunRequest request;
        private final Duration took;

        QuickRun(OneEngine cluster, RunRequest request, Duration took) {
            this.cluster = cluster;
            this.request = request;
            this.took = took;
        }

        @Override
        public RunResult run() {
            Engine engine = request.seen().orElseThrow();
            StartTable start = StartTable.of(engine, request.caller(), request.fire());
            if (!(start instanceof StartTable.NewRun(long number, Optional<Claim> before))) {
                throw new AssertionError(request.fire() + " starts nothing: " + start);
            }
            Claim claim =
                    Claim.begun(
                            new Claim.Start(
                                    new RunId(number, "run" + number),
                                    now,
                                    0,
                                    JsonNodeFactory.instance.objectNode(),
                                    "active"),
                            request.instance(),
                            before.map(Claim::fires).orElse(FireLedger.NONE).next(request.fire()));
            Engine taken = write(engine, claim, StatusEntry.waiting("a"));
            Instant begun = now;
            now = now.plus(took);
            Claim over =
                    claim.with(
                                    new LoggedAttempt(
                                            0, 0, 1, 1, begun, now, Outcome.PASSED, Mark.PLAIN))
                            .in(State.FINISHED, "every experiment was launched or skipped");
            StatusEntry passed = StatusEntry.completed("a", "a-" + number, Verdict.PASS);
            write(taken, over, passed);
            return new RunResult.Completed(
                    new RunEnd(RunEnd.Cause.PLAN, "every experiment was launched"),
                    List.of(passed));
        }

        private Engine write(Engine engine, Claim claim, StatusEntry entry) {
            return EngineWriter.take(
                            cluster,
                            engine,
                            EnginePatch.claim(engine, claim, List.of(entry), "e-runner", now))
                    .orElseThrow()
                    .engine();
        }

        @Override
        public void replace(String why) {}

        @Override
        public void leave(String why) {}
    }

    private static long heap() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    @Test
    void tenThousandRunsOfOneEngineLeaveItSmall() {
        var cluster =
                new OneEngine(
                        EngineWorld.json(
                                """
                                {'kind': 'ChaosEngine',
                                 'metadata': {'name': 'e', 'namespace': 'n', 'uid': 'u',
                                   'resourceVersion': '1', 'creationTimestamp': '%s',
                                   'annotations': {'chaosrunner.io/schedule':
                                     '{every: 10m, jitter: 5m, maxRuns: %d}'}},
                                 'spec': {'engineState': 'active', 'experiments': [{'name': 'a'}]}}
                                """
                                        .replace("\n", " ")
                                        .formatted(Schedules.ANCHOR, RUNS)));
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(5);
        long[] heap = new long[2];
        int[] runs = new int[1];
        var schedule =
                new PodSchedule(
                        cluster,
                        new RunRequest(
                                        EngineWorld.ENGINE,
                                        Caller.OPERATOR,
                                        Optional.empty(),
                                        Optional.empty(),
                                        Map.of(),
                                        "p")
                                .seeing(new Engine(cluster.engine)),
                        Map.of(),
                        request -> {
                            runs[0]++;
                            if (runs[0] == WARM || runs[0] == RUNS) {
                                heap[runs[0] / RUNS] = heap();
                            }
                            // Now and then longer than the interval.
                            return new QuickRun(
                                    cluster, request, Duration.ofSeconds(10 + random.nextInt(800)));
                        },
                        clock,
                        notice -> {},
                        alarms,
                        PodSchedule.Pauses.USUAL);

        assertThat(schedule.run().over()).contains("maxRuns: 10000 runs were started");
        assertThat(runs[0]).isEqualTo(RUNS);
        assertThat(Claim.of(new Engine(cluster.engine)).orElseThrow().run().number())
                .isEqualTo(RUNS);
        System.out.printf(
                "%d runs: engine at most %d bytes; heap %d KiB after %d runs, %d KiB at the end%n",
                RUNS, cluster.largest, heap[0] / 1024, WARM, heap[1] / 1024);
        assertThat(cluster.largest).isLessThan(64 * 1024);
        assertThat(heap[1] - heap[0]).as("growth of the heap").isLessThan(2 * 1024 * 1024);
    }
}
