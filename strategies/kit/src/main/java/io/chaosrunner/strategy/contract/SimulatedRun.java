package io.chaosrunner.strategy.contract;

import io.chaosrunner.strategy.Decision;
import io.chaosrunner.strategy.Execution;
import io.chaosrunner.strategy.ExecutionPlan;
import io.chaosrunner.strategy.ExecutionStrategy;
import io.chaosrunner.strategy.Limits;
import io.chaosrunner.strategy.Outcome;
import io.chaosrunner.strategy.Progress;
import io.chaosrunner.strategy.SlotState;
import io.chaosrunner.strategy.StrategyRequest;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A run of a plan the way the runner does it, on a virtual clock.
 *
 * <p>What would survive a crash are the attempts and the skips; everything else is derived from
 * them and the instant, so a run can be resumed from any part of them. All events of one instant
 * are taken in before the plan is asked. An answer the runner would refuse is an {@link
 * AssertionError}. A run that is stopped (deadline, failure) ends there: the plan is not asked
 * again.
 */
public final class SimulatedRun {
    private static final int MOST_TURNS = 5_000;
    private static final int MOST_USELESS_WAKES = 1_000;

    private final Scenario scenario;
    private final StrategyRequest request;
    private final ExecutionPlan plan;
    private final Limits limits;
    private final int cap;
    private final Witness witness;

    private final List<Attempt> attempts = new ArrayList<>();
    private final List<Skip> skips = new ArrayList<>();

    private final Map<Integer, SlotState> skipped = new LinkedHashMap<>();
    private final List<Running> active = new ArrayList<>();
    private final @Nullable Running[] latest;
    private final SlotState[] states;
    private final List<Integer> changes = new ArrayList<>();
    private final List<Turn> turns = new ArrayList<>();
    private Instant now;
    private Decision.@Nullable Wake wake;
    private Decision.@Nullable End end;
    private boolean failed;
    private boolean stopped;
    private int uselessWakes;

    /**
     * One Job.
     *
     * @param end to the millisecond, at least one after the start
     * @param why the strategy's reason; of a retry, the reason of its first attempt
     */
    public record Attempt(
            int slot,
            int iteration,
            int attempt,
            Instant start,
            Instant end,
            Outcome outcome,
            String why) {}

    /** One slot that will not be launched. */
    public record Skip(int slot, Instant at, String why) {}

    /**
     * Mark one instant at which the plan was asked: what was recorded before it is {@code attempts}
     * and {@code skips} long, and at its end as long as the next turn says.
     */
    record Turn(Instant now, int attempts, int skips) {}

    /** Watch every decision. */
    interface Witness {
        /** Take note of a decision, before it is carried out. */
        void decided(ExecutionPlan plan, View progress, Decision decision);

        /** Take note that nothing can happen before an instant unless the plan asks for it. */
        void waits(ExecutionPlan plan, View progress, Decision decision, Instant until);

        Witness NONE =
                new Witness() {
                    @Override
                    public void decided(ExecutionPlan plan, View progress, Decision decision) {}

                    @Override
                    public void waits(
                            ExecutionPlan plan, View progress, Decision decision, Instant until) {}
                };
    }

    private SimulatedRun(
            Scenario scenario,
            ExecutionStrategy strategy,
            Witness witness,
            Instant now,
            List<Attempt> attempts,
            List<Skip> skips) {
        this.scenario = scenario;
        this.request = scenario.request();
        this.witness = witness;
        this.now = now;
        int slots = scenario.experiments().size();
        this.latest = new Running[slots];
        this.states = new SlotState[slots];
        Arrays.fill(states, SlotState.Waiting.WAITING);
        attempts.forEach(this::record);
        skips.forEach(this::record);
        this.plan = strategy.plan(request);
        this.limits = plan.limits();
        this.cap =
                Math.min(
                        scenario.limits().maxParallel(),
                        limits.maxParallel().orElse(Integer.MAX_VALUE));
    }

    /** Run a scenario to its end. */
    public static SimulatedRun of(Scenario scenario, ExecutionStrategy strategy) {
        return of(scenario, strategy, Witness.NONE);
    }

    static SimulatedRun of(Scenario scenario, ExecutionStrategy strategy, Witness witness) {
        var run =
                new SimulatedRun(scenario, strategy, witness, Scenario.START, List.of(), List.of());
        run.toItsEnd();
        return run;
    }

    /**
     * Resume a run that crashed, from the Jobs on record, and run it to its end.
     *
     * @param now when it is resumed
     */
    public static SimulatedRun resume(
            Scenario scenario, ExecutionStrategy strategy, Instant now, List<Attempt> attempts) {
        return resume(scenario, strategy, Witness.NONE, now, attempts, List.of());
    }

    /**
     * Resume a run that crashed, from what was recorded, and run it to its end.
     *
     * @param now when it is resumed
     */
    static SimulatedRun resume(
            Scenario scenario,
            ExecutionStrategy strategy,
            Witness witness,
            Instant now,
            List<Attempt> attempts,
            List<Skip> skips) {
        var run = new SimulatedRun(scenario, strategy, witness, now, attempts, skips);
        run.toItsEnd();
        return run;
    }

    /** Return every Job, in launch order. */
    public List<Attempt> attempts() {
        return attempts;
    }

    /** Return every skip, in order, those of the run's end included. */
    public List<Skip> skips() {
        return skips;
    }

    /** Return the end the plan declared, if it did. */
    public Optional<Decision.End> end() {
        return Optional.ofNullable(end);
    }

    /** Return one line for every launch and skip: seconds since the start, what, and why. */
    public List<String> story() {
        return Stream.concat(
                        skips.stream()
                                .map(s -> Map.entry(s.at, "skip " + name(s.slot) + ": " + s.why)),
                        attempts.stream().map(a -> Map.entry(a.start, line(a))))
                .sorted(Map.Entry.comparingByKey())
                .map(entry -> seconds(entry.getKey()) + " " + entry.getValue())
                .toList();
    }

    private String line(Attempt attempt) {
        String again = attempt.iteration > 1 ? " #" + attempt.iteration : "";
        String retry = attempt.attempt > 1 ? " (retry)" : "";
        return "launch " + name(attempt.slot) + again + retry + ": " + attempt.why;
    }

    private String name(int slot) {
        return scenario.experiments().get(slot);
    }

    private static double seconds(Instant at) {
        return Duration.between(Scenario.START, at).toMillis() / 1000.0;
    }

    /** Tell whether the run's own limits ended it. */
    boolean stopped() {
        return stopped;
    }

    List<Turn> turns() {
        return turns;
    }

    /** Return what must not depend on a crash: Jobs without reasons, and skips with theirs. */
    List<String> outcome() {
        Stream<String> launches =
                attempts.stream()
                        .map(a ->
                                a.start + " slot " + a.slot + " #" + a.iteration + "." + a.attempt);
        Stream<String> skipped =
                skips.stream().map(s -> s.at + " slot " + s.slot + " skipped: " + s.why);
        return Stream.concat(launches, skipped).sorted().toList();
    }

    private void toItsEnd() {
        while (turns.size() < MOST_TURNS) {
            turns.add(new Turn(now, attempts.size(), skips.size()));
            takeIn();
            stopped = shouldStop();
            if (stopped) {
                return;
            }
            launchRetries();
            boolean effect = ask();
            Instant next = nextEvent();
            Instant wakeAt = wake == null ? Instant.MAX : wake.at();
            boolean woken = wakeAt.isBefore(next == null ? Instant.MAX : next);
            uselessWakes = effect || !woken ? 0 : uselessWakes + 1;
            check(
                    uselessWakes < MOST_USELESS_WAKES,
                    "is woken 1,000 times in a row without effect");
            if (woken) {
                next = wakeAt;
            }
            if (next == null) {
                check(
                        IntStream.range(0, states.length)
                                .noneMatch(i -> states[i] instanceof SlotState.Waiting),
                        "law 6: leaves a slot waiting at the end");
                return;
            }
            now = next;
        }
        throw new AssertionError("law 6: the run never ends: " + MOST_TURNS + " turns so far");
    }

    /** Bring the states up to the instant, and note which changed. */
    private void takeIn() {
        active.removeIf(running -> {
            boolean over = !isActive(running);
            failed |= over && running.last.outcome != Outcome.PASSED;
            return over;
        });
        for (int slot = 0; slot < states.length; slot++) {
            SlotState state = derived(slot);
            if (state != states[slot]) {
                states[slot] = state;
                changes.add(slot);
            }
        }
    }

    private SlotState derived(int slot) {
        SlotState known = states[slot];
        Running running = latest[slot];
        if (running == null) {
            return skipped.getOrDefault(slot, known);
        }
        int iteration = running.first.iteration;
        if (isActive(running)) {
            return known instanceof SlotState.Active active && active.iteration() == iteration
                    ? known
                    : new SlotState.Active(iteration, running.first.start);
        }
        return known instanceof SlotState.Ended ended && ended.iteration() == iteration
                ? known
                : new SlotState.Ended(
                        iteration, running.first.start, running.last.end, running.last.outcome);
    }

    private boolean isActive(Running running) {
        return running.last.end.isAfter(now) || retries(running);
    }

    private boolean retries(Running running) {
        return retries(running.last);
    }

    private boolean retries(Attempt attempt) {
        return attempt.outcome == Outcome.ERROR && attempt.attempt <= scenario.limits().retries();
    }

    private boolean shouldStop() {
        return !now.isBefore(deadline()) || (scenario.limits().stopOnFailure() && failed);
    }

    private Instant deadline() {
        Duration deadline = scenario.limits().deadline();
        return deadline == null ? Instant.MAX : Scenario.START.plus(deadline);
    }

    private void launchRetries() {
        active.stream()
                .filter(e -> retries(e) && !retryDue(e).isAfter(now))
                .sorted(Comparator.comparing(this::retryDue))
                .toList()
                .forEach(e -> {
                    if (!paceOpens().isAfter(now)) {
                        launch(e.first.slot, e.first.iteration, e.last.attempt + 1, e.first.why);
                    }
                });
    }

    private Instant retryDue(Running running) {
        return running.last.end.plus(scenario.limits().backOff());
    }

    /** Return when the pace limits allow the next launch; in the past if they do now. */
    private Instant paceOpens() {
        Instant afterStart =
                limits.startToStart()
                        .filter(distance -> !attempts.isEmpty())
                        .map(distance -> attempts.getLast().start.plus(distance))
                        .orElse(Instant.MIN);
        Instant afterEnd =
                limits.endToStart()
                        .flatMap(distance -> latestEnd().map(at -> at.plus(distance)))
                        .orElse(Instant.MIN);
        return afterStart.isAfter(afterEnd) ? afterStart : afterEnd;
    }

    private Optional<Instant> latestEnd() {
        return attempts.stream()
                .map(Attempt::end)
                .filter(at -> !at.isAfter(now))
                .max(Comparator.naturalOrder());
    }

    private int room() {
        if (end != null || paceOpens().isAfter(now)) {
            return 0;
        }
        int places = Math.max(0, cap - active.size());
        return limits.startToStart().isPresent() ? Math.min(1, places) : places;
    }

    /** Ask until nothing changes, and tell whether anything did. */
    private boolean ask() {
        boolean effect = false;
        while (true) {
            takeIn();
            var progress = new View(this, now);
            Decision decision = answer(progress);
            validate(decision);
            witness.decided(plan, progress, decision);
            if (!carryOut(decision)) {
                wake = null;
                if (decision.launches().isEmpty() && end == null) {
                    wake = decision.wake().orElse(null);
                    check(
                            wake == null || wake.at().isAfter(now),
                            "wakes at or before now with nothing to do");
                    waits(progress, decision);
                }
                return effect;
            }
            effect = true;
        }
    }

    private Decision answer(View progress) {
        Decision decision;
        try {
            decision = plan.next(progress);
        } catch (RuntimeException | Error thrown) {
            throw new AssertionError("throws " + thrown + " for " + progress, thrown);
        }
        check(decision != null, "answers null");
        return decision;
    }

    /** Carry out a decision as far as there is room, and tell whether anything changed. */
    private boolean carryOut(Decision decision) {
        if (end != null) {
            check(
                    decision.end().isPresent()
                            && decision.end().get().failed() == end.failed()
                            && decision.launches().isEmpty()
                            && decision.skips().isEmpty(),
                    "law 6: done does not stay done, but became " + decision);
            return false;
        }
        if (!decision.skips().isEmpty()) {
            decision.skips().forEach(skip -> record(new Skip(skip.slot(), now, skip.why())));
            return true;
        }
        int launched = 0;
        for (Decision.Choice choice : decision.launches()) {
            if (room() > 0) {
                Running before = latest[choice.slot()];
                int iteration = before == null ? 1 : before.first.iteration + 1;
                launch(choice.slot(), iteration, 1, choice.why());
                launched++;
            }
        }
        if (decision.end().isPresent() && launched == decision.launches().size()) {
            end = decision.end().get();
            takeIn();
            new View(this, now)
                    .waiting()
                    .forEach(slot -> record(new Skip(slot, now, decision.end().get().why())));
            return true;
        }
        return launched > 0;
    }

    private void waits(View progress, Decision decision) {
        boolean something =
                progress.active() > 0
                        || paceOpens().isAfter(now)
                        || wake != null
                        || progress.waiting().findAny().isEmpty();
        check(something, "is stuck: nothing runs, nothing to wait for, and slots are waiting");
        Instant next = nextEvent();
        Instant until = next == null ? now.plus(1, ChronoUnit.HOURS) : next;
        if (wake != null && wake.at().isBefore(until)) {
            until = wake.at();
        }
        witness.waits(plan, progress, decision, until);
    }

    private void validate(Decision decision) {
        Set<Integer> named = new HashSet<>();
        for (Decision.Choice skip : decision.skips()) {
            known(skip, named);
            check(
                    states[skip.slot()] instanceof SlotState.Waiting,
                    "skips a slot that is not waiting: " + skip);
        }
        for (Decision.Choice launch : decision.launches()) {
            known(launch, named);
            SlotState state = states[launch.slot()];
            check(
                    !(state instanceof SlotState.Ended) || limits.mayRepeat(),
                    "law 5: launches an ended slot: " + launch);
            check(
                    !(state instanceof SlotState.Active || state instanceof SlotState.Skipped),
                    "law 5: launches a slot that is active or skipped: " + launch);
        }
    }

    private void known(Decision.Choice choice, Set<Integer> named) {
        check(
                choice.slot() >= 0 && choice.slot() < states.length,
                "names an unknown slot: " + choice);
        check(named.add(choice.slot()), "names one slot twice: " + choice);
        check(!choice.why().isBlank(), "gives no reason: " + choice);
    }

    /** Return the next instant at which something happens without the plan; null for never. */
    private @Nullable Instant nextEvent() {
        Stream<Instant> ends = active.stream().map(e -> e.last.end);
        Stream<Instant> dues = active.stream().filter(this::retries).map(this::retryDue);
        boolean open = IntStream.range(0, states.length).anyMatch(i -> !settled(states[i]));
        Stream<Instant> pace = open ? Stream.of(paceOpens()) : Stream.of();
        Stream<Instant> deadline =
                open && deadline().isBefore(Instant.MAX) ? Stream.of(deadline()) : Stream.of();
        return Stream.of(ends, dues, pace, deadline)
                .flatMap(instants -> instants)
                .filter(at -> at.isAfter(now))
                .min(Comparator.naturalOrder())
                .orElse(null);
    }

    private boolean settled(SlotState state) {
        return switch (state) {
            case SlotState.Waiting waiting -> false;
            case SlotState.Active active -> false;
            case SlotState.Skipped skipped -> true;
            case SlotState.Ended ended -> end != null || !limits.mayRepeat();
        };
    }

    private void launch(int slot, int iteration, int attempt, String why) {
        Scenario.Fate fate = scenario.world().fate(slot, iteration, attempt);
        Instant at = now.plusMillis(Math.max(1, fate.length().toMillis()));
        record(new Attempt(slot, iteration, attempt, now, at, fate.outcome(), why));
    }

    private void record(Attempt attempt) {
        attempts.add(attempt);
        if (attempt.attempt == 1) {
            var running = new Running(attempt);
            active.add(running);
            Running before = latest[attempt.slot];
            if (before == null || before.first.iteration < attempt.iteration) {
                latest[attempt.slot] = running;
            }
        } else {
            active.stream()
                    .filter(e ->
                            e.first.slot == attempt.slot && e.first.iteration == attempt.iteration)
                    .forEach(e -> e.last = attempt);
        }
    }

    private void record(Skip skip) {
        skips.add(skip);
        skipped.put(skip.slot, new SlotState.Skipped(skip.why));
    }

    private void check(boolean holds, String complaint) {
        if (!holds) {
            throw new AssertionError("the plan " + complaint + " (at " + now + ")");
        }
    }

    /** Follow one execution through its attempts. */
    private static final class Running {
        private final Attempt first;
        private Attempt last;

        private Running(Attempt first) {
            this.first = first;
            this.last = first;
        }
    }

    /** Show the run at one instant; keeps its own copy of everything. */
    static final class View implements Progress {
        private final SimulatedRun run;
        private final Instant now;
        private final SlotState[] states;
        private final int active;
        private final int room;
        private final int version;
        private final int attempts;

        private View(SimulatedRun run, Instant now) {
            this(run, now, run.states.clone(), run.active.size(), run.room(), run.attempts.size());
        }

        private View(
                SimulatedRun run,
                Instant now,
                SlotState[] states,
                int active,
                int room,
                int attempts) {
            this.run = run;
            this.now = now;
            this.states = states;
            this.active = active;
            this.room = room;
            this.version = run.changes.size();
            this.attempts = attempts;
        }

        /** Return the same view later, while nothing happened. */
        View later(Instant at) {
            return new View(run, at, states, active, room, attempts);
        }

        @Override
        public Instant now() {
            return now;
        }

        @Override
        public Instant runStart() {
            return Scenario.START;
        }

        @Override
        public int slots() {
            return states.length;
        }

        @Override
        public SlotState state(int slot) {
            return states[slot];
        }

        @Override
        public int active() {
            return active;
        }

        @Override
        public int room() {
            return room;
        }

        @Override
        public IntStream waiting() {
            return IntStream.range(0, states.length)
                    .filter(slot -> states[slot] instanceof SlotState.Waiting);
        }

        @Override
        public List<Execution> executions() {
            var executions = new LinkedHashMap<List<Integer>, Execution>();
            for (Attempt attempt : run.attempts.subList(0, attempts)) {
                executions.merge(
                        List.of(attempt.slot, attempt.iteration),
                        execution(attempt),
                        (first, retry) ->
                                new Execution(
                                        first.slot(),
                                        first.iteration(),
                                        first.since(),
                                        retry.end()));
            }
            return List.copyOf(executions.values());
        }

        private Execution execution(Attempt attempt) {
            boolean over = !attempt.end.isAfter(now) && !run.retries(attempt);
            return new Execution(
                    attempt.slot,
                    attempt.iteration,
                    attempt.start,
                    over
                            ? Optional.of(new Execution.End(attempt.end, attempt.outcome))
                            : Optional.empty());
        }

        @Override
        public Optional<IntStream> changesSince(Progress earlier) {
            return earlier instanceof View view && view.run == run && view.version <= version
                    ? Optional.of(
                            run.changes.subList(view.version, version).stream()
                                    .mapToInt(slot -> slot))
                    : Optional.empty();
        }

        @Override
        public String toString() {
            return "progress at %s, room %d, %s".formatted(now, room, Arrays.toString(states));
        }
    }
}
