package io.chaosrunner.status;

import io.chaosrunner.strategy.Outcome;
import java.time.Instant;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Remember one attempt after its Job may be gone; less than {@value #MOST_CHARACTERS} characters in
 * the claim.
 *
 * @param ordinal position in the order of launches
 * @param slot index of the slot
 * @param iteration from 1
 * @param attempt from 1
 * @param start decided start, to the millisecond
 * @param end end, to the second
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

    /** Name what is special about an end. */
    public enum Mark {
        /** Nothing. */
        PLAIN,
        /** Another attempt would end no differently. */
        FINAL,
        /** Its Job and pods are being removed: written before, so that it is not launched again. */
        BEING_STOPPED
    }

    /** What one attempt takes in the claim at most, for runs of up to a month. */
    static final int MOST_CHARACTERS = 24;

    private static final int RADIX = 36;
    private static final String OUTCOMES = "PFES";
    private static final String MARKS = " !~";
    private static final Pattern END = Pattern.compile("(-?[0-9a-z]+)([PFES])([!~]?)");

    /** Return this attempt with another reason. */
    LoggedAttempt because(String reason) {
        return new LoggedAttempt(
                ordinal, slot, iteration, attempt, start, end, outcome, mark, reason);
    }

    boolean isSameAttempt(LoggedAttempt other) {
        return slot == other.slot && iteration == other.iteration && attempt == other.attempt;
    }

    /**
     * Write numbers in base 36: ordinal, slot (if it is another number), milliseconds from the
     * start of the run, seconds it took with the outcome's letter and mark; then iteration and
     * attempt if they are not 1. The reason is kept elsewhere: many attempts share one.
     */
    String text(Instant runStart) {
        var text = new StringBuilder(number(ordinal)).append('.');
        text.append(slot == ordinal ? "" : number(slot)).append('.');
        text.append(number(start.toEpochMilli() - runStart.toEpochMilli())).append('.');
        text.append(number(end.getEpochSecond() - start.getEpochSecond()));
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

    static LoggedAttempt read(String text, Instant runStart) {
        String[] parts = text.split("\\.", -1);
        int ordinal = (int) number(parts[0]);
        Instant start = Instant.ofEpochMilli(runStart.toEpochMilli() + number(parts[2]));
        Matcher end = END.matcher(parts[3]);
        if (!end.matches()) {
            throw new IllegalArgumentException("log entry '" + text + "'");
        }
        String mark = end.group(3).isEmpty() ? " " : end.group(3);
        return new LoggedAttempt(
                ordinal,
                parts[1].isEmpty() ? ordinal : (int) number(parts[1]),
                parts.length > 4 ? (int) number(parts[4]) : 1,
                parts.length > 5 ? (int) number(parts[5]) : 1,
                start,
                Instant.ofEpochSecond(start.getEpochSecond() + number(end.group(1))),
                Outcome.values()[OUTCOMES.indexOf(end.group(2))],
                Mark.values()[MARKS.indexOf(mark)]);
    }

    private static String number(long value) {
        return Long.toString(value, RADIX);
    }

    private static long number(String text) {
        return Long.parseLong(text, RADIX);
    }
}
