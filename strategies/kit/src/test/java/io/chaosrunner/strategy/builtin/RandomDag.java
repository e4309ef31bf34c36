package io.chaosrunner.strategy.builtin;

import io.chaosrunner.strategy.Draws;
import io.chaosrunner.strategy.Outcome;
import io.chaosrunner.strategy.Slot;
import io.chaosrunner.strategy.SlotState;
import io.chaosrunner.strategy.builtin.Circuit.Word;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Make random conditions without cycles, and judge them the slow and obvious way.
 *
 * @param experiments names in engine order
 * @param conditions for each slot, all of which it needs
 */
record RandomDag(List<String> experiments, List<List<Condition>> conditions) {

    /** Hold a condition as written: a tree that is evaluated anew each time it is asked. */
    sealed interface Condition {
        /** Return true, false, or null while it depends on slots that are not settled. */
        @Nullable Boolean holds(IntFunction<@Nullable SlotState> settled);

        String text();
    }

    private record Asks(String name, int slot, Word word) implements Condition {
        @Override
        public @Nullable Boolean holds(IntFunction<@Nullable SlotState> settled) {
            SlotState state = settled.apply(slot);
            if (state == null) {
                return null;
            }
            Optional<Outcome> outcome =
                    state instanceof SlotState.Ended ended
                            ? Optional.of(ended.outcome())
                            : Optional.empty();
            return switch (word) {
                case PASSED -> outcome.equals(Optional.of(Outcome.PASSED));
                case FAILED ->
                        outcome.filter(o -> o == Outcome.FAILED || o == Outcome.STOPPED)
                                .isPresent();
                case ERRORED -> outcome.equals(Optional.of(Outcome.ERROR));
                case FINISHED -> outcome.isPresent();
                case SKIPPED -> outcome.isEmpty();
            };
        }

        @Override
        public String text() {
            return name + "." + word;
        }
    }

    private record Not(Condition condition) implements Condition {
        @Override
        public @Nullable Boolean holds(IntFunction<@Nullable SlotState> settled) {
            Boolean holds = condition.holds(settled);
            return holds == null ? null : Boolean.valueOf(!holds);
        }

        @Override
        public String text() {
            return "not (" + condition.text() + ")";
        }
    }

    /** Join two: Kleene's {@code and} if all must hold, else his {@code or}. */
    private record Both(boolean all, Condition left, Condition right) implements Condition {
        @Override
        public @Nullable Boolean holds(IntFunction<@Nullable SlotState> settled) {
            Boolean first = left.holds(settled);
            Boolean second = right.holds(settled);
            if ((first != null && first != all) || (second != null && second != all)) {
                return !all;
            }
            return first == null || second == null ? null : Boolean.valueOf(all);
        }

        @Override
        public String text() {
            return "(" + left.text() + ") " + (all ? "and" : "or") + " (" + right.text() + ")";
        }
    }

    static RandomDag of(List<String> experiments, Draws draws) {
        var names =
                new SlotNames(
                        IntStream.range(0, experiments.size())
                                .mapToObj(i -> new Slot(i, experiments.get(i)))
                                .toList());
        // Edges follow a random order of the slots, so that they point both ways in the list.
        List<Integer> order = new ArrayList<>();
        for (int slot = 0; slot < experiments.size(); slot++) {
            order.add(draws.below(slot + 1, 1_000 + slot), slot);
        }
        List<List<Condition>> conditions = new ArrayList<>();
        IntStream.range(0, experiments.size()).forEach(i -> conditions.add(List.of()));
        for (int at = 1; at < order.size(); at++) {
            Draws own = draws.at(at);
            int before = at;
            int needs = own.below(4, 0);
            conditions.set(
                    order.get(at),
                    IntStream.range(0, needs)
                            .mapToObj(i -> condition(names, order.subList(0, before), own.at(i), 2))
                            .toList());
        }
        return new RandomDag(experiments, conditions);
    }

    private static Condition condition(
            SlotNames names, List<Integer> before, Draws draws, int depth) {
        int kind = draws.below(8, 0);
        if (depth > 0 && kind < 2) {
            return new Both(
                    kind == 0,
                    condition(names, before, draws.at(1), depth - 1),
                    condition(names, before, draws.at(2), depth - 1));
        }
        if (depth > 0 && kind == 2) {
            return new Not(condition(names, before, draws.at(1), depth - 1));
        }
        int slot = before.get(draws.below(before.size(), 1));
        Word[] words = {
            Word.FINISHED,
            Word.FINISHED,
            Word.PASSED,
            Word.PASSED,
            Word.FAILED,
            Word.ERRORED,
            Word.SKIPPED
        };
        return new Asks(names.of(slot), slot, words[draws.below(words.length, 2)]);
    }

    /** Return the conditions as users write them. */
    Map<String, List<String>> dependencies() {
        var slots =
                new SlotNames(
                        IntStream.range(0, experiments.size())
                                .mapToObj(i -> new Slot(i, experiments.get(i)))
                                .toList());
        var dependencies = new LinkedHashMap<String, List<String>>();
        for (int slot = 0; slot < experiments.size(); slot++) {
            if (!conditions.get(slot).isEmpty()) {
                dependencies.put(
                        slots.of(slot),
                        conditions.get(slot).stream().map(Condition::text).toList());
            }
        }
        return dependencies;
    }

    /** Return whether a slot may run: true, false, or null while that is open. */
    @Nullable Boolean holds(int slot, IntFunction<@Nullable SlotState> settled) {
        Boolean all = true;
        for (Condition condition : conditions.get(slot)) {
            Boolean holds = condition.holds(settled);
            if (holds != null && !holds) {
                return false;
            }
            all = holds == null ? null : all;
        }
        return all;
    }
}
