package io.chaosrunner.schedule;

import io.chaosrunner.holidays.HolidayList;
import io.chaosrunner.model.Fire;
import io.chaosrunner.model.Fire.Cause;
import io.chaosrunner.model.ForeignText;
import io.chaosrunner.strategy.Draws;
import java.io.Serial;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The fires of one schedule, which are those of all its rows: fires at one instant are one.
 *
 * <p>A function of the specification, the anchor and the seed; the time of day is an argument. So
 * every process finds the same fires, whenever it starts. Safe for use by several threads.
 */
public final class Timetable {
    /** Nothing fires from here on, as a cron expression's years end here. */
    static final Instant END = Instant.parse(Fire.LAST_YEAR + 1 + "-01-01T00:00:00Z");

    private static final int MOST_DRAWS = 64;

    /** It is kept in the claim. */
    private static final int LONGEST_CAUSE = 80;

    private final ScheduleSpec spec;
    private final long seed;
    private final Draws draws;
    private final List<TimetableRow> rows;

    /** The times that a schedule names, before windows. */
    sealed interface Times permits CronTimes, TimetableRow.Every, TimetableRow.Once {
        /** Return the first one after an instant; empty if there is none. */
        Optional<Instant> after(Instant instant);

        /** Count those from one instant up to another, which does not belong to them. */
        long count(Instant from, Instant until);
    }

    private Timetable(ScheduleSpec spec, List<TimetableRow> rows, long seed) {
        this.spec = spec;
        this.rows = rows;
        this.seed = seed;
        draws = Draws.seeded(seed).named("jitter").named(spec.hash());
    }

    /**
     * @param anchor a stored instant, such as the engine's creation; never the time of a start
     * @param seed seed of the jitter
     */
    public static Timetable of(ScheduleSpec spec, Instant anchor, long seed) {
        return new Timetable(spec, TimetableRow.of(spec, anchor), seed);
    }

    /**
     * Return the timetable of the same fires whose schedule has another policy or name: its windows
     * are made once.
     */
    Timetable of(ScheduleSpec known) {
        return new Timetable(known, rows, seed);
    }

    /**
     * Return the same timetable where nothing starts on the holidays of its lists. Its fires are
     * the same: one on a holiday is skipped.
     *
     * @param lists what was read of them, by name; of others nothing is known, and they shut
     *     nothing
     */
    public Timetable knowing(Map<String, HolidayList> lists) {
        return lists.isEmpty()
                ? this
                : new Timetable(spec, rows.stream().map(row -> row.knowing(lists)).toList(), seed);
    }

    /** Return the timetable of those fires alone that no known holiday takes away. */
    public Timetable starting() {
        return new Timetable(spec, rows.stream().map(TimetableRow::starting).toList(), seed);
    }

    /** Return the timetable of the same schedule, of one row, that begins at another instant. */
    Timetable from(Instant other) {
        return new Timetable(spec, List.of(rows.getFirst().from(spec, other)), seed);
    }

    /** Return an instant that all fires are after. */
    public Instant beginning() {
        return rows.stream()
                .map(TimetableRow::beginning)
                .min(Comparator.naturalOrder())
                .orElseThrow();
    }

    /** Return the first fire after an instant; empty if there is none. */
    public Optional<Instant> next(Instant after) {
        return next(after, END);
    }

    private Optional<Instant> next(Instant after, Instant before) {
        return rows.stream()
                .flatMap(row -> row.next(after, before).stream())
                .min(Comparator.naturalOrder());
    }

    /** A search for the next fire that somebody has interrupted. */
    static final class Interrupted extends RuntimeException {
        @Serial private static final long serialVersionUID = 1L;

        Interrupted() {
            super("the search for the next fire was interrupted");
        }
    }

    /**
     * End a search that somebody has interrupted: years of minutes may have to be tried.
     *
     * @throws Interrupted if the thread is interrupted
     */
    static void checkInterrupt() {
        if (Thread.currentThread().isInterrupted()) {
            throw new Interrupted();
        }
    }

    /** Return why nothing may fire or start at an instant; empty if something may. */
    public Optional<String> closedAt(Instant instant) {
        return closedAt(rows, instant);
    }

    /** Return why the run of a fire may not start at an instant; empty if it may. */
    public Optional<String> closedAt(Instant fire, Instant instant) {
        return closedAt(rowsOf(fire), instant);
    }

    private static Optional<String> closedAt(List<TimetableRow> rows, Instant instant) {
        List<Optional<String>> reasons = rows.stream().map(row -> row.closedAt(instant)).toList();
        return reasons.contains(Optional.<String>empty()) ? Optional.empty() : reasons.getFirst();
    }

    /** Return which holiday keeps a fire from its run; empty if none does, or that is not known. */
    Optional<String> holidayAt(Instant fire, Instant instant) {
        List<Optional<String>> all =
                rowsOf(fire).stream().map(row -> row.holidayAt(instant)).toList();
        return all.contains(Optional.<String>empty()) ? Optional.empty() : all.getFirst();
    }

    /** Return why it is not known whether some run may start; empty if that is known. */
    Optional<String> doubtAt(Instant instant) {
        return rows.stream().flatMap(row -> row.doubtAt(instant).stream()).findFirst();
    }

    /** Return why it is not known whether the run of a fire may start; empty if that is known. */
    Optional<String> doubtAt(Instant fire, Instant instant) {
        return closedAt(fire, instant).isEmpty()
                ? Optional.empty()
                : rowsOf(fire).stream().flatMap(row -> row.doubtAt(instant).stream()).findFirst();
    }

    /** Return the first instant from the given one at which a run may start. */
    public Optional<Instant> openFrom(Instant instant) {
        return openFrom(rows, instant);
    }

    /** Return the first instant from the given one at which the run of a fire may start. */
    public Optional<Instant> openFrom(Instant fire, Instant instant) {
        return openFrom(rowsOf(fire), instant);
    }

    private static Optional<Instant> openFrom(List<TimetableRow> rows, Instant instant) {
        return rows.stream()
                .flatMap(row -> row.openFrom(instant).stream())
                .min(Comparator.naturalOrder());
    }

    /** What a row says of times holds for its own fires. */
    private List<TimetableRow> rowsOf(Instant fire) {
        if (rows.size() == 1) {
            return rows;
        }
        List<TimetableRow> of = rows.stream().filter(row -> row.firesAt(fire)).toList();
        return of.isEmpty() ? rows : of;
    }

    /** Tell whether a fire is at an instant. */
    boolean firesAt(Instant instant) {
        return rows.stream().anyMatch(row -> row.firesAt(instant));
    }

    List<TimetableRow> rows() {
        return rows;
    }

    /** Name a fire. */
    public Fire fire(Instant at) {
        String names = ForeignText.oneLine(causes(at), LONGEST_CAUSE);
        return new Fire(
                at,
                spec.hash(),
                names.isEmpty() ? Cause.SCHEDULE : new Cause(Fire.Kind.SCHEDULE, "", "", names));
    }

    /** Name the rows that fire at an instant; empty if there is only one. */
    String causes(Instant at) {
        return rows.size() == 1
                ? ""
                : rows.stream()
                        .filter(row -> row.firesAt(at))
                        .map(TimetableRow::name)
                        .distinct()
                        .collect(Collectors.joining(", "));
    }

    /**
     * Return when the run of a fire is to start: at the fire, or later by chance where jitter is
     * allowed; before the next fire, and never where the schedule may not fire. Lists of holidays
     * are not looked at: the start is the same whoever has read them.
     */
    public Instant start(Instant fire) {
        if (spec.jitter().isZero()) {
            return fire;
        }
        Instant latest = fire.plus(spec.jitter());
        Instant before = next(fire, latest).orElse(latest);
        long room = fire.until(before, ChronoUnit.MILLIS);
        Draws ours = draws.at(fire.toEpochMilli());
        List<TimetableRow> of = rowsOf(fire);
        for (int k = 0; k < MOST_DRAWS; k++) {
            Instant at = fire.plusMillis((long) (ours.unit(k) * room));
            if (of.stream().anyMatch(row -> row.opensAt(at))) {
                return at;
            }
        }
        return fire;
    }

    public ScheduleSpec spec() {
        return spec;
    }
}
