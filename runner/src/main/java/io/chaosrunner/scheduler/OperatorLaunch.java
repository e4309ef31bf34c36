package io.chaosrunner.scheduler;

import io.chaosrunner.claim.FireLedger;
import io.chaosrunner.cluster.Cluster.Propagation;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.engine.OperatorsPod;
import io.chaosrunner.model.Fire;
import io.chaosrunner.model.TimeWords;
import io.chaosrunner.schedule.EngineSchedule;
import io.chaosrunner.strategy.InvalidParameters.Problem;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** The launch of an engine's runs by the chaos-operator, which makes the runner's pod. */
final class OperatorLaunch implements ServiceLaunch.Way {
    private static final Duration AGAIN = Duration.ofSeconds(5);
    private static final Duration LOOK = Duration.ofMillis(300);

    private final SchedulerContext driving;
    private final DrivenEngine driven;

    OperatorLaunch(SchedulerContext driving, DrivenEngine driven) {
        this.driving = driving;
        this.driven = driven;
    }

    @Override
    public Optional<Instant> begin(EngineSchedule schedule, Fire fire) {
        return driven.byAuthor(schedule, fire, () -> handOver(schedule, fire));
    }

    /** The operator makes a runner only where no pod of that name is left. */
    private Optional<Instant> handOver(EngineSchedule schedule, Fire fire) {
        Engine engine = schedule.engine();
        List<Problem> against = driving.allowed().againstRunner(engine.spec());
        if (!against.isEmpty()) {
            driven.refuse(against.stream().map(Object::toString).collect(Collectors.joining("; ")));
            return driven.soon(DirectRun.LATER);
        }
        switch (OperatorsPod.of(driving.cluster(), driven.ref(), engine.uid())) {
            case OperatorsPod.None() -> {}
            case OperatorsPod.Going() -> {
                return driven.soon(LOOK);
            }
            case OperatorsPod.Strangers strangers -> {
                driven.refuse(strangers.why(driven.ref()));
                return driven.soon(AGAIN);
            }
            case OperatorsPod.Runners(String name, String uid) -> {
                driving.cluster()
                        .delete(
                                Resource.PODS,
                                driven.ref().namespace(),
                                name,
                                uid,
                                Propagation.BACKGROUND);
                return driven.soon(LOOK);
            }
        }
        ObjectNode patch = JsonNodeFactory.instance.objectNode();
        ObjectNode metadata = patch.putObject("metadata");
        metadata.put("resourceVersion", engine.resourceVersion());
        // Whoever stops the engine from now on, before a run has claimed it too, means it.
        metadata.putObject("annotations")
                .put(FireLedger.HANDED_OVER, FireLedger.handOver(fire))
                .putNull(EngineSchedule.REPLACED);
        patch.putObject("spec").put("engineState", "active");
        if (driven.write(engine, patch)) {
            driven.note("fire-handed-over", fire + " to the chaos-operator");
            driven.tellFired(schedule, fire);
        }
        return driven.now();
    }

    /** Stop waiting for a runner that does not come; tells whether that is stored. */
    boolean takeBack(Engine engine, Fire fire) {
        String why =
                "no runner claimed the %s within %s; is the chaos-operator running, and does it watch namespace %s?"
                        .formatted(
                                fire,
                                TimeWords.of(ServiceDecision.OPERATOR_ANSWERS),
                                driven.ref().namespace());
        ObjectNode patch = JsonNodeFactory.instance.objectNode();
        patch.putObject("metadata").put("resourceVersion", engine.resourceVersion());
        patch.putObject("spec").put("engineState", "stop");
        boolean stored = driven.write(engine, patch);
        if (stored) {
            driven.refuse(why);
        }
        return stored;
    }
}
