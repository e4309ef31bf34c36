package io.chaosrunner.scheduler;

import static org.awaitility.Awaitility.await;

import io.chaosrunner.claim.FireLedger;
import io.chaosrunner.claim.Owner;
import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.control.HolidayLists;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.job.RunnerJob;
import io.chaosrunner.model.Fire;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.run.EngineRun;
import io.chaosrunner.run.RunRequest;
import io.chaosrunner.run.RunResult;
import io.chaosrunner.testing.EngineWorld;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The service where pods of their own carry out runs, and what goes on in these pods. */
abstract class PodStage {
    static final Duration LIMIT = Duration.ofMinutes(2);
    static final RunnerJob PODS =
            new RunnerJob(
                    "registry.test/chaos-runner:1",
                    "chaos-runner",
                    List.of("--allowed-images=a,b"),
                    Map.of("CHAOS_RUNNER_LOG_FORMAT", "json"));

    final Serving service = new Serving();

    PodStage() {
        service.launch = ServiceLaunch.POD;
        service.pods = Optional.of(PODS);
    }

    @AfterEach
    void computeNothingMore() {
        service.close();
    }

    static EngineWorld world(String schedule) {
        return EngineWorld.start()
                .engineWith(
                        "{'metadata': {'annotations': {'chaosrunner.io/schedule': '%s'}}, 'spec': {'engineState': 'stop'}, 'status': {'engineStatus': ''}}"
                                .formatted(schedule),
                        "a");
    }

    static List<ObjectNode> runners(EngineWorld world) {
        return world.list(Resource.JOBS).stream()
                .filter(job -> RunnerJob.engineOf(job).isPresent())
                .filter(job -> job.at("/metadata/deletionTimestamp").isMissingNode())
                .toList();
    }

    /** The one that is for the latest fire. */
    static ObjectNode runner(EngineWorld world) {
        return runners(world).stream()
                .max(Comparator.comparing(job -> fire(job).at()))
                .orElseThrow();
    }

    static List<ObjectNode> experiments(EngineWorld world) {
        return world.list(Resource.JOBS).stream()
                .filter(job -> RunnerJob.engineOf(job).isEmpty())
                .toList();
    }

    static Fire fire(EngineWorld world) {
        return fire(runner(world));
    }

    /** As its pod is told. */
    static Fire fire(ObjectNode job) {
        for (JsonNode variable : job.at("/spec/template/spec/containers/0/env")) {
            if (variable.path("name").asString("").equals(RunnerJob.FIRE_VARIABLE)) {
                return FireLedger.handedOver(variable.path("value").asString("")).orElseThrow();
            }
        }
        throw new AssertionError("no fire in " + job);
    }

    /** Let a Job give up, as its controller does in the end. */
    static void fail(EngineWorld world, ObjectNode job) {
        String name = job.at("/metadata/name").asString("");
        await().atMost(LIMIT)
                .until(() -> {
                    world.edit(
                            Resource.JOBS,
                            name,
                            "{'metadata': {'annotations': {'now': '%s'}}, 'spec': {'activeDeadlineSeconds': 1}}"
                                    .formatted(Instant.now()));
                    return RunnerJob.read(runner(world)).state() instanceof RunnerJob.State.Failed;
                });
    }

    static CompletableFuture<RunResult> start(EngineRun run) {
        return CompletableFuture.supplyAsync(run::run, task -> Thread.ofVirtual().start(task));
    }

    /** What goes on in a pod; it reads the engine as it is by then. */
    EngineRun pod(EngineWorld world, Cluster cluster, Fire fire, String name) {
        Clock clock = service.clock();
        return new EngineRun(
                cluster,
                new RunRequest(
                                EngineWorld.ENGINE,
                                Caller.SERVICES_POD,
                                Optional.empty(),
                                Optional.empty(),
                                Map.of(),
                                Owner.SERVICES_POD.name(name))
                        .seeing(world.engine())
                        .firedBy(fire)
                        .endingWithin(Optional.of(Duration.ofHours(6)))
                        .checking(ServicesPod.check(clock, new HolidayLists(cluster, clock))),
                StrategyCatalogue.load(Optional.empty()),
                Clock.systemUTC(),
                notice -> {});
    }

    ServiceSchedule driven(Engine engine, Cluster cluster, String process) {
        return service.driven(engine, cluster, process);
    }
}
