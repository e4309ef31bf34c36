package io.chaosrunner.scheduler;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.FireLedger;
import io.chaosrunner.claim.FireLedger.Skipped;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.config.Allowed;
import io.chaosrunner.control.HolidayLists;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.job.RunnerJob;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.Fire;
import io.chaosrunner.model.RunId;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.schedule.EngineSchedule.Change;
import io.chaosrunner.schedule.ScheduleSpec;
import io.chaosrunner.scheduler.ServiceSchedule.Move;
import io.chaosrunner.status.RunListener;
import io.chaosrunner.status.StatusEntry;
import io.chaosrunner.testing.EngineWorld;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** A service whose clock stands, with the engines, claims and words that tests of it share. */
abstract class ServiceStage {
    static final Instant CREATED = Instant.parse("2026-03-02T10:00:00Z");

    static final String HOURLY = "every: 1h";

    /** What is only decided asks nobody. */
    static final Cluster NOBODY = Fabric8Cluster.connect("http://localhost:9");

    final List<String> heard = new CopyOnWriteArrayList<>();

    /** What was told as values. */
    final List<String> told = new CopyOnWriteArrayList<>();

    final List<Duration> late = new CopyOnWriteArrayList<>();

    final Bells bells = new Bells();

    ServiceLaunch launch = ServiceLaunch.DIRECT;

    Bulkhead bulkhead = Bulkhead.ofProcessors(heard::add);

    Places places = new Places(4);

    volatile Instant now = CREATED;

    Allowed allowed = Allowed.ANYTHING;

    Optional<Authors.Review> review = Optional.empty();

    @AfterEach
    void computeNothingMore() {
        bulkhead.close();
    }

    static void annotate(Engine engine, String name, String value) {
        ((ObjectNode) engine.json().path("metadata").path("annotations")).put(name, value);
    }

    static void edit(EngineWorld world, ServiceSchedule driven, String line) {
        world.edit(
                "{'metadata': {'annotations': {'chaosrunner.io/schedule': 'every: 1h\\noverlap: replace\\n%s'}}}"
                        .formatted(line));
        driven.saw(world.engine());
    }

    static ObjectNode runner(String metadata) {
        ObjectNode pod =
                EngineWorld.json(
                        "{'apiVersion': 'v1', 'kind': 'Pod', 'spec': {'containers': [{'name': 'c',"
                                + " 'image': 'gitlab'}]}}");
        ObjectNode all = EngineWorld.json(metadata);
        pod.set("metadata", all.put("name", "e-runner").put("namespace", "n"));
        return pod;
    }

    static List<Skipped> skipped(Move skip) {
        return ((Change.Skip) ((Move.Write) skip).change()).fires();
    }

    static EngineWorld world(String schedule) {
        return EngineWorld.start()
                .engineWith(
                        "{'metadata': {'annotations': {'chaosrunner.io/schedule': '%s'}}, 'spec': {'engineState': 'stop'}, 'status': {'engineStatus': ''}}"
                                .formatted(schedule),
                        "a");
    }

    ServiceSchedule driven(Engine engine) {
        return new ServiceSchedule(driving(NOBODY, clock(), "schedule/me"), engine);
    }

    ServiceSchedule driven(Engine engine, Cluster cluster, String process) {
        return new ServiceSchedule(driving(cluster, Clock.systemUTC(), process), engine);
    }

    Clock clock() {
        return new Clock() {
            @Override
            public ZoneOffset getZone() {
                return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(java.time.ZoneId zone) {
                return this;
            }

            @Override
            public Instant instant() {
                return now;
            }
        };
    }

    SchedulerContext driving(Cluster cluster, Clock clock, String process) {
        return new SchedulerContext(
                cluster,
                StrategyCatalogue.load(Optional.empty()),
                clock,
                launch,
                Optional.of(new RunnerJob("runner:1", "chaos-runner", List.of(), Map.of())),
                process,
                places,
                bulkhead,
                new HolidayLists(cluster, clock),
                Optional.of(Duration.ofHours(6)),
                allowed,
                new Authors(review, clock),
                bells,
                new ServiceListener() {
                    @Override
                    public RunListener run(EngineRef engine) {
                        return notice -> {};
                    }

                    @Override
                    public synchronized void note(EngineRef engine, String event, String message) {
                        heard.add(event + " " + message);
                    }

                    @Override
                    public void note(String event, String message) {}

                    @Override
                    public void fired(EngineRef engine, Fire fire, Instant planned, Instant at) {
                        told.add("fired %s".formatted(fire.cause().kind()));
                        late.add(Duration.between(planned, at));
                    }

                    @Override
                    public void skipped(EngineRef engine, Skipped fires) {
                        told.add("skipped %d %s".formatted(fires.count(), fires.cause()));
                    }

                    @Override
                    public void ended(EngineRef engine, Claim claim, List<StatusEntry> entries) {
                        told.add(
                                "ended %d %s"
                                        .formatted(
                                                claim.run().number(),
                                                entries.stream()
                                                        .map(StatusEntry::verdict)
                                                        .toList()));
                    }
                });
    }

    static Engine held(Claim claim) {
        return held(claim, "stop");
    }

    static Engine held(Claim claim, String state) {
        return engine(HOURLY, Optional.of(claim), "", state);
    }

    static Engine engine(String schedule, Optional<Claim> claim, String status, String state) {
        ObjectNode json = JsonMapper.shared().createObjectNode();
        ObjectNode metadata = json.putObject("metadata");
        metadata.put("name", "e").put("namespace", "n").put("uid", "u");
        metadata.put("creationTimestamp", CREATED.toString());
        ObjectNode annotations = metadata.putObject("annotations");
        if (!schedule.isEmpty()) {
            annotations.put(ScheduleSpec.ANNOTATION, schedule.replace("\\n", "\n"));
        }
        json.putObject("spec").put("engineState", state);
        ObjectNode engineStatus = json.putObject("status").put("engineStatus", status);
        claim.ifPresent(held -> {
            annotations.put(Claim.ANNOTATION, held.text());
            boolean over = held.state() == Claim.State.FINISHED;
            engineStatus
                    .putArray("experiments")
                    .addObject()
                    .put("name", "a")
                    .put("status", over ? "Completed" : "Running")
                    .put("verdict", over ? "Pass" : "Awaited");
        });
        return new Engine(json);
    }

    static Claim claim(String process, String settled) {
        return claim(process, Claim.State.FINISHED, "", "done", settled, HOURLY);
    }

    static Claim claim(
            String process,
            Claim.State state,
            String ending,
            String reason,
            String settled,
            String schedule) {
        return new Claim(
                new Claim.Start(
                        new RunId(1, "id"),
                        Instant.parse(settled),
                        1,
                        JsonMapper.shared().createObjectNode(),
                        "stop"),
                process,
                new Claim.Standing(state, reason, ending),
                new Claim.Progress(1, List.of(), Map.of()),
                FireLedger.NONE.next(
                        Optional.of(new Fire(Instant.parse(settled), hash(schedule)))));
    }

    static String hash(String schedule) {
        return ScheduleSpec.of(Optional.of(schedule), Map.of(), CREATED).orElseThrow().hash();
    }

    String words(Engine engine) {
        return words(driven(engine).move(engine));
    }

    static String words(Move move) {
        return switch (move) {
            case Move.Rest(Optional<Instant> until) ->
                    until.map(at -> "rest until " + at).orElse("rest");
            case Move.Refuse(String why) -> "refuse: " + why;
            case Move.Write(var schedule, Change.Skip(List<Skipped> fires)) ->
                    "skip %d from %s: %s"
                            .formatted(
                                    fires.getFirst().count(),
                                    fires.getFirst().from(),
                                    fires.getFirst().reason());
            case Move.Await(String whose) -> "await " + whose;
            case Move.Write(var schedule, Change.Count()) -> "count";
            case Move.Write(var schedule, Change.Stop(String why)) -> "stop: " + why;
            case Move.Write(var schedule, Change.Suspend(String why)) -> "suspend: " + why;
            case Move.Write(var schedule, Change.Decline(var answer)) -> "decline: " + answer.why();
            case Move.Begin(var schedule, Fire fire) -> "begin " + fire.at();
            case Move.Resume _ -> "resume";
            case Move.Attend(Claim claim, Optional<Instant> until) ->
                    "attend run %d%s"
                            .formatted(
                                    claim.run().number(),
                                    until.map(at -> " until " + at).orElse(""));
            case Move.Replace(var schedule, Fire fire) -> "replace for " + fire.at();
            case Move.TakeBack(Fire fire) -> "take back " + fire.at();
            case Move.End(String why) -> "end: " + why;
        };
    }
}
