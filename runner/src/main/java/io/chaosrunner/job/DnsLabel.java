package io.chaosrunner.job;

import java.util.Locale;
import java.util.regex.Pattern;

/** The names Kubernetes allows for containers and volumes: RFC 1123 labels. */
final class DnsLabel {
    static final int LIMIT = 63;
    private static final Pattern VALID = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");

    private DnsLabel() {}

    static boolean isValid(String name) {
        return VALID.matcher(name).matches();
    }

    /** Returns a name as a label of at most so many characters; may be empty. */
    static String of(String name, int limit) {
        String label = name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "-");
        String cut = label.substring(0, Math.min(label.length(), limit));
        return cut.replaceAll("^-+|-+$", "");
    }
}
