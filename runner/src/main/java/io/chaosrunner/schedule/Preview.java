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
    /** So many times in a row that do not fire are counted. */
    private static final int MOST_COUNTED = 10_000;

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
        long fires = 0;
        while (fires < wanted) {
            Optional<Instant> time = timetable.raw(last);
            Optional<Instant> fire = timetable.next(last);
            if (time.isEmpty() || fire.isEmpty()) {
                return new Preview(entries, Optional.of("no fire follows"));
            }
            Instant at = time.get();
            List<CronTimes.Oddity> oddities = timetable.oddities(last, at);
            String note = "";
            for (CronTimes.Oddity oddity : oddities) {
                if (oddity.moved().filter(at::equals).isPresent()) {
                    note = "for %s, which the clocks jump over".formatted(clock(oddity));
                } else if (oddity.moved().isEmpty()) {
                    add(entries, oddity.instead(), reason(oddity));
                }
            }
            Optional<String> closed = timetable.closedAt(at);
            if (closed.isEmpty()) {
                entries.add(new Entry.Fires(at, timetable.start(at), note));
                fires++;
                last = at;
            } else {
                long counted = add(entries, at, closed.get());
                last = counted < MOST_COUNTED ? at : fire.get().minusMillis(1);
            }
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

    private static long add(List<Entry> entries, Instant at, String reason) {
        if (!entries.isEmpty()
                && entries.getLast() instanceof Entry.Excluded before
                && before.reason().equals(reason)) {
            entries.removeLast();
            entries.add(new Entry.Excluded(before.at(), at, before.count() + 1, reason));
            return before.count() + 1;
        }
        entries.add(new Entry.Excluded(at, at, 1, reason));
        return 1;
    }

    private static String reason(CronTimes.Oddity oddity) {
        return oddity.change().isGap()
                ? "the clocks jump over " + clock(oddity)
                : clock(oddity) + " comes twice, and has fired";
    }

    private static String clock(CronTimes.Oddity oddity) {
        return oddity.clock().toLocalTime().toString();
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
