package io.chaosrunner.schedule;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Ranges that are shut, on one line; they may overlap. Looked up in logarithmic time. Immutable.
 *
 * @param <T> a point of the line
 */
final class ClosedRanges<T extends Comparable<T>> {
    /** From each point up to the next one there is one first reason, or none. */
    private final NavigableMap<T, Optional<Windows.Shut>> reasons = new TreeMap<>();

    /** Where each stretch that is shut without a gap begins and ends. */
    private final NavigableMap<T, T> stretches = new TreeMap<>();

    /**
     * From one point up to another, which does not belong to it.
     *
     * @param <T> a point of the line
     */
    record Range<T extends Comparable<T>>(T from, T until, Windows.Shut shut) {}

    private ClosedRanges(List<Range<T>> ranges) {
        var points = new TreeSet<T>();
        for (Range<T> range : ranges) {
            points.add(range.from());
            points.add(range.until());
        }
        var starting = new ArrayList<>(ranges);
        starting.sort(Comparator.comparing(Range::from));
        var open = new PriorityQueue<Range<T>>(Comparator.comparing(range -> range.shut().order()));
        int started = 0;
        T begin = null;
        for (T point : points) {
            while (started < starting.size()
                    && starting.get(started).from().compareTo(point) <= 0) {
                open.add(starting.get(started));
                started++;
            }
            while (!open.isEmpty() && open.element().until().compareTo(point) <= 0) {
                open.remove();
            }
            reasons.put(point, Optional.ofNullable(open.peek()).map(Range::shut));
            if (begin == null && !open.isEmpty()) {
                begin = point;
            } else if (begin != null && open.isEmpty()) {
                stretches.put(begin, point);
                begin = null;
            }
        }
    }

    static <T extends Comparable<T>> ClosedRanges<T> of(List<Range<T>> ranges) {
        return new ClosedRanges<>(ranges);
    }

    /** Return the first reason at a point; null if there is none. */
    Windows.@Nullable Shut at(T point) {
        Map.Entry<T, Optional<Windows.Shut>> entry = reasons.floorEntry(point);
        return entry == null ? null : entry.getValue().orElse(null);
    }

    /** Return the first point from the given one that is not shut. */
    T openFrom(T point) {
        Map.Entry<T, T> stretch = stretches.floorEntry(point);
        return stretch != null && stretch.getValue().compareTo(point) > 0
                ? stretch.getValue()
                : point;
    }

    /** Return the next point at which the reason may change; null if there is none. */
    @Nullable T edgeAfter(T point) {
        return reasons.higherKey(point);
    }
}
