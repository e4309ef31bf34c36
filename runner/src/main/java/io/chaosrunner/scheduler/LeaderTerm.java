package io.chaosrunner.scheduler;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.cluster.Cluster.Following;
import io.chaosrunner.cluster.Cluster.Listener;
import io.chaosrunner.cluster.Cluster.Selection;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.job.RunnerJob;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.schedule.ChaosScheduleSettings;
import io.chaosrunner.schedule.ScheduleSpec;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** The term of a leader, which drives every engine that has a schedule for as long as it leads. */
final class LeaderTerm implements AutoCloseable {
    private static final Duration POLL = Duration.ofSeconds(2);
    private static final List<String> IDENTITY =
            List.of("name", "namespace", "uid", "resourceVersion", "creationTimestamp");

    private final SchedulerContext driving;
    private final Set<String> leftOut;
    private final List<Following> followings = new CopyOnWriteArrayList<>();
    private final Map<EngineRef, EngineWorker> engines = new ConcurrentHashMap<>();
    private final Map<EngineRef, ScheduleWorker> schedules = new ConcurrentHashMap<>();
    private final Map<EngineRef, Engine> known = new ConcurrentHashMap<>();

    /** Those by whom no engine is heard of at present, as no watch is open. */
    private final Set<Engines> silent = ConcurrentHashMap.newKeySet();

    /**
     * The names of Jobs whose pods may carry out runs, by the engine that owns them; never none.
     */
    private final Map<EngineRef, Set<String>> runners = new ConcurrentHashMap<>();

    private volatile boolean closed;

    private record EngineWorker(ServiceSchedule engine, KeyedWorker lane) {}

    private record ScheduleWorker(ChaosScheduleReconciler schedule, KeyedWorker lane) {}

    private LeaderTerm(SchedulerContext driving, Set<String> leftOut) {
        this.driving = driving;
        this.leftOut = leftOut;
    }

    /**
     * @param namespaces where to look; an empty name means everywhere
     * @param leftOut namespaces that are left alone all the same
     * @param withSchedules whether ChaosSchedules are driven too
     */
    static LeaderTerm begin(
            SchedulerContext driving,
            List<String> namespaces,
            Set<String> leftOut,
            boolean withSchedules) {
        var term = new LeaderTerm(driving, leftOut);
        for (String namespace : namespaces) {
            term.follow(Resource.ENGINES, namespace, term.new Engines(), term::expect);
            if (withSchedules) {
                term.follow(Resource.SCHEDULES, namespace, term.new Schedules(), all -> {});
            }
            if (driving.launch() == ServiceLaunch.POD) {
                term.follow(
                        Resource.JOBS,
                        namespace,
                        RunnerJob.selector(),
                        term.new Runners(),
                        all -> {});
            }
        }
        return term;
    }

    private void follow(
            Resource resource,
            String namespace,
            Listener listener,
            Consumer<List<ObjectNode>> expect) {
        follow(resource, namespace, "", listener, expect);
    }

    private void follow(
            Resource resource,
            String namespace,
            String selector,
            Listener listener,
            Consumer<List<ObjectNode>> expect) {
        followings.add(
                driving.cluster()
                        .follow(
                                resource,
                                namespace,
                                new Selection.Labelled(selector),
                                POLL,
                                new Guarded(listener, expect)));
    }

    /** Say what this process does not hear of. */
    Optional<String> trouble() {
        return followings.stream().map(Following::trouble).flatMap(Optional::stream).findFirst();
    }

    int scheduled() {
        return engines.size();
    }

    /** Leave everything as it is; the next leader takes it up. Does not wait. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        followings.forEach(Following::close);
        engines.values().forEach(each -> each.lane().close());
        engines.keySet().forEach(driving.places()::forget);
        schedules.values().forEach(each -> each.lane().close());
    }

    private KeyedWorker lane(String kind, EngineRef ref, KeyedWorker.Step step) {
        return new KeyedWorker(
                kind + " " + ref,
                driving.alarms(),
                driving.clock(),
                step,
                trouble -> driving.listener().note(ref, "trouble", trouble));
    }

    /** Places are shared by all, not by those that happen to be read first. */
    private void expect(List<ObjectNode> objects) {
        driving.places()
                .expect(
                        objects.stream()
                                .map(Engine::new)
                                .filter(engine ->
                                        engine.annotation(ScheduleSpec.ANNOTATION).isPresent())
                                .map(Engine::ref)
                                .toList());
    }

    private static boolean hasSchedule(Engine engine) {
        return engine.annotation(ScheduleSpec.ANNOTATION).isPresent();
    }

    /** Tell whether every watch of engines is open. */
    private boolean hearsOfAllEngines() {
        return silent.isEmpty();
    }

    private boolean hasRunner(EngineRef ref) {
        return runners.containsKey(ref);
    }

    private synchronized void drive(Engine engine) {
        EngineRef ref = engine.ref();
        if (closed || engines.containsKey(ref)) {
            return;
        }
        var scheduled = new ServiceSchedule(driving, engine);
        var lane = lane("engine", ref, scheduled);
        scheduled.wokenBy(lane::signal);
        scheduled.hearingBy(this::hearsOfAllEngines);
        scheduled.sawRunner(hasRunner(ref));
        driving.places().expect(List.of(ref));
        engines.put(ref, new EngineWorker(scheduled, lane));
        lane.start();
    }

    /**
     * A run that a process of the service left is taken up even where the schedule has gone.
     * Whoever hears of all engines reads the claim of none.
     */
    private void driveIfLeft(Engine engine) {
        Thread.ofVirtual()
                .name("claim " + engine.ref())
                .start(() -> {
                    boolean left;
                    try {
                        left =
                                driving.bulkhead()
                                        .compute(engine.ref(), () -> driving.isLeft(engine));
                    } catch (RuntimeException e) {
                        left = false;
                    }
                    Engine now = known.get(engine.ref());
                    if (left
                            && now != null
                            && now.resourceVersion().equals(engine.resourceVersion())) {
                        drive(engine);
                    }
                });
    }

    private static EngineRef ref(ObjectNode object) {
        return new EngineRef(
                object.path("metadata").path("namespace").asString(""),
                object.path("metadata").path("name").asString(""));
    }

    private void tellSchedule(EngineRef ref, @Nullable Engine engine) {
        ScheduleWorker driven = schedules.get(ref);
        if (driven != null) {
            driven.schedule().saw(engine);
            driven.lane().signal();
        }
    }

    /** Keep one object that cannot be dealt with from ending the news of all others. */
    private final class Guarded implements Listener {
        private final Listener listener;
        private final Consumer<List<ObjectNode>> expect;
        private int failed;

        /**
         * @param expect told of all objects that were read at once, before the first is dealt with
         */
        private Guarded(Listener listener, Consumer<List<ObjectNode>> expect) {
            this.listener = listener;
            this.expect = expect;
        }

        @Override
        public void read(List<ObjectNode> present, List<ObjectNode> gone) {
            expect.accept(
                    present.stream()
                            .filter(object -> !leftOut.contains(ref(object).namespace()))
                            .toList());
            Listener.super.read(present, gone);
        }

        @Override
        public void present(ObjectNode object) {
            hear(object, listener::present);
        }

        @Override
        public void gone(ObjectNode object) {
            hear(object, listener::gone);
        }

        private void hear(ObjectNode object, Consumer<ObjectNode> heard) {
            if (leftOut.contains(ref(object).namespace())) {
                return;
            }
            try {
                heard.accept(object);
            } catch (RuntimeException | StackOverflowError e) {
                failed++;
                driving.listener()
                        .note(
                                ref(object),
                                "trouble",
                                "this is a bug (%d so far); please report it: %s"
                                        .formatted(failed, e));
            }
        }

        @Override
        public ObjectNode kept(ObjectNode object) {
            try {
                return listener.kept(object);
            } catch (RuntimeException | StackOverflowError e) {
                // It is heard of next, and told then.
                return object;
            }
        }

        @Override
        public void beyondLimits(ObjectNode object, String why) {
            driving.listener()
                    .note(ref(object), "skipped", "it %s, so it is left alone".formatted(why));
        }

        @Override
        public void unavailable(ClusterException why) {
            listener.unavailable(why);
        }

        @Override
        public boolean asksAgain() {
            return true;
        }

        @Override
        public void failing(ClusterException why) {
            driving.listener().note("not-heard", String.valueOf(why.getMessage()));
        }

        @Override
        public void goesOn() {
            driving.listener().note("heard-again", "the API server tells of objects");
        }

        @Override
        public void troubled(String bug) {
            driving.listener().note("trouble", bug);
        }

        @Override
        public void polling(ClusterException why) {
            listener.polling(why);
        }

        @Override
        public void watching() {
            listener.watching();
        }

        @Override
        public void watchEnded() {
            listener.watchEnded();
        }
    }

    private final class Engines implements Listener {
        Engines() {
            silent.add(this);
        }

        @Override
        public void watching() {
            silent.remove(this);
        }

        @Override
        public void watchEnded() {
            silent.add(this);
        }

        /** Of an engine that nobody here drives, its identity will do. */
        @Override
        public ObjectNode kept(ObjectNode object) {
            var engine = new Engine(object);
            if (hasSchedule(engine) || isOfSchedule(object)) {
                return object;
            }
            ObjectNode identity = JsonNodeFactory.instance.objectNode();
            ObjectNode metadata = identity.putObject("metadata");
            for (String field : IDENTITY) {
                if (object.path("metadata").has(field)) {
                    metadata.set(field, object.path("metadata").path(field));
                }
            }
            if (engine.annotation(Claim.ANNOTATION).isPresent()) {
                // It may be of a run that is to be taken up.
                metadata.putObject("annotations")
                        .put(Claim.ANNOTATION, engine.annotation(Claim.ANNOTATION).get());
                identity.set("status", object.path("status"));
                identity.putObject("spec").put("engineState", engine.engineState());
            }
            return identity;
        }

        private static boolean isOfSchedule(ObjectNode object) {
            for (JsonNode owner : object.path("metadata").path("ownerReferences")) {
                if (owner.path("kind").asString("").equals("ChaosSchedule")) {
                    return true;
                }
            }
            return false;
        }

        @Override
        public void present(ObjectNode object) {
            var engine = new Engine(object);
            EngineRef ref = engine.ref();
            known.put(ref, engine);
            EngineWorker driven = engines.get(ref);
            if (driven != null) {
                if (driven.engine().saw(engine)) {
                    driven.lane().edited();
                } else {
                    driven.lane().signal();
                }
            } else if (hasSchedule(engine) || hasRunner(ref)) {
                drive(engine);
            } else if (engine.annotation(Claim.ANNOTATION).isPresent()) {
                driveIfLeft(engine);
            }
            tellSchedule(ref, engine);
        }

        @Override
        public void gone(ObjectNode object) {
            EngineRef ref = ref(object);
            known.remove(ref);
            runners.remove(ref);
            driving.bulkhead().forget(ref);
            EngineWorker driven = engines.remove(ref);
            if (driven != null) {
                // A run that goes on hears of it too, and removes what it launched.
                driven.lane().retire();
                driving.places().forget(ref);
            }
            tellSchedule(ref, null);
        }

        @Override
        public void unavailable(ClusterException why) {
            driving.listener().note("engines-unavailable", String.valueOf(why.getMessage()));
        }

        @Override
        public void polling(ClusterException why) {
            driving.listener().note("polling", String.valueOf(why.getMessage()));
        }
    }

    /** Hear of the Jobs whose pods carry out runs; whoever drives the engine looks at them. */
    private final class Runners implements Listener {
        @Override
        public void present(ObjectNode job) {
            boolean unfinished = RunnerJob.read(job).isUnfinished();
            Optional<EngineRef> owner =
                    RunnerJob.ownerOf(job).map(name -> new EngineRef(ref(job).namespace(), name));
            if (owner.isEmpty()) {
                return;
            }
            note(owner.get(), job, unfinished);
            // News of one kind may come before that of another: whoever comes second drives it.
            Engine engine = known.get(owner.get());
            if (unfinished && engine != null) {
                // One whose schedule has gone as well.
                drive(engine);
            }
            tell(owner.get(), unfinished);
        }

        @Override
        public void gone(ObjectNode job) {
            RunnerJob.ownerOf(job)
                    .map(name -> new EngineRef(ref(job).namespace(), name))
                    .ifPresent(owner -> {
                        note(owner, job, false);
                        tell(owner, false);
                    });
        }

        private void note(EngineRef owner, ObjectNode job, boolean unfinished) {
            String name = ref(job).name();
            if (unfinished) {
                runners.compute(
                        owner,
                        (_, before) -> {
                            Set<String> names = before == null ? new HashSet<>() : before;
                            names.add(name);
                            return names;
                        });
            } else {
                runners.computeIfPresent(
                        owner,
                        (_, names) -> {
                            names.remove(name);
                            return names.isEmpty() ? null : names;
                        });
            }
        }

        private void tell(EngineRef owner, boolean unfinished) {
            EngineWorker driven = engines.get(owner);
            if (driven != null) {
                driven.engine().sawRunner(unfinished);
                driven.lane().signal();
            }
        }

        @Override
        public ObjectNode kept(ObjectNode job) {
            ObjectNode kept = JsonNodeFactory.instance.objectNode();
            for (String field : List.of("metadata", "status")) {
                if (job.has(field)) {
                    kept.set(field, job.path(field));
                }
            }
            return kept;
        }

        @Override
        public void unavailable(ClusterException why) {
            driving.listener().note("runners-unavailable", String.valueOf(why.getMessage()));
        }
    }

    private final class Schedules implements Listener {
        @Override
        public void present(ObjectNode object) {
            var schedule = new ChaosScheduleSettings(object);
            EngineRef ref = ref(object);
            ScheduleWorker driven = schedules.get(ref);
            if (driven != null) {
                driven.schedule().saw(schedule);
                driven.lane().signal();
            } else if (!closed) {
                var fresh = new ChaosScheduleReconciler(driving, schedule);
                var lane = lane("schedule", ref, fresh);
                schedules.put(ref, new ScheduleWorker(fresh, lane));
                fresh.saw(known.get(ref));
                lane.start();
                if (closed) {
                    lane.close();
                }
            }
        }

        @Override
        public void gone(ObjectNode object) {
            ScheduleWorker driven = schedules.remove(ref(object));
            if (driven != null) {
                driven.lane().retire();
            }
        }

        @Override
        public void unavailable(ClusterException why) {
            driving.listener()
                    .note(
                            "schedules-unavailable",
                            "ChaosSchedules are left alone: " + why.getMessage());
        }
    }
}
