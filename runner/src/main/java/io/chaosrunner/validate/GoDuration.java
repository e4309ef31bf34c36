package io.chaosrunner.validate;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Durations as Go's {@code time.ParseDuration} takes them: nanoseconds in 64 bits. */
final class GoDuration {
    /** The greatest that people would write. */
    static final String LONGEST = "2562047h";

    // Possessive: a text of a million letters takes neither its square in steps nor the stack.
    private static final Pattern PART =
            Pattern.compile("\\G(\\d*+)(?:\\.(\\d*+))?(ns|us|µs|μs|ms|s|m|h)");
    private static final Pattern ALL =
            Pattern.compile(
                    "[-+]?(?:0|(?:(?:\\d++(?:\\.\\d*+)?+|\\.\\d++)(?:ns|us|µs|μs|ms|s|m|h))++)");

    private static final Map<String, Long> NANOS =
            Map.of(
                    "ns", 1L,
                    "us", 1_000L,
                    "µs", 1_000L,
                    "μs", 1_000L,
                    "ms", 1_000_000L,
                    "s", 1_000_000_000L,
                    "m", 60_000_000_000L,
                    "h", 3_600_000_000_000L);

    private static final int MOST_DIGITS = 19;

    private GoDuration() {}

    /** Tells whether a text has the form of a duration, however long. */
    static boolean isOne(String text) {
        return ALL.matcher(text).matches();
    }

    /** Tells whether a text that has the form is within the range. */
    static boolean isInRange(String text) {
        boolean isSigned = text.startsWith("-") || text.startsWith("+");
        var sum = BigInteger.ZERO;
        for (Matcher part = PART.matcher(isSigned ? text.substring(1) : text); part.find(); ) {
            Optional<BigInteger> nanos =
                    nanos(part.group(1), part.group(2), NANOS.getOrDefault(part.group(3), 0L));
            if (nanos.isEmpty()) {
                return false;
            }
            sum = sum.add(nanos.get());
        }
        return (text.startsWith("-") ? sum.negate() : sum).bitLength() < Long.SIZE;
    }

    /** Returns one part's nanoseconds; empty if they are too many to be counted. */
    private static Optional<BigInteger> nanos(String whole, @Nullable String fraction, long unit) {
        String digits = withoutLeadingZeros(whole);
        if (digits.length() > MOST_DIGITS) {
            return Optional.empty();
        }
        // What is left out is less than a nanosecond.
        String rest = fraction == null ? "" : fraction;
        rest = rest.substring(0, Math.min(MOST_DIGITS, rest.length()));
        return Optional.of(
                new BigDecimal("0" + digits + "." + rest + "0")
                        .multiply(BigDecimal.valueOf(unit))
                        .setScale(0, RoundingMode.DOWN)
                        .toBigInteger());
    }

    private static String withoutLeadingZeros(String digits) {
        int zeros = 0;
        while (zeros < digits.length() && digits.charAt(zeros) == '0') {
            zeros++;
        }
        return digits.substring(zeros);
    }
}
