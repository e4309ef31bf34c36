package io.chaosrunner.model;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * Durations and instants as people are told them: a duration as settings have it ({@code 1h30m}),
 * an instant with how far away it is. Pure.
 */
public final class TimeWords {
    private static final long[] SECONDS = {86_400, 3_600, 60, 1};
    private static final String[] UNITS = {"d", "h", "m", "s"};

    private TimeWords() {}

    /**
     * Return a duration, such as {@code 250ms}, {@code 2.5s}, {@code 10m} or {@code 1d2h30m5s};
     * from a minute on in whole seconds. A negative one counts as none.
     */
    public static String of(Duration duration) {
        if (duration.isNegative() || duration.toMillis() == 0) {
            return "0s";
        }
        if (duration.toSeconds() == 0) {
            return duration.toMillis() + "ms";
        }
        var words = new StringBuilder();
        long rest = duration.toSeconds();
        for (int i = 0; i < UNITS.length; i++) {
            if (rest >= SECONDS[i]) {
                words.append(rest / SECONDS[i]);
                if (duration.toSeconds() < 60) {
                    appendFraction(duration.toMillisPart(), words);
                }
                words.append(UNITS[i]);
                rest %= SECONDS[i];
            }
        }
        return words.toString();
    }

    /** Return a duration exactly, as settings are written: {@code 1m500ms} where a half is none. */
    public static String setting(Duration duration) {
        String millis = duration.toMillisPart() == 0 ? "" : duration.toMillisPart() + "ms";
        return duration.toSeconds() == 0 && !millis.isEmpty()
                ? millis
                : inSeconds(duration) + millis;
    }

    private static void appendFraction(int millis, StringBuilder words) {
        if (millis > 0) {
            words.append('.').append(Integer.toString(1_000 + millis).substring(1));
            while (words.charAt(words.length() - 1) == '0') {
                words.setLength(words.length() - 1);
            }
        }
    }

    /** Return a duration in whole seconds, see {@link #of}; what is less than one is none. */
    public static String inSeconds(Duration duration) {
        return of(Duration.ofSeconds(duration.toSeconds()));
    }

    /** Return a duration in its largest unit only, as kubectl tells ages: {@code 3h}. */
    public static String age(Duration duration) {
        long seconds = Math.max(0, duration.toSeconds());
        for (int i = 0; i < UNITS.length; i++) {
            if (seconds >= SECONDS[i]) {
                return seconds / SECONDS[i] + UNITS[i];
            }
        }
        return "0s";
    }

    /**
     * Return an instant to the second and how far away it is: {@code 2027-01-31T09:00:00Z (in 5m)}.
     */
    public static String at(Instant instant, Instant now) {
        return "%s (%s)".formatted(instant.truncatedTo(ChronoUnit.SECONDS), relative(instant, now));
    }

    /** Return how far away an instant is, such as {@code 3h ago}, {@code in 5m} or {@code now}. */
    public static String relative(Instant instant, Instant now) {
        Duration since = Duration.between(instant, now);
        if (since.abs().toSeconds() == 0) {
            return "now";
        }
        return since.isNegative() ? "in " + age(since.negated()) : age(since) + " ago";
    }
}
