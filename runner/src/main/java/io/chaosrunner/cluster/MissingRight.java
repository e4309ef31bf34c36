package io.chaosrunner.cluster;

import java.util.regex.Pattern;

/** Where a person reads of rights, for a request that was refused for lack of one. */
final class MissingRight {
    private static final String HINT =
            "; each right and the Roles that have it: docs/permissions.md";

    /** How an API server names account, verb, resource and scope; quotas and webhooks do not. */
    private static final Pattern WORDS =
            Pattern.compile("is forbidden: User \"[^\"]*+\" cannot [a-z]");

    private MissingRight() {}

    /**
     * Returns what to add to the words of a refusal with code 403; empty if no Role would mend it.
     *
     * @param isRead whether the request stores nothing: then nothing but a right can be missing
     */
    static String hint(boolean isRead, String message) {
        return isRead || WORDS.matcher(message).find() ? HINT : "";
    }
}
