package io.chaosrunner.schedule;

import io.chaosrunner.claim.FireLedger.Skipped;
import io.chaosrunner.claim.SkipCause;
import io.chaosrunner.claim.Tally;
import io.chaosrunner.claim.Trigger;
import io.chaosrunner.model.Fire;
import io.chaosrunner.model.TimeWords;
import io.chaosrunner.schedule.ScheduleSpec.Kind;
import io.chaosrunner.schedule.ScheduleSpec.Missed;
import io.chaosrunner.schedule.ScheduleSpec.Overlap;
import io.chaosrunner.schedule.ScheduleSpec.Policy;
import io.chaosrunner.schedule.ScheduleSpec.StopRules;
import io.chaosrunner.schedule.ScheduleSpec.StopWhen;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What becomes of the fires of one schedule: each one starts a run, or is skipped for a reason.
 *
 * <p>A function of what is stored with the engine and of the time, so a process that starts anew
 * decides as the one before it would have.
 */
public final class FirePlan {
    /** More fires than this are settled in several steps. */
    private static final int MOST_FIRES = 100_000;

    /** More fires than this do not wait for runs to end, each for a run of its own. */
    static final int MOST_WAITING = 10;

    private static final Why LATER_FIRE =
            new Why("a later fire was due as well", SkipCause.LATER_FIRE);
    private static final Why TOO_MANY =
            new Why("more than %d fires waited".formatted(MOST_WAITING), SkipCause.LATER_FIRE);

    private FirePlan() {}

    /** Why a fire starts no run: for people, and as a value. */
    private record Why(String reason, SkipCause cause) {}

    /**
     * Where a schedule stands.
     *
     * @param settled all fires up to this instant were started or recorded as skipped
     * @param runs how many runs this schedule has started
     * @param last the last run, which is over; empty if there is none
     * @param earlier how the runs before it ended
     */
    public record Situation(Instant settled, long runs, Optional<LastRun> last, Tally earlier) {
        /** Say so where no earlier run is known. */
        public Situation(Instant settled, long runs, Optional<LastRun> last) {
            this(settled, runs, last, Tally.NONE);
        }

        private Tally tally() {
            return earlier.and(outcome().map(StopWhen.PASSED::equals));
        }

        private Optional<StopWhen> outcome() {
            return last.flatMap(LastRun::outcome);
        }
    }

    /**
     * Tell of a run that is over.
     *
     * @param name what people call it
     * @param start when it began
     * @param end when it ended
     * @param outcome how it ended; empty if it was stopped
     */
    public record LastRun(String name, Instant start, Instant end, Optional<StopWhen> outcome) {}

    /** What to do now; what is skipped is to be recorded first. */
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
        Optional<Instant> resume =
                policy.resume()
                        .filter(_ -> spec.kind() instanceof Kind.Now && policy.suspendedAt(now));
        Optional<Instant> asked = timetable.next(situation.settled());
        if (resume.isPresent() && asked.isPresent()) {
            // What is asked for once waits for a suspension that ends by itself.
            return new Step.Wait(timetable.fire(asked.get()), resume.get(), List.of());
        }
        var skips = new Skips();
        var waiting = new Waiting(skips);
        Instant last = situation.settled();
        Optional<Instant> next = asked;
        for (int fires = 0;
                fires < MOST_FIRES && next.isPresent() && !timetable.start(next.get()).isAfter(now);
                fires++) {
            Instant fire = next.get();
            Optional<Skipped> holiday = holiday(timetable, fire);
            Optional<Skipped> why = skipped(timetable, situation, fire, now);
            int most = waiting.isEmpty() ? 1 : mostWaiting(timetable, situation, waiting.first());
            boolean gives = why.isPresent() || holiday.isEmpty();
            while (!waiting.isEmpty() && gives && (why.isPresent() || waiting.size() >= most)) {
                Instant earlier = waiting.remove();
                skips.add(
                        earlier,
                        doubt(timetable, earlier, now)
                                .or(() -> missed(timetable, situation, earlier, now))
                                .orElse(most == 1 ? LATER_FIRE : TOO_MANY));
                waiting.release();
            }
            why.or(() -> holiday).ifPresentOrElse(waiting::skip, () -> waiting.add(fire));
            last = fire;
            next = timetable.next(last);
        }
        boolean more = next.map(timetable::start).filter(at -> !at.isAfter(now)).isPresent();
        Optional<Instant> later = timetable.starting().next(last).map(timetable::start);
        while (!waiting.isEmpty()) {
            Instant fire = waiting.remove();
            Optional<Why> objection =
                    more ? Optional.of(LATER_FIRE) : tooLate(timetable, situation, fire, now);
            if (objection.isEmpty()) {
                return new Step.Launch(timetable.fire(fire), skips.all());
            }
            Optional<Instant> opening =
                    more
                            ? Optional.empty()
                            : opening(timetable, situation, fire, now)
                                    .filter(at ->
                                            policy.overlap() == Overlap.QUEUE_ALL
                                                    || later.isEmpty()
                                                    || at.isBefore(later.get()));
            if (opening.isPresent()) {
                return new Step.Wait(timetable.fire(fire), opening.get(), skips.all());
            }
            skips.add(fire, objection.get());
            waiting.release();
        }
        if (next.isEmpty()) {
            return new Step.Over("no fire is left", skips.all());
        }
        return new Step.Wait(timetable.fire(next.get()), timetable.start(next.get()), skips.all());
    }

    /** Where every fire that waited for a run is run, those that nobody was there for are not. */
    private static int mostWaiting(Timetable timetable, Situation situation, Instant waiting) {
        Policy policy = timetable.spec().policy();
        Instant start = timetable.start(waiting);
        return policy.overlap() == Overlap.QUEUE_ALL
                        && situation.last().filter(run -> waits(policy, start, run)).isPresent()
                ? MOST_WAITING
                : 1;
    }

    /** Return why a fire starts no run now, whatever other fires are due; empty if it does. */
    public static Optional<String> objection(
            Timetable timetable, Situation situation, Instant fire, Instant now) {
        Policy policy = timetable.spec().policy();
        return end(policy, situation)
                .or(() -> skipped(timetable, situation, fire, now).map(Skipped::reason))
                .or(() -> holiday(timetable, fire).map(Skipped::reason))
                .or(() -> tooLate(timetable, situation, fire, now).map(Why::reason));
    }

    /**
     * Return why a person's request starts no run now; empty if it does.
     *
     * <p>Whoever triggers a run means it, but not what the schedule's owner has forbidden: windows,
     * {@code from} and {@code until}, and a suspension hold unless the request says otherwise.
     *
     * @param overlapping whether a run went on when it was made, or began since
     */
    public static Optional<String> objection(
            Timetable timetable,
            Situation situation,
            Trigger trigger,
            boolean overlapping,
            Instant now) {
        ScheduleSpec spec = timetable.spec();
        Policy policy = spec.policy();
        Optional<LastRun> run = situation.last().filter(_ -> overlapping);
        Instant since =
                run.filter(_ -> policy.overlap() != Overlap.SKIP)
                        .map(LastRun::end)
                        .filter(trigger.at()::isBefore)
                        .orElse(trigger.at());
        Duration patience = Duration.between(trigger.at(), trigger.until());
        Optional<String> forbidden =
                suspension(policy, now)
                        .or(() ->
                                spec.from()
                                        .filter(now::isBefore)
                                        .map(from -> "from " + from + " is to come"))
                        .or(() -> timetable.closedAt(now));
        return end(policy, situation)
                .or(() ->
                        run.filter(_ -> policy.overlap() == Overlap.SKIP)
                                .map(each -> each.name() + " was still going on"))
                .or(() -> forbidden.filter(_ -> !trigger.force()))
                .or(() ->
                        Duration.between(since, now).compareTo(patience) > 0
                                ? Optional.of("nothing started it within " + TimeWords.of(patience))
                                : Optional.empty());
    }

    private static Optional<String> suspension(Policy policy, Instant at) {
        return policy.suspendedAt(at)
                ? Optional.of(policy.note().isEmpty() ? "suspended" : "suspended: " + policy.note())
                : Optional.empty();
    }

    private static Optional<Why> tooLate(
            Timetable timetable, Situation situation, Instant fire, Instant now) {
        return doubt(timetable, fire, now)
                .or(() -> missed(timetable, situation, fire, now))
                .or(() ->
                        timetable
                                .closedAt(fire, now)
                                .map(why -> new Why("too late: " + why, SkipCause.CLOSED)));
    }

    private static Optional<Why> doubt(Timetable timetable, Instant fire, Instant now) {
        return timetable.doubtAt(fire, now).map(why -> new Why(why, SkipCause.HOLIDAY_UNKNOWN));
    }

    /**
     * Return why a past fire that a person asked for starts no run now; empty if it does. Nothing
     * that the schedule's owner has forbidden starts for it, and it waits where that passes.
     */
    static Optional<String> objectionToBackfill(
            Timetable timetable, Situation situation, Instant fire, Instant now) {
        Policy policy = timetable.spec().policy();
        return end(policy, situation)
                .or(() -> suspension(policy, now))
                .or(() -> timetable.closedAt(fire, now));
    }

    /** Return why the schedule is over, however many fires are left; empty if it is not. */
    static Optional<String> end(Policy policy, Situation situation) {
        if (policy.maxRuns().filter(most -> situation.runs() >= most).isPresent()) {
            return Optional.of("maxRuns: " + policy.maxRuns().get() + " runs were started");
        }
        return stop(policy, situation);
    }

    /** Return which rule on how runs end has ended the schedule; empty if it goes on. */
    public static Optional<String> stop(Policy policy, Situation situation) {
        StopRules rules = policy.stopWhen();
        Tally tally = situation.tally();
        Optional<String> last = situation.last().map(LastRun::name);
        boolean failed = situation.outcome().filter(StopWhen.FAILED::equals).isPresent();
        boolean passed = situation.outcome().filter(StopWhen.PASSED::equals).isPresent();
        return inARow(rules.failed(), failed ? tally.failedInARow() : 0, last, "failed")
                .or(() -> inARow(rules.passed(), passed ? tally.passedInARow() : 0, last, "passed"))
                .or(() -> inAll(rules.failedInAll(), tally.failed(), "failed"))
                .or(() -> inAll(rules.passedInAll(), tally.passed(), "passed"))
                .map("stopWhen: "::concat);
    }

    /** A run that somebody stopped is in no row, and ends none. */
    private static Optional<String> inARow(
            int most, long count, Optional<String> last, String outcome) {
        return most == 0 || count < most
                ? Optional.empty()
                : last.map(run ->
                        most == 1
                                ? run + " " + outcome
                                : "%d runs in a row %s, %s last".formatted(count, outcome, run));
    }

    private static Optional<String> inAll(int most, long count, String outcome) {
        return most == 0 || count < most
                ? Optional.empty()
                : Optional.of("%d runs %s in all".formatted(count, outcome));
    }

    private static Optional<Skipped> skipped(
            Timetable timetable, Situation situation, Instant fire, Instant now) {
        Policy policy = timetable.spec().policy();
        Instant start = timetable.start(fire);
        boolean once = timetable.spec().kind() instanceof Kind.Now;
        if (policy.overlap() == Overlap.SKIP) {
            Optional<String> running =
                    situation
                            .last()
                            .filter(run -> isDuring(start, run))
                            .map(run -> run.name() + " was still going on");
            if (running.isPresent()) {
                return Optional.of(new Skipped(fire, running.get(), SkipCause.OVERLAP));
            }
        }
        return suspension(policy, once ? now : start)
                .map(why -> new Skipped(fire, why, SkipCause.SUSPENDED));
    }

    /** A fire on a holiday starts no run; what is asked for once waits for its end. */
    private static Optional<Skipped> holiday(Timetable timetable, Instant fire) {
        return timetable.spec().kind() instanceof Kind.Now
                ? Optional.empty()
                : timetable
                        .holidayAt(fire, fire)
                        .or(() -> timetable.holidayAt(fire, timetable.start(fire)))
                        .map(why -> new Skipped(fire, why, SkipCause.HOLIDAY));
    }

    /**
     * A fire that waited for a run to end, or for the next opening after it, has not been missed
     * while it waited.
     */
    private static Optional<Why> missed(
            Timetable timetable, Situation situation, Instant fire, Instant now) {
        Policy policy = timetable.spec().policy();
        Instant start = timetable.start(fire);
        Instant since =
                situation
                        .last()
                        .filter(run -> waits(policy, start, run))
                        .filter(run -> policy.startingDeadline().isEmpty())
                        .map(run ->
                                policy.overlap().queues()
                                        ? timetable.openFrom(fire, run.end()).orElse(run.end())
                                        : run.end())
                        .orElse(start);
        return deadline(timetable.spec())
                .filter(most -> Duration.between(since, now).compareTo(most) > 0)
                .map(most ->
                        new Why(
                                "missed: nothing started it within " + TimeWords.of(most),
                                SkipCause.MISSED));
    }

    /** What is asked for once is asked for until it is done. */
    private static Optional<Duration> deadline(ScheduleSpec spec) {
        return spec.kind() instanceof Kind.Now
                ? spec.policy().startingDeadline()
                : spec.policy().deadline();
    }

    /** Return when a fire that is not missed starts its run, for which it is closed now. */
    private static Optional<Instant> opening(
            Timetable timetable, Situation situation, Instant fire, Instant now) {
        ScheduleSpec spec = timetable.spec();
        Policy policy = spec.policy();
        Instant start = timetable.start(fire);
        boolean mayWait =
                policy.missed() == Missed.RUN_ONCE
                        || timetable.doubtAt(fire, now).isPresent()
                        || spec.kind() instanceof Kind.Now
                        || policy.overlap().queues()
                                && situation
                                        .last()
                                        .filter(run -> waits(policy, start, run))
                                        .isPresent();
        return mayWait && missed(timetable, situation, fire, now).isEmpty()
                ? timetable
                        .openFrom(fire, now)
                        .filter(at ->
                                policy.startingDeadline()
                                        .filter(most ->
                                                Duration.between(start, at).compareTo(most) > 0)
                                        .isEmpty())
                : Optional.empty();
    }

    /** Where all are queued, one that the last run began before has waited for it too. */
    private static boolean waits(Policy policy, Instant start, LastRun run) {
        return policy.overlap() == Overlap.QUEUE_ALL
                ? start.isBefore(run.end())
                : isDuring(start, run);
    }

    private static boolean isDuring(Instant start, LastRun run) {
        return !start.isBefore(run.start()) && start.isBefore(run.end());
    }

    /**
     * Fires that may start a run, oldest first. One on a holiday between them takes no place from
     * them, and is skipped in its turn.
     */
    private static final class Waiting {
        private final ArrayDeque<Instant> fires = new ArrayDeque<>();
        private final ArrayDeque<Skipped> between = new ArrayDeque<>();
        private final Skips skips;

        Waiting(Skips skips) {
            this.skips = skips;
        }

        boolean isEmpty() {
            return fires.isEmpty();
        }

        int size() {
            return fires.size();
        }

        Instant first() {
            return fires.element();
        }

        void add(Instant fire) {
            fires.add(fire);
        }

        void skip(Skipped fire) {
            between.add(fire);
            release();
        }

        /**
         * Take out the oldest; once it is dealt with, {@link #release} what came before the next.
         */
        Instant remove() {
            return fires.remove();
        }

        /** Record what is skipped before the oldest fire that waits. */
        void release() {
            while (!between.isEmpty()
                    && (fires.isEmpty() || between.element().to().isBefore(fires.element()))) {
                skips.add(between.remove());
            }
        }
    }

    /** Gather skips; neighbours with one reason are one. */
    private static final class Skips {
        private final List<Skipped> all = new ArrayList<>();

        void add(Instant fire, Why why) {
            add(new Skipped(fire, why.reason(), why.cause()));
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
