package io.chaosrunner.crd;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Optional;

/**
 * Times in objects of the cluster, where anybody may have written them.
 *
 * <p>Only years of four digits count, from 1970 on: so nothing that is reckoned from such a time
 * leaves the range of {@link Instant}, and everything has an end in milliseconds.
 */
public final class WrittenTime {
    private static final Instant FIRST = Instant.EPOCH;
    private static final Instant LAST = Instant.parse("9999-12-31T23:59:59.999999999Z");

    private WrittenTime() {}

    /**
     * Read a time in ISO 8601, such as {@code 2026-03-02T10:00:00Z} or with another offset.
     *
     * @throws DateTimeException if it is none, or out of range
     */
    public static Instant parse(String text) {
        return check(OffsetDateTime.parse(text).toInstant());
    }

    /** Read a time; empty if it is none, or out of range. */
    public static Optional<Instant> read(String text) {
        try {
            return Optional.of(parse(text));
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    /**
     * Return a time that was reckoned from a written one.
     *
     * @throws DateTimeException if it is out of range
     */
    public static Instant check(Instant time) {
        if (time.isBefore(FIRST) || time.isAfter(LAST)) {
            throw new DateTimeException(time + " is not between the years 1970 and 9999");
        }
        return time;
    }
}
