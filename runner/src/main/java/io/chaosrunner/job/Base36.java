package io.chaosrunner.job;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.math.BigInteger;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** Letters drawn from a text by hashing it: the same text always gives the same letters. */
final class Base36 {
    private static final int RADIX = 36;
    private static final int SIX = 6;

    private Base36() {}

    /** Returns six of {@code [a-z0-9]}: one of about two thousand million. */
    static String six(String text) {
        return of(text, SIX);
    }

    /** Returns so many of {@code [a-z0-9]}. */
    static String of(String text, int length) {
        byte[] digest = sha256().digest(text.getBytes(UTF_8));
        BigInteger space = BigInteger.valueOf(RADIX).pow(length);
        String letters = new BigInteger(1, digest).mod(space).toString(RADIX);
        return "0".repeat(length - letters.length()) + letters;
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
