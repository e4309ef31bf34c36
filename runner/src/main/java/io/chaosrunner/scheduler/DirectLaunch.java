package io.chaosrunner.scheduler;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.control.EngineLaunch.Readied;
import io.chaosrunner.control.HolidayLists.Readings;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.model.Fire;
import io.chaosrunner.run.EngineRun;
import io.chaosrunner.run.RunRequest;
import io.chaosrunner.run.RunResult;
import io.chaosrunner.schedule.EngineSchedule;
import io.chaosrunner.scheduler.Places.Place;
import io.chaosrunner.status.RunListener;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.strategy.InvalidParameters;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** The launch of an engine's runs in this process, which carries them out itself. */
final class DirectLaunch implements ServiceLaunch.Way {
    private final SchedulerContext driving;
    private final DrivenEngine driven;
    private final DirectRun run;

    DirectLaunch(SchedulerContext driving, DrivenEngine driven) {
        this.driving = driving;
        this.driven = driven;
        run =
                new DirectRun(
                        driven.ref(),
                        driven::seen,
                        new Computing(),
                        driving.alarms(),
                        driving.clock());
    }

    /** Leave the run that goes on to others, and begin none. */
    void leave(String why) {
        run.leave(why);
    }

    /** Take note of the engine as it is now: a request may end the run that goes on. */
    void heard(Engine engine) {
        run.heard(engine);
    }

    @Override
    public boolean takesPlace() {
        return true;
    }

    @Override
    public Optional<Instant> begin(EngineSchedule schedule, Fire fire) {
        return driven.byAuthor(
                schedule,
                fire,
                () -> driven.onceReady(schedule, ready -> begin(ready, schedule, fire)));
    }

    private Optional<Instant> begin(Readied.Ready ready, EngineSchedule schedule, Fire fire) {
        if (driven.isHearsay() && ready.idleAsOf().isEmpty()) {
            // What lives may be of a run that goes on unheard: that is no earlier one's to wait
            // for.
            driven.outdated();
            return driven.now();
        }
        return run(
                ready.engine(),
                ready.idleAsOf(),
                Optional.of(schedule),
                Caller.PERSON,
                Optional.of(fire),
                () -> driven.tellFired(schedule, fire));
    }

    /** Take up a run that an earlier process of the service left. */
    Optional<Instant> resume(Optional<EngineSchedule> schedule) {
        try (Place _ = driving.places().takeUp(driven.ref())) {
            Engine engine = driven.seen();
            return run(
                    engine,
                    Optional.empty(),
                    schedule,
                    Caller.PERSON_WHO_RESUMES,
                    Claim.of(engine).flatMap(claim -> claim.fires().settled()),
                    () -> {});
        }
    }

    /**
     * @param idleAsOf the version of the pods as of which none of the engine lived, if just read
     * @param begun told once the run has begun
     */
    private Optional<Instant> run(
            Engine engine,
            Optional<String> idleAsOf,
            Optional<EngineSchedule> schedule,
            Caller caller,
            Optional<Fire> fire,
            Runnable begun) {
        RunListener listener = driving.listener().run(driven.ref());
        RunRequest asked =
                new RunRequest(
                                driven.ref(),
                                caller,
                                Optional.empty(),
                                Optional.empty(),
                                Map.of(),
                                driving.instance())
                        .within(driving.allowed())
                        .seeing(engine, idleAsOf, driven.isHearsay());
        EngineRun one =
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
        return run.carryOut(DirectRun.Run.of(one), schedule, fire).flatMap(this::after);
    }

    /** Say why a fire starts no run of an engine that is about to be claimed. */
    private Optional<String> objection(Engine now, Fire fire) {
        try {
            // The author was asked about before the engine was readied, and may be another now.
            Optional<String> against = driving.authors().against(now);
            if (against.isPresent()) {
                return against;
            }
        } catch (ClusterException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
        try {
            Readings holidays = holidays(now);
            return driving.bulkhead()
                    .compute(
                            driven.ref(),
                            () ->
                                    EngineSchedule.objection(
                                            now,
                                            Map.of(),
                                            fire,
                                            schedule -> schedule.knowing(holidays.lists()),
                                            driven.instant()));
        } catch (Bulkhead.Overrun e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    private Optional<Instant> after(RunResult result) {
        switch (result) {
            case RunResult.Completed _, RunResult.AlreadyFinished _ -> driven.toldNothing();
            case RunResult.NotDue(String why) -> {
                driven.outdated();
                driven.note("not-started", why);
            }
            case RunResult.Misconfigured(var problems) ->
                    driven.note(
                            "nothing-launched",
                            problems.stream()
                                    .map(Object::toString)
                                    .collect(Collectors.joining("; ")));
            case RunResult.Refused(String why) -> {
                driven.refuse(why);
                return driven.setBack();
            }
            case RunResult.Left(String why, boolean unfinished) -> {
                driven.note("left", why);
                return driven.setBack();
            }
            case RunResult.NotOver(String why) -> {
                driven.note("not-over", why);
                return driven.setBack();
            }
            case RunResult.Interrupted(ClusterException why) -> throw why;
        }
        return driven.now();
    }

    // ---- The schedule, as it is computed here ---------------------------------------------------

    /** Read the holidays of the schedule that an engine has, if it names any. */
    private Readings holidays(Engine engine) {
        Set<String> names =
                driving.bulkhead()
                        .compute(
                                driven.ref(),
                                () ->
                                        usable(engine)
                                                .map(each -> each.spec().lists())
                                                .orElse(Set.of()));
        return driving.lists().read(driven.ref().namespace(), names);
    }

    /** Read a schedule; empty if it cannot be used, which is told where it is decided on. */
    private static Optional<EngineSchedule> usable(Engine engine) {
        try {
            return EngineSchedule.of(engine);
        } catch (InvalidParameters | Claim.Unreadable e) {
            return Optional.empty();
        }
    }

    /** Computes for the run that this process carries out, as much as its namespace may. */
    private final class Computing implements DirectRun.Carrier {
        @Override
        public <T> Optional<T> ask(Engine engine, Function<EngineSchedule, Optional<T>> question) {
            Readings read = holidays(engine);
            return compute(
                    () -> usable(engine).map(each -> each.knowing(read.lists())).flatMap(question));
        }

        @Override
        public <T> T compute(Supplier<T> work) {
            return driving.bulkhead().compute(driven.ref(), work);
        }

        @Override
        public void trouble(String what, Throwable why) {
            driven.note("trouble", what + ": " + why);
        }
    }
}
