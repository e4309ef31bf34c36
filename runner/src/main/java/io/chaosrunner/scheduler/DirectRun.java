package io.chaosrunner.scheduler;

import io.chaosrunner.claim.Trigger;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.Fire;
import io.chaosrunner.run.EngineRun;
import io.chaosrunner.run.RunResult;
import io.chaosrunner.schedule.EngineSchedule;
import io.chaosrunner.schedule.EngineSchedule.Replaces;
import io.chaosrunner.schedule.ScheduleSpec.Overlap;
import io.chaosrunner.schedule.Timetable;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The run of an engine that this process carries out, and the fires and requests that end it: where
 * a schedule says so, the next fire replaces the run that goes on.
 *
 * <p>Each run has an alarm of its own name, which goes with it. Whoever sets it looks afterwards
 * whether the run still goes on, so what is set late neither lasts nor takes the place of another
 * run's. Used by the thread that carries the run out, and by those that hear of the engine.
 */
final class DirectRun {
    /** Begins the reason of a run that a fire ends, for people. */
    static final String REPLACED = "replaced by the ";

    /** What is not known now, and what nobody tells of, is looked at again after that. */
    static final Duration LATER = Duration.ofMinutes(1);

    private final EngineRef ref;
    private final Supplier<Engine> seen;
    private final Carrier carrier;
    private final Alarms alarms;
    private final Clock clock;
    private volatile @Nullable Going running;
    private volatile boolean leaving;

    /** Counts the runs that were carried out here. */
    private int runs;

    /** One run, as {@link EngineRun} does it. */
    interface Run {
        RunResult run();

        void replace(String why);

        void leave(String why);

        static Run of(EngineRun run) {
            return new Run() {
                @Override
                public RunResult run() {
                    return run.run();
                }

                @Override
                public void replace(String why) {
                    run.replace(why);
                }

                @Override
                public void leave(String why) {
                    run.leave(why);
                }
            };
        }
    }

    /** Who carries the runs out: how it reads schedules and computes with them. */
    interface Carrier {
        /**
         * Answer something of an engine's schedule, with its holidays; empty if it has none that
         * can be used, of which is told elsewhere.
         */
        <T> Optional<T> ask(Engine engine, Function<EngineSchedule, Optional<T>> question);

        /** Compute with a schedule that was read before. */
        <T> T compute(Supplier<T> work);

        /** Tell what does not end the run that goes on, and why. */
        void trouble(String what, Throwable why);
    }

    /** A run that goes on, and the name of the alarm for the fire that may end it. */
    private record Going(Run run, String alarm) {}

    /**
     * @param seen the engine as last seen
     */
    DirectRun(EngineRef ref, Supplier<Engine> seen, Carrier carrier, Alarms alarms, Clock clock) {
        this.ref = ref;
        this.seen = seen;
        this.carrier = carrier;
        this.alarms = alarms;
        this.clock = clock;
    }

    /**
     * Carry out a run to its end.
     *
     * @param schedule whose fires may end it; empty if none does
     * @param fire what began the run, or is settled since
     * @return empty if it was not begun, as this process leaves
     */
    Optional<RunResult> carryOut(Run run, Optional<EngineSchedule> schedule, Optional<Fire> fire) {
        runs++;
        var going = new Going(run, "replace %s, run %d here".formatted(ref, runs));
        running = going;
        try {
            if (leaving) {
                return Optional.empty();
            }
            if (schedule.isPresent() && fire.isPresent()) {
                guard(going, schedule.get(), fire.get().at());
            }
            return Optional.of(run.run());
        } finally {
            running = null;
            alarms.cancel(going.alarm());
        }
    }

    /** Leave the run that goes on to others, and begin none. */
    void leave(String why) {
        leaving = true;
        Going going = running;
        if (going != null) {
            going.run().leave(why);
        }
    }

    /** While a run goes on nothing else is looked at: a request that ends it is heard here. */
    void heard(Engine engine) {
        Going going = running;
        if (going == null || engine.annotation(Trigger.ANNOTATION).isEmpty()) {
            return;
        }
        // Who brings the news waits for no list of holidays, and computes for nobody.
        aside(
                "trigger " + ref,
                "a request to run now does not end the run that goes on",
                () ->
                        carrier.ask(engine, each -> each.replacingTrigger(clock.instant()))
                                .ifPresent(trigger -> going.run().replace(REPLACED + trigger)));
    }

    private void aside(String thread, String trouble, Runnable work) {
        Thread.ofVirtual().name(thread).start(() -> guarded(trouble, work));
    }

    /** What cannot be computed keeps no run from going on. */
    private void guarded(String trouble, Runnable work) {
        try {
            work.run();
        } catch (RuntimeException | StackOverflowError e) {
            carrier.trouble(trouble, e);
        }
    }

    // ---- The fire that ends it ----------------------------------------------------------------

    private static final String UNGUARDED = "no later fire replaces the run that goes on";

    private void guard(Going going, EngineSchedule schedule, Instant fire) {
        if (schedule.policy().overlap() == Overlap.REPLACE) {
            // A fire that is past is followed by none that was settled meanwhile.
            guarded(
                    UNGUARDED,
                    () -> replaceAfter(later(fire, schedule.settled()), schedule, going));
        }
    }

    private static Instant later(Instant one, Instant other) {
        return one.isAfter(other) ? one : other;
    }

    /** A fire that may end the run, and when its own run would start. */
    private record Replacing(Fire fire, Instant start) {}

    private void replaceAfter(Instant fire, EngineSchedule schedule, Going going) {
        Timetable by = schedule.timetable();
        carrier.compute(() -> by.next(fire).map(at -> new Replacing(by.fire(at), by.start(at))))
                .ifPresent(next -> replaceAt(next.start(), schedule, next.fire(), going));
    }

    private void replaceAt(Instant at, EngineSchedule schedule, Fire due, Going going) {
        alarms.set(
                going.alarm(),
                at,
                // Who keeps the time for all computes for none.
                () -> aside(going.alarm(), UNGUARDED, () -> replace(schedule, due, going)));
        if (!going.equals(running)) {
            // It ended meanwhile, and who carried it out has cancelled what was set before.
            alarms.cancel(going.alarm());
        }
    }

    private void replace(EngineSchedule schedule, Fire due, Going going) {
        Replaces replaces = replaces(due);
        if (replaces == Replaces.YES) {
            going.run().replace(REPLACED + due);
        }
        if (!going.equals(running)) {
            return;
        }
        Instant now = clock.instant();
        if (replaces == Replaces.UNKNOWN) {
            replaceAt(now.plus(LATER), schedule, due, going);
        } else {
            replaceAfter(later(due.at(), now), schedule, going);
        }
    }

    /** Whether the schedule, as it is by now, ends the run; what is wrong meets this fire alone. */
    private Replaces replaces(Fire due) {
        try {
            return carrier.ask(seen.get(), now -> Optional.of(now.replaces(due)))
                    .orElse(Replaces.NO);
        } catch (RuntimeException | StackOverflowError e) {
            carrier.trouble("the %s does not end the run that goes on".formatted(due), e);
            return Replaces.NO;
        }
    }
}
