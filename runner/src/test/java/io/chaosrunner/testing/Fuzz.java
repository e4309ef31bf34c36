package io.chaosrunner.testing;

import java.util.function.Consumer;

/**
 * Damages a sound text again and again: for a second, or for as many as {@code -Dfuzz.seconds}
 * says, from {@code -Dfuzz.seed} on.
 */
public final class Fuzz {
    private static final int MOST_SHOWN = 2_000;

    private Fuzz() {}

    /**
     * @param use throws nothing, whatever it is given
     * @throws AssertionError with the seed and the text by which it threw something
     */
    public static void damage(String sound, Consumer<String> use) {
        long end = System.nanoTime() + Long.getLong("fuzz.seconds", 1) * 1_000_000_000L;
        long seed = Long.getLong("fuzz.seed", 1_000_000);
        do {
            String damaged = new Damage(seed).of(sound);
            try {
                use.accept(damaged);
            } catch (RuntimeException | StackOverflowError e) {
                String shown = damaged.substring(0, Math.min(MOST_SHOWN, damaged.length()));
                throw new AssertionError("seed %d: %s".formatted(seed, shown), e);
            }
            seed++;
        } while (System.nanoTime() < end);
    }
}
