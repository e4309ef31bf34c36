package io.chaosrunner.machine;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * The slots that changed, so that a plan can read only those.
 *
 * <p>One growing array is shared by the states that descend from each other in a line; a state that
 * branches off copies it first. Hence "is it an ancestor" is one comparison.
 */
final class SlotChanges {
    private final Trail trail;
    private final int length;

    private SlotChanges(Trail trail, int length) {
        this.trail = trail;
        this.length = length;
    }

    static SlotChanges none() {
        return new SlotChanges(new Trail(), 0);
    }

    SlotChanges plus(int slot) {
        Trail into = trail.used == length ? trail : trail.copy(length);
        into.add(slot);
        return new SlotChanges(into, length + 1);
    }

    boolean descendsFrom(SlotChanges earlier) {
        return trail == earlier.trail && earlier.length <= length;
    }

    IntStream since(SlotChanges earlier) {
        return Arrays.stream(trail.slots, earlier.length, length);
    }

    private static final class Trail {
        private int[] slots = new int[16];
        private int used;

        void add(int slot) {
            if (used == slots.length) {
                slots = Arrays.copyOf(slots, 2 * used);
            }
            slots[used++] = slot;
        }

        Trail copy(int length) {
            Trail copy = new Trail();
            copy.slots = Arrays.copyOf(slots, Math.max(16, 2 * length));
            copy.used = length;
            return copy;
        }
    }
}
