package io.chaosrunner.strategy.builtin;

import io.chaosrunner.strategy.Decision;
import io.chaosrunner.strategy.Draws;
import io.chaosrunner.strategy.Execution;
import io.chaosrunner.strategy.ExecutionPlan;
import io.chaosrunner.strategy.Outcome;
import io.chaosrunner.strategy.Progress;
import io.chaosrunner.strategy.SlotState;
import io.chaosrunner.strategy.StrategyRequest;
import io.chaosrunner.strategy.contract.Scenario;
import java.lang.management.ManagementFactory;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Print how long {@code dag} takes to plan, and to decide one end after another until all is
 * settled.
 *
 * <p>A program, not a test: its figures depend on the machine. Run it with the test class path:
 *
 * <pre>{@code
 * java -cp target/classes:target/test-classes:<guava> io.chaosrunner.strategy.builtin.DagScale
 * }</pre>
 */
public final class DagScale {
    private static final int ROUNDS = 5;
    private static final int AT_ONCE = 100;

    private DagScale() {}

    /** Print one table; each line is the fastest of five rounds. */
    public static void main(String[] args) {
        System.out.println(
                "shape      nodes     plan ms   decide ms   calls   us/call first half, second half");
        for (int nodes : new int[] {1_000, 10_000, 100_000}) {
            measure("layered", nodes, layered(nodes));
            measure("chain", nodes, chain(nodes));
            measure("join", nodes, join(nodes));
            measure("skipped", nodes, skipped(nodes));
        }
    }

    private static void measure(String shape, int nodes, Map<String, List<String>> dependencies) {
        String[] names = IntStream.range(0, nodes).mapToObj(DagScale::name).toArray(String[]::new);
        StrategyRequest request =
                Scenario.of(names).parameters(Map.of("dependencies", dependencies)).request();
        Figures best = null;
        for (int round = 0; round < ROUNDS; round++) {
            Figures figures = run(request, nodes);
            if (best == null || figures.total() < best.total()) {
                best = figures;
            }
        }
        if (best != null) {
            System.out.printf(
                    Locale.ROOT,
                    "%-8s %7d %11.1f %11.1f %7d   %.2f, %.2f%n",
                    shape,
                    nodes,
                    best.plan / 1e6,
                    best.decide / 1e6,
                    best.calls,
                    best.firstHalf / 1e3,
                    best.secondHalf / 1e3);
        }
    }

    private record Figures(long plan, long decide, int calls, double firstHalf, double secondHalf) {
        long total() {
            return plan + decide;
        }
    }

    /** End one execution at a time, at most a hundred at once; every tenth fails. */
    private static Figures run(StrategyRequest request, int nodes) {
        long begin = cpuTime();
        ExecutionPlan plan = new Dag().plan(request);
        long planned = cpuTime() - begin;

        var run = new Run(nodes);
        var active = new ArrayDeque<Integer>();
        int settled = 0;
        var times = new ArrayList<Long>();
        while (settled < nodes) {
            var progress = new Run.View(run, run.changes.size(), AT_ONCE - active.size());
            long before = cpuTime();
            Decision decision = plan.next(progress);
            times.add(cpuTime() - before);
            settled += decision.skips().size();
            decision.skips()
                    .forEach(skip -> run.set(skip.slot(), new SlotState.Skipped(skip.why())));
            for (Decision.Choice launch : decision.launches()) {
                run.set(launch.slot(), new SlotState.Active(1, Scenario.START));
                active.add(launch.slot());
            }
            if (decision.launches().isEmpty() && decision.skips().isEmpty() && settled < nodes) {
                int slot = active.remove();
                Outcome outcome = slot % 10 == 9 ? Outcome.FAILED : Outcome.PASSED;
                run.set(slot, new SlotState.Ended(1, Scenario.START, Scenario.START, outcome));
                settled++;
            }
        }
        int half = times.size() / 2;
        return new Figures(
                planned,
                times.stream().mapToLong(time -> time).sum(),
                times.size(),
                times.subList(0, half).stream().mapToLong(time -> time).average().orElse(0),
                times.subList(half, times.size()).stream()
                        .mapToLong(time -> time)
                        .average()
                        .orElse(0));
    }

    /** CPU time of this thread, so that other work on the machine does not count. */
    private static long cpuTime() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    private static String name(int node) {
        return "n" + node;
    }

    /** Each needs three of the hundred before it, finished or passed. */
    private static Map<String, List<String>> layered(int nodes) {
        Draws draws = Draws.seeded(1);
        var dependencies = new LinkedHashMap<String, List<String>>();
        for (int node = 1; node < nodes; node++) {
            int at = node;
            dependencies.put(
                    name(node),
                    IntStream.range(0, 3)
                            .mapToObj(k -> {
                                int back = 1 + draws.below(Math.min(at, 100), 4L * at + k);
                                String on = name(at - back);
                                return k == 0
                                        ? "not " + on + ".failed"
                                        : on + ".finished or " + on + ".skipped";
                            })
                            .toList());
        }
        return dependencies;
    }

    private static Map<String, List<String>> chain(int nodes) {
        var dependencies = new LinkedHashMap<String, List<String>>();
        IntStream.range(1, nodes)
                .forEach(node -> dependencies.put(name(node), List.of(name(node - 1))));
        return dependencies;
    }

    /** The last needs all others. */
    private static Map<String, List<String>> join(int nodes) {
        return Map.of(
                name(nodes - 1), IntStream.range(0, nodes - 1).mapToObj(DagScale::name).toList());
    }

    /** The tenth fails, and everything after it hangs on it through a chain. */
    private static Map<String, List<String>> skipped(int nodes) {
        var dependencies = new LinkedHashMap<String, List<String>>();
        IntStream.range(10, nodes)
                .forEach(node -> dependencies.put(name(node), List.of(name(node - 1) + ".passed")));
        return dependencies;
    }

    /** Keep states the cheapest way: views share them, so only the latest may be read. */
    private static final class Run {
        private final SlotState[] states;
        private final List<Integer> changes = new ArrayList<>();

        private Run(int nodes) {
            states = new SlotState[nodes];
            Arrays.fill(states, SlotState.Waiting.WAITING);
        }

        private void set(int slot, SlotState state) {
            states[slot] = state;
            changes.add(slot);
        }

        private record View(Run run, int version, int room) implements Progress {
            @Override
            public Instant now() {
                return Scenario.START;
            }

            @Override
            public Instant runStart() {
                return Scenario.START;
            }

            @Override
            public int slots() {
                return run.states.length;
            }

            @Override
            public SlotState state(int slot) {
                return run.states[slot];
            }

            @Override
            public int active() {
                return AT_ONCE - room;
            }

            @Override
            public IntStream waiting() {
                return IntStream.range(0, slots())
                        .filter(slot -> state(slot) instanceof SlotState.Waiting);
            }

            @Override
            public List<Execution> executions() {
                throw new UnsupportedOperationException("not kept");
            }

            @Override
            public Optional<IntStream> changesSince(Progress earlier) {
                return Optional.of(
                        run.changes.subList(((View) earlier).version, version).stream()
                                .mapToInt(slot -> slot));
            }
        }
    }
}
