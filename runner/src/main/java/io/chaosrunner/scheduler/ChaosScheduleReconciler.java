package io.chaosrunner.scheduler;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.cluster.Cluster.PatchType;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.control.EngineStop;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.schedule.ChaosScheduleSettings;
import io.chaosrunner.schedule.ChaosScheduleSettings.State;
import io.chaosrunner.schedule.EngineSchedule;
import io.chaosrunner.schedule.FirePlan;
import io.chaosrunner.schedule.ScheduleReading;
import io.chaosrunner.schedule.ScheduleSpec;
import io.chaosrunner.status.EngineStanding;
import io.chaosrunner.strategy.InvalidParameters;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The reconciler of one ChaosSchedule: its engine is kept as the schedule wants it, and the
 * schedule's status true.
 *
 * <p>The engine has the schedule's name, is made once and used for every run. It carries the
 * schedule as an annotation, and is driven like any other engine with one.
 */
final class ChaosScheduleReconciler implements KeyedWorker.Step {
    /** Which template the engine was last made or changed after. */
    static final String TEMPLATE = "chaosrunner.io/template";

    private static final String LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

    private final SchedulerContext driving;
    private final EngineRef ref;
    private final ScheduleReading reading = new ScheduleReading();
    private final ScheduleReading engineReading = new ScheduleReading();
    private volatile ChaosScheduleSettings seen;
    private volatile @Nullable Engine engine;
    private volatile boolean leaving;
    private String told = "";

    ChaosScheduleReconciler(SchedulerContext driving, ChaosScheduleSettings schedule) {
        this.driving = driving;
        seen = schedule;
        ref = new EngineRef(schedule.namespace(), schedule.name());
    }

    void saw(ChaosScheduleSettings schedule) {
        seen = schedule;
    }

    /** Take note of the engine of this name as it is now; null if it is gone. */
    void saw(@Nullable Engine now) {
        engine = now;
    }

    @Override
    public void leave() {
        leaving = true;
    }

    @Override
    public Optional<Instant> step() {
        ChaosScheduleSettings schedule = seen;
        if (leaving || schedule.deleting()) {
            return Optional.empty();
        }
        try {
            keep(schedule);
            return Optional.empty();
        } catch (Bulkhead.Overrun e) {
            refuse(schedule, String.valueOf(e.getMessage()));
            throw e;
        }
    }

    private void keep(ChaosScheduleSettings schedule) {
        State state;
        Map<String, Object> settings;
        try {
            state = schedule.state();
            settings = driving.bulkhead().compute(ref, () -> settings(schedule, state));
        } catch (InvalidParameters e) {
            refuse(schedule, String.valueOf(e.getMessage()));
            return;
        }
        Engine now = engine;
        if (now == null && state != State.COMPLETE && state != State.STOP) {
            now = create(schedule, settings);
        }
        if (now != null && !isOurs(schedule, now)) {
            refuse(
                    schedule,
                    "ChaosEngine %s exists and does not belong to this ChaosSchedule; rename one of them"
                            .formatted(ref));
            return;
        }
        if (now != null && !driving.authors().areTheSame(now, schedule.json())) {
            refuse(
                    schedule,
                    "ChaosEngine %s has another author than this ChaosSchedule; delete the engine, and the service makes it anew"
                            .formatted(ref));
            return;
        }
        if (now != null) {
            now = update(schedule, now, settings);
            if (state == State.STOP) {
                stop(now);
            }
        }
        tellStatus(schedule, state, Optional.ofNullable(now));
    }

    /** Return what the engine is to carry, checked as a whole. */
    private Map<String, Object> settings(ChaosScheduleSettings schedule, State state) {
        Map<String, Object> waiting = state == State.ACTIVE ? Map.of() : Map.of("suspend", true);
        schedule.spec(waiting, reading);
        var settings = new LinkedHashMap<>(schedule.settings());
        settings.putAll(waiting);
        return settings;
    }

    private void refuse(ChaosScheduleSettings schedule, String why) {
        if (!told.equals(why)) {
            told = why;
            driving.listener().note(ref, "schedule-refused", why);
            driving.emit(new Engine(named(schedule)), why);
        }
    }

    /** A watch leaves the kind out where a list is read. */
    private static ObjectNode named(ChaosScheduleSettings schedule) {
        return schedule.json().deepCopy().put("kind", "ChaosSchedule");
    }

    // ---- The engine ---------------------------------------------------------------------------

    private static boolean isOurs(ChaosScheduleSettings schedule, Engine engine) {
        for (JsonNode owner : engine.json().path("metadata").path("ownerReferences")) {
            if (owner.path("uid").asString("").equals(schedule.uid())) {
                return true;
            }
        }
        return false;
    }

    private Engine create(ChaosScheduleSettings schedule, Map<String, Object> settings) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("apiVersion", "litmuschaos.io/v1alpha1").put("kind", "ChaosEngine");
        ObjectNode metadata = json.putObject("metadata");
        metadata.put("name", ref.name()).put("namespace", ref.namespace());
        metadata.putArray("ownerReferences")
                .addObject()
                .put("apiVersion", "litmuschaos.io/v1alpha1")
                .put("kind", "ChaosSchedule")
                .put("name", schedule.name())
                .put("uid", schedule.uid())
                .put("controller", true)
                .put("blockOwnerDeletion", true);
        metadata.set("labels", labels(schedule));
        metadata.set("annotations", annotations(schedule, settings));
        // Nobody is to run it before its time.
        json.set("spec", schedule.template().put("engineState", "stop"));
        try {
            Engine made =
                    new Engine(driving.cluster().create(Resource.ENGINES, ref.namespace(), json));
            driving.listener().note(ref, "engine-created", "for the ChaosSchedule of its name");
            return made;
        } catch (ClusterException e) {
            if (e.kind() != Kind.ALREADY_EXISTS) {
                throw e;
            }
            return new Engine(
                    driving.cluster()
                            .get(Resource.ENGINES, ref.namespace(), ref.name())
                            .orElseThrow(() -> e));
        }
    }

    private static ObjectNode labels(ChaosScheduleSettings schedule) {
        ObjectNode labels = JsonNodeFactory.instance.objectNode();
        if (schedule.metadata().path("labels") instanceof ObjectNode given) {
            labels.setAll(given.deepCopy());
        }
        // As Litmus' scheduler labels them: queries rely on it.
        return labels.put("app", "chaos-engine").put("chaosUID", schedule.uid());
    }

    private static ObjectNode annotations(
            ChaosScheduleSettings schedule, Map<String, Object> settings) {
        ObjectNode annotations = JsonNodeFactory.instance.objectNode();
        if (schedule.metadata().path("annotations") instanceof ObjectNode given) {
            annotations.setAll(given.deepCopy());
            annotations.remove(LAST_APPLIED);
        }
        return annotations
                .put(ScheduleSpec.ANNOTATION, JsonMapper.shared().writeValueAsString(settings))
                .put(EngineSchedule.ANCHOR, schedule.created().toString())
                .put(TEMPLATE, schedule.hash());
    }

    /** Bring the engine to what the schedule says now; its spec only between two runs. */
    private Engine update(
            ChaosScheduleSettings schedule, Engine now, Map<String, Object> settings) {
        ObjectNode patch = JsonNodeFactory.instance.objectNode();
        ObjectNode wanted = annotations(schedule, settings);
        boolean sameTemplate = now.annotation(TEMPLATE).filter(schedule.hash()::equals).isPresent();
        if (!sameTemplate && isBetweenRuns(now)) {
            ObjectNode metadata = patch.putObject("metadata");
            metadata.set("labels", labels(schedule));
            metadata.set("annotations", wanted);
            patch.set("spec", changes(now.spec(), schedule.template()));
        } else {
            for (String key : new String[] {ScheduleSpec.ANNOTATION, EngineSchedule.ANCHOR}) {
                String value = wanted.path(key).asString();
                if (now.annotation(key).filter(value::equals).isEmpty()) {
                    patch.withObject("metadata").withObject("annotations").put(key, value);
                }
            }
        }
        boolean suspended =
                driving.bulkhead().compute(ref, () -> isSuspended(now, schedule.created()));
        if (suspended && !settings.containsKey("suspend")) {
            // Whoever makes the schedule active again has looked at what was stopped.
            patch.withObject("metadata")
                    .withObject("annotations")
                    .putNull(EngineSchedule.SUSPENDED);
        }
        if (patch.isEmpty()) {
            return now;
        }
        // Another engine that has the name by now is refused.
        patch.withObject("metadata").put("uid", now.uid());
        return new Engine(
                driving.cluster()
                        .patch(
                                Resource.ENGINES,
                                ref.namespace(),
                                ref.name(),
                                PatchType.MERGE,
                                patch));
    }

    /** Tell whether the engine was told to suspend; what cannot be read was not written here. */
    static boolean isSuspended(Engine engine, Instant anchor) {
        try {
            return ScheduleSpec.of(engine.annotation(ScheduleSpec.ANNOTATION), Map.of(), anchor)
                    .filter(spec -> spec.policy().suspend())
                    .isPresent();
        } catch (InvalidParameters e) {
            return false;
        }
    }

    private static boolean isBetweenRuns(Engine now) {
        return !EngineStanding.isOperators(now) && !EngineStanding.of(now).isUnderWay();
    }

    /** Return a merge patch of a spec to a template; the engine's state is not the schedule's. */
    private static ObjectNode changes(JsonNode spec, ObjectNode template) {
        ObjectNode changes = template.deepCopy();
        spec.propertyStream()
                .map(Map.Entry::getKey)
                .filter(key -> !key.equals("engineState") && !template.has(key))
                .forEach(changes::putNull);
        return changes;
    }

    private void stop(Engine now) {
        if (EngineStanding.isOperators(now)) {
            if (!now.stopRequested()) {
                EngineStop.tellOperator(driving.cluster(), now);
            }
            return;
        }
        EngineStanding standing = EngineStanding.of(now);
        Optional<String> run = standing.claim().map(claim -> claim.run().id());
        if (standing.phase() == EngineStanding.Phase.RUNNING
                && !now.annotation(Claim.STOP_ANNOTATION).equals(run)) {
            ObjectNode patch = JsonNodeFactory.instance.objectNode();
            patch.putObject("metadata")
                    .put("uid", now.uid())
                    .putObject("annotations")
                    .put(Claim.STOP_ANNOTATION, run.orElseThrow());
            driving.cluster()
                    .patch(Resource.ENGINES, ref.namespace(), ref.name(), PatchType.MERGE, patch);
        }
    }

    // ---- The status ---------------------------------------------------------------------------

    /**
     * What a schedule's status says.
     *
     * @param over why it is over; empty if it is not
     */
    private record Told(ObjectNode status, boolean completed, Optional<String> over) {}

    private void tellStatus(ChaosScheduleSettings schedule, State state, Optional<Engine> now) {
        Told told;
        try {
            told = driving.bulkhead().compute(ref, () -> told(schedule, state, now));
        } catch (InvalidParameters | Claim.Unreadable e) {
            // Told on the engine.
            return;
        }
        boolean completed = told.completed();
        Optional<String> over = told.over();
        ObjectNode status = told.status();
        ObjectNode patch = JsonNodeFactory.instance.objectNode();
        ObjectNode differing = differing(schedule.json().path("status"), status);
        if (!differing.isEmpty()) {
            patch.set("status", differing);
        }
        if (completed && state != State.COMPLETE) {
            patch.putObject("metadata")
                    .put("resourceVersion", schedule.metadata().path("resourceVersion").asString());
            patch.putObject("spec").put("scheduleState", "complete");
        }
        if (patch.isEmpty() || leaving) {
            return;
        }
        try {
            seen =
                    new ChaosScheduleSettings(
                            driving.cluster()
                                    .patch(
                                            Resource.SCHEDULES,
                                            ref.namespace(),
                                            ref.name(),
                                            PatchType.MERGE,
                                            patch));
        } catch (ClusterException e) {
            // Changed or gone meanwhile: the watch tells, and this is decided again.
            if (e.kind() != Kind.CONFLICT && e.kind() != Kind.NOT_FOUND) {
                throw e;
            }
            return;
        }
        if (completed && state != State.COMPLETE) {
            driving.listener().note(ref, "schedule-completed", over.orElseThrow());
        }
    }

    private Told told(ChaosScheduleSettings schedule, State state, Optional<Engine> now) {
        Optional<EngineSchedule> read =
                now.flatMap(each -> EngineSchedule.of(each, Map.of(), engineReading));
        boolean active = now.filter(each -> !isBetweenRuns(each)).isPresent();
        Optional<String> over =
                state == State.COMPLETE
                        ? Optional.of("scheduleState is complete")
                        : read.filter(each -> !active && state == State.ACTIVE)
                                .map(each -> each.decide(driving.clock().instant()))
                                .filter(FirePlan.Step.Over.class::isInstance)
                                .map(step -> ((FirePlan.Step.Over) step).why());
        boolean completed = over.isPresent() && !active;
        return new Told(status(schedule, state, read, active, completed), completed, over);
    }

    private ObjectNode status(
            ChaosScheduleSettings schedule,
            State state,
            Optional<EngineSchedule> read,
            boolean active,
            boolean completed) {
        ObjectNode status = JsonNodeFactory.instance.objectNode();
        JsonNode before = schedule.json().path("status").path("schedule");
        boolean suspended =
                read.filter(each -> each.policy().suspendedAt(driving.clock().instant()))
                        .isPresent();
        ObjectNode inner = status.putObject("schedule");
        inner.put(
                "status",
                completed
                        ? "completed"
                        : switch (state) {
                            case HALT -> "halted";
                            case STOP -> "stopped";
                            case ACTIVE -> suspended ? "halted" : "running";
                            case COMPLETE -> "running";
                        });
        if (before.path("startTime").isMissingNode()) {
            inner.put("startTime", time(driving.clock().instant()));
        }
        if (completed && before.path("endTime").isMissingNode()) {
            inner.put("endTime", time(driving.clock().instant()));
        } else if (!completed) {
            inner.putNull("endTime");
        }
        Optional<Claim> claim = read.flatMap(EngineSchedule::claim);
        inner.put(
                "runInstances",
                claim.filter(Claim::isOfRun).map(each -> each.run().number()).orElse(0L));
        Optional<Instant> next =
                completed || state != State.ACTIVE || suspended
                        ? Optional.empty()
                        : read.flatMap(EngineSchedule::next);
        next.ifPresentOrElse(
                at -> inner.put("expectedNextRunTime", time(at)),
                () -> inner.putNull("expectedNextRunTime"));
        claim.flatMap(each -> each.fires().started())
                .ifPresent(fire -> status.put("lastScheduleTime", time(fire.at())));
        read.flatMap(EngineSchedule::lastRun)
                .filter(last -> !active)
                .ifPresent(last -> status.put("lastScheduleCompletionTime", time(last.end())));
        ArrayNode running = status.putArray("active");
        if (active) {
            Engine engine = read.orElseThrow().engine();
            running.addObject()
                    .put("apiVersion", "litmuschaos.io/v1alpha1")
                    .put("kind", "ChaosEngine")
                    .put("name", engine.name())
                    .put("namespace", engine.namespace())
                    .put("uid", engine.uid());
        }
        return status;
    }

    /** Return the fields that are not as they should be; null where one should not be there. */
    private static ObjectNode differing(JsonNode is, ObjectNode should) {
        ObjectNode differing = JsonNodeFactory.instance.objectNode();
        should.properties()
                .forEach(field -> {
                    JsonNode present = is.path(field.getKey());
                    if (field.getValue() instanceof ObjectNode inner) {
                        ObjectNode changes = differing(present, inner);
                        if (!changes.isEmpty()) {
                            differing.set(field.getKey(), changes);
                        }
                    } else if (!same(present, field.getValue())) {
                        differing.set(field.getKey(), field.getValue());
                    }
                });
        return differing;
    }

    private static boolean same(JsonNode present, JsonNode wanted) {
        if (wanted.isNull() || (wanted.isArray() && wanted.isEmpty())) {
            return present.isMissingNode() || present.isNull() || present.equals(wanted);
        }
        return wanted.isNumber() && present.isNumber()
                ? wanted.asLong() == present.asLong()
                : present.equals(wanted);
    }

    private static String time(Instant at) {
        return at.truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
