package io.chaosrunner.schedule;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Foretell the fires of a schedule, with the times that do not fire and why.
 *
 * @param entries what comes, in order
 * @param end why nothing follows; empty if only no more was asked for
 */
public record Preview(List<Entry> entries, Optional<String> end) {
    /** More times than this that one change of the clocks took away are told as one. */
    private static final int MOST_LEFT_OUT = 10;

    /** Say what becomes of a time that a schedule names. */
    public sealed interface Entry {
        /** When it comes, or the first of several. */
        Instant at();

        /**
         * A fire.
         *
         * @param start when its run starts
         * @param note what the clocks made of it; empty if nothing
         */
        record Fires(Instant at, Instant start, String note) implements Entry {}

        /** Times in a row that do not fire. */
        record Excluded(Instant at, Instant to, long count, String reason) implements Entry {}
    }

    public Preview {
        entries = List.copyOf(entries);
    }

    /**
     * @param from where to begin; a fire at that instant counts
     * @param count how many fires to find
     */
    public static Preview of(Timetable timetable, Instant from, int count) {
        var entries = new ArrayList<Entry>();
        long wanted = Math.min(count, timetable.spec().policy().maxRuns().orElse(count));
        Instant last = latest(from.minusMillis(1), timetable.beginning());
        for (long fires = 0; fires < wanted; fires++) {
            Optional<Instant> fire = timetable.next(last);
            if (fire.isEmpty()) {
                return new Preview(entries, Optional.of("no fire follows"));
            }
            Instant at = timetable.raw(last).orElseThrow();
            addLeftOut(entries, timetable.leftOut(last, at));
            while (at.isBefore(fire.get())) {
                Timetable.Shut shut = timetable.shut(at, fire.get());
                add(entries, new Entry.Excluded(at, shut.last(), shut.count(), shut.reason()));
                last = shut.last();
                at = timetable.raw(last).orElseThrow();
                addLeftOut(entries, timetable.leftOut(last, at));
            }
            String note =
                    timetable
                            .standsFor(at)
                            .map(clock ->
                                    "for %s, which the clocks jump over"
                                            .formatted(clock.toLocalTime()))
                            .orElse("");
            entries.add(new Entry.Fires(at, timetable.start(at), note));
            last = at;
        }
        return new Preview(
                entries,
                wanted < count
                        ? Optional.of("maxRuns: " + wanted + " runs are all")
                        : Optional.empty());
    }

    private static Instant latest(Instant one, Instant other) {
        return one.isAfter(other) ? one : other;
    }

    private static void add(List<Entry> entries, Entry.Excluded one) {
        if (!entries.isEmpty()
                && entries.getLast() instanceof Entry.Excluded before
                && before.reason().equals(one.reason())) {
            entries.removeLast();
            entries.add(
                    new Entry.Excluded(
                            before.at(), one.to(), before.count() + one.count(), one.reason()));
        } else {
            entries.add(one);
        }
    }

    private static void addLeftOut(List<Entry> entries, List<CronTimes.LeftOut> leftOut) {
        if (leftOut.size() > MOST_LEFT_OUT) {
            CronTimes.LeftOut first = leftOut.getFirst();
            CronTimes.LeftOut last = leftOut.getLast();
            add(
                    entries,
                    new Entry.Excluded(
                            first.instead(),
                            last.instead(),
                            leftOut.size(),
                            reason(first, clock(first) + " to " + clock(last))));
            return;
        }
        for (CronTimes.LeftOut one : leftOut) {
            add(
                    entries,
                    new Entry.Excluded(one.instead(), one.instead(), 1, reason(one, clock(one))));
        }
    }

    private static String reason(CronTimes.LeftOut leftOut, String clocks) {
        return leftOut.change().isGap()
                ? "the clocks jump over " + clocks
                : clocks + " comes twice, and has fired";
    }

    private static String clock(CronTimes.LeftOut leftOut) {
        return leftOut.clock().toLocalTime().toString();
    }

    /** Return the entries that fire. */
    public List<Entry.Fires> fires() {
        return entries.stream()
                .filter(Entry.Fires.class::isInstance)
                .map(Entry.Fires.class::cast)
                .sorted(Comparator.comparing(Entry.Fires::at))
                .toList();
    }
}
