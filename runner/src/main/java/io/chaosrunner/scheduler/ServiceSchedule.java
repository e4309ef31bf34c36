package io.chaosrunner.scheduler;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.FireLedger;
import io.chaosrunner.claim.FireLedger.Skipped;
import io.chaosrunner.control.HolidayLists.Readings;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.history.RunRecords;
import io.chaosrunner.model.Fire;
import io.chaosrunner.schedule.EngineSchedule;
import io.chaosrunner.schedule.EngineSchedule.Change;
import io.chaosrunner.schedule.EngineSchedule.Declined;
import io.chaosrunner.schedule.ScheduleReading;
import io.chaosrunner.scheduler.Places.Place;
import io.chaosrunner.scheduler.ServiceDecision.Decided;
import io.chaosrunner.scheduler.ServiceDecision.Known;
import io.chaosrunner.scheduler.ServiceSchedule.Move;
import io.chaosrunner.status.EngineEvent;
import io.chaosrunner.status.StatusEntry;
import io.chaosrunner.strategy.InvalidParameters;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The schedule of one engine, driven while this process leads: every fire starts a run or is
 * recorded as skipped.
 *
 * <p>Decides on the engine as last seen; before it acts it reads the engine and decides again. A
 * run that this process carries out begins with a claim, whose guard finds out whether the engine
 * is as it was seen: while all engines are heard of, it is not read for that, unless that was tried
 * on the same version before. If it is not, nothing starts, and it is read and decided again. What
 * it writes is guarded by the version decided on, so a process that leads no more changes nothing.
 */
final class ServiceSchedule implements KeyedWorker.Step {
    private static final Duration AGAIN = Duration.ofSeconds(5);

    /** What the runner writes into an engine; its status comes on top. */
    private static final Set<String> WRITTEN =
            Set.of(
                    "engineState",
                    Claim.ANNOTATION,
                    RunRecords.ANNOTATION,
                    FireLedger.HANDED_OVER,
                    EngineSchedule.REPLACED);

    private final SchedulerContext driving;
    private final DrivenEngine driven;
    private final DirectLaunch direct;
    private final OperatorLaunch operator;
    private final PodLaunch pods;

    /** Which of these begins runs; the others look after runs that were begun otherwise. */
    private final ServiceLaunch.Way launch;

    private final ScheduleReading reading = new ScheduleReading();
    private Engine heard;
    private volatile boolean leaving;
    private volatile Runnable wake = () -> {};
    private volatile BooleanSupplier hears = () -> false;

    /** The version of the engine on which a run was begun last without a reading. */
    private String unread = "";

    /** The last run whose end was told, or was before this process came; null before that. */
    private @Nullable String toldEnd;

    private Optional<String> toldProblem = Optional.empty();
    private Optional<String> toldDoubt = Optional.empty();
    private Known known = Known.NOTHING;

    ServiceSchedule(SchedulerContext driving, Engine engine) {
        this.driving = driving;
        heard = engine;
        driven = new DrivenEngine(driving, engine);
        direct = new DirectLaunch(driving, driven);
        operator = new OperatorLaunch(driving, driven);
        pods = new PodLaunch(driving, driven, direct);
        launch =
                switch (driving.launch()) {
                    case DIRECT -> direct;
                    case OPERATOR -> operator;
                    case POD -> pods;
                };
    }

    /**
     * Take note that a Job of this engine's runs has changed.
     *
     * @param unfinished whether it has not ended
     */
    void sawRunner(boolean unfinished) {
        if (unfinished) {
            driven.untidy(true);
        }
    }

    /** Take note of the engine as it is now; tells whether somebody else has changed it. */
    boolean saw(Engine engine) {
        boolean edited = isEdited(heard, engine);
        heard = engine;
        driven.saw(engine);
        direct.heard(engine);
        return edited;
    }

    /** Tell whether an engine differs in something that the runner does not write. */
    private static boolean isEdited(Engine before, Engine now) {
        boolean freed =
                before.annotation(Claim.ANNOTATION).isPresent()
                        && now.annotation(Claim.ANNOTATION).isEmpty();
        return freed
                || !without(before.spec(), WRITTEN).equals(without(now.spec(), WRITTEN))
                || !without(before.annotations(), WRITTEN)
                        .equals(without(now.annotations(), WRITTEN));
    }

    private static JsonNode without(JsonNode fields, Set<String> some) {
        return fields instanceof ObjectNode object
                ? JsonNodeFactory.instance.objectNode().setAll(object).remove(some)
                : fields;
    }

    /** Say how to have the next step taken at once. */
    void wokenBy(Runnable signal) {
        wake = signal;
    }

    /** Say who knows whether engines are heard of as soon as they change. */
    void hearingBy(BooleanSupplier watched) {
        hears = watched;
    }

    @Override
    public void leave() {
        leaving = true;
        direct.leave("this process leads no more");
    }

    /** What is to be done. */
    sealed interface Move {
        /** Nothing, until then or until something changes. */
        record Rest(Optional<Instant> until) implements Move {}

        /** Why nothing will be done. */
        record Refuse(String why) implements Move {}

        /** Whose run the fires that are due must wait for. */
        record Await(String whose) implements Move {}

        /** Record what starts no run, and tell of it. */
        record Write(EngineSchedule schedule, Change change) implements Move {}

        /** Start a run for a fire. */
        record Begin(EngineSchedule schedule, Fire fire) implements Move {}

        /**
         * Take up a run that a process of this service left.
         *
         * @param schedule absent if it was removed, or cannot be used: the run goes on without it
         */
        record Resume(Optional<EngineSchedule> schedule) implements Move {}

        /**
         * See that a pod carries out the run that goes on.
         *
         * @param until when there is more to do, if nothing changes
         */
        record Attend(Claim claim, Optional<Instant> until) implements Move {}

        /** Have the operator, or a pod, end its run, for the next fire is due. */
        record Replace(EngineSchedule schedule, Fire fire) implements Move {}

        /** Nothing claimed the fire that was handed over. */
        record TakeBack(Fire fire) implements Move {}

        /** The schedule is over. */
        record End(String why) implements Move {}
    }

    @Override
    public Optional<Instant> step() {
        driven.beginStep();
        boolean waits = false;
        try {
            Move move = computed(driven.seen());
            if (move instanceof Move.Rest(Optional<Instant> until) && !launch.isUntidy()) {
                return DrivenEngine.earlier(until, launch.tidy());
            }
            if (!takesPlace(move)) {
                return look(false);
            }
            // Before the engine is read: whoever waits costs the API server nothing.
            Optional<Place> place = driving.places().take(driven.ref(), wake);
            if (place.isEmpty()) {
                waits = true;
                return awaitPlace();
            }
            try (Place _ = place.get()) {
                return look(true);
            }
        } finally {
            if (!waits) {
                driving.places().withdraw(driven.ref());
            }
        }
    }

    private boolean takesPlace(Move move) {
        return move instanceof Move.Begin && launch.takesPlace();
    }

    /**
     * Read the engine, decide again, and act.
     *
     * @param placed whether a run may begin
     */
    private Optional<Instant> look(boolean placed) {
        boolean reads =
                !placed || !hears.getAsBoolean() || driven.isOutdated() || isUnread(driven.seen());
        Optional<Engine> live = reads ? driven.stored() : Optional.of(driven.seen());
        if (live.isEmpty() || leaving) {
            return Optional.empty();
        }
        Engine engine = live.get();
        driven.decidesOn(reads);
        if (reads) {
            driven.saw(engine);
        } else {
            unread = engine.resourceVersion();
        }
        Move move = computed(engine);
        if (!known.found().named().isEmpty()
                && !(move instanceof Move.Rest
                        || move instanceof Move.Resume
                        || move instanceof Move.Attend)) {
            // Only now: what its lists of holidays say counts when something is due.
            move =
                    computed(
                            engine,
                            driving.lists().read(driven.ref().namespace(), known.found().named()));
            tellDoubt();
        }
        if (takesPlace(move) && !placed) {
            return driven.now();
        }
        if (!reads && !takesPlace(move)) {
            // Only a claim finds out by itself whether the engine is as it was seen.
            return look(false);
        }
        return DrivenEngine.earlier(act(engine, move), launch.tidy());
    }

    private boolean isUnread(Engine engine) {
        return engine.resourceVersion().equals(unread);
    }

    /** A fire that waits too long is missed: the schedule says how long that is. */
    private Optional<Instant> awaitPlace() {
        String why =
                "a fire is due and waits for a place: %d runs may go on in this process (--most-runs), shared by namespace"
                        .formatted(driving.places().most());
        driven.tellOnce("waiting", why);
        return driven.soon(AGAIN);
    }

    private Move computed(Engine engine) {
        return computed(engine, Readings.NONE);
    }

    private Move computed(Engine engine, Readings holidays) {
        try {
            return taking(
                    driving.bulkhead().compute(driven.ref(), () -> decided(engine, holidays)));
        } catch (Bulkhead.Overrun e) {
            driven.refuse(String.valueOf(e.getMessage()));
            if (driving.isLeft(engine)) {
                return decision(engine).takeUp(engine, Optional.empty());
            }
            throw e;
        }
    }

    /** Decide what to do with an engine as read, taking no day for a holiday. */
    Move move(Engine engine) {
        return taking(decided(engine, Readings.NONE));
    }

    private Move taking(Decided decided) {
        known = decided.known();
        tellProblem(known.found().problem());
        decided.read().ifPresent(this::tellEnd);
        return decided.move();
    }

    /** A run that was over when this process came to its engine was told of by another. */
    private void tellEnd(EngineSchedule schedule) {
        Optional<Claim> over =
                schedule.claim()
                        .filter(Claim::isOfRun)
                        .filter(claim -> claim.state() == Claim.State.FINISHED);
        String id = over.map(claim -> claim.run().id()).orElse("");
        String before = toldEnd;
        toldEnd = id.isEmpty() && before != null ? before : id;
        if (before != null && !toldEnd.equals(before)) {
            driving.listener()
                    .ended(
                            driven.ref(),
                            over.orElseThrow(),
                            schedule.engine().statusEntries().stream()
                                    .map(StatusEntry::read)
                                    .toList());
        }
    }

    private Decided decided(Engine engine, Readings holidays) {
        ServiceDecision decision = decision(engine);
        Optional<EngineSchedule> read;
        try {
            read = EngineSchedule.of(engine, Map.of(), reading);
        } catch (InvalidParameters | Claim.Unreadable e) {
            return new Decided(decision.unusable(engine, String.valueOf(e.getMessage())), known);
        }
        if (engine.deleting()) {
            return new Decided(new Move.Rest(Optional.empty()), known);
        }
        return read.isEmpty()
                ? new Decided(decision.withoutSchedule(engine), known)
                : decision.of(read.get(), holidays.lists(), known, driven.told())
                        .reading(read.get());
    }

    private ServiceDecision decision(Engine engine) {
        return new ServiceDecision(driving.launch(), driving.isLeft(engine), driven.instant());
    }

    /** A request that cannot be read keeps no fire from its run. */
    private void tellProblem(Optional<String> problem) {
        if (!problem.equals(toldProblem)) {
            toldProblem = problem;
            problem.ifPresent(why -> driven.note("request-unreadable", why));
        }
    }

    /** Nothing starts while it is not known whether it may. */
    private void tellDoubt() {
        if (!known.found().doubt().equals(toldDoubt)) {
            toldDoubt = known.found().doubt();
            toldDoubt.ifPresent(why -> {
                driven.note("holidays-unknown", why);
                driven.emit(EngineEvent.SCHEDULE_REFUSED, "nothing is launched: " + why);
            });
        }
    }

    // ---- What is done -------------------------------------------------------------------------

    private Optional<Instant> act(Engine engine, Move move) {
        return switch (move) {
            case Move.Rest(Optional<Instant> until) -> until;
            case Move.Refuse(String why) -> driven.refuse(why);
            case Move.Await(String whose) -> {
                driven.tellOnce("waiting", whose);
                yield Optional.empty();
            }
            case Move.Write(EngineSchedule schedule, Change change) -> record(schedule, change);
            case Move.Begin(EngineSchedule schedule, Fire fire) -> launch.begin(schedule, fire);
            case Move.Attend(Claim claim, Optional<Instant> until) -> pods.attend(claim, until);
            case Move.Resume(Optional<EngineSchedule> schedule) -> direct.resume(schedule);
            case Move.Replace(EngineSchedule schedule, Fire fire) -> replace(schedule, fire);
            case Move.TakeBack(Fire fire) -> {
                if (operator.takeBack(engine, fire)) {
                    known = known.takingBack();
                }
                yield driven.now();
            }
            case Move.End(String why) -> {
                driven.tellOnce("schedule-over", why);
                yield Optional.empty();
            }
        };
    }

    private Optional<Instant> record(EngineSchedule schedule, Change change) {
        if (change instanceof Change.Skip || change instanceof Change.Decline) {
            // What was made ready for them may be there.
            driven.untidy(true);
        }
        if (driven.write(schedule, change)) {
            tell(change);
        }
        return driven.now();
    }

    private void tell(Change change) {
        switch (change) {
            case Change.Count() -> {}
            case Change.Stop(String why) -> driven.emit(EngineEvent.SCHEDULE_ENDED, why);
            case Change.Suspend(String why) -> {
                driven.note("schedule-suspended", why);
                driven.emit(EngineEvent.SCHEDULE_SUSPENDED, why);
            }
            case Change.Decline(Declined answer) ->
                    driven.note("trigger-declined", answer.toString());
            case Change.Skip(List<Skipped> fires) -> {
                known = known.recording(driven.instant());
                for (Skipped each : fires) {
                    driving.listener().skipped(driven.ref(), each);
                    driven.note(
                            "fire-skipped",
                            each.count() == 1
                                    ? "%s: %s".formatted(each.to(), each.reason())
                                    : "%d fires from %s to %s: %s"
                                            .formatted(
                                                    each.count(),
                                                    each.from(),
                                                    each.to(),
                                                    each.reason()));
                }
            }
        }
    }

    @Override
    public boolean isSetBack() {
        return driven.isSetBack();
    }

    /**
     * Have the run ended by whoever carries it out: the operator, which says of it what it says
     * when a human stopped it, or a pod of ours, which obeys the annotation.
     */
    private Optional<Instant> replace(EngineSchedule schedule, Fire fire) {
        ObjectNode patch = JsonNodeFactory.instance.objectNode();
        ObjectNode metadata = patch.putObject("metadata");
        metadata.put("resourceVersion", schedule.engine().resourceVersion());
        metadata.putObject("annotations")
                .put(EngineSchedule.REPLACED, schedule.claim().orElseThrow().run().id());
        patch.putObject("spec").put("engineState", "stop");
        if (!driven.write(schedule.engine(), patch)) {
            return driven.now();
        }
        driven.note("replacing", DirectRun.REPLACED + fire);
        return Optional.empty();
    }
}
