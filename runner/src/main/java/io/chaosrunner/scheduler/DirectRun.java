package io.chaosrunner.scheduler;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.Trigger;
import io.chaosrunner.control.HolidayLists.Readings;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.Fire;
import io.chaosrunner.run.EngineRun;
import io.chaosrunner.run.RunResult;
import io.chaosrunner.schedule.EngineSchedule;
import io.chaosrunner.schedule.EngineSchedule.Replaces;
import io.chaosrunner.schedule.ScheduleSpec.Overlap;
import io.chaosrunner.schedule.Timetable;
import io.chaosrunner.strategy.InvalidParameters;
import java.time.Instant;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The run of an engine that this process carries out, and the fires and requests that end it. Used
 * by the thread that carries it out, and by those that hear of the engine.
 */
final class DirectRun {
    private final SchedulerContext driving;
    private final EngineRef ref;
    private final Supplier<Engine> seen;
    private final Function<Engine, Readings> holidays;
    private volatile @Nullable Going running;

    /** Counts the runs that were carried out here. */
    private int runs;

    /**
     * A run that goes on.
     *
     * @param alarm names the alarm for the fire that may end it: of no other run
     */
    private record Going(EngineRun run, String alarm) {}

    /**
     * @param seen the engine as last seen
     * @param holidays reads the lists that an engine's schedule names
     */
    DirectRun(
            SchedulerContext driving,
            EngineRef ref,
            Supplier<Engine> seen,
            Function<Engine, Readings> holidays) {
        this.driving = driving;
        this.ref = ref;
        this.seen = seen;
        this.holidays = holidays;
    }

    /**
     * Carry out a run to its end.
     *
     * @param leaving whether this process leads no more
     * @param fire what began the run
     * @return empty if it was not begun, as this process leads no more
     */
    Optional<RunResult> carryOut(
            EngineRun run,
            BooleanSupplier leaving,
            Optional<EngineSchedule> schedule,
            Optional<Fire> fire) {
        runs++;
        var going = new Going(run, "replace %s, run %d here".formatted(ref, runs));
        running = going;
        try {
            if (leaving.getAsBoolean()) {
                return Optional.empty();
            }
            schedule.filter(each -> each.policy().overlap() == Overlap.REPLACE)
                    .ifPresent(each ->
                            fire.ifPresent(from ->
                                    guardReplacement(
                                            each, later(from.at(), each.settled()), going)));
            return Optional.of(run.run());
        } finally {
            running = null;
            driving.alarms().cancel(going.alarm());
        }
    }

    /** Leave the run that goes on to others. */
    void leave() {
        Going going = running;
        if (going != null) {
            going.run().leave("this process leads no more");
        }
    }

    /** While a run goes on no step is taken: a request that ends it is heard here. */
    void heard(Engine engine) {
        Going going = running;
        if (going == null || engine.annotation(Trigger.ANNOTATION).isEmpty()) {
            return;
        }
        // Who brings the news for all computes for none.
        Thread.ofVirtual()
                .name("trigger " + ref)
                .start(() -> {
                    try {
                        Readings read = holidays.apply(engine);
                        driving.bulkhead()
                                .compute(ref, () -> replacingTrigger(engine, read))
                                .ifPresent(trigger ->
                                        going.run().replace(ServiceSchedule.REPLACED + trigger));
                    } catch (RuntimeException e) {
                        driving.listener().note(ref, "trouble", "no trigger is heard: " + e);
                    }
                });
    }

    private Optional<Fire> replacingTrigger(Engine engine, Readings read) {
        try {
            return EngineSchedule.of(engine)
                    .map(schedule -> schedule.knowing(read.lists()))
                    .flatMap(schedule -> schedule.replacingTrigger(driving.clock().instant()));
        } catch (InvalidParameters | Claim.Unreadable e) {
            // It is told when the run is over.
            return Optional.empty();
        }
    }

    /** A fire that is past is followed by none that was settled meanwhile. */
    private static Instant later(Instant one, Instant other) {
        return one.isAfter(other) ? one : other;
    }

    /** A fire that may end the run, and when its own run would start. */
    private record Replacing(Fire fire, Instant start) {}

    /** What cannot be computed keeps no run from going on. */
    private void guardReplacement(EngineSchedule schedule, Instant fire, Going going) {
        try {
            replaceWhenDue(schedule, fire, going);
        } catch (RuntimeException e) {
            tellUnguarded(e);
        }
    }

    private void tellUnguarded(RuntimeException e) {
        driving.listener()
                .note(ref, "trouble", "no later fire replaces the run that goes on: " + e);
    }

    private void replaceWhenDue(EngineSchedule schedule, Instant fire, Going going) {
        Timetable by = schedule.timetable();
        driving.bulkhead()
                .compute(
                        ref,
                        () -> by.next(fire).map(at -> new Replacing(by.fire(at), by.start(at))))
                .ifPresent(next -> replaceAt(next.start(), schedule, next, going));
    }

    private void replaceAt(Instant at, EngineSchedule schedule, Replacing due, Going going) {
        driving.alarms()
                .set(
                        going.alarm(),
                        at,
                        // Who keeps the time for all computes for none.
                        () ->
                                Thread.ofVirtual()
                                        .name(going.alarm())
                                        .start(() -> replace(schedule, due, going)));
        if (!going.equals(running)) {
            // It ended meanwhile, and who carried it out has cancelled what was set before.
            driving.alarms().cancel(going.alarm());
        }
    }

    private void replace(EngineSchedule schedule, Replacing due, Going going) {
        try {
            Readings read = holidays.apply(seen.get());
            Replaces replaces = driving.bulkhead().compute(ref, () -> replaces(due.fire(), read));
            if (replaces == Replaces.YES) {
                going.run().replace(ServiceSchedule.REPLACED + due.fire());
            }
            if (!going.equals(running)) {
                return;
            }
            Instant now = driving.clock().instant();
            if (replaces == Replaces.UNKNOWN) {
                replaceAt(now.plus(ServiceSchedule.LATER), schedule, due, going);
            } else {
                Instant fire = due.fire().at();
                replaceWhenDue(schedule, now.isAfter(fire) ? now : fire, going);
            }
        } catch (RuntimeException e) {
            tellUnguarded(e);
        }
    }

    /** Whether the schedule, as it is by now, ends the run that goes on. */
    private Replaces replaces(Fire fire, Readings read) {
        try {
            return EngineSchedule.of(seen.get())
                    .map(schedule -> schedule.knowing(read.lists()))
                    .map(now -> now.replaces(fire))
                    .orElse(Replaces.NO);
        } catch (InvalidParameters | Claim.Unreadable e) {
            return Replaces.NO;
        }
    }
}
