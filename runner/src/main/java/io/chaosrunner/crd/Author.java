package io.chaosrunner.crd;

import io.chaosrunner.strategy.InvalidParameters;
import io.chaosrunner.strategy.InvalidParameters.Problem;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Who wrote an engine, by the names that the API server gave them. True where the admission policy
 * in {@code deploy/policies/author} holds: it lets nobody name somebody else.
 *
 * <p>An immutable value.
 *
 * @param user the user's name
 * @param groups the groups that count: those recorded, and those that follow from the name
 */
public record Author(String user, Set<String> groups) {
    /** Who wrote the object: a user name. */
    public static final String ANNOTATION = "chaosrunner.io/author";

    /** Groups by which they may do what they may, separated by commas; need not be all. */
    public static final String GROUPS = "chaosrunner.io/author-groups";

    private static final int LONGEST = 10_000;
    private static final String SERVICE_ACCOUNT = "system:serviceaccount:";

    public Author {
        groups = Set.copyOf(groups);
    }

    /**
     * Read who wrote an engine; empty if it does not say.
     *
     * @throws InvalidParameters if it says more than anybody's names take
     */
    public static Optional<Author> of(Engine engine) {
        String recorded = engine.annotation(GROUPS).orElse("");
        return engine.annotation(ANNOTATION)
                .filter(user -> !user.isBlank())
                .map(user -> {
                    if (user.length() + recorded.length() > LONGEST) {
                        throw new InvalidParameters(
                                List.of(
                                        new Problem(
                                                ANNOTATION,
                                                "more than %d characters, with those of %s"
                                                        .formatted(LONGEST, GROUPS))));
                    }
                    return new Author(user, groups(user, recorded));
                });
    }

    /** The API server adds some to whoever proves a name; a review is told all that count. */
    private static Set<String> groups(String user, String recorded) {
        var groups = new HashSet<String>();
        Stream.of(recorded.split(",")).filter(group -> !group.isEmpty()).forEach(groups::add);
        if (!user.equals("system:anonymous")) {
            groups.add("system:authenticated");
        }
        if (user.startsWith(SERVICE_ACCOUNT)) {
            String account = user.substring(SERVICE_ACCOUNT.length());
            int end = account.indexOf(':');
            groups.add("system:serviceaccounts");
            groups.add("system:serviceaccounts:" + account.substring(0, Math.max(end, 0)));
        }
        return groups;
    }
}
