package io.chaosrunner.scheduler;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.FireLedger;
import io.chaosrunner.claim.FireLedger.Skipped;
import io.chaosrunner.claim.SkipCause;
import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.cluster.Cluster.Propagation;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.control.EngineLaunch;
import io.chaosrunner.control.EngineLaunch.Launch;
import io.chaosrunner.control.EngineLaunch.Readied;
import io.chaosrunner.control.HolidayLists.Readings;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.engine.EngineWriter;
import io.chaosrunner.engine.OperatorsPod;
import io.chaosrunner.history.RunRecords;
import io.chaosrunner.job.RunnerJob;
import io.chaosrunner.job.RunnerJob.Made;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.Fire;
import io.chaosrunner.model.TimeWords;
import io.chaosrunner.run.EngineRun;
import io.chaosrunner.run.RunRequest;
import io.chaosrunner.run.RunResult;
import io.chaosrunner.schedule.EngineSchedule;
import io.chaosrunner.schedule.EngineSchedule.Declined;
import io.chaosrunner.schedule.ScheduleReading;
import io.chaosrunner.scheduler.Places.Place;
import io.chaosrunner.scheduler.ServiceDecision.Decided;
import io.chaosrunner.scheduler.ServiceDecision.Known;
import io.chaosrunner.status.EngineEvent;
import io.chaosrunner.status.EnginePatch;
import io.chaosrunner.status.RunListener;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.status.StatusEntry;
import io.chaosrunner.strategy.InvalidParameters;
import io.chaosrunner.strategy.InvalidParameters.Problem;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Drive one engine by its schedule, while this process leads: every fire starts a run or is
 * recorded as skipped.
 *
 * <p>Decides on the engine as last seen; before it acts it reads the engine and decides again. What
 * it writes is guarded by the version read, so a process that leads no more changes nothing.
 */
final class ServiceSchedule implements KeyedWorker.Step {
    /** Begins the reason of a run that a fire ends, for people. */
    static final String REPLACED = "replaced by the ";

    private static final Duration AGAIN = Duration.ofSeconds(5);

    /** What is not known now, and what nobody tells of, is looked at again after that. */
    static final Duration LATER = Duration.ofMinutes(1);

    private static final Duration LOOK = Duration.ofMillis(300);

    /** What the runner writes into an engine; its status comes on top. */
    private static final Set<String> WRITTEN =
            Set.of(
                    "engineState",
                    Claim.ANNOTATION,
                    RunRecords.ANNOTATION,
                    FireLedger.HANDED_OVER,
                    EngineSchedule.REPLACED);

    /** A pod that has no node or no image after that is not waited for. */
    private static final Duration POD_STARTS = Duration.ofMinutes(4);

    /** One that runs may wait three minutes for the pods of the last run. */
    private static final Duration POD_CLAIMS = Duration.ofMinutes(8);

    private final SchedulerContext driving;
    private final EngineRef ref;
    private final ScheduleReading reading = new ScheduleReading();
    private volatile Engine seen;
    private Engine heard;
    private volatile boolean leaving;
    private volatile Runnable wake = () -> {};
    private boolean setBack;
    private String told = "";

    /** The last run whose end was told, or was before this process came; null before that. */
    private @Nullable String toldEnd;

    private Optional<Fire> toldFire = Optional.empty();
    private Optional<String> toldFlaw = Optional.empty();
    private Optional<String> toldDoubt = Optional.empty();

    private Known known = Known.NOTHING;
    private final RunnerJobs runners;
    private final DirectRun direct;

    /** Whether a Job may be there that nobody waits for. */
    private volatile boolean untidy;

    private Optional<Instant> tidyAgain = Optional.empty();

    ServiceSchedule(SchedulerContext driving, Engine engine) {
        this.driving = driving;
        ref = engine.ref();
        seen = engine;
        heard = engine;
        runners = new RunnerJobs(driving, ref);
        direct = new DirectRun(driving, ref, () -> seen, this::holidays);
    }

    /**
     * Take note that a Job of this engine's runs has changed.
     *
     * @param unfinished whether it has not ended
     */
    void sawRunner(boolean unfinished) {
        // Not |=, which could undo what another thread says in between.
        if (unfinished) {
            untidy = true;
        }
    }

    /** Take note of the engine as it is now; tells whether somebody else has changed it. */
    boolean saw(Engine engine) {
        boolean edited = isEdited(heard, engine);
        heard = engine;
        seen = engine;
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

    @Override
    public void leave() {
        leaving = true;
        direct.leave();
    }

    /** What is to be done. */
    sealed interface Move {
        /** Nothing, until then or until something changes. */
        record Rest(Optional<Instant> until) implements Move {}

        /** Why nothing will be done. */
        record Refuse(String why) implements Move {}

        /** Whose run the fires that are due must wait for. */
        record Await(String whose) implements Move {}

        /** Record fires that start no run. */
        record Skip(EngineSchedule schedule, List<Skipped> fires) implements Move {}

        /** Count a schedule that was written, or changed, from now on. */
        record Count(EngineSchedule schedule) implements Move {}

        /** Record and tell that a rule on how runs end has ended the schedule. */
        record Stop(EngineSchedule schedule, String why) implements Move {}

        /** Wait for a human after an abort, or a failure. */
        record Suspend(EngineSchedule schedule, String why) implements Move {}

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

        /** Answer a person's request: it starts no run. */
        record Decline(EngineSchedule schedule, Declined answer) implements Move {}

        /** The schedule is over. */
        record End(String why) implements Move {}
    }

    @Override
    public Optional<Instant> step() {
        setBack = false;
        boolean waits = false;
        try {
            Move move = computed(seen);
            if (move instanceof Move.Rest(Optional<Instant> until) && !isUntidy()) {
                return earlier(until, tidyAgain);
            }
            if (!takesPlace(move)) {
                return look(false);
            }
            // Before the engine is read: whoever waits costs the API server nothing.
            Optional<Place> place = driving.places().take(ref, wake);
            if (place.isEmpty()) {
                waits = true;
                return awaitPlace();
            }
            try (Place _ = place.get()) {
                return look(true);
            }
        } finally {
            if (!waits) {
                driving.places().withdraw(ref);
            }
        }
    }

    private boolean takesPlace(Move move) {
        return move instanceof Move.Begin && driving.launch() == ServiceLaunch.DIRECT;
    }

    private boolean isUntidy() {
        return driving.launch() == ServiceLaunch.POD
                && (untidy
                        || tidyAgain
                                .filter(at -> !driving.clock().instant().isBefore(at))
                                .isPresent());
    }

    private static Optional<Instant> earlier(Optional<Instant> one, Optional<Instant> other) {
        return one.isEmpty() || other.isPresent() && other.get().isBefore(one.get()) ? other : one;
    }

    /**
     * Read the engine, decide again, and act.
     *
     * @param placed whether a run may begin
     */
    private Optional<Instant> look(boolean placed) {
        Optional<Engine> live =
                driving.cluster()
                        .get(Resource.ENGINES, ref.namespace(), ref.name())
                        .map(Engine::new)
                        .filter(engine -> engine.uid().equals(seen.uid()));
        if (live.isEmpty() || leaving) {
            return Optional.empty();
        }
        seen = live.get();
        Move move = computed(seen);
        if (!known.named().isEmpty()
                && !(move instanceof Move.Rest
                        || move instanceof Move.Resume
                        || move instanceof Move.Attend)) {
            // Only now: what its lists of holidays say counts when something is due.
            move = computed(seen, driving.lists().read(ref.namespace(), known.named()));
            tellDoubt();
        }
        if (takesPlace(move) && !placed) {
            return now();
        }
        Optional<Instant> again = act(move);
        if (isUntidy()) {
            tidy();
        }
        return earlier(again, tidyAgain);
    }

    private void tidy() {
        untidy = false;
        try {
            tidyAgain = runners.tidy(seen);
        } catch (ClusterException e) {
            untidy = true;
            throw e;
        }
    }

    /** Read the holidays of the schedule that an engine has, if it names any. */
    private Readings holidays(Engine engine) {
        Set<String> names = driving.bulkhead().compute(ref, () -> lists(engine));
        return driving.lists().read(ref.namespace(), names);
    }

    private static Set<String> lists(Engine engine) {
        try {
            return EngineSchedule.of(engine).map(each -> each.spec().lists()).orElse(Set.of());
        } catch (InvalidParameters | Claim.Unreadable e) {
            // Whoever asks is told.
            return Set.of();
        }
    }

    /** A fire that waits too long is missed: the schedule says how long that is. */
    private Optional<Instant> awaitPlace() {
        String why =
                "a fire is due and waits for a place: %d runs may go on in this process (--most-runs), shared by namespace"
                        .formatted(driving.places().most());
        if (!told.equals(why)) {
            told = why;
            driving.listener().note(ref, "waiting", why);
        }
        return soon(AGAIN);
    }

    private Move computed(Engine engine) {
        return computed(engine, Readings.NONE);
    }

    private Move computed(Engine engine, Readings holidays) {
        try {
            return taking(driving.bulkhead().compute(ref, () -> decided(engine, holidays)));
        } catch (Bulkhead.Overrun e) {
            refuse(String.valueOf(e.getMessage()));
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
        tellFlaw(known.flaw());
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
                            ref,
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
                : decision.of(read.get(), holidays.lists(), known, told).reading(read.get());
    }

    private ServiceDecision decision(Engine engine) {
        return new ServiceDecision(
                driving.launch(), driving.isLeft(engine), driving.clock().instant());
    }

    /** A request that cannot be read keeps no fire from its run. */
    private void tellFlaw(Optional<String> flaw) {
        if (!flaw.equals(toldFlaw)) {
            toldFlaw = flaw;
            flaw.ifPresent(why -> driving.listener().note(ref, "request-unreadable", why));
        }
    }

    /** Nothing starts while it is not known whether it may. */
    private void tellDoubt() {
        if (!known.doubt().equals(toldDoubt)) {
            toldDoubt = known.doubt();
            toldDoubt.ifPresent(why -> {
                driving.listener().note(ref, "holidays-unknown", why);
                driving.emit(seen, "nothing is launched: " + why);
            });
        }
    }

    // ---- What is done -------------------------------------------------------------------------

    private Optional<Instant> act(Move move) {
        return switch (move) {
            case Move.Rest(Optional<Instant> until) -> until;
            case Move.Refuse(String why) -> refuse(why);
            case Move.Await(String whose) -> {
                if (!told.equals(whose)) {
                    told = whose;
                    driving.listener().note(ref, "waiting", whose);
                }
                yield Optional.empty();
            }
            case Move.Skip(EngineSchedule schedule, List<Skipped> fires) -> skip(schedule, fires);
            case Move.Count(EngineSchedule schedule) -> {
                write(EnginePatch.claim(seen, schedule.counting(driving.clock().instant())));
                yield now();
            }
            case Move.Stop(EngineSchedule schedule, String why) -> {
                Claim claim = schedule.claim().orElseThrow();
                if (write(EnginePatch.claim(seen, claim.endingSchedule(why)))) {
                    driving.emit(seen, EngineEvent.SCHEDULE_ENDED, why);
                }
                yield now();
            }
            case Move.Suspend(EngineSchedule schedule, String why) -> suspend(schedule, why);
            case Move.Begin(EngineSchedule schedule, Fire fire) ->
                    switch (driving.launch()) {
                        case DIRECT -> byAuthor(schedule, fire, () -> begin(schedule, fire));
                        case OPERATOR -> byAuthor(schedule, fire, () -> handOver(schedule, fire));
                        case POD -> sendPod(schedule, fire);
                    };
            case Move.Attend(Claim claim, Optional<Instant> until) -> attend(claim, until);
            case Move.Resume(Optional<EngineSchedule> schedule) -> resume(schedule);
            case Move.Replace(EngineSchedule schedule, Fire fire) -> replace(schedule, fire);
            case Move.Decline(EngineSchedule schedule, Declined answer) ->
                    decline(schedule, answer);
            case Move.TakeBack(Fire fire) -> takeBack(fire);
            case Move.End(String why) -> {
                told = why;
                driving.listener().note(ref, "schedule-over", why);
                yield Optional.empty();
            }
        };
    }

    private Optional<Instant> refuse(String why) {
        if (!told.equals(why)) {
            told = why;
            driving.listener().note(ref, "schedule-refused", why);
            driving.emit(seen, why);
        }
        return Optional.empty();
    }

    /** Launch what the engine's author may do; else its fire starts no run. */
    private Optional<Instant> byAuthor(
            EngineSchedule schedule, Fire fire, Supplier<Optional<Instant>> launch) {
        Optional<String> against;
        try {
            against = driving.authors().against(seen);
        } catch (ClusterException e) {
            refuse(String.valueOf(e.getMessage()));
            return setBack();
        }
        if (against.isEmpty()) {
            return launch.get();
        }
        String why = against.get();
        refuse(why);
        Optional<Claim> settled = settling(schedule, fire, why, SkipCause.FORBIDDEN);
        if (settled.isEmpty()) {
            return setBack();
        }
        untidy = true;
        if (write(EnginePatch.claim(seen, settled.get()))) {
            driving.listener().note(ref, "fire-skipped", "%s: %s".formatted(fire, why));
            tellSkipped(fire, why, SkipCause.FORBIDDEN);
        }
        return now();
    }

    private void tellSkipped(Fire fire, String why, SkipCause cause) {
        if (fire.cause().kind() == Fire.Kind.SCHEDULE) {
            driving.listener().skipped(ref, new Skipped(fire.at(), why, cause));
        }
    }

    /** Return a claim by which a fire starts no run; empty for one that is tried again. */
    private Optional<Claim> settling(
            EngineSchedule schedule, Fire fire, String why, SkipCause cause) {
        Instant now = driving.clock().instant();
        return switch (fire.cause().kind()) {
            case SCHEDULE ->
                    Optional.of(
                            schedule.skipping(
                                    List.of(new Skipped(fire.at(), why, cause)),
                                    driving.instance(),
                                    now));
            case TRIGGER ->
                    schedule.trigger()
                            .filter(each -> each.id().equals(fire.cause().id()))
                            .map(each ->
                                    schedule.declining(
                                            new Declined(each, why), driving.instance(), now));
            // What a person asked for of the past is tried until they think otherwise.
            case BACKFILL -> Optional.empty();
        };
    }

    private Optional<Instant> skip(EngineSchedule schedule, List<Skipped> fires) {
        Claim claim = schedule.skipping(fires, driving.instance(), driving.clock().instant());
        untidy = true;
        if (write(EnginePatch.claim(seen, claim))) {
            known = known.recording(driving.clock().instant());
            for (Skipped each : fires) {
                driving.listener().skipped(ref, each);
                driving.listener()
                        .note(
                                ref,
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
        return now();
    }

    private Optional<Instant> decline(EngineSchedule schedule, Declined answer) {
        Claim claim = schedule.declining(answer, driving.instance(), driving.clock().instant());
        untidy = true;
        if (write(EnginePatch.claim(seen, claim))) {
            driving.listener().note(ref, "trigger-declined", answer.toString());
        }
        return now();
    }

    private Optional<Instant> suspend(EngineSchedule schedule, String why) {
        if (write(schedule.suspending())) {
            driving.listener().note(ref, "schedule-suspended", why);
            driving.emit(seen, EngineEvent.SCHEDULE_SUSPENDED, why);
        }
        return now();
    }

    /** Write to the engine as read; tells whether it is stored, and is seen so. */
    private boolean write(ObjectNode patch) {
        Optional<EngineWriter.Taken> taken = EngineWriter.take(driving.cluster(), seen, patch);
        taken.ifPresent(stored -> seen = stored.engine());
        return taken.isPresent();
    }

    private Optional<Instant> now() {
        return Optional.of(driving.clock().instant());
    }

    /** What was tried did not succeed: the lane says when it is tried again. */
    private Optional<Instant> setBack() {
        setBack = true;
        return Optional.empty();
    }

    @Override
    public boolean isSetBack() {
        return setBack;
    }

    private Optional<Instant> soon(Duration pause) {
        return Optional.of(driving.clock().instant().plus(pause));
    }

    // ---- Direct launch ------------------------------------------------------------------------

    private Optional<Instant> begin(EngineSchedule schedule, Fire fire) {
        return onceReady(() ->
                run(
                        Optional.of(schedule),
                        Caller.PERSON,
                        Optional.of(fire),
                        () -> fired(schedule, fire)));
    }

    /** Tell that a fire was launched; its Job may be made more than once. */
    private void fired(EngineSchedule schedule, Fire fire) {
        if (toldFire.filter(fire::equals).isPresent()) {
            return;
        }
        toldFire = Optional.of(fire);
        Instant planned =
                fire.cause().kind() == Fire.Kind.SCHEDULE
                        ? schedule.timetable().start(fire.at())
                        : fire.at();
        driving.listener().fired(ref, fire, planned, driving.clock().instant());
    }

    /** Ready the engine for its next run; then go on. */
    private Optional<Instant> onceReady(Supplier<Optional<Instant>> then) {
        Readied readied =
                new EngineLaunch(driving.cluster())
                        .ready(ref, Optional.empty(), Launch.DIRECT, false);
        return switch (readied) {
            case Readied.Ready ready -> {
                seen = ready.engine();
                yield then.get();
            }
            case Readied.Missing() -> Optional.empty();
            case Readied.Refused(String why) -> {
                refuse(why);
                yield setBack();
            }
        };
    }

    private Optional<Instant> resume(Optional<EngineSchedule> schedule) {
        try (Place _ = driving.places().takeUp(ref)) {
            return run(
                    schedule,
                    Caller.PERSON_WHO_RESUMES,
                    Claim.of(seen).flatMap(claim -> claim.fires().settled()),
                    () -> {});
        }
    }

    /**
     * @param begun told once the run has begun
     */
    private Optional<Instant> run(
            Optional<EngineSchedule> schedule, Caller caller, Optional<Fire> fire, Runnable begun) {
        RunListener listener = driving.listener().run(ref);
        RunRequest asked =
                new RunRequest(
                                ref,
                                caller,
                                Optional.empty(),
                                Optional.empty(),
                                Map.of(),
                                driving.instance())
                        .within(driving.allowed())
                        .seeing(seen);
        EngineRun run =
                new EngineRun(
                        driving.cluster(),
                        // Pods may stay pending for ever: a run of the service ends all the same.
                        fire.map(asked::firedBy)
                                .orElse(asked)
                                .endingWithin(driving.runDeadline())
                                .checking(this::objection),
                        driving.strategies(),
                        driving.clock(),
                        notice -> {
                            if (notice instanceof RunNotice.Started) {
                                begun.run();
                            }
                            listener.heard(notice);
                        });
        return direct.carryOut(run, () -> leaving, schedule, fire).flatMap(this::after);
    }

    private Optional<String> objection(Engine now, Fire fire) {
        try {
            Readings holidays = holidays(now);
            return driving.bulkhead()
                    .compute(
                            ref,
                            () ->
                                    EngineSchedule.objection(
                                            now,
                                            Map.of(),
                                            fire,
                                            schedule -> schedule.knowing(holidays.lists()),
                                            driving.clock().instant()));
        } catch (Bulkhead.Overrun e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    private Optional<Instant> after(RunResult result) {
        switch (result) {
            case RunResult.Completed _, RunResult.AlreadyFinished _ -> told = "";
            case RunResult.NotDue(String why) -> driving.listener().note(ref, "not-started", why);
            case RunResult.Misconfigured(var problems) ->
                    driving.listener()
                            .note(
                                    ref,
                                    "nothing-launched",
                                    problems.stream()
                                            .map(Object::toString)
                                            .collect(Collectors.joining("; ")));
            case RunResult.Refused(String why) -> {
                refuse(why);
                return setBack();
            }
            case RunResult.Left(String why, boolean unfinished) -> {
                driving.listener().note(ref, "left", why);
                return setBack();
            }
            case RunResult.NotOver(String why) -> {
                driving.listener().note(ref, "not-over", why);
                return setBack();
            }
            case RunResult.Interrupted(ClusterException why) -> throw why;
        }
        return now();
    }

    // ---- Launch by a pod ----------------------------------------------------------------------

    /**
     * Have a pod come to the engine, which claims the run for the fire. Until then the fire is not
     * settled: whoever leads looks again, and meets the same Job.
     */
    private Optional<Instant> sendPod(EngineSchedule schedule, Fire fire) {
        Optional<Made> found = runners.of(seen, fire);
        if (found.isEmpty()) {
            return byAuthor(schedule, fire, () -> makePod(schedule, fire));
        }
        Made job = found.get();
        Instant now = driving.clock().instant();
        if (job.hasEnded() && hasChanged()) {
            // Its run may have begun, and ended, since the engine was read.
            return now();
        }
        return switch (job.state()) {
            case RunnerJob.State.Going() -> {
                if (now.isBefore(runners.since(job).plus(POD_STARTS))) {
                    yield soon(LOOK);
                }
                refuse(
                        "the %s waits for a Job that is being deleted and does not go; is its node lost? See kubectl describe job %s -n %s"
                                .formatted(fire, job.name(), ref.namespace()));
                yield setBack();
            }
            case RunnerJob.State.Unfinished(boolean started) -> {
                Instant end = runners.since(job).plus(started ? POD_CLAIMS : POD_STARTS);
                yield now.isBefore(end)
                        ? Optional.of(end)
                        : giveUp(
                                schedule,
                                fire,
                                job,
                                started
                                        ? "its pod has not begun within " + TimeWords.of(POD_CLAIMS)
                                        : "its pod did not start within "
                                                + TimeWords.of(POD_STARTS));
            }
            case RunnerJob.State.Failed(String why) ->
                    giveUp(
                            schedule,
                            fire,
                            job,
                            "its pod failed before it began (%s)".formatted(why));
            case RunnerJob.State.Complete() -> {
                // It saw no reason to begin, or the engine changed: look again, but not at once.
                runners.remove(job);
                driving.listener()
                        .note(
                                ref,
                                "not-started",
                                "the pod for the %s began no run".formatted(fire));
                yield setBack();
            }
        };
    }

    private Optional<Instant> makePod(EngineSchedule schedule, Fire fire) {
        return onceReady(() -> {
            Optional<String> taken = runners.make(driving.pods().orElseThrow(), seen, fire);
            if (taken.isPresent()) {
                refuse(taken.get());
                return setBack();
            }
            untidy = true;
            driving.listener().note(ref, "fire-handed-over", fire + " to a pod of its own");
            fired(schedule, fire);
            return soon(POD_STARTS);
        });
    }

    /** Settle a fire whose pod does not come; the next one is tried again. */
    private Optional<Instant> giveUp(EngineSchedule schedule, Fire fire, Made job, String why) {
        Optional<Claim> settled = settling(schedule, fire, why, SkipCause.NO_POD);
        if (settled.isPresent() && !write(EnginePatch.claim(seen, settled.get()))) {
            return now();
        }
        String said =
                "the %s starts no run: %s%s; see kubectl describe job %s -n %s"
                        .formatted(
                                fire,
                                why,
                                runners.hindrance(job).map(words -> ": " + words).orElse(""),
                                job.name(),
                                ref.namespace());
        told = said;
        driving.listener().note(ref, "fire-skipped", said);
        tellSkipped(fire, why, SkipCause.NO_POD);
        driving.emit(seen, said);
        runners.remove(job);
        return settled.isPresent() ? now() : setBack();
    }

    /** See that a pod carries out the run that goes on, however often pods or Jobs go. */
    private Optional<Instant> attend(Claim claim, Optional<Instant> until) {
        Fire fire = claim.fires().started().orElseThrow();
        Optional<Made> found = runners.of(seen, fire);
        boolean over = found.isEmpty() || found.get().hasEnded();
        if (!over) {
            return earlier(until, soon(LATER));
        }
        if (!isHeldBy(claim)) {
            // It is over since.
            return now();
        }
        if (driving.launch() != ServiceLaunch.POD) {
            return resume(Optional.empty());
        }
        if (found.isPresent()) {
            runners.remove(found.get());
            driving.listener()
                    .note(
                            ref,
                            "trouble",
                            "the pod of run %d ended before the run: another one takes it up"
                                    .formatted(claim.run().number()));
            return setBack();
        }
        Optional<String> taken = runners.make(driving.pods().orElseThrow(), seen, fire);
        if (taken.isPresent()) {
            refuse(taken.get());
            return setBack();
        }
        driving.listener()
                .note(
                        ref,
                        "run-handed-over",
                        "run %d to a pod that takes it up".formatted(claim.run().number()));
        return earlier(until, soon(LATER));
    }

    private boolean hasChanged() {
        return driving.cluster()
                .get(Resource.ENGINES, ref.namespace(), ref.name())
                .map(Engine::new)
                .filter(engine -> engine.resourceVersion().equals(seen.resourceVersion()))
                .isEmpty();
    }

    private boolean isHeldBy(Claim claim) {
        return driving.cluster()
                .get(Resource.ENGINES, ref.namespace(), ref.name())
                .map(Engine::new)
                .filter(driving::isLeft)
                .flatMap(Claim::of)
                .filter(held -> held.run().equals(claim.run()))
                .isPresent();
    }

    // ---- Launch by the operator ---------------------------------------------------------------

    /** The operator makes a runner only where no pod of that name is left. */
    private Optional<Instant> handOver(EngineSchedule schedule, Fire fire) {
        Engine engine = schedule.engine();
        List<Problem> against = driving.allowed().againstRunner(engine.spec());
        if (!against.isEmpty()) {
            refuse(against.stream().map(Object::toString).collect(Collectors.joining("; ")));
            return soon(LATER);
        }
        switch (OperatorsPod.of(driving.cluster(), ref, engine.uid())) {
            case OperatorsPod.None() -> {}
            case OperatorsPod.Going() -> {
                return soon(LOOK);
            }
            case OperatorsPod.Strangers strangers -> {
                refuse(strangers.why(ref));
                return soon(AGAIN);
            }
            case OperatorsPod.Runners(String name, String uid) -> {
                driving.cluster()
                        .delete(Resource.PODS, ref.namespace(), name, uid, Propagation.BACKGROUND);
                return soon(LOOK);
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
        if (write(patch)) {
            driving.listener().note(ref, "fire-handed-over", fire + " to the chaos-operator");
            fired(schedule, fire);
        }
        return now();
    }

    /**
     * Have the run ended by whoever carries it out: the operator, which says of it what it says
     * when a human stopped it, or a pod of ours, which heeds the annotation.
     */
    private Optional<Instant> replace(EngineSchedule schedule, Fire fire) {
        ObjectNode patch = JsonNodeFactory.instance.objectNode();
        ObjectNode metadata = patch.putObject("metadata");
        metadata.put("resourceVersion", seen.resourceVersion());
        metadata.putObject("annotations")
                .put(EngineSchedule.REPLACED, schedule.claim().orElseThrow().run().id());
        patch.putObject("spec").put("engineState", "stop");
        if (!write(patch)) {
            return now();
        }
        driving.listener().note(ref, "replacing", REPLACED + fire);
        return Optional.empty();
    }

    private Optional<Instant> takeBack(Fire fire) {
        String why =
                "no runner claimed the %s within %s; is the chaos-operator running, and does it watch namespace %s?"
                        .formatted(
                                fire,
                                TimeWords.of(ServiceDecision.OPERATOR_ANSWERS),
                                ref.namespace());
        ObjectNode patch = JsonNodeFactory.instance.objectNode();
        patch.putObject("metadata").put("resourceVersion", seen.resourceVersion());
        patch.putObject("spec").put("engineState", "stop");
        if (write(patch)) {
            known = known.takingBack();
            refuse(why);
        }
        return now();
    }
}
