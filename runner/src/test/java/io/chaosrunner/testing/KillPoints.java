package io.chaosrunner.testing;

import java.util.ArrayList;
import java.util.List;

/**
 * Choose the calls of a run around which a test kills the runner: after every write, so that no
 * state in which a run can leave the cluster is missing; and at a third of the other moments,
 * before a write and around a read, which differ in what the process has under way.
 *
 * <p>Which third says the system property {@code rotation}, a number; {@code .ci/run} takes another
 * one for each commit, and prints it, so that a failure can be repeated. With the property {@code
 * exhaustive} every call is taken.
 */
public final class KillPoints {
    private static final int THIRDS = 3;

    /**
     * One call, and a moment.
     *
     * @param write whether it is a write that is counted, or a read
     * @param number its place among the writes, or the reads, of the process; from 1
     * @param carriedOut whether the server still does what the call asks
     */
    public record Point(boolean write, int number, boolean carriedOut) {
        @Override
        public String toString() {
            return "%s %s %02d"
                    .formatted(carriedOut ? "after" : "before", write ? "write" : "read", number);
        }
    }

    private KillPoints() {}

    /** Choose among the calls of a run, as this JVM was told. */
    public static List<Point> of(int writes, int reads) {
        return Boolean.getBoolean("exhaustive")
                ? all(writes, reads)
                : some(writes, reads, Integer.getInteger("rotation", 0));
    }

    static List<Point> all(int writes, int reads) {
        var points = new ArrayList<Point>();
        for (boolean carriedOut : List.of(false, true)) {
            for (int number = 1; number <= writes; number++) {
                points.add(new Point(true, number, carriedOut));
            }
            for (int number = 1; number <= reads; number++) {
                points.add(new Point(false, number, carriedOut));
            }
        }
        return points;
    }

    static List<Point> some(int writes, int reads, int rotation) {
        return all(writes, reads).stream()
                .filter(point -> point.write && point.carriedOut || isIts(point, rotation))
                .toList();
    }

    /** Before a read and after it the cluster is the same: one of both, in turn. */
    private static boolean isIts(Point point, int rotation) {
        boolean evenly = (point.number / THIRDS + rotation) % 2 == 0;
        return point.number % THIRDS == Math.floorMod(rotation, THIRDS)
                && (point.write || point.carriedOut == evenly);
    }
}
