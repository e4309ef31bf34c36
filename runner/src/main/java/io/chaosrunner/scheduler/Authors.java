package io.chaosrunner.scheduler;

import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.crd.Author;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.strategy.InvalidParameters;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/**
 * Whether the author of an engine may do what its runs would do, which is to create pods in its
 * namespace: under any account there, as Kubernetes has it.
 *
 * <p>An answer is remembered for {@link #REMEMBERED}. Safe for use by several threads.
 */
final class Authors {
    /** So long it may go unnoticed that a right was given, or taken away. */
    static final Duration REMEMBERED = Duration.ofSeconds(10);

    /** Authors are as many as strangers please. */
    private static final int MOST = 1_000;

    private final Optional<Review> review;
    private final Clock clock;

    private final Map<Question, Answer> answers =
            new LinkedHashMap<>() {
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<Question, Answer> eldest) {
                    return size() > MOST;
                }
            };

    /** Whether somebody may create pods somewhere, as the API server says. */
    @FunctionalInterface
    interface Review {
        /**
         * @throws ClusterException if that cannot be known now
         */
        boolean mayCreatePods(Author author, String namespace);
    }

    private record Question(Author author, String namespace) {}

    private record Answer(boolean yes, Instant at) {}

    /**
     * @param review who is asked; nobody, and engines need no author, if empty
     */
    Authors(Optional<Review> review, Clock clock) {
        this.review = review;
        this.clock = clock;
    }

    /**
     * Say why no run of an engine may start; empty if one may.
     *
     * @throws ClusterException if that cannot be known now
     */
    Optional<String> against(Engine engine) {
        return review.flatMap(asked -> against(engine, asked));
    }

    /**
     * Tell whether an engine counts as that of the object it was made for: one author wrote both.
     */
    boolean areTheSame(Engine engine, ObjectNode madeFor) {
        return review.isEmpty()
                || Stream.of(Author.ANNOTATION, Author.GROUPS)
                        .allMatch(key ->
                                engine.annotation(key).equals(new Engine(madeFor).annotation(key)));
    }

    private Optional<String> against(Engine engine, Review asked) {
        Optional<Author> author;
        try {
            author = Author.of(engine);
        } catch (InvalidParameters e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
        if (author.isEmpty()) {
            return Optional.of(
                    "annotation %s names no author, and the service asks for one (--require-author): create the object anew, with your user name there (kubectl auth whoami)"
                            .formatted(Author.ANNOTATION));
        }
        var question = new Question(author.get(), engine.namespace());
        return may(question, asked)
                ? Optional.empty()
                : Optional.of(
                        "its author '%s' may not create pods in namespace %s, and the service launches nothing that they may not (--require-author): grant them that, or have it created anew by somebody who may"
                                .formatted(author.get().user(), engine.namespace()));
    }

    private boolean may(Question question, Review asked) {
        Instant now = clock.instant();
        synchronized (answers) {
            Answer known = answers.get(question);
            if (known != null
                    && !now.isBefore(known.at())
                    && now.isBefore(known.at().plus(REMEMBERED))) {
                return known.yes();
            }
        }
        // Others need not wait for this answer.
        boolean yes = ask(question, asked);
        synchronized (answers) {
            // Its place is that of the newest.
            answers.remove(question);
            answers.put(question, new Answer(yes, now));
        }
        return yes;
    }

    private static boolean ask(Question question, Review asked) {
        try {
            return asked.mayCreatePods(question.author(), question.namespace());
        } catch (ClusterException e) {
            throw new ClusterException(
                    e.kind(),
                    "nothing is launched while it is not known whether the author '%s' may create pods in namespace %s: %s"
                            .formatted(
                                    question.author().user(),
                                    question.namespace(),
                                    e.getMessage()));
        }
    }
}
