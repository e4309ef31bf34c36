package io.chaosrunner.strategy.builtin;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.strategy.Draws;
import io.chaosrunner.strategy.Outcome;
import io.chaosrunner.strategy.Parameters;
import io.chaosrunner.strategy.SlotState;
import io.chaosrunner.strategy.contract.Scenario;
import io.chaosrunner.strategy.contract.SimulatedRun;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Try {@code dag} on 100,000 random graphs against conditions evaluated the slow and obvious way.
 */
class DagPropertiesTest {
    private static final int CASES = 100_000;
    private static final int LARGEST = 30;
    private static final Dag DAG = new Dag();

    @Test
    void everyNodeStartsExactlyWhenItsConditionHoldsOrIsSkippedWhenItNeverCan() {
        int nodes = IntStream.range(0, CASES).parallel().map(DagPropertiesTest::check).sum();
        // So that a change that empties the cases does not go unnoticed.
        assertThat(nodes).isGreaterThan(10 * CASES);
    }

    private static int check(int number) {
        Draws draws = Draws.seeded(number).named("dag");
        int slots = 1 + draws.below(LARGEST, 0);
        List<String> experiments = IntStream.range(0, slots).mapToObj(i -> "e" + i).toList();
        RandomDag dag = RandomDag.of(experiments, draws);
        int cap = draws.below(2, 1) == 0 ? Integer.MAX_VALUE : 1 + draws.below(4, 2);
        var scenario =
                new Scenario(
                                experiments,
                                Parameters.of(Map.of("dependencies", dag.dependencies())),
                                number,
                                List.of(),
                                (slot, iteration, attempt) -> {
                                    Draws own = draws.at(slot);
                                    return new Scenario.Fate(
                                            Duration.ofMillis(1_000 * own.below(20, 0)),
                                            own.below(3, 1) > 0
                                                    ? Outcome.PASSED
                                                    : Outcome.values()[own.below(4, 2)]);
                                },
                                Scenario.RunLimits.NONE)
                        .maxParallel(cap);
        var run = SimulatedRun.of(scenario, DAG);
        var times = new Times(run, slots);
        for (int slot = 0; slot < slots; slot++) {
            String problem = times.judge(dag, slot, cap);
            if (!problem.isEmpty()) {
                throw new AssertionError(
                        "case %d, %s: %s%n%s%n%s"
                                .formatted(
                                        number,
                                        experiments.get(slot),
                                        problem,
                                        dag.dependencies(),
                                        String.join("\n", run.story())));
            }
        }
        return slots;
    }

    /** When each slot started, and when and how it settled. */
    private static final class Times {
        private final Instant[] starts;
        private final Instant[] settledAt;
        private final SlotState[] fates;
        private final List<Instant> instants;

        private Times(SimulatedRun run, int slots) {
            starts = new Instant[slots];
            settledAt = new Instant[slots];
            fates = new SlotState[slots];
            for (var attempt : run.attempts()) {
                settle(
                        attempt.slot(),
                        attempt.end(),
                        new SlotState.Ended(1, attempt.start(), attempt.end(), attempt.outcome()));
                starts[attempt.slot()] = attempt.start();
            }
            for (var skip : run.skips()) {
                settle(skip.slot(), skip.at(), new SlotState.Skipped(skip.why()));
            }
            for (int slot = 0; slot < slots; slot++) {
                assertThat(fates[slot]).as("slot %d settles", slot).isNotNull();
            }
            instants =
                    Stream.concat(Stream.of(Scenario.START), Stream.of(settledAt))
                            .distinct()
                            .sorted(Comparator.naturalOrder())
                            .toList();
        }

        private void settle(int slot, Instant at, SlotState fate) {
            if (fates[slot] != null) {
                throw new AssertionError("slot " + slot + " settles twice");
            }
            fates[slot] = fate;
            settledAt[slot] = at;
        }

        /** Return what is wrong with one slot; empty if nothing is. */
        private String judge(RandomDag dag, int slot, int cap) {
            for (Instant at : instants) {
                Boolean holds =
                        dag.holds(
                                slot, other -> settledAt[other].isAfter(at) ? null : fates[other]);
                if (holds == null) {
                    continue;
                }
                if (!holds) {
                    return fates[slot] instanceof SlotState.Skipped && settledAt[slot].equals(at)
                            ? ""
                            : "became impossible at " + at + ", but " + fates[slot];
                }
                if (starts[slot] == null || starts[slot].isBefore(at)) {
                    return "became possible at " + at + ", but " + fates[slot];
                }
                Instant start = starts[slot];
                return instants.stream()
                        .filter(instant -> !instant.isBefore(at) && instant.isBefore(start))
                        .filter(instant -> running(instant) < cap)
                        .map(free -> "could have started at " + free)
                        .findFirst()
                        .orElse("");
            }
            return "was never decided";
        }

        private long running(Instant at) {
            return IntStream.range(0, starts.length)
                    .filter(slot ->
                            starts[slot] != null
                                    && !starts[slot].isAfter(at)
                                    && settledAt[slot].isAfter(at))
                    .count();
        }
    }
}
