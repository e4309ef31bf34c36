package io.chaosrunner.claim;

import io.chaosrunner.crd.WrittenTime;
import io.chaosrunner.strategy.Outcome;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is remembered of one attempt after its Job may be gone; less than {@value #MOST_CHARACTERS}
 * characters in the claim.
 *
 * @param ordinal position in the order of launches
 * @param slot index of the slot
 * @param iteration from 1
 * @param attempt from 1
 * @param start decided start, to the millisecond
 * @param end as observed, to the millisecond; to the second where an earlier version logged it
 * @param outcome how it ended
 * @param mark what is special about the end
 * @param why the strategy's reason to launch it; empty if there was no room to keep it
 */
public record LoggedAttempt(
        int ordinal,
        int slot,
        int iteration,
        int attempt,
        Instant start,
        Instant end,
        Outcome outcome,
        Mark mark,
        String why) {

    /** Hold an attempt whose reason is not known. */
    public LoggedAttempt(
            int ordinal,
            int slot,
            int iteration,
            int attempt,
            Instant start,
            Instant end,
            Outcome outcome,
            Mark mark) {
        this(ordinal, slot, iteration, attempt, start, end, outcome, mark, "");
    }

    /** What is special about an end. */
    public enum Mark {
        /** Nothing. */
        PLAIN,
        /** Another attempt would end no differently. */
        FINAL,
        /** Its Job and pods are being removed: written before, so that it is not launched again. */
        BEING_STOPPED
    }

    /** What one attempt takes in the claim at most, for runs of up to a month. */
    static final int MOST_CHARACTERS = 26;

    /** More than the launches of any run. */
    static final int MOST = 1_000_000;

    /** More than there is room for in the log of any run. */
    private static final int MOST_SLOTS = 10_000;

    private static final int RADIX = 36;
    private static final char MILLIS = ':';
    private static final String OUTCOMES = "PFES";
    private static final String MARKS = " !~";
    private static final Pattern END = Pattern.compile("(-?[0-9a-z]+)([PFES])([!~]?)");

    /** Return this attempt with another reason. */
    LoggedAttempt because(String reason) {
        return new LoggedAttempt(
                ordinal, slot, iteration, attempt, start, end, outcome, mark, reason);
    }

    public boolean isSameAttempt(LoggedAttempt other) {
        return slot == other.slot && iteration == other.iteration && attempt == other.attempt;
    }

    /**
     * Write numbers in base 36: ordinal, slot (if it is another number), milliseconds from the
     * start of the run, and after a colon milliseconds it took with the outcome's letter and mark;
     * then iteration and attempt if they are not 1. The reason is kept elsewhere: many attempts
     * share one.
     */
    public String text(Instant runStart) {
        var text = new StringBuilder(number(ordinal)).append('.');
        text.append(slot == ordinal ? "" : number(slot)).append('.');
        text.append(number(start.toEpochMilli() - runStart.toEpochMilli())).append(MILLIS);
        text.append(number(end.toEpochMilli() - start.toEpochMilli()));
        text.append(OUTCOMES.charAt(outcome.ordinal()));
        if (mark != Mark.PLAIN) {
            text.append(MARKS.charAt(mark.ordinal()));
        }
        if (iteration != 1 || attempt != 1) {
            text.append('.').append(number(iteration));
        }
        if (attempt != 1) {
            text.append('.').append(number(attempt));
        }
        return text.toString();
    }

    /**
     * Read what {@link #text} wrote, or an earlier version: after a point instead of the colon come
     * seconds, counted from the start's whole second.
     *
     * @throws IllegalArgumentException if it is anything else
     */
    public static LoggedAttempt read(String text, Instant runStart) {
        boolean toTheMillisecond = text.indexOf(MILLIS) >= 0;
        String[] parts = text.replace(MILLIS, '.').split("\\.", -1);
        if (parts.length < 4) {
            throw new IllegalArgumentException("log entry '" + text + "'");
        }
        int ordinal = number(parts[0], 0);
        Instant start = WrittenTime.check(runStart.plusMillis(offset(parts[2])));
        Matcher end = END.matcher(parts[3]);
        if (!end.matches()) {
            throw new IllegalArgumentException("log entry '" + text + "'");
        }
        String mark = end.group(3).isEmpty() ? " " : end.group(3);
        return new LoggedAttempt(
                ordinal,
                parts[1].isEmpty() ? checkSlot(ordinal) : checkSlot(number(parts[1], 0)),
                parts.length > 4 ? number(parts[4], 1) : 1,
                parts.length > 5 ? number(parts[5], 1) : 1,
                start,
                WrittenTime.check(
                        toTheMillisecond
                                ? start.plusMillis(offset(end.group(1)))
                                : start.truncatedTo(ChronoUnit.SECONDS)
                                        .plusSeconds(offset(end.group(1)))),
                Outcome.values()[OUTCOMES.indexOf(end.group(2))],
                Mark.values()[MARKS.indexOf(mark)]);
    }

    private static String number(long value) {
        return Long.toString(value, RADIX);
    }

    private static long offset(String text) {
        return Long.parseLong(text, RADIX);
    }

    private static int number(String text, int least) {
        return check(Integer.parseInt(text, RADIX), least, MOST);
    }

    /** Return the index of a slot, as read. */
    static int checkSlot(int slot) {
        return check(slot, 0, MOST_SLOTS);
    }

    /** Return a number as read, if it is in range. */
    static int check(int number, int least, int most) {
        if (number < least || number > most) {
            throw new IllegalArgumentException(
                    "%d is not between %d and %d".formatted(number, least, most));
        }
        return number;
    }
}
