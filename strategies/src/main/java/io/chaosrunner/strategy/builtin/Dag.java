package io.chaosrunner.strategy.builtin;

import com.google.common.graph.Graph;
import com.google.common.graph.GraphBuilder;
import com.google.common.graph.MutableGraph;
import io.chaosrunner.strategy.Decision;
import io.chaosrunner.strategy.ExecutionPlan;
import io.chaosrunner.strategy.ExecutionStrategy;
import io.chaosrunner.strategy.Parameter;
import io.chaosrunner.strategy.Parameters;
import io.chaosrunner.strategy.Progress;
import io.chaosrunner.strategy.SlotState;
import io.chaosrunner.strategy.StrategyRequest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A graph in which each experiment runs the moment its own conditions hold; there is no layer
 * barrier.
 *
 * <p>{@code dependencies} maps an experiment to a list of conditions, all of which it needs:
 *
 * <pre>{@code
 * dependencies:
 *   b: [a]                                  # a has finished, whatever its verdict
 *   c: ["a.passed", "not b.failed and d.finished"]
 * onUnmet: skip
 * }</pre>
 *
 * <p>A condition asks for {@code passed}, {@code failed} (also when cut short by a timeout), {@code
 * errored} (never really ran), {@code skipped} or {@code finished} (any of the first three), and
 * joins such atoms with {@code not}, {@code and}, {@code or} and parentheses. Exactly one of the
 * first four becomes true of every experiment. A name alone means {@code finished}: like Litmus'
 * own order, it says when, not whether; a failed verdict is a finding, not a broken build. Gating
 * is asked for by {@code .passed}.
 *
 * <p>An experiment listed more than once: its name as a key means each entry, in a condition {@code
 * passed} and {@code finished} of every entry, {@code failed}, {@code errored} and {@code skipped}
 * of at least one. {@code name#2} is the second entry alone.
 *
 * <p>A condition is undecided until the experiments it names are, and decided as early as they
 * allow. {@code onUnmet} (default {@code skip}) says what happens when one became false: {@code
 * skip} skips the experiment, and in turn what needs it; {@code fail} launches nothing more and
 * fails the run.
 */
public final class Dag implements ExecutionStrategy {

    @Override
    public String name() {
        return "dag";
    }

    @Override
    public String description() {
        return "each as soon as its own conditions hold";
    }

    @Override
    public List<Parameter> parameters() {
        return List.of(
                new Parameter(
                        "dependencies",
                        "map of name to conditions",
                        "",
                        "what each experiment waits for, such as {b: [a], c: [\"a.passed and not"
                                + " b.failed\"]}"),
                new Parameter(
                        "onUnmet",
                        "skip|fail",
                        "skip",
                        "what to do when an experiment can never run: skip it, or fail the run"));
    }

    @Override
    public ExecutionPlan plan(StrategyRequest request) {
        int slots = request.slots().size();
        var names = new SlotNames(request.slots());
        var circuit = new Circuit.Builder(slots, names);
        var conditions = new Conditions(names, circuit);
        MutableGraph<Integer> graph = GraphBuilder.directed().allowsSelfLoops(true).build();
        request.slots().forEach(slot -> graph.addNode(slot.index()));

        Parameters.Reader reader = request.parameters().read();
        reader.textsByName("dependencies")
                .forEach((name, texts) -> {
                    String path = "dependencies." + name;
                    List<Integer> dependants = names.find(name);
                    if (dependants.isEmpty()) {
                        reader.problem(path, names.unknown(name));
                    }
                    for (int i = 0; i < texts.size(); i++) {
                        var problems = new ArrayList<String>();
                        Optional<Conditions.Condition> parsed =
                                conditions.parse(texts.get(i), problems);
                        String item = path + "[" + i + "]";
                        problems.forEach(problem -> reader.problem(item, problem));
                        parsed.ifPresent(condition -> {
                            for (int dependant : dependants) {
                                circuit.require(dependant, condition.gate());
                                condition.mentions().forEach(on -> graph.putEdge(on, dependant));
                            }
                        });
                    }
                });
        for (List<Integer> cycle : cycles(graph)) {
            String path = cycle.stream().map(names::of).collect(Collectors.joining(" -> "));
            reader.problem("dependencies", "cycle " + path + ": each waits for the next");
        }
        boolean fail = reader.oneOf("onUnmet", List.of("skip", "fail"), "skip").equals("fail");
        reader.finish();
        return new Plan(names, circuit.build(!fail), fail);
    }

    /**
     * Find cycles that share no node, each as a path of dependencies from its lowest node back to
     * it.
     *
     * <p>Kahn's algorithm peels off what depends on nothing; whatever is left has a predecessor
     * that is left, so walking backwards must come round.
     */
    private static List<List<Integer>> cycles(Graph<Integer> graph) {
        var cycles = new ArrayList<List<Integer>>();
        var inputs = new HashMap<Integer, Integer>();
        var left = new BitSet();
        var peeled = new ArrayDeque<Integer>();
        for (int node : graph.nodes()) {
            inputs.put(node, graph.inDegree(node));
            left.set(node);
        }
        graph.nodes().stream().filter(node -> graph.inDegree(node) == 0).forEach(peeled::add);
        peeled.forEach(left::clear);
        while (true) {
            for (Integer node = peeled.poll(); node != null; node = peeled.poll()) {
                for (int after : graph.successors(node)) {
                    if (inputs.merge(after, -1, Integer::sum) == 0 && left.get(after)) {
                        left.clear(after);
                        peeled.add(after);
                    }
                }
            }
            if (left.isEmpty()) {
                return cycles;
            }
            List<Integer> cycle = walkBack(graph, left);
            cycles.add(cycle);
            cycle.stream().distinct().forEach(peeled::add);
            cycle.forEach(left::clear);
        }
    }

    private static List<Integer> walkBack(Graph<Integer> graph, BitSet left) {
        var path = new ArrayList<Integer>();
        var position = new HashMap<Integer, Integer>();
        int node = left.nextSetBit(0);
        while (position.putIfAbsent(node, path.size()) == null) {
            path.add(node);
            node =
                    graph.predecessors(node).stream()
                            .filter(left::get)
                            .min(Integer::compare)
                            .orElseThrow();
        }
        List<Integer> cycle = path.subList(position.get(node), path.size());
        int lowest = cycle.indexOf(cycle.stream().min(Integer::compare).orElseThrow());
        return IntStream.rangeClosed(0, cycle.size())
                .mapToObj(i -> cycle.get((lowest + i) % cycle.size()))
                .toList();
    }

    private static final class Plan implements ExecutionPlan {
        private static final String FAILED = "onUnmet is fail";

        private final SlotNames names;
        private final Circuit circuit;
        private final boolean fail;
        private @Nullable Progress seen;
        private SlotState.@Nullable Skipped closed;

        private Plan(SlotNames names, Circuit circuit, boolean fail) {
            this.names = names;
            this.circuit = circuit;
            this.fail = fail;
        }

        @Override
        public Decision next(Progress progress) {
            Optional<IntStream> changes =
                    seen == null ? Optional.empty() : progress.changesSince(seen);
            if (changes.isEmpty()) {
                circuit.reset();
                closed = null;
            }
            changes.orElseGet(() -> IntStream.range(0, progress.slots()))
                    .forEach(slot -> read(slot, progress.state(slot)));
            circuit.push();
            seen = progress;
            return fail ? orFail(progress) : orSkip(progress);
        }

        private void read(int slot, SlotState state) {
            circuit.read(slot, state);
            if (state instanceof SlotState.Skipped skipped
                    && (closed == null || closed.why().isEmpty())) {
                closed = skipped;
            }
        }

        private Decision orFail(Progress progress) {
            // This plan skips nothing by itself, so a slot that was skipped says that the run was
            // closed. Those in turn make conditions false, and the first reason could no longer be
            // told: it is the one that was recorded.
            if (closed != null) {
                String why = closed.why();
                return Decision.choose().fail(why.isEmpty() ? FAILED : why).build();
            }
            int slot = circuit.doomed().nextSetBit(0);
            if (slot < 0) {
                return launch(progress);
            }
            String why = names.of(slot) + " " + circuit.whyDoomed(slot, new HashMap<>());
            return Decision.choose().fail(FAILED + ": " + why).build();
        }

        private Decision orSkip(Progress progress) {
            if (circuit.doomed().isEmpty()) {
                return launch(progress);
            }
            var decision = Decision.choose();
            var roots = new HashMap<Integer, Circuit.Atom>();
            circuit.doomed().stream()
                    .forEach(slot -> decision.skip(slot, circuit.whyDoomed(slot, roots)));
            return decision.build();
        }

        private Decision launch(Progress progress) {
            var decision = Decision.choose();
            circuit.ready().stream()
                    .limit(progress.room())
                    .forEach(slot -> decision.launch(slot, circuit.whyReady(slot)));
            return decision.build();
        }
    }
}
