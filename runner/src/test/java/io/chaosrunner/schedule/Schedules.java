package io.chaosrunner.schedule;

import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Schedules for tests, written as users write them. */
public final class Schedules {
    public static final Instant ANCHOR = Instant.parse("2026-03-02T10:00:00Z"); // a Monday

    private Schedules() {}

    static ScheduleSpec spec(String yaml) {
        return ScheduleSpec.of(Optional.of(yaml), Map.of(), ANCHOR).orElseThrow();
    }

    static Timetable timetable(String yaml) {
        return Timetable.of(spec(yaml), ANCHOR, 7);
    }

    /**
     * The next fires after an instant, such as {@code Mon 2026-03-02 10:30}, in the schedule's
     * zone.
     */
    static List<String> next(String yaml, Instant after, int count) {
        Timetable timetable = timetable(yaml);
        var result = new ArrayList<String>();
        Optional<Instant> next = timetable.next(after);
        while (next.isPresent() && result.size() < count) {
            result.add(clock(next.get(), timetable.spec().zone()));
            next = timetable.next(next.get());
        }
        return result;
    }

    static String clock(Instant instant, ZoneId zone) {
        return DateTimeFormatter.ofPattern("EEE yyyy-MM-dd HH:mm[:ss]", Locale.ROOT)
                .format(instant.atZone(zone))
                .replaceFirst(":00$", "");
    }
}
