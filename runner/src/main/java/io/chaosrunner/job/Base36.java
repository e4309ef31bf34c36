package io.chaosrunner.job;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.math.BigInteger;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** Draws letters from a text by hashing it: the same text always gives the same letters. */
final class Base36 {
    private static final int RADIX = 36;
    private static final int LENGTH = 6;
    private static final BigInteger SPACE = BigInteger.valueOf(RADIX).pow(LENGTH);

    private Base36() {}

    /** Returns six of {@code [a-z0-9]}: one of about two thousand million. */
    static String six(String text) {
        byte[] digest = sha256().digest(text.getBytes(UTF_8));
        String letters = new BigInteger(1, digest).mod(SPACE).toString(RADIX);
        return "0".repeat(LENGTH - letters.length()) + letters;
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
