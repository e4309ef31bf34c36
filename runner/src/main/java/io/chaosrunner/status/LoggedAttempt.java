package io.chaosrunner.status;

import io.chaosrunner.strategy.Outcome;
import java.time.Instant;

/**
 * Remember one attempt after its Job may be gone; about 16 bytes in the claim.
 *
 * @param ordinal position in the order of launches
 * @param slot index of the slot
 * @param iteration from 1
 * @param attempt from 1
 * @param start decided start, to the millisecond
 * @param end end, to the second
 * @param outcome how it ended
 * @param mark what is special about the end
 */
public record LoggedAttempt(
        int ordinal,
        int slot,
        int iteration,
        int attempt,
        Instant start,
        Instant end,
        Outcome outcome,
        Mark mark) {

    /** Name what is special about an end. */
    public enum Mark {
        /** Nothing. */
        PLAIN,
        /** Another attempt would end no differently. */
        FINAL,
        /** Its Job and pods are being removed: written before, so that it is not launched again. */
        BEING_STOPPED
    }

    private static final int RADIX = 36;
    private static final String OUTCOMES = "PFES";
    private static final String MARKS = "-!~";

    boolean isSameAttempt(LoggedAttempt other) {
        return slot == other.slot && iteration == other.iteration && attempt == other.attempt;
    }

    /** Seven numbers in base 36, times counted from the start of the run, and two letters. */
    String text(Instant runStart) {
        return String.join(
                ".",
                number(ordinal),
                number(slot),
                number(iteration),
                number(attempt),
                number(start.toEpochMilli() - runStart.toEpochMilli()),
                number(end.getEpochSecond() - runStart.getEpochSecond()),
                "" + OUTCOMES.charAt(outcome.ordinal()) + MARKS.charAt(mark.ordinal()));
    }

    static LoggedAttempt read(String text, Instant runStart) {
        String[] parts = text.split("\\.");
        return new LoggedAttempt(
                (int) number(parts[0]),
                (int) number(parts[1]),
                (int) number(parts[2]),
                (int) number(parts[3]),
                Instant.ofEpochMilli(runStart.toEpochMilli() + number(parts[4])),
                Instant.ofEpochSecond(runStart.getEpochSecond() + number(parts[5])),
                Outcome.values()[OUTCOMES.indexOf(parts[6].charAt(0))],
                Mark.values()[MARKS.indexOf(parts[6].charAt(1))]);
    }

    private static String number(long value) {
        return Long.toString(value, RADIX);
    }

    private static long number(String text) {
        return Long.parseLong(text, RADIX);
    }
}
