package io.chaosrunner.holidays;

import java.time.Instant;
import java.time.LocalDate;
import java.time.MonthDay;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A list of holidays that schedules share, as read, or why it is not known. Which day it is decides
 * the schedule's zone. Immutable.
 */
public sealed interface HolidayList {
    /** Begins the reason of a start for which nobody knows whether it is on a holiday. */
    String UNKNOWN = "holidays are not known: ";

    /**
     * The days of a list.
     *
     * @param dates what each day is called
     * @param yearly the same for days of every year
     */
    record Days(Map<LocalDate, String> dates, Map<MonthDay, String> yearly) implements HolidayList {
        public Days {
            dates = Map.copyOf(dates);
            yearly = Map.copyOf(yearly);
        }

        /** Return what a day is called; null if it is no holiday. */
        public @Nullable String at(LocalDate date) {
            String name = dates.get(date);
            return name == null ? yearly.get(MonthDay.from(date)) : name;
        }

        /** Return how many days are listed. */
        public int count() {
            return dates.size() + yearly.size();
        }

        /** Return the last day that is listed; empty if some come every year. */
        public Optional<LocalDate> last() {
            return yearly.isEmpty()
                    ? Optional.of(new TreeMap<>(dates)).map(TreeMap::lastKey)
                    : Optional.empty();
        }
    }

    /**
     * Nobody knows which days they are, so nothing starts.
     *
     * @param why what was wrong, for people
     * @param until when the list is to be read again
     */
    record Unknown(String why, Instant until) implements HolidayList {}
}
