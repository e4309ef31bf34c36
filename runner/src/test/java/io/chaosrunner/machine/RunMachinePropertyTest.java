package io.chaosrunner.machine;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.model.Attempt;
import io.chaosrunner.model.RunEnd;
import io.chaosrunner.model.RunLimits;
import io.chaosrunner.strategy.Decision;
import io.chaosrunner.strategy.Draws;
import io.chaosrunner.strategy.Execution;
import io.chaosrunner.strategy.Limits;
import io.chaosrunner.strategy.Outcome;
import io.chaosrunner.strategy.Progress;
import io.chaosrunner.strategy.SlotState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/**
 * Thousands of random runs: plans, limits, durations and outcomes are drawn from a seed; a crash
 * may come after any event, with any part of the last commands carried out.
 */
class RunMachinePropertyTest {
    private static final int CASES = 1_000;

    /** A random run: all of it follows from the seed. */
    private static final class Case {
        final long seed;
        final int slots;
        final RunLimits limits;
        final Function<Progress, Decision> plan;

        Case(long seed) {
            this.seed = seed;
            Random random = new Random(seed);
            slots = 1 + random.nextInt(8);
            int kind = random.nextInt(5);
            Limits declared = Limits.none();
            if (random.nextInt(3) == 0 || kind == 4) {
                declared = declared.maxParallel(kind == 4 ? 1 : 1 + random.nextInt(3));
            }
            if (random.nextInt(4) == 0) {
                declared = declared.startToStart(Duration.ofMillis(1 + random.nextInt(20_000)));
            }
            if (random.nextInt(4) == 0) {
                declared = declared.endToStart(Duration.ofMillis(1 + random.nextInt(20_000)));
            }
            if (kind == 4) {
                declared = declared.repeats();
            }
            limits =
                    new RunLimits(
                                    random.nextBoolean()
                                            ? Integer.MAX_VALUE
                                            : 1 + random.nextInt(4),
                                    Duration.ZERO,
                                    Duration.ZERO,
                                    false,
                                    random.nextInt(4) == 0
                                            ? Optional.of(
                                                    Duration.ofSeconds(1 + random.nextInt(120)))
                                            : Optional.empty(),
                                    random.nextInt(4) == 0
                                            ? Optional.of(
                                                    Duration.ofSeconds(1 + random.nextInt(20)))
                                            : Optional.empty(),
                                    random.nextInt(5) == 0,
                                    random.nextInt(3),
                                    Duration.ofSeconds(1 + random.nextInt(10)),
                                    random.nextInt(8) == 0
                                            ? 1 + random.nextInt(6)
                                            : Integer.MAX_VALUE)
                            .and(declared);
            plan =
                    switch (kind) {
                        case 0 -> Stage.IN_ORDER;
                        case 1 -> Stage.ALL_AT_ONCE;
                        case 2 -> new Tree(seed);
                        case 3 -> new Timetable(seed);
                        default -> new Wheel(seed);
                    };
        }

        Duration takes(Attempt attempt) {
            return Duration.ofMillis(draws(attempt).below(30_000, 0));
        }

        Outcome outcome(Attempt attempt) {
            int draw = draws(attempt).below(10, 1);
            return draw < 6 ? Outcome.PASSED : draw < 8 ? Outcome.ERROR : Outcome.FAILED;
        }

        private Draws draws(Attempt attempt) {
            return Draws.seeded(seed)
                    .at(attempt.slot())
                    .at(attempt.iteration())
                    .at(attempt.attempt());
        }
    }

    /** Each slot waits for one before it to pass, and is skipped if it does not. */
    private record Tree(long seed) implements Function<Progress, Decision> {
        @Override
        public Decision apply(Progress progress) {
            var decision = Decision.choose();
            progress.waiting()
                    .forEach(slot -> {
                        int parent = slot == 0 ? -1 : Draws.seeded(seed).below(slot, slot);
                        if (parent < 0 || passed(progress.state(parent))) {
                            decision.launch(slot, "its parent passed");
                        } else if (isOver(progress.state(parent))) {
                            decision.skip(slot, Stage.name(parent) + " did not pass");
                        }
                    });
            return decision.build();
        }

        private static boolean passed(SlotState state) {
            return state instanceof SlotState.Ended ended && ended.outcome() == Outcome.PASSED;
        }

        private static boolean isOver(SlotState state) {
            return state instanceof SlotState.Ended || state instanceof SlotState.Skipped;
        }
    }

    /** Each slot has its time; and the plan is done before the last one's. */
    private record Timetable(long seed) implements Function<Progress, Decision> {
        @Override
        public Decision apply(Progress progress) {
            var decision = Decision.choose();
            Instant end = progress.runStart().plusSeconds(60);
            if (!progress.now().isBefore(end)) {
                return decision.done("the hour is over").build();
            }
            decision.wakeAt(end, "the end");
            progress.waiting()
                    .forEach(slot -> {
                        Instant at =
                                progress.runStart()
                                        .plusMillis(Draws.seeded(seed).below(90_000, slot));
                        if (progress.now().isBefore(at)) {
                            decision.wakeAt(at, "its time");
                        } else {
                            decision.launch(slot, "its time came");
                        }
                    });
            return decision.build();
        }
    }

    /** One after another, at random, again and again. */
    private record Wheel(long seed) implements Function<Progress, Decision> {
        @Override
        public Decision apply(Progress progress) {
            List<Execution> executions = progress.executions();
            if (executions.size() >= 12) {
                return Decision.choose().done("twelve times").build();
            }
            int slot = Draws.seeded(seed).below(progress.slots(), executions.size());
            return progress.active() > 0 || progress.state(slot) instanceof SlotState.Skipped
                    ? Decision.NOTHING
                    : Decision.choose().launch(slot, "turn " + executions.size()).build();
        }
    }

    /** The cluster, as far as the machine can tell: what runs until when, and what is recorded. */
    private static final class World {
        final Case given;
        final RunMachine machine;
        RunState state;
        Instant now = Stage.START;
        final Map<Attempt, Instant> running = new LinkedHashMap<>();
        final List<Attempt> log = new ArrayList<>();
        final Map<Integer, String> skipped = new LinkedHashMap<>();
        Optional<RunEnd> recordedEnd = Optional.empty();
        final List<String> story = new ArrayList<>();
        boolean finished;
        int events;

        World(Case given) {
            this.given = given;
            machine =
                    new RunMachine(Stage.slots(given.slots), Stage.START, given.limits, given.plan);
            state = machine.begin();
        }

        void run(int crashAfter, Random luck) {
            step(new RunEvent.TimePassed(), crashAfter, luck);
            while (!finished && events < 5_000) {
                Optional<Map.Entry<Attempt, Instant>> next =
                        running.entrySet().stream()
                                .min(
                                        Map.Entry.<Attempt, Instant>comparingByValue()
                                                .thenComparing(e -> e.getKey().slot()));
                Optional<Instant> wake = machine.wake(state).map(Decision.Wake::at);
                if (next.isPresent()
                        && (wake.isEmpty() || !wake.get().isBefore(next.get().getValue()))) {
                    Attempt attempt = next.get().getKey();
                    now = later(now, next.get().getValue());
                    running.remove(attempt);
                    Outcome outcome =
                            stopped.contains(attempt) ? Outcome.STOPPED : given.outcome(attempt);
                    var end = new Attempt.End(now, outcome, outcome == Outcome.ERROR);
                    log.add(attempt.ended(end));
                    step(new RunEvent.AttemptEnded(attempt.slot(), end), crashAfter, luck);
                } else {
                    now = later(now, wake.orElseThrow(() -> new AssertionError("stuck: " + this)));
                    step(new RunEvent.TimePassed(), crashAfter, luck);
                }
            }
            assertThat(finished).as("%s comes to an end", this).isTrue();
        }

        final Set<Attempt> stopped = new HashSet<>();

        private void step(RunEvent event, int crashAfter, Random luck) {
            RunMachine.Step step = machine.step(state, event, now);
            state = step.state();
            events++;
            boolean crash = events == crashAfter;
            if (!crash) {
                record();
                step.commands().forEach(this::carryOut);
                return;
            }
            // Skips and the end are recorded in one write, or not at all.
            boolean recorded = luck.nextBoolean();
            if (recorded) {
                record();
            }
            for (Command command : step.commands()) {
                boolean done =
                        switch (command) {
                            case Command.Launch _ -> luck.nextBoolean();
                            case Command.Skip _ -> recorded;
                            case Command.Stop _ -> luck.nextBoolean();
                            case Command.GiveUpRetry _, Command.Finish _ -> false;
                        };
                if (done) {
                    carryOut(command);
                }
            }
            var known = new ArrayList<>(log);
            known.addAll(running.keySet());
            state = machine.resume(known, skipped, recordedEnd);
            step(new RunEvent.TimePassed(), crashAfter, luck);
        }

        private void record() {
            recordedEnd = Optional.ofNullable(state.end).filter(RunEnd::isRecorded);
        }

        private void carryOut(Command command) {
            switch (command) {
                case Command.Launch(Attempt attempt, String why) -> {
                    running.put(attempt, now.plus(given.takes(attempt)));
                    story.add(
                            "%d.%d.%d at %s: %s"
                                    .formatted(
                                            attempt.slot(),
                                            attempt.iteration(),
                                            attempt.attempt(),
                                            attempt.start(),
                                            why));
                }
                case Command.Skip(int slot, String why) -> {
                    assertThat(skipped.put(slot, why)).as("%s skips once", this).isNull();
                    story.add("skip %d: %s".formatted(slot, why));
                }
                case Command.Stop(Attempt attempt, String why) -> {
                    running.computeIfPresent(
                            attempt,
                            (a, end) -> {
                                stopped.add(a);
                                return now;
                            });
                }
                case Command.GiveUpRetry(Attempt attempt) -> {}
                case Command.Finish(RunEnd end) -> {
                    assertThat(running).as("%s: nothing runs at the end", this).isEmpty();
                    finished = true;
                    // Where all slots are over, nobody asks the plan again why it was done.
                    story.add("finish " + (end.isRecorded() ? end : end.cause()));
                }
            }
        }

        @Override
        public String toString() {
            return "seed %d, %d slots, %s, %s"
                    .formatted(
                            given.seed,
                            given.slots,
                            given.plan.getClass().getSimpleName(),
                            given.limits);
        }

        private static Instant later(Instant one, Instant other) {
            return one.isBefore(other) ? other : one;
        }
    }

    @Test
    void everyRunKeepsItsLimitsAndComesToAnEnd() {
        for (int seed = 0; seed < CASES; seed++) {
            World world = new World(new Case(seed));
            world.run(0, new Random(seed));
            check(world);
        }
    }

    @Test
    void aRunThatCrashedAnywhereDecidesAsTheUnbrokenOne() {
        int crashes = 0;
        for (int seed = 0; seed < CASES; seed++) {
            World unbroken = new World(new Case(seed));
            if (unbroken.given.limits.mostLaunches() < Integer.MAX_VALUE) {
                // Which of two ends came first is not told by a full record.
                continue;
            }
            unbroken.run(0, new Random(seed));
            Random luck = new Random(seed);
            for (int crash = 1; crash <= Math.min(unbroken.events, 12); crash++) {
                World broken = new World(new Case(seed));
                broken.run(crash, luck);
                check(broken);
                assertThat(sorted(broken.story))
                        .as("%s, crashed after event %d", broken, crash)
                        .isEqualTo(sorted(unbroken.story));
                crashes++;
            }
        }
        assertThat(crashes).isGreaterThan(5_000);
    }

    /** At one instant, commands lost in a crash come after those carried out before it. */
    private static List<String> sorted(List<String> story) {
        return story.stream().sorted(Comparator.naturalOrder()).toList();
    }

    private static void check(World world) {
        RunLimits limits = world.given.limits;
        List<Attempt> log =
                world.log.stream().sorted(Comparator.comparing(Attempt::start)).toList();
        assertThat(log.size()).as("%s: launches", world).isLessThanOrEqualTo(limits.mostLaunches());
        var seen = new HashSet<List<Integer>>();
        for (Attempt attempt : log) {
            assertThat(seen.add(List.of(attempt.slot(), attempt.iteration(), attempt.attempt())))
                    .as("%s: %s ran once", world, attempt)
                    .isTrue();
            limits.deadline()
                    .ifPresent(deadline ->
                            assertThat(attempt.start())
                                    .as("%s: launched before the deadline", world)
                                    .isBefore(Stage.START.plus(deadline)));
        }
        for (int i = 0; i < log.size(); i++) {
            Attempt one = log.get(i);
            int overlapping = 0;
            for (int j = 0; j < log.size(); j++) {
                Attempt other = log.get(j);
                if (i == j) {
                    continue;
                }
                boolean runsThen =
                        !other.start().isAfter(one.start())
                                && other.end().orElseThrow().at().isAfter(one.start());
                overlapping += runsThen ? 1 : 0;
                if (i < j) {
                    Duration apart = Duration.between(one.start(), other.start());
                    assertThat(apart)
                            .as("%s: pace of starts", world)
                            .isGreaterThanOrEqualTo(limits.startToStart());
                    Duration pause = Duration.between(one.end().orElseThrow().at(), other.start());
                    if (!pause.isNegative() && limits.endToStart().isPositive()) {
                        assertThat(pause)
                                .as("%s: pace after ends", world)
                                .isGreaterThanOrEqualTo(limits.endToStart());
                    }
                }
            }
            assertThat(overlapping).as("%s: at once", world).isLessThan(limits.maxParallel());
        }
        for (int slot = 0; slot < world.given.slots; slot++) {
            SlotState state = world.state.slots.get(slot);
            assertThat(state)
                    .as("%s: slot %d is over", world, slot)
                    .isInstanceOfAny(SlotState.Ended.class, SlotState.Skipped.class);
        }
        assertThat(world.machine.wake(world.state)).as("%s: nothing is left", world).isEmpty();
    }
}
