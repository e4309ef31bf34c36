package io.chaosrunner.scheduler;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.FireLedger.Skipped;
import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Cluster.Following;
import io.chaosrunner.cluster.Cluster.Selection;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.control.HolidayLists;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.engine.EngineWriter;
import io.chaosrunner.engine.EventWriter;
import io.chaosrunner.model.Fire;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.run.EngineRun;
import io.chaosrunner.run.RunRequest;
import io.chaosrunner.run.RunResult;
import io.chaosrunner.schedule.EngineSchedule;
import io.chaosrunner.schedule.EngineSchedule.Change;
import io.chaosrunner.schedule.EngineSchedule.Declined;
import io.chaosrunner.schedule.FirePlan.Step;
import io.chaosrunner.schedule.ScheduleReading;
import io.chaosrunner.schedule.ScheduleSpec.Kind;
import io.chaosrunner.schedule.Timetable;
import io.chaosrunner.scheduler.DirectRun.Run;
import io.chaosrunner.status.EngineEvent;
import io.chaosrunner.status.EnginePatch;
import io.chaosrunner.status.RunListener;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.status.StatusEntry;
import io.chaosrunner.strategy.InvalidParameters;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * The schedule of one engine, which is run again and again in this process until the schedule is
 * over.
 *
 * <p>All that is decided is read from the engine: its schedule, and in the claim which fires are
 * settled. So a process that starts anew goes on where the one before it ended, and edits of the
 * engine take effect between two runs. One thread, the caller of {@link #run()}, does everything;
 * watches and alarms only wake it. Used once.
 */
public final class PodSchedule {
    /**
     * Between two runs nothing is urgent: whoever stops the engine under the operator ends the pod.
     */
    private static final Duration POLL = Duration.ofSeconds(10);

    /** As long as a run waits for the operator to end it. */
    private static final Duration OPERATOR_PATIENCE = Duration.ofSeconds(240);

    /** Nothing depends on it: whoever has something to say wakes the loop. */
    private static final Duration LONGEST_WAIT = Duration.ofMinutes(10);

    /**
     * What a schedule waits for that starts no run.
     *
     * @param records while it skips fire after fire, they are recorded this often
     * @param lists after which a list of holidays that cannot be read is asked for again
     */
    record Pauses(Duration records, Duration lists) {
        static final Pauses USUAL = new Pauses(Duration.ofMinutes(1), HolidayLists.AGAIN);
    }

    private static final String FIRE = "fire";

    private final Cluster cluster;
    private final RunRequest request;
    private final Map<String, ?> flags;
    private final Function<RunRequest, Run> runs;
    private final Clock clock;
    private final RunListener listener;
    private final Alarms alarms;
    private final DirectRun direct;
    private final Semaphore wakes = new Semaphore(0);
    private final ScheduleReading reading = new ScheduleReading();
    private final HolidayLists lists;
    private final Pauses pauses;
    private volatile @Nullable String leaving;
    private volatile Engine latest;
    private volatile boolean gone;
    private Engine engine;
    private @Nullable Timetable timetable;
    private boolean firstRun = true;
    private Instant lastRecord = Instant.MIN;
    private String told = "";
    private Optional<String> toldDoubt = Optional.empty();

    /** Until when holidays let nothing start, as read last. */
    private Instant shutUntil = Instant.MIN;

    /**
     * How it ended.
     *
     * @param result how the last request for a run ended
     * @param over why the schedule is over; empty if it is not
     */
    public record End(RunResult result, Optional<String> over) {}

    /**
     * @param request what to ask for at each fire; holds the engine as just read. The first run is
     *     asked for as it says, later ones with what the engine says then
     * @param flags settings of the schedule that override the engine's annotation
     */
    public PodSchedule(
            Cluster cluster,
            RunRequest request,
            Map<String, ?> flags,
            StrategyCatalogue strategies,
            Clock clock,
            RunListener listener,
            QuartzAlarms alarms) {
        this(
                cluster,
                request,
                flags,
                one -> Run.of(new EngineRun(cluster, one, strategies, clock, listener)),
                clock,
                listener,
                alarms,
                Pauses.USUAL);
    }

    PodSchedule(
            Cluster cluster,
            RunRequest request,
            Map<String, ?> flags,
            Function<RunRequest, Run> runs,
            Clock clock,
            RunListener listener,
            Alarms alarms,
            Pauses pauses) {
        this.cluster = cluster;
        lists = new HolidayLists(cluster, clock, pauses.lists());
        this.pauses = pauses;
        this.request = request.checking(check(flags, clock, lists));
        this.flags = Map.copyOf(flags);
        this.runs = runs;
        this.clock = clock;
        this.listener = listener;
        this.alarms = alarms;
        engine = request.seen().orElseThrow();
        latest = engine;
        direct = new DirectRun(engine.ref(), () -> latest, new Computing(), alarms, clock);
    }

    /**
     * Return what looks again, at the last moment, whether a fire starts a run.
     *
     * @param flags settings of the schedule that override the engine's annotation
     * @param lists reads the holidays that the schedule names
     */
    public static RunRequest.StartCheck check(
            Map<String, ?> flags, Clock clock, HolidayLists lists) {
        return (engine, fire) ->
                EngineSchedule.objection(engine, flags, fire, lists::knowing, clock.instant());
    }

    /** Leave at once: what runs goes on, and the next process takes it up. */
    public void leave(String why) {
        leaving = why;
        direct.leave(why);
        wakes.release();
    }

    /** Run until the schedule is over, or the engine can be run no more. */
    public End run() {
        try (Following following =
                cluster.follow(
                        Resource.ENGINES,
                        engine.namespace(),
                        new Selection.Named(engine.name()),
                        POLL,
                        new EngineListener())) {
            while (true) {
                Optional<End> end = turn();
                if (end.isPresent()) {
                    return end.get();
                }
            }
        } catch (ClusterException e) {
            return ended(RunResult.of(e));
        } catch (Claim.Unreadable e) {
            return ended(new RunResult.Refused(String.valueOf(e.getMessage())));
        } finally {
            alarms.cancel(FIRE);
        }
    }

    private static End ended(RunResult result) {
        return new End(result, Optional.empty());
    }

    /** Look at the engine as it is now, and do the next thing; empty if there is more to do. */
    private Optional<End> turn() {
        String why = leaving;
        if (why != null) {
            return Optional.of(ended(new RunResult.Left(why, true)));
        }
        Optional<End> stop = checkStop();
        if (stop.isPresent()) {
            return stop;
        }
        Optional<Claim> claim = Claim.of(engine);
        if (claim.filter(this::isGoingOn).isPresent()) {
            return resume(claim.get());
        }
        Optional<EngineSchedule> read;
        try {
            read = EngineSchedule.of(engine, flags, reading);
        } catch (InvalidParameters e) {
            return refuse(e);
        }
        if (read.isEmpty()) {
            return Optional.of(over("the schedule was removed"));
        }
        EngineSchedule schedule = read.get();
        Timetable before = timetable;
        if (before == null || !before.spec().equals(schedule.spec())) {
            if (before != null && !settleBefore(schedule, before)) {
                return Optional.empty();
            }
            timetable = schedule.timetable();
            told = "";
        }
        boolean listed = !schedule.spec().lists().isEmpty();
        return act(listed && schedule.isDue(clock.instant()) ? knowing(schedule) : schedule);
    }

    /** Read which days are holidays: that is asked when something is due, and at no other time. */
    private EngineSchedule knowing(EngineSchedule schedule) {
        if (schedule.spec().lists().isEmpty()) {
            return schedule;
        }
        EngineSchedule known = lists.knowing(schedule);
        Instant now = clock.instant();
        shutUntil = known.timetable().openFrom(now).orElse(now);
        Optional<String> doubt = known.doubt(now);
        if (!doubt.equals(toldDoubt)) {
            toldDoubt = doubt;
            doubt.ifPresent(why -> {
                tell("nothing is launched: " + why);
                emit(EngineEvent.SCHEDULE_REFUSED, "nothing is launched: " + why);
            });
        }
        return known;
    }

    private Optional<End> resume(Claim claim) {
        boolean first = claim.fires().runs() <= 1;
        return carryOut(
                first ? request.seeing(engine) : request.derivedFrom(engine),
                usable(engine).filter(each -> !each.isUnknown() && !each.isLast(each.runs())),
                claim.fires().settled());
    }

    /** Whether a run is to be taken up; entries the operator has emptied end what was before. */
    private boolean isGoingOn(Claim claim) {
        return claim.state() != Claim.State.FINISHED && !engine.statusEntries().isEmpty();
    }

    /** What stops a run stops a schedule, whose runner must not end as if all were well. */
    private Optional<End> checkStop() {
        boolean operator = request.caller() == Caller.OPERATOR;
        if (!engine.stopRequested() && !engine.deleting()) {
            return Optional.empty();
        }
        if (!operator) {
            return Optional.of(ended(new RunResult.Left("the engine says stop", false)));
        }
        tell("engineState is stop: the operator ends this schedule");
        Instant end = clock.instant().plus(OPERATOR_PATIENCE);
        while (leaving == null && clock.instant().isBefore(end)) {
            await(Duration.ofSeconds(1));
        }
        return Optional.of(ended(new RunResult.Left("the operator ends this schedule", true)));
    }

    // ---- The schedule -------------------------------------------------------------------------

    /** Settle what was due by a schedule that was edited; false if there is more to settle. */
    private boolean settleBefore(EngineSchedule schedule, Timetable edited) {
        EngineSchedule before = lists.knowing(schedule.by(edited));
        List<Skipped> due = before.dueBefore(schedule, clock.instant());
        if (due.isEmpty()) {
            return true;
        }
        record(before, new Change.Skip(due));
        return false;
    }

    /** A schedule that cannot be used launches nothing; once one was used, it can be mended. */
    private Optional<End> refuse(InvalidParameters problems) {
        boolean nothingUsed = firstRun && timetable == null;
        if (nothingUsed) {
            Optional<End> recorded =
                    carryOut(
                            request.seeing(engine).unusable(problems.problems()),
                            Optional.empty(),
                            Optional.empty());
            if (recorded.isPresent()) {
                return recorded;
            }
        }
        String message = "nothing is launched: " + problems.getMessage();
        if (!told.equals(message)) {
            tell(message);
            emit(EngineEvent.RUN_FAILED, message);
        }
        alarms.cancel(FIRE);
        return nothingUsed
                ? Optional.of(ended(new RunResult.Misconfigured(problems.problems())))
                : awaitWake();
    }

    private End over(String why) {
        tell("the schedule is over: " + why);
        return new End(new RunResult.AlreadyFinished(entries()), Optional.of(why));
    }

    private List<StatusEntry> entries() {
        return engine.statusEntries().stream().map(StatusEntry::read).toList();
    }

    // ---- One step -----------------------------------------------------------------------------

    private Optional<End> act(EngineSchedule schedule) {
        // The operator empties the entries, and makes a new pod.
        boolean fresh = firstRun && engine.statusEntries().isEmpty();
        boolean restarted = fresh && schedule.claim().filter(Claim::isOfRun).isPresent();
        if (schedule.spec().kind() instanceof Kind.Now
                && restarted
                && !schedule.policy().suspendedAt(clock.instant())) {
            return runAgain(knowing(schedule).timetable());
        }
        Instant now = clock.instant();
        Optional<Change> change = schedule.change(schedule.failureToSuspend(), now);
        if (change.isPresent()) {
            record(schedule, change.get());
            return Optional.empty();
        }
        Step step = schedule.decide(now);
        if (restarted && schedule.runs() > 0) {
            // While a schedule was over nothing was due.
            boolean over = step instanceof Step.Over;
            write(over ? schedule.counting(clock.instant()) : schedule.recounting());
            return Optional.empty();
        }
        return carryOut(schedule, step);
    }

    /** That is what starting an engine once more means which is to run now; at its hours too. */
    private Optional<End> runAgain(Timetable timetable) {
        Instant now = clock.instant();
        Optional<Instant> opening = timetable.openFrom(now);
        if (opening.isEmpty()) {
            return Optional.of(over(timetable.closedAt(now).orElse("it never opens again")));
        }
        if (opening.get().isAfter(now)) {
            tellNext(false, timetable.fire(opening.get()), opening.get());
            alarms.set(FIRE, opening.get(), wakes::release);
            return awaitWake();
        }
        return carryOut(request.derivedFrom(engine), Optional.empty(), Optional.empty());
    }

    private Optional<End> carryOut(EngineSchedule schedule, Step step) {
        return switch (step) {
            case Step.Over(String why, var skipped) -> Optional.of(over(why));
            case Step.Wait(Fire fire, Instant until, var skipped) -> {
                if (!until.isAfter(clock.instant())) {
                    yield Optional.empty();
                }
                tellNext(schedule.policy().suspendedAt(until), fire, until);
                Instant record = lastRecord.plus(pauses.records());
                alarms.set(FIRE, schedule.wake(until, shutUntil, record), wakes::release);
                yield awaitWake();
            }
            case Step.Launch(Fire fire, var skipped) -> {
                RunRequest fired = request.seeing(engine).firedBy(fire);
                RunRequest asked =
                        schedule.policy()
                                .history()
                                .map(runs -> fired.with("history", runs))
                                .orElse(fired);
                boolean launchedByOperator = firstRun && engine.statusEntries().isEmpty();
                yield carryOut(
                        launchedByOperator ? asked : asked.derivedFrom(engine),
                        Optional.of(schedule).filter(each -> !each.isLast(each.runs() + 1)),
                        Optional.of(fire));
            }
        };
    }

    private void tellNext(boolean suspended, Fire fire, Instant until) {
        String next = suspended ? "suspended" : "next run for the " + fire;
        if (!told.equals(next)) {
            told = next;
            listener.heard(
                    suspended ? new RunNotice.Waiting(next) : new RunNotice.Next(until, next));
        }
    }

    /**
     * Run once, to the end; then look at the engine anew.
     *
     * @param schedule whose fires may end it; empty if none does
     * @param fire what began it
     */
    private Optional<End> carryOut(
            RunRequest one, Optional<EngineSchedule> schedule, Optional<Fire> fire) {
        firstRun = false;
        Optional<RunResult> result = direct.carryOut(runs.apply(one), schedule, fire);
        return result.isEmpty() ? Optional.empty() : after(one, result.get());
    }

    private Optional<End> after(RunRequest one, RunResult result) {
        return switch (result) {
            case RunResult.Completed _, RunResult.AlreadyFinished _ -> reread();
            case RunResult.NotDue(String changed) -> {
                tell("no run is started: " + changed);
                yield reread();
            }
            case RunResult.Misconfigured _ when one.problems().isEmpty() -> reread();
            case RunResult.Misconfigured _,
                    RunResult.Refused _,
                    RunResult.Left _,
                    RunResult.NotOver _,
                    RunResult.Interrupted _ ->
                    Optional.of(ended(result));
        };
    }

    // ---- The engine ---------------------------------------------------------------------------

    /** Record what starts no run, unless the engine changed meanwhile. */
    private void record(EngineSchedule schedule, Change change) {
        if (!write(schedule.recording(change, request.instance(), clock.instant()))) {
            return;
        }
        switch (change) {
            case Change.Count() -> {}
            case Change.Stop(String why) -> emit(EngineEvent.SCHEDULE_ENDED, why);
            case Change.Suspend(String why) -> {
                tell("the schedule is suspended: " + why);
                emit(EngineEvent.SCHEDULE_SUSPENDED, why);
            }
            case Change.Decline(Declined answer) -> tell(answer.toString());
            case Change.Skip(List<Skipped> skipped) -> {
                lastRecord = clock.instant();
                for (Skipped each : skipped) {
                    tell(
                            "%d fires from %s to %s start no run: %s"
                                    .formatted(
                                            each.count(), each.from(), each.to(), each.reason()));
                }
            }
        }
    }

    private void emit(String reason, String message) {
        new EventWriter(cluster, engine, clock, listener::heard)
                .emit(new EngineEvent(reason, true, "", message));
    }

    private boolean write(Claim claim) {
        return write(EnginePatch.claim(engine, claim));
    }

    private boolean write(ObjectNode patch) {
        var taken = EngineWriter.take(cluster, engine, patch);
        taken.ifPresent(stored -> engine = stored.engine());
        if (taken.isEmpty()) {
            reread();
        }
        return taken.isPresent();
    }

    private Optional<End> reread() {
        Optional<Engine> read =
                cluster.get(Resource.ENGINES, engine.namespace(), engine.name()).map(Engine::new);
        if (read.isEmpty() || !read.get().uid().equals(engine.uid())) {
            return gone();
        }
        engine = read.get();
        return Optional.empty();
    }

    private Optional<End> gone() {
        return Optional.of(ended(new RunResult.Left("the engine was deleted", false)));
    }

    /** Wait for an alarm, or for the engine to change; then look again. */
    private Optional<End> awaitWake() {
        await(LONGEST_WAIT);
        Engine seen = latest;
        return gone || !seen.resourceVersion().equals(engine.resourceVersion())
                ? reread()
                : Optional.empty();
    }

    private void await(Duration longest) {
        try {
            if (wakes.tryAcquire(longest.toMillis(), TimeUnit.MILLISECONDS)) {
                wakes.drainPermits();
            }
        } catch (InterruptedException e) {
            throw ClusterException.interrupted();
        }
    }

    private void tell(String what) {
        told = what;
        listener.heard(new RunNotice.Waiting(what));
    }

    private Optional<EngineSchedule> usable(Engine now) {
        try {
            return EngineSchedule.of(now, flags);
        } catch (InvalidParameters | Claim.Unreadable e) {
            // It is told when the run is over.
            return Optional.empty();
        }
    }

    /** Computes for the run that this process carries out: there is no other. */
    private final class Computing implements DirectRun.Carrier {
        @Override
        public <T> Optional<T> ask(Engine now, Function<EngineSchedule, Optional<T>> question) {
            return usable(now).map(lists::knowing).flatMap(question);
        }

        @Override
        public <T> T compute(Supplier<T> work) {
            return work.get();
        }

        @Override
        public void trouble(String what, Throwable bug) {
            listener.heard(
                    new RunNotice.Warning(
                            "%s; this is a bug, please report it: %s".formatted(what, bug)));
        }
    }

    /** Wakes the loop; called by the watch's thread. */
    private final class EngineListener implements Cluster.Listener {
        @Override
        public void present(ObjectNode json) {
            latest = new Engine(json);
            direct.heard(latest);
            wakes.release();
        }

        @Override
        public void gone(ObjectNode json) {
            gone = true;
            wakes.release();
        }

        @Override
        public void unavailable(ClusterException why) {
            // The engine is read before each run all the same.
        }
    }
}
