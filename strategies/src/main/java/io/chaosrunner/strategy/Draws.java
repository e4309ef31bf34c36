package io.chaosrunner.strategy;

import java.nio.charset.StandardCharsets;

/**
 * Random numbers by counter: draw {@code k} is a function of (seed, stream, k).
 *
 * <p>There is no position and no order of calls, so a resumed run and a replay draw exactly what
 * the unbroken run drew. Immutable and safe for use by several threads. The mixing function is the
 * finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014) with the odd constants of Stafford's
 * variant 13, applied twice, keyed by the stream.
 */
public final class Draws {
    private static final long GOLDEN = 0x9e3779b97f4a7c15L;

    private final long key;

    private Draws(long key) {
        this.key = key;
    }

    /** Begin with a run's seed. */
    public static Draws seeded(long seed) {
        return new Draws(mix(seed + GOLDEN));
    }

    /** Take up draws where another process has them: by their {@link #key()}. */
    public static Draws keyed(long key) {
        return new Draws(key);
    }

    /** Return the number that tells these draws from all others; it is not the seed. */
    public long key() {
        return key;
    }

    /** Return an independent stream of that name. */
    public Draws named(String stream) {
        long hash = mix(key ^ 0x6a09e667f3bcc909L);
        for (byte b : stream.getBytes(StandardCharsets.UTF_8)) {
            hash = mix((hash ^ b) + GOLDEN);
        }
        return new Draws(hash);
    }

    /** Return a sub-stream, for example one per slot. */
    public Draws at(long index) {
        return new Draws(mix(mix(key ^ 0xbb67ae8584caa73bL) + index * GOLDEN));
    }

    /** Return draw {@code k}: 64 uniform bits. */
    public long bits(long k) {
        return mix(mix(key + k * GOLDEN) ^ key);
    }

    /**
     * Return draw {@code k}, strictly between 0 and 1, fit for an inverse distribution function.
     */
    public double unit(long k) {
        return ((bits(k) >>> 12) + 0.5) * 0x1.0p-52;
    }

    /**
     * Return draw {@code k} below a bound, from 0. The bias is below {@code bound / 2^64}.
     *
     * @param bound at least 1
     */
    public int below(int bound, long k) {
        if (bound < 1) {
            throw new IllegalArgumentException("bound must be at least 1, but is " + bound);
        }
        return (int) Math.unsignedMultiplyHigh(bits(k), bound);
    }

    private static long mix(long z) {
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }
}
