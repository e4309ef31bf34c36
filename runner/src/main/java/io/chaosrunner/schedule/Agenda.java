package io.chaosrunner.schedule;

import io.chaosrunner.model.Fire;
import io.chaosrunner.schedule.ScheduleSpec.Overlap;
import io.chaosrunner.schedule.ScheduleSpec.Policy;
import io.chaosrunner.schedule.ScheduleSpec.StopWhen;
import io.chaosrunner.status.Fires.Skipped;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Decide what becomes of the fires of one schedule: each one starts a run, or is skipped for a
 * reason.
 *
 * <p>A function of what is stored with the engine and of the time, so a process that starts anew
 * decides as the one before it would have.
 */
public final class Agenda {
    /** More fires than this are settled in several steps. */
    private static final int MOST_FIRES = 100_000;

    private Agenda() {}

    /**
     * Say where a schedule stands.
     *
     * @param settled all fires up to this instant were started or recorded as skipped
     * @param runs how many runs this schedule has started
     * @param last the last run, which is over; empty if there is none
     */
    public record Situation(Instant settled, long runs, Optional<LastRun> last) {}

    /**
     * Tell of a run that is over.
     *
     * @param name what people call it
     * @param start when it began
     * @param end when it ended
     * @param outcome how it ended; empty if it was stopped
     */
    public record LastRun(String name, Instant start, Instant end, Optional<StopWhen> outcome) {}

    /** Say what to do now; what is skipped is to be recorded first. */
    public sealed interface Step {
        /** Fires that start no run, oldest first. */
        List<Skipped> skipped();

        /** Start a run for a fire. */
        record Launch(Fire fire, List<Skipped> skipped) implements Step {}

        /**
         * Wait.
         *
         * @param next the next fire
         * @param until when its run is to start
         */
        record Wait(Fire next, Instant until, List<Skipped> skipped) implements Step {}

        /** The schedule is over. */
        record Over(String why, List<Skipped> skipped) implements Step {}
    }

    /** Decide what to do at a time, while no run is going on. */
    public static Step decide(Timetable timetable, Situation situation, Instant now) {
        ScheduleSpec spec = timetable.spec();
        Policy policy = spec.policy();
        Optional<String> end = end(policy, situation);
        if (end.isPresent()) {
            return new Step.Over(end.get(), List.of());
        }
        var skips = new Skips();
        Optional<Instant> candidate = Optional.empty();
        Instant last = situation.settled();
        Optional<Instant> next = timetable.next(last);
        for (int fires = 0;
                fires < MOST_FIRES && next.isPresent() && !timetable.start(next.get()).isAfter(now);
                fires++) {
            Instant fire = next.get();
            Optional<Skipped> why = skipped(fire, timetable.start(fire), policy, situation);
            candidate.ifPresent(earlier ->
                    skips.add(
                            earlier,
                            missed(timetable.start(earlier), policy, situation, now)
                                    .orElse("a later fire was due as well")));
            candidate = why.isPresent() ? Optional.empty() : next;
            why.ifPresent(skips::add);
            last = fire;
            next = timetable.next(last);
        }
        boolean more = next.filter(fire -> !timetable.start(fire).isAfter(now)).isPresent();
        if (candidate.isPresent() && more) {
            skips.add(candidate.get(), "a later fire was due as well");
        } else if (candidate.isPresent()) {
            Optional<String> missed =
                    missed(timetable.start(candidate.get()), policy, situation, now);
            if (missed.isEmpty()) {
                return new Step.Launch(timetable.fire(candidate.get()), skips.all());
            }
            skips.add(candidate.get(), missed.get());
        }
        if (next.isEmpty()) {
            return new Step.Over("no fire is left", skips.all());
        }
        return new Step.Wait(timetable.fire(next.get()), timetable.start(next.get()), skips.all());
    }

    private static Optional<String> end(Policy policy, Situation situation) {
        if (policy.maxRuns().filter(most -> situation.runs() >= most).isPresent()) {
            return Optional.of("maxRuns: " + policy.maxRuns().get() + " runs were started");
        }
        return situation
                .last()
                .filter(run -> run.outcome().isPresent())
                .filter(run -> policy.stopWhen().equals(run.outcome()))
                .map(run ->
                        "stopWhen: %s %s"
                                .formatted(
                                        run.name(),
                                        policy.stopWhen().orElseThrow() == StopWhen.FAILED
                                                ? "failed"
                                                : "passed"));
    }

    private static Optional<Skipped> skipped(
            Instant fire, Instant start, Policy policy, Situation situation) {
        if (policy.overlap() == Overlap.SKIP) {
            Optional<String> running =
                    situation
                            .last()
                            .filter(run -> !start.isBefore(run.start()))
                            .filter(run -> start.isBefore(run.end()))
                            .map(run -> run.name() + " was still going on");
            if (running.isPresent()) {
                return Optional.of(new Skipped(fire, fire, 1, running.get()));
            }
        }
        return policy.suspend()
                ? Optional.of(new Skipped(fire, fire, 1, "suspended", true))
                : Optional.empty();
    }

    /** A fire that waited for a run to end has not been missed while it waited. */
    private static Optional<String> missed(
            Instant start, Policy policy, Situation situation, Instant now) {
        Instant since =
                situation
                        .last()
                        .filter(run -> !start.isBefore(run.start()) && start.isBefore(run.end()))
                        .filter(run -> policy.startingDeadline().isEmpty())
                        .map(LastRun::end)
                        .orElse(start);
        return policy.deadline()
                .filter(most -> Duration.between(since, now).compareTo(most) > 0)
                .map(most -> "missed: nothing started it within " + words(most));
    }

    private static String words(Duration duration) {
        return duration.toString().substring(2).toLowerCase(Locale.ROOT);
    }

    /** Gather skips; neighbours with one reason are one. */
    private static final class Skips {
        private final List<Skipped> all = new ArrayList<>();

        void add(Instant fire, String reason) {
            add(new Skipped(fire, fire, 1, reason));
        }

        void add(Skipped fire) {
            if (!all.isEmpty() && all.getLast().isOfOneKind(fire)) {
                all.add(all.removeLast().and(fire));
            } else {
                all.add(fire);
            }
        }

        List<Skipped> all() {
            return List.copyOf(all);
        }
    }
}
