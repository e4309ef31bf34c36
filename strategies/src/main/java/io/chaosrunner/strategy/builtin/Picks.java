package io.chaosrunner.strategy.builtin;

import io.chaosrunner.strategy.Draws;
import java.util.Arrays;

/**
 * The sequence of picks, made as far as it is asked for.
 *
 * <p>Pick {@code k} comes from draw {@code k} and the picks before it, so the sequence is a
 * function of weights and seed alone: it does not depend on how long anything takes. Sums are whole
 * numbers, so taking a weight out and putting it back leaves no rounding error behind. Used by one
 * plan.
 */
final class Picks {
    private final long[] weights;
    private final boolean replacement;
    private final boolean noRepeat;
    private final Draws draws;

    /** Fenwick tree over the weights that may be picked now; index from 1. */
    private final long[] tree;

    private final boolean[] out;
    private final int[] times;
    private long total;
    private int taken;

    private int[] slots = new int[16];
    private int[] occurrences = new int[16];
    private int made;

    /**
     * @param weights one for each slot, positive; only their ratio counts, up to 2^40
     * @param replacement false to pick every slot once before any is picked again
     * @param noRepeat true never to pick one slot twice in a row; needs two slots
     */
    Picks(double[] weights, boolean replacement, boolean noRepeat, Draws draws) {
        double heaviest = Arrays.stream(weights).max().orElse(1);
        this.weights =
                Arrays.stream(weights)
                        .mapToLong(weight -> Math.max(1, Math.round(weight / heaviest * 0x1p40)))
                        .toArray();
        this.replacement = replacement;
        this.noRepeat = noRepeat;
        this.draws = draws;
        this.tree = new long[weights.length + 1];
        this.out = new boolean[weights.length];
        this.times = new int[weights.length];
        for (int slot = 0; slot < weights.length; slot++) {
            add(slot, this.weights[slot]);
        }
    }

    /** Return the slot of pick {@code k}, from 0. */
    int slot(int k) {
        make(k);
        return slots[k];
    }

    /** Return how many times the slot of pick {@code k} was picked up to it: its iteration. */
    int occurrence(int k) {
        make(k);
        return occurrences[k];
    }

    private void make(int k) {
        while (made <= k) {
            if (made == slots.length) {
                slots = Arrays.copyOf(slots, 2 * made);
                occurrences = Arrays.copyOf(occurrences, 2 * made);
            }
            int slot = pick(made);
            slots[made] = slot;
            occurrences[made] = ++times[slot];
            made++;
        }
    }

    private int pick(int k) {
        if (!replacement && taken == weights.length) {
            for (int slot = 0; slot < weights.length; slot++) {
                putBack(slot);
            }
            taken = 0;
        }
        int last = k == 0 ? -1 : slots[k - 1];
        boolean bar = noRepeat && last >= 0 && !out[last];
        if (bar) {
            takeOut(last);
        }
        int slot = search(Math.min(total - 1, (long) (draws.unit(k) * total)));
        if (bar) {
            putBack(last);
        }
        if (!replacement) {
            takeOut(slot);
            taken++;
        }
        return slot;
    }

    private void takeOut(int slot) {
        out[slot] = true;
        add(slot, -weights[slot]);
    }

    private void putBack(int slot) {
        out[slot] = false;
        add(slot, weights[slot]);
    }

    private void add(int slot, long weight) {
        total += weight;
        for (int i = slot + 1; i < tree.length; i += i & -i) {
            tree[i] += weight;
        }
    }

    /** Return the first slot whose running total exceeds {@code at}. */
    private int search(long at) {
        long rest = at;
        int index = 0;
        for (int step = Integer.highestOneBit(weights.length); step > 0; step >>= 1) {
            if (index + step < tree.length && tree[index + step] <= rest) {
                index += step;
                rest -= tree[index];
            }
        }
        return index;
    }
}
