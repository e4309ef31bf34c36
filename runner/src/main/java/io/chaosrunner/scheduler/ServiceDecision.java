package io.chaosrunner.scheduler;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.FireLedger;
import io.chaosrunner.claim.FireLedger.Skipped;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.holidays.HolidayList;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.Fire;
import io.chaosrunner.schedule.EngineSchedule;
import io.chaosrunner.schedule.EngineSchedule.Change;
import io.chaosrunner.schedule.EngineSchedule.Replaces;
import io.chaosrunner.schedule.FirePlan.Step;
import io.chaosrunner.schedule.Timetable;
import io.chaosrunner.scheduler.ServiceSchedule.Move;
import io.chaosrunner.status.EngineStanding;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * A decision on what the service does next for one engine: a function of the engine as read, and of
 * what was known before. Pure.
 *
 * @param launch how the service launches runs
 * @param left whether a run goes on that is the service's to look after
 * @param now when it is decided
 */
record ServiceDecision(ServiceLaunch launch, boolean left, Instant now) {
    /** The operator waits three minutes for the pods of the last run. */
    static final Duration OPERATOR_ANSWERS = Duration.ofMinutes(4);

    private static final Duration BETWEEN_RECORDS = Duration.ofMinutes(1);

    /**
     * What is known of an engine beside the engine itself.
     *
     * @param followed by what was decided last; what an edit finds unsettled is settled by it
     * @param found what was found out about the engine last
     * @param handed the fire that the operator's runner is to claim
     * @param recorded when fires were recorded last that start no run
     */
    record Known(
            Optional<Timetable> followed,
            Findings found,
            Optional<Handed> handed,
            Instant recorded) {
        static final Known NOTHING =
                new Known(Optional.empty(), Findings.NOTHING, Optional.empty(), Instant.EPOCH);

        Known recording(Instant now) {
            return new Known(followed, found, handed, now);
        }

        Known takingBack() {
            return new Known(followed, found, Optional.empty(), recorded);
        }

        private Known following(Timetable other) {
            return new Known(Optional.of(other), found, handed, recorded);
        }

        private Known handing(Handed over) {
            return new Known(followed, found, Optional.of(over), recorded);
        }
    }

    /**
     * What was found out about an engine.
     *
     * @param named the lists of holidays of the schedule that was decided on last
     * @param shutUntil until when holidays let nothing start, as read last
     * @param doubt why it is not known whether a run may start
     * @param problem what is wrong with the requests of people
     */
    record Findings(
            Set<String> named,
            Instant shutUntil,
            Optional<String> doubt,
            Optional<String> problem) {
        private static final Findings NOTHING =
                new Findings(Set.of(), Instant.MIN, Optional.empty(), Optional.empty());
    }

    /**
     * A fire that the operator's runner is to claim.
     *
     * @param until how long that is waited for
     */
    record Handed(Fire fire, Instant until) {}

    /**
     * What is to be done, and what is known by then.
     *
     * @param read the schedule on the engine as read; empty if there is none, or none that can be
     *     used
     */
    record Decided(Move move, Known known, Optional<EngineSchedule> read) {
        Decided(Move move, Known known) {
            this(move, known, Optional.empty());
        }

        Decided reading(EngineSchedule schedule) {
            return new Decided(move, known, Optional.of(schedule));
        }
    }

    /** Decide on an engine whose schedule, or claim, cannot be used. */
    Move unusable(Engine engine, String why) {
        return left ? takeUp(engine, Optional.empty()) : new Move.Refuse(why);
    }

    /** Decide on an engine that has no schedule. */
    Move withoutSchedule(Engine engine) {
        return left ? takeUp(engine, Optional.empty()) : new Move.Rest(Optional.empty());
    }

    /**
     * Decide by a schedule.
     *
     * @param read the schedule on the engine as read
     * @param lists what was read of its lists of holidays
     * @param before what was known before
     * @param told what was told last of the engine: it is not told again
     */
    Decided of(EngineSchedule read, Map<String, HolidayList> lists, Known before, String told) {
        Timetable unlisted = read.timetable();
        Timetable followed = before.followed().orElse(unlisted);
        EngineSchedule schedule = read.knowing(lists);
        var named = new TreeSet<>(followed.spec().lists());
        named.addAll(unlisted.spec().lists());
        boolean listed = !lists.isEmpty();
        var known =
                new Known(
                        Optional.of(followed),
                        new Findings(
                                named,
                                listed
                                        ? schedule.timetable().openFrom(now).orElse(now)
                                        : before.found().shutUntil(),
                                listed ? schedule.doubt(now) : before.found().doubt(),
                                schedule.problemOfRequests()),
                        before.handed(),
                        before.recorded());
        Engine engine = schedule.engine();
        if (EngineStanding.isOperators(engine)) {
            return new Decided(whileOperatorRuns(schedule), known);
        }
        if (schedule.isUnderWay()) {
            return new Decided(
                    left ? takeUp(engine, Optional.of(schedule)) : whileSomebodyRuns(schedule),
                    known);
        }
        Optional<Fire> over = handedOver(schedule);
        if (over.isPresent()) {
            Handed handed =
                    known.handed()
                            .filter(each -> each.fire().equals(over.get()))
                            .orElseGet(() -> new Handed(over.get(), now.plus(OPERATOR_ANSWERS)));
            return new Decided(
                    now.isBefore(handed.until())
                            ? new Move.Rest(Optional.of(handed.until()))
                            : new Move.TakeBack(over.get()),
                    known.handing(handed));
        }
        if (!followed.spec().equals(schedule.spec())) {
            EngineSchedule edited = schedule.by(followed.knowing(lists));
            List<Skipped> due = edited.dueBefore(schedule, now);
            if (!due.isEmpty()) {
                return new Decided(new Move.Write(edited, new Change.Skip(due)), known);
            }
            known = known.following(unlisted);
        }
        return new Decided(whileNothingRuns(schedule, known, told), known);
    }

    private Move whileNothingRuns(EngineSchedule schedule, Known known, String told) {
        Optional<Change> change =
                schedule.change(schedule.abortedByHand().or(schedule::failureToSuspend), now);
        if (change.isPresent()) {
            return new Move.Write(schedule, change.get());
        }
        return switch (schedule.decide(now)) {
            case Step.Launch launch -> new Move.Begin(schedule, launch.fire());
            case Step.Wait wait -> {
                Instant record = known.recorded().plus(BETWEEN_RECORDS);
                yield new Move.Rest(
                        Optional.of(
                                schedule.wake(wait.until(), known.found().shutUntil(), record)));
            }
            case Step.Over end ->
                    told.equals(end.why())
                            ? new Move.Rest(Optional.empty())
                            : new Move.End(end.why());
        };
    }

    /** A run that is the service's goes on: in this process, or in a pod. */
    Move takeUp(Engine engine, Optional<EngineSchedule> schedule) {
        Claim claim = Claim.of(engine).orElseThrow();
        boolean inPod = launch == ServiceLaunch.POD || claim.isOfServicesPod();
        if (!inPod || claim.fires().started().isEmpty()) {
            return new Move.Resume(schedule);
        }
        boolean replaced =
                engine.annotation(EngineSchedule.REPLACED)
                        .filter(claim.run().id()::equals)
                        .isPresent();
        if (schedule.isEmpty() || replaced || claim.state() == Claim.State.STOPPING) {
            return new Move.Attend(claim, Optional.empty());
        }
        return replacing(schedule.get(), due -> new Move.Attend(claim, due));
    }

    /**
     * Decide whether the run that goes on elsewhere is to be ended for the next fire.
     *
     * @param otherwise what to do if not yet: given when a fire may end it, if any does
     */
    private Move replacing(EngineSchedule schedule, Function<Optional<Instant>, Move> otherwise) {
        Optional<Fire> trigger = schedule.replacingTrigger(now);
        if (trigger.isPresent()) {
            return new Move.Replace(schedule, trigger.get());
        }
        Optional<Instant> next = schedule.replacement();
        Optional<Instant> due = next.map(schedule.timetable()::start);
        if (due.isEmpty() || due.get().isAfter(now)) {
            return otherwise.apply(due);
        }
        Fire fire = schedule.timetable().fire(next.orElseThrow());
        return schedule.replaces(fire) == Replaces.YES
                ? new Move.Replace(schedule, fire)
                : otherwise.apply(Optional.of(now.plus(DirectRun.LATER)));
    }

    /** A run of a person's, or of the operator's runner, is theirs to end. */
    private Move whileSomebodyRuns(EngineSchedule schedule) {
        Optional<Instant> due = schedule.next().map(schedule.timetable()::start);
        if (due.isEmpty() || due.get().isAfter(now) || schedule.policy().suspendedAt(due.get())) {
            return new Move.Rest(due.filter(now::isBefore));
        }
        Claim claim = schedule.claim().orElseThrow();
        EngineRef ref = schedule.engine().ref();
        return new Move.Await(
                "run %d of process %s is going on, so no fire starts a run; if that process is dead, end its run (chaos-runner stop %s -n %s) or take it up (chaos-runner run %s -n %s --resume)"
                        .formatted(
                                claim.run().number(),
                                claim.instance(),
                                ref.name(),
                                ref.namespace(),
                                ref.name(),
                                ref.namespace()));
    }

    private Move whileOperatorRuns(EngineSchedule schedule) {
        boolean ownSchedule = FireLedger.handedOver(schedule.engine()).isEmpty();
        if (ownSchedule || handedOver(schedule).isPresent() || schedule.engine().stopRequested()) {
            return new Move.Rest(Optional.empty());
        }
        return replacing(schedule, Move.Rest::new);
    }

    /** Return the fire that the operator's runner has still to claim. */
    private static Optional<Fire> handedOver(EngineSchedule schedule) {
        return schedule.engine().stopRequested()
                ? Optional.empty()
                : FireLedger.handedOver(schedule.engine())
                        .filter(fire ->
                                schedule.claim()
                                        .filter(claim -> claim.fires().isSettled(fire))
                                        .isEmpty());
    }
}
