package io.chaosrunner.strategy.builtin;

import static com.google.common.collect.ImmutableList.toImmutableList;

import com.google.common.base.Ascii;
import com.google.common.collect.ImmutableList;
import io.chaosrunner.strategy.Outcome;
import io.chaosrunner.strategy.SlotState;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The conditions of all slots as one circuit of gates.
 *
 * <p>Three-valued: a gate is undecided until its inputs force it, and then never changes. Each gate
 * counts its undecided inputs, so every end is pushed through once and the whole run costs the
 * number of edges, whatever the order. Negation is pushed down to the atoms, so that there are only
 * two kinds of joins. Mutable; used by one plan.
 */
final class Circuit {
    private static final int REASONS = 3;
    private static final SlotState SKIPPED = new SlotState.Skipped("");

    private final SlotNames names;
    private final boolean transitive;
    private final ImmutableList<ImmutableList<Atom>> atoms;
    private final ImmutableList<Join> joins;
    private final ImmutableList<Join> conditions;

    private final @Nullable SlotState[] settled;
    private final BitSet waiting = new BitSet();
    private final BitSet ready = new BitSet();
    private final BitSet doomed = new BitSet();
    private final ArrayDeque<Gate> decided = new ArrayDeque<>();

    private Circuit(Builder builder, boolean transitive) {
        this.names = builder.names;
        this.transitive = transitive;
        this.conditions =
                builder.entries.stream()
                        .map(entries -> builder.join(true, entries))
                        .collect(toImmutableList());
        IntStream.range(0, conditions.size()).forEach(i -> conditions.get(i).owner = i);
        this.atoms = builder.atoms.stream().map(ImmutableList::copyOf).collect(toImmutableList());
        this.joins = ImmutableList.copyOf(builder.joins);
        this.settled = new SlotState[conditions.size()];
        reset();
    }

    /** Forget all states: every slot is waiting. */
    void reset() {
        Arrays.fill(settled, null);
        waiting.set(0, conditions.size());
        ready.clear();
        doomed.clear();
        atoms.forEach(ofSlot -> ofSlot.forEach(atom -> atom.decided = false));
        for (Join join : joins) {
            join.decided = false;
            join.undecided = join.inputs.size();
            if (join.undecided == 0) {
                decide(join, join.all);
            }
        }
    }

    /** Take in the state of one slot; call {@link #push} after the last one. */
    void read(int slot, SlotState state) {
        if (state instanceof SlotState.Waiting) {
            return;
        }
        leave(slot);
        if (!(state instanceof SlotState.Active)) {
            settle(slot, state);
        }
    }

    /** Carry what was read through all gates. A queue, not recursion: chains may be long. */
    void push() {
        for (Gate gate = decided.poll(); gate != null; gate = decided.poll()) {
            for (Join output : gate.outputs) {
                if (!output.decided) {
                    output.undecided--;
                    if (gate.holds != output.all || output.undecided == 0) {
                        decide(output, gate.holds);
                    }
                }
            }
            if (gate instanceof Join join && join.owner >= 0 && waiting.get(join.owner)) {
                if (join.holds) {
                    ready.set(join.owner);
                } else {
                    doomed.set(join.owner);
                    if (transitive) {
                        settle(join.owner, SKIPPED);
                    }
                }
            }
        }
    }

    /** Return the waiting slots whose condition holds. */
    BitSet ready() {
        return ready;
    }

    /** Return the waiting slots whose condition can never hold. */
    BitSet doomed() {
        return doomed;
    }

    /** Say what made a condition hold: up to three atoms, in written order. */
    String whyReady(int slot) {
        var causes = new LinkedHashSet<String>();
        causes(conditions.get(slot), causes);
        if (causes.isEmpty()) {
            return "depends on nothing";
        }
        String first = String.join(", ", causes.stream().limit(REASONS).toList());
        return causes.size() > REASONS ? first + " and more" : first;
    }

    /**
     * Say what made a condition false: its first atom in written order that did, and where that one
     * was skipped for such a reason itself, the atom at the root of it.
     *
     * @param roots what was found for this state of the circuit so far
     */
    String whyDoomed(int slot, Map<Integer, Atom> roots) {
        Atom atom = firstFalse(slot);
        String reason = "needs " + atom + ", but " + fate(atom.slot);
        Atom root = root(slot, roots);
        return root == atom ? reason : reason + " (" + fate(root.slot) + ")";
    }

    private Atom root(int slot, Map<Integer, Atom> roots) {
        var path = new ArrayList<Integer>();
        int at = slot;
        Atom root = roots.get(at);
        while (root == null) {
            path.add(at);
            Atom atom = firstFalse(at);
            if (settled[atom.slot] instanceof SlotState.Skipped
                    && isFalse(conditions.get(atom.slot))) {
                at = atom.slot;
                root = roots.get(at);
            } else {
                root = atom;
            }
        }
        for (int passed : path) {
            roots.put(passed, root);
        }
        return root;
    }

    private Atom firstFalse(int slot) {
        Gate gate = conditions.get(slot);
        while (gate instanceof Join join) {
            gate = join.inputs.stream().filter(Circuit::isFalse).findFirst().orElseThrow();
        }
        return (Atom) gate;
    }

    private void causes(Gate gate, Set<String> causes) {
        if (causes.size() > REASONS || !gate.decided || !gate.holds) {
            return;
        }
        switch (gate) {
            case Atom atom -> causes.add(fate(atom.slot));
            case Join join -> {
                for (Gate input : join.inputs) {
                    int before = causes.size();
                    causes(input, causes);
                    if (causes.size() > REASONS || (!join.all && causes.size() > before)) {
                        return;
                    }
                }
            }
        }
    }

    private String fate(int slot) {
        String name = names.of(slot);
        return switch (settled[slot]) {
            case SlotState.Ended ended ->
                    switch (ended.outcome()) {
                        case PASSED -> name + " passed";
                        case FAILED -> name + " failed";
                        case STOPPED -> name + " was stopped";
                        case ERROR -> name + " ended in error";
                    };
            case SlotState.Skipped skipped -> name + " was skipped";
            case null, default -> throw new IllegalStateException(name + " is not settled");
        };
    }

    private void leave(int slot) {
        waiting.clear(slot);
        ready.clear(slot);
        doomed.clear(slot);
    }

    private void settle(int slot, SlotState state) {
        if (settled[slot] == null) {
            for (Atom atom : atoms.get(slot)) {
                decide(atom, atom.word.holds(state) != atom.negated);
            }
        }
        settled[slot] = state;
    }

    private void decide(Gate gate, boolean holds) {
        gate.decided = true;
        gate.holds = holds;
        decided.add(gate);
    }

    private static boolean isFalse(Gate gate) {
        return gate.decided && !gate.holds;
    }

    /**
     * Name a state to ask a slot for. For every slot exactly one of the first four becomes true.
     */
    enum Word {
        PASSED(true),
        /** The verdict is Fail, or there is none because the experiment was cut short. */
        FAILED(false),
        ERRORED(false),
        SKIPPED(false),
        /** It was launched and ended, whatever its verdict. */
        FINISHED(true);

        /** Asked of a name that is listed more than once: true for every entry, false for any. */
        final boolean every;

        Word(boolean every) {
            this.every = every;
        }

        boolean holds(SlotState state) {
            if (!(state instanceof SlotState.Ended ended)) {
                return this == SKIPPED;
            }
            return switch (this) {
                case PASSED -> ended.outcome() == Outcome.PASSED;
                case FAILED ->
                        ended.outcome() == Outcome.FAILED || ended.outcome() == Outcome.STOPPED;
                case ERRORED -> ended.outcome() == Outcome.ERROR;
                case SKIPPED -> false;
                case FINISHED -> true;
            };
        }

        /** Return the word as users write it. */
        @Override
        public String toString() {
            return Ascii.toLowerCase(name());
        }
    }

    /** Carry one truth value. */
    abstract static sealed class Gate {
        final List<Join> outputs = new ArrayList<>(1);
        boolean decided;
        boolean holds;
    }

    /** Ask one slot for one state. */
    static final class Atom extends Gate {
        private final int slot;
        private final Word word;
        private final boolean negated;
        private final String text;

        private Atom(int slot, Word word, boolean negated, String text) {
            this.slot = slot;
            this.word = word;
            this.negated = negated;
            this.text = text;
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /** Hold if all inputs hold, or if any does. */
    static final class Join extends Gate {
        private final boolean all;
        private final ImmutableList<Gate> inputs;
        private int owner = -1;
        private int undecided;

        private Join(boolean all, List<Gate> inputs) {
            this.all = all;
            this.inputs = ImmutableList.copyOf(inputs);
        }
    }

    /** Put a circuit together. */
    static final class Builder {
        private record Key(String name, Word word, boolean negated) {}

        private final SlotNames names;
        private final List<List<Gate>> entries = new ArrayList<>();
        private final List<List<Atom>> atoms = new ArrayList<>();
        private final List<Join> joins = new ArrayList<>();
        private final Map<Key, Gate> known = new HashMap<>();

        Builder(int slots, SlotNames names) {
            this.names = names;
            for (int i = 0; i < slots; i++) {
                entries.add(new ArrayList<>(2));
                atoms.add(new ArrayList<>(2));
            }
        }

        /** Ask a known name for a state; the same question is the same gate. */
        Gate atom(String name, Word word, boolean negated) {
            var key = new Key(name, word, negated);
            Gate gate = known.get(key);
            if (gate == null) {
                List<Integer> slots = names.find(name);
                gate =
                        slots.size() > 1
                                ? join(
                                        word.every != negated,
                                        slots.stream()
                                                .map(slot -> atom(names.of(slot), word, negated))
                                                .toList())
                                : atomOf(slots.getFirst(), word, negated);
                known.put(key, gate);
            }
            return gate;
        }

        /** Join gates in written order. */
        Join join(boolean all, List<Gate> inputs) {
            var join = new Join(all, inputs);
            inputs.forEach(input -> input.outputs.add(join));
            joins.add(join);
            return join;
        }

        /** Let a slot wait for one gate more. */
        void require(int slot, Gate gate) {
            entries.get(slot).add(gate);
        }

        /**
         * Return the circuit; the builder is used up.
         *
         * @param transitive whether a slot that can never run counts as skipped at once
         */
        Circuit build(boolean transitive) {
            return new Circuit(this, transitive);
        }

        private Atom atomOf(int slot, Word word, boolean negated) {
            String text = (negated ? "not " : "") + names.of(slot) + "." + word;
            var atom = new Atom(slot, word, negated, text);
            atoms.get(slot).add(atom);
            return atom;
        }
    }
}
