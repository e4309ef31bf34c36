package io.chaosrunner.schedule;

import io.chaosrunner.claim.Backfill;
import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.FireLedger;
import io.chaosrunner.claim.FireLedger.Skipped;
import io.chaosrunner.claim.LoggedAttempt;
import io.chaosrunner.claim.SkipCause;
import io.chaosrunner.claim.Tally;
import io.chaosrunner.claim.Trigger;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.crd.WrittenTime;
import io.chaosrunner.holidays.HolidayList;
import io.chaosrunner.model.Fire;
import io.chaosrunner.model.RunEnd.Cause;
import io.chaosrunner.schedule.FirePlan.LastRun;
import io.chaosrunner.schedule.FirePlan.Situation;
import io.chaosrunner.schedule.FirePlan.Step;
import io.chaosrunner.schedule.ScheduleSpec.Kind;
import io.chaosrunner.schedule.ScheduleSpec.Overlap;
import io.chaosrunner.schedule.ScheduleSpec.Policy;
import io.chaosrunner.schedule.ScheduleSpec.StopWhen;
import io.chaosrunner.status.EnginePatch;
import io.chaosrunner.status.EngineStanding;
import io.chaosrunner.status.RunOutcome;
import io.chaosrunner.strategy.InvalidParameters;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import tools.jackson.databind.node.ObjectNode;

/**
 * What an engine's schedule asks for, from what is stored with the engine alone. Pure.
 *
 * @param engine as read
 * @param standing where its last run stands
 * @param timetable when it fires
 */
public record EngineSchedule(Engine engine, EngineStanding standing, Timetable timetable) {
    /** When a schedule began that is older than its engine. */
    public static final String ANCHOR = "chaosrunner.io/schedule-anchor";

    /** Why a schedule waits for a human; whoever removes it lets the schedule go on. */
    public static final String SUSPENDED = "chaosrunner.io/suspended";

    /** The run that the operator was told to end, for the next fire was due. */
    public static final String REPLACED = "chaosrunner.io/replaced";

    /** The clock of whoever asks may be ahead by that. */
    private static final Duration MOST_SKEW = Duration.ofHours(1);

    private static final Situation ASKED_ANEW = new Situation(Instant.MIN, 0, Optional.empty());

    private static final String STOPPED_BY_OPERATOR = "stopped";

    /**
     * Read the schedule on an engine; empty if there is none.
     *
     * @throws InvalidParameters if it is unusable
     * @throws Claim.Unreadable if somebody edited the claim
     */
    public static Optional<EngineSchedule> of(Engine engine) {
        return of(engine, Map.of());
    }

    /**
     * Read the schedule on an engine, some of it overridden; empty if there is none.
     *
     * @param flags overriding values, by the keys of the annotation
     * @throws InvalidParameters if it is unusable
     * @throws Claim.Unreadable if somebody edited the claim
     */
    public static Optional<EngineSchedule> of(Engine engine, Map<String, ?> flags) {
        return of(engine, flags, new ScheduleReading());
    }

    /** Read it with what remembers how it was read last. */
    public static Optional<EngineSchedule> of(
            Engine engine, Map<String, ?> flags, ScheduleReading reading) {
        Claim.of(engine);
        Instant anchor = anchor(engine);
        return reading.of(engine.annotation(ScheduleSpec.ANNOTATION), flags, anchor)
                .map(spec -> {
                    EngineStanding standing = EngineStanding.of(engine);
                    ScheduleSpec known = suspending(asKnown(spec, standing), engine);
                    return new EngineSchedule(
                            engine, standing, reading.timetable(known, anchor, seed(engine)));
                });
    }

    private static Instant anchor(Engine engine) {
        return engine.annotation(ANCHOR).flatMap(WrittenTime::read).orElse(engine.created());
    }

    private static long seed(Engine engine) {
        return engine.ref().toString().hashCode();
    }

    /** Tell whether no human, but a fire, ended the last run. */
    private static boolean isReplaced(Engine engine) {
        Optional<String> run = Claim.of(engine).map(claim -> claim.run().id());
        return run.isPresent() && engine.annotation(REPLACED).equals(run);
    }

    /** A claim of an older version knows the schedule by another name: an upgrade is no edit. */
    private static ScheduleSpec asKnown(ScheduleSpec spec, EngineStanding standing) {
        return standing.claim()
                .flatMap(claim -> claim.fires().settled())
                .map(Fire::schedule)
                .filter(spec.formerly()::equals)
                .map(name -> spec.with(spec.policy(), name))
                .orElse(spec);
    }

    /** A human's word counts more than the schedule's. */
    private static ScheduleSpec suspending(ScheduleSpec spec, Engine engine) {
        boolean aborted = engine.engineStatus().equals(STOPPED_BY_OPERATOR) && !isReplaced(engine);
        if (engine.annotation(SUSPENDED).isEmpty() && !aborted) {
            return spec;
        }
        Policy policy = spec.policy();
        return spec.with(policy.suspended(), spec.hash());
    }

    /** Say what another schedule would make of what is stored with the same engine. */
    public EngineSchedule by(Timetable other) {
        return new EngineSchedule(engine, standing, other);
    }

    /** Return the same with the holidays of its lists, on which nothing starts. */
    public EngineSchedule knowing(Map<String, HolidayList> lists) {
        return lists.isEmpty() ? this : by(timetable.knowing(lists));
    }

    /**
     * Tell whether something is to be done now, or may be: what its lists of holidays say counts
     * from then on.
     */
    public boolean isDue(Instant now) {
        return declined(now).isPresent()
                || !(decide(now) instanceof Step.Wait wait)
                || !wait.skipped().isEmpty()
                || !wait.until().isAfter(now);
    }

    /** Return why it is not known whether a run may start now; empty if that is known. */
    public Optional<String> doubt(Instant now) {
        return timetable.doubtAt(now);
    }

    public ScheduleSpec spec() {
        return timetable.spec();
    }

    public Policy policy() {
        return spec().policy();
    }

    public Optional<Claim> claim() {
        return standing.claim();
    }

    /** Tell whether a run goes on that has a claim, whoever owns it. */
    public boolean isUnderWay() {
        return standing.isUnderWay()
                && claim().filter(claim -> claim.state() != Claim.State.FINISHED).isPresent();
    }

    /** Tell whether there is a claim that knows nothing of this schedule: it is new, or changed. */
    public boolean isUnknown() {
        String hash = spec().hash();
        return claim().isPresent()
                && claim().flatMap(claim -> claim.fires().settled())
                        .filter(fire -> fire.schedule().equals(hash))
                        .isEmpty();
    }

    /** Tell whether the last fires that started no run did not because of a suspension. */
    private boolean wasSuspended() {
        return claim().map(claim -> claim.fires().skipped())
                .filter(skipped -> !skipped.isEmpty())
                .filter(skipped -> skipped.getLast().suspended())
                .isPresent();
    }

    /** Return why a human ended the last run, unless the schedule waits for it already. */
    public Optional<String> abortedByHand() {
        return claim().filter(claim -> claim.state() == Claim.State.FINISHED)
                .filter(claim -> isEndedBy(claim, Cause.ABORT) && !claim.fires().suspended())
                .filter(claim -> !isReplaced(engine))
                .map(Claim::reason);
    }

    /** Return which failed run suspends the schedule, unless it has done so already. */
    public Optional<String> failureToSuspend() {
        return lastRun()
                .filter(run -> policy().pauseOnFailure())
                .filter(run -> run.outcome().equals(Optional.of(StopWhen.FAILED)))
                .filter(run -> !claimed().fires().suspended())
                .map(run -> run.name() + " failed (pauseOnFailure)");
    }

    private Claim claimed() {
        return claim().orElseThrow();
    }

    /** Return why the schedule's own rule has ended it, if that was not told yet. */
    public Optional<String> endUntold() {
        return claim().filter(claim -> claim.fires().over().isEmpty())
                .flatMap(claim -> FirePlan.stop(policy(), situation()));
    }

    private static boolean isEndedBy(Claim claim, Cause cause) {
        return Cause.of(claim.ending()).filter(cause::equals).isPresent();
    }

    /** What a schedule has recorded on its engine before anything else: none of it starts a run. */
    public sealed interface Change {
        /** A schedule that was written, or changed, counts from now on. */
        record Count() implements Change {}

        /** A rule on how runs end has ended the schedule. */
        record Stop(String why) implements Change {}

        /** The schedule waits for a person after an abort, or a failure. */
        record Suspend(String why) implements Change {}

        /** A person's request is answered: it starts no run. */
        record Decline(Declined answer) implements Change {}

        /** Fires are settled that start no run. */
        record Skip(List<Skipped> fires) implements Change {}
    }

    /**
     * Return what is recorded now, while no run is under way; empty if {@link #decide} has the
     * word.
     *
     * @param suspending why the schedule is to wait for a person, if it is
     */
    public Optional<Change> change(Optional<String> suspending, Instant now) {
        if (isUnknown() && !isAskedAnew(now)) {
            return Optional.of(new Change.Count());
        }
        return endUntold()
                .<Change>map(Change.Stop::new)
                .or(() -> suspending.map(Change.Suspend::new))
                .or(() -> declined(now).map(Change.Decline::new))
                .or(() ->
                        Optional.of(decide(now).skipped())
                                .filter(fires -> !fires.isEmpty())
                                .map(Change.Skip::new));
    }

    /**
     * Return the write that records a change.
     *
     * @param instance who writes it if nobody ever claimed the engine
     */
    public ObjectNode recording(Change change, String instance, Instant now) {
        return switch (change) {
            case Change.Count() -> EnginePatch.claim(engine, counting(now));
            case Change.Stop(String why) ->
                    EnginePatch.claim(engine, claimed().endingSchedule(why));
            case Change.Suspend _ -> suspending();
            case Change.Decline(Declined answer) ->
                    EnginePatch.claim(engine, declining(answer, instance, now));
            case Change.Skip(List<Skipped> fires) ->
                    EnginePatch.claim(engine, skipping(fires, instance, now));
        };
    }

    /**
     * Decide what to do now, while no run is under way. Skips are recorded first. A person's
     * request comes before a fire that waits, or a schedule that always has one waiting would never
     * come to it; where nothing waits for a run to end, the request does not either.
     */
    public Step decide(Instant now) {
        Step step = scheduled(now);
        Optional<Trigger> trigger = trigger();
        boolean first = step instanceof Step.Launch && policy().overlap() == Overlap.SKIP;
        if (first || !step.skipped().isEmpty()) {
            return step;
        }
        return trigger.filter(each -> objection(each, now).isEmpty())
                .<Step>map(each -> new Step.Launch(each.fire(spec().hash()), List.of()))
                .orElseGet(() -> step instanceof Step.Launch ? step : backfilling(step, now));
    }

    /** Past fires that a person asked for come when nothing else is due. */
    private Step backfilling(Step step, Instant now) {
        Optional<Fire> past = backfill(now);
        if (past.isEmpty() || FirePlan.end(policy(), situation()).isPresent()) {
            return step;
        }
        Fire fire = past.get();
        if (FirePlan.objectionToBackfill(timetable, situation(), fire.at(), now).isEmpty()) {
            return new Step.Launch(fire, List.of());
        }
        Optional<Instant> free =
                policy().suspendedAt(now)
                        ? policy().resume()
                        : timetable.openFrom(fire.at(), now.plusMillis(1));
        boolean later =
                free.isEmpty()
                        || step instanceof Step.Wait wait && wait.until().isBefore(free.get());
        return later ? step : new Step.Wait(fire, free.get(), List.of());
    }

    /** Return why the schedule is over by a rule of its own, however many fires are left. */
    public Optional<String> end() {
        return FirePlan.end(policy(), situation());
    }

    /** Return the request for past fires, unless it is of another schedule or was made long ago. */
    public Optional<Backfill> backfill() {
        try {
            return Backfill.of(engine).filter(each -> each.schedule().equals(spec().hash()));
        } catch (Backfill.Unreadable e) {
            return Optional.empty();
        }
    }

    /** Return the past fire that comes next; what somebody wrote by hand is held to its word. */
    public Optional<Fire> backfill(Instant now) {
        FireLedger fires = claim().map(Claim::fires).orElse(FireLedger.NONE);
        return backfill()
                .filter(each -> now.isBefore(each.at().plus(Backfill.LONGEST)))
                .filter(each -> now.plus(MOST_SKEW).isAfter(each.at()))
                .flatMap(each -> each.next(fires))
                .filter(each -> !each.at().isAfter(settled()))
                .filter(each -> timetable.firesAt(each.at()));
    }

    /**
     * Answer a person's request: it starts no run.
     *
     * @param why why, for people
     */
    public record Declined(Trigger trigger, String why) {
        @Override
        public String toString() {
            return "the %s by %s starts no run: %s".formatted(trigger.fire(""), trigger.by(), why);
        }
    }

    /** Return how a person's request is to be answered, if it starts no run; asked first. */
    public Optional<Declined> declined(Instant now) {
        return trigger().flatMap(each -> objection(each, now).map(why -> new Declined(each, why)));
    }

    private Step scheduled(Instant now) {
        return isAskedAnew(now)
                ? FirePlan.decide(
                        timetable.from(later(millis(now), settled().plusMillis(1))),
                        ASKED_ANEW,
                        now)
                : FirePlan.decide(timetable, situation(), now);
    }

    /** Return the request of a person that nobody has answered; one that cannot be read is none. */
    public Optional<Trigger> trigger() {
        try {
            return Trigger.of(engine)
                    .filter(each ->
                            claim().flatMap(claim -> claim.fires().answer(each.id())).isEmpty());
        } catch (Trigger.Unreadable e) {
            return Optional.empty();
        }
    }

    /** Return what is wrong with the requests of people, if anything is. */
    public Optional<String> problemOfRequests() {
        try {
            Trigger.of(engine);
            Backfill.of(engine);
            return Optional.empty();
        } catch (Trigger.Unreadable | Backfill.Unreadable e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    /** Return the id of the last run, whether it is over or not; empty if there was none. */
    public String lastRunId() {
        return claim().filter(Claim::isOfRun).map(claim -> claim.run().id()).orElse("");
    }

    /** Return why a request starts no run, once none is going on. */
    private Optional<String> objection(Trigger trigger, Instant now) {
        return FirePlan.objection(
                timetable, situation(), trigger, !lastRunId().equals(trigger.after()), now);
    }

    /** Return why a request that is made now starts no run; empty if it does, sooner or later. */
    public Optional<String> objectionNow(Trigger trigger, Instant now) {
        if (engine.deleting()) {
            return Optional.of("the engine is being deleted");
        }
        return whatGoesOn()
                .filter(_ -> policy().overlap() == Overlap.SKIP)
                .map(run -> "%s is going on (overlap: skip)".formatted(run))
                .or(() -> objection(trigger, now));
    }

    /** Name the run that goes on, for people; empty if none does. */
    public Optional<String> whatGoesOn() {
        if (isUnderWay()) {
            return claim().map(claim -> "run " + claim.run().number());
        }
        return EngineStanding.isOperators(engine)
                ? Optional.of("the chaos-operator's run")
                : Optional.empty();
    }

    /** Return the request for which the run that goes on is ended; empty if it goes on. */
    public Optional<Fire> replacingTrigger(Instant now) {
        return policy().overlap() == Overlap.REPLACE
                ? trigger()
                        .filter(each -> objection(each, now).isEmpty())
                        .map(each -> each.fire(spec().hash()))
                : Optional.empty();
    }

    /**
     * Tell whether a run is asked for at once that was never due before: the schedule was written
     * on an engine that had run already, or was suspended when its run was due.
     */
    public boolean isAskedAnew(Instant now) {
        return spec().kind() instanceof Kind.Now
                && (isUnknown() || runs() == 0 && wasSuspended() && !policy().suspendedAt(now));
    }

    /**
     * Return why a fire for which a run was to start does not start it any more.
     *
     * @param engine as it is by now
     * @param flags overriding values, by the keys of the annotation
     * @param knowing adds what the schedule's lists of holidays say
     */
    public static Optional<String> objection(
            Engine engine,
            Map<String, ?> flags,
            Fire fire,
            UnaryOperator<EngineSchedule> knowing,
            Instant now) {
        Optional<EngineSchedule> read;
        try {
            read = of(engine, flags);
        } catch (InvalidParameters e) {
            return Optional.of("the schedule cannot be used any more: " + e.getMessage());
        }
        return read.isEmpty()
                ? Optional.of("the schedule was removed")
                : knowing.apply(read.get()).objection(fire, now);
    }

    private Optional<String> objection(Fire fire, Instant now) {
        if (fire.cause().kind() == Fire.Kind.TRIGGER) {
            return trigger()
                    .filter(each -> each.id().equals(fire.cause().id()))
                    .map(each -> objection(each, now))
                    .orElse(Optional.of("the request was withdrawn"));
        }
        if (!fire.schedule().equals(spec().hash())) {
            return Optional.of("the schedule was changed");
        }
        if (fire.cause().kind() == Fire.Kind.BACKFILL) {
            return backfill(now).equals(Optional.of(fire))
                    ? FirePlan.objectionToBackfill(timetable, situation(), fire.at(), now)
                    : Optional.of("the backfill was stopped");
        }
        return isAskedAnew(now)
                ? FirePlan.objection(timetable.from(fire.at()), ASKED_ANEW, fire.at(), now)
                : FirePlan.objection(timetable, situation(), fire.at(), now);
    }

    /**
     * Return the fires that are due by this schedule, which was edited: what it settles is settled
     * before the edited one counts.
     */
    public List<Skipped> dueBefore(EngineSchedule edited, Instant now) {
        if (claim().isEmpty() || isUnknown()) {
            return List.of();
        }
        Step step = scheduled(now);
        var due = new ArrayList<>(step.skipped());
        if (!spec().hash().equals(edited.spec().hash())) {
            Optional<Fire> pending =
                    switch (step) {
                        case Step.Launch(Fire fire, var skipped) -> Optional.of(fire);
                        case Step.Wait(Fire fire, Instant until, var skipped) ->
                                Optional.of(fire).filter(each -> !each.at().isAfter(now));
                        case Step.Over _ -> Optional.empty();
                    };
            pending.map(fire ->
                            new Skipped(fire.at(), "the schedule was changed", SkipCause.CHANGED))
                    .ifPresent(due::add);
        }
        return due;
    }

    /**
     * Return when a fire that waits is looked at. While the schedule is suspended, and on holidays,
     * fires start no run and are recorded together.
     *
     * @param shutUntil until when holidays let nothing start
     * @param record when the next record is due
     */
    public Instant wake(Instant until, Instant shutUntil, Instant record) {
        boolean shut = policy().suspendedAt(until) || until.isBefore(shutUntil);
        return shut ? later(until, record) : until;
    }

    /** Return the next fire after those that are settled. */
    public Optional<Instant> next() {
        return timetable.next(settled());
    }

    /** Return the fire that ends the run which goes on; empty if the run is to end by itself. */
    public Optional<Instant> replacement() {
        boolean counted = claim().isPresent() && !isUnknown();
        boolean replaces = policy().overlap() == Overlap.REPLACE;
        return counted && replaces && !isLast(runs())
                ? timetable
                        .starting()
                        .next(settled())
                        .filter(fire -> !policy().suspendedAt(timetable.start(fire)))
                : Optional.empty();
    }

    /** Whether a fire ends the run that goes on. */
    public enum Replaces {
        YES,
        NO,
        /** A list of holidays cannot be read: it is to be asked again. */
        UNKNOWN
    }

    /** Tell whether a fire ends the run that goes on; it may be one of a schedule since edited. */
    public Replaces replaces(Fire fire) {
        if (!fire.schedule().equals(spec().hash()) || replacement().isEmpty()) {
            return Replaces.NO;
        }
        Instant start = timetable.start(fire.at());
        if (timetable.closedAt(fire.at(), start).isEmpty()) {
            return Replaces.YES;
        }
        return timetable.doubtAt(fire.at(), start).isPresent() ? Replaces.UNKNOWN : Replaces.NO;
    }

    /** Tell whether no run follows the one of that number, counted by this schedule. */
    public boolean isLast(long run) {
        return policy().maxRuns().filter(most -> run >= most).isPresent();
    }

    /** Return how many runs this schedule has started. */
    public long runs() {
        return claim().map(claim -> claim.fires().runs()).orElse(0L);
    }

    /** Return how many of them count: of a schedule that was edited since, none. */
    public long countedRuns() {
        return isUnknown() ? 0 : runs();
    }

    /** Return the instant up to which every fire was started or skipped. */
    public Instant settled() {
        return claim().flatMap(claim -> claim.fires().settled())
                .map(fire -> fire.at())
                .orElse(timetable.beginning());
    }

    private Situation situation() {
        Tally earlier = claim().map(claim -> claim.fires().tally()).orElse(Tally.NONE);
        return new Situation(settled(), runs(), lastRun(), earlier);
    }

    /**
     * Return the claim with fires that start no run.
     *
     * @param instance who writes it if nobody ever claimed the engine
     */
    public Claim skipping(List<Skipped> fires, String instance, Instant now) {
        Claim more = claim().orElseGet(() -> Claim.ofNoRun(engine, instance, millis(now)));
        for (Skipped each : fires) {
            more = more.skippingFires(each, timetable.fire(each.to()));
        }
        return more;
    }

    /**
     * Return the claim with a request answered that starts no run.
     *
     * @param instance who writes it if nobody ever claimed the engine
     */
    private Claim declining(Declined answer, String instance, Instant now) {
        return claim().orElseGet(() ->
                        Claim.ofNoRun(engine, instance, millis(now))
                                .beginningSchedule(timetable.fire(Instant.EPOCH)))
                .declining(answer.trigger().id(), answer.why());
    }

    /** Return the write that suspends the schedule until a person lets it go on. */
    private ObjectNode suspending() {
        ObjectNode patch = EnginePatch.claim(engine, claimed().suspendingSchedule());
        String why =
                failureToSuspend()
                        .orElseGet(() ->
                                "run %d was stopped: %s"
                                        .formatted(claimed().run().number(), claimed().reason()));
        ((ObjectNode) patch.path("metadata").path("annotations"))
                .put(SUSPENDED, why + ". Remove this annotation to let the schedule go on.");
        return patch;
    }

    /** Return the claim of an engine whose schedule counts its runs anew; no fire is lost. */
    public Claim recounting() {
        Claim claim = claim().orElseThrow();
        return claim.beginningSchedule(claim.fires().settled().orElseThrow());
    }

    /** Return the claim of an engine whose schedule counts from now on. */
    public Claim counting(Instant now) {
        // What was settled stays so, also where a clock was put back.
        Instant from = later(millis(now), settled());
        return claim().orElseThrow().beginningSchedule(timetable.fire(from));
    }

    private static Instant later(Instant one, Instant other) {
        return one.isAfter(other) ? one : other;
    }

    private static Instant millis(Instant instant) {
        return instant.truncatedTo(ChronoUnit.MILLIS);
    }

    /** Tell of the last run, if one is over. */
    public Optional<LastRun> lastRun() {
        return claim().filter(claim -> claim.state() == Claim.State.FINISHED)
                .filter(Claim::isOfRun)
                .map(claim ->
                        new LastRun(
                                "run " + claim.run().number(),
                                claim.runStart(),
                                claim.runEnd().orElseGet(() -> latest(claim)),
                                outcome(claim)));
    }

    /** Return the last time that is known of a run whose end nobody saw. */
    private Instant latest(Claim claim) {
        Instant end = claim.runStart();
        for (LoggedAttempt attempt : claim.log()) {
            end = attempt.end().isAfter(end) ? attempt.end() : end;
        }
        for (var entry : engine.statusEntries()) {
            Instant updated =
                    WrittenTime.read(entry.path("lastUpdateTime").asString("")).orElse(end);
            end = updated.isAfter(end) ? updated : end;
        }
        return end;
    }

    /** Where the entries were emptied, somebody has the engine run again whatever came out. */
    private Optional<StopWhen> outcome(Claim claim) {
        return RunOutcome.of(claim, standing.entries())
                .map(outcome -> outcome == RunOutcome.PASSED ? StopWhen.PASSED : StopWhen.FAILED);
    }
}
