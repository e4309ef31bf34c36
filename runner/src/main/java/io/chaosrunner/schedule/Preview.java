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

    /** What becomes of a time that a schedule names. */
    public sealed interface Entry {
        /** When it comes, or the first of several. */
        Instant at();

        /**
         * A fire.
         *
         * @param start when its run starts
         * @param note what the clocks made of it; empty if nothing
         * @param cause which of several schedules fire; empty if there is only one
         */
        record Fires(Instant at, Instant start, String note, String cause) implements Entry {
            private Fires in(Timetable timetable) {
                return new Fires(at, timetable.start(at), note, timetable.causes(at));
            }
        }

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
        return of(timetable, 0, from, count);
    }

    /**
     * Foretell the fires of a schedule whose claim is known.
     *
     * @param runs how many runs of it were started before
     * @param from where to begin; a fire at that instant counts
     * @param count how many fires to find
     */
    public static Preview of(Timetable timetable, long runs, Instant from, int count) {
        Optional<Integer> all = timetable.spec().policy().maxRuns();
        long wanted =
                all.map(most -> Math.min(count, Math.max(0, most - runs))).orElse((long) count);
        List<TimetableRow> rows = timetable.rows();
        var entries = new ArrayList<Entry>();
        for (TimetableRow row : rows) {
            String prefix = rows.size() == 1 ? "" : row.name() + ": ";
            entries.addAll(entries(row, from, wanted, prefix));
        }
        entries.sort(Comparator.comparing(Entry::at).thenComparing(Entry.Fires.class::isInstance));
        List<Entry> merged = merged(timetable, entries, wanted);
        long fires = merged.stream().filter(Entry.Fires.class::isInstance).count();
        return new Preview(
                merged,
                fires < wanted
                        ? Optional.of("no fire follows")
                        : wanted < count
                                ? all.map(most -> "maxRuns: " + most + " runs are all")
                                : Optional.empty());
    }

    /** Return the preview of a schedule that is over. */
    public static Preview over(String why) {
        return new Preview(List.of(), Optional.of(why));
    }

    /** Make fires at one instant one, say when their run starts, and end with the last wanted. */
    private static List<Entry> merged(Timetable timetable, List<Entry> entries, long wanted) {
        var merged = new ArrayList<Entry>();
        long fires = 0;
        for (Entry entry : entries) {
            boolean same =
                    !merged.isEmpty()
                            && merged.getLast() instanceof Entry.Fires before
                            && before.at().equals(entry.at());
            if (fires == wanted && !same) {
                break;
            }
            if (!(entry instanceof Entry.Fires fire)) {
                merged.add(entry);
            } else if (!same) {
                fires++;
                merged.add(fire.in(timetable));
            } else if (!fire.note().isEmpty()) {
                merged.set(merged.size() - 1, fire.in(timetable));
            }
        }
        return merged;
    }

    /** Foretell the fires of one row; when their runs start is not known to it. */
    private static List<Entry> entries(TimetableRow row, Instant from, long wanted, String prefix) {
        var entries = new ArrayList<Entry>();
        Instant last = latest(from.minusMillis(1), row.beginning());
        for (long fires = 0; fires < wanted; fires++) {
            Optional<Instant> fire = row.next(last);
            if (fire.isEmpty()) {
                return entries;
            }
            Instant at = row.raw(last).orElseThrow();
            addLeftOut(entries, row.leftOut(last, at), prefix);
            while (at.isBefore(fire.get())) {
                TimetableRow.Shut shut = row.shut(at, fire.get());
                add(
                        entries,
                        new Entry.Excluded(at, shut.last(), shut.count(), prefix + shut.reason()));
                last = shut.last();
                at = row.raw(last).orElseThrow();
                addLeftOut(entries, row.leftOut(last, at), prefix);
            }
            String note =
                    row.standsFor(at)
                            .map(clock ->
                                    "for %s, which the clocks jump over"
                                            .formatted(clock.toLocalTime()))
                            .orElse("");
            entries.add(new Entry.Fires(at, at, note, ""));
            last = at;
        }
        return entries;
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

    private static void addLeftOut(
            List<Entry> entries, List<CronTimes.LeftOut> leftOut, String prefix) {
        if (leftOut.size() > MOST_LEFT_OUT) {
            CronTimes.LeftOut first = leftOut.getFirst();
            CronTimes.LeftOut last = leftOut.getLast();
            add(
                    entries,
                    new Entry.Excluded(
                            first.instead(),
                            last.instead(),
                            leftOut.size(),
                            prefix + reason(first, clock(first) + " to " + clock(last))));
            return;
        }
        for (CronTimes.LeftOut one : leftOut) {
            add(
                    entries,
                    new Entry.Excluded(
                            one.instead(), one.instead(), 1, prefix + reason(one, clock(one))));
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
