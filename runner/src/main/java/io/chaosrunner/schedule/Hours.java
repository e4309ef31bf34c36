package io.chaosrunner.schedule;

import java.time.LocalTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A part of each day, from one minute up to another, which does not belong to it.
 *
 * @param from first minute, from 0
 * @param until the minute after the last one, at most 1440
 */
record Hours(int from, int until) {
    private static final int DAY = 24 * 60;
    private static final Pattern RANGE =
            Pattern.compile("(\\d{1,2})(?::(\\d{2}))?\\s*-\\s*(\\d{1,2})(?::(\\d{2}))?");

    Hours {
        if (from < 0 || from >= until || until > DAY) {
            throw new IllegalArgumentException(
                    "0 <= from < until <= 1440, but %d, %d".formatted(from, until));
        }
    }

    /**
     * Read {@code 9-17}, {@code 09:00-17:30} or, over midnight, {@code 22-6}.
     *
     * @return one or two parts of the day; empty if it is none
     */
    static List<Hours> parse(String text) {
        Matcher range = RANGE.matcher(text.strip());
        if (!range.matches()) {
            return List.of();
        }
        Optional<Integer> from = minute(range.group(1), range.group(2));
        Optional<Integer> until = minute(range.group(3), range.group(4));
        if (from.isEmpty() || until.isEmpty() || from.equals(until) || from.get() == DAY) {
            return List.of();
        }
        if (from.get() < until.get()) {
            return List.of(new Hours(from.get(), until.get()));
        }
        Hours evening = new Hours(from.get(), DAY);
        return until.get() == 0 ? List.of(evening) : List.of(new Hours(0, until.get()), evening);
    }

    private static Optional<Integer> minute(String hour, String minute) {
        int minutes = minute == null ? 0 : Integer.parseInt(minute);
        int all = Integer.parseInt(hour) * 60 + minutes;
        return minutes > 59 || all > DAY ? Optional.empty() : Optional.of(all);
    }

    /** Return what is left of the day. */
    static List<Hours> complement(List<Hours> hours) {
        var gaps = new ArrayList<Hours>();
        int done = 0;
        for (Hours range : hours.stream().sorted(Comparator.comparing(Hours::from)).toList()) {
            if (range.from > done) {
                gaps.add(new Hours(done, range.from));
            }
            done = Math.max(done, range.until);
        }
        if (done < DAY) {
            gaps.add(new Hours(done, DAY));
        }
        return gaps;
    }

    /** Return what two have in common; none of either is the whole day. */
    static List<Hours> common(List<Hours> some, List<Hours> others) {
        if (some.isEmpty() || others.isEmpty()) {
            return some.isEmpty() ? others : some;
        }
        var shut = new ArrayList<>(complement(some));
        shut.addAll(complement(others));
        return complement(shut);
    }

    LocalTime first() {
        return LocalTime.MIDNIGHT.plusMinutes(from);
    }

    /** Return the first minute that is not in it any more; midnight if it is the next day's. */
    LocalTime end() {
        return LocalTime.MIDNIGHT.plusMinutes(until);
    }

    boolean contains(LocalTime clock) {
        int minute = clock.getHour() * 60 + clock.getMinute();
        return from <= minute && minute < until;
    }
}
